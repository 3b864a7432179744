"""Attributes of a track that a plan may ask for: density, register and polyphony, in steps."""

from bisect import bisect_right
from collections.abc import Sequence
from statistics import median_low
from typing import NamedTuple

from ..plan import LEVELS
from ..score import Note
from .vocabulary import MAX_POLYPHONY

# Lower limits of density steps 1-7, in notes per whole note of music.
_DENSITY_LIMITS = (1.0, 2.0, 3.5, 5.5, 8.0, 12.0, 18.0)
_REGISTER_FLOOR, _REGISTER_STEP = 30, 9


class Attributes(NamedTuple):
    """density and register: 0 to 7; polyphony: 1 to 8 notes at once (95 % quantile)."""

    density: int
    register: int
    polyphony: int


def density_level(notes: int, ticks: int) -> int:
    """Density step of so many notes within `ticks`."""
    return bisect_right(_DENSITY_LIMITS, notes * 48 / max(ticks, 1))


def register_level(pitch: int) -> int:
    """Register step of a pitch: 0 below D#2, then one step each nine semitones."""
    return min(max((pitch - _REGISTER_FLOOR) // _REGISTER_STEP, 0), LEVELS - 1)


def measure(notes: Sequence[Note], ticks: int) -> Attributes | None:
    """Attributes of notes, sorted by onset, that begin within so many ticks; None without notes."""
    if not notes:
        return None
    ends: list[int] = []
    counts = []
    for note in notes:
        ends = [end for end in ends if end > note.onset] + [note.end]
        counts.append(len(ends))
    counts.sort()
    return Attributes(
        density_level(len(notes), ticks),
        register_level(median_low(note.pitch for note in notes)),
        min(max(counts[int(0.95 * (len(counts) - 1))], 1), MAX_POLYPHONY),
    )
