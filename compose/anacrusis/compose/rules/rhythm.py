"""When notes are struck: how many in a bar, on which grid, in which rhythm, or not at all."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from ..bounds import is_whole
from ..errors import PlanError
from ..meter import TICKS_PER_QUARTER
from .base import Rule

MOST_ONSETS = 32
MOST_WHOLES = 8
"""Longest note value, in whole notes."""
MOST_VALUES = 256
_WHOLE = 4 * TICKS_PER_QUARTER


def note_value(what: str, text: object) -> Fraction:
    """A part of a whole note: ``1/8``, ``3/16``, ``1``. Raises `PlanError` for anything else."""
    written = text.strip() if isinstance(text, str) else ""
    match = re.fullmatch(r"(\d{1,3})(?:/(\d{1,3}))?", written)
    if match and int(match[2] or 1):
        value = Fraction(int(match[1]), int(match[2] or 1))
        if (value * _WHOLE).denominator == 1 and 0 < value <= MOST_WHOLES:
            return value
    raise PlanError(
        f"{what}: note value {text!r:.60} cannot be taken; write parts of a whole note that the "
        f"grid of 1/{_WHOLE} holds, up to {MOST_WHOLES}, like 1/4, 1/8, 3/16 or 1/12"
    )


def ticks_of(what: str, text: str) -> int:
    """Ticks of a note value, a part of a whole note.

    >>> ticks_of("grid", "1/8"), ticks_of("grid", "1/12")
    (6, 4)
    """
    return int(note_value(what, text) * _WHOLE)


@dataclass(frozen=True)
class Onsets(Rule):
    """In each bar of the span the track strikes at `low` to `high` different moments.

    Notes struck together count once. The rule is about every bar, the one of a pickup too.
    """

    word: ClassVar[str] = "onsets"
    kinds: ClassVar[str] = "any"

    low: int
    high: int = MOST_ONSETS

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (is_whole(self.high, 0, MOST_ONSETS) and is_whole(self.low, 0, self.high)):
            raise PlanError(
                f"onsets {self.low!r} to {self.high!r}; allowed: 0 to {MOST_ONSETS}, lower first"
            )

    @property
    def _values(self) -> str:
        return f"{self.low}" if self.low == self.high else f"{self.low}-{self.high}"


@dataclass(frozen=True)
class Grid(Rule):
    """Notes in the span are struck at multiples of a note value, counted from the bar's start.

    In a pickup they are counted from where its full bar would have begun. unit: ``1/8``, ``1/4``...
    """

    word: ClassVar[str] = "grid"
    kinds: ClassVar[str] = "any"

    unit: str

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "unit", str(note_value("grid", self.unit)))

    @property
    def ticks(self) -> int:
        """Ticks of the note value."""
        return ticks_of("grid", self.unit)

    @property
    def _values(self) -> str:
        return self.unit


@dataclass(frozen=True)
class Rhythm(Rule):
    """The notes in the span are struck in a given rhythm; their pitches are free.

    notes: note values, rests with ``r``: ``1/4 1/8 1/8 r1/4 1/4``. They follow one another from the
    start of the span, and again from the first when they end before the span does; the last turn
    is cut off where the span ends, a note that is cut ends there. At each start of a value at least
    one note of the track is struck, nowhere else any, and each lasts just as long as its value
    (drum hits have no length).
    """

    word: ClassVar[str] = "rhythm"
    kinds: ClassVar[str] = "any"

    notes: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.notes, str):
            raise PlanError(f"rhythm {self.notes!r:.60}; write it as text like 1/4 1/8 1/8 r1/4")
        words = [word.lower() for word in re.split(r"[\s,]+", self.notes) if word]
        if len(words) > MOST_VALUES:
            raise PlanError(f"rhythm has {len(words)} values; allowed: up to {MOST_VALUES}")
        kept = [
            "r" * word.startswith("r") + str(note_value("rhythm", word.removeprefix("r")))
            for word in words
        ]
        if all(value.startswith("r") for value in kept):
            raise PlanError("rhythm has no notes; write note values like 1/4 1/8 1/8 r1/4")
        object.__setattr__(self, "notes", " ".join(kept))

    @property
    def steps(self) -> tuple[int, ...]:
        """Ticks of each value; rests are negative."""
        return tuple(
            -ticks_of("rhythm", word[1:]) if word.startswith("r") else ticks_of("rhythm", word)
            for word in self.notes.split()
        )

    def times(self, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """(onset, duration) of each value that is struck between two ticks."""
        found, tick, steps = [], start, self.steps
        while tick < end:
            for step in steps:
                if step > 0 and tick < end:
                    found.append((tick, min(step, end - tick)))
                tick += abs(step)
        return tuple(found)

    @property
    def _values(self) -> str:
        return self.notes


@dataclass(frozen=True)
class Silent(Rule):
    """Nothing of the track sounds in the span; notes from before end where it begins.

    Such bars are no rests of the track, and where all tracks are silent a bar may be.
    """

    word: ClassVar[str] = "silent"
    kinds: ClassVar[str] = "any"
