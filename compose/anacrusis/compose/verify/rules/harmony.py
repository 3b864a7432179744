"""Cadences and modulations, read from the chord lane and the keys of a score."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from ...chord import Chord
from ...key import Key
from ...rules.harmony import Cadence, Modulation
from ..keys import new_key, same_key
from ..planned import Finding
from .span import Span

DOMINANT, SUBDOMINANT = 7, 5
"""Semitones above the tonic."""


class Triad(NamedTuple):
    """A chord as cadences see it, without sevenths and added tones.

    root: semitones above the tonic. third, fifth: semitones above the root; None where there is no
    third (fifth).
    """

    root: int
    third: int | None
    fifth: int | None


def triad(chord: Chord, tonic: int) -> Triad:
    """The triad of a chord, its root counted from a tonic (a pitch class).

    >>> triad(Chord("G", "7"), 0), triad(Chord("B", "hdim7"), 0), triad(Chord("C", "sus4"), 0)[1]
    (Triad(root=7, third=4, fifth=7), Triad(root=11, third=3, fifth=6), None)
    """
    # A foreign slash bass is no part of the chord above it.
    above = {(tone - chord.root_class) % 12 for tone in Chord(chord.root, chord.quality).classes}
    third = next((step for step in (4, 3) if step in above), None)
    fifth = next((step for step in (7, 6, 8) if step in above), None)
    return Triad((chord.root_class - tonic) % 12, third, fifth)


def cadence(rule: Cadence, span: Span) -> Iterator[Finding]:
    """A phrase that ends otherwise; shown at its last chord, or where its last bar begins."""
    start, end = (span.score.bar_starts[span.bars.stop - 1], span.end)
    key = span.score.key_at(start)
    chords = [piece for piece in span.lane.within(0, end) if piece.chord is not None]
    if key is None or not chords or chords[-1].end <= start:
        lacking = "key" if key is None else "chord"
        yield span.broken(start, None, f"no {lacking} is stated in the bar of the cadence")
        return
    last = chords[-1]
    before = chords[-2].chord if len(chords) > 1 else None
    assert last.chord is not None
    if not _ends(rule.kind, before, last.chord, key):
        heard = f"{before} to {last.chord}" if before else f"{last.chord} alone"
        message = f"{heard} in {key} is no such cadence"
        yield span.broken(max(last.start, start), None, message)


def _ends(kind: str, before: Chord | None, last: Chord, key: Key) -> bool:
    """Whether two chords are a cadence of a kind in a key."""
    if before is None or last.bass is not None:
        return False
    from_, to = triad(before, key.tonic_class), triad(last, key.tonic_class)
    mode_third = (key.scale[2] - key.tonic_class) % 12
    is_dominant = from_.root == DOMINANT and from_.third == 4
    if kind == "half":
        return to == Triad(DOMINANT, 4, 7) and from_ != to
    if kind == "deceptive":
        sixth = Triad(9, 3, 7) if mode_third == 4 else Triad(8, 4, 7)
        return is_dominant and to == sixth
    leads = is_dominant or from_ == Triad(11, 3, 6)
    if kind == "plagal":
        leads = from_.root == SUBDOMINANT
    return leads and to == Triad(0, mode_third, 7)


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
    pieces = span.lane.pieces[: bisect_left(span.lane.changes, span.start)]
    last = next((piece for piece in reversed(pieces) if piece.chord is not None), None)
    if last is None or last.chord is None or before is None:
        yield span.broken(span.start, None, "no key or no chord before it is stated")
        return
    for key in (before, after):
        foreign = set(last.chord.classes) - _tones(key)
        if foreign:
            yield span.broken(last.start, None, f"{last.chord} does not belong to {key}")


def _tones(key: Key) -> set[int]:
    """Pitch classes of a key; a minor key has its raised sixth and seventh too."""
    raised = {(key.tonic_class + step) % 12 for step in (9, 11)} if key.mode == "minor" else set()
    return {*key.scale, *raised}
