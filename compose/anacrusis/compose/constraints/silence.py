"""Silence: every full bar has something sounding."""

import numpy as np

from ..score import Score
from ..tokens.grammar import Slot
from ..tokens.vocabulary import vocabulary
from .state import Mask, State


class NoSilence:
    """Every full bar has something sounding."""

    def __init__(self, score: Score) -> None:
        v = vocabulary()
        self._pickup = score.bars[0].length is not None
        self._mask = np.ones(len(v), bool)
        self._mask[[v.id("Bar"), v.id("EOS")]] = False

    def mask(self, state: State) -> Mask | None:
        """Forbid closing a bar in which nothing has sounded yet."""
        pickup = self._pickup and state.bar == 0
        if state.slot is Slot.NOW and state.bar_notes == 0 and not pickup:
            return self._mask
        return None

    def step(self, state: State, token: int) -> None:
        """Nothing to remember."""
