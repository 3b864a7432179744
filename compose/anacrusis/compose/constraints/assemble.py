"""All constraints that a document is written under, from its skeleton and its rules."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from ..quotes import Ceiling
from ..rules.base import Rule
from ..score import Note, Score
from ..tokens.vocabulary import MAX_DURATION
from .bars import BarCount
from .between import Doublings, Voicing
from .chords import ChordGuarantee
from .copies import Copies
from .courses import Course, RestCourse
from .demands import Demands, demands_of
from .ensembles import Ensembles
from .line import Line
from .lookahead import Impossible
from .loudness import Loudness
from .meter import BarGrid
from .openings import Openings
from .pitchset import Mask
from .polyphony import Polyphony
from .quotes import Quotes
from .range import Range
from .rests import Rests
from .silence import NoSilence
from .state import Constraint, State
from .terms import Terms
from .texture import Texture


def constraints_for(
    state: State,
    closing: Collection[int] = (),
    ceiling: Ceiling | None = None,
    rules: Sequence[Rule] = (),
    copied: Mapping[int, int] | None = None,
    varied: bool = False,
) -> tuple[Constraint, ...]:
    """All constraints that a document is written under.

    state: the document before its first token; its voices are told what rules ask of them.
    closing: bars that end the piece: the last one, and the one that it repeats, if it does.
    ceiling: how long quotes of training pieces may be; None: as long as they come. copied: bar ->
    the earlier bar whose music it repeats. varied: whether there are variations, which ask more of
    the tracks as they begin. Raises `ConstraintError` where what is asked contradicts itself so
    plainly that nothing can be looked ahead to.
    """
    skeleton = state.skeleton
    chords = ChordGuarantee(skeleton, closing)
    quotes = None if ceiling is None else Quotes(chords, *ceiling)
    note_rules = (Range(), Polyphony(), chords)
    basics = (BarCount(skeleton), BarGrid(skeleton))
    if not rules and not varied:
        openings = Openings(note_rules, chords, Rests(skeleton), quotes)
        return (*basics, NoSilence(skeleton), openings)
    ranks = {place: rank for rank, place in enumerate(state.places)}
    plans = {place: state.voices[rank].plan for place, rank in ranks.items()}
    known = [plans.get(place, plan) for place, plan in enumerate(state.plans)]
    free = ChordGuarantee(skeleton, chromatic=True)
    laxer = (ChordGuarantee(skeleton), free)
    ended = [tick for tick in range(skeleton.ticks) if chords.ended[tick]]
    asked = ranks if varied else ()
    demands = demands_of(rules, skeleton, known, free, copied or {}, ended, asked)
    lines = {}
    for place, terms in demands.terms.items():
        if place not in ranks:
            continue
        rank = ranks[place]
        state.voices[rank].terms = terms
        _give(state, rank, terms)
    check_rests(state, demands, ranks, copied or {})
    _hear(state, demands, ranks, copied or {})
    for place, terms in demands.terms.items():
        if place in ranks:
            check_tables(terms, skeleton.bar_starts)
        if place in ranks and terms.lined:
            lines[ranks[place]] = _line(terms, skeleton, state, (chords, *laxer))
    texture = Texture(skeleton, chords)
    voicing = Voicing(skeleton, demands.pairs, ranks)
    doublings = Doublings(demands.doubles, ranks, lambda bar, rank: state.is_given(rank, bar))
    blocked = demands.blocked_of(ranks, skeleton.bar_starts)
    rests = Rests(skeleton, demands.silent_of(ranks), blocked)
    openings = Openings(
        (*note_rules, texture), chords, rests, quotes, lines, texture, voicing,
        Copies(doublings), Ensembles(lines, voicing, doublings),
    )  # fmt: skip
    silence = NoSilence(skeleton, demands.pauses(len(skeleton.tracks)))
    return (*basics, silence, openings, Loudness())


def doubtful(state: State, rules: Sequence[Rule], copied: Mapping[int, int] | None = None) -> bool:
    """Whether rules ask for what look-ahead cannot tell to be possible.

    That is where a track of several voices could not be written as a line, or where voices keep
    rules with one another in a bar in which they must strike together.
    """
    skeleton = state.skeleton
    chords = ChordGuarantee(skeleton, chromatic=True)
    demands = demands_of(rules, skeleton, state.plans, chords, copied or {})
    for terms in demands.terms.values():
        if terms.is_drums or len(terms.lined) == len(skeleton.bars):
            continue
        alone = terms.as_line(skeleton.bar_starts)
        line = Line(alone, chords, alone.courses, skeleton.bar_starts, state.section_ends)
        if not line.possible:
            return True
    return any(
        demands.terms[pair.upper].must and demands.terms[pair.lower].must
        for pair in demands.pairs
        if pair.apart is not None or pair.crossing
    )


def check_tables(terms: Terms, starts: Sequence[int]) -> None:
    """Raise `Impossible` where the tables of a track contradict one another by themselves."""
    crowded = any(
        not low <= min(high, sum(terms.usable[starts[bar] : starts[bar + 1]]))
        or high < sum(starts[bar] <= tick < starts[bar + 1] for tick in terms.must)
        for bar, (low, high) in terms.counts.items()
    )
    if crowded or terms.contradicted:
        raise Impossible(terms.plan.name)


def check_rests(
    state: State, demands: Demands, ranks: Mapping[int, int], copied: Mapping[int, int]
) -> None:
    """Raise `Impossible` where a track must rest for longer than its plan allows.

    Nothing is held into a section; into later bars a note may be, for as long as notes last. Bars
    that are given may rest as they do.
    """
    score = state.skeleton
    blocked = demands.blocked_of(ranks, score.bar_starts)
    for place, terms in demands.terms.items():
        limit = terms.plan.rest
        if place not in ranks or limit is None:
            continue
        silent = demands.silent.get(place, frozenset())
        for section in score.sections:
            if section.bar in copied:
                continue
            bars = range(section.bar, section.bar + section.bars)
            run = 0
            for bar in bars:
                closed = (
                    bar in blocked[ranks[place]]
                    and bar not in silent
                    and not state.is_given(ranks[place], bar)
                )
                run = run + 1 if closed else 0
                first = bar - run + 1
                reached = score.bar_starts[first] + MAX_DURATION - 1
                if run > limit and (
                    first == section.bar or score.bar_starts[bar - limit] >= reached
                ):
                    raise Impossible(terms.plan.name)


def _line(
    terms: Terms, skeleton: Score, state: State, guarantees: Sequence[ChordGuarantee]
) -> Line:
    """The look-ahead of a line, with the first of several guarantees that leaves something.

    The first has the habits of composing, the next not those of an ending, the last not even the
    scale of the key. Raises `Impossible` where nothing can be written at all.
    """
    for guarantee in guarantees:
        if guarantee is not guarantees[0]:
            terms.open_up(guarantee.grid)
        line = Line(terms, guarantee, terms.courses, skeleton.bar_starts, state.section_ends)
        if line.possible:
            return line
    raise Impossible(terms.plan.name)


def _give(state: State, rank: int, terms: Terms) -> None:
    """Tell a track's terms which notes are given, where not all bars are written."""
    starts = state.skeleton.bar_starts
    for bar in range(len(starts) - 1):
        if not state.is_given(rank, bar):
            stop = state.written_until(rank, bar)
            if stop < starts[bar + 1]:
                terms.usable[stop : starts[bar + 1]] = [False] * (starts[bar + 1] - stop)
                terms.must -= set(range(stop, starts[bar + 1]))
                terms.stops.add(stop)
            continue
        for tick in range(starts[bar], starts[bar + 1]):
            terms.usable[tick] = False
        terms.must -= set(range(starts[bar], starts[bar + 1]))
        terms.counts.pop(bar, None)
        tops: dict[int, Note] = {}
        for note in state.given(rank, bar):
            tops[note.onset] = max(note, tops.get(note.onset, note), key=lambda n: n.pitch)
        for tick, note in tops.items():
            terms.fixed[tick] = note
            terms.must.add(tick)
            terms.usable[tick] = True
    ticks = sorted(terms.fixed)
    for tick, following in pairwise(ticks):  # of those that overlap the later one counts
        note = terms.fixed[tick]
        if note.end > following:
            terms.fixed[tick] = replace(note, duration=following - tick)
    terms.must_stop = sorted({*terms.must_stop, *terms.fixed})
    given = {bar for bar in range(len(starts) - 1) if state.is_given(rank, bar)}
    terms.courses = [
        part for course in terms.courses for part in _open_parts(course, given, starts)
    ]


