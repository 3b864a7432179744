"""What a reader could not keep, counted by reason: nothing is dropped in silence."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Losses"]


@dataclass(frozen=True)
class Losses:
    """Counts of what was dropped or changed while a file was read, by reason.

    >>> losses = Losses.none().with_("grace notes dropped", 2).with_("off the grid")
    >>> losses.total, str(losses), bool(Losses.none())
    (3, 'grace notes dropped (2), off the grid (1)', False)
    >>> (losses + Losses.none().with_("off the grid", 4)).counts["off the grid"]
    5
    """

    counts: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {reason: int(n) for reason, n in self.counts.items() if n}
        object.__setattr__(self, "counts", kept)

    @staticmethod
    def none() -> "Losses":
        """Nothing was lost."""
        return Losses()

    def with_(self, reason: str, n: int = 1) -> "Losses":
        """The same counts with `n` more of `reason`."""
        return Losses({**self.counts, reason: self.counts.get(reason, 0) + n})

    @property
    def total(self) -> int:
        """Sum of all counts."""
        return sum(self.counts.values())

    def __add__(self, other: "Losses") -> "Losses":
        merged = dict(self.counts)
        for reason, n in other.counts.items():
            merged[reason] = merged.get(reason, 0) + n
        return Losses(merged)

    def __bool__(self) -> bool:
        return bool(self.counts)

    def __str__(self) -> str:
        if not self.counts:
            return "nothing lost"
        ordered = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{reason} ({n})" for reason, n in ordered)
