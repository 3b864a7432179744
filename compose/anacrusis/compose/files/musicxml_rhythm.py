"""Rhythm on paper: how a stretch of ticks becomes note values, dots, ties, triplets and beams.

Positions are ticks within the full bar (a pickup stands at its end). The rules are those of
ordinary engraving (Gould, Behind Bars, 2011): a value does not hide the middle of a 4/4 bar or the
beats of a compound one, syncopations keep their simple forms, rests show the beats.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..meter import Meter

# Ticks -> (type, dots); the second table holds values inside a triplet (three for two).
_PLAIN = {
    3: ("16th", 0), 6: ("eighth", 0), 9: ("eighth", 1), 12: ("quarter", 0), 18: ("quarter", 1),
    24: ("half", 0), 36: ("half", 1), 48: ("whole", 0), 72: ("whole", 1), 96: ("breve", 0),
}  # fmt: skip
_TRIPLET = {
    1: ("32nd", 0), 2: ("16th", 0), 3: ("16th", 1), 4: ("eighth", 0), 6: ("eighth", 1),
    8: ("quarter", 0), 12: ("quarter", 1), 16: ("half", 0), 24: ("half", 1), 32: ("whole", 0),
}  # fmt: skip
_FLAGS = {"eighth": 1, "16th": 2, "32nd": 3}


class Span(NamedTuple):
    """A stretch of one voice: notes, or a rest."""

    start: int
    end: int
    rest: bool


class Value(NamedTuple):
    """One written value. tuplet: the window of its triplet, None where it is plain."""

    start: int
    end: int
    type: str
    dots: int
    tuplet: tuple[int, int] | None = None


class Window(NamedTuple):
    """A stretch written as triplets. size: its full length, of which a pickup shows a part."""

    start: int
    end: int
    size: int


def notate(spans: Sequence[Span], meter: Meter) -> list[list[Value]]:
    """The values of each span of a voice, in order; those of one span are tied.

    >>> [[v.type for v in values] for values in notate([Span(0, 6, False), Span(6, 48, False)],
    ...                                                Meter(4, 4))]
    [['eighth'], ['quarter', 'half']]
    """
    windows = _windows(spans, meter)
    return [_values(span, windows, meter) for span in spans]


def _values(span: Span, windows: Sequence[Window], meter: Meter) -> list[Value]:
    found: list[Value] = []
    at = span.start
    for window in windows:
        if window.end <= at or window.start >= span.end:
            continue
        if at < window.start:
            found += _plain(at, window.start, span.rest, meter)
            at = window.start
        stop = min(span.end, window.end)
        found += _in_triplet(at, stop, window)
        at = stop
    if at < span.end:
        found += _plain(at, span.end, span.rest, meter)
    return found


def _windows(spans: Sequence[Span], meter: Meter) -> list[Window]:
    """The triplets: windows of a beat, half a beat or two beats that hold an off-grid boundary."""
    bounds = {tick for span in spans for tick in (span.start, span.end)}
    odd = {tick for tick in bounds if tick % 3}
    if not odd:
        return []
    low, high = spans[0].start, spans[-1].end
    size = {2: 12, 4: 12, 8: 6, 16: 3}[meter.denominator]
    found: list[Window] = []
    done = 0
    for start in sorted({tick // size * size for tick in odd}):
        if start < done:
            continue
        wide = _wide_window(start, max(low, done), high, bounds, meter) if size == 12 else None
        if wide is not None:
            found.append(wide)
            done = wide.end
            continue
        halves = (start, start + 6) if size == 12 and start + 6 in bounds else (start,)
        width = size // len(halves)
        for half in halves:
            if any(half < tick < half + width for tick in odd):
                found.append(Window(max(half, low), min(half + width, high), width))
    return found


def _wide_window(start: int, low: int, high: int, bounds: set[int], meter: Meter) -> Window | None:
    """A triplet of quarters over two beats, or of halves over four, where the music has only it."""
    for width in (48, 24):
        origins = [start // width * width]
        if width == 24 and meter.numerator % 2:
            origins += [start, start - 12]
        for origin in origins:
            inside = [tick for tick in bounds if origin < tick < origin + width]
            fits = low <= origin and origin + width <= high
            if fits and inside and all((tick - origin) % (width // 3) == 0 for tick in inside):
                return Window(origin, origin + width, width)
    return None


def _in_triplet(start: int, end: int, window: Window) -> list[Value]:
    third = window.size // 3
    origin = window.start // window.size * window.size if window.size < 24 else window.start
    if _fits_triplet(start - origin, end - origin, third):
        return [Value(start, end, *_TRIPLET[end - start], (window.start, window.end))]
    inside = [t for t in range(origin + third, origin + 3 * third, third) if start < t < end]
    split = next(
        (t for t in reversed(inside) if _fits_triplet(start - origin, t - origin, third)), inside[0]
    )
    return [*_in_triplet(start, split, window), *_in_triplet(split, end, window)]


def _fits_triplet(start: int, end: int, third: int) -> bool:
    length = end - start
    if length not in _TRIPLET:
        return False
    if start // third == (end - 1) // third:
        return True
    if start % third == 0 and length == 2 * third:
        return True
    return 2 * length == 3 * third and (start == 0 or end == 3 * third)


class _Grid(NamedTuple):
    """A meter's boundaries. groups: those no value hides; beat: length of the level below."""

    groups: tuple[int, ...]
    beat: int
    compound: bool


