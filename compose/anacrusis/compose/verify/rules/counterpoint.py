"""Between voices: parallels, crossing, spacing. Tracks come from the highest voice down."""

from collections.abc import Iterator
from itertools import combinations, pairwise

from ...rules.counterpoint import NoCrossing, NoParallels, Spacing
from ...score import Note, Track
from ...wording import counted
from ..planned import Finding
from ..report import named
from .span import Span

_PERFECT = {0: "octaves or unisons", 7: "fifths"}


def parallels(rule: NoParallels, span: Span) -> Iterator[Finding]:
    """Moments at which two voices arrive in parallel at a fifth, octave or unison."""
    for upper, lower in combinations(span.tracks, 2):
        for high, low in zip(_by_block(span, upper), _by_block(span, lower), strict=True):
            for (a, c), (b, d) in _struck_together(high, low):
                before, now = (a.pitch - b.pitch) % 12, (c.pitch - d.pitch) % 12
                if a.pitch != c.pitch and b.pitch != d.pitch and before == now in _PERFECT:
                    message = (
                        f"{upper.name} and {lower.name} move in parallel {_PERFECT[now]}, from "
                        f"{named((a, b))} to {named((c, d))}"
                    )
                    yield span.broken(c.onset, upper, message, (a, b, c, d))


def _by_block(span: Span, track: Track) -> list[list[Note]]:
    """Notes of a track between each two cuts, empty stretches among them."""
    blocks: list[list[Note]] = [[] for _ in range(len(span.cuts) + 1)]
    for note in span.notes(track):
        blocks[span.block(note.onset)].append(note)
    return blocks


def _struck_together(
    high: list[Note], low: list[Note]
) -> Iterator[tuple[tuple[Note, Note], tuple[Note, Note]]]:
    """For each moment at which both strike: of each voice the note before, and the one struck."""
    below = {second.onset: (first, second) for first, second in pairwise(low)}
    for first, second in pairwise(high):
        if second.onset in below:
            yield (first, second), below[second.onset]


def _meetings(span: Span, upper: Track, lower: Track) -> Iterator[tuple[int, Note, Note]]:
    """Notes of two tracks that sound together in the span, and the tick from which they do."""
    rows = sorted(
        (note.onset, voice, note)
        for voice, track in enumerate((upper, lower))
        for note in track.notes
        if note.onset < span.end and note.end > span.start
    )
    active: tuple[list[Note], list[Note]] = ([], [])
    for onset, voice, note in rows:
        others = active[1 - voice]
        others[:] = [other for other in others if other.end > onset]
        active[voice].append(note)
        tick = max(onset, span.start)
        for other in others:
            if other.end > tick:
                yield tick, *((other, note) if voice else (note, other))


def crossings(rule: NoCrossing, span: Span) -> Iterator[Finding]:
    """Notes of a higher voice that lie below one of a lower voice."""
    for upper, lower in combinations(span.tracks, 2):
        for tick, high, low in _meetings(span, upper, lower):
            if high.pitch < low.pitch:
                message = f"{named(high)} lies below {named(low)} of {lower.name}"
                yield span.broken(tick, upper, message, (high, low))


def gaps(rule: Spacing, span: Span) -> Iterator[Finding]:
    """Neighbouring voices that are too far apart."""
    pairs = list(pairwise(span.tracks))
    for index, (upper, lower) in enumerate(pairs):
        is_lowest = index == len(pairs) - 1 and len(pairs) > 1
        allowed = rule.semitones + 12 * is_lowest
        for tick, high, low in _meetings(span, upper, lower):
            apart = abs(high.pitch - low.pitch)
            if apart > allowed:
                message = (
                    f"{named(high)} and {named(low)} of {lower.name} are "
                    f"{counted(apart, 'semitone')} apart"
                )
                yield span.broken(tick, upper, message, (high, low))
