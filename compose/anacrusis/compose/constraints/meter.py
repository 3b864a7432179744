"""Meter and length: onsets on the grid inside the bar, notes that end with their section."""

import numpy as np

from ..score import Score
from ..tokens.grammar import Slot
from ..tokens.vocabulary import MAX_DURATION, vocabulary
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
        self._onsets: dict[tuple[int, int, bool], Mask] = {}
        self._ends: dict[int, Mask] = {}

    def mask(self, state: State) -> Mask | None:
        """Positions before the bar's end; durations up to the section's end."""
        if state.slot in (Slot.TRACK, Slot.NOTE):
            lead, end = self._score.lead(state.bar), state.bar_end - state.origin
            key = (lead, end, state.slot is Slot.NOTE)
            if key not in self._onsets:
                self._onsets[key] = self._onsets_in(*key)
            return self._onsets[key]
        if state.slot is Slot.PITCH:
            longest = min(state.limit - state.tick, MAX_DURATION)
            if longest not in self._ends:
                mask = np.ones(self._size, bool)
                mask[self._durations.start + longest : self._durations.stop] = False
                self._ends[longest] = mask
            return self._ends[longest]
        return None

    def _onsets_in(self, lead: int, end: int, after_note: bool) -> Mask:
        """Positions from the first of a bar to its end."""
        mask = np.ones(self._size, bool)
        start, stop = self._positions
        grid = self._grid.copy()
        grid[:lead] = False
        grid[end:] = False
        mask[start:stop] = grid
        if after_note:
            mask[self._durations.start : self._durations.stop] = False
        return mask

    def step(self, state: State, token: int) -> None:
        """Nothing to remember."""


def composing_grid(ticks: int) -> Mask:
    """Boolean [ticks]: metrical positions that composing uses, sixteenths and triplet eighths."""
    positions = np.arange(ticks)
    grid: Mask = np.logical_or(positions % 3 == 0, positions % 4 == 0)
    return grid
