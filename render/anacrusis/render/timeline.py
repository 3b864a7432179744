"""When each note sounds, in seconds: the tempo map applied to many ticks at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.meter import TICKS_PER_QUARTER
from anacrusis.compose.score import Score, Track
from anacrusis.compose.swing import SwingMap

Floats = NDArray[np.float64]


class Timing(NamedTuple):
    """Onsets and releases of a track's notes, in seconds, in the order of the notes."""

    onsets: Floats
    releases: Floats


class TempoMap:
    """Converts ticks to seconds under a score's tempo changes."""

    def __init__(self, score: Score) -> None:
        self._ticks = np.array([change.tick for change in score.tempos], np.float64)
        beats = np.array([change.bpm for change in score.tempos], np.float64)
        self._pace = 60.0 / (beats * TICKS_PER_QUARTER)
        passed = np.cumsum(np.diff(self._ticks) * self._pace[:-1])
        self._seconds = np.concatenate([[0.0], passed])

    def seconds(self, ticks: Floats) -> Floats:
        """Times of ticks (any shape), in seconds; ticks before the start count as the start."""
        ticks = np.maximum(ticks, 0.0)
        index = np.maximum(np.searchsorted(self._ticks, ticks, side="right") - 1, 0)
        seconds: Floats = self._seconds[index] + (ticks - self._ticks[index]) * self._pace[index]
        return seconds


def timing(score: Score, track: Track) -> Timing:
    """When the notes of a track begin and end as played: their place with their `shift`, swung."""
    tempo, played = TempoMap(score), SwingMap.of(score).notes(track)
    return Timing(tempo.seconds(played.onsets), tempo.seconds(played.ends))
