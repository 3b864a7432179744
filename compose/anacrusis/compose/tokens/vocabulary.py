"""The vocabulary: a table of token types and their values, in the order of their ids.

Names are MidiTok's (`Bar_None`, `Position_12`, `Pitch_60`, `Duration_1.6.12`) where MidiTok has
them. Ids never move silently: a golden test holds them, and weights carry the table's hash.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..chord import QUALITIES
from ..instruments import DRUM_KIT, DRUM_PITCHES, ROLES
from ..key import MODES
from ..meter import MAX_BAR_TICKS, TICKS_PER_QUARTER, all_meters
from ..plan import LEVELS, MAX_TRACKS_PER_ROLE, STYLES

SECTION_LABELS = (
    "A", "B", "C", "D", "E", "F", "G", "H", "intro", "verse", "pre-chorus", "chorus", "bridge",
    "solo", "interlude", "instrumental", "break", "build", "drop", "theme", "transition", "outro",
    "ending", "section",
)  # fmt: skip
"""Section kinds the model knows; any other name is written as ``section``."""

MAX_DURATION = MAX_BAR_TICKS
"""Longest duration of one token; longer notes add tokens: 96 + 96 + 12."""

DRUM_DURATION = 3
"""Drum notes carry no duration token; they last a sixteenth."""

VELOCITY_STEP = 4
TEMPOS = tuple(
    float(bpm)
    for steps in (
        range(30, 60, 2), range(60, 72, 3), range(72, 120, 4), range(120, 144, 6),
        range(144, 208, 8), range(208, 240, 8), range(240, 301, 12),
    )
    for bpm in steps
)  # fmt: skip
"""Tempo steps in quarter notes per minute: the marks of a metronome, carried on to 30 and 300."""

MAX_POLYPHONY = 8


def duration_name(ticks: int) -> str:
    """MidiTok's name of a duration: beats, ticks of the last beat, ticks per beat."""
    return f"{ticks // TICKS_PER_QUARTER}.{ticks % TICKS_PER_QUARTER}.{TICKS_PER_QUARTER}"


# (type, values, reason)
_TABLE: tuple[tuple[str, tuple[object, ...], str], ...] = (
    ("PAD", (None,), "fills batches, never learnt"),
    ("BOS", (None,), "starts a document"),
    ("EOS", (None,), "ends a document"),
    ("Plan", (None,), "marks a document of sections and chords without notes"),
    ("Bar", (None,), "starts a bar; a bar's number is the count of these"),
    ("Ahead", (None,), "starts what is known of the bar `ahead` bars later"),
    ("Now", (None,), "ends that, and starts this bar's notes"),
    ("End", (None,), "in place of a bar's controls: there is no such bar"),
    ("Style", STYLES, "what kind of music"),
    (
        "Track",
        tuple(f"{role}{n}" for role in ROLES for n in range(1, MAX_TRACKS_PER_ROLE + 1)),
        "role and ordinal of a track",
    ),
    ("Program", tuple(range(DRUM_KIT, 128)), "instrument of a track; -1 is the drum kit"),
    ("NoteDensity", tuple(range(LEVELS)), "notes per bar of a track, in steps"),
    ("Register", tuple(range(LEVELS)), "median pitch of a track, in steps"),
    ("Polyphony", tuple(range(1, MAX_POLYPHONY + 1)), "most notes at once in a track"),
    ("Section", SECTION_LABELS, "a section starts"),
    ("KeyTonic", tuple(range(12)), "pitch class of the tonic"),
    ("KeyMode", tuple(MODES), "mode of the key"),
    ("Tempo", TEMPOS, "quarter notes per minute"),
    ("TimeSig", tuple(str(meter) for meter in all_meters()), "meter of a bar"),
    ("ChordRoot", tuple(range(12)), "pitch class of a chord's root"),
    ("ChordQuality", ("N", *QUALITIES), "quality of a chord; N: no chord, without a root"),
    ("ChordBass", tuple(range(12)), "pitch class of a slash bass"),
    ("Position", tuple(range(MAX_BAR_TICKS)), "metrical position in the bar, ticks"),
    ("Velocity", tuple(range(VELOCITY_STEP, 129, VELOCITY_STEP)), "when it changes in a bar"),
    ("Pitch", tuple(range(128)), "MIDI pitch"),
    ("PitchDrum", tuple(range(DRUM_PITCHES[0], DRUM_PITCHES[1] + 1)), "General MIDI drum"),
    ("Duration", tuple(duration_name(t) for t in range(1, MAX_DURATION + 1)), "ticks"),
    ("Partly", (None,), "after a track whose notes are given: others of the bar are not"),
)


