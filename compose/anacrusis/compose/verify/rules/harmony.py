"""Cadences and modulations, read from the chord lane and the keys of a score."""

from collections.abc import Iterator

from ...chord import Chord
from ...key import Key
from ...rules.harmony import Cadence, Modulation
from ..keys import new_key, same_key
from ..lane import Piece
from ..planned import Finding
from .span import Span

FIRST, SIXTH = 0, 5
"""Degrees of a scale, as places in it."""
SUBDOMINANT, DOMINANT, LEADING = 5, 7, 11
"""Roots, in semitones above the tonic."""
MINOR_THIRD, MAJOR_THIRD, TRITONE = 3, 4, 6


def cadence(rule: Cadence, span: Span) -> Iterator[Finding]:
    """A phrase that ends otherwise; shown at its last chord, or where its last bar begins."""
    start = span.score.bar_starts[span.bars.stop - 1]
    key = span.score.key_at(start)
    pieces = list(span.lane.within(0, span.end))
    while pieces and pieces[-1].chord is None:
        pieces.pop()
    if key is None or not pieces or pieces[-1].end <= start:
        lacking = "key" if key is None else "chord"
        yield span.broken(start, None, f"no {lacking} is stated in the bar of the cadence")
        return
    last, before = pieces[-1].chord, _before(pieces)
    assert last is not None  # or its piece would have been dropped
    if before is None or not _ends(rule.kind, before, last, key):
        heard = f"{before} to {last}" if before else f"{last} with no other root before it"
        message = f"{heard} in {key} is no such cadence"
        yield span.broken(max(pieces[-1].start, start), None, message)


def _before(pieces: list[Piece]) -> Chord | None:
    """The chord from which the last one comes: of another root, with no silence between."""
    last = pieces[-1].chord
    for _, _, chord in reversed(pieces):
        if chord is None:
            return None
        if last is not None and chord.root_class != last.root_class:
            return chord
    return None


def _ends(kind: str, before: Chord, last: Chord, key: Key) -> bool:
    """Whether two chords are a cadence of a kind in a key."""
    if last.bass is not None:
        return False
    if kind == "half":
        return _is_dominant(last, key)
    if kind == "deceptive":
        return _is_dominant(before, key) and _is_triad(last, key, SIXTH)
    if kind == "plagal":
        leads = _root(before, key) == SUBDOMINANT
    else:
        above = _above(before)
        leads = _is_dominant(before, key) or (
            _root(before, key) == LEADING
            and above >= {MINOR_THIRD, TRITONE}
            and MAJOR_THIRD not in above
        )
    return leads and _is_triad(last, key, FIRST)


def _root(chord: Chord, key: Key) -> int:
    return (chord.root_class - key.tonic_class) % 12


def _above(chord: Chord) -> set[int]:
    """The chord's tones, in semitones above its root."""
    return {(tone - chord.root_class) % 12 for tone in chord.classes}


def _is_dominant(chord: Chord, key: Key) -> bool:
    return _root(chord, key) == DOMINANT and MAJOR_THIRD in _above(chord)


def _is_triad(chord: Chord, key: Key, degree: int) -> bool:
    """Whether a chord is the triad of a degree of the scale, with or without other tones."""
    root, third, fifth = (key.scale[(degree + step) % 7] for step in (0, 2, 4))
    other = {MINOR_THIRD, MAJOR_THIRD} - {(third - root) % 12}
    return (
        chord.root_class == root
        and {third, fifth} <= set(chord.classes)
        and not other & _above(chord)
    )


def modulation(rule: Modulation, span: Span) -> Iterator[Finding]:
    """A key that does not come, or was there before, and a chord that is no pivot to it."""
    start = span.start
    before = span.score.key_at(start - 1) if start else None
    after = span.score.key_at(start)
    wanted = new_key(rule, before)
    if wanted is None:
        yield span.broken(start, None, "no key is stated before")
        return
    if after is None or not same_key(after, wanted):
        message = f"the key is {after or 'not stated'}, not {wanted}"
        yield span.broken(start, None, message)
    elif before is not None and same_key(before, wanted):
        yield span.broken(start, None, f"the music is in {wanted} before")
    if rule.how == "pivot":
        yield from _without_pivot(span, before, wanted)


def _without_pivot(span: Span, before: Key | None, after: Key) -> Iterator[Finding]:
    chord = span.lane.at(span.start - 1)
    if chord is None or before is None:
        lacking = "key" if before is None else "chord"
        yield span.broken(span.start, None, f"no {lacking} is stated just before")
        return
    for key in (before, after):
        if not set(chord.classes) <= _tones(key):
            yield span.broken(span.start, None, f"{chord} does not belong to {key}")


def _tones(key: Key) -> set[int]:
    """Pitch classes of a key; a minor key has its raised sixth and seventh too."""
    raised = {(key.tonic_class + step) % 12 for step in (9, 11)} if key.mode == "minor" else set()
    return {*key.scale, *raised}
