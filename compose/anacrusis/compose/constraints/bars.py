"""Bar count, meter and length: as many bars as planned, notes inside them, sections closed."""

import numpy as np

from ..score import Score
from ..tokens.grammar import Slot
from ..tokens.vocabulary import vocabulary
from .state import Mask, State


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


class Meter:
    """Onsets inside the bar, on sixteenths or triplet eighths; notes end with their section."""

    def __init__(self, score: Score) -> None:
        v = vocabulary()
        self._positions, self._durations = v.spans["Position"], v.spans["Duration"]
        self._size = len(v)
        self._grid = composing_grid(self._positions.stop - self._positions.start)
        self._score = score

    def mask(self, state: State) -> Mask | None:
        """Positions before the bar's end; durations up to the section's end."""
        if state.slot in (Slot.NOW, Slot.NOTE):
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
