"""Annotated phrases of recordings without beats (SALAMI): the bar is found from their lengths.

Phrases last whole bars, mostly four or eight. The length of a bar is the one in which the phrases
of a recording come nearest to whole bars and most of them to fours, within usual tempi. Meters are
not known: bars are written as 4/4.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.result import ReadResult
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar

from .beats import read_times
from .form import Mark, form_score, section_kind

_BARS = np.exp(np.arange(np.log(1.2), np.log(4.2), 0.002))
"""Lengths of a bar that are tried, in seconds: 200 down to 57 quarters a minute in 4/4."""
_USUAL_BAR, _SPREAD = 2.0, 0.35
_TEMPO_WEIGHT = 0.05
_FOURS_WEIGHT = 0.2
_PHRASE = (1.0, 40.0)
"""Seconds: shorter ones are upbeats, in longer ones the beat may drift."""
_LEAST_PHRASES = 8
WORST_FIT = 0.4
"""Distance from whole bars, as a share of what chance gives, up to which a fit is believed."""
_NEAR = 0.3
"""Seconds within which boundaries of two layers are one."""


class Fit(NamedTuple):
    """bar: its length in seconds. error: mean distance from whole bars, 1 by chance, 0 at best."""

    bar: float
    error: float


def find_bar(phrases: npt.NDArray[np.float64]) -> Fit:
    """The bar of phrases that last so many seconds [n].

    Weights and bounds were set on the 890 recordings of the McGill Billboard set (739 songs, some
    of them several times), whose phrases have known bars. On the same recordings
    (`benchmarks/bars_of_phrases.py`) 89 % of the fits are believed, and of these 84 % find the bar,
    15 % its half or double, 1 % another length; of phrases with 30 % of noise 0.2 % are believed.
    Raises `DataError` for too few phrases.
    """
    lengths = phrases[(phrases > _PHRASE[0]) & (phrases < _PHRASE[1])]
    if len(lengths) < _LEAST_PHRASES:
        raise DataError(f"fewer than {_LEAST_PHRASES} phrases, too few to find the bar")
    in_bars = lengths[:, None] / _BARS[None, :]
    whole = np.maximum(np.round(in_bars), 1.0)
    error = np.minimum(np.abs(in_bars - whole), 0.5).mean(0) / 0.25
    fours = (whole % 4 == 0).mean(0) + 0.5 * (whole % 2 == 0).mean(0)
    unusual = (np.log(_BARS / _USUAL_BAR) / _SPREAD) ** 2
    best = int(np.argmin(error + _TEMPO_WEIGHT * unusual - _FOURS_WEIGHT * fours))
    return Fit(float(_BARS[best]), float(error[best]))


def phrases_score(
    functions: str, letters: str, phrases: str, title: str, artist: str
) -> ReadResult:
    """The form of a recording from three layers: functions, sections as letters, phrases.

    A section without a function is called by its letter. Raises `DataError` where the phrases do
    not fit whole bars.
    """
    named, lettered, phrased = (read_times(text) for text in (functions, letters, phrases))
    edges = _edges([*named, *phrased])
    music = [
        (begin, end)
        for begin, end in pairwise(edges)
        if section_kind(_name(named, lettered, begin)) is not None
    ]
    fit = find_bar(np.array([end - begin for begin, end in music]))
    if fit.error > WORST_FIT:
        raise DataError("the phrases do not fit whole bars of one length")
    marks, bars, before = list[Mark](), 0, ""
    starts = [time for time, _ in named]
    for begin, end in music:
        name = _name(named, lettered, begin)
        fresh = any(abs(time - begin) <= _NEAR for time in starts) or name != before
        if fresh:
            marks.append(Mark(name, bars))
        before = name
        bars += max(round((end - begin) / fit.bar), 1)
    meter = Meter(4, 4)
    tempo = 60.0 * len(meter.beats) / fit.bar
    score, losses = form_score([Bar(meter)] * bars, marks, tempo, title, artist)
    return ReadResult(score, losses.with_("bars found by analysis", bars))


def _edges(rows: Sequence[tuple[float, str]]) -> list[float]:
    """The boundaries of all layers, those that are near each other once."""
    edges: list[float] = []
    for time in sorted(time for time, _ in rows):
        if not edges or time - edges[-1] > _NEAR:
            edges.append(time)
    return edges


def _name(
    named: Sequence[tuple[float, str]], lettered: Sequence[tuple[float, str]], time: float
) -> str:
    """The function that holds from a time on, or where none is known the letter; Z is no music."""
    function, letter = _at(named, time), _at(lettered, time)
    if section_kind(function) != "section":
        return function
    return "silence" if letter.startswith("Z") else letter or function


def _at(rows: Sequence[tuple[float, str]], time: float) -> str:
    """The name that holds from a time on."""
    return next((name for begin, name in reversed(rows) if begin <= time + _NEAR), "")
