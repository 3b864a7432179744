"""Which pitches: ranges, tessituras, sets of tones, scales, tones that must come."""

from collections.abc import Callable, Iterator

from ...pitch import name_to_class, parse_pitch
from ...rules.pitches import SCALES, Avoid, Only, Range, Require, Scale, Tessitura
from ...wording import counted
from ..planned import Finding
from ..report import named
from .span import Span


def is_named(pitch: int, name: str) -> bool:
    """Whether a MIDI number is the pitch of a name with an octave, or of the class of one without.

    >>> is_named(60, "C4"), is_named(72, "C4"), is_named(72, "C")
    (True, False, True)
    """
    if name[-1].isdigit():
        return pitch == parse_pitch(name)
    return pitch % 12 == name_to_class(name)


def _strangers(span: Span, belongs: Callable[[int], bool], message: str) -> Iterator[Finding]:
    for track in span.tracks:
        for note in span.notes(track):
            if not belongs(note.pitch):
                yield span.broken(note.onset, track, f"{named(note)} {message}", (note,))


def outside_range(rule: Range, span: Span) -> Iterator[Finding]:
    """Notes below or above the range."""
    low, high = parse_pitch(rule.low), parse_pitch(rule.high)
    yield from _strangers(span, lambda pitch: low <= pitch <= high, "lies outside the range")


def outside_tones(rule: Only, span: Span) -> Iterator[Finding]:
    """Notes that are none of the tones."""
    yield from _strangers(
        span,
        lambda pitch: any(is_named(pitch, name) for name in rule.named),
        "is none of the tones",
    )


def avoided_tones(rule: Avoid, span: Span) -> Iterator[Finding]:
    """Notes that are one of the tones."""
    yield from _strangers(
        span,
        lambda pitch: not any(is_named(pitch, name) for name in rule.named),
        "is to be avoided",
    )


def outside_scale(rule: Scale, span: Span) -> Iterator[Finding]:
    """Notes that are not in the scale."""
    tonic, steps = name_to_class(rule.tonic), SCALES[rule.scale]
    yield from _strangers(span, lambda pitch: (pitch - tonic) % 12 in steps, "is not in the scale")


def missing_tones(rule: Require, span: Span) -> Iterator[Finding]:
    """Tones that a track does not strike in the span; shown where it begins."""
    for track in span.tracks:
        struck = {note.pitch for note in span.notes(track)}
        for name in rule.named:
            if not any(is_named(pitch, name) for pitch in struck):
                yield span.broken(span.start, track, f"{name} is not struck")


def outside_tessitura(rule: Tessitura, span: Span) -> Iterator[Finding]:
    """Bars with too many notes outside the tessitura; shown at the first of these."""
    low, high = parse_pitch(rule.low), parse_pitch(rule.high)
    for track in span.tracks:
        for _, notes in span.by_bar(track):
            outside = tuple(note for note in notes if not low <= note.pitch <= high)
            if 4 * len(outside) > len(notes):
                message = f"{len(outside)} of {counted(len(notes), 'note')} lie outside"
                yield span.broken(outside[0].onset, track, message, outside)
