"""Cadences and pivots that a plan demands of its chords: whether they can be, and what they leave.

Each demand is about the last chords before a moment. What is stated has its value, what is open is
a variable; since a demand reaches back to another root at most, a search over these few variables
settles whether all demands can be kept, and which chords may still stand in a place.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..chord import Chord
from ..errors import PlanError
from ..key import Key
from ..plan import Plan
from ..rules.base import Rule
from ..rules.harmony import Cadence, Modulation
from ..rules.places import bars_at
from .cadences import approaches, arrives, belongs, every_chord
from .chart_bars import BEFORE, LAST, ChartBar, Heard, Spot, backwards, chart_bars
from .opening_key import opening_key

SEARCHED = 50_000
"""Chords that a search tries before it is given up; what is not found by then is refused."""
FARTHEST = 64
"""Chords, those of one root in a row aside, that a cadence looks back over."""

Values = dict[Spot, Chord]
"""Chords that are chosen."""


class Demand(NamedTuple):
    """A cadence in a bar, or the pivot before a modulation.

    bar: the last bar whose chords it is about, from 0. keys: in which key a cadence is, or the two
    that a pivot belongs to. kind: of the cadence; None for a pivot.
    """

    rule: Rule
    bar: int
    keys: tuple[Key, ...]
    kind: str | None


def demands_of(plan: Plan, rules: Iterable[Rule], bars: Sequence[ChartBar]) -> list[Demand]:
    """The demands of rules on harmony, in the order of their bars."""
    layout, pickup = plan.layout, bool(plan.pickup)
    found = []
    for rule in rules:
        if not isinstance(rule, (Cadence, Modulation)):
            continue
        place = bars_at(rule.place, layout.sections, len(layout.bars), pickup)
        bar = place[-1] - pickup
        if isinstance(rule, Cadence):
            if bar < 0:
                raise PlanError(f"rule {str(rule)!r}: a pickup has no cadence; name a full bar")
            held = bars[bar].held
            found += [] if held is None else [Demand(rule, bar, (held,), rule.kind)]
        elif rule.how == "pivot":
            keys = (bars[bar - 1].held, bars[bar].held)
            known = tuple(key for key in keys if key is not None)
            found += [] if len(known) < 2 else [Demand(rule, bar - 1, known, None)]
    return sorted(found, key=lambda demand: demand.bar)


class ChartRules:
    """What a chart's harmony must do; `fix` tells it what has been written."""

    def __init__(self, bars: Sequence[ChartBar], demands: Iterable[Demand]) -> None:
        self.bars = bars
        self.demands = list(demands)
        self.values: Values = {}
        self._tried = 0
        self._links: dict[Spot, list[Demand]] = {}
        self._heard = {demand: self._before(demand) for demand in self.demands}
        self._spots = {demand: self._reach(demand) for demand in self.demands}

    def _before(self, demand: Demand) -> list[Heard]:
        """The chords that a demand may depend on, the last one first."""
        found: list[Heard] = []
        roots: list[int] = []  # of stated chords, as they change
        for heard in backwards(self.bars, demand.bar):
            options = self._options(heard.spot)
            if options is not None and len(options) == 1 and not options[0].is_none:
                if options[0].root_class in roots[-1:] and len(found) > 1:
                    continue
                roots.append(options[0].root_class)
            found.append(heard)
            if demand.kind is None or len(set(roots)) > 1 or len(found) == FARTHEST:
                break
        return found

    def _reach(self, demand: Demand) -> set[Spot]:
        """The open chords that a demand may depend on."""
        spots = [heard.spot for heard in self._heard[demand]]
        return {spot for spot in spots if len(self._options(spot) or (None, None)) > 1}

    def _options(self, spot: Spot) -> tuple[Chord, ...] | None:
        """The chords among which a stated one is; None where it is open."""
        chords = self.bars[spot.bar].chords
        return None if chords is None else chords[spot.place].options

    def _domain(self, spot: Spot, values: Values) -> Sequence[Chord]:
        if spot in values:
            return (values[spot],)
        return self._options(spot) or every_chord(self.bars[spot.bar].held or Key())

    def touches(self, bar: int) -> bool:
        """Whether a demand depends on the open chords of a bar."""
        return any(spot.bar == bar for spots in self._spots.values() for spot in spots)

    def fix(self, spot: Spot, chord: Chord) -> None:
        """Take note of a chord that is written."""
        self.values[spot] = chord

    def allowed(self, spot: Spot, chords: Iterable[Chord]) -> list[Chord]:
        """Those of the chords with which all demands can still be kept."""
        linked = self._linked(spot)
        if not linked:
            return list(chords)
        return [c for c in chords if self._possible(linked, {**self.values, spot: c})]

    def fits(self, values: Values) -> bool:
        """Whether all demands can be kept with these chords."""
        linked = [demand for spot in values for demand in self._linked(spot)]
        return self._possible(list(dict.fromkeys(linked)), {**self.values, **values})

    def cadences_at(self, bar: int) -> list[Demand]:
        """The cadences whose last chord is the last one of an open bar."""
        last = Spot(bar, LAST)
        return [d for d in self.demands if d.kind and last == self._heard[d][0].spot]

    def across(self, bar: int) -> bool:
        """Whether the chord before an open bar is the one before it wherever a demand is about it.

        It is not where a section that comes back begins with the bar, after another one.
        """
        spot = Spot(bar, BEFORE)
        places = [
            heard.bar
            for demand in self.demands
            if spot in self._spots[demand]
            for heard in self._heard[demand]
            if heard.spot == spot
        ]
        return all(place == bar or self.bars[place].section is None for place in places)

    def _linked(self, spot: Spot) -> list[Demand]:
        """The demands that a chord bears on, by way of others too."""
        if spot not in self._links:
            self._links[spot] = self._find_linked(spot)
        return self._links[spot]

    def _find_linked(self, spot: Spot) -> list[Demand]:
        spots, linked = {spot}, []
        rest = list(self.demands)
        while touched := [demand for demand in rest if spots & self._spots[demand]]:
            linked += touched
            rest = [demand for demand in rest if demand not in touched]
            spots.update(*(self._spots[demand] for demand in touched))
        return sorted(linked, key=lambda demand: demand.bar)

    def _possible(self, demands: Sequence[Demand], values: Values) -> bool:
        """Whether all of these demands can be kept together."""
        self._tried = 0

        def search(place: int, values: Values) -> bool:
            if place == len(demands):
                return True
            ways = self._ways(demands[place], values)
            return any(search(place + 1, {**values, **more}) for more in ways)

        return search(0, values)

    def _ways(self, demand: Demand, values: Values) -> Iterator[Values]:
        """Chords that keep a demand."""
        heard = self._heard[demand]
        if demand.kind is not None:
            yield from self._cadences(demand, demand.kind, heard, None, values)
        elif heard:
            for chord in self._domain(heard[0].spot, values):
                if not chord.is_none and all(belongs(chord, key) for key in demand.keys):
                    yield {heard[0].spot: chord}

    def _cadences(
        self, demand: Demand, kind: str, heard: list[Heard], last: Chord | None, values: Values
    ) -> Iterator[Values]:
        """Ways to a cadence; last: its last chord, once that is found among the later ones."""
        if not heard:
            return
        first, rest = heard[0], heard[1:]
        (key,) = demand.keys
        for chord in self._domain(first.spot, values):
            found: Chord | None = last
            self._tried += 1
            if self._tried > SEARCHED:
                return
            if last is None and chord.is_none:
                # The last chord that sounds in the bar may have ended before.
                if first.bar < demand.bar or first.since == 0:
                    continue
            elif last is None:
                if not arrives(kind, chord, key):
                    continue
                found = chord
            elif chord.is_none:
                continue
            elif chord.root_class != last.root_class:
                if approaches(kind, chord, key):
                    yield {first.spot: chord}
                continue
            for more in self._cadences(demand, kind, rest, found, {**values, first.spot: chord}):
                yield {first.spot: chord, **more}

    def check(self) -> None:
        """Raise `PlanError` where the demands cannot all be kept, with what is in the way."""
        for demand in self.demands:
            if not self._possible([demand], {}):
                raise PlanError(f"rule {str(demand.rule)!r} cannot be kept: {self._reason(demand)}")
        for demand in self.demands:
            spots = self._spots[demand]
            linked = self._linked(next(iter(spots))) if spots else []
            if linked and not self._possible(linked, {}):
                raise PlanError(self._conflict(linked))

    def _conflict(self, demands: list[Demand]) -> str:
        """Names a smallest set of demands that exclude one another."""
        least = list(demands)
        for demand in demands:
            fewer = [other for other in least if other is not demand]
            if not self._possible(fewer, {}):
                least = fewer
        rules = " and ".join(dict.fromkeys(repr(str(demand.rule)) for demand in least))
        numbers = sorted({spot.bar + 1 for demand in least for spot in self._spots[demand]})
        bars = ", ".join(map(str, numbers))
        return (
            f"rules {rules} contradict each other: no chords in bar {bars} keep "
            f"{'both' if len(least) == 2 else 'all'}; leave one out, or move it"
        )

    def _reason(self, demand: Demand) -> str:
        """Why one demand cannot be kept, and what would free it."""
        heard = self._heard[demand]
        if demand.kind is None:
            wanted = f"a chord of both {demand.keys[0]} and {demand.keys[1]}"
            names = self._names(demand, lambda c: all(belongs(c, key) for key in demand.keys))
            if not names:
                return f"{wanted} does not exist; modulate directly, or by way of another key"
            if not heard:
                return (
                    f"no chord sounds before bar {demand.bar + 2}; write {wanted} there ({names})"
                )
            return self._instead(heard[0], f"a pivot needs {wanted} there ({names})")
        (key,), kind = demand.keys, demand.kind
        what = f"{'an' if kind == 'authentic' else 'a'} {kind} cadence"
        ends = self._names(demand, lambda chord: arrives(kind, chord, key))
        lasting: list[Heard] = []
        for place, one in enumerate(heard):
            if not lasting and not any(arrives(kind, c, key) for c in self._domain(one.spot, {})):
                silent = all(c.is_none for c in self._domain(one.spot, {}))
                if silent and one.bar == demand.bar and one.since and place + 1 < len(heard):
                    continue
                return self._instead(one, f"{what} in {key} ends with {ends}, without a slash bass")
            lasting.append(one)
            chords = [chord for held in lasting for chord in self._domain(held.spot, {})]
            changes = len({chord.root_class for chord in chords}) > 1
            if len(lasting) > 1 and (changes or any(chord.is_none for chord in chords)):
                break
        leads = self._names(demand, lambda chord: approaches(kind, chord, key))
        if kind == "half":
            leads = "a chord of another root"
        if len(lasting) < 2:
            return (
                f"no chord comes before bar {demand.bar + 1}; {what} needs {leads} before its end"
            )
        return self._instead(lasting[-1], f"{what} in {key} needs {leads} there")

    def _instead(self, heard: Heard, needed: str) -> str:
        options = self._options(heard.spot) or ()
        has = " or ".join(map(str, options))
        where = f"bar {heard.bar + 1}"
        if heard.spot.bar != heard.bar:
            where += f" (as bar {heard.spot.bar + 1}, which it repeats)"
        return f"{where} has {has}; {needed}: change that chord, or leave it open"

    def _names(self, demand: Demand, fits: Callable[[Chord], bool]) -> str:
        key = demand.keys[-1]
        plain = [c for c in every_chord(key) if c.quality in ("maj", "min", "7", "dim") and fits(c)]
        return ", ".join(map(str, plain[:4]))