def _open_parts(course: Course, given: set[int], starts: Sequence[int]) -> Iterator[Course]:
    """What is left of a course beside given bars: nothing where all of its bars are.

    How long a track rests is counted anew after each of them.
    """
    bars = [bar for bar in range(len(starts) - 1) if course.start <= starts[bar] < course.end]
    if given.isdisjoint(bars):
        yield course
    elif not isinstance(course, RestCourse):
        if not given.issuperset(bars):
            yield course
    else:
        for inside, group in groupby(bars, key=lambda bar: bar not in given):
            run = list(group)
            if inside:
                yield RestCourse(starts[run[0]], starts[run[-1] + 1], course.limit)


def _hear(
    state: State, demands: Demands, ranks: Mapping[int, int], copied: Mapping[int, int]
) -> None:
    """Where one track alone can sound in a bar, and it is a line, it must."""
    skeleton = state.skeleton
    starts = skeleton.bar_starts
    for bar in range(len(skeleton.bars)):
        if bar in copied or skeleton.bars[bar].length is not None:
            continue
        able = [
            place
            for place, rank in ranks.items()
            if bar not in demands.silent.get(place, ())
            and not state.is_given(rank, bar)
            and (
                place not in demands.terms
                or any(demands.terms[place].usable[starts[bar] : starts[bar + 1]])
            )
        ]
        if len(able) == 1 and len(ranks) == len(able) + sum(
            bar in demands.silent.get(place, ()) for place in ranks
        ):
            terms = demands.terms.get(able[0])
            if terms is not None and bar in terms.lined:
                terms.courses.append(RestCourse(starts[bar], starts[bar + 1], 0))


def allowed(state: State, constraints: tuple[Constraint, ...]) -> Mask:
    """The grammar's mask and all constraints' masks, combined by AND."""
    mask = state.grammar.allowed()
    for constraint in constraints:
        more = constraint.mask(state)
        if more is not None:
            mask &= more
    return mask