@lru_cache(maxsize=128)
def _grid(meter: Meter) -> _Grid:
    if meter.denominator >= 8:
        groups = meter.beats if meter.numerator > 3 else (0,)
        return _Grid(groups, meter.unit, True)
    groups = meter.beats if meter.denominator == 2 else meter.strong
    return _Grid(groups, 12, False)


@lru_cache(maxsize=65536)
def _plain(start: int, end: int, rest: bool, meter: Meter) -> tuple[Value, ...]:
    if _fits(start, end, rest, meter):
        return (Value(start, end, *_PLAIN[end - start]),)
    split = _split(start, end, rest, meter)
    return (*_plain(start, split, rest, meter), *_plain(split, end, rest, meter))


def _split(start: int, end: int, rest: bool, meter: Meter) -> int:
    grid = _grid(meter)
    levels: Iterable[Iterable[int]] = (
        grid.groups,
        range(0, meter.ticks, grid.beat),
        range(0, meter.ticks, 6 if grid.beat > 6 else 3),
        range(0, meter.ticks, 3),
    )
    for level in levels:
        inside = [tick for tick in level if start < tick < end]
        if not inside:
            continue
        ordered = inside[::-1] if start % grid.beat == 0 and not rest else inside
        for tick in ordered:
            if _fits(start, tick, rest, meter) and _fits(tick, end, rest, meter):
                return tick
        return inside[0]
    raise AssertionError(f"ticks {start} to {end} are off the sixteenth grid")


def _fits(start: int, end: int, rest: bool, meter: Meter) -> bool:
    length = end - start
    if length not in _PLAIN or start % 3:
        return False
    if start == 0 and end == meter.ticks:
        return True
    grid = _grid(meter)
    if any(start < tick < end for tick in grid.groups):
        return _fits_across(start, end, rest, meter, grid)
    if grid.compound:
        return _fits_compound(start, end, rest, meter, grid)
    if rest:
        return length in (3, 6, 12, 24) and start % length == 0
    if length < 12:
        return start // 12 == (end - 1) // 12
    if length == 12:
        return start % 6 == 0
    if length == 18:
        return start % 12 == 0 or end % 12 == 0
    return start % 12 == 0


def _fits_across(start: int, end: int, rest: bool, meter: Meter, grid: _Grid) -> bool:
    """Whether a value may hide a group boundary: whole groups, and the syncopations of 4/4."""
    length = end - start
    if rest and length == 48:
        return False  # a whole rest means a full bar
    if meter.ticks == 48 and not grid.compound and not rest:
        if start == 12 and end in (36, 48):
            return True
        if start == 0 and end == 36:
            return True
    edges = {*grid.groups, meter.ticks}
    whole = length if grid.compound or length % 9 else length * 2 // 3
    return start in edges and end in edges and start % whole == 0


def _fits_compound(start: int, end: int, rest: bool, meter: Meter, grid: _Grid) -> bool:
    length = end - start
    group = max(tick for tick in grid.groups if tick <= start)
    edges = [*grid.groups, meter.ticks]
    size = next(tick for tick in edges if tick > group) - group
    offset, beat = start - group, grid.beat
    if length == size:
        return offset == 0
    if length == 2 * beat:
        return offset % beat == 0 if not rest else offset == 0
    if rest:
        return length in (beat, 3) and offset % length == 0
    if 2 * length == 3 * beat:
        return offset % beat == 0 or (offset + length) % beat == 0
    return length <= beat


def beams(values: Sequence[Value | None], meter: Meter) -> list[tuple[str, ...]]:
    """Beam marks of each value: one per level, ``begin``, ``continue``, ``end`` or a hook.

    `values` are those of one voice in order; None stands for a rest or a gap, which ends a beam.
    """
    marks: list[tuple[str, ...]] = [()] * len(values)
    run: list[int] = []
    groups = _beam_groups(values, meter)
    for index, value in enumerate([*values, None]):
        joins = value is not None and value.type in _FLAGS
        if run and joins and groups[index] == groups[run[-1]]:
            run.append(index)
            continue
        if len(run) > 1:
            _mark_run(values, run, marks)
        run = [index] if joins else []
    return marks


def _beam_groups(values: Sequence[Value | None], meter: Meter) -> list[int]:
    """The beam group of each value: its beat, or half a bar of plain eighths."""
    grid = _grid(meter)
    if grid.compound:
        return [
            -1 if v is None else max(tick for tick in grid.groups if tick <= v.start)
            for v in values
        ]
    uneven = {
        value.start // 12
        for value in values
        if value is not None and (value.end - value.start < 6 or value.tuplet or value.dots)
    }
    groups = []
    for value in values:
        beat = -1 if value is None else value.start // 12
        half = beat // 2 * 2
        if meter.numerator % 2 == 0 or meter.denominator == 2:
            groups.append(half if not {half, half + 1} & uneven else beat)
        else:
            groups.append(beat)
    return groups


def _mark_run(
    values: Sequence[Value | None], run: Sequence[int], marks: list[tuple[str, ...]]
) -> None:
    flags = [_FLAGS[value.type] if (value := values[i]) is not None else 0 for i in run]
    for place, index in enumerate(run):
        levels = []
        for level in range(1, flags[place] + 1):
            before = place > 0 and flags[place - 1] >= level
            after = place + 1 < len(run) and flags[place + 1] >= level
            if before and after:
                levels.append("continue")
            elif before:
                levels.append("end")
            elif after:
                levels.append("begin")
            else:
                levels.append("backward hook" if place else "forward hook")
        marks[index] = tuple(levels)
