"""The words of ABC notation (standard 2.1): what a line of music is made of, lengths, keys.

http://abcnotation.com/wiki/abc:standard:v2.1
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import DataError, SymbolError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter

_LENGTH = r"(?:\d+(?:/+\d*)?|/+\d*)?"
_PITCH = r"(?:\^{1,2}|_{1,2}|=)?[A-Ga-g][,']*"
_MEMBERS = rf"(?:{_PITCH}{_LENGTH}[ -]*)+"

WORD = re.compile(
    rf"""(?P<quoted>"[^"]*")
      | (?P<chord>(?:\[\+?(?P<members>{_MEMBERS})\]|\+(?P<plus>{_MEMBERS})\+)
        (?P<chord_length>{_LENGTH}))
      | (?P<decoration>![^!]{{1,24}}!|\+[a-z.()<>]{{2,24}}\+)
      | (?P<grace>\{{[^}}]*\}})
      | (?P<field>\[[A-Za-z]:[^\]]*\])
      | (?P<ending>(?:\[[ ]*(?=[1-9])|(?<=\|)(?=[1-9]))(?P<passes>[1-9][0-9,-]*))
      | (?P<bar>:*(?:\[\||\|[|\]]*):*|:{{2,}})
      | (?P<tuplet>\((?P<count>[2-9])(?::(?P<time>[0-9]*))?(?::(?P<notes>[0-9]*))?)
      | (?P<note>(?P<pitch>{_PITCH})(?P<note_length>{_LENGTH}))
      | (?P<rest>(?P<rest_kind>[zxy])(?P<rest_length>{_LENGTH}))
      | (?P<bars_rest>Z[0-9]*)
      | (?P<broken>>+|<+)
      | (?P<tie>-)
      | (?P<ornament>[~.HLMOPSTuv])
      | (?P<slur>[()])
      | (?P<blank>[\s`\\]+)
      | (?P<other>.)""",
    re.VERBOSE,
)
"""One word of music; its kind is the name of the outermost group."""
MEMBER = re.compile(rf"(?P<note>{_PITCH})(?P<length>{_LENGTH})(?P<tie> *-)?")
FIELD = re.compile(r"([A-Za-z]):\s*(.*)")
BODY_FIELDS = "IKLMNPQRSTUVWXYZmrsw"
"""Letters that name a field in the body; the others there are notes."""
TUPLET_TIME = {2: 3, 3: 2, 4: 3, 5: 2, 6: 2, 7: 2, 8: 3, 9: 2}
"""Notes of a tuplet -> the notes whose time they take; 5, 7 and 9 take 3 in compound meters."""
_LONGEST = 999
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHARPS = "FCGDAEB"
_MODES = {
    "": "major", "maj": "major", "ion": "major", "m": "minor", "min": "minor", "aeo": "minor",
    "dor": "dorian", "phr": "phrygian", "lyd": "lydian", "mix": "mixolydian", "loc": "locrian",
}  # fmt: skip


def tunes_of(text: str) -> list[str]:
    """The tunes of a file: each begins at its line ``X:``."""
    starts = [found.start() for found in re.finditer(r"^X:", text, re.MULTILINE)]
    return [text[a:b] for a, b in pairwise([*starts, len(text)])]


def lines_of(text: str) -> Iterator[str]:
    """The lines of a tune that say something, without comments."""
    for line in text.splitlines():
        bare = line.partition("%")[0].rstrip()
        if bare:
            yield bare


def length_of(text: str) -> Fraction:
    """A length in units: ``3/2``, ``/`` (a half), ``//`` (a quarter), nothing (one).

    >>> [str(length_of(text)) for text in ("", "2", "3/2", "/", "//", "/4")]
    ['1', '2', '3/2', '1/2', '1/4', '1/4']
    """
    top, slash, rest = text.partition("/")
    bottom = rest.lstrip("/")
    slashes = len(slash) + len(rest) - len(bottom)
    if len(top) > 3 or len(bottom) > 3 or slashes > 6:
        raise DataError(f"the length {text[:12]!r} is beyond {_LONGEST}")
    above = int(top or 1)
    below = int(bottom) if bottom else 2**slashes
    if not above or not below:
        raise DataError(f"the length {text!r} is zero or divides by zero")
    return Fraction(above, below)


def unit_of(text: str) -> Fraction:
    """The unit note length of an ``L:`` field, in whole notes."""
    found = re.fullmatch(r"(\d{1,3})/(\d{1,3})|1", text.strip())
    if not found or (found[2] and not int(found[2])) or found[1] in ("0", "00", "000"):
        raise DataError(f"the unit length {text[:20]!r} cannot be read")
    return Fraction(int(found[1] or 1), int(found[2] or 1))


def usual_unit(meter: Meter) -> Fraction:
    """The unit where no ``L:`` states one: an eighth, or a sixteenth in meters under 3/4."""
    return Fraction(1, 8 if meter.numerator / meter.denominator >= 0.75 else 16)


def meter_of(text: str) -> Meter | None:
    """The meter of an ``M:`` field, None for free meter (``none``). Raises `DataError`."""
    bare = text.strip()
    if bare.lower() in ("", "none"):
        return None
    try:
        return Meter.parse(bare)
    except SymbolError as error:
        raise DataError(str(error)) from error


def key_of(text: str) -> Key | None:
    """The key of a ``K:`` field; None where it states none. Raises `DataError`.

    >>> str(key_of("Ador clef=treble")), str(key_of("F#m")), key_of("none")
    ('A dorian', 'F# minor', None)
    """
    words = [word for word in text.split() if "=" not in word]
    bare = " ".join(words)
    if not bare or bare.lower() == "none":
        return None
    if bare.startswith(("HP", "Hp")):
        return Key("A", "mixolydian")
    found = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", bare)
    mode = _MODES.get(found[3].lower()[:3] if found else "?")
    if not found or mode is None:
        raise DataError(f"the key {bare[:20]!r} cannot be read")
    key = Key(found[1] + found[2], mode)
    if abs(key.fifths) > 7:
        raise DataError(f"the key {bare[:20]!r} has more than seven accidentals")
    return key


def signature(key: Key | None) -> dict[str, int]:
    """Letters that the key raises (1) or lowers (-1)."""
    fifths = key.fifths if key else 0
    if fifths >= 0:
        return dict.fromkeys(_SHARPS[:fifths], 1)
    return dict.fromkeys(_SHARPS[fifths:], -1)


def natural_pitch(word: str) -> tuple[str, int, int | None]:
    """Letter, MIDI number without accidental, and the accidental stated (semitones) or None.

    >>> natural_pitch("^f"), natural_pitch("C,"), natural_pitch("=b'")
    (('F', 77, 1), ('C', 48, None), ('B', 95, 0))
    """
    marks = word.rstrip("ABCDEFGabcdefg,'")
    letter = word[len(marks)]
    octave = 12 * (word.count("'") - word.count(",") + letter.islower())
    stated = {"^": 1, "_": -1, "=": 0}.get(marks[:1])
    pitch = 60 + _SEMITONES[letter.upper()] + octave
    return letter.upper(), pitch, None if stated is None else stated * len(marks)


def chord_of(text: str) -> Chord | None:
    """The chord of a quoted symbol, None where it is none.

    The Nottingham database writes ``d`` for diminished, ``a`` for augmented, a bass in small
    letters with ``+`` for sharp, and brackets around chords that may be left out.

    >>> [str(chord_of(text)) for text in ("Em7", "C#d", "Fa7", "D/f+", "(E7)", "Gm/bb")]
    ['Em7', 'C#dim', 'F7#5', 'D/F#', 'E7', 'Gm/Bb']
    """
    bare = text.strip().strip("()")
    found = re.fullmatch(r"([A-G][#b]?)([^/]*)(?:/([A-Ga-g])([#b+]?))?", bare)
    if not found:
        return None
    suffix = {"d": "dim", "a": "aug", "a7": "aug7"}.get(found[2], found[2])
    bass = f"/{found[3].upper()}{found[4].replace('+', '#')}" if found[3] else ""
    try:
        return Chord.parse(found[1] + suffix + bass)
    except SymbolError:
        return None


def parts_of(text: str) -> list[str]:
    """The order of the parts: ``A(AB)2`` is A A B A B. Raises `DataError`.

    >>> parts_of("A(AB)2"), parts_of("AB2 A.C")
    (['A', 'A', 'B', 'A', 'B'], ['A', 'B', 'B', 'A', 'C'])
    """
    stack: list[list[list[str]]] = [[]]
    for word in re.findall(r"[A-Za-z()]|\d+|\S", text):
        if word == "(":
            stack.append([])
        elif word == ")":
            if len(stack) == 1:
                raise DataError(f"the order of parts {text[:30]!r} closes a bracket too many")
            inner = stack.pop()
            stack[-1].append([label for group in inner for label in group])
        elif word.isdigit():
            if not stack[-1] or len(word) > 2:
                raise DataError(f"the order of parts {text[:30]!r} cannot be read")
            stack[-1][-1] = stack[-1][-1] * int(word)
        elif word.isalpha():
            stack[-1].append([word])
        if sum(len(group) for level in stack for group in level) > _LONGEST:
            raise DataError(f"the order of parts {text[:30]!r} is endless")
    if len(stack) > 1:
        raise DataError(f"the order of parts {text[:30]!r} leaves a bracket open")
    return [label for group in stack[0] for label in group]
