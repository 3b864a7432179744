"""Played onsets on the grid: each beat is read as sixteenths or as triplets, as fits better."""

from collections.abc import Sequence

from anacrusis.compose.files.losses import Losses
from anacrusis.compose.score import TICKS_PER_QUARTER

_STRAIGHT = (0, 3, 6, 9, 12)
_TRIPLET = (0, 4, 8, 12)
_TRIPLET_GAIN = 0.6
"""Triplets are read where they fit at least this much better than sixteenths."""
_PLAYED = ("notes off the grid, kept as shift", "note lengths moved to the grid")
_EARLY = 1.5
"""Ticks: what comes closer than this before a beat belongs to it."""


def snap(places: Sequence[float]) -> list[int]:
    """The grid tick of each played onset (both in ticks, 0 or more), in the order given."""
    beats: dict[int, list[float]] = {}
    for place in places:
        beats.setdefault(_beat(place), []).append(place)
    grids = {beat: _grid(beat, members) for beat, members in beats.items()}
    return [min(grids[_beat(place)], key=lambda tick: abs(tick - place)) for place in places]


def as_played(losses: Losses) -> Losses:
    """What reading a performance lost: that it lies beside the grid is no loss, but the playing."""
    return Losses({why: n for why, n in losses.counts.items() if why not in _PLAYED})


def _beat(place: float) -> int:
    return int(place + _EARLY) // TICKS_PER_QUARTER


def _grid(beat: int, members: list[float]) -> list[int]:
    base = beat * TICKS_PER_QUARTER
    straight, triplet = ([base + tick for tick in grid] for grid in (_STRAIGHT, _TRIPLET))
    better = _misfit(members, triplet) < _TRIPLET_GAIN * _misfit(members, straight)
    return triplet if better else straight


def _misfit(places: list[float], grid: list[int]) -> float:
    return sum(min(abs(place - tick) for tick in grid) ** 2 for place in places)
