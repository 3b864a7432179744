"""Spelling: written names of chords that are known by their pitch classes.

Names live on the line of fifths (F C G D A E B, flats to the left, sharps to the right). A chord
tone is spelled in thirds from the chord's root; a root takes a name near the key.
"""

from collections.abc import Collection

from .chord import Chord
from .key import Key, fifths_name, name_fifths
from .pitch import class_to_name

# Steps on the line of fifths of an interval above a chord's root, in semitones.
_THIRDS = {0: 0, 1: -5, 2: 2, 3: -3, 4: 4, 5: -1, 6: -6, 7: 1, 8: 8, 9: 3, 10: -2, 11: 5}


def spell_chord(root: int, quality: str, bass: int | None = None, key: Key | None = None) -> Chord:
    """The chord on a pitch class, with the class of its slash bass, as musicians write it in a key.

    >>> str(spell_chord(4, "7", 8, Key.parse("A minor"))), str(spell_chord(10, "maj", 9))
    ('E7/G#', 'Bb/A')
    """
    chord = Chord(spell_root(root, quality, key), quality)
    if bass is None or bass == root:
        return chord
    return Chord(chord.root, quality, spell_bass(chord, bass, key))


def spell_bass(chord: Chord, bass: int, key: Key | None = None) -> str:
    """Name of the class of a slash bass below a chord: of its tones as its root has them.

    >>> spell_bass(Chord("C", "min"), 3), spell_bass(Chord("B", "maj"), 3)
    ('Eb', 'D#')
    """
    root = chord.root_class
    tones = {(tone - root) % 12 for tone in chord.classes}
    interval = (bass - root) % 12
    if interval in tones:
        name = fifths_name(name_fifths(chord.root) + fifths_above_root(interval, tones))
    elif key is not None:
        name = fifths_name(nearest_fifths(bass, key))
    else:
        name = class_to_name(bass, "b" in chord.root or chord.root == "F")
    return name if len(name) <= 2 else class_to_name(bass, "b" in name)


def spell_root(root: int, quality: str, key: Key | None) -> str:
    """Name of a chord root in a key: a scale tone as the key writes it, others near it in fifths.

    >>> spell_root(6, "dim7", Key.parse("G major")), spell_root(10, "maj", Key.parse("C major"))
    ('F#', 'Bb')
    """
    if key is None:
        return class_to_name(root, root in (1, 3, 8, 10))
    # Diminished roots are leading tones (sharp side); Neapolitan and borrowed roots lie flat.
    leading = quality in ("dim", "dim7", "hdim7")
    lowest = key.fifths - (2 if leading else 3 if key.mode == "minor" else 5)
    place = next(f for f in range(lowest, lowest + 12) if 7 * f % 12 == root)
    name = fifths_name(place)
    if len(name) > 2:
        return class_to_name(root, key.flats)
    return name


def fifths_above_root(interval: int, tones: Collection[int]) -> int:
    """Steps on the line of fifths of a chord tone above its root.

    interval, tones: of the tone and of all tones of the chord above the root, in semitones.

    >>> fifths_above_root(3, {0, 3, 7}), fifths_above_root(3, {0, 3, 4, 7, 10})
    (-3, 9)
    """
    if interval == 3 and 4 in tones:
        return 9
    if interval == 6 and 7 in tones:
        return 6
    if interval == 8 and 7 in tones:
        return -4
    if interval == 9 and set(tones) == {0, 3, 6, 9}:
        return -9
    return _THIRDS[interval]


def nearest_fifths(pitch_class: int, key: Key) -> int:
    """Place on the line of fifths of a pitch class, the name nearest the key."""
    low = name_fifths(key.tonic) - (4 if key.mode in ("major", "lydian", "mixolydian") else 5)
    return low + (pitch_class * 7 - low) % 12
