"""From one rule after another to what each track is asked for: tables and courses."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from ..meter import TICKS_PER_QUARTER
from ..plan import TrackPlan
from ..rules.base import Rule
from ..rules.counterpoint import Between, NoCrossing, NoParallels, Spacing
from ..rules.drums import HAT, KICK, SNARE, DrumPattern
from ..rules.dynamics import TOLERANCE, Dynamics
from ..rules.line import Breath, Contour, Leap, Line, Melody
from ..rules.pitches import PitchRule, Require, Tessitura
from ..rules.places import bars_at
from ..rules.rhythm import Grid, Onsets, Rhythm, Silent
from ..rules.texture import Doubling, Playable, Voices
from ..rules.tones import pitches_of
from ..score import Score
from .chords import ChordGuarantee
from .courses import (
    LeapCourse,
    ShapeCourse,
    SignsCourse,
    TuneCourse,
)
from .doubled import Double
from .hands import WIND_BREATH, compass, is_wind
from .pitchset import ALL, pitch_set
from .terms import Terms

_SHAPES = {"up": (1,), "down": (-1,), "arch": (1, -1), "valley": (-1, 1)}


class Pair(NamedTuple):
    """Two voices and what holds between them in some bars. upper, lower: track indices.

    parallels: whether none may be. crossing: whether they keep their order. apart: most semitones
    between them, or None.
    """

    upper: int
    lower: int
    bars: frozenset[int]
    parallels: bool = False
    crossing: bool = False
    apart: int | None = None


class Compiler:
    """Compiles rules; holds what they all go by."""

    def __init__(
        self,
        score: Score,
        plans: Sequence[TrackPlan],
        chords: ChordGuarantee,
        copied: Mapping[int, int],
        ended: Sequence[int],
    ) -> None:
        self.score, self.plans, self.chords, self.copied = score, plans, chords, copied
        self.ended = ended
        self.starts = score.bar_starts
        self.terms: dict[int, Terms] = {}
        self.pairs: list[Pair] = []
        self.doubles: list[Double] = []
        self.silent: dict[int, set[int]] = {}
        self.pickup = score.has_pickup

    def of(self, place: int) -> Terms:
        """The terms of a track, new ones at first."""
        if place not in self.terms:
            plan = self.plans[place]
            usable = self.chords.grid[: self.score.ticks]
            self.terms[place] = Terms(plan, self.chords.reach(plan), [*usable, False], self.starts)
        return self.terms[place]

    def bars(self, rule: Rule) -> range:
        """The bars of a rule's place."""
        score = self.score
        return bars_at(rule.place, score.sections, len(score.bars), self.pickup)

    def written(self, bars: Collection[int]) -> list[int]:
        """Bars whose music these have: of those that repeat earlier ones, the earlier ones."""
        return sorted({self.copied.get(bar, bar) for bar in bars})

    def ticks(self, bar: int) -> range:
        """The ticks of a bar."""
        return range(self.starts[bar], self.starts[bar + 1])

    def spans(self, bars: range) -> Iterator[tuple[int, int]]:
        """The stretches of ticks that sections cut bars into, where their music is written; a
        pickup is one of its own."""
        found = set()
        cuts = sorted({0, *(section.bar for section in self.score.sections), len(self.score.bars)})
        for start, end in pairwise(cuts):
            first, stop = max(bars.start, start), min(bars.stop, end)
            if first < stop:
                first, last = (self.copied.get(bar, bar) for bar in (first, stop - 1))
                found.add((self.starts[first], self.starts[last + 1]))
        return iter(sorted(found))

    def add(self, rule: Rule) -> None:
        """Compile one rule."""
        bars, places = self.bars(rule), rule.concerns(self.plans)
        if isinstance(rule, Between):
            self._between(rule, places, bars)
        elif isinstance(rule, Doubling):
            leader = next(i for i, plan in enumerate(self.plans) if plan.name == rule.leader)
            for place in places:
                bars_written = frozenset(self.written(bars))
                self.doubles.append(Double(place, leader, rule.interval, bars_written))
                self.of(place)  # both have terms, if only to share them
                self.of(leader)
        else:
            for place in places:
                self._track(rule, place, bars)

    def _track(self, rule: Rule, place: int, bars: range) -> None:
        terms, written = self.of(place), self.written(bars)
        if rule.one_at_a_time:
            terms.lined.update(written)
        if isinstance(rule, PitchRule):
            for bar in written:
                terms.narrow(self.ticks(bar), pitch_set(rule.allowed))
        elif isinstance(rule, Grid):
            self._grid(terms, rule, written)
        elif isinstance(rule, Onsets):
            _bound(terms.counts, written, rule, (0, 127))
        elif isinstance(rule, Rhythm):
            self._rhythm(terms, rule, bars)
        elif isinstance(rule, Silent):
            self._silent(terms, place, written)
        elif isinstance(rule, Tessitura):
            for bar in written:
                terms.shares[bar] = terms.shares.get(bar, ALL) & pitch_set(rule.within)
        elif isinstance(rule, Voices):
            _bound(terms.voices, written, rule, (1, 16))
        elif isinstance(rule, Playable):
            self._playable(terms, bars, written)
        elif isinstance(rule, DrumPattern):
            self._drums(terms, rule, written)
        elif isinstance(rule, Dynamics):
            self._dynamics(terms, rule, bars)
        elif isinstance(rule, Require):
            terms.wanted.append((bars, [pitch_set(pitches) for pitches in rule.wanted]))
        elif isinstance(rule, Line):
            self._line(terms, rule, bars)

    def _line(self, terms: Terms, rule: Rule, bars: range) -> None:
        start, end = self.starts[bars.start], self.starts[bars.stop]
        if isinstance(rule, Leap):
            for first, last in self.spans(bars):
                terms.courses.append(LeapCourse(first, last, rule.semitones))
        elif isinstance(rule, Breath):
            for first, last in self.spans(bars):
                terms.breaths.append((first, last, rule.ticks))
        elif isinstance(rule, Contour):
            signs = rule.signs
            terms.courses.append(
                ShapeCourse(start, end, _SHAPES[rule.shape])
                if signs is None
                else SignsCourse(start, end, signs)
            )
        elif isinstance(rule, Melody):
            tones = [pitch_set(pitches_of(name)) for name in rule.named]
            terms.courses.append(TuneCourse(start, end, tones))

    def _grid(self, terms: Terms, rule: Grid, bars: Sequence[int]) -> None:
        unit = rule.ticks
        for bar in bars:
            origin = self.starts[bar] - self.score.lead(bar)
            for tick in self.ticks(bar):
                terms.usable[tick] &= (tick - origin) % unit == 0

    def _rhythm(self, terms: Terms, rule: Rhythm, bars: range) -> None:
        times = dict(rule.times(self.starts[bars.start], self.starts[bars.stop]))
        for bar in bars:
            moved = self.starts[self.copied.get(bar, bar)] - self.starts[bar]
            for tick in self.ticks(bar):
                place, lasting = tick + moved, times.get(tick)
                if lasting is None:
                    terms.usable[place] = False
                    continue
                terms.must.add(place)
                if terms.lasts.setdefault(place, lasting) != lasting and not terms.is_drums:
                    terms.usable[place] = False  # two rhythms that differ

    def _silent(self, terms: Terms, place: int, bars: Sequence[int]) -> None:
        self.silent.setdefault(place, set()).update(bars)
        for bar in bars:
            terms.stops.add(self.starts[bar])
            for tick in self.ticks(bar):
                terms.usable[tick] = False

    def _playable(self, terms: Terms, bars: range, written: Sequence[int]) -> None:
        if is_wind(terms.plan.program):
            terms.lined.update(written)
            for first, last in self.spans(bars):
                terms.breaths.append((first, last, WIND_BREATH * TICKS_PER_QUARTER))
        else:
            program = terms.plan.program
            for bar in written:
                terms.playable[bar] = frozenset({(program, 0)})
                terms.narrow(self.ticks(bar), compass(program))

    def _drums(self, terms: Terms, rule: DrumPattern, bars: Sequence[int]) -> None:
        for bar in bars:
            if self.score.bars[bar].length is not None:
                continue
            groove, start = rule.groove(self.score.bars[bar].meter), self.starts[bar]
            parts = (
                (KICK, groove.kick, groove.kick_too),
                (SNARE, groove.snare, groove.snare_too),
            )
            for drums, wanted, allowed in parts:
                places = {start + 3 * sixteenth for sixteenth in (*wanted, *allowed)}
                elsewhere = [tick for tick in self.ticks(bar) if tick not in places]
                terms.narrow(elsewhere, ALL & ~pitch_set(drums))
            for drums, wanted in ((KICK, groove.kick), (SNARE, groove.snare), (HAT, groove.hat)):
                for sixteenth in wanted:
                    tick = start + 3 * sixteenth
                    terms.must.add(tick)
                    terms.hits.setdefault(tick, []).append(pitch_set(drums))

    def _dynamics(self, terms: Terms, rule: Dynamics, bars: range) -> None:
        first, last = self.starts[bars.start], self.starts[bars.stop]
        for bar in bars:
            moved = self.starts[self.copied.get(bar, bar)] - self.starts[bar]
            for tick in self.ticks(bar):
                loud = _loud(rule.level((tick - first) / (last - first)))
                place = tick + moved
                terms.loud[place] = terms.loud.get(place, -1) & loud

    def _between(self, rule: Between, places: Sequence[int], bars: range) -> None:
        written = frozenset(self.written(bars))
        for place in places:
            self.of(place).lined.update(written)
            if not isinstance(
                rule, NoParallels
            ):  # what is held into the span would be out of sight
                begins = {bar for bar in written if bar - 1 not in written}
                self.of(place).stops |= {self.starts[bar] for bar in begins}
        for first, upper in enumerate(places):
            for second in range(first + 1, len(places)):
                pair = Pair(upper, places[second], written)
                neighbours = second == first + 1
                if isinstance(rule, NoParallels):
                    self.pairs.append(pair._replace(parallels=True))
                elif isinstance(rule, NoCrossing):
                    self.pairs.append(pair._replace(crossing=True))
                elif isinstance(rule, Spacing) and neighbours:
                    lowest = second == len(places) - 1 and len(places) > 2
                    self.pairs.append(pair._replace(apart=rule.semitones + 12 * lowest))


def _bound(
    bounds: dict[int, tuple[int, int]],
    bars: Sequence[int],
    rule: Onsets | Voices,
    widest: tuple[int, int],
) -> None:
    """Bring the bounds of some bars within those of a rule; widest: where there are none yet."""
    for bar in bars:
        low, high = bounds.get(bar, widest)
        bounds[bar] = max(low, rule.low), min(high, rule.high)


@lru_cache(maxsize=20_000)
def _loud(level: float) -> int:
    """The velocities, as a set, that are near enough to a level."""
    near = range(max(int(level) - TOLERANCE - 1, 1), min(int(level) + TOLERANCE + 2, 128))
    return sum(1 << v for v in near if abs(v - level) <= TOLERANCE)
