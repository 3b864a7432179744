"""Pitch-class profiles of a score, tick by tick and beat by beat.

The lowest level of the analysis: everything above it (keys, chords) reads these arrays and never
the notes. Drum tracks have no pitch classes and are left out.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..meter import Meter
from ..score import Score

NO_BASS = -1
_BASS_CEILING = 64
"""Above this pitch the lowest sounding note is a melody, not a bass."""


class Segments(NamedTuple):
    """Stretches of one beat each, with what sounds in them.

    starts, ends: ticks `[n]`. level: 3 bar start, 2 strong beat, 1 other beat, 0 within a beat.
    profile: `[n, 12]` mean sounding weight of each pitch class (1: one voice throughout).
    bass: `[n, 12]` share of the segment in which this class is the lowest note, the onset doubled.
    onset_bass: `[n]` class of the lowest note where it sounds from the segment's start and nothing
    in the segment lies lower, else `NO_BASS`.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    level: NDArray[np.int64]
    profile: NDArray[np.float64]
    bass: NDArray[np.float64]
    onset_bass: NDArray[np.int64]


def pitched_notes(score: Score) -> NDArray[np.int64]:
    """Notes of the pitched tracks as rows (onset, end, pitch), cut off at the last bar's end."""
    rows = [
        (note.onset, note.end, note.pitch)
        for track in score.tracks
        if not track.is_drums
        for note in track.notes
    ]
    array = np.array(rows, dtype=np.int64).reshape(-1, 3)
    np.minimum(array[:, 1], score.ticks, out=array[:, 1])
    return array


def pitch_class_weights(
    score: Score, start: int = 0, end: int | None = None
) -> NDArray[np.float64]:
    """Sounding ticks of each pitch class between two ticks, `[12]`."""
    notes = pitched_notes(score)
    stop = score.ticks if end is None else end
    sounding = np.minimum(notes[:, 1], stop) - np.maximum(notes[:, 0], start)
    weights = np.bincount(notes[:, 2] % 12, np.maximum(sounding, 0), minlength=12)
    return np.asarray(weights, dtype=np.float64)


def piano_roll(score: Score) -> NDArray[np.int16]:
    """How many voices sound each pitch at each tick, `[ticks, 128]`."""
    notes = pitched_notes(score)
    change = np.zeros((score.ticks + 1, 128), dtype=np.int16)
    np.add.at(change, (notes[:, 0], notes[:, 2]), 1)
    np.add.at(change, (notes[:, 1], notes[:, 2]), -1)
    return np.cumsum(change[:-1], axis=0, dtype=np.int16)


def beat_grid(score: Score) -> tuple[list[int], list[int]]:
    """Start tick and metrical level of every beat; halves of a half-note beat have level 0."""
    starts: list[int] = []
    levels: list[int] = []
    for index, bar in enumerate(score.bars):
        lead = score.lead(index)
        beats = _beats(bar.meter)
        begun = max(place for place, (position, _) in enumerate(beats) if position <= lead)
        for position, level in beats[begun:]:
            tick = max(position - lead, 0)
            if tick < bar.ticks:
                starts.append(score.bar_starts[index] + tick)
                levels.append(level)
    return starts, levels


def _beats(meter: Meter) -> list[tuple[int, int]]:
    found = []
    beats = (*meter.beats, meter.ticks)
    for start, end in pairwise(beats):
        level = 3 if start == 0 else 2 if start in meter.strong else 1
        found.append((start, level))
        if end - start == 24:
            found.append((start + 12, 0))
    return found


def segment_profiles(score: Score) -> Segments:
    """The score beat by beat."""
    roll = piano_roll(score)
    starts_list, levels = beat_grid(score)
    starts = np.array(starts_list, dtype=np.int64)
    ends = np.append(starts[1:], score.ticks)
    length = (ends - starts).astype(np.float64)[:, None]

    folded = np.zeros((len(roll), 132), dtype=np.int16)
    folded[:, :128] = roll
    voices = folded.reshape(len(roll), 11, 12).sum(axis=1)
    weight = np.where(voices > 0, 1.0 + 0.3 * np.minimum(voices - 1, 2), 0.0)
    profile = np.add.reduceat(weight, starts, axis=0) / length

    sounding = roll > 0
    lowest = np.where(sounding.any(axis=1), sounding.argmax(axis=1), 128)
    is_bass = lowest < _BASS_CEILING
    ticks = np.arange(len(roll))
    bass_roll = np.zeros((len(roll), 12))
    bass_roll[ticks[is_bass], lowest[is_bass] % 12] = 1.0
    bass = np.add.reduceat(bass_roll, starts, axis=0) / length
    bass = 0.5 * (bass + bass_roll[starts])

    lowest_of_segment = np.minimum.reduceat(lowest, starts)
    clear = (lowest[starts] == lowest_of_segment) & is_bass[starts]
    onset_bass = np.where(clear, lowest[starts] % 12, NO_BASS)
    return Segments(starts, ends, np.array(levels, dtype=np.int64), profile, bass, onset_bass)


def in_silent_bars(score: Score, segments: Segments) -> NDArray[np.bool_]:
    """Whether each segment lies in a bar where nothing sounds, `[n]`."""
    bar_of = np.searchsorted(score.bar_starts, segments.starts, side="right") - 1
    sounding = np.bincount(bar_of, segments.profile.sum(axis=1), minlength=len(score.bars))
    return np.asarray(sounding[bar_of] <= 0)
