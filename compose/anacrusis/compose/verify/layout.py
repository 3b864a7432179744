"""A plan laid out in ticks: its sections, and the tempos and keys that it states."""

from collections.abc import Iterator
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from ..key import Key
from ..meter import Meter
from ..plan import Plan
from ..plan_section import ChangeAt, SectionPlan
from ..rules.harmony import Modulation
from ..rules.places import bars_at
from .keys import new_key


class Stretch(NamedTuple):
    """A section of a plan: what changes in it, its meters, and the ticks at which its bars begin.

    bar_starts: one entry more than there are bars, the end of the last.
    """

    section: SectionPlan
    changes: dict[int, ChangeAt]
    meters: tuple[Meter, ...]
    bar_starts: tuple[int, ...]

    @property
    def start(self) -> int:
        """First tick."""
        return self.bar_starts[0]

    @property
    def end(self) -> int:
        """First tick after the section."""
        return self.bar_starts[-1]

    @property
    def model(self) -> str | None:
        """Name of the section whose music comes back here, as it was or varied."""
        return self.section.reprise or self.section.vary


def lay_out(plan: Plan) -> list[Stretch]:
    """The sections of a plan in ticks."""
    stretches: list[Stretch] = []
    first: dict[str, Stretch] = {}
    meter, tick = plan.meter, plan.pickup
    for section in plan.sections:
        changes = {change.bar: change for change in section.changes}
        model = section.reprise or section.vary
        if not changes and model is not None:
            changes = first[model].changes
        meter = section.meter or meter
        meters = []
        for bar in range(1, section.bars + 1):
            meter = (bar in changes and changes[bar].meter) or meter
            meters.append(meter)
        starts = tuple(accumulate((m.ticks for m in meters), initial=tick))
        stretches.append(Stretch(section, changes, tuple(meters), starts))
        first.setdefault(section.name, stretches[-1])
        tick = starts[-1]
    return stretches


def tempo_points(plan: Plan) -> list[tuple[int, float | None]]:
    """Ticks, in order, at which a plan may state a tempo, and the tempo; None: it says nothing."""
    return [(0, plan.tempo), *((tick, change.tempo) for tick, change in _changes(plan))]


def key_points(plan: Plan) -> list[tuple[int, Key | None]]:
    """Ticks, in order, at which a plan may state a key, and the key; None: it says nothing.

    It is stated at sections, at changes within them, and by modulations; where such a one stands in
    relation to a key before that is open, so is the new key.
    """
    rows: list[tuple[int, Key | Modulation | None]] = [(0, plan.key)]
    layout = plan.layout
    for rule in plan.rules:
        if isinstance(rule, Modulation):
            bars = bars_at(rule.place, layout.sections, len(layout.bars), bool(plan.pickup))
            rows.append((layout.bar_starts[bars.start], rule))
    # At one tick these come last: a modulation goes from the key before.
    rows += [(tick, change.key) for tick, change in _changes(plan)]
    points: list[tuple[int, Key | None]] = []
    before: Key | None = None  # what held until the tick, from where modulations go
    held, last = None, -1
    for tick, stated in sorted(rows, key=itemgetter(0)):
        before, last = (before if tick == last else held), tick
        key = new_key(stated, before) if isinstance(stated, Modulation) else stated
        held = key or held
        points.append((tick, key))
    return points


def _changes(plan: Plan) -> Iterator[tuple[int, SectionPlan | ChangeAt]]:
    """Ticks at which sections begin, or something changes within them, and what is said there."""
    for stretch in lay_out(plan):
        yield stretch.start, stretch.section
        for bar, change in sorted(stretch.changes.items()):
            yield stretch.bar_starts[bar - 1], change
