"""Where a rule holds: bars as people count them, or a section by its name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..bounds import is_whole
from ..errors import PlanError
from ..score import Section
from ..wording import check_line, did_you_mean
from .words import QUOTED, TO, in_quotes, listed, unquoted, written

MOST = 9999
"""Largest number of a bar or of a section that a rule may name."""
_BARS = re.compile(rf"bars?\s+(\d{{1,4}})(?:\s*{TO}\s*(?:bar\s+)?(\d{{1,4}}))?", re.IGNORECASE)
_NUMBERED = re.compile(rf"({QUOTED})\s+(\d{{1,4}})")


@dataclass(frozen=True)
class Bars:
    """Bars `first` to `last`, both among them, counted from 1; the bar of a pickup is bar 0."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not (is_whole(self.first, 0) and is_whole(self.last, self.first, MOST)):
            raise PlanError(
                f"bars {self.first!r} to {self.last!r}; allowed: whole numbers from 0, the first "
                "one not after the last"
            )

    def __str__(self) -> str:
        return f"bar {self.first}" if self.first == self.last else f"bars {self.first}-{self.last}"


@dataclass(frozen=True)
class Named:
    """A section by its name; `number` tells which of several of that name, from 1."""

    section: str
    number: int = 1

    def __post_init__(self) -> None:
        check_line("section", self.section)
        if not is_whole(self.number, 1, MOST):
            raise PlanError(f"section {self.section!r} number {self.number!r}; allowed: 1, 2, ...")

    def __str__(self) -> str:
        if self.number == 1:
            return written(self.section)
        return f"{in_quotes(self.section)} {self.number}"


Place = Bars | Named


def parse_place(text: str) -> Place:
    """Read ``bar 5``, ``bars 5-8``, ``chorus`` or ``chorus 2``.

    ``chorus 2`` is the section of that very name where there is one, else the second ``chorus``;
    ``"chorus" 2`` is the second ``chorus`` in any case. In quotes stands also a name that would be
    read as something else: ``"bar 5"``.

    >>> parse_place("bars 5-8"), parse_place("chorus")
    (Bars(first=5, last=8), Named(section='chorus', number=1))
    """
    text = text.strip()
    if not text:
        raise PlanError("a place is empty; write bar 5, bars 5-8 or the name of a section")
    if match := _BARS.fullmatch(text):
        return Bars(int(match[1]), int(match[2] or match[1]))
    if match := _NUMBERED.fullmatch(text):
        return Named(unquoted(match[1]), int(match[2]))
    return Named(unquoted(text))


def bars_at(place: Place | None, sections: Sequence[Section], bars: int, pickup: bool) -> range:
    """Indices of a score's bars at a place; None: all of them.

    sections: those of the score, in order. bars: how many bars the score has, a pickup among them.
    Raises `PlanError` for a place that the score does not have.
    """
    if place is None:
        return range(bars)
    if isinstance(place, Bars):
        first, last = (bar if pickup else bar - 1 for bar in (place.first, place.last))
        if first < 0 or last >= bars:
            lowest = 0 if pickup else 1
            raise PlanError(f"{place} is outside the piece; allowed: {lowest} to {bars - pickup}")
        return range(first, last + 1)
    found = _named(place, sections)
    return range(found.bar, found.bar + found.bars)


def _named(place: Named, sections: Sequence[Section]) -> Section:
    name, number = place.section, place.number
    found = [section for section in sections if section.name == name]
    match = re.fullmatch(r"(.*\S)\s+(\d{1,4})", name)
    if match and number == 1 and not found:
        name, number = match[1], int(match[2])
        found = [section for section in sections if section.name == name]
    if not 1 <= number <= len(found):
        names = list(dict.fromkeys(section.name for section in sections))
        raise PlanError(
            f"there is no section {str(place)!r}; {did_you_mean(name, names) * (not found)}"
            f"sections: {listed(names)}; bars are written bar 5 or bars 5-8"
        )
    return found[number - 1]
