"""Rules between voices, as in four-part writing: parallels, crossing, spacing.

Their tracks are named from the highest voice to the lowest. Each is a line.
"""

from dataclasses import dataclass
from typing import ClassVar

from ..bounds import is_whole
from ..errors import PlanError
from .base import Rule


@dataclass(frozen=True)
class Between(Rule):
    """A rule between voices: two tracks or more, each one note at a time."""

    one_at_a_time: ClassVar[bool] = True
    fewest: ClassVar[int] = 2


@dataclass(frozen=True)
class NoParallels(Between):
    """No two of the voices move in parallel fifths, octaves or unisons.

    Looked at are moments at which both voices strike, each having struck before in the same section
    and in the span; `a`, `b` are the last notes before, `c`, `d` those that are struck (upper voice
    first). Broken where both voices move (c != a, d != b) and the distances a - b and c - d are
    both fifths, or both octaves or unisons: equal modulo 12, to 7 or to 0.
    """

    word: ClassVar[str] = "no parallels"


@dataclass(frozen=True)
class NoCrossing(Between):
    """A higher voice is never below a lower one: no note of it that sounds in the span together
    with one of a lower voice is lower in pitch."""

    word: ClassVar[str] = "no crossing"


@dataclass(frozen=True)
class Spacing(Between):
    """Neighbouring voices that sound together in the span are at most so many semitones apart.

    The lowest of three or more voices may be an octave farther from its neighbour.
    """

    word: ClassVar[str] = "spacing"

    semitones: int = 12

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_whole(self.semitones, 0, 127):
            raise PlanError(f"spacing {self.semitones!r}; allowed: 0 to 127 semitones")

    @property
    def _values(self) -> str:
        return str(self.semitones)
