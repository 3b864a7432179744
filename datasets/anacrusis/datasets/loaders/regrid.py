"""Find the beat of a sequence whose file says nothing about it.

Game music formats count time at a fixed rate, so a converted file has bars that are not the
music's. The true beat is the one on which most onsets fall on sixteenths.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.meter import Meter
from anacrusis.compose.score import TICKS_PER_QUARTER, Bar, Score, TempoChange, Track

OFF_GRID = 0.35
"""Share of notes off the grid from which the stated beat is doubted."""
_TEMPOS = (70.0, 190.0)
_ON_GRID = 0.34
"""Ticks from the grid up to which an onset is on it: 14 ms at 120 quarters per minute."""
_STEP, _LONGEST_STEP = 0.075, 0.05
"""Tempos that are tried lie so near that the last onset moves by this part of a sixteenth, a small
part of a cycle; in short pieces this many quarters per minute."""
_ALIKE = 0.08
"""Fits that differ by less are alike: half, double or two thirds of a tempo may come this near."""
_USUAL_TEMPO = 120.0
_FIT, _USUAL, _BEAT = 2.0, 0.5, 0.2
"""Weights among tempos that fit alike: an octave from the usual tempo outweighs what their fits may
differ by, and onsets on the beats decide between tempos that are both usual."""
_GOOD_FIT = 0.6
"""Mean concentration of onsets on the sixteenths (1: exact, 0: none) that is trusted."""


def needs_regrid(score: Score) -> bool:
    """Whether so many onsets lie off the sixteenth and triplet grid that its beat is wrong."""
    places = _places(score)
    if len(places) < 16:
        return False
    nearest = [np.abs(places - np.round(places / step) * step) for step in (3, 4)]
    return float(np.mean(np.minimum(*nearest) > _ON_GRID)) > OFF_GRID


def regrid(score: Score) -> Score | None:
    """The score on its own beat, in 4/4; None where no beat fits.

    Onsets are taken with their shifts. The first onset becomes the first downbeat.
    """
    places = _places(score)
    seconds = places * 60.0 / (score.tempos[0].bpm * TICKS_PER_QUARTER)
    begin = float(seconds.min())
    found = find_tempo(seconds - begin)
    if found is None:
        return None
    scale = found / score.tempos[0].bpm
    origin = begin * score.tempos[0].bpm * TICKS_PER_QUARTER / 60.0
    tracks = tuple(
        Track(
            track.name,
            track.role,
            track.program,
            tuple(
                replace(
                    note,
                    onset=max(round((note.onset + note.shift - origin) * scale), 0),
                    duration=max(round(note.duration * scale), 1),
                    shift=0.0,
                )
                for note in track.notes
            ),
        )
        for track in score.tracks
    )
    end = max(note.onset for track in tracks for note in track.notes) + 1
    meter = Meter(4, 4)
    bars = (Bar(meter),) * -(-end // meter.ticks)
    return replace(
        score, bars=bars, tracks=tracks, tempos=(TempoChange(0, found),), keys=(), sections=(),
        chords=(),
    )  # fmt: skip


def find_tempo(seconds: NDArray[np.float64]) -> float | None:
    """Quarters per minute on whose sixteenths the onsets (in seconds, from 0) fall best."""
    low, high = _TEMPOS
    length = float(seconds.max())
    if length <= 0:
        return None
    step = _STEP / (length / 60.0 * 4)
    tempos = np.arange(low, high, min(step, _LONGEST_STEP))
    fits = np.empty(len(tempos))
    for index in range(0, len(tempos), 256):
        phase = np.outer(tempos[index : index + 256] * (4 / 60.0), seconds)
        fits[index : index + 256] = np.cos(2 * np.pi * phase).mean(axis=1)
    # Of tempos that fit alike, onsets should also prefer the beats themselves.
    near = np.flatnonzero(fits > fits.max() - _ALIKE)
    if fits.max() < _GOOD_FIT:
        return None
    beats = [float(np.cos(2 * np.pi * tempos[i] / 60.0 * seconds).mean()) for i in near]
    far = [abs(np.log2(tempos[i] / _USUAL_TEMPO)) for i in near]
    value = _BEAT * np.array(beats) - _USUAL * np.array(far) + _FIT * fits[near]
    return round(float(tempos[near[int(value.argmax())]]), 2)


def _places(score: Score) -> NDArray[np.float64]:
    return np.array([note.onset + note.shift for _, note in score.notes()], dtype=np.float64)
