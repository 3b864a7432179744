"""Rules about a line, whose tracks play one note at a time: leaps, contour, melody, breath."""

import re
from dataclasses import dataclass
from typing import ClassVar

from ..bounds import is_number, is_whole
from ..errors import PlanError
from ..meter import TICKS_PER_QUARTER
from .base import Rule
from .tones import check_tones
from .words import DASH, plain_number

SHAPES = ("up", "down", "arch", "valley")
MOST_STEPS = 64
GAP = 3
"""Ticks of silence that are a breath: a sixteenth."""


@dataclass(frozen=True)
class Line(Rule):
    """A rule about a line: in its bars the track plays one note at a time."""

    one_at_a_time: ClassVar[bool] = True


@dataclass(frozen=True)
class Leap(Line):
    """From one note of the track to its next, both in the span and in one section, the pitch moves
    by at most so many semitones."""

    word: ClassVar[str] = "leap"

    semitones: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_whole(self.semitones, 0, 127):
            raise PlanError(f"leap {self.semitones!r}; allowed: 0 to 127 semitones")

    @property
    def _values(self) -> str:
        return str(self.semitones)


@dataclass(frozen=True)
class Contour(Line):
    """The notes of the track in the span follow a shape, from the first to the last of them.

    ``up``: no note is lower than the one before, and one is higher. ``down``: the reverse.
    ``arch``: first up (at least once), then down (at least once); equal pitches may stand anywhere.
    ``valley``: first down, then up. Or signs, one for each note after the first: ``+ + = -`` is
    five notes, two steps upwards, the same pitch again, one downwards.
    """

    word: ClassVar[str] = "contour"

    shape: str

    def __post_init__(self) -> None:
        super().__post_init__()
        shape = self.shape.strip() if isinstance(self.shape, str) else ""
        if shape not in SHAPES:
            signs = re.sub(DASH, "-", re.sub(r"\s", "", shape))
            if not re.fullmatch(rf"[-+=]{{1,{MOST_STEPS}}}", signs):
                raise PlanError(
                    f"contour {self.shape!r:.60}; allowed: {', '.join(SHAPES)}, or up to "
                    f"{MOST_STEPS} signs + - ="
                )
            shape = " ".join(signs)
        object.__setattr__(self, "shape", shape)

    @property
    def signs(self) -> tuple[int, ...] | None:
        """1, -1 or 0 for each note after the first; None where the shape is a word."""
        if self.shape in SHAPES:
            return None
        return tuple({"+": 1, "-": -1, "=": 0}[sign] for sign in self.shape.split())

    @property
    def _values(self) -> str:
        return self.shape


@dataclass(frozen=True)
class Melody(Line):
    """The notes of the track in the span are just these, in this order; their rhythm is free.

    tones: names of pitches, ``C4 D4 E4``, or of pitch classes, which may come in any octave.
    """

    word: ClassVar[str] = "pitches"

    tones: tuple[str, ...] | str

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "tones", check_tones(self.word, self.tones, MOST_STEPS * 4))

    @property
    def named(self) -> tuple[str, ...]:
        """The names, one each."""
        assert isinstance(self.tones, tuple)
        return self.tones

    @property
    def _values(self) -> str:
        return " ".join(self.named)


@dataclass(frozen=True)
class Breath(Line):
    """The track sounds for at most so many quarter notes before it is silent for a sixteenth.

    A stretch of notes that follow one another with gaps of under `GAP` ticks, counted from its
    first onset (of notes in the span and in one section) to its last end, is no longer.
    """

    word: ClassVar[str] = "breath"

    quarters: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_number(self.quarters, 0.25, 1000):
            raise PlanError(f"breath {self.quarters!r}; allowed: 0.25 to 1000 quarter notes")

    @property
    def ticks(self) -> int:
        """Longest stretch."""
        return int(self.quarters * TICKS_PER_QUARTER)

    @property
    def _values(self) -> str:
        return plain_number(self.quarters)
