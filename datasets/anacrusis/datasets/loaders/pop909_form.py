"""Bars and sections of a POP909 song from the hand-made labels of its structure.

The labels (Dai et al. 2020, "Automatic Analysis and Influence of Hierarchical Structure on Melody,
Rhythm and Harmony in Popular Music") count bars on a time line of their own: the bars before the
song begins are cut off, and so are half bars within it. Where each of their bars lies in the song
is found by matching their melody with the song's: the same pitches, so many beats later. That
number of beats stays the same for whole phrases and changes where something was cut.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from anacrusis.compose.errors import DataError
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import MAX_BARS
from anacrusis.compose.score import TICKS_PER_QUARTER, Bar, Section

Melody = list[tuple[float, int]]
"""Onsets in beats (quarter notes), and pitches."""

_LATER = np.arange(-16, 97)
"""Beats by which a note of the song may come later than the labels' own."""
_NEAR = 0.35
"""Beats between two onsets that count as the same."""
_CHANGE, _PER_BEAT = 3.0, 0.25
"""What a change of the number costs, in unmatched notes: once, and for each beat of it."""
_MATCHED = 0.9
"""Share of the melody that must be found, or the two do not belong together."""
_MOST_NOTES = 10_000
_TAIL = 8
"""Bars by which chords and labels may differ in length (a last chord that rings on)."""
_NAMES = {"i": "intro", "o": "outro"}


class Form(NamedTuple):
    """Hand-made structure: labels with their lengths in bars, and beats per bar."""

    labels: tuple[tuple[str, int], ...]
    beats: int


class Layout(NamedTuple):
    """Bars of the song, its sections, and how many beats the first bar begins before beat 0."""

    bars: tuple[Bar, ...]
    sections: tuple[Section, ...]
    lead: int


def read_labels(text: str) -> tuple[tuple[str, int], ...]:
    """Labels such as ``i4A8B8``: a letter and its bars; `DataError` where it is something else.

    >>> read_labels("i4A8o2")
    (('intro', 4), ('A', 8), ('outro', 2))
    """
    bare = text.strip()
    if not re.fullmatch(r"([A-Za-z][1-9]\d?)+", bare):
        raise DataError(f"the structure labels {bare[:20]!r} are no letters with bars")
    found = re.finditer(r"([A-Za-z])(\d+)", bare)
    return tuple((_NAMES.get(part[1]) or part[1], int(part[2])) for part in found)


def read_melody(text: str) -> Melody:
    """A melody in lines of ``pitch sixteenths`` (pitch 0 rests)."""
    melody, place = list[tuple[float, int]](), 0
    for line in text.splitlines():
        if line.strip():
            pitch, length = (int(word) for word in line.split())
            if pitch:
                melody.append((place / 4, pitch))
            place += length
    return melody


def find_form(labels: tuple[tuple[str, int], ...], beats: float, meter: Meter) -> Form:
    """The beats per bar that the labels count in a song of so many beats.

    meter: what the song states; 4/4 may be a default and gives way. Raises `DataError` where the
    labels do not fit the song's length or its meter.
    """
    bars = sum(count for _, count in labels)
    if not 0 < beats < MAX_BARS * 4:
        raise DataError(f"the structure's chords last {beats:g} beats")
    per_bar = round(beats / bars)
    if abs(beats - per_bar * bars) > _TAIL * per_bar or per_bar not in (3, 4):
        raise DataError(f"the structure labels have {bars} bars, their chords {beats:g} beats")
    if per_bar * TICKS_PER_QUARTER % meter.ticks and meter != Meter(4, 4):
        raise DataError(f"the structure labels count {per_bar} beats a bar, the song is in {meter}")
    return Form(labels, per_bar)


def align(labelled: Melody, song: Melody) -> list[tuple[float, int]]:
    """Places of the labels' time line, in beats, from which on the song is so many beats later.

    The best path over all numbers by dynamic programming. Raises `DataError` where the melodies
    are not the same.
    """
    onsets: dict[int, list[float]] = {}
    for onset, pitch in song:
        onsets.setdefault(pitch, []).append(onset)
    if not 0 < len(labelled) <= _MOST_NOTES:
        raise DataError("the structure has no melody" if not labelled else "an endless melody")
    missed = np.ones((len(labelled), len(_LATER)))
    for row, (onset, pitch) in zip(missed, labelled, strict=True):
        if pitch in onsets:
            apart = np.abs(np.array(onsets[pitch])[:, None] - (onset + _LATER))
            row[:] = apart.min(axis=0) > _NEAR
    apart = np.abs(_LATER[:, None] - _LATER).astype(float)
    change = np.where(apart > 0, _CHANGE + _PER_BEAT * apart, 0.0)
    cost, back = missed[0], []
    for row in missed[1:]:
        total = cost[:, None] + change
        back.append(total.argmin(axis=0))
        cost = total.min(axis=0) + row
    state = int(cost.argmin())
    states = [state]
    for step in reversed(back):
        state = int(step[state])
        states.append(state)
    states.reverse()
    if np.mean([row[s] for row, s in zip(missed, states, strict=True)]) > 1 - _MATCHED:
        raise DataError("the melody of the structure is not that of the song")
    found = [(labelled[0][0], int(_LATER[states[0]]))]
    for note, (before, now) in enumerate(pairwise(states), 1):
        if now != before:
            found.append((labelled[note][0], int(_LATER[now])))
    return found


def lay_out(form: Form, places: list[tuple[float, int]], onsets: Sequence[float],
            end: float, meter: Meter) -> Layout:  # fmt: skip
    """The song's bars and sections.

    places: as `align` gives them. onsets: of the labels' melody, sorted. end: where the song ends,
    in its own beats. Half bars that the labels leave out stand before the bar line at which the
    number changes. Raises `DataError` where bars would overlap.
    """
    count = sum(bars for _, bars in form.labels)
    lines = [float(form.beats * bar) for bar in range(count + 1)]
    later = [places[0][1]] * len(lines)
    for place, beats in places[1:]:
        before = max(onset for onset in onsets if onset < place)
        between = [line for line in lines if before < line <= place]
        since = between[-1] if between else place
        later = [beats if line >= since else old for line, old in zip(lines, later, strict=True)]
    starts = [round(line) + beats for line, beats in zip(lines, later, strict=True)]
    if any(b <= a for a, b in pairwise(starts)):
        raise DataError("the bars of the structure overlap in the song")
    if form.beats * TICKS_PER_QUARTER % meter.ticks:
        meter = Meter(form.beats, 4)
    lead = max(-starts[0], 0)
    bars = list(reversed(_fill(starts[0] + lead, meter)))
    index = []
    for begin, stop in pairwise(starts):
        index.append(len(bars))
        bars += _fill(stop - begin, meter)
    index.append(len(bars))
    bars += [Bar(meter)] * (int(max(end - starts[-1], 0) * TICKS_PER_QUARTER) // meter.ticks + 1)
    sections, bar = [], 0
    for name, length in form.labels:
        first, bar = index[bar], bar + length
        sections.append(Section(name, first, index[bar] - first))
    return Layout(tuple(bars), tuple(sections), lead)


def _fill(beats: int, meter: Meter) -> list[Bar]:
    """Whole bars, and a short one for what is left of so many beats."""
    whole, rest = divmod(beats * TICKS_PER_QUARTER, meter.ticks)
    return [Bar(meter)] * whole + ([Bar(meter, rest)] if rest else [])
