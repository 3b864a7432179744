"""Whether the written bars fit the notes.

A file may begin its bars on the wrong beat, or say 4/4 because nothing was set. Listeners hear a
bar line where notes are long, harmony changes and the kick drum falls, and a bar length at which
the music comes back (Lerdahl & Jackendoff 1983, the metrical preference rules; Brown 1993,
"Determination of the meter of musical scores by autocorrelation"). The written bars are weighed
against the same bars begun on other beats, and against bars of three or four quarters.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..meter import TICKS_PER_QUARTER
from ..score import Score
from .profiles import piano_roll

_STEP = 3
"""Ticks of a place: a sixteenth."""
# Fitted by conditional logistic regression on half of the pieces of benchmarks/analysis.py.
_LONG, _HARMONY, _KICK, _COMES_BACK = 4.84, 3.88, 1.56, 5.82
_KICKS = frozenset((35, 36, 49, 55, 57))
"""Kick drums, and the cymbals that are struck with a downbeat."""
_DOUBTFUL = 0.15
_FEWEST_BARS = 12


class MeterCheck(NamedTuple):
    """chance: how likely (0-1) the written bars are the right ones. bar: ticks of the likeliest
    bar. shift: ticks from a written bar line to its first moment."""

    chance: float
    bar: int
    shift: int

    @property
    def fits(self) -> bool:
        """Whether the written bars need not be doubted."""
        return self.chance >= _DOUBTFUL


class _Accents(NamedTuple):
    """What falls on each sixteenth, `[places]`: length of the notes that begin there, change of
    harmony, kicks."""

    length: NDArray[np.float64]
    harmony: NDArray[np.float64]
    kick: NDArray[np.float64]


def check_meter(score: Score) -> MeterCheck | None:
    """Weigh the longest stretch of equal, full bars.

    None where that has under 12 bars, or beats of unequal length or of no whole sixteenths.
    """
    first, after = longest_stretch(score)
    meter = score.bars[first].meter
    lengths = {b - a for a, b in pairwise((*meter.beats, meter.ticks))}
    beat = min(lengths)
    if after - first < _FEWEST_BARS or len(lengths) > 1 or beat % _STEP or beat == meter.ticks:
        return None
    accents = _accents(score, score.bar_starts[first], score.bar_starts[after])
    readings = [(meter.ticks, shift, beat) for shift in range(0, meter.ticks, beat)]
    for other in (36, 48):
        if meter.ticks % other and other % meter.ticks:
            readings += [(other, shift, 12) for shift in range(0, other, 12)]
    value = np.array([_evidence(accents, *reading) for reading in readings])
    chances = np.exp(value - value.max())
    best = int(value.argmax())
    return MeterCheck(float(chances[0] / chances.sum()), readings[best][0], readings[best][1])


def longest_stretch(score: Score) -> tuple[int, int]:
    """First bar of the longest run of full bars of one meter, and the bar after it; 0, 0: none."""
    bars = score.bars
    cuts = [0, *(i for i in range(1, len(bars)) if bars[i] != bars[i - 1]), len(bars)]
    full = [(a, b) for a, b in pairwise(cuts) if bars[a].length is None]
    return max(full, key=lambda run: run[1] - run[0], default=(0, 0))


def _accents(score: Score, start: int, end: int) -> _Accents:
    places = (end - start) // _STEP
    length, kick = np.zeros(places), np.zeros(places)
    for track, note in score.notes():
        if not start <= note.onset < start + places * _STEP:
            continue
        place = (note.onset - start) // _STEP
        if not track.is_drums:
            length[place] += np.log1p(min(note.duration, 48) / 6)
        elif note.pitch in _KICKS:
            kick[place] += 1.0
    roll = np.pad(piano_roll(score), ((0, 0), (0, 4))).reshape(score.ticks, 11, 12).sum(axis=1)
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(roll[start:end], axis=0)])
    eighths = np.arange(0, places * _STEP, 2 * _STEP)
    before = total[eighths] - total[np.maximum(eighths - TICKS_PER_QUARTER, 0)]
    after = total[np.minimum(eighths + TICKS_PER_QUARTER, end - start)] - total[eighths]
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    same = np.sum(before * after, axis=1)
    harmony = np.zeros(places)
    harmony[eighths // _STEP] = np.where(norms > 0, 1 - same / np.maximum(norms, 1e-9), 0.0)
    return _Accents(length, harmony, kick)


def _evidence(accents: _Accents, bar: int, shift: int, beat: int) -> float:
    """What speaks for bars of so many ticks that begin `shift` ticks late, in log odds."""
    value = 0.0
    for weight, row in zip((_LONG, _HARMONY, _KICK), accents, strict=True):
        beats = float(row[(shift % beat) // _STEP :: beat // _STEP].mean())
        downbeats = float(row[shift // _STEP :: bar // _STEP].mean())
        value += weight * np.log((downbeats + 0.05 * beats + 2e-4) / (beats + 1e-3))
    struck = accents.length + accents.kick
    struck = struck - struck.mean()
    back = float(struck[: -(bar // _STEP)] @ struck[bar // _STEP :])
    return value + _COMES_BACK * back / (float(struck @ struck) + 1e-9)
