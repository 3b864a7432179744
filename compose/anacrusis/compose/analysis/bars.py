"""What each bar of a score holds, and how alike any two bars are.

A bar is three patterns: its melody (which pitch class begins when), its harmony (how much of each
pitch class sounds in each quarter) and its rhythm (which role plays when). Two bars are as alike as
the cosines of their patterns; turning pitch classes round compares them in another key
(Müller & Clausen 2007, "Transposition-invariant self-similarity matrices").
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..instruments import ROLES
from ..meter import MAX_BAR_TICKS, TICKS_PER_QUARTER
from ..score import Score
from .profiles import piano_roll

_SLOT = 3
"""Ticks of a rhythmic slot: a sixteenth."""
_SLOTS = MAX_BAR_TICKS // _SLOT
_QUARTERS = MAX_BAR_TICKS // TICKS_PER_QUARTER
_RHYTHM_SHARE = 0.2
"""What rhythm counts for in the likeness of two bars; melody and harmony share the rest."""


class Line(NamedTuple):
    """The melody of a score: onsets `[m]` in ascending order, pitches `[m]`, both in ticks."""

    onsets: NDArray[np.int64]
    pitches: NDArray[np.int64]


class BarPatterns(NamedTuple):
    """melody: `[n, slots, 12]`, 1 where a class begins. harmony: `[n, quarters, 12]`, loudness of
    each class. rhythm: `[n, roles, slots]`, onsets of each role, at most 2."""

    melody: NDArray[np.float32]
    harmony: NDArray[np.float32]
    rhythm: NDArray[np.float32]


def melody_line(score: Score) -> Line:
    """The melody: what the tracks of this role play, else the highest note of each onset."""
    pitched = [track for track in score.tracks if not track.is_drums and track.notes]
    leading = [track for track in pitched if track.role == "melody"] or pitched
    highest: dict[int, int] = {}
    for track in leading:
        for note in track.notes:
            highest[note.onset] = max(note.pitch, highest.get(note.onset, 0))
    onsets = np.array(sorted(highest), dtype=np.int64)
    return Line(onsets, np.array([highest[int(tick)] for tick in onsets], dtype=np.int64))


def bar_patterns(score: Score, line: Line) -> BarPatterns:
    """The patterns of every bar; those of a pickup stand where its notes do in the full bar."""
    n = len(score.bars)
    starts = np.array(score.bar_starts, dtype=np.int64)

    def places(onsets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        bar = np.searchsorted(starts, onsets, side="right") - 1
        return bar, (onsets - starts[bar] + np.where(bar == 0, score.lead(0), 0)) // _SLOT

    melody = np.zeros((n, _SLOTS, 12), dtype=np.float32)
    melody[(*places(line.onsets), line.pitches % 12)] = 1.0

    rhythm = np.zeros((n, len(ROLES), _SLOTS), dtype=np.float32)
    for track in score.tracks:
        onsets = np.array([note.onset for note in track.notes], dtype=np.int64)
        bar, slot = places(onsets)
        np.add.at(rhythm[:, ROLES.index(track.role)], (bar, slot), 1.0)
    np.minimum(rhythm, 2.0, out=rhythm)

    harmony = np.zeros((n, _QUARTERS, 12), dtype=np.float32)
    bar, _ = places(ticks := np.arange(score.ticks, dtype=np.int64))
    within = ticks - starts[bar] + np.where(bar == 0, score.lead(0), 0)
    roll = piano_roll(score)
    for pitch_class in range(12):
        voices = roll[:, pitch_class::12].sum(axis=1)
        np.add.at(harmony[:, :, pitch_class], (bar, within // TICKS_PER_QUARTER), voices)
    return BarPatterns(melody, np.sqrt(harmony / TICKS_PER_QUARTER), rhythm)


def melody_likeness(patterns: BarPatterns, shift: int = 0) -> NDArray[np.float32]:
    """How alike the melodies of bars i and j are, `[n, n]` in 0-1, bar i moved up by semitones."""
    return _cosines(np.roll(patterns.melody, shift, axis=2), patterns.melody)


def likeness(patterns: BarPatterns, shift: int = 0) -> NDArray[np.float32]:
    """How alike bars i and j are in all, `[n, n]` in 0-1, bar i moved up by semitones."""
    harmony = _cosines(np.roll(patterns.harmony, shift, axis=2), patterns.harmony)
    rhythm = _cosines(patterns.rhythm, patterns.rhythm)
    pitch = (melody_likeness(patterns, shift) + harmony) / 2
    return np.asarray((1 - _RHYTHM_SHARE) * pitch + _RHYTHM_SHARE * rhythm, dtype=np.float32)


def _cosines(rows: NDArray[np.float32], columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosine of each pair; 1 where both are empty."""
    a, b = rows.reshape(len(rows), -1), columns.reshape(len(columns), -1)
    norm_a, norm_b = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    norms = np.outer(norm_a, norm_b)
    table = np.divide(a @ b.T, norms, out=np.zeros_like(norms), where=norms > 0)
    table[np.ix_(norm_a == 0, norm_b == 0)] = 1.0
    return np.asarray(np.minimum(table, 1.0), dtype=np.float32)
