"""Bar count: as many bars as planned."""

import numpy as np

from ..score import Score
from ..tokens.grammar import Slot
from ..tokens.vocabulary import vocabulary
from .pitchset import Mask
from .state import State


class BarCount:
    """Exactly the skeleton's bars: ``Bar`` while one is left, then ``EOS``."""

    def __init__(self, score: Score) -> None:
        v = vocabulary()
        self._count = len(score.bars)
        self._more = np.ones(len(v), bool)
        self._more[v.id("EOS")] = False
        self._last = np.ones(len(v), bool)
        self._last[v.id("Bar")] = False

    def mask(self, state: State) -> Mask | None:
        """Forbid ``EOS`` before the last bar and ``Bar`` in it."""
        if state.slot not in (Slot.NOW, Slot.NOTE):
            return None
        return self._more if state.bar < self._count - 1 else self._last

    def step(self, state: State, token: int) -> None:
        """Nothing to remember."""
