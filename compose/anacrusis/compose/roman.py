"""Roman numerals: chords named by the degree of the key they stand on.

A numeral is a chord symbol with a degree in place of its root: case gives the third, what follows
is read as in a lead sheet, so ``I7`` is the blues chord and ``Imaj7`` the major seventh. Figures
(6, 64, 65, 43, 42 or 2) are inversions, as in figured bass; an added sixth is written ``add6``.
``/V`` sets a numeral in the key of another degree, ``/5`` names the chord's bass by its degree.
"""

import re
from functools import lru_cache
from itertools import product

from .chord import Chord, degree_of, spelled_above
from .errors import SymbolError
from .key import MODES, Key
from .pitch import accidental_value, name_to_class, normalise_accidentals

NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")

_MAJOR = MODES["major"]
_PATTERN = re.compile(
    r"([b#]{0,2})(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(?![IViv])(.*)", re.DOTALL
)
# Figures one above the other, typed with a stroke: 6/5 is 65. Not the 6 of add6, the 4 of sus4.
_STACKED = re.compile(r"(?<![\dds])(6/[459]|4/[23])(?!\d)")
_MARKED = re.compile(r"(o|h|\+|maj|M|\^)?(.*)", re.DOTALL)
_SEVENTH_FIGURES = {"65": 3, "43": 5, "42": 7, "2": 7}
_TRIAD_FIGURES = {"6": 3, "63": 3, "64": 5}
_DEGREE_INTERVALS = {3: (3, 4), 5: (6, 7, 8), 7: (9, 10, 11)}

# What a numeral carries where that differs from the chord symbol's suffix.
_SUFFIX = {"dim": "o", "dim7": "o7", "hdim7": "ø7", "aug": "+", "maj6": "add6", "min6": "add6",
           "maj6(9)": "69", "min6(9)": "69"}  # fmt: skip
_FIGURED = {"maj": ("", _TRIAD_FIGURES), "min": ("", _TRIAD_FIGURES), "dim": ("o", _TRIAD_FIGURES),
            "aug": ("+", _TRIAD_FIGURES), "7": ("", _SEVENTH_FIGURES),
            "min7": ("", _SEVENTH_FIGURES), "maj7": ("maj", _SEVENTH_FIGURES),
            "hdim7": ("ø", _SEVENTH_FIGURES), "dim7": ("o", _SEVENTH_FIGURES)}  # fmt: skip
_DIMINISHED = ("dim", "hdim7", "dim7")


def looks_roman(text: str) -> bool:
    """Whether a word is written as a Roman numeral (chord symbols start with A to G or N)."""
    return _PATTERN.fullmatch(normalise_accidentals(text)) is not None


def roman_to_chord(text: str, key: Key) -> Chord:
    """The chord that a Roman numeral names in a key, spelled by the key.

    A plain degree is the mode's own: in A minor VI is F and VII is G; only a diminished ``viio``
    stands on the leading note, as is usual. ``b`` lowers a degree, except where the mode has it
    lowered already (``bVII`` is G in A minor and Bb in C major alike); ``#`` raises it likewise.
    Raises `SymbolError` naming a numeral that cannot be read.

    >>> [str(roman_to_chord(text, Key.parse("C"))) for text in ("ii65", "V7/ii", "viio7", "IV/5")]
    ['Dm7/F', 'A7', 'Bdim7', 'F/C']
    """
    if len(text) > 40:
        raise SymbolError(f"Roman numeral {text[:40]!r}... cannot be read; it is too long")
    cleaned = normalise_accidentals(text.strip())
    for sign, plain in (("°", "o"), ("º", "o"), ("ø", "h"), ("Ø", "h"), ("Δ", "^"), ("△", "^")):
        cleaned = cleaned.replace(sign, plain)
    return _parse(cleaned, text, key)


def _parse(cleaned: str, text: str, key: Key) -> Chord:
    match = _PATTERN.fullmatch(cleaned)
    if not match:
        raise SymbolError(_unreadable(text))
    accidental, numeral, rest = match.groups()
    rest = _STACKED.sub(lambda figures: figures[0].replace("/", ""), rest, count=1)
    suffix, slash, below = rest.partition("/")
    if slash and looks_roman(below):
        key = _tonicised(_parse(below, text, key))
        slash = ""
    quality, figured = _quality(numeral, suffix, text)
    degree = NUMERALS.index(numeral.upper())
    root = _degree_root(key, degree, accidental, quality)
    bass = None
    if slash:
        if figured is not None:
            raise SymbolError(f"Roman numeral {text!r} states its bass twice; leave one out")
        bass = _bass_of_degree(root, below, text)
    elif figured is not None:
        tones = Chord("C", quality).classes
        interval = next(i for i in _DEGREE_INTERVALS[figured] if i in tones)
        bass = spelled_above(root, figured, interval)
    return Chord(root, quality, bass)


