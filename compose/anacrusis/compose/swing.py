"""Swing: when the ticks of a score sound.

The notes of a score stay on the grid; `Score.swing` says where an off-beat eighth falls within its
quarter-note beat, and the time of each such beat is bent for the whole band alike:

- The first half of a beat (ticks 0 to 6) is stretched to `swing` of it, the second half takes the
  rest. Ends bend like onsets, so long-short stays without gaps, and nothing overlaps that did not.
- A beat in which any track has a triplet (an onset at tick 4 or 8, and none at 6) keeps it even:
  ticks 0, 4, 8 and 12 stay, as players have it who swing around a triplet. Off-beat eighths of
  other tracks still swing, but come before the triplet's last note, which is where a swing of 2/3
  would put them.
- Bars whose beats are no quarter notes (6/8, 7/8) are straight, and so are beats that a bar line
  cuts short.

Everything that plays a score (MIDI files, rendering) asks `SwingMap`, and nothing else bends time.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .meter import TICKS_PER_QUARTER
from .score import Score, Track

Floats = NDArray[np.float64]

STRAIGHT, MOST = 0.5, 0.75
_HALF = TICKS_PER_QUARTER // 2
_TRIPLET = (TICKS_PER_QUARTER // 3, 2 * TICKS_PER_QUARTER // 3)
_LATEST = 7.75
"""Latest place of an off-beat eighth before the last note of a triplet: 10 ms, at 120 beats a
minute, which is heard as one moment while the order of the notes stays what it is on paper."""
_FAR = 1e9  # ticks; beyond the bars time is straight


class Swing(NamedTuple):
    """From `tick` on, beats of a quarter note whose off-beat eighth falls at `ratio` of them.

    triplets: these beats hold triplets, which stay even. phase: ticks of the first beat that lie
    before `tick` (a pickup may begin within a beat).
    """

    tick: int
    ratio: float = STRAIGHT
    triplets: bool = False
    phase: int = 0


class Played(NamedTuple):
    """When the notes of a track begin and end, in ticks of played time, in the notes' order."""

    onsets: Floats
    ends: Floats


def swing_lane(score: Score) -> tuple[Swing, ...]:
    """How a score swings: the changes, in order, the last one back to straight; empty if never."""
    if score.swing == STRAIGHT:
        return ()
    tracks = [{note.onset for note in track.notes} for track in score.tracks]
    lane: list[Swing] = []
    state = (STRAIGHT, False)
    for start, swings in _beats(score):
        triplets = swings and any(
            start + _HALF not in onsets and any(start + third in onsets for third in _TRIPLET)
            for onsets in tracks
        )
        now = (score.swing if swings else STRAIGHT, triplets)
        if now != state:
            lane.append(Swing(max(start, 0), *now, phase=max(-start, 0)))
        state = now
    if state[0] != STRAIGHT:
        lane.append(Swing(score.ticks))
    return tuple(lane)


def _beats(score: Score) -> Iterator[tuple[int, bool]]:
    """Starts of the quarter-note beats, and of what is none; whether each can swing.

    The first may lie before tick 0, in a pickup.
    """
    for index, (start, bar) in enumerate(zip(score.bar_starts, score.bars, strict=False)):
        if not bar.meter.has_quarter_beats:
            yield start, False
            continue
        end = start + bar.ticks
        first = start - score.lead(index) % TICKS_PER_QUARTER
        for beat in range(first, end, TICKS_PER_QUARTER):
            yield beat, beat + TICKS_PER_QUARTER <= end


class SwingMap:
    """Ticks of a score to ticks of played time, and back: continuous, and strictly rising.

    lane: as `swing_lane` gives it. end: tick where its last entry ends, if that swings.

    >>> from anacrusis.compose.score import Bar, Meter, Score
    >>> swing = SwingMap.of(Score((Bar(Meter(4, 4)),), swing=0.75))
    >>> swing.played(np.array([0.0, 3.0, 6.0, 9.0, 12.0])).tolist()
    [0.0, 4.5, 9.0, 10.5, 12.0]
    """

    def __init__(self, lane: tuple[Swing, ...], end: int) -> None:
        knots: list[tuple[float, float]] = [(-_FAR, -_FAR)]
        stops = [*(swing.tick for swing in lane), end][1:]
        for index, (swing, stop) in enumerate(zip(lane, stops, strict=True)):
            # Only what comes first may begin before its tick.
            first = swing.tick + (-swing.phase % TICKS_PER_QUARTER if index else -swing.phase)
            for beat in range(first, stop - TICKS_PER_QUARTER + 1, TICKS_PER_QUARTER):
                knots += _bent(beat, swing)
            knots.append((stop, stop))
        knots.append((_FAR, _FAR))
        rising = dict(knots)  # a beat begins where the one before ends
        self._written = np.array(list(rising), np.float64)
        self._played = np.array(list(rising.values()), np.float64)

    @staticmethod
    def of(score: Score) -> "SwingMap":
        """The map of a score."""
        return SwingMap(swing_lane(score), score.ticks)

    def played(self, ticks: Floats) -> Floats:
        """Played times of ticks on paper (any shape)."""
        times: Floats = np.interp(ticks, self._written, self._played)
        return times

    def written(self, times: Floats) -> Floats:
        """Ticks on paper of played times (any shape)."""
        ticks: Floats = np.interp(times, self._played, self._written)
        return ticks

    def notes(self, track: Track) -> Played:
        """When the notes of a track sound: their place with their `shift`, swung."""
        shifts = np.array([note.shift for note in track.notes], np.float64)
        onsets = np.array([note.onset for note in track.notes], np.float64)
        ends = np.array([note.end for note in track.notes], np.float64)
        return Played(self.played(onsets + shifts), self.played(ends + shifts))


def _bent(beat: int, swing: Swing) -> Iterator[tuple[float, float]]:
    """(tick on paper, played) of the places that bend a beat, its end left out."""
    yield beat, beat
    if swing.ratio == STRAIGHT:
        return
    late = swing.ratio * TICKS_PER_QUARTER
    if swing.triplets:
        yield beat + _TRIPLET[0], beat + _TRIPLET[0]
        late = min(late, _LATEST)
    yield beat + _HALF, beat + late
    if swing.triplets:
        yield beat + _TRIPLET[1], beat + _TRIPLET[1]
