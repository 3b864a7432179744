"""Exact look-ahead in a line: a track that plays one note at a time.

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
from .chords import ChordGuarantee
from .courses import FAR, Course
from .pitchset import ALL, PITCHES, PitchSet
from .terms import Terms

States = tuple[Hashable, ...]
"""The states of the courses that run at a moment."""
NOBODY = 1 << PITCHES
"""Beside the pitches of a last note: there was none."""
ANYBODY = ALL | NOBODY
GAP = 3
"""Ticks of silence that are a breath."""
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


class _Step(NamedTuple):
    """A note that all running courses allow: as in `Move`, with the states after it."""

    low: int
    high: int
    pitches: PitchSet
    states: States


class _Cell(NamedTuple):
    """One event: where it is, whether notes may begin there, whether one must."""

    tick: int
    onset: bool
    must: bool


class Line:
    """One line: what may come, and where it stands."""

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
        self._moves: dict[tuple[int, States], list[_Step]] = {}
        self._segment_of: list[int] = [
            bisect_right(self._borders, cell.tick) - 1 for cell in self._cells
        ]
        # rest[i][states]: last pitches from which all can be written that comes from event i on.
        self._rest: list[dict[States, int]] = [{} for _ in self._cells]
        # after[i][states]: pitches that may be struck at event i so as to bring the courses there.
        self._after: list[dict[States, PitchSet]] = [{} for _ in self._cells]
        self._reach = self._forward()
        self._solve(range(len(self._cells) - 1, -1, -1), None)
        self._static = self._rest, self._after
        # Where decoding stands.
        self.states: States = tuple(c.begin(False) for c in self._active[0])
        self.now = 0
        self.last = NOBODY
        self.owed: tuple[int, PitchSet] | None = None
        self._company: Company | None = None
        self._breath: int | None = None  # where the present stretch without a breath began

    @property
    def last_pitch(self) -> int | None:
        """The pitch of the last note; None where there was none."""
        return None if self.last == NOBODY else self.last.bit_length() - 1

    @property
    def possible(self) -> bool:
        """Whether the whole can be written at all."""
        return bool(
            self._static[0][0].get(tuple(c.begin(False) for c in self._active[0]), 0) & NOBODY
        )

    # Compiling

    def _events(self) -> list[_Cell]:
        terms, borders = self._terms, set(self._borders)
        onsets = {
            tick
            for bar in terms.lined
            for tick in range(self._bar_starts[bar], self._bar_starts[bar + 1])
            if terms.strikes(tick)
        }
        musts = {t for t in terms.must if bisect_right(self._bar_starts, t) - 1 in terms.lined}
        ticks = sorted(borders | onsets | musts)
        return [_Cell(t, t in onsets, t in musts) for t in ticks]

    def _steps(self, segment: int, states: States) -> list[_Step]:
        """The moves that all running courses allow."""
        key = (segment, states)
        if key in self._moves:
            return self._moves[key]
        found = [_Step(-FAR, FAR, ALL, ())]
        for course, state in zip(self._active[segment], states, strict=True):
            joined = []
            for one in found:
                for move in course.moves(state):
                    low, high = max(one.low, move.low), min(one.high, move.high)
                    pitches = one.pitches & move.pitches
                    if low <= high and pitches:
                        joined.append(_Step(low, high, pitches, (*one.states, move.state)))
            found = joined
        self._moves[key] = found
        return found

    def _cross(self, segment: int, states: States, sounding: bool) -> States | None:
        """The states after the border that begins `segment`; None where it may not be crossed."""
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

    def _forward(self) -> list[set[States]]:
        """For each event the states in which it may be met, whatever the pitches."""
        reach: list[set[States]] = [set() for _ in self._cells]
        reach[0].add(tuple(c.begin(False) for c in self._active[0]))
        for index in range(len(self._cells) - 1):
            cell, segment = self._cells[index], self._segment_of[index]
            for states in reach[index]:
                after = [(states, True)] if cell.must else [(states, False), (states, True)]
                if cell.onset:
                    moved = {step.states for step in self._steps(segment, states)}
                    after += [(one, held) for one in moved for held in (False, True)]
                for one, held in after:
                    found = self._pass(index, one, held)
                    if found is not None:
                        reach[index + 1].add(found)
        return reach

    def _pass(self, index: int, states: States, sounding: bool) -> States | None:
        """The states at the next event."""
        following = self._segment_of[index + 1]
        if following == self._segment_of[index]:
            return states
        return self._cross(following, states, sounding)

    def _land(self, index: int, states: States, end: int) -> tuple[int, States] | None:
        """The event and the states at which a note ends that was struck at event `index`."""
        segment = self._segment_of[index]
        while segment + 1 < len(self._borders) and self._borders[segment + 1] <= end:
            segment += 1
            found = self._cross(segment, states, self._borders[segment] < end)
            if found is None:
                return None
            states = found
        place = bisect_left(self._ticks, end)
        if place == len(self._ticks):
            return None
        if self._segment_of[place] > segment:
            found = self._cross(segment + 1, states, False)
            if found is None:
                return None
            states = found
        return place, states

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
        if change < limit and change <= tick + 12:
            yield change + 1, False
        for end in self._chords.endings(tick, self._section_end(tick)):
            if end <= limit:
                yield end, True

    def limit(self, tick: int) -> int:
        """The last tick at which a note struck at `tick` may end."""
        return min(self._section_end(tick), self._terms.stop(tick), tick + MAX_DURATION)

    def _section_end(self, tick: int) -> int:
        return self._limits[bisect_right(self._bar_starts, tick) - 1]

    def _solve(self, indices: Sequence[int], company: Company | None) -> None:
        """Find `rest` and `after` of events, in falling order."""
        for index in indices:
            self._rest[index], self._after[index] = self._at(index, company)

    def _at(
        self, index: int, company: Company | None
    ) -> tuple[dict[States, int], dict[States, PitchSet]]:
        cell, segment = self._cells[index], self._segment_of[index]
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
                    targets = self._struck(index, move, after, company)
                    if targets:
                        banned = company.banned(cell.tick) if company is not None else ()
                        found |= _before(targets, move.low, move.high, banned)
            if found:
                rest[states] = found
        return rest, after

    def _struck(
        self, index: int, move: _Step, after: dict[States, PitchSet], company: Company | None
    ) -> PitchSet:
        """The pitches with which a move can be made at an event."""
        if move.states not in after:
            after[move.states] = self._livable(index, move.states, company)
        return after[move.states] & move.pitches

    def _livable(self, index: int, states: States, company: Company | None) -> PitchSet:
        """The pitches that may be struck at an event and continued, the courses standing so."""
        tick = self._ticks[index]
        fixed = self._terms.fixed.get(tick)
        if fixed is not None:
            return self._given(index, fixed, states)
        wanted = self._terms.pitches_at(tick) & self._chords.begins(tick, self._terms.is_bass(tick))
        found = 0
        for end, resolves in self._ends(index):
            open_now = wanted & ~found
            if not open_now:
                break
            found |= self._through(index, tick, end, states, open_now, company, resolves)
        return found

    def _given(self, index: int, note: Note, states: States) -> PitchSet:
        """The pitch of a given note, where the line goes on from it."""
        bit = 1 << note.pitch
        if self._owes(note):
            return self._through(index, note.onset, note.end, states, bit, None, True)
        landed = self._land(index, states, note.end)
        return bit & self._rest[landed[0]].get(landed[1], 0) if landed is not None else 0

    def _owes(self, note: Note) -> bool:
        """Whether a note needs a resolution that is to be written."""
        bit, terms = 1 << note.pitch, self._terms
        if note.end in terms.fixed or self._chords.legal(note.onset, note.end)[0] & bit:
            return False
        return note.end < self._end and terms.strikes(note.end)

    def _through(
        self,
        index: int,
        tick: int,
        end: int,
        states: States,
        pitches: PitchSet,
        company: Company | None,
        resolves: bool,
    ) -> PitchSet:
        """Those of some pitches that may sound from a tick to an end, and go on from there."""
        legal = self._chords.legal(tick, end)
        if company is not None:
            pitches &= company.over(tick, end)
        free, steps, again = (part & pitches for part in legal)
        resolves = resolves and self._chords.resolves_at(end, self._section_end(tick))
        if not free and not (resolves and (steps or again)):
            return 0
        landed = self._land(index, states, end)
        if landed is None:
            return 0
        place, there = landed
        found = free & self._rest[place].get(there, 0)
        if resolves and (steps | again) & ~found and self._ticks[place] == end:
            found |= self._resolved(place, there, steps, again, company)
        return found

    def _resolved(
        self,
        place: int,
        states: States,
        steps: PitchSet,
        again: PitchSet,
        company: Company | None,
    ) -> PitchSet:
        """Those pitches whose resolution can be struck at an event."""
        cell = self._cells[place]
        if not cell.onset:
            return 0
        chord = self._chords.ground_or_tones(cell.tick, self._terms.is_bass(cell.tick))
        banned = company.banned(cell.tick) if company is not None else ()
        found = 0
        for move in self._steps(self._segment_of[place], states):
            targets = self._after[place].get(move.states, 0) & move.pitches & chord
            for step in (*STEPS, 0):
                if targets and move.low <= step <= move.high:
                    at = targets
                    for interval, pitches in banned:
                        if step and step % 12 == interval:
                            at &= ~pitches
                    back = (at >> step if step > 0 else at << -step) & ALL
                    found |= back & (again if step == 0 else steps | again)
        return found

    # Writing

    def snapshot(self) -> tuple[object, ...]:
        """Where the line stands, to return to."""
        return self.states, self.now, self.last, self.owed, self._breath

    def restore(self, held: tuple[object, ...]) -> None:
        """Stand where a snapshot was taken."""
        self.states, self.now, self.last, self.owed, self._breath = held  # type: ignore[assignment]

    def enter(self, bar: int, given: bool = False, busy: int = 0) -> None:
        """Go on to the start of a bar, where nothing more is struck before it.

        given: whether its notes are; the line then goes on past them. busy: when the last note of
        the track ends, which in bars before these may be none of the line.
        """
        start = self._bar_starts[bar]
        self._catch_up(start)
        if self.now < start:
            self.states = self._advanced(start)
            self.now = start
        if bar and self.runs_in(bar) and not self.runs_in(bar - 1):
            self.last = NOBODY
            if self.now < busy:
                self.states, self.now = self._advanced(busy), busy
        if given and self.runs_in(bar):
            for tick in range(start, self._bar_starts[bar + 1]):
                if tick in self._terms.fixed:
                    self.wrote(self._terms.fixed[tick])

    def _catch_up(self, end: int) -> None:
        """Go on past given notes that begin before a tick."""
        first = bisect_left(self._terms.must_stop, self.now)
        for tick in self._terms.must_stop[first : bisect_left(self._terms.must_stop, end)]:
            if tick in self._terms.fixed and self.runs_in(bisect_right(self._bar_starts, tick) - 1):
                self.wrote(self._terms.fixed[tick])

    def under(self, terms: Terms, now: int) -> "Line":
        """The same line under other terms, standing where this one does at tick `now`.

        Its courses go on; new ones begin at `now` or later.
        """
        self._catch_up(now)
        line = Line(terms, self._chords, terms.courses, self._bar_starts, self._limits)
        place = bisect_right(self._borders, self.now) - 1
        held = {id(c): s for c, s in zip(self._active[place], self.states, strict=True)}
        place = bisect_right(line._borders, self.now) - 1
        line.states = tuple(
            held[id(c)] if id(c) in held else c.begin(False) for c in line._active[place]
        )
        line.now, line.last, line.owed, line._breath = self.now, self.last, self.owed, self._breath
        return line

    def goes_on(self, start: int) -> bool:
        """Whether the piece can be written from the start of a section on, which lies ahead."""
        states, place = self._advanced(start), bisect_left(self._ticks, start)
        bar = bisect_right(self._bar_starts, start) - 1
        last = self.last if self.runs_in(bar - 1) else NOBODY
        return bool(self._rest[place].get(states, 0) & last)

    def _advanced(self, tick: int) -> States:
        """The states at a tick, nothing being struck until then."""
        states = self.states
        segment = bisect_right(self._borders, self.now) - 1
        while segment + 1 < len(self._borders) and self._borders[segment + 1] <= tick:
            segment += 1
            found = self._cross(segment, states, False)
            assert found is not None, "the line was left where it could not be"
            states = found
        return states

    def keep_company(self, company: Company, bar: int) -> bool:
        """Look ahead anew in a bar, beside what other voices have in it.

        False where nothing can be written so.
        """
        self._company = company
        first = bisect_left(self._ticks, self._bar_starts[bar])
        last = bisect_left(self._ticks, self._bar_starts[bar + 1])
        while last < len(self._cells) - 1 and not self._cells[last].onset:
            last += 1
        if self._ticks[last] in self._terms.fixed:  # what is given next is led to as well
            last += 1
        else:
            last = bisect_left(self._ticks, self._bar_starts[bar + 1])
        rest, after = self._static
        self._rest, self._after = list(rest), list(after)
        self._solve(range(last - 1, first - 1, -1), company)
        return self.alive(bar)

    def drop_company(self) -> None:
        """Look ahead as if the line were alone."""
        self._company = None
        self._rest, self._after = self._static

    def runs_in(self, bar: int) -> bool:
        """Whether the track is a line in a bar."""
        return bar in self._terms.lined

    def alive(self, bar: int) -> bool:
        """Whether the piece can be written on from where the line stands in a bar."""
        return bool(self.open(bar)) or self.may_leave(bar)

    def open(self, bar: int) -> dict[int, PitchSet]:
        """Tick -> the pitches that may be struck there next, in a bar."""
        found: dict[int, PitchSet] = {}
        stop = self._until(bar)
        place = bisect_left(self._ticks, self.now)
        while place < len(self._cells) and self._ticks[place] < stop:
            cell = self._cells[place]
            if cell.onset:
                pitches = self._offered(place)
                if pitches:
                    found[cell.tick] = pitches
            if cell.must or (self.owed is not None and cell.tick >= self.owed[0]):
                break
            place += 1
        return found

    def _until(self, bar: int) -> int:
        """The end of what is to be written of a bar: a note that stays, or the next bar."""
        end, terms = self._bar_starts[bar + 1], self._terms
        if not terms.fixed:
            return end
        place = bisect_left(terms.must_stop, max(self.now, self._bar_starts[bar]))
        ahead = (tick for tick in terms.must_stop[place:] if tick in terms.fixed)
        return min(next(ahead, end), end)

    def _offered(self, place: int) -> PitchSet:
        cell = self._cells[place]
        if self.owed is not None and cell.tick != self.owed[0]:
            return 0
        if not self._breathes(cell.tick, cell.tick + self._terms.lasts.get(cell.tick, 1), False):
            return 0
        found = 0
        for move in self._steps(self._segment_of[place], self.states):
            livable = self._after[place].get(move.states, 0)
            found |= livable & move.pitches & self._within(move)
        if self.owed is not None:
            found &= self.owed[1]
        if self._company is not None and self.last != NOBODY:
            last = self.last.bit_length() - 1
            for interval, pitches in self._company.banned(cell.tick):
                for pitch in range(128):
                    if pitch != last and (pitch - last) % 12 == interval:
                        found &= ~(pitches & 1 << pitch)
        return found

    def _stretch(self, tick: int) -> int:
        """Where the stretch without a breath began in which a note at a tick is struck."""
        starts = [first for first, end, _ in self._terms.breaths if first <= tick < end]
        goes_on = self._breath is not None and tick - self.now < GAP
        if self._breath is None or not goes_on or self._breath < max(starts, default=0):
            return tick
        return self._breath

    def _breathes(self, tick: int, end: int, owes: bool) -> bool:
        """Whether a note leaves room for a breath in time, and for what must be struck after it.

        owes: whether another note follows at once.
        """
        limits = [most for first, stop, most in self._terms.breaths if first <= tick < stop]
        if not limits:
            return True
        last = self._stretch(tick) + min(limits)
        end += owes
        musts = self._terms.must_stop
        place = bisect_left(musts, end)
        while end <= last and place < len(musts) and musts[place] - end < GAP:
            end = musts[place] + self._terms.lasts.get(musts[place], 1)
            place += 1
        return end <= last

    def _within(self, move: _Step) -> PitchSet:
        """The pitches at a move's interval from the last one."""
        if self.last == NOBODY or (move.low == -FAR and move.high == FAR):
            return ALL
        last = self.last.bit_length() - 1
        low, high = max(last + move.low, 0), min(last + move.high, 127)
        return (ALL >> (127 - high)) & (ALL << low) if low <= high else 0

    def may_leave(self, bar: int) -> bool:
        """Whether nothing more need be struck in a bar."""
        stop = self._until(bar)
        if self.owed is not None and self.owed[0] < stop:
            return False
        if self.now >= stop:
            return True
        place = bisect_left(self._ticks, self.now)
        while self._ticks[place] < stop:
            if self._cells[place].must:
                return False
            place += 1
        states = self.states
        segment = bisect_right(self._borders, self.now) - 1
        while segment + 1 < len(self._borders) and self._borders[segment + 1] <= stop:
            segment += 1
            found = self._cross(segment, states, False)
            if found is None:
                return False
            states = found
        if self.owed is not None:
            return True  # promised with its place, which the look-ahead has seen
        return bool(self._rest[place].get(states, 0) & self.last)

    def durations(self, tick: int, pitch: int) -> int:
        """The durations, as a set, with which a pitch may be struck."""
        place = bisect_left(self._ticks, tick)
        limit, exact = self.limit(tick), self._terms.lasts.get(tick)
        bit = 1 << pitch
        if exact is not None:
            ends: Sequence[int] = [tick + exact] if tick + exact <= limit else []
        elif self._terms.closes and self._chords.stands(tick):
            ends = [limit]
        else:
            ends = range(tick + 1, limit + 1)
        found = 0
        states_after = [
            move.states
            for move in self._steps(self._segment_of[place], self.states)
            if move.pitches & bit & self._within(move)
        ]
        owing = self._terms.breaths and self._chords.legal
        for states in states_after:
            for end in ends:
                if owing and not self._breathes(tick, end, not owing(tick, end)[0] & bit):
                    continue
                if self._through(place, tick, end, states, bit, self._company, True):
                    found |= 1 << (end - tick - 1)
        return found

    def wrote(self, note: Note) -> None:
        """Go on past a note."""
        place = bisect_left(self._ticks, note.onset)
        bit = 1 << note.pitch
        for move in self._steps(self._segment_of[place], self.states):
            if move.pitches & bit & self._within(move):
                landed = self._land(place, move.states, note.end)
                if landed is not None:
                    break
        else:
            raise AssertionError("a note that was not offered")
        free, steps, again = (bool(part & bit) for part in self._chords.legal(note.onset, note.end))
        self.owed = None
        owes = note.onset not in self._terms.fixed or self._owes(note)
        if owes and not free and (steps or again):
            near = (bit << 1 | bit << 2 | bit >> 1 | bit >> 2) & ALL
            chord = self._chords.ground_or_tones(note.end, self._terms.is_bass(note.end))
            self.owed = (note.end, chord & (near | bit if again else near))
        self._breath = self._stretch(note.onset)
        self.states = self._states_at(place, move.states, note.end)
        self.now, self.last = note.end, bit

    def _states_at(self, index: int, states: States, end: int) -> States:
        """The states when a note ends, borders after its end not yet crossed."""
        segment = self._segment_of[index]
        while segment + 1 < len(self._borders) and self._borders[segment + 1] <= end:
            segment += 1
            found = self._cross(segment, states, self._borders[segment] < end)
            assert found is not None
            states = found
        return states


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
