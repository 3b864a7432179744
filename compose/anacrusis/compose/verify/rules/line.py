"""A line, whose notes come one at a time: leaps, contour, melody, breath."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from ...meter import TICKS_PER_QUARTER
from ...rules.line import GAP, Breath, Contour, Leap, Melody
from ...score import Note, Track
from ...wording import counted
from ..planned import Finding
from ..report import named
from .pitches import is_named
from .span import Span

_WAYS = {"+": "up", "-": "down", "=": "to the same pitch"}


def together(span: Span) -> Iterator[Finding]:
    """Notes struck in the span while another one of their track sounds."""
    for track in span.tracks:
        for tick, notes in span.strikes(track):
            if len(notes) > 1:
                message = f"{named(notes)} sound at once in a line"
                yield span.broken(tick, track, message, notes)


def leaps(rule: Leap, span: Span) -> Iterator[Finding]:
    """Intervals that are too wide; shown at their second note."""
    for track in span.tracks:
        for block in span.blocks(track):
            for first, second in pairwise(block):
                leap = abs(second.pitch - first.pitch)
                if leap > rule.semitones and second.onset > first.onset:
                    message = f"{named((first, second))} leap {counted(leap, 'semitone')}"
                    yield span.broken(second.onset, track, message, (first, second))


def _sign(first: Note, second: Note) -> str:
    return "+" if second.pitch > first.pitch else "-" if second.pitch < first.pitch else "="


def another_contour(rule: Contour, span: Span) -> Iterator[Finding]:
    """Steps that go another way than the contour, and what it lacks at its end."""
    for track in span.tracks:
        notes = span.notes(track)
        if rule.shape[0] in _WAYS:
            yield from _against_signs(rule.shape.split(), span, track, notes)
        else:
            yield from _against_shape(rule.shape, span, track, notes)


def _against_signs(
    signs: list[str], span: Span, track: Track, notes: tuple[Note, ...]
) -> Iterator[Finding]:
    if len(notes) != len(signs) + 1:
        message = f"{counted(len(notes), 'note')}, where the contour has {len(signs) + 1}"
        yield span.broken(_odd(span, notes, len(signs) + 1), track, message, notes)
    for sign, (first, second) in zip(signs, pairwise(notes), strict=False):
        if _sign(first, second) != sign:
            message = f"{named((first, second))} do not go {_WAYS[sign]}"
            yield span.broken(second.onset, track, message, (first, second))


def _odd(span: Span, notes: tuple[Note, ...], wanted: int) -> int:
    """Where a count of notes is seen to differ: at the first one too many, or after the last."""
    if len(notes) > wanted:
        return notes[wanted].onset
    return notes[-1].onset if notes else span.start


def _against_shape(
    shape: str, span: Span, track: Track, notes: tuple[Note, ...]
) -> Iterator[Finding]:
    ways = {"up": "+", "down": "-", "arch": "+-", "valley": "-+"}[shape]
    at = -1  # how far along its ways the line has come
    for first, second in pairwise(notes):
        sign = _sign(first, second)
        if sign == "=" or (at >= 0 and sign == ways[at]):
            continue
        if ways[at + 1 : at + 2] == sign:
            at += 1
        else:
            message = f"{named((first, second))} go {_WAYS[sign]}"
            yield span.broken(second.onset, track, message, (first, second))
    if at < len(ways) - 1:
        message = f"the line never goes {_WAYS[ways[at + 1]]}" + (" again" if at >= 0 else "")
        yield span.broken(notes[-1].onset if notes else span.start, track, message, notes)


def another_melody(rule: Melody, span: Span) -> Iterator[Finding]:
    """Notes that are not those of the melody; only the first one where their number differs."""
    for track in span.tracks:
        notes = span.notes(track)
        wrong = [
            (note, name)
            for note, name in zip(notes, rule.named, strict=False)
            if not is_named(note.pitch, name)
        ]
        if len(notes) == len(rule.named):
            for note, name in wrong:
                message = f"{named(note)} stands where {name} should"
                yield span.broken(note.onset, track, message, (note,))
            continue
        tick = wrong[0][0].onset if wrong else _odd(span, notes, len(rule.named))
        message = f"{counted(len(notes), 'note')}, where the melody has {len(rule.named)}"
        yield span.broken(tick, track, message, tuple(note for note, _ in wrong[:1]))


def without_breath(rule: Breath, span: Span) -> Iterator[Finding]:
    """Stretches of notes that are too long; shown where they begin."""
    yield from long_breaths(rule.quarters, span, span.tracks)


def long_breaths(quarters: float, span: Span, tracks: Iterable[Track]) -> Iterator[Finding]:
    """Stretches of over so many quarter notes, without a gap of a sixteenth, in some tracks."""
    for track in tracks:
        for block in span.blocks(track):
            for stretch in _stretches(block):
                length = max(note.end for note in stretch) - stretch[0].onset
                if length > quarters * TICKS_PER_QUARTER:
                    message = f"{length / TICKS_PER_QUARTER:g} quarter notes in one breath"
                    yield span.broken(stretch[0].onset, track, message, tuple(stretch))


def _stretches(notes: list[Note]) -> Iterator[list[Note]]:
    stretch: list[Note] = []
    end = 0
    for note in notes:
        if stretch and note.onset - end >= GAP:
            yield stretch
            stretch = []
        stretch.append(note)
        end = max(end, note.end)
    if stretch:
        yield stretch
