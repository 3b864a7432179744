"""What may still come of a line: exact look-ahead for a track that plays one note at a time.

What may still come of a line depends on three things alone: the time, the pitch of its last note,
and where its courses stand. For each moment and each state of the courses the pitches from which
the rest of the piece can be written are a set, found once, from the end backwards. A note is
offered where its pitch is in that set, so a line never comes to a dead end.

Time runs over *events*: ticks at which a note may be struck, and the borders of courses and bars.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from ..errors import ConstraintError
from ..score import Note
from ..tokens.vocabulary import MAX_DURATION
from .chords import SHORT, ChordGuarantee
from .courses import FAR, Course
from .pitchset import ALL, PITCHES, PitchSet
from .terms import Terms

States = tuple[Hashable, ...]
"""The states of the courses that run at a moment."""
NOBODY = 1 << PITCHES
"""Beside the pitches of a last note: there was none."""
ANYBODY = ALL | NOBODY
STEPS = (-2, -1, 1, 2)


class Impossible(ConstraintError):
    """Rules of a track that leave nothing to write."""

    def __init__(self, track: str) -> None:
        super().__init__(f"what is asked of track {track!r} cannot all be kept")
        self.track = track


class Company(NamedTuple):
    """What the other voices leave to a line in the bar that is being written.

    over: the pitches that may sound from one tick to another. banned: at a tick, intervals modulo
    12 that may not lead to some pitches (parallels).
    """

    over: Callable[[int, int], PitchSet]
    banned: Callable[[int], Sequence[tuple[int, PitchSet]]]


class Step(NamedTuple):
    """A note that all running courses allow: as in `Move`, with the states after it."""

    low: int
    high: int
    pitches: PitchSet
    states: States


class Leg(NamedTuple):
    """A note's way from its onset to an end.

    free, steps, again: the pitches that may sound so long, as in `ChordGuarantee.legal`; the latter
    two where a resolution can be struck at the end. place: the event at which the line goes on.
    crossings: borders passed, by the segment each begins, and whether the note sounds across it.
    """

    tick: int
    end: int
    free: PitchSet
    steps: PitchSet
    again: PitchSet
    place: int
    crossings: tuple[tuple[int, bool], ...]


class _Cell(NamedTuple):
    """One event: where it is, whether notes may begin there, whether one must."""

    tick: int
    onset: bool
    must: bool


class LookAhead:
    """The tables of one line, and what they say of a moment."""

    def __init__(
        self,
        terms: Terms,
        chords: ChordGuarantee,
        courses: Sequence[Course],
        bar_starts: Sequence[int],
        sections: Iterable[int],
    ) -> None:
        """bar_starts: ticks of all bar lines, the end of the piece last. sections: the ends of
        sections, for each bar the one in which it lies.
        """
        self._terms, self._chords = terms, chords
        self._bar_starts = bar_starts
        self._limits = [int(end) for end in sections]
        self._end = bar_starts[-1]
        self._borders = sorted(
            {*bar_starts, *(c.start for c in courses), *(c.end for c in courses)}
        )
        self._active = [
            [c for c in courses if c.start <= border < c.end] for border in self._borders
        ]
        self._cells = self._events()
        self._ticks = [cell.tick for cell in self._cells]
        self._musts = [cell.tick for cell in self._cells if cell.must]
        self._moves: dict[tuple[int, States], list[Step]] = {}
        self._crossed: dict[tuple[int, States, bool], States | None] = {}
        self._breaths: dict[int, tuple[tuple[int, int, int], ...]] = {}  # tick -> what holds there
        # By event: pitches that may begin there, and the ways that stand for all others.
        self._legs: dict[int, tuple[PitchSet, list[Leg]]] = {}
        self._segment_of: list[int] = [
            bisect_right(self._borders, cell.tick) - 1 for cell in self._cells
        ]
        # rest[i][states]: last pitches from which all can be written that comes from event i on.
        self._rest: list[dict[States, int]] = [{} for _ in self._cells]
        # after[i][states]: pitches that may be struck at event i so as to bring the courses there.
        self._after: list[dict[States, PitchSet]] = [{} for _ in self._cells]
        self._reach = self._forward()
        self._company: Company | None = None
        # Of an event and states: what can be resolved there, by a step and by the same pitch.
        self._resolving: dict[tuple[int, States], tuple[PitchSet, PitchSet]] = {}
        self._solve(range(len(self._cells) - 1, -1, -1))
        self._static = self._rest, self._after, self._resolving

    @property
    def possible(self) -> bool:
        """Whether the whole can be written at all."""
        return bool(
            self._static[0][0].get(tuple(c.begin(False) for c in self._active[0]), 0) & NOBODY
        )

    def _events(self) -> list[_Cell]:
        terms, borders = self._terms, set(self._borders)
        onsets = {
            tick
            for bar in terms.lined
            for tick in range(self._bar_starts[bar], self._bar_starts[bar + 1])
            if terms.usable[tick]
        }
        musts = {t for t in terms.must if bisect_right(self._bar_starts, t) - 1 in terms.lined}
        ticks = sorted(borders | onsets | musts)
        return [_Cell(t, t in onsets, t in musts) for t in ticks]

    def _steps(self, segment: int, states: States) -> list[Step]:
        """The moves that all running courses allow."""
        key = (segment, states)
        if key in self._moves:
            return self._moves[key]
        found = [Step(-FAR, FAR, ALL, ())]
        for course, state in zip(self._active[segment], states, strict=True):
            joined = []
            for one in found:
                for move in course.moves(state):
                    low, high = max(one.low, move.low), min(one.high, move.high)
                    pitches = one.pitches & move.pitches
                    if low <= high and pitches:
                        joined.append(Step(low, high, pitches, (*one.states, move.state)))
            found = joined
        self._moves[key] = found
        return found

    def _cross(self, segment: int, states: States, sounding: bool) -> States | None:
        """The states after the border that begins `segment`; None where it may not be crossed."""
        key = (segment, states, sounding)
        if key not in self._crossed:
            self._crossed[key] = self._find_cross(segment, states, sounding)
        return self._crossed[key]

    def _find_cross(self, segment: int, states: States, sounding: bool) -> States | None:
        border = self._borders[segment]
        held: dict[int, Hashable] = {}
        for course, state in zip(self._active[segment - 1], states, strict=True):
            if course.end <= border:
                if not course.may_end(state):
                    return None
                continue
            after = course.cross(state, sounding) if border in self._bar_set else state
            if after is None:
                return None
            held[id(course)] = after
        return tuple(
            held[id(c)] if id(c) in held else c.begin(sounding) for c in self._active[segment]
        )

    @cached_property
    def _bar_set(self) -> frozenset[int]:
        return frozenset(self._bar_starts)

    def _forward(self) -> list[frozenset[States]]:
        """For each event the states in which it may be met, whatever the pitches."""
        reach = [frozenset({tuple(c.begin(False) for c in self._active[0])})]
        known: dict[tuple[object, ...], frozenset[States]] = {}
        for index in range(len(self._cells) - 1):
            cell = self._cells[index]
            key = (reach[-1], cell.must, cell.onset, *self._segment_of[index : index + 2])
            if key not in known:
                known[key] = frozenset(self._reached(index, reach[-1]))
            reach.append(known[key])
        return reach

    def _reached(self, index: int, here: Iterable[States]) -> Iterator[States]:
        """The states at the next event, from some at an event."""
        cell, segment = self._cells[index], self._segment_of[index]
        for states in here:
            after = [(states, True)] if cell.must else [(states, False), (states, True)]
            if cell.onset:
                moved = {step.states for step in self._steps(segment, states)}
                after += [(one, held) for one in moved for held in (False, True)]
            for one, held in after:
                found = self._pass(index, one, held)
                if found is not None:
                    yield found

    def _pass(self, index: int, states: States, sounding: bool) -> States | None:
        """The states at the next event."""
        following = self._segment_of[index + 1]
        if following == self._segment_of[index]:
            return states
        return self._cross(following, states, sounding)

    def _leg(self, index: int, end: int, resolves: bool) -> Leg | None:
        """The way of a note struck at an event; None where the line cannot go on from its end.

        resolves: whether it may need a resolution.
        """
        tick, segment = self._ticks[index], self._segment_of[index]
        crossings = []
        while segment + 1 < len(self._borders) and self._borders[segment + 1] <= end:
            segment += 1
            crossings.append((segment, self._borders[segment] < end))
        place = bisect_left(self._ticks, end)
        if place == len(self._ticks):
            return None
        if self._segment_of[place] > segment:
            crossings.append((segment + 1, False))
        free, steps, again = self._chords.legal(tick, end)
        if not (
            resolves
            and self._ticks[place] == end
            and self._cells[place].onset
            and self._chords.resolves_at(end, self._section_end(tick))
        ):
            steps = again = 0
        return Leg(tick, end, free, steps, again, place, tuple(crossings))

    def _land(self, leg: Leg, states: States) -> States | None:
        """The states with which a line goes on at the end of a note's way."""
        there: States | None = states
        for segment, sounding in leg.crossings:
            there = self._cross(segment, there, sounding) if there is not None else None
        return there

    def _standing(self, index: int) -> tuple[PitchSet, list[Leg]]:
        """The pitches that may begin at an event, and the ways that stand for all others."""
        if index not in self._legs:
            tick, able, legs = self._ticks[index], 0, []
            begins = self._chords.begins(tick, self._terms.is_bass(tick))
            wanted = self._terms.pitches_at(tick) & begins
            for end, resolves in self._ends(index) if wanted else ():
                leg = self._leg(index, end, resolves)
                if leg is not None and (leg.free | leg.steps | leg.again) & wanted:
                    able |= leg.free | leg.steps | leg.again
                    legs.append(leg)
            self._legs[index] = wanted & able, legs
        return self._legs[index]

    def _ends(self, index: int) -> Iterator[tuple[int, bool]]:
        """Ends that stand for all others of a note struck at an event; whether it must resolve.

        Of notes that need no resolution the shortest leaves most open, but longer ones may be heard
        in later bars.
        """
        tick = self._ticks[index]
        limit = self.limit(tick)
        exact = self._terms.lasts.get(tick)
        if exact is not None:
            if tick + exact <= limit:
                yield tick + exact, True
            return
        if self._terms.closes and self._chords.stands(tick):
            yield limit, True
            return
        yield tick + 1, False
        last = bisect_left(self._bar_starts, limit)
        for bar in range(bisect_right(self._bar_starts, tick), last):
            yield self._bar_starts[bar] + 1, False
        change = self._chords.following[tick]
        if change < limit and change <= tick + SHORT:
            yield change + 1, False
        for end in self._chords.endings(tick, self._section_end(tick)):
            if end <= limit:
                yield end, True

    def limit(self, tick: int) -> int:
        """The last tick at which a note struck at `tick` may end."""
        return min(self._section_end(tick), self._terms.stop(tick), tick + MAX_DURATION)

    def _section_end(self, tick: int) -> int:
        return self._limits[bisect_right(self._bar_starts, tick) - 1]

    def _solve(self, indices: Sequence[int]) -> None:
        """Find `rest` and `after` of events, in falling order."""
        for index in indices:
            self._rest[index], self._after[index] = self._at(index)

    def _at(self, index: int) -> tuple[dict[States, int], dict[States, PitchSet]]:
        cell, segment, company = self._cells[index], self._segment_of[index], self._company
        rest: dict[States, int] = {}
        after: dict[States, PitchSet] = {}
        if index == len(self._cells) - 1:  # the end of the piece; its border has been crossed
            return {states: ANYBODY for states in self._reach[index]}, after
        for states in self._reach[index]:
            found = 0
            if not cell.must:
                passed = self._pass(index, states, False)
                if passed is not None:
                    found = self._rest[index + 1].get(passed, 0)
            if cell.onset:
                for move in self._steps(segment, states):
                    targets = self._struck(index, move, after)
                    if targets:
                        banned = company.banned(cell.tick) if company is not None else ()
                        found |= _before(targets, move.low, move.high, banned)
            if found:
                rest[states] = found
        return rest, after

    def _struck(self, index: int, move: Step, after: dict[States, PitchSet]) -> PitchSet:
        """The pitches with which a move can be made at an event."""
        if move.states not in after:
            after[move.states] = self._livable(index, move.states)
        return after[move.states] & move.pitches

    def _livable(self, index: int, states: States) -> PitchSet:
        """The pitches that may be struck at an event and continued, the courses standing so."""
        fixed = self._terms.fixed.get(self._ticks[index]) if self._terms.fixed else None
        if fixed is not None:
            return self._given(index, fixed, states)
        open_now, legs = self._standing(index)
        found, company = 0, self._company
        for leg in legs:
            wanted = (leg.free | leg.steps | leg.again) & open_now
            if wanted and company is not None:
                wanted &= company.over(leg.tick, leg.end)
            if wanted:
                through = self._through(leg, states, wanted)
                found |= through
                open_now ^= through
                if not open_now:
                    break
        return found

    def _given(self, index: int, note: Note, states: States) -> PitchSet:
        """The pitch of a given note, where the line goes on from it."""
        bit = 1 << note.pitch
        leg = self._leg(index, note.end, True)
        if leg is None:
            return 0
        if self._owes(note):
            return self._through(leg, states, bit)
        landed = self._land(leg, states)
        return bit & self._rest[leg.place].get(landed, 0) if landed is not None else 0

    def _owes(self, note: Note) -> bool:
        """Whether a note needs a resolution that is to be written."""
        bit, terms = 1 << note.pitch, self._terms
        if note.end in terms.fixed or self._chords.legal(note.onset, note.end)[0] & bit:
            return False
        return note.end < self._end and terms.usable[note.end]

    def _through(self, leg: Leg, states: States, pitches: PitchSet) -> PitchSet:
        """Those of some pitches that may take a way as far as chords go, and go on from there."""
        free, bound = leg.free & pitches, (leg.steps | leg.again) & pitches
        if not free and not bound:
            return 0
        there = self._land(leg, states) if leg.crossings else states
        if there is None:
            return 0
        found = free & self._rest[leg.place].get(there, 0)
        if bound & ~found:
            by_step, by_itself = self._resolved(leg.place, there)
            found |= bound & by_step | leg.again & pitches & by_itself
        return found

    def _beside(self, leg: Leg) -> PitchSet:
        """The pitches that the other voices leave to a way."""
        return ALL if self._company is None else self._company.over(leg.tick, leg.end)

    def _resolved(self, place: int, states: States) -> tuple[PitchSet, PitchSet]:
        """The pitches that can be resolved at an event by a step, and by themselves."""
        key = (place, states)
        if key not in self._resolving:
            self._resolving[key] = self._find_resolved(place, states)
        return self._resolving[key]

    def _find_resolved(self, place: int, states: States) -> tuple[PitchSet, PitchSet]:
        tick = self._ticks[place]
        chord = self._chords.ground_or_tones(tick, self._terms.is_bass(tick))
        banned = self._company.banned(tick) if self._company is not None else ()
        by_step = by_itself = 0
        for move in self._steps(self._segment_of[place], states):
            targets = self._after[place].get(move.states, 0) & move.pitches & chord
            if not targets:
                continue
            if move.low <= 0 <= move.high:
                by_itself |= targets
            for step in STEPS:
                if move.low <= step <= move.high:
                    at = targets
                    for interval, pitches in banned:
                        if step % 12 == interval:
                            at &= ~pitches
                    by_step |= at >> step if step > 0 else at << -step
        return by_step & ALL, by_itself


def _before(targets: PitchSet, low: int, high: int, banned: Sequence[tuple[int, PitchSet]]) -> int:
    """The last pitches from which one of the targets is an interval of low to high semitones."""
    if low == -FAR and high == FAR and not banned:
        return ANYBODY
    if not banned:
        moved = targets >> low if low > 0 else targets << -low
        width, done = high - low, 0
        while done < width:
            step = min(done + 1, width - done)
            moved |= moved >> step
            done += step
        return moved & ALL | (NOBODY if low == -FAR and high == FAR else 0)
    found = NOBODY if low == -FAR and high == FAR else 0
    for interval in range(max(low, -FAR), min(high, FAR) + 1):
        at = targets
        for modulo, pitches in banned:
            if interval and interval % 12 == modulo:
                at &= ~pitches
        found |= at >> interval if interval > 0 else at << -interval
    return found & ANYBODY
