"""How loud: a level, or a curve from one level to another."""

from dataclasses import dataclass
from typing import ClassVar

from ..bounds import is_whole
from ..errors import PlanError
from .base import Rule

MARKS = {"ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 126}
"""Dynamic mark -> MIDI velocity."""
TOLERANCE = 8
"""How far a note's velocity may be from the curve."""


@dataclass(frozen=True)
class Dynamics(Rule):
    """Velocities follow a straight line over the span, from `start` at its first tick to `end` at
    its last bar's end; each note is within `TOLERANCE` of it where it is struck.

    start, end: marks (``pp`` to ``fff``) or velocities 1 to 127; end None: the level stays.
    """

    word: ClassVar[str] = "dynamics"
    kinds: ClassVar[str] = "any"

    start: str | int
    end: str | int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("start", "end"):
            level = getattr(self, name)
            if name == "end" and level is None:
                continue
            if isinstance(level, str) and level.isdecimal() and len(level) < 4:
                object.__setattr__(self, name, level := int(level))
            if not (isinstance(level, str) and level in MARKS) and not is_whole(level, 1, 127):
                raise PlanError(f"dynamics {level!r:.60}; allowed: {', '.join(MARKS)}, or 1 to 127")

    def level(self, share: float) -> float:
        """Velocity at a share of the span, 0 to 1.

        >>> Dynamics("p", "f").level(0.5)
        72.5
        """
        first = MARKS.get(str(self.start)) or int(self.start)
        last = first if self.end is None else MARKS.get(str(self.end)) or int(self.end)
        return first + (last - first) * share

    @property
    def _values(self) -> str:
        return str(self.start) if self.end is None else f"{self.start} to {self.end}"
