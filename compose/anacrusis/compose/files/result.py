"""What every reader gives back."""

from typing import NamedTuple

from ..score import Score
from .losses import Losses


class ReadResult(NamedTuple):
    """A score, and what of the file it could not hold."""

    score: Score
    losses: Losses
