"""Annotated beats and segments of recordings (the Harmonix Set): bars, tempo and form.

A file of beats has a line for each: seconds, number in the bar (1: downbeat), number of the bar. A
file of segments has a line for each start: seconds and a name.
"""

import re
from bisect import bisect_left
from itertools import pairwise
from statistics import median

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.result import ReadResult
from anacrusis.compose.meter import MAX_NUMERATOR, Meter
from anacrusis.compose.score import Bar

from .form import Mark, form_score, section_kind

_FAR = 0.25
"""Share of a bar from which a section that is moved to the bar line is counted."""


def read_times(text: str) -> list[tuple[float, str]]:
    """Lines of seconds and the rest of the line, in order; `DataError` for any other line."""
    rows = []
    for line in text.splitlines():
        time, _, rest = line.strip().partition("\t" if "\t" in line else " ")
        if not time:
            continue
        if not re.fullmatch(r"\d{1,9}(\.\d*)?", time):
            raise DataError(f"{line[:40]!r} does not begin with a time in seconds")
        rows.append((float(time), rest.strip()))
    if rows != sorted(rows, key=lambda row: row[0]):
        raise DataError("the times do not ascend")
    return rows


def beats_score(beats: str, segments: str, meter: str, title: str, artist: str) -> ReadResult:
    """The form of a song from its beats and segments.

    meter: the song's time signature, ``4|4``; its denominator is the value of a beat, the bars
    follow the beats. Sections begin at the nearest bar line. Raises `DataError` where the beats
    give no bars.
    """
    unit = int(meter.rpartition("|")[2]) if meter.rpartition("|")[2] in ("2", "4", "8") else 4
    times, downbeats = list[float](), list[int]()
    for time, rest in read_times(beats):
        if rest.split("\t")[0].split(" ")[0] == "1":
            downbeats.append(len(times))
        times.append(time)
    if len(downbeats) < 2:
        raise DataError("fewer than two downbeats")
    bars, starts = _bars(times, downbeats, unit)
    marks, moved = [], 0
    rows = read_times(segments)
    music = [time for time, name in rows if section_kind(name) is not None]
    if not music:
        raise DataError("no segment of music")
    ends = [time for time, name in rows if section_kind(name) is None and time > music[-1]]
    end = _nearest(starts, ends[0]) if ends else len(bars)
    first = _nearest(starts, music[0])
    for time, name in rows:
        if time < music[0] or (ends and time >= ends[0]):
            continue
        bar = _nearest(starts, time)
        length = starts[bar + 1] - starts[bar] if bar + 1 < len(starts) else 0.0
        moved += abs(time - starts[bar]) > _FAR * length > 0
        marks.append(Mark(name, bar - first))
    beat = median(b - a for a, b in pairwise(times))
    if beat <= 0:
        raise DataError("beats without time between them")
    tempo = 60.0 / beat * 4 / unit
    score, losses = form_score(bars[first:end], marks, tempo, title, artist)
    return ReadResult(score, losses.with_("sections moved to a bar line", moved))


def _bars(times: list[float], downbeats: list[int], unit: int) -> tuple[list[Bar], list[float]]:
    """Bars and their times, with one time more: the end. The last downbeat ends the last bar."""
    usual = median(b - a for a, b in pairwise(downbeats))
    bars, starts = [], []
    if downbeats[0] > 0:
        meter = Meter(min(max(int(usual), downbeats[0]), MAX_NUMERATOR[unit]), unit)
        bars.append(Bar(meter, min(downbeats[0] * meter.unit, meter.ticks)))
        starts.append(times[0])
    for begin, stop in pairwise(downbeats):
        most = stop - begin
        if most > MAX_NUMERATOR[unit]:  # a downbeat was left out
            most = min(int(usual), MAX_NUMERATOR[unit])
        for first in range(begin, stop, most):
            bars.append(Bar(Meter(min(most, stop - first), unit)))
            starts.append(times[first])
    return bars, [*starts, times[downbeats[-1]]]


def _nearest(starts: list[float], time: float) -> int:
    place = bisect_left(starts, time)
    near = [i for i in (place - 1, place) if 0 <= i < len(starts)]
    return min(near, key=lambda i: abs(starts[i] - time))
