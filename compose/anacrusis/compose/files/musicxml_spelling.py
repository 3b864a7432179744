"""Spelling: the written name of a sounding pitch, by the key and the chord it stands in.

Names live on the line of fifths (F C G D A E B, flats to the left, sharps to the right). A chord
tone is spelled in thirds from the chord's root; any other note takes the name nearest the key.
"""

from functools import lru_cache
from typing import NamedTuple

from ..chord import Chord
from ..key import Key, fifths_name

_LETTERS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}

# Steps on the line of fifths of an interval above a chord's root, in semitones.
_THIRDS = {0: 0, 1: -5, 2: 2, 3: -3, 4: 4, 5: -1, 6: -6, 7: 1, 8: 8, 9: 3, 10: -2, 11: 5}
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
    tonic = _fifths(key.tonic)
    place = _by_chord(pitch % 12, chord, key.fifths) if chord is not None else None
    if place is None:
        low = tonic - 4 if key.mode in ("major", "lydian", "mixolydian") else tonic - 5
        place = low + (pitch * 7 - low) % 12
    name = fifths_name(place)
    alter = name.count("#") - name.count("b")
    return Spelling(name[0], alter, (pitch - alter) // 12 - 1)


def _by_chord(pitch_class: int, chord: Chord, signature: int) -> int | None:
    if chord.is_none or pitch_class not in chord.classes:
        return None
    root = _fifths(chord.root)
    interval = (pitch_class - chord.root_class) % 12
    tones = {(tone - chord.root_class) % 12 for tone in chord.classes}
    steps = _THIRDS[interval]
    if interval == 3 and 4 in tones:
        steps = 9
    elif interval == 6 and 7 in tones:
        steps = 6
    elif interval == 8 and 7 in tones:
        steps = -4
    elif interval == 9 and tones == {0, 3, 6, 9}:
        steps = -9
    elif chord.bass is not None and pitch_class == chord.bass_class:
        steps = _fifths(chord.bass) - root
    place = root + steps
    return place if abs(place - signature - 2) <= _WIDEST else None


def _fifths(name: str) -> int:
    sharps = name.count("#") + 2 * name.count("x") - name[1:].count("b")
    return _LETTERS[name[0]] + 7 * sharps


def signature_alter(step: str, key: Key | None) -> int:
    """Alteration the key signature gives a letter."""
    fifths = 0 if key is None else key.fifths
    return (fifths - _LETTERS[step] + 5) // 7
