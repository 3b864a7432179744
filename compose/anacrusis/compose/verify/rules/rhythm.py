"""When notes are struck: how many times in a bar, on a grid, in a rhythm, or not at all."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle

from ...meter import TICKS_PER_QUARTER
from ...rules.rhythm import Grid, Onsets, Rhythm, Silent
from ...wording import counted
from ..planned import Finding
from ..report import named
from .span import Span


def _ticks(value: str) -> int:
    """Ticks of a note value.

    >>> _ticks("1/8"), _ticks("1")
    (6, 48)
    """
    return int(Fraction(value) * 4 * TICKS_PER_QUARTER)


def onsets(rule: Onsets, span: Span) -> Iterator[Finding]:
    """Bars with too few or too many onsets; shown where the bar begins."""
    for track in span.tracks:
        for bar, notes in span.by_bar(track):
            count = len({note.onset for note in notes})
            if not rule.low <= count <= rule.high:
                message = f"the bar has {counted(count, 'onset')}"
                yield span.broken(span.score.bar_starts[bar], track, message, notes)


def off_grid(rule: Grid, span: Span) -> Iterator[Finding]:
    """Notes that are not struck at a multiple of the note value."""
    unit = _ticks(rule.unit)
    for track in span.tracks:
        for note in span.notes(track):
            late = span.score.position(note.onset)[1] % unit
            if late:
                message = f"{named(note)} is struck {counted(late, 'tick')} after the grid"
                yield span.broken(note.onset, track, message, (note,))


def another_rhythm(rule: Rhythm, span: Span) -> Iterator[Finding]:
    """Values that are not struck, and notes where the rhythm has none or another length."""
    wanted: dict[int, int] = {}
    tick = span.start
    for word in cycle(rule.notes.split()):
        if tick >= span.end:
            break
        length = _ticks(word.removeprefix("r"))
        if not word.startswith("r"):
            wanted[tick] = min(length, span.end - tick)
        tick += length
    for track in span.tracks:
        notes = span.notes(track)
        for missing in sorted(wanted.keys() - {note.onset for note in notes}):
            yield span.broken(missing, track, "nothing is struck here")
        for note in notes:
            length = wanted.get(note.onset, 0)
            if not length:
                message = f"{named(note)} is struck where the rhythm has no note"
                yield span.broken(note.onset, track, message, (note,))
            elif note.duration != length and not track.is_drums:
                message = f"{named(note)} lasts {counted(note.duration, 'tick')}, not {length}"
                yield span.broken(note.onset, track, message, (note,))


def not_silent(rule: Silent, span: Span) -> Iterator[Finding]:
    """Notes that sound in the span; shown where they begin to."""
    for track in span.tracks:
        for note in track.notes:
            if note.onset < span.end and note.end > span.start:
                tick = max(note.onset, span.start)
                yield span.broken(tick, track, f"{named(note)} sounds", (note,))
