"""A line that is being written: where it stands, and what its look-ahead offers from there."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import or_

from ..rules.line import GAP
from ..score import Note
from .chords import ChordGuarantee
from .courses import FAR, Course
from .durations import only, up_to
from .lookahead import NOBODY, Company, LookAhead, States, Step
from .pitchset import ALL, OF_CLASS, PitchSet, between, members, near
from .terms import Terms

Span = tuple[int, int, int]
"""Of a rule on breath: first tick, end, and the longest stretch without one."""
Stand = tuple[States, int, int, tuple[int, PitchSet] | None, tuple[tuple[Span, int], ...]]
"""Where a line stands: its courses, the time, the last pitch, what is owed, the last breaths."""


class Astray(Exception):
    """A note that look-ahead did not offer."""


class Line(LookAhead):
    """One line: what may come, and where it stands."""

    def __init__(
        self,
        terms: Terms,
        chords: ChordGuarantee,
        courses: Sequence[Course],
        bar_starts: Sequence[int],
        sections: Iterable[int],
    ) -> None:
        """As of `LookAhead`; the line stands at the start of the piece."""
        super().__init__(terms, chords, courses, bar_starts, sections)
        # What has been asked of late, by where the line stood.
        self._opened: dict[tuple[int, tuple[object, ...]], dict[int, PitchSet]] = {}
        self._lasted: dict[tuple[int, int, tuple[object, ...]], int] = {}
        # Where decoding stands.
        self.states: States = tuple(c.begin(False) for c in self._active[0])
        self.now: int = 0
        self.last: int = NOBODY
        self.owed: tuple[int, PitchSet] | None = None
        # Where the present stretches without a breath began, of the rules that hold.
        self._breath: tuple[tuple[Span, int], ...] = ()

    @property
    def last_pitch(self) -> int | None:
        """The pitch of the last note; None where there was none."""
        return None if self.last == NOBODY else self.last.bit_length() - 1

    def snapshot(self) -> Stand:
        """Where the line stands, to return to."""
        return self.states, self.now, self.last, self.owed, self._breath

    def restore(self, held: Stand) -> None:
        """Stand where a snapshot was taken."""
        self.states, self.now, self.last, self.owed, self._breath = held

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
                self.states, self.now = self._advanced(tick), tick
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
            if found is None:
                raise Astray("the line was left where it could not be")
            states = found
        return states

    def keep_company(self, company: Company, bar: int) -> None:
        """Look ahead anew in a bar, beside what other voices have in it."""
        self._company = company
        self._forget()
        first = bisect_left(self._ticks, self._bar_starts[bar])
        last = bisect_left(self._ticks, self._bar_starts[bar + 1])
        while last < len(self._cells) - 1 and not self._cells[last].onset:
            last += 1
        if self._ticks[last] in self._terms.fixed:  # what is given next is led to as well
            last += 1
        else:
            last = bisect_left(self._ticks, self._bar_starts[bar + 1])
        rest, after, _ = self._static
        self._rest, self._after, self._resolving = list(rest), list(after), {}
        self._solve(range(last - 1, first - 1, -1))

    def drop_company(self) -> None:
        """Look ahead as if the line were alone."""
        if self._company is not None:
            self.forget()

    def forget(self) -> None:
        """Look ahead as if the line were alone, with nothing remembered of what was asked."""
        self._company = None
        self._forget()
        self._rest, self._after, self._resolving = self._static

    def _forget(self) -> None:
        self._opened.clear()
        self._lasted.clear()

    def runs_in(self, bar: int) -> bool:
        """Whether the track is a line in a bar."""
        return bar in self._terms.lined

    def open(self, bar: int) -> dict[int, PitchSet]:
        """Tick -> the pitches that may be struck there next, in a bar."""
        key = (bar, self.snapshot())
        if key not in self._opened:
            self._opened[key] = self._find_open(bar)
        return self._opened[key]

    def _find_open(self, bar: int) -> dict[int, PitchSet]:
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
                found &= ~(pitches & OF_CLASS[(last + interval) % 12]) | self.last
        return found

    def _stretches(self, tick: int) -> tuple[tuple[Span, int], ...]:
        """Where the stretches without a breath began in which a note at a tick is struck."""
        if tick not in self._breaths:
            here = (span for span in self._terms.breaths if span[0] <= tick < span[1])
            self._breaths[tick] = tuple(dict.fromkeys(here))
        spans = self._breaths[tick]
        held = dict(self._breath) if spans and tick - self.now < GAP else {}
        return tuple((span, held.get(span, tick)) for span in spans)

    def _breath_until(self, tick: int) -> int | None:
        """When the stretch in which a note at a tick is struck must have ended; None: never."""
        return min((start + span[2] for span, start in self._stretches(tick)), default=None)

    def _breathes(self, tick: int, end: int, owes: bool) -> bool:
        """Whether a note leaves room for a breath in time, and for what must be struck after it.

        owes: whether another note follows at once.
        """
        last = self._breath_until(tick)
        if last is None:
            return True
        end += owes
        musts = self._terms.must_stop
        place = bisect_left(musts, end)
        while end <= last and place < len(musts) and musts[place] - end < GAP:
            end = musts[place] + self._terms.lasts.get(musts[place], 1)
            place += 1
        return end <= last

    def _within(self, move: Step) -> PitchSet:
        """The pitches at a move's interval from the last one."""
        if self.last == NOBODY or (move.low == -FAR and move.high == FAR):
            return ALL
        last = self.last.bit_length() - 1
        low, high = max(last + move.low, 0), min(last + move.high, 127)
        return between(low, high)

    def may_leave(self, bar: int) -> bool:
        """Whether nothing more need be struck in a bar."""
        stop = self._until(bar)
        if self.owed is not None and self.owed[0] < stop:
            return False
        if self.now >= stop:
            return True
        must = bisect_left(self._musts, self.now)
        if must < len(self._musts) and self._musts[must] < stop:
            return False
        states, place = self.states, bisect_left(self._ticks, stop)
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
        key = (tick, pitch, self.snapshot())
        if key not in self._lasted:
            self._lasted[key] = reduce(or_, self._lasting(tick, pitch), 0)
        return self._lasted[key]

    def shortest(self, tick: int, pitch: int) -> int:
        """The shortest duration with which a pitch may be struck; 0 where there is none."""
        durations = next(self._lasting(tick, pitch), 0)
        return (durations & -durations).bit_length()

    def _lasting(self, tick: int, pitch: int) -> Iterator[int]:
        """The durations with which a pitch may be struck, in sets, the shorter ones first."""
        place, bit = bisect_left(self._ticks, tick), 1 << pitch
        after = [
            move.states
            for move in self._steps(self._segment_of[place], self.states)
            if move.pitches & bit & self._within(move)
        ]
        limit, exact = self.limit(tick), self._terms.lasts.get(tick)
        if exact is None and not (self._terms.closes and self._chords.stands(tick)):
            yield from self._freely(place, after, bit, limit)
            return
        end = limit if exact is None else tick + exact
        leg = self._leg(place, end, True) if end <= limit else None
        if leg is not None and self._breathes(tick, end, not leg.free & bit):
            bit &= self._beside(leg)
            if any(self._through(leg, states, bit) for states in after):
                yield only(end - tick)

    def _freely(
        self, first: int, after: Sequence[States], bit: PitchSet, limit: int
    ) -> Iterator[int]:
        """The durations, in sets, of a pitch struck at an event that ends by a limit.

        after: the states that it may bring. All ends from one event to the next lead there.
        """
        tick, segment = self._ticks[first], self._segment_of[first]
        free = self._consonant(tick, limit, bit)
        alive, place = list(after), first
        while self._ticks[place] < limit and alive:
            done, place = self._ticks[place] - tick, place + 1
            landed = alive
            if self._segment_of[place] > segment:
                segment += 1
                landed, alive = (
                    [s for s in (self._cross(segment, a, held) for a in alive) if s is not None]
                    for held in (False, True)
                )
            rest, end, found = self._rest[place], self._ticks[place], 0
            if any(rest.get(states, 0) & bit for states in landed):
                found = free & up_to(end - tick) & ~up_to(done)
            if end <= limit and self._cells[place].onset and not found & only(end - tick):
                _, steps, again = self._chords.legal(tick, end)
                if (steps | again) & bit and self._breathes(tick, end, True):
                    leg = self._leg(first, end, True)
                    if leg and any(
                        self._through(leg, one, bit & self._beside(leg)) for one in after
                    ):
                        found |= only(end - tick)
            if found:
                yield found

    def _consonant(self, tick: int, limit: int, bit: PitchSet) -> int:
        """The durations up to a limit, as a set, for which a pitch needs no resolution, goes with
        the other voices, and leaves room for a breath."""
        found, first = 0, tick
        while first < limit:
            last = min(self._chords.following[first], limit)
            if self._chords.legal(tick, first + 1)[0] & bit:
                found |= up_to(last - tick) & ~up_to(first - tick)
            first = last
        if self._company is not None:
            over = self._company.over
            ends = range(tick + 1, limit + 1)
            found &= up_to(bisect_left(ends, True, key=lambda end: not over(tick, end) & bit))
        if found and self._breath_until(tick) is not None:
            for duration in members(found):
                if not self._breathes(tick, tick + duration + 1, False):
                    found ^= 1 << duration
        return found

    def wrote(self, note: Note) -> None:
        """Go on past a note, be it told where the line would strike none."""
        place = bisect_right(self._ticks, note.onset) - 1
        bit, leg = 1 << note.pitch, self._leg(place, note.end, False)
        for move in self._steps(self._segment_of[place], self.states):
            fits = move.pitches & bit & self._within(move)
            if fits and leg is not None and self._land(leg, move.states) is not None:
                break
        else:
            raise Astray("a note that was not offered")
        free, steps, again = (bool(part & bit) for part in self._chords.legal(note.onset, note.end))
        self.owed = None
        owes = note.onset not in self._terms.fixed or self._owes(note)
        if owes and not free and (steps or again):
            chord = self._chords.ground_or_tones(note.end, self._terms.is_bass(note.end))
            self.owed = (note.end, chord & (near(bit) | bit if again else near(bit)))
        self._breath = self._stretches(note.onset)
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
