"""Locking and unlocking: what is locked no edit changes."""

from dataclasses import dataclass, replace
from typing import ClassVar

from .edits import Edit
from .moment import Moment
from .places import Selection
from .write import Composer


@dataclass(frozen=True)
class Lock(Edit):
    """Lock some bars: what sounds in them stays, also notes that ring into or out of them."""

    word: ClassVar[str] = "lock"
    where: Selection

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Add the bars to those that are locked."""
        return replace(now, locks=now.locks | self.where.cells(now.score))


@dataclass(frozen=True)
class Unlock(Edit):
    """Let some bars be changed again."""

    word: ClassVar[str] = "unlock"
    where: Selection

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Take the bars from those that are locked."""
        return replace(now, locks=now.locks - self.where.cells(now.score))
