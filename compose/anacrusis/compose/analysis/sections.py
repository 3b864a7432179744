"""Form: the sections of a score, and which of them repeat which.

`boundaries` divides the piece; here sections that are alike get the same letter. How far two
sections lie apart is the edit distance of their bars: a bar that was changed costs what it is
unlike, a bar that was added or left out costs 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..score import Score, Section
from .bars import BarPatterns, bar_patterns, likeness, melody_line
from .boundaries import section_starts

SAME = 0.08
"""Distance up to which a section is an earlier one again, as it was."""
VARIED = 0.40
"""Distance up to which it is an earlier one, varied."""
_CARRIED = 0.5
"""Share of bars with melody notes from which the melody carries a piece."""
_SUNG = 0.3
"""Share of bars with melody notes under which a section counts as one without melody."""


class Repeat(NamedTuple):
    """What a section repeats.

    of: index of the earlier section. distance: edits per bar, 0 (note for note) to 1.
    shift: semitones (-5 to 6) that the music was moved up.
    """

    of: int
    distance: float
    shift: int

    @property
    def varied(self) -> bool:
        """Whether it differs so much that a listener notices."""
        return self.distance > SAME


class Form(NamedTuple):
    """sections: all bars of the score, in order. repeats: for each section what it repeats."""

    sections: tuple[Section, ...]
    repeats: tuple[Repeat | None, ...]


def analyse_sections(score: Score) -> Form:
    """Divide a score into sections, named by letter in the order of their first appearance.

    A repeat bears the letter of the section it repeats, with a prime where it is varied: A, B, A'.
    Where there is a melody track, and it rests through most of a section though not through most of
    the piece, that section is called intro, interlude or outro, after its place.
    """
    line = melody_line(score)
    patterns = bar_patterns(score, line)
    starts = section_starts(score, line, patterns)
    ends = [*starts[1:], len(score.bars)]
    repeats = _repeats(patterns, starts)
    names = _names(repeats, _melody_rests(score, patterns, starts))
    sections = (Section(n, a, b - a) for n, a, b in zip(names, starts, ends, strict=True))
    return Form(tuple(sections), repeats)


def _names(repeats: tuple[Repeat | None, ...], resting: list[bool]) -> list[str]:
    names: list[str] = []
    models: list[int] = []
    letters: dict[int, str] = {}
    for index, repeat in enumerate(repeats):
        models.append(index if repeat is None else models[repeat.of])
        if resting[index]:
            last = index == len(repeats) - 1
            names.append("intro" if index == 0 else "outro" if last else "interlude")
            continue
        first = models[index] not in letters
        letter = letters.setdefault(models[index], _letter(len(letters)))
        names.append(letter if first or repeat is None or not repeat.varied else f"{letter}'")
    return names


def _letter(place: int) -> str:
    """A to Z, then AA, AB and so on."""
    return (_letter(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def _melody_rests(score: Score, patterns: BarPatterns, starts: list[int]) -> list[bool]:
    """In which sections a melody track, where there is one, rests for most of the bars."""
    if len(starts) < 2 or not any(track.role == "melody" for track in score.tracks):
        return [False] * len(starts)
    sung = patterns.melody.max(axis=(1, 2))
    if sung.mean() < _CARRIED:
        return [False] * len(starts)
    lengths = np.diff([*starts, len(score.bars)])
    return [bool(part < _SUNG) for part in np.add.reduceat(sung, starts) / lengths]


def _repeats(patterns: BarPatterns, starts: list[int]) -> tuple[Repeat | None, ...]:
    """The nearest earlier section of each, where one is near enough."""
    n, count = len(patterns.melody), len(starts)
    ends = [*starts[1:], n]
    best = np.full((count, count), -1.0)
    shifts = np.zeros((count, count), dtype=np.int64)
    blocks: dict[tuple[int, int], NDArray[np.float32]] = {}
    for shift in range(12):
        alike = likeness(patterns, shift)
        peak = np.maximum.reduceat(alike, starts, axis=1)
        found = np.add.reduceat(peak, starts, axis=0) - (0.0 if shift == 0 else 1e-6)
        for model, later in zip(*np.nonzero(found > best), strict=True):
            if model < later:
                rows = slice(starts[model], ends[model])
                blocks[model, later] = alike[rows, starts[later] : ends[later]]
        shifts[found > best] = shift
        np.maximum(best, found, out=best)
    repeats: list[Repeat | None] = []
    for later in range(count):
        near = [(section_distance(blocks[model, later]), model) for model in range(later)]
        distance, model = min(near, default=(1.0, 0))
        shift = (int(shifts[model, later]) + 5) % 12 - 5 if near else 0
        repeats.append(Repeat(model, distance, shift) if distance <= VARIED else None)
    return tuple(repeats)


def section_distance(alike: NDArray[np.float32]) -> float:
    """Edit distance of two sections, `[bars, bars]` likeness, per bar of the longer one."""
    rows, columns = alike.shape
    places = np.arange(columns + 1)
    cost = places.astype(float)
    for row in alike:
        step = cost + 1.0
        np.minimum(step[1:], cost[:-1] + 1.0 - row, out=step[1:])
        cost = np.minimum.accumulate(step - places) + places
    return float(round(cost[-1] / max(rows, columns), 4))
