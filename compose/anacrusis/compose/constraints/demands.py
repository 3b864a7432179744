"""What all rules of a plan ask for together, of tracks, of pairs, and of tracks that double."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from ..plan import TrackPlan
from ..rules.base import Rule
from ..score import Score
from .chords import ChordGuarantee
from .compiler import Compiler, Pair
from .courses import (
    CountCourse,
    LeapCourse,
    RequireCourse,
    RestCourse,
    ShareCourse,
)
from .doubled import Double, chained, share_courses, share_tables
from .pitchset import PitchSet
from .terms import Terms


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
    compiler = Compiler(score, plans, chords, copied, ended)
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


def _keep_still(compiler: Compiler, doubles: Sequence[Double]) -> None:
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


def _settle(compiler: Compiler, terms: Terms) -> None:
    """In which bars a track is a line, by its own rules and its plan."""
    if terms.plan.role != "drums":
        terms.lined |= {bar for bar, (_, high) in terms.voices.items() if high == 1}
        if terms.plan.polyphony == 1:
            terms.lined = set(range(len(compiler.score.bars)))
        for span, wanted in terms.wanted:
            if not all(_fits(compiler, terms, span, pitches) for pitches in wanted):
                terms.lined.update(span)  # what is never a chord tone a line passes through


def _finish(compiler: Compiler, place: int, terms: Terms) -> None:
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


def _closes(compiler: Compiler, terms: Terms) -> bool:
    """Whether the bars that end the piece have the onsets they need before their last stand."""
    ended = set(compiler.ended)
    for bar in {compiler.score.bar_at(tick) for tick in ended}:
        ticks = [tick for tick in compiler.ticks(bar) if terms.usable[tick]]
        left = sum(tick not in ended for tick in ticks)
        if left < max(terms.counts.get(bar, (0, 0))[0], bool(ticks)):
            return False
    return True


def _runs(compiler: Compiler, among: Collection[int]) -> Iterator[tuple[int, int]]:
    """First and last bars of the stretches within sections that are written and among some."""
    for section in compiler.score.sections:
        if compiler.copied.get(section.bar, section.bar) != section.bar:
            continue
        bars = range(section.bar, section.bar + section.bars)
        for inside, group in groupby(bars, key=lambda bar: bar in among):
            run = list(group)
            if inside:
                yield run[0], run[-1]


def _fits(compiler: Compiler, terms: Terms, bars: range, pitches: PitchSet) -> list[int]:
    """The ticks at which one of some pitches can be struck as a chord tone."""
    starts, chords = compiler.starts, compiler.chords
    return [
        tick
        for tick in range(starts[bars.start], starts[bars.stop])
        if terms.usable[tick]
        and pitches & terms.pitches_at(tick) & chords.ground_or_tones(tick, terms.is_bass(tick))
    ]


def _place_wanted(
    compiler: Compiler, terms: Terms, bars: range, wanted: Sequence[PitchSet]
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
