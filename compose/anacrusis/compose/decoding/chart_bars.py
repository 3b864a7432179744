"""The bars of a chart while it is written, and the chords that sound before any of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..key import Key
from ..meter import Meter
from ..plan import ChordAt, Plan

LAST, BEFORE = -1, -2
"""Of a bar whose chords are open: its last chord, and the one of another root before that."""


@dataclass
class ChartBar:
    """What a chart says of one bar.

    section: name of the one that begins here. chords: those that are stated, perhaps with choices.
    key, tempo: what begins here; held: the key that holds. model: the earlier bar whose chords come
    back. written: the chords of the bar, once it is written.
    """

    meter: Meter
    section: str | None = None
    chords: tuple[ChordAt, ...] | None = None
    key: Key | None = None
    tempo: float | None = None
    held: Key | None = None
    model: int | None = None
    written: list[ChordAt] = field(default_factory=list)


class Spot(NamedTuple):
    """A chord of a chart: its bar, and its place there, or `LAST` or `BEFORE`."""

    bar: int
    place: int


class Heard(NamedTuple):
    """A chord in the order of the music. since: the tick of its bar from which it sounds; 0 also
    where that is not known. bar: the bar of the piece in which it begins."""

    spot: Spot
    bar: int
    since: int


def chart_bars(plan: Plan) -> list[ChartBar]:
    """The full bars of a plan, nothing written yet."""
    bars: list[ChartBar] = []
    begins: dict[str, int] = {}
    for index, row in enumerate(plan.bar_plans):
        section = plan.sections[row.section]
        bar = ChartBar(row.meter, held=row.key)
        bar.key = row.key if row.new_key else None
        bar.tempo = row.tempo if row.new_tempo else None
        if row.place == 0:
            bar.section = section.name
            begins.setdefault(section.name, index)
        if section.harmony_of is not None:
            bar.model = begins[section.harmony_of] + row.place
        elif section.chords is not None:
            bar.chords = section.chords[row.place]
        bars.append(bar)
    bars[0].key = bars[0].key or plan.key
    bars[0].tempo = bars[0].tempo or plan.tempo
    return bars


def source(bars: Sequence[ChartBar], index: int) -> int:
    """The bar whose chords a bar has: itself, unless it repeats those of another."""
    model = bars[index].model
    while model is not None:
        index, model = model, bars[model].model
    return index


def backwards(bars: Sequence[ChartBar], index: int) -> Iterator[Heard]:
    """The chords of a bar and before it, from the last one that sounds in it backwards.

    It ends with the first bar that is open, whose chords are not known, or with the music.
    """
    while index >= 0:
        found = source(bars, index)
        chords = bars[found].chords
        if chords is None:
            yield Heard(Spot(found, LAST), index, 1)
            yield Heard(Spot(found, BEFORE), index, 0)
            return
        for place in reversed(range(len(chords))):
            yield Heard(Spot(found, place), index, chords[place].tick)
        if not chords or chords[0].tick > 0:
            # What repeats a section begins with the chord that was held where that one began.
            while (model := bars[index].model) is not None and bars[index].section is not None:
                index = model
        index -= 1
