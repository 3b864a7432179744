"""Key: tonic, mode, scale and signature."""

import re
from dataclasses import dataclass
from functools import cached_property

from .errors import SymbolError
from .pitch import accidental_value, name_to_class, normalise_accidentals

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
}
"""Mode -> semitones of its scale above the tonic."""

# Position of a mode's tonic on the line of fifths against the major key of the same signature.
_MODE_FIFTHS = {
    "lydian": -1,
    "major": 0,
    "mixolydian": 1,
    "dorian": 2,
    "minor": 3,
    "phrygian": 4,
    "locrian": 5,
}
_LETTER_FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_LINE = "FCGDAEB"


def fifths_name(fifths: int) -> str:
    """Spelled name at a place on the line of fifths: 0 is C, 1 is G, -2 is Bb."""
    letter = _LINE[(fifths + 1) % 7]
    accidentals = (fifths + 1) // 7
    return letter + ("#" * accidentals if accidentals >= 0 else "b" * -accidentals)


def name_fifths(name: str) -> int:
    """Place of a spelled name on the line of fifths; undoes `fifths_name`."""
    return _LETTER_FIFTHS[name[0]] + 7 * accidental_value(name[1:])


@dataclass(frozen=True, order=True)
class Key:
    """A tonic with a mode.

    >>> Key.parse("F# minor").fifths, str(Key.parse("Am")), Key.parse("Bb").scale
    (3, 'A minor', (10, 0, 2, 3, 5, 7, 9))
    """

    tonic: str = "C"
    mode: str = "major"

    def __post_init__(self) -> None:
        name_to_class(self.tonic)
        if self.mode not in MODES:
            raise SymbolError(f"mode {self.mode!r} is unknown; allowed: {', '.join(MODES)}")

    @staticmethod
    def parse(text: str) -> "Key":
        """Read ``"A minor"``, ``"Am"``, ``"Bb"``, ``"D dorian"``, ``"C:min"`` or ``"f#"``."""
        cleaned = normalise_accidentals(str(text)).strip()
        match = re.fullmatch(r"([A-Ga-g])(##|#|x|bb|b)?(?:[\s:\-_]*([A-Za-z]+))?", cleaned)
        if not match:
            raise SymbolError(
                f"key {text!r} cannot be read; write it like C major, A minor or D dorian"
            )
        letter, accidental, word = match[1], match[2] or "", match[3] or ""
        short = {"": "major", "M": "major", "m": "minor"}
        long = {"maj": "major", "min": "minor", "ionian": "major", "aeolian": "minor"}
        mode = short.get(word) or long.get(word.lower(), word.lower())
        if letter.islower():
            if mode not in ("major", "minor") or word in ("M", "maj", "major"):
                raise SymbolError(f"key {text!r} cannot be read; write the tonic in upper case")
            mode = "minor"
        if mode not in MODES:
            raise SymbolError(
                f"key {text!r}: mode {word!r} is unknown; allowed: {', '.join(MODES)}"
            )
        key = Key(letter.upper() + accidental, mode)
        if not -7 <= key.fifths <= 7:
            raise SymbolError(
                f"key {text!r} has {abs(key.fifths)} accidentals; allowed: at most 7 "
                f"(try {Key.from_class(key.tonic_class, mode)})"
            )
        return key

    @staticmethod
    def from_fifths(fifths: int, mode: str = "major") -> "Key":
        """The key of a mode with this signature (-7 flats to 7 sharps)."""
        return Key(fifths_name(fifths + _MODE_FIFTHS[mode]), mode)

    @staticmethod
    def from_class(tonic_class: int, mode: str = "major") -> "Key":
        """The key on a pitch class, spelled with the fewest accidentals."""
        candidates = (Key.from_fifths(f, mode) for f in (0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6))
        return next(key for key in candidates if key.tonic_class == tonic_class % 12)

    def __str__(self) -> str:
        return f"{self.tonic} {self.mode}"

    @cached_property
    def tonic_class(self) -> int:
        """Pitch class of the tonic."""
        return name_to_class(self.tonic)

    @cached_property
    def fifths(self) -> int:
        """Sharps (positive) or flats (negative) of the signature."""
        return name_fifths(self.tonic) - _MODE_FIFTHS[self.mode]

    @cached_property
    def scale(self) -> tuple[int, ...]:
        """Pitch classes of the scale from the tonic up."""
        return tuple((self.tonic_class + step) % 12 for step in MODES[self.mode])

    @property
    def flats(self) -> bool:
        """Whether chromatic notes read better with flats."""
        return self.fifths < 0

    def transpose(self, semitones: int) -> "Key":
        """The key `semitones` higher, plainly spelled."""
        return Key.from_class(self.tonic_class + semitones, self.mode)
