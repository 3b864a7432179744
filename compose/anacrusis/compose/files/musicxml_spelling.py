"""Spelling: the written name of a sounding pitch, by the key and the chord it stands in.

Names live on the line of fifths (F C G D A E B, flats to the left, sharps to the right). A chord
tone is spelled in thirds from the chord's root; any other note takes the name nearest the key.
"""

from functools import lru_cache
from typing import NamedTuple

from ..chord import Chord
from ..key import Key, fifths_name, name_fifths
from ..spelling import fifths_above_root, nearest_fifths

_WIDEST = 9
"""A chord spelled farther than this from the key gives way to the key's own names."""


class Spelling(NamedTuple):
    """A written pitch: letter, alteration in semitones, octave of scientific pitch notation."""

    step: str
    alter: int
    octave: int


@lru_cache(maxsize=8192)
def spell(pitch: int, key: Key | None = None, chord: Chord | None = None) -> Spelling:
    """The written name of a MIDI pitch.

    >>> spell(68, Key("A", "minor")), spell(70, Key("F"))
    (Spelling(step='G', alter=1, octave=4), Spelling(step='B', alter=-1, octave=4))
    >>> spell(63, Key("C"), Chord.parse("B"))
    Spelling(step='D', alter=1, octave=4)
    """
    key = key or Key()
    place = _by_chord(pitch % 12, chord, key.fifths) if chord is not None else None
    if place is None:
        place = nearest_fifths(pitch % 12, key)
    name = fifths_name(place)
    alter = name.count("#") - name.count("b")
    return Spelling(name[0], alter, (pitch - alter) // 12 - 1)


def _by_chord(pitch_class: int, chord: Chord, signature: int) -> int | None:
    if chord.is_none or pitch_class not in chord.classes:
        return None
    root = name_fifths(chord.root)
    tones = {(tone - chord.root_class) % 12 for tone in chord.classes}
    steps = fifths_above_root((pitch_class - chord.root_class) % 12, tones)
    if chord.bass is not None and pitch_class == chord.bass_class:
        steps = name_fifths(chord.bass) - root
    place = root + steps
    return place if abs(place - signature - 2) <= _WIDEST else None


def signature_alter(step: str, key: Key | None) -> int:
    """Alteration the key signature gives a letter."""
    fifths = 0 if key is None else key.fifths
    return (fifths - name_fifths(step) + 5) // 7
