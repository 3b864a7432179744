"""Which chords make a cadence, and which belong to two keys: as `rules.harmony` says."""

from functools import lru_cache

from ..chord import QUALITIES, Chord
from ..key import Key
from ..spelling import spell_chord
from .idiom import COMMON_QUALITIES

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
