"""How long the music of a plan lasts, and the tempo or the number of bars that gives a length.

Lengths are in seconds, from the first moment of the music (of its pickup) to the end of its last
bar. Tempos are quarter notes per minute.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple

from .bounds import is_number
from .errors import PlanError
from .meter import TICKS_PER_QUARTER, Meter
from .plan_section import MAX_BARS
from .wording import counted

if TYPE_CHECKING:
    from .plan import Plan

LONGEST = 36_000.0
SHORTEST = 0.1
"""Seconds that a plan may ask for."""
EXACT = 0.001
"""Seconds by which the music of a plan may miss its length."""
ADJUSTED = 0.06
"""The largest part by which a stated tempo moves where the number of bars is open."""
_SLOWEST, _FASTEST, _USUAL = 20.0, 400.0, 100.0
_PHRASE = 4
"""Bars in which a piece whose bars and tempo are both open is counted."""


def parse_length(text: str) -> float:
    """Seconds of a length: ``30``, ``30 s``, ``0:30`` or ``1:05.5``.

    >>> parse_length("30 s"), parse_length("1:05.5")
    (30.0, 65.5)
    """
    found = re.fullmatch(
        r"(?:(\d{1,3}):(?=\d\d(?:\.|$)))?(\d{1,5}(?:\.\d{1,20})?)\s*(s|sec|seconds?)?",
        text.strip(),
    )
    if not found or (found[1] and (found[3] or float(found[2]) >= 60)):
        raise PlanError(f"length {text!r} cannot be read; write it like 30 s, 0:30 or 1:05.5")
    return checked_length(60 * int(found[1] or 0) + float(found[2]))


def checked_length(seconds: float) -> float:
    """The length itself; `PlanError` for one that no plan may ask for."""
    if not is_number(seconds, SHORTEST, LONGEST):
        raise PlanError(f"length {seconds!r}; allowed: {SHORTEST:g} to {LONGEST:g} seconds")
    return seconds


class _Stretches(NamedTuple):
    """Quarter notes that go by the tempo of the plan, and seconds of those that go by others."""

    free: float
    fixed: float


def _stretches(plan: "Plan") -> _Stretches:
    rows = plan.bar_plans
    free, fixed, pace = plan.pickup / TICKS_PER_QUARTER, 0.0, None
    for bar in rows:
        pace = bar.tempo if bar.new_tempo else pace
        quarters = bar.meter.ticks / TICKS_PER_QUARTER
        if pace is None:
            free += quarters
        else:
            fixed += quarters * 60 / pace
    return _Stretches(free, fixed)


def seconds_of(plan: "Plan") -> float | None:
    """How long the music lasts; None where a tempo is open."""
    tempo = plan.tempo or plan.sections[0].tempo
    if tempo is None:
        return None
    free, fixed = _stretches(plan)
    return fixed + free * 60 / tempo


def check_length(plan: "Plan") -> None:
    """Raise `PlanError` where a plan cannot last as long as it says."""
    assert plan.length is not None
    length = checked_length(plan.length)
    lasts = seconds_of(plan)
    if lasts is None:
        solved_tempo(plan)
    elif abs(lasts - length) > EXACT:
        factor = lasts / length
        tempos = [t for t in (plan.tempo, *(bar.tempo for bar in plan.bar_plans)) if t is not None]
        fitting = [tempo * factor for tempo in dict.fromkeys(tempos)]
        said = "change the bars"
        if all(_SLOWEST <= tempo <= _FASTEST for tempo in fitting):
            said = f"give tempo {', '.join(f'{tempo:.6g}' for tempo in fitting)}"
        raise PlanError(
            f"the plan's bars and tempos last {lasts:.3f} s, not {length:g} s; {said}, or leave "
            "the tempo or the length out"
        )


def solved_tempo(plan: "Plan") -> float:
    """The open tempo with which the music lasts as long as the plan says; stated ones stay.

    Raises `PlanError` where it would leave 20 to 400, with the numbers of bars that would do.
    """
    assert plan.length is not None
    free, fixed = _stretches(plan)
    left = plan.length - fixed
    tempo = 60 * free / left if left > 0 else float("inf")
    if _SLOWEST <= tempo <= _FASTEST:
        return tempo
    if fixed:
        others = f"would need tempo {tempo:.6g}; allowed: 20 to 400" if left > 0 else "have no time"
        raise PlanError(
            f"the sections that state their tempo last {fixed:.3f} s of {plan.length:g} s, and the "
            f"others {others}; change tempos, bars or the length"
        )
    meters = [bar.meter for bar in plan.bar_plans]
    raise PlanError(
        f"{counted(plan.bars, 'bar')} in {plan.length:g} s need tempo {tempo:.6g}; allowed: 20 to "
        f"400; {_fitting(plan.length, meters, plan.pickup)}"
    )


def _fitting(length: float, meters: Sequence[Meter], pickup: int) -> str:
    """Which numbers of bars last so long, in words."""
    usual = max(set(meters), key=meters.count)
    quarters = usual.ticks / TICKS_PER_QUARTER
    low, high = (
        (length * tempo / 60 - pickup / TICKS_PER_QUARTER) / quarters
        for tempo in (_SLOWEST, _FASTEST)
    )
    first, last = max(ceil(low - 1e-9), 1), min(floor(high + 1e-9), MAX_BARS)
    if first > last:
        return f"no number of bars of {usual} lasts {length:g} s; change the length"
    return f"{first} to {last} bars of {usual} would fit"


def bars_of_length(
    length: float, tempo: float | None, meter: Meter, pickup: int = 0, turn: int = 1
) -> int:
    """How many bars last about so long at a tempo.

    turn: bars of a progression; whole turns are taken where the tempo need not move by more than
    `ADJUSTED` for them. tempo: None where it is open; bars are then counted in phrases of four, at
    a tempo near 100.
    """
    checked_length(length)
    quarters = length * (tempo or _USUAL) / 60 - pickup / TICKS_PER_QUARTER
    bars = quarters * TICKS_PER_QUARTER / meter.ticks
    step = turn if tempo is not None or turn > 1 else _PHRASE
    whole = max(round(bars / step), 1) * step
    if tempo is None:
        nearest = whole if whole <= 2 * bars else max(round(bars), turn)
    else:
        nearest = max(round(bars), turn)
        if bars > 0 and abs(whole / bars - 1) <= ADJUSTED:
            nearest = whole
    return min(nearest, MAX_BARS)


def adjusted_tempo(length: float, tempo: float, bars: int, meter: Meter, pickup: int = 0) -> float:
    """The tempo near `tempo` at which so many bars last exactly so long.

    Raises `PlanError` where it is further away than `ADJUSTED`.
    """
    quarters = (pickup + bars * meter.ticks) / TICKS_PER_QUARTER
    exact = 60 * quarters / length
    if abs(exact / tempo - 1) > ADJUSTED:
        raise PlanError(
            f"no number of bars of {meter} at tempo {tempo:g} lasts {length:g} s: the nearest, "
            f"{counted(bars, 'bar')}, would need tempo {exact:.6g}; give that tempo, or leave it "
            "out"
        )
    if not _SLOWEST <= exact <= _FASTEST:
        raise PlanError(f"{counted(bars, 'bar')} in {length:g} s need tempo {exact:.6g}")
    return exact


def fit_length(plan: "Plan", length: float) -> "Plan":
    """The plan with all its tempos made faster or slower by one factor, so that it lasts so long.

    Its tempo has to be stated. Raises `PlanError` where a tempo would leave 20 to 400.
    """
    lasts = seconds_of(plan)
    if lasts is None:
        return replace(plan, length=length)
    factor = lasts / checked_length(length)

    def paced(tempo: float | None) -> float | None:
        return None if tempo is None else tempo * factor

    sections = tuple(
        replace(
            section,
            tempo=paced(section.tempo),
            changes=tuple(replace(at, tempo=paced(at.tempo)) for at in section.changes),
        )
        for section in plan.sections
    )
    return replace(plan, tempo=paced(plan.tempo), sections=sections, length=length)
