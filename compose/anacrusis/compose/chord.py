"""Chords: one value type, read from lead-sheet symbols or Harte syntax.

Harte et al. 2005, "Symbolic representation of musical chords", is the syntax in files;
lead-sheet symbols are what people write. Both end in the one table of qualities below.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .errors import SymbolError
from .pitch import class_to_name, name_to_class, normalise_accidentals

# quality: (semitones above the root, lead-sheet suffix written, other suffixes read)
# The quality's name is its Harte shorthand, with a degree list where Harte has no shorthand.
_QUALITIES: dict[str, tuple[tuple[int, ...], str, str]] = {
    "maj": ((0, 4, 7), "", "M maj major MA"),
    "min": ((0, 3, 7), "m", "- min minor mi MI"),
    "dim": ((0, 3, 6), "dim", "o"),
    "aug": ((0, 4, 8), "aug", "+ #5 M#5 +5"),
    "sus4": ((0, 5, 7), "sus4", "sus"),
    "sus2": ((0, 2, 7), "sus2", ""),
    "5": ((0, 7), "5", "no3"),
    "maj6": ((0, 4, 7, 9), "6", "maj6 M6 add6"),
    "min6": ((0, 3, 7, 9), "m6", "-6 min6 mi6 madd6"),
    "7": ((0, 4, 7, 10), "7", "dom7 dom"),
    "maj7": ((0, 4, 7, 11), "maj7", "M7 ma7 j7 maj7th ^7 ^ MA7"),
    "min7": ((0, 3, 7, 10), "m7", "-7 min7 mi7 MI7"),
    "minmaj7": ((0, 3, 7, 11), "m(maj7)", "mM7 mmaj7 minmaj7 -maj7 -M7 m^7 -^7 mMaj7"),
    "hdim7": ((0, 3, 6, 10), "m7b5", "h h7 hdim7 hdim -7b5 min7b5 mi7b5 m7-5"),
    "dim7": ((0, 3, 6, 9), "dim7", "o7"),
    "aug7": ((0, 4, 8, 10), "7#5", "+7 aug7 7+ 7aug 7+5"),
    "maj7(#5)": ((0, 4, 8, 11), "maj7#5", "+M7 augmaj7 M7#5 +maj7 ^7#5"),
    "7(b5)": ((0, 4, 6, 10), "7b5", "7-5"),
    "maj7(b5)": ((0, 4, 6, 11), "maj7b5", "M7b5 ^7b5"),
    "maj(b5)": ((0, 4, 6), "(b5)", "Mb5 -5"),
    "sus4(b7)": ((0, 5, 7, 10), "7sus4", "7sus sus7 sus4,7"),
    "sus2(b7)": ((0, 2, 7, 10), "7sus2", ""),
    "sus4(2)": ((0, 2, 5, 7), "sus2sus4", "sus24 sus4sus2"),
    "maj7sus4": ((0, 5, 7, 11), "maj7sus4", "M7sus4"),
    "maj(9)": ((0, 2, 4, 7), "add9", "add2"),
    "min(9)": ((0, 2, 3, 7), "m(add9)", "madd9 madd2 minadd9 -add9"),
    "maj(11)": ((0, 4, 5, 7), "add11", "add4"),
    "min(11)": ((0, 3, 5, 7), "m(add11)", "madd11 madd4"),
    "maj6(9)": ((0, 2, 4, 7, 9), "6/9", "69 6add9 M69 maj69"),
    "min6(9)": ((0, 2, 3, 7, 9), "m6/9", "m69 -69 min69 m6add9"),
    "9": ((0, 2, 4, 7, 10), "9", "dom9 7add9"),
    "maj9": ((0, 2, 4, 7, 11), "maj9", "M9 ma9 ^9 maj7add9"),
    "min9": ((0, 2, 3, 7, 10), "m9", "-9 min9 mi9 m7add9"),
    "minmaj7(9)": ((0, 2, 3, 7, 11), "m(maj9)", "mM9 mmaj9 minmaj9"),
    "sus4(b7,9)": ((0, 2, 5, 7, 10), "9sus4", "9sus"),
    "7(b9)": ((0, 1, 4, 7, 10), "7b9", "7-9 7addb9"),
    "7(#9)": ((0, 3, 4, 7, 10), "7#9", "7+9"),
    "7(#11)": ((0, 4, 6, 7, 10), "7#11", ""),
    "7(b13)": ((0, 4, 7, 8, 10), "7b13", "7addb13"),
    "7(b9,#5)": ((0, 1, 4, 8, 10), "7#5b9", "7b9#5 +7b9 aug7b9"),
    "7(#9,#5)": ((0, 3, 4, 8, 10), "7#5#9", "7#9#5 7alt alt +7#9"),
    "9(#5)": ((0, 2, 4, 8, 10), "9#5", "+9 aug9"),
    "maj7(#11)": ((0, 4, 6, 7, 11), "maj7#11", "M7#11 ^7#11"),
    "9(#11)": ((0, 2, 4, 6, 7, 10), "9#11", ""),
    "11": ((0, 2, 4, 5, 7, 10), "11", ""),
    "min11": ((0, 2, 3, 5, 7, 10), "m11", "-11 min11"),
    "13": ((0, 2, 4, 7, 9, 10), "13", "7add13 7,13"),
    "maj13": ((0, 2, 4, 7, 9, 11), "maj13", "M13 ^13"),
    "min13": ((0, 2, 3, 7, 9, 10), "m13", "-13 min13"),
    "sus4(b7,9,13)": ((0, 2, 5, 7, 9, 10), "13sus4", "13sus"),
    "7(b9,13)": ((0, 1, 4, 7, 9, 10), "13b9", "7b9,13"),
    "1": ((0,), "(1)", "(no3no5)"),
}

QUALITIES: tuple[str, ...] = tuple(_QUALITIES)
"""Names of all chord qualities, in the order the vocabulary keeps."""

_INTERVALS = {name: row[0] for name, row in _QUALITIES.items()}
_BY_INTERVALS = {frozenset(intervals): name for name, intervals in reversed(_INTERVALS.items())}
_SUFFIX = {name: row[1] for name, row in _QUALITIES.items()}

# Harte shorthands that are other names for a row above.
_HARTE_ALIAS = {"6": "maj6", "m6": "min6", "": "maj", "sus": "sus4"}
_DEGREE = {1: 0, 2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 11, 8: 12, 9: 14, 10: 16, 11: 17, 12: 19, 13: 21}
_LETTERS = "CDEFGAB"

# How people also name roots (German H, do re mi, small letters), and suffixes that no row above
# reads, with what to write for them.
_LETTER_OF = {
    "h": "B", "do": "C", "re": "D", "mi": "E", "fa": "F", "sol": "G", "la": "A", "si": "B",
}  # fmt: skip
_MISSPELT = re.compile(
    r"((?i:do|re|mi|fa|sol|la|si|[a-h]))(##|#|x|bb|b)?(.*?)(?:/((?i:[a-h]))(#|b)?)?"
)
_MEANT = {
    "mb5": "dim", "m-5": "dim", "7dim": "dim7", "m7dim": "m7b5", "h9": "m7b5", "5+": "aug",
    "mj": "maj", "mj7": "maj7", "Mj7": "maj7", "7maj": "maj7", "7M": "maj7", "maj7+": "maj7#5",
    "7m": "m7", "m/maj7": "mmaj7", "m/M7": "mmaj7", "m+7": "mmaj7", "mmaj": "mmaj7",
    "2": "add9", "/9": "add9", "79": "9", "7/9": "9", "m7/9": "m9", "maj7/9": "maj9",
    "7/13": "13", "4": "sus4", "7/4": "7sus4", "sus4/7": "7sus4", "sus9": "9sus4", "alt7": "7alt",
}  # fmt: skip

_NOTE = r"[A-G](?:##|#|x|bb|b)?"
_NO_CHORD = {"n.c.", "nc", "n", "no chord", "none", "x", "n.c"}


def _plain(suffix: str) -> str:
    """A suffix without brackets, commas, spaces and case-blind words."""
    text = re.sub(r"[\s(),\[\]]", "", suffix)
    text = text.replace("△", "^").replace("Δ", "^").replace("ø", "h").replace("Ø", "h")
    text = text.replace("°", "o").replace("º", "o").replace("\u2013", "-").replace("\u2212", "-")
    return re.sub(
        r"(?i)(major|maj|minor|min|dim|aug|sus|add|alt|dom|omit|no)",
        lambda found: {"major": "maj", "minor": "m", "min": "m", "omit": "no"}.get(
            found[0].lower(), found[0].lower()
        ),
        text,
    )


@lru_cache(maxsize=1)
def _suffixes() -> dict[str, str]:
    table: dict[str, str] = {}
    for name, (_, written, others) in _QUALITIES.items():
        for suffix in (written, *others.split()):
            table.setdefault(_plain(suffix), name)
    table[""] = "maj"
    return table


@dataclass(frozen=True)
class Chord:
    """A chord: spelled root, quality (a name of `QUALITIES`) and, if inverted, a spelled bass.

    A bass that is the root itself is left out. ``Chord.none()`` is N.C., where no harmony is asked
    for.

    >>> Chord.parse("Bb7").classes, str(Chord.parse("F#-7b5")), Chord.parse("C/E").harte
    ((10, 2, 5, 8), 'F#m7b5', 'C:maj/3')
    >>> Chord.parse("N.C.").is_none
    True
    """

    root: str
    quality: str = "maj"
    bass: str | None = None

    def __post_init__(self) -> None:
        if self.root == "N":
            if self.bass is not None or self.quality != "maj":
                raise SymbolError("N.C. has no quality and no bass")
            return
        root_class = name_to_class(self.root)
        if self.quality not in _INTERVALS:
            raise SymbolError(
                f"chord quality {self.quality!r} is unknown; allowed: {', '.join(QUALITIES)}"
            )
        if self.bass is not None and name_to_class(self.bass) == root_class:
            object.__setattr__(self, "bass", None)

    @staticmethod
    def none() -> "Chord":
        """No chord (N.C.)."""
        return Chord("N")

    @staticmethod
    def parse(symbol: str) -> "Chord":
        """Read a lead-sheet symbol (``Bbmaj7``, ``Dø7``, ``G7(b9)``, ``C69``, ``C/E``) or Harte.

        Raises `SymbolError` naming the symbol where it cannot be read; nothing is guessed.
        """
        return _parse(symbol)

    @staticmethod
    def from_classes(root: int, classes: frozenset[int], flats: bool = False) -> "Chord | None":
        """The chord on a root with exactly these pitch classes, if the table holds it."""
        quality = _BY_INTERVALS.get(frozenset((c - root) % 12 for c in classes))
        return None if quality is None else Chord(class_to_name(root, flats), quality)

    @property
    def is_none(self) -> bool:
        """Whether this is N.C."""
        return self.root == "N"

    @cached_property
    def root_class(self) -> int:
        """Pitch class of the root (0 for N.C.)."""
        return 0 if self.is_none else name_to_class(self.root)

    @cached_property
    def bass_class(self) -> int:
        """Pitch class of the lowest note: the slash bass, or the root."""
        return self.root_class if self.bass is None else name_to_class(self.bass)

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """Pitch classes of the chord, root first, slash bass last if it is foreign."""
        if self.is_none:
            return ()
        tones = tuple((self.root_class + i) % 12 for i in _INTERVALS[self.quality])
        return tones if self.bass_class in tones else (*tones, self.bass_class)

    def __str__(self) -> str:
        """The lead-sheet symbol."""
        if self.is_none:
            return "N.C."
        suffix = _SUFFIX[self.quality]
        if self.root.endswith("bb") and suffix[:1].isdigit():
            suffix = f"({suffix})"
        return self.root + suffix + (f"/{self.bass}" if self.bass else "")

    @cached_property
    def harte(self) -> str:
        """The chord in Harte syntax; the bass is a degree above the root."""
        if self.is_none:
            return "N"
        bass = "" if self.bass is None else f"/{degree_of(self.root, self.bass)}"
        return f"{self.root}:{self.quality}{bass}"

    def transpose(self, semitones: int, flats: bool = False) -> "Chord":
        """The chord `semitones` higher, plainly spelled."""
        if self.is_none or semitones % 12 == 0:
            return self
        bass = None
        if self.bass is not None:
            bass = class_to_name(self.bass_class + semitones, flats)
        return Chord(class_to_name(self.root_class + semitones, flats), self.quality, bass)


def spelled_above(root: str, degree: int, semitones: int) -> str:
    """Name of the note on a degree (1 to 7) and so many semitones above a spelled root.

    Plainly spelled where it would need over two accidentals.

    >>> spelled_above("Eb", 3, 3), spelled_above("C", 7, 9)
    ('Gb', 'Bbb')
    """
    letter = _LETTERS[(_LETTERS.index(root[0]) + degree - 1) % 7]
    target = (name_to_class(root) + semitones) % 12
    shift = (target - name_to_class(letter) + 6) % 12 - 6
    if abs(shift) > 2:
        return class_to_name(target, "b" in root)
    return letter + ("#" * shift if shift >= 0 else "b" * -shift)


def degree_of(root: str, name: str) -> str:
    """A spelled note as a degree above a root: ``b3`` is Eb above C; `spelled_above` undoes it."""
    degree = (_LETTERS.index(name[0]) - _LETTERS.index(root[0])) % 7 + 1
    shift = (name_to_class(name) - name_to_class(root) - _DEGREE[degree] + 6) % 12 - 6
    return ("#" * shift if shift >= 0 else "b" * -shift) + str(degree)


@lru_cache(maxsize=4096)
def _parse(symbol: str) -> Chord:
    text = normalise_accidentals(symbol.strip())
    if text.lower() in _NO_CHORD:
        return Chord.none()
    if len(text) > 40:
        raise SymbolError(f"chord {symbol[:40]!r}... cannot be read; it is too long for a symbol")
    if ":" in text or re.fullmatch(rf"{_NOTE}/[#b]*[2-7]", text):
        return _parse_harte(symbol, text)
    match = re.fullmatch(rf"({_NOTE})(.*?)(?:/({_NOTE}))?", text)
    if not match:
        raise SymbolError(_unreadable(symbol))
    root, suffix, bass = match[1], match[2], match[3]
    quality = _suffixes().get(_plain(suffix))
    if quality is None:
        raise SymbolError(_unreadable(symbol))
    if root.endswith("bb") and suffix[:1].isdigit():
        flat = f"{root[:-1]}(b{suffix}) or " if _plain(f"b{suffix}") in _suffixes() else ""
        raise SymbolError(f"chord {symbol!r} can be read in two ways; write {flat}{root}({suffix})")
    return Chord(
        root.replace("x", "##"), quality, None if bass is None else bass.replace("x", "##")
    )


def _unreadable(symbol: str) -> str:
    return (
        f"chord {symbol!r} cannot be read; {_meant(symbol)}write it like C, Am, F#m7b5, Bbmaj7, "
        "G7(b9), C/E or N.C."
    )


def _meant(symbol: str) -> str:
    """``did you mean X? `` where a common misspelling tells, else nothing."""
    match = _MISSPELT.fullmatch(normalise_accidentals(symbol.strip()))
    if not match:
        return ""
    letter, sign, written, bass, bass_sign = match.groups(default="")
    suffix = _plain(written).replace(".", "")
    quality = _suffixes().get(suffix) or _suffixes().get(_plain(_MEANT.get(suffix, "?")))
    if quality is None:
        return ""
    root = _root_letter(letter) + sign.replace("x", "##")
    chord = Chord(root, quality, _root_letter(bass) + bass_sign if bass else None)
    return f"did you mean {chord}? "


def _root_letter(written: str) -> str:
    return _LETTER_OF.get(written.lower(), written.upper())


def _parse_harte(symbol: str, text: str) -> Chord:
    match = re.fullmatch(rf"({_NOTE}):?([a-z0-9]*)(?:\(([^()]*)\))?(?:/([#b]*)(\d{{1,2}}))?", text)
    if not match:
        raise SymbolError(_unreadable(symbol))
    root, shorthand, degrees, sign, degree = match.groups()
    root = root.replace("x", "##")
    bass = None
    if degree:
        interval = _degree_semitones(symbol, f"{sign}{degree}")
        bass = spelled_above(root, (int(degree) - 1) % 7 + 1, interval)
    return Chord(root, _harte_quality(symbol, shorthand, degrees), bass)


def _harte_quality(symbol: str, shorthand: str, degrees: str | None) -> str:
    named = f"{shorthand}({degrees.replace(' ', '')})" if degrees else shorthand
    if named in _INTERVALS:
        return named
    name = _HARTE_ALIAS.get(shorthand, shorthand)
    if name not in _INTERVALS:
        raise SymbolError(_unreadable(symbol))
    tones = set(_INTERVALS[name]) if shorthand or not degrees else {0}
    for degree in degrees.split(",") if degrees else ():
        removed = degree.strip().startswith("*")
        interval = _degree_semitones(symbol, degree.strip().lstrip("*"))
        tones = tones - {interval} if removed else tones | {interval}
    quality = _BY_INTERVALS.get(frozenset(tones))
    if quality is None:
        raise SymbolError(_unreadable(symbol))
    return quality


def _degree_semitones(symbol: str, degree: str) -> int:
    match = re.fullmatch(r"([#b]*)(\d{1,2})", degree)
    if not match or int(match[2]) not in _DEGREE:
        raise SymbolError(_unreadable(symbol))
    shift = match[1].count("#") - match[1].count("b")
    return (_DEGREE[int(match[2])] + shift) % 12
