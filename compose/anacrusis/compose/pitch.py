"""Pitch names: spelled letters to pitch classes and MIDI numbers, and back."""

import re

from .errors import SymbolError

_STEP_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTAL = str.maketrans({"♯": "#", "♭": "b", "𝄪": "x", "𝄫": "bb"})
SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")


def normalise_accidentals(text: str) -> str:
    """Write Unicode accidentals as ``#``, ``b``, ``x`` and ``bb``."""
    return text.translate(_ACCIDENTAL)


def name_to_class(name: str) -> int:
    """Pitch class 0-11 of a spelled name: ``"Bb"`` is 10.

    Raises `SymbolError` for anything that is not a letter A-G with up to two accidentals.
    """
    text = normalise_accidentals(name)
    match = re.fullmatch(r"([A-G])(##|#|x|bb|b)?", text)
    if not match:
        raise SymbolError(f"pitch name {name!r} cannot be read; write it like C, F# or Bb")
    return (_STEP_CLASS[match[1]] + accidental_value(match[2] or "")) % 12


def accidental_value(text: str) -> int:
    """Semitones of an accidental string of ``#``, ``x`` and ``b``."""
    return sum({"#": 1, "x": 2, "b": -1}[sign] for sign in text)


def class_to_name(pitch_class: int, flats: bool = False) -> str:
    """A plain spelling of a pitch class."""
    return (FLAT_NAMES if flats else SHARP_NAMES)[pitch_class % 12]


def parse_pitch(text: str | int) -> int:
    """MIDI number of ``"C4"`` (60, scientific pitch notation) or of a number 0-127.

    >>> parse_pitch("Bb3"), parse_pitch(60)
    (58, 60)
    """
    if isinstance(text, int):
        number = text
    elif re.fullmatch(r"\d{1,3}", text.strip()):
        number = int(text)
    else:
        match = re.fullmatch(r"([A-G](?:##|#|x|bb|b)?)(-?\d)", normalise_accidentals(text.strip()))
        if not match:
            raise SymbolError(f"pitch {text!r} cannot be read; write it like C4, F#3 or 60")
        letter = match[1]
        number = 12 * (int(match[2]) + 1) + _STEP_CLASS[letter[0]] + accidental_value(letter[1:])
    if not 0 <= number <= 127:
        raise SymbolError(f"pitch {text!r} is MIDI number {number}; allowed: 0 (C-1) to 127 (G9)")
    return number


def pitch_name(pitch: int, flats: bool = False) -> str:
    """Scientific pitch name of a MIDI number: 60 is ``"C4"``."""
    return f"{class_to_name(pitch, flats)}{pitch // 12 - 1}"
