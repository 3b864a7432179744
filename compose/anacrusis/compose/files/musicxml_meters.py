"""From written measures to bars: meters on the grid, pickups, cadenzas, parts that differ."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from ..errors import SymbolError
from ..meter import MAX_BAR_TICKS, MAX_NUMERATOR, TICKS_PER_QUARTER, Meter
from ..score import Bar
from .musicxml_raw import RawMeasure, Time

Stated = tuple[int, int]
"""A meter as the file states it: numerator, denominator."""

_WHOLE = 4 * TICKS_PER_QUARTER
_BEATS_OF_PARTS = (4, 3, 5, 2, 7)
"""How many beats the bars get that a meter too long for the grid is written in, the best first."""


class Pace(NamedTuple):
    """A measure of a part that has `own` ticks by its meter while the score's bar has `common`."""

    own: Time
    common: Time


def nominal_ticks(stated: Stated) -> Time:
    """Exact length of a full bar, in ticks."""
    length = Fraction(_WHOLE * stated[0], stated[1])
    return int(length) if length.denominator == 1 else length


def nearest_tick(time: Time) -> int:
    """The tick nearest to an exact time; a half goes up."""
    return time if isinstance(time, int) else math.floor(time + Fraction(1, 2))


def paces(parts: Sequence[Sequence[RawMeasure]]) -> list[dict[int, Pace]]:
    """For each part the measures in which parts differ in meter, by index.

    A voice in 2/4 over a piano in 6/8: both mean the same bar, so the shorter is stretched.
    """
    found: list[dict[int, Pace]] = [{} for _ in parts]
    for index, meters in enumerate(_meters(parts)):
        lengths = {part: nominal_ticks(meter) for part, meter in meters.items()}
        common = max(lengths.values(), default=0)
        if min(lengths.values(), default=0) < common:
            for part, own in lengths.items():
                found[part][index] = Pace(own, common)
    return found


def measure_bars(parts: Sequence[Sequence[RawMeasure]]) -> list[list[Bar]]:
    """The bars of each written measure: usually one; more where it is longer than any meter.

    What is not as the file states it is counted in the losses of the first part's measure.
    """
    groups: list[list[Bar]] = []
    for index, meters in enumerate(_meters(parts)):
        present = [part[index] for part in parts if index < len(part)]
        losses = present[0].losses
        stated = max(meters.values(), key=nominal_ticks, default=(4, 4))
        full = nominal_ticks(stated)
        if any(nominal_ticks(meter) != full for meter in meters.values()):
            losses["bars where parts differ in meter"] += 1
        if any(measure.senza_misura for measure in present):
            losses["bars without meter"] += 1
        exact: Time = 0
        for measure in present:
            rest_too_long = not measure.notes and measure.length > full
            exact = max(exact, full if rest_too_long else measure.length)
        meter = _on_the_grid(stated)
        if stated != (meter.numerator, meter.denominator):
            losses["bars of meters beyond the grid, given others"] += 1
        groups.append(_fit(meter, exact or full, measure=present[0]))
    return groups


def _meters(parts: Sequence[Sequence[RawMeasure]]) -> list[dict[int, Stated]]:
    """For each measure the meter that holds in each part; no entry before the first is stated."""
    count = max((len(part) for part in parts), default=0)
    held: dict[int, Stated] = {}
    found = []
    for index in range(count):
        for place, part in enumerate(parts):
            if index < len(part):
                held[place] = part[index].meter or held.get(place, (0, 1))
            else:
                held.pop(place, None)
        found.append({place: meter for place, meter in held.items() if meter[0]})
    return found


def _on_the_grid(stated: Stated) -> Meter:
    """The meter itself, or the one that the grid can hold in its place: 9/4 as bars of 3/4."""
    try:
        return Meter(*stated)
    except SymbolError:
        pass
    length = nominal_ticks(stated)
    if length <= MAX_BAR_TICKS:
        return _of_length(length, stated[1]) or Meter(math.ceil(length / TICKS_PER_QUARTER), 4)
    for denominator in (stated[1], 2 * stated[1], 4):
        for beats in _BEATS_OF_PARTS:
            if beats <= MAX_NUMERATOR.get(denominator, 0):
                meter = Meter(beats, denominator)
                if length % meter.ticks == 0:
                    return meter
    return Meter(4, 4)


def _of_length(length: Time, denominator: int) -> Meter | None:
    """A meter of so many ticks, of this denominator or the next one if it can be."""
    for unit in dict.fromkeys((denominator, 2 * denominator, 4, 8, 16)):
        if unit in MAX_NUMERATOR:
            beats, rest = divmod(length * unit, _WHOLE)
            if not rest and 1 <= beats <= MAX_NUMERATOR[unit]:
                return Meter(int(beats), unit)
    return None


def _fit(meter: Meter, exact: Time, measure: RawMeasure) -> list[Bar]:
    if -1 < exact - meter.ticks < 1:
        return [Bar(meter)]
    length = max(1, nearest_tick(exact))
    if length <= meter.ticks:
        return [Bar(meter, length)]
    if length > MAX_BAR_TICKS:
        measure.losses["bars too long for any meter, split"] += 1
        full, rest = divmod(length, meter.ticks)
        return [Bar(meter)] * full + ([Bar(meter, rest)] if rest else [])
    measure.losses["bars longer than their meter, given another"] += 1
    other = _of_length(length, meter.denominator)
    return [Bar(other) if other else Bar(Meter(math.ceil(length / 12), 4), length)]
