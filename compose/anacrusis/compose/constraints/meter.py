"""Meter and length: onsets on the grid inside the bar, notes that end with their section."""

import numpy as np

from ..score import Score
from ..tokens.grammar import Slot
from ..tokens.vocabulary import vocabulary
from .pitchset import Mask
from .state import State


class BarGrid:
    """Onsets inside the bar, on sixteenths or triplet eighths; notes end with their section."""

    def __init__(self, score: Score) -> None:
        v = vocabulary()
        self._positions, self._durations = v.spans["Position"], v.spans["Duration"]
        self._size = len(v)
        self._grid = composing_grid(self._positions.stop - self._positions.start)
        self._score = score

    def mask(self, state: State) -> Mask | None:
        """Positions before the bar's end; durations up to the section's end."""
        if state.slot in (Slot.TRACK, Slot.NOTE):
            mask = np.ones(self._size, bool)
            start, stop = self._positions
            grid = self._grid.copy()
            grid[: self._score.lead(state.bar)] = False
            grid[state.bar_end - state.origin :] = False
            mask[start:stop] = grid
            if state.slot is Slot.NOTE:
                mask[self._durations.start : self._durations.stop] = False
            return mask
        if state.slot is Slot.PITCH:
            mask = np.ones(self._size, bool)
            mask[self._durations.start + state.limit - state.tick : self._durations.stop] = False
            return mask
        return None

    def step(self, state: State, token: int) -> None:
        """Nothing to remember."""


def composing_grid(ticks: int) -> Mask:
    """Boolean [ticks]: metrical positions that composing uses, sixteenths and triplet eighths."""
    positions = np.arange(ticks)
    grid: Mask = np.logical_or(positions % 3 == 0, positions % 4 == 0)
    return grid
