"""Alternatives for some bars: written side by side, in order, each an edit of its own."""

from dataclasses import dataclass
from typing import ClassVar

from ..decoding.notes import Progress
from ..decoding.sampler import Model
from ..decoding.takes import Take, seeds_from, several
from ..score import Score
from .edits import Written
from .moment import Moment
from .places import Selection
from .rewrite import chosen_cells
from .write import Composer, write


@dataclass(frozen=True)
class Alternative(Written):
    """One of several takes of some bars: what `Regenerate` writes, but side by side with others.

    Alone a model rounds otherwise, so that the same seed gives other notes there.
    """

    word: ClassVar[str] = "take"
    where: Selection

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Write the take again, by itself."""
        (take,) = takes_of(now, self, 1, composer)
        return now.with_score(take.score)


def takes_of(now: Moment, first: Alternative, count: int, composer: Composer) -> list[Take]:
    """Several takes of the bars of `first`, whose seed is the first of theirs, in order.

    The likeliest comes first, then such as are likely and far from those before.
    """
    cells, by = chosen_cells(now, first.where), first.by(composer)

    def one(seat: Model, seed: int, told: Progress | None) -> Score:
        return write(now, cells, by._replace(model=seat), seed, busy=True)

    return several(one, seeds_from(first.seed, count), by.batch)
