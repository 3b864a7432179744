"""Silence: every bar has something sounding, a pickup too where a position of the grid is in it.

A bar that is given whole may be silent, and one in which rules silence every track.
"""

from collections.abc import Collection

import numpy as np

from ..score import Score
from ..tokens.grammar import Slot
from ..tokens.vocabulary import vocabulary
from .meter import composing_grid
from .pitchset import Mask
from .state import State


class NoSilence:
    """No bar is closed before something has sounded in it."""

    def __init__(self, score: Score, pauses: Collection[int] = ()) -> None:
        """pauses: bars in which nothing is to sound."""
        v = vocabulary()
        self._pauses = frozenset(pauses)
        first = score.bars[0]
        self._tiny_pickup = not composing_grid(first.meter.ticks)[score.lead(0) :].any()
        self._mask = np.ones(len(v), bool)
        self._mask[[v.id("Bar"), v.id("EOS")]] = False

    def mask(self, state: State) -> Mask | None:
        """Forbid closing a bar in which nothing has sounded yet."""
        if state.slot is not Slot.NOW or state.bar_notes:
            return None
        exempt = self._tiny_pickup and state.bar == 0
        exempt |= state.bar in self._pauses
        exempt |= all(state.is_given(rank, state.bar) for rank in range(len(state.voices)))
        return None if exempt else self._mask

    def step(self, state: State, token: int) -> None:
        """Nothing to remember."""
