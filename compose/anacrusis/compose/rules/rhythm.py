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
_WHOLE = 4 * TICKS_PER_QUARTER


def ticks_of(what: str, text: str) -> int:
    """Ticks of a note value, a part of a whole note: ``1/8``, ``3/16``, ``1``.

    >>> ticks_of("grid", "1/8"), ticks_of("grid", "1/12")
    (6, 4)
    """
    match = re.fullmatch(r"(\d{1,3})(?:/(\d{1,3}))?", text.strip())
    length = Fraction(int(match[1]), int(match[2] or 1)) * _WHOLE if match and text else None
    if length is None or length.denominator != 1 or not 1 <= length <= 8 * _WHOLE:
        raise PlanError(
            f"{what}: note value {text!r} cannot be taken; write parts of a whole note that the "
            "grid of 1/48 holds, like 1/4, 1/8, 3/16 or 1/12"
        )
    return int(length)


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
        ticks_of("grid", self.unit)

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
    one note of the track is struck, nowhere else any, and each lasts just as long as its value.
    """

    word: ClassVar[str] = "rhythm"
    kinds: ClassVar[str] = "any"

    notes: str

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "notes", " ".join(self.notes.split()))
        if not any(ticks > 0 for ticks in self.steps):
            raise PlanError("rhythm has no notes; write note values like 1/4 1/8 1/8 r1/4")

    @property
    def steps(self) -> tuple[int, ...]:
        """Ticks of each value; rests are negative."""
        words = re.split(r"[\s,]+", self.notes.strip())
        return tuple(
            -ticks_of("rhythm", word[1:]) if word.startswith("r") else ticks_of("rhythm", word)
            for word in words
        )

    def times(self, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """(onset, duration) of each value that is struck between two ticks."""
        found, tick = [], start
        while tick < end:
            for step in self.steps:
                if step > 0 and tick < end:
                    found.append((tick, min(step, end - tick)))
                tick += abs(step)
        return tuple(found)

    @property
    def _values(self) -> str:
        return self.notes


@dataclass(frozen=True)
class Silent(Rule):
    """Nothing of the track sounds in the span; notes from before end where it begins."""

    word: ClassVar[str] = "silent"
    kinds: ClassVar[str] = "any"
