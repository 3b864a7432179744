"""All conversions between MIDI ticks and grid ticks, microseconds and tempos."""

from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..meter import TICKS_PER_QUARTER
from ..swing import SwingMap

Ints = NDArray[np.int64]

DIVISION = 480
"""MIDI ticks per quarter note in files we write."""
STEPS = DIVISION // TICKS_PER_QUARTER
"""MIDI ticks in a grid tick in files we write; also the resolution of `Note.shift` there."""

AUDIBLE = 0.05
"""Grid ticks (2 ms at 120 quarter notes per minute) below which moving a note is not counted."""

_MICROSECONDS = 60_000_000
_MAX_MICROSECONDS = (1 << 24) - 1


class Grid(NamedTuple):
    """The composing grid against a file's `division` (MIDI ticks per quarter note).

    >>> Grid(480).nearest(121), Grid(480).deviation(121, 3)
    (3, 0.025)
    """

    division: int

    def nearest(self, tick: int) -> int:
        """The grid tick nearest to a MIDI tick; the later one of two."""
        return (2 * TICKS_PER_QUARTER * tick + self.division) // (2 * self.division)

    def deviation(self, tick: int, onset: int) -> float:
        """How much later than grid tick `onset` a MIDI tick is, in grid ticks.

        Half a MIDI tick or less is how a file that cannot hold the grid rounds it: that is 0.
        """
        excess = TICKS_PER_QUARTER * tick - onset * self.division
        return 0.0 if 2 * abs(excess) <= TICKS_PER_QUARTER else excess / self.division

    def unshifted(self, tick: int, shift: float) -> int:
        """The grid tick of a note played at a MIDI tick, `shift` grid ticks late."""
        return floor(TICKS_PER_QUARTER * tick / self.division - shift + 0.5)

    def audible(self, tick: int, onset: int) -> bool:
        """Whether moving a MIDI tick to a grid tick could be heard."""
        return abs(self.deviation(tick, onset)) > AUDIBLE

    def changed(self, length: int, duration: int) -> bool:
        """Whether a length in MIDI ticks is audibly another one than `duration` in grid ticks.

        Both ends of a note may have been rounded by half a MIDI tick.
        """
        excess = abs(TICKS_PER_QUARTER * length - duration * self.division)
        return excess >= TICKS_PER_QUARTER and excess > AUDIBLE * self.division


def play(swing: SwingMap, ticks: Ints) -> Ints:
    """MIDI ticks at which what stands at `ticks` is played, in files we write."""
    return np.floor(swing.played(ticks / STEPS) * STEPS + 0.5).astype(np.int64)


def unplay(swing: SwingMap, ticks: Ints, division: int) -> Ints:
    """Where in a straight file of `division` would stand what is played at these MIDI ticks.

    Times that some grid tick is played at, but for rounding, give that grid tick: half a MIDI tick,
    twice where a file of ours was saved by a program of another resolution.
    """
    scale = division / TICKS_PER_QUARTER
    rounding = 0.5 if division == DIVISION else 0.5 + 0.5 * division / DIVISION
    written = swing.written(ticks / scale)
    nearest = np.floor(written + 0.5)
    exact = np.abs(swing.played(nearest) * scale - ticks) <= rounding
    return np.floor(np.where(exact, nearest, written) * scale + 0.5).astype(np.int64)


def microseconds(bpm: float) -> int:
    """Microseconds per quarter note of a tempo, within the three bytes that MIDI has."""
    return min(max(round(_MICROSECONDS / bpm), 1), _MAX_MICROSECONDS)


def tempo(per_quarter: int) -> float:
    """The tempo of a number of microseconds: the roundest one (to 0.001) that is written so.

    >>> tempo(451128), microseconds(133.0), round(tempo(500001), 6)
    (133.0, 451128, 119.99976)
    """
    exact = _MICROSECONDS / per_quarter
    for digits in range(4):
        rounded = round(exact, digits)
        if rounded and microseconds(rounded) == per_quarter:
            return rounded
    return exact
