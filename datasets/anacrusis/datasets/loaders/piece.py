"""A piece of a data set, and what reading one source file gave."""

from dataclasses import dataclass, field
from typing import NamedTuple

from anacrusis.compose.files.losses import Losses
from anacrusis.compose.score import Score

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece, ready for analysis.

    id: set name, slash, path without suffix. style: one of `plan.STYLES`. losses: what the source
    had and the score has not. split: the set's own division, where it has one. labelled: keys and
    chords are what a person wrote, and are not analysed anew. Where a set is of performances the
    notes of the score stand on the grid and their shifts say how they were played.
    """

    id: str
    score: Score
    style: str
    losses: Losses = field(default_factory=Losses)
    split: str | None = None
    labelled: bool = False


class Refusal(NamedTuple):
    """A source file, or a part of one, that was not taken, and why.

    bars: how many bars fell out with it; 0 where the file does not let itself be counted.
    """

    unit: str
    reason: str
    bars: int = 0


class UnitResult(NamedTuple):
    """What one source file gave."""

    pieces: tuple[Piece, ...]
    refused: tuple[Refusal, ...]
