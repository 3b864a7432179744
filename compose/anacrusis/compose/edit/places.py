"""Places of a song as people name them: tracks by name, bars by number, sections by name.

Bars are numbered from 1; a pickup is bar 0. Slices are Python's: ``bars[5:9]`` is bars 5, 6, 7, 8.
"""

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ..bounds import is_whole
from ..errors import EditError, PlanError
from ..rules.places import Bars, bars_at, parse_place
from ..rules.words import DASH, colons, listed, split_names, written
from ..score import Note, Score

Cell = tuple[str, int]
"""A bar of a track: its name, and the bar's index from 0."""
Cells = frozenset[Cell]

_SPAN = rf"(\d{{1,6}})(?:\s*{DASH}\s*(\d{{1,6}}))?"
_SPANS = re.compile(rf"(?:bars?\s+)?{_SPAN}(?:\s*,\s*{_SPAN})*")


@dataclass(frozen=True)
class Selection:
    """Some bars of some tracks.

    tracks: names, in the order of the score. numbers: bars as people count them. score: what they
    are in, for narrowing the selection.
    """

    tracks: tuple[str, ...]
    numbers: tuple[int, ...]
    score: Score | None = field(default=None, compare=False, repr=False)

    @property
    def bars(self) -> "BarsOf":
        """Its bars, to choose from: ``bars[3]``, ``bars[5:9]``, ``bars[-1]`` for the last one."""
        return BarsOf(self)

    def section(self, name: str) -> "Selection":
        """The bars of a section: ``chorus``, or ``chorus 2`` for the second of that name."""
        score = self._within
        if not isinstance(name, str):
            raise EditError(f"{name!r:.40} names no section; give its name, as 'chorus 2'")
        try:
            found = bars_at(parse_place(name), score.sections, len(score.bars), score.has_pickup)
        except PlanError as error:
            raise EditError(str(error)) from error
        return self.bars.of(score.bar_number(bar) for bar in found)

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes that begin in it, track by track."""
        score = self._within
        cells = self.cells(score)
        return tuple(
            note for track, note in score.notes() if (track.name, score.bar_at(note.onset)) in cells
        )

    def cells(self, score: Score) -> Cells:
        """Its bars in a score; `EditError` where the score has not all of them."""
        for name in self.tracks:
            check_track(score, name)
        lowest, last = numbers_of(score)
        for number in self.numbers:
            if not lowest <= number <= last:
                raise EditError(f"there is no bar {number}; bars: {lowest} to {last}")
        first = not score.has_pickup
        return frozenset((name, number - first) for name in self.tracks for number in self.numbers)

    @property
    def _within(self) -> Score:
        if self.score is None:
            raise EditError("this selection belongs to no song; take it from one, as song['piano']")
        return self.score

    def __str__(self) -> str:
        return f"{', '.join(map(written, self.tracks))}: bars {numbers_text(self.numbers)}"

    def to_data(self) -> dict[str, Any]:
        """As JSON values."""
        return {"tracks": list(self.tracks), "bars": numbers_text(self.numbers)}

    @staticmethod
    def from_data(data: Any) -> "Selection":
        """Undoes `to_data`."""
        return Selection(tuple(map(str, data["tracks"])), parse_numbers(str(data["bars"])))


@dataclass(frozen=True)
class BarsOf:
    """The bars of a selection, by number or slice, as people count them."""

    selection: Selection

    def __getitem__(self, key: int | slice) -> Selection:
        said = [key.start, key.stop, key.step] if isinstance(key, slice) else [key]
        bounds = [one for one in said if one is not None or not isinstance(key, slice)]
        if not all(is_whole(one, -math.inf) for one in bounds) or 0 in said[2:]:
            raise EditError(
                f"bars[{_slice_text(key)}]; allowed: whole numbers and slices of them; give "
                "bars[3], or bars[5:9] for bars 5, 6, 7 and 8"
            )
        lowest, last = numbers_of(self.selection._within)

        def counted_back(number: int) -> int:
            return number if number >= 0 else last + 1 + number

        if isinstance(key, slice):
            start = lowest if key.start is None else counted_back(key.start)
            stop = last + 1 if key.stop is None else counted_back(key.stop)
            numbers = range(start, stop, 1 if key.step is None else key.step)
        else:
            start = counted_back(key)
            numbers = range(start, start + 1)
        if not numbers:
            raise EditError(
                f"bars[{_slice_text(key)}] holds no bars; bars[5:9] is bars 5, 6, 7 and 8"
            )
        return self.of(numbers)

    def of(self, numbers: Iterable[int]) -> Selection:
        """The bars of these numbers."""
        chosen = tuple(sorted(set(numbers)))
        within = self.selection.numbers
        for number in chosen:
            if number not in within:
                low, high = within[0], within[-1]
                raise EditError(
                    f"bar {number} is not in bars {numbers_text(within)}; choose from {low} to "
                    f"{high} (the pickup is bar 0)"
                )
        return replace(self.selection, numbers=chosen)


def _slice_text(key: int | slice) -> str:
    if not isinstance(key, slice):
        return str(key)
    ends = [str(end) if end is not None else "" for end in (key.start, key.stop)]
    return ":".join(ends) + (f":{key.step}" if key.step is not None else "")


def numbers_of(score: Score) -> tuple[int, int]:
    """The number of the first bar (0 for a pickup) and of the last."""
    return score.bar_number(0), score.bar_number(len(score.bars) - 1)


def index_of(score: Score, number: int) -> int:
    """The index of a bar from its number; `EditError` where there is none."""
    lowest, last = numbers_of(score)
    if not is_whole(number, lowest, last):
        raise EditError(f"there is no bar {number!r}; bars: {lowest} to {last}")
    return number - lowest


def check_track(score: Score, name: str) -> int:
    """The place of the track of this name in a score; `EditError` names those there are."""
    names = [track.name for track in score.tracks]
    if name not in names:
        raise EditError(f"there is no track {name!r}; tracks: {listed(names)}")
    return names.index(name)


def whole(score: Score) -> Selection:
    """All bars of all tracks."""
    lowest, last = numbers_of(score)
    names = tuple(track.name for track in score.tracks)
    return Selection(names, tuple(range(lowest, last + 1)), score)


def tracks_of(score: Score, names: Iterable[str]) -> Selection:
    """All bars of some tracks."""
    places = sorted({check_track(score, name) for name in names})
    return replace(whole(score), tracks=tuple(score.tracks[place].name for place in places))


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def parse_selection(text: str, score: Score) -> Selection:
    """Read ``piano: bars 5-8``, ``piano, bass: chorus 2``, ``bars 5-8``, ``bass`` or ``all``.

    Names stand in quotes where commas or colons belong to them. The colon may be left out where the
    text begins with the name of a track: ``piano bars 5-8``.
    """
    if not isinstance(text, str) or not text.strip():
        raise EditError(
            f"{text!r:.40} names no place; give 'piano: bars 5-8', 'bass: chorus 2', 'bars 5-8', a "
            "track, or 'all'"
        )
    text = text.strip()
    names = [track.name for track in score.tracks]
    if text == "all":
        return whole(score)
    if text in names:
        return tracks_of(score, [text])
    if places := colons(text):
        who, where = text[: places[-1]].strip(), text[places[-1] + 1 :].strip()
        if who == "all":
            return _narrowed(whole(score), where)
        if chosen := _names(who, names):
            return _narrowed(tracks_of(score, chosen), where)
        raise EditError(f"{who!r} names no track; tracks: {listed(names)}")
    if chosen := _names(text, names):
        return tracks_of(score, chosen)
    for name in sorted(names, key=len, reverse=True):
        if text.startswith(f"{name} "):
            return _narrowed(tracks_of(score, [name]), text[len(name) :].strip())
    return _narrowed(whole(score), text)


def _names(text: str, names: list[str]) -> list[str]:
    """The tracks that a text names; none where it names something else too."""
    if text in names:
        return [text]
    split = list(split_names(text))
    return split if all(name in names for name in split) else []


def _narrowed(selection: Selection, where: str) -> Selection:
    if _SPANS.fullmatch(where):
        return selection.bars.of(parse_numbers(re.sub(r"bars?", "", where)))
    return selection if where in ("", "all") else selection.section(where)


def parse_numbers(text: str) -> tuple[int, ...]:
    """Read the numbers of bars: ``5-8, 12``.

    >>> parse_numbers("5-8, 12")
    (5, 6, 7, 8, 12)
    """
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(_SPAN, part.strip())
        if not match:
            raise EditError(f"bars {text!r} cannot be read; write them like 5-8, 12")
        span = Bars(int(match[1]), int(match[2] or match[1]))
        found.update(range(span.first, span.last + 1))
    return tuple(sorted(found))


def numbers_text(numbers: Iterable[int]) -> str:
    """Numbers of bars as text, undone by `parse_numbers`.

    >>> numbers_text([5, 6, 7, 8, 12])
    '5-8, 12'
    """
    return ", ".join(
        str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs(numbers)
    )


def runs(bars: Iterable[int]) -> list[range]:
    """Numbers of bars as stretches of such as follow one another, in order.

    >>> runs([12, 5, 6, 7])
    [range(5, 8), range(12, 13)]
    """
    found: list[range] = []
    for bar in sorted(set(bars)):
        if found and found[-1].stop == bar:
            found[-1] = range(found[-1].start, bar + 1)
        else:
            found.append(range(bar, bar + 1))
    return found


def cells_text(score: Score, cells: Iterable[Cell]) -> str:
    """Cells in words: ``piano in bars 5-8``."""
    by_track: dict[str, list[int]] = {}
    for name, bar in sorted(cells, key=lambda cell: (check_track(score, cell[0]), cell[1])):
        by_track.setdefault(name, []).append(score.bar_number(bar))
    return "; ".join(
        f"{name} in {'bar' if len(bars) == 1 else 'bars'} {numbers_text(bars)}"
        for name, bars in by_track.items()
    )
