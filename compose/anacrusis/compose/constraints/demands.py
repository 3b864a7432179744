"""From a plan's rules to what each track is asked for: tables and courses."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
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
    CountCourse,
    LeapCourse,
    RequireCourse,
    RestCourse,
    ShapeCourse,
    ShareCourse,
    SignsCourse,
    TuneCourse,
)
from .doubled import Double, chained, share_courses, share_tables
from .hands import WIND_BREATH, compass, is_wind
from .pitchset import ALL, PitchSet, pitch_set
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


class Demands(NamedTuple):
    """What rules ask for: of single tracks (by track index), of pairs, and of tracks that double.

    silent: bars in which a track is to be silent, by track index.
    """

    terms: Mapping[int, Terms]
    pairs: Sequence[Pair]
    doubles: Sequence[Double]
    silent: Mapping[int, frozenset[int]]

    def silent_of(self, ranks: Mapping[int, int]) -> dict[int, frozenset[int]]:
        """The silent bars of the tracks that are written, by rank."""
        return {ranks[place]: bars for place, bars in self.silent.items() if place in ranks}

    def blocked_of(
        self, ranks: Mapping[int, int], starts: Sequence[int]
    ) -> dict[int, frozenset[int]]:
        """By rank, the bars in which a track can strike nothing; starts: ticks of bar lines."""
        return {
            ranks[place]: frozenset(
                bar
                for bar in range(len(starts) - 1)
                if not any(terms.usable[starts[bar] : starts[bar + 1]])
            )
            for place, terms in self.terms.items()
            if place in ranks
        }

    def pauses(self, tracks: int) -> frozenset[int]:
        """Bars in which every track is to be silent."""
        if len(self.silent) < tracks:
            return frozenset()
        return frozenset.intersection(*self.silent.values())


class _Compiler:
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
        """The stretches of ticks that sections cut bars into, where their music is written."""
        found = set()
        for section in self.score.sections or ():
            first, stop = max(bars.start, section.bar), min(bars.stop, section.bar + section.bars)
            if first < stop:
                first, last = (self.copied.get(bar, bar) for bar in (first, stop - 1))
                found.add((self.starts[first], self.starts[last + 1]))
        if not self.score.sections and bars:
            found.add((self.starts[bars.start], self.starts[bars.stop]))
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
            for bar in written:
                low, high = terms.counts.get(bar, (0, 127))
                terms.counts[bar] = max(low, rule.low), min(high, rule.high)
        elif isinstance(rule, Rhythm):
            self._rhythm(terms, rule, bars)
        elif isinstance(rule, Silent):
            self._silent(terms, place, written)
        elif isinstance(rule, Tessitura):
            for bar in written:
                terms.shares[bar] = terms.shares.get(bar, ALL) & pitch_set(rule.within)
        elif isinstance(rule, Voices):
            for bar in written:
                low, high = terms.voices.get(bar, (1, 16))
                terms.voices[bar] = max(low, rule.low), min(high, rule.high)
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


@lru_cache(maxsize=20_000)
def _loud(level: float) -> int:
    """The velocities, as a set, that are near enough to a level."""
    near = range(max(int(level) - TOLERANCE - 1, 1), min(int(level) + TOLERANCE + 2, 128))
    return sum(1 << v for v in near if abs(v - level) <= TOLERANCE)


def demands_of(
    rules: Sequence[Rule],
    score: Score,
    plans: Sequence[TrackPlan],
    chords: ChordGuarantee,
    copied: Mapping[int, int],
    ended: Sequence[int] = (),
    asked: Collection[int] = (),
) -> Demands:
    """What rules ask for.

    score: bars, sections and the chord lane. chords: the guarantee without the habits of an ending.
    copied: bar -> the earlier bar whose music it repeats. ended: ticks at which, by these habits,
    nothing begins. asked: tracks that have terms though no rule is about them.
    """
    compiler = _Compiler(score, plans, chords, copied, ended)
    for rule in rules:
        compiler.add(rule)
    for place in asked:
        compiler.of(place)
    for terms in compiler.terms.values():
        _settle(compiler, terms)
    doubles = chained(compiler.doubles)
    for double in doubles:
        share_tables(compiler.terms, double, compiler.starts)
    for place, terms in compiler.terms.items():
        _finish(compiler, place, terms)
    _keep_still(compiler, doubles)
    for double in doubles:
        share_courses(compiler.terms, double, compiler.starts)
    silent = {place: frozenset(bars) for place, bars in compiler.silent.items()}
    return Demands(compiler.terms, compiler.pairs, compiler.doubles, silent)


def _keep_still(compiler: _Compiler, doubles: Sequence[Double]) -> None:
    """Tracks that sound alike in octaves or fifths, and may have no parallels, repeat one pitch."""
    for double in doubles:
        both = {double.leader, double.follower}
        for pair in compiler.pairs if double.interval % 12 in (0, 7) else ():
            if pair.parallels and {pair.upper, pair.lower} == both:
                for bar in pair.bars & double.bars:
                    stop = bar + 2 if bar + 1 in pair.bars & double.bars else bar + 1
                    for first, last in compiler.spans(range(bar, stop)):
                        course = LeapCourse(first, last, 0)
                        compiler.terms[double.leader].courses.append(course)


def _settle(compiler: _Compiler, terms: Terms) -> None:
    """In which bars a track is a line, by its own rules and its plan."""
    if terms.plan.role != "drums":
        terms.lined |= {bar for bar, (_, high) in terms.voices.items() if high == 1}
        if terms.plan.polyphony == 1:
            terms.lined = set(range(len(compiler.score.bars)))
        for span, wanted in terms.wanted:
            if not all(_fits(compiler, terms, span, pitches) for pitches in wanted):
                terms.lined.update(span)  # what is never a chord tone a line passes through


def _finish(compiler: _Compiler, place: int, terms: Terms) -> None:
    """What follows from all rules of a track together, and from its plan."""
    plan, starts = terms.plan, compiler.starts
    bars = range(len(compiler.score.bars))
    for bar, (low, high) in terms.voices.items():
        terms.most.update(dict.fromkeys(compiler.ticks(bar), high))
        terms.least.update(dict.fromkeys(compiler.ticks(bar), low))
        if low > (1 if bar in terms.lined else min(high, plan.polyphony)):
            for tick in compiler.ticks(bar):
                terms.usable[tick] = False  # so many cannot sound; none need to
    if plan.role != "drums":
        for tick in {*terms.narrowed, *terms.least}:
            begins = terms.pitches_at(tick) & compiler.chords.begins(tick, terms.is_bass(tick))
            terms.usable[tick] &= begins.bit_count() >= terms.least.get(tick, 1)
    ended = compiler.ended
    if plan.role != "drums" and terms.must.isdisjoint(ended) and _closes(compiler, terms):
        for tick in ended:
            if terms.usable[tick]:
                terms.habit.add(tick)
                terms.usable[tick] = False
    else:
        terms.closes = plan.role == "drums"
    for bar in terms.lined:
        start, end = starts[bar], starts[bar + 1]
        room = sum(terms.usable[start:end])
        if bar in terms.counts:
            terms.courses.append(CountCourse(start, end, *terms.counts[bar], room))
        if bar in terms.shares:
            terms.courses.append(ShareCourse(start, end, terms.shares[bar], room))
    for bar in terms.shares.keys() - terms.lined:
        terms.narrow(compiler.ticks(bar), terms.shares[bar])  # all of them, where several sound
    for span, wanted in terms.wanted:
        if terms.lined.issuperset(span):
            course = RequireCourse(starts[span.start], starts[span.stop], wanted)
            terms.courses.append(course)
        else:
            _place_wanted(compiler, terms, span, wanted)
    if plan.rest is not None and plan.role != "drums":
        silent = compiler.silent.get(place, set())
        for first, last in _runs(compiler, terms.lined - silent):
            mixed = len(terms.lined) < len(bars)
            if mixed and not any(terms.usable[starts[first] : starts[last + 1]]):
                continue  # the bars before see to it
            opens = any(section.bar == first for section in compiler.score.sections)
            fresh = opens or first - 1 in silent
            begin = 0 if fresh else plan.rest  # the bars before are no line: as if they rested
            terms.courses.append(RestCourse(starts[first], starts[last + 1], plan.rest, begin))
    borders = {bar for bar in bars if (bar in terms.lined) != (bar - 1 in terms.lined)}
    terms.stops |= {starts[bar] for bar in borders}
    lined_musts = {t for t in terms.must if compiler.score.bar_at(t) in terms.lined}
    terms.must_stop = sorted(lined_musts)
    for tick in lined_musts & terms.hits.keys():
        for pitches in terms.hits[tick]:
            terms.narrow([tick], pitches)


def _closes(compiler: _Compiler, terms: Terms) -> bool:
    """Whether the bars that end the piece have the onsets they need before their last stand."""
    ended = set(compiler.ended)
    for bar in {compiler.score.bar_at(tick) for tick in ended}:
        ticks = [tick for tick in compiler.ticks(bar) if terms.usable[tick]]
        left = sum(tick not in ended for tick in ticks)
        if left < max(terms.counts.get(bar, (0, 0))[0], bool(ticks)):
            return False
    return True


def _runs(compiler: _Compiler, among: Collection[int]) -> Iterator[tuple[int, int]]:
    """First and last bars of the stretches within sections that are written and among some."""
    for section in compiler.score.sections:
        if compiler.copied.get(section.bar, section.bar) != section.bar:
            continue
        bars = range(section.bar, section.bar + section.bars)
        for inside, group in groupby(bars, key=lambda bar: bar in among):
            run = list(group)
            if inside:
                yield run[0], run[-1]


def _fits(compiler: _Compiler, terms: Terms, bars: range, pitches: PitchSet) -> list[int]:
    """The ticks at which one of some pitches can be struck as a chord tone."""
    starts, chords = compiler.starts, compiler.chords
    return [
        tick
        for tick in range(starts[bars.start], starts[bars.stop])
        if terms.usable[tick]
        and pitches & terms.pitches_at(tick) & chords.ground_or_tones(tick, terms.is_bass(tick))
    ]


def _place_wanted(
    compiler: _Compiler, terms: Terms, bars: range, wanted: Sequence[PitchSet]
) -> None:
    """Where a track of several voices strikes pitches that must come: two thirds into the span."""
    starts = compiler.starts
    first, last = starts[bars.start], starts[bars.stop]
    ticks = [tick for tick in range(first, last) if terms.usable[tick]]
    ticks.sort(key=lambda tick: abs(3 * (tick - first) - 2 * (last - first)))
    for pitches in wanted:
        fit = set(_fits(compiler, terms, bars, pitches))
        apart = (tick for tick in ticks if tick in fit and tick not in terms.hits)
        place = next(apart, next((tick for tick in ticks if tick in fit), first))
        terms.must.add(place)
        terms.hits.setdefault(place, []).append(pitches)