def _quality(numeral: str, suffix: str, text: str) -> tuple[str, int | None]:
    """Chord quality, and the degree of the chord that figures put in the bass."""
    found = _MARKED.fullmatch(suffix)
    mark, figures = (found[1] or "", found[2]) if found else ("", suffix)
    plain, degree = suffix, None
    if figures in _SEVENTH_FIGURES:
        plain, degree = f"{mark}7", _SEVENTH_FIGURES[figures]
    elif figures in _TRIAD_FIGURES and mark in ("", "o", "+"):
        plain, degree = mark, _TRIAD_FIGURES[figures]
    elif figures.startswith("6") and suffix != "69":
        raise SymbolError(_unreadable(text))
    minor = "m" if numeral.islower() else ""
    if mark in ("o", "h") or plain.startswith(("dim", "hdim")):
        if not minor:
            raise SymbolError(
                f"Roman numeral {text!r}: a diminished chord has a small numeral, like viio7"
            )
        minor = ""
    try:
        # In brackets, so that a flat of the suffix is never taken for one of the root.
        quality = Chord.parse(f"C({minor}{re.sub(r'[()]', '', plain)})").quality
    except SymbolError as error:
        raise SymbolError(_unreadable(text)) from error
    return quality, degree


def _degree_root(key: Key, degree: int, accidental: str, quality: str) -> str:
    """Spelled root of a degree (0 is the tonic)."""
    own, major = MODES[key.mode][degree], _MAJOR[degree]
    shift = accidental_value(accidental)
    if shift == 0:
        leading = degree == 6 and quality in _DIMINISHED
        return spelled_above(key.tonic, degree + 1, major if leading else own)
    start = (max if shift < 0 else min)(own, major)
    return spelled_above(key.tonic, degree + 1, start + shift)


def _tonicised(chord: Chord) -> Key:
    """The key whose tonic a chord is."""
    return Key(chord.root, "minor" if _is_minor(chord.quality) else "major")


@lru_cache(maxsize=256)
def _is_minor(quality: str) -> bool:
    tones = Chord("C", quality).classes
    return 3 in tones and 4 not in tones


def _bass_of_degree(root: str, written: str, text: str) -> str:
    match = re.fullmatch(r"([b#]*)(\d{1,2})", written)
    if not match or not 1 <= int(match[2]) <= 13:
        raise SymbolError(_unreadable(text))
    steps = (int(match[2]) - 1) % 7
    return spelled_above(root, steps + 1, _MAJOR[steps] + accidental_value(match[1]))


def chord_to_roman(chord: Chord, key: Key) -> str:
    """The Roman numeral of a chord in a key; ``N.C.`` stays as it is.

    `roman_to_chord` reads it back as a chord that sounds the same, and is spelled the same where
    root and bass lie at most two accidentals from the key's own notes.

    >>> key = Key.parse("C")
    >>> chord_to_roman(Chord.parse("Dm7/F"), key), chord_to_roman(Chord.parse("Bb"), key)
    ('ii65', 'bVII')
    """
    if chord.is_none:
        return str(chord)
    numeral = _numeral(chord, key)
    if _is_minor(chord.quality):
        numeral = numeral.lower()
    suffix = _SUFFIX.get(chord.quality)
    if suffix is None:
        suffix = str(Chord("C", chord.quality))[1:]
        suffix = suffix.removeprefix("m") if _is_minor(chord.quality) else suffix
    if chord.bass is None:
        return numeral + suffix
    mark, figures = _FIGURED.get(chord.quality, ("", {}))
    below = degree_of(chord.root, chord.bass)
    for figure, degree in figures.items():
        inverted = f"{numeral}{mark}{figure}"
        if below.endswith(str(degree)) and roman_to_chord(inverted, key).bass == chord.bass:
            return inverted
    return f"{numeral}{suffix}/{below}"


def _numeral(chord: Chord, key: Key) -> str:
    """Accidental and degree whose root is the chord's: by its spelling, else by its sound."""
    spellings = [
        (accidental + NUMERALS[degree], _degree_root(key, degree, accidental, chord.quality))
        for accidental, degree in product(("", "b", "#", "bb", "##"), range(7))
    ]
    by_name = (numeral for numeral, root in spellings if root == chord.root)
    by_sound = (n for n, root in spellings if name_to_class(root) == chord.root_class)
    return next(by_name, None) or next(by_sound)


def _unreadable(text: str) -> str:
    return (
        f"Roman numeral {text!r} cannot be read; write it like I, ii65, V7, bVII, viio7, V7/ii "
        "or IV/5"
    )