ORDER = "notes track by track"
"""How a bar's notes are written: documents of another order are of another language."""


class Span(NamedTuple):
    """Ids of one type: `start` to `stop - 1`."""

    start: int
    stop: int


class TokenType(NamedTuple):
    """One type of the table."""

    name: str
    values: tuple[object, ...]
    meaning: str


class Vocabulary:
    """Token ids and names.

    >>> v = vocabulary()
    >>> v.name(v.id("Pitch", 60)), v.type(v.id("Bar")), len(v) < 1000
    ('Pitch_60', 'Bar', True)
    """

    def __init__(self) -> None:
        self.names: tuple[str, ...] = tuple(
            f"{kind}_{value}" for kind, values, _ in _TABLE for value in values
        )
        self.types: tuple[str, ...] = tuple(kind for kind, _, _ in _TABLE)
        self.table: tuple[TokenType, ...] = tuple(TokenType(*row) for row in _TABLE)
        self.spans: dict[str, Span] = {}
        self._values: dict[str, dict[object, int]] = {}
        self.type_index: npt.NDArray[np.uint8] = np.zeros(len(self.names), np.uint8)
        start = 0
        for index, (kind, values, _) in enumerate(_TABLE):
            self.spans[kind] = Span(start, start + len(values))
            self._values[kind] = {value: start + i for i, value in enumerate(values)}
            self.type_index[start : start + len(values)] = index
            start += len(values)
        self._kinds = tuple(kind for kind, values, _ in _TABLE for _ in values)
        self._all_values = tuple(value for _, values, _ in _TABLE for value in values)

    def __len__(self) -> int:
        return len(self.names)

    def id(self, kind: str, value: object = None) -> int:
        """Id of a token, KeyError where there is none."""
        return self._values[kind][value]

    def start(self, kind: str) -> int:
        """First id of a type."""
        return self.spans[kind].start

    def name(self, token: int) -> str:
        """Name of an id, for example ``Position_24``."""
        return self.names[token]

    def type(self, token: int) -> str:
        """Type of an id, for example ``Position``."""
        return self._kinds[token]

    def value(self, token: int) -> object:
        """Value of an id as the table holds it."""
        return self._all_values[token]

    def mask(self, *kinds: str) -> npt.NDArray[np.bool_]:
        """Boolean [len(self)]: true on all ids of these types."""
        result = np.zeros(len(self), bool)
        for kind in kinds:
            span = self.spans[kind]
            result[span.start : span.stop] = True
        return result

    @property
    def digest(self) -> str:
        """Hash of the order of notes and of all names; weights and shards carry it."""
        return digest_of(self.names)

    def transpose_table(self, semitones: int) -> npt.NDArray[np.uint16]:
        """Uint16 [len(self)]: each id's id after transposing.

        Pitches that would leave 0-127 keep their id: callers stay within the range of the notes.
        """
        table = np.arange(len(self), dtype=np.uint16)
        for kind in ("KeyTonic", "ChordRoot", "ChordBass"):
            first = self.start(kind)
            table[first : first + 12] = first + (np.arange(12) + semitones) % 12
        first = self.start("Pitch")
        pitches = np.arange(128) + semitones
        table[first : first + 128] = first + np.where(
            (pitches >= 0) & (pitches < 128), pitches, np.arange(128)
        )
        return table


def digest_of(names: Iterable[str]) -> str:
    """Hash of how notes are ordered, then of the token names in the order of their ids."""
    return hashlib.sha256("\n".join((ORDER, *names)).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The one vocabulary."""
    return Vocabulary()


def tempo_step(bpm: float) -> int:
    """Index in `TEMPOS` of the nearest step (on a logarithmic scale)."""
    ratios = np.abs(np.log(np.asarray(TEMPOS) / bpm))
    return int(ratios.argmin())


def section_label(name: str) -> str:
    """The kind of a section by its name: ``"Verse 2"`` and ``"verse_b"`` are verses."""
    cleaned = name.strip().lower().replace("_", " ")
    aliases = {"refrain": "chorus", "hook": "chorus", "coda": "ending", "prechorus": "pre-chorus"}
    aliases |= {"middle eight": "bridge", "fade out": "outro", "fadeout": "outro", "end": "ending"}
    aliases |= {"pre chorus": "pre-chorus", "main theme": "theme", "trans": "transition"}
    for label in sorted((*SECTION_LABELS[8:], *aliases), key=len, reverse=True):
        if cleaned.startswith(label):
            return aliases.get(label, label)
    if cleaned[:1].upper() in SECTION_LABELS[:8] and not cleaned[1:2].isalpha():
        return cleaned[0].upper()
    return "section"
