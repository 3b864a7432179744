"""Which chords make a cadence, and which belong to two keys: as `rules.harmony` says."""

from collections.abc import Sequence, Set
from functools import lru_cache

from ..chord import QUALITIES, Chord
from ..key import Key
from ..spelling import spell_chord
from .idiom import COMMON_QUALITIES, chords_of_key, resolution

_FIRST, _SIXTH = 0, 5
"""Degrees, as indices of a scale."""


@lru_cache(maxsize=64)
def every_chord(key: Key) -> tuple[Chord, ...]:
    """The chords that may be written in a key at all, its own or not, without slash basses."""
    names = [quality for quality in QUALITIES if quality in COMMON_QUALITIES]
    return tuple(spell_chord(root, name, key=key) for root in range(12) for name in names)


def arrives(kind: str, chord: Chord, key: Key) -> bool:
    """Whether a cadence of a kind may end with a chord."""
    if chord.bass is not None:
        return False
    if kind == "half":
        return _is_dominant(chord, key)
    return _is_triad_of(_SIXTH if kind == "deceptive" else _FIRST, chord, key)


def approaches(kind: str, chord: Chord, key: Key) -> bool:
    """Whether the last chord of a cadence of a kind may follow a chord of another root."""
    root, intervals = _intervals(chord, key)
    if kind == "half":
        return True
    if kind == "plagal":
        return root == 5
    leading = root == 11 and {3, 6} <= intervals and 4 not in intervals
    return _is_dominant(chord, key) or (kind == "authentic" and leading)


def belongs(chord: Chord, key: Key) -> bool:
    """Whether all tones of a chord are a key's, with the raised sixth and seventh of minor."""
    scale = set(key.scale)
    if key.mode == "minor":
        scale |= {(key.tonic_class + 9) % 12, (key.tonic_class + 11) % 12}
    return set(chord.classes) <= scale


def own_chords(key: Key, chords: Sequence[Chord]) -> list[Chord]:
    """Those of some chords that the music of a key usually has."""
    names = chords_of_key(key)
    return [chord for chord in chords if chord.quality in names.get(chord.root_class, ())]


def usual(chords: list[Chord], key: Key, onward: Set[int], *, plain: bool) -> list[Chord]:
    """The most usual of some chords in a key; none is left out unless others stay.

    onward: roots that may follow: an applied dominant has to go to one of them. plain: whether to
    end on a triad without more.
    """
    if plain:
        chords = [chord for chord in chords if chord.quality in ("maj", "min")] or chords
    chords = own_chords(key, chords) or chords

    def goes_on(chord: Chord) -> bool:
        goal = resolution(key, chord.root_class, chord.quality)
        return goal is None or goal in onward

    return [chord for chord in chords if goes_on(chord)] or chords


def resolving(
    chords: list[Chord], key: Key, held: Chord | None, *, strict: bool = False
) -> list[Chord]:
    """Those of some chords to which the held one resolves, where it is an applied dominant.

    strict: whether none is an answer; else they all stay where none resolves it.
    """
    goal = None if held is None else resolution(key, held.root_class, held.quality)
    if goal is None or goal not in chords_of_key(key):
        return chords
    found = [chord for chord in chords if chord.root_class == goal]
    return found if strict else found or chords


def _intervals(chord: Chord, key: Key) -> tuple[int, set[int]]:
    """The root above the tonic, and the chord's notes above its root, in semitones."""
    notes = {(tone - chord.root_class) % 12 for tone in chord.classes}
    return (chord.root_class - key.tonic_class) % 12, notes


def _is_dominant(chord: Chord, key: Key) -> bool:
    root, intervals = _intervals(chord, key)
    return root == 7 and 4 in intervals


def _is_triad_of(degree: int, chord: Chord, key: Key) -> bool:
    root, third, fifth = (key.scale[(degree + step) % 7] for step in (0, 2, 4))
    other = {(root + interval) % 12 for interval in (3, 4)} - {third}
    tones = set(chord.classes)
    return chord.root_class == root and {third, fifth} <= tones and not other & tones
