"""Where sections begin: evidence at each bar line, and the best division of a piece.

Evidence is what listeners go by. Repeats begin and end there (Serrà et al. 2014, "Unsupervised
music structure annotation by time series structure features and segment similarity"), the melody
turns to something new (Foote 2000, "Automatic audio segmentation using a measure of audio
novelty"), it enters after a rest or begins after a long note (Lerdahl & Jackendoff 1983, the
grouping preference rules). Of all divisions of the piece into sections the best is found that has
most evidence at its bar lines and lengths that sections have (dynamic programming).
"""

from math import log

import numpy as np
from numpy.typing import NDArray

from ..score import Score
from .bars import BarPatterns, Line, likeness, melody_likeness

# Weight of each kind of evidence, in standard deviations over the bar lines of the piece, and the
# likeness from which bars count as repeated. Fitted by logistic regression to the sections two
# people marked in the POP909 songs of odd number.
_WEIGHTS = {
    "repeats begin": 0.60,
    "repeats end": 0.42,
    "melody repeats begin": 0.71,
    "melody is new": 0.36,
    "melody enters": 0.43,
    "melody waits": 0.76,
}
_PRIOR = -0.67
"""Evidence that a bar line needs before it is worth a section."""
_BEGIN, _END, _MELODY = 0.8, 0.6, 0.9
_TRANSPOSED_RUN = 4
"""Bars that must come back in another key to count as a repeat."""
_NOVELTY_BARS = 4
_LONGEST_WAIT = 6.0
"""Quarters; a longer wait before a melody note says no more."""

# Per mille of the sections that people mark by their number of bars; any other: `_RARE`.
_LENGTHS = {
    1: 36, 2: 29, 3: 35, 4: 336, 5: 51, 6: 23, 7: 19, 8: 320, 9: 58, 10: 22, 11: 7, 12: 11, 13: 6,
    14: 3, 15: 3, 16: 35,
}  # fmt: skip
_RARE = 1
LONGEST_SECTION = 24
_LENGTH_WEIGHT = 0.5


def section_starts(score: Score, line: Line, patterns: BarPatterns) -> list[int]:
    """First bars of the sections, from 0 on; a pickup belongs to the section it leads to."""
    evidence = boundary_evidence(score, line, patterns)
    pickup = int(score.bars[0].length is not None and len(score.bars) > 1)
    return best_division(evidence[pickup:], pickup)


def best_division(evidence: NDArray[np.float64], pickup: int = 0) -> list[int]:
    """The division into sections whose bar lines have most evidence, `[bars + 1]` in log odds.

    Returns the first bars, 0 first, the others counted from the bar after `pickup` bars.
    """
    bars = len(evidence) - 1
    rare = log(_RARE / 1000)
    prior = np.array([log(_LENGTHS[n] / 1000) if n in _LENGTHS else rare
                      for n in range(LONGEST_SECTION, 0, -1)])  # fmt: skip
    best = np.zeros(bars + 1)
    came_from = np.zeros(bars + 1, dtype=np.int64)
    for end in range(1, bars + 1):
        first = max(0, end - LONGEST_SECTION)
        value = best[first:end] + _LENGTH_WEIGHT * prior[first - end :]
        came_from[end] = first + int(value.argmax())
        best[end] = value.max() + (evidence[end] if end < bars else 0.0)
    starts, bar = [], bars
    while bar > 0:
        bar = int(came_from[bar])
        starts.append(bar + pickup if bar else 0)
    return starts[::-1]


def boundary_evidence(score: Score, line: Line, patterns: BarPatterns) -> NDArray[np.float64]:
    """How much speaks for a section that begins at each bar line, `[bars + 1]` in log odds."""
    begin, end, melody = _repeats(patterns)
    enters, waits = _entries(score, line)
    kinds = (begin, end, melody, _novelty(melody_likeness(patterns)), enters, waits)
    total = np.full(len(begin), _PRIOR)
    for weight, kind in zip(_WEIGHTS.values(), kinds, strict=True):
        inner = kind[1:-1]
        if len(inner) and (spread := float(inner.std())) > 1e-9:
            total[1:-1] += weight * (inner - inner.mean()) / spread
    return total


def _repeats(patterns: BarPatterns) -> tuple[NDArray[np.float64], ...]:
    """Repeats that begin, that end, and of the melody that begin at each bar line."""
    n = len(patterns.melody)
    weights = [np.zeros((n + 1, n + 1)) for _ in range(3)]
    for shift in range(12):
        least = _TRANSPOSED_RUN if shift else 2
        alike, melody = likeness(patterns, shift), melody_likeness(patterns, shift)
        runs = (_runs(alike >= _BEGIN), _runs((alike >= _END)[::-1, ::-1])[::-1, ::-1],
                _runs(melody >= _MELODY))  # fmt: skip
        for weight, run in zip(weights, runs, strict=True):
            grown = np.log2(np.where(run >= least, run, 1))
            np.maximum(weight, grown, out=weight)
    return tuple(np.log1p(weight.sum(axis=0) + weight.sum(axis=1)) for weight in weights)


def _runs(alike: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Length of the run of equal bars that begins at each pair of bar lines, `[n + 1, n + 1]`.

    Only later copies count (upper triangle), and only the beginning of each run.
    """
    n = len(alike)
    alike = alike & (np.subtract.outer(np.arange(n), np.arange(n)) <= -2)
    length = np.zeros((n + 1, n + 1), dtype=np.int64)
    for bar in range(n - 1, -1, -1):
        length[bar, :n] = np.where(alike[bar], length[bar + 1, 1:] + 1, 0)
    begins = length > 0
    begins[1:n, 1:n] &= ~alike[:-1, :-1]
    return np.where(begins, length, 0)


def _novelty(alike: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far the bars before and after each bar line are each alike and unlike one another."""
    n, half = len(alike), _NOVELTY_BARS
    place = np.arange(-half, half) + 0.5
    taper = np.exp(-0.5 * (place / (half / 2)) ** 2) * np.sign(place)
    kernel = np.outer(taper, taper)
    found = np.zeros(n + 1)
    for bar in range(1, n):
        low, high = max(bar - half, 0), min(bar + half, n)
        part = kernel[low - bar + half : high - bar + half, low - bar + half : high - bar + half]
        found[bar] = np.sum(alike[low:high, low:high] * part) / np.abs(part).sum()
    return found


def _entries(score: Score, line: Line) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the melody enters after a bar's rest, and how long it waits before each bar line.

    A note belongs to the bar line that it lies nearest to, so that upbeats lead to theirs.
    """
    n = len(score.bars)
    lengths = np.array([bar.ticks for bar in score.bars])
    halves = np.array(score.bar_starts[:-1]) - np.concatenate([[0], lengths[:-1]]) // 2
    home = np.searchsorted(halves, line.onsets, side="right") - 1
    enters, waits = np.zeros(n + 1), np.zeros(n + 1)
    if len(line.onsets):
        enters[home] = 1.0
        enters[1:] *= enters[:-1] == 0
        gaps = np.diff(line.onsets) / 12
        np.maximum.at(waits, home[1:], np.minimum(gaps, _LONGEST_WAIT))
    return enters, np.log1p(waits)