def chart_rules(plan: Plan, bars: Sequence[ChartBar]) -> ChartRules:
    """The rules of a plan whose key is known, and of its wishes those that go with them, the
    heaviest first.

    Raises `PlanError` where the rules cannot all be kept.
    """
    found = ChartRules(bars, demands_of(plan, plan.rules, bars))
    found.check()
    heaviest = sorted(plan.wishes, key=lambda wish: -wish.weight)
    cadences = [wish.rule for wish in heaviest if isinstance(wish.rule, Cadence)]
    for demand in (one for rule in cadences for one in demands_of(plan, [rule], bars)):
        more = ChartRules(bars, [*found.demands, demand])
        try:
            more.check()
        except PlanError:
            continue
        found = more
    return found


def check_harmony(plan: Plan) -> None:
    """Raise `PlanError` where the chords of a plan cannot keep its cadences and modulations.

    It names the rule, the bar, the chord that is in the way, and what would free it.
    """
    if not _has_harmony(plan):
        return
    key = opening_key(plan)
    if key is not None:
        plan = replace(plan, key=key)
        chart_rules(plan, chart_bars(plan))
    elif not possible_keys(plan):
        plan = replace(plan, key=Key())
        chart_rules(plan, chart_bars(plan))


def possible_keys(plan: Plan) -> list[Key]:
    """The major and minor keys in which a plan could begin and keep its rules on harmony."""
    return [
        key
        for mode in ("major", "minor")
        for key in (Key.from_class(tonic, mode) for tonic in range(12))
        if not _has_harmony(plan) or _can_begin(plan, key)
    ]


def _has_harmony(plan: Plan) -> bool:
    return any(isinstance(rule, (Cadence, Modulation)) for rule in plan.rules)


def _can_begin(plan: Plan, key: Key) -> bool:
    try:
        plan = replace(plan, key=key)
        chart_rules(plan, chart_bars(plan))
    except PlanError:
        return False
    return True
