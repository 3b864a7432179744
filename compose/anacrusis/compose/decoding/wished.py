"""What a wish says of one track as the notes stand: what could be written without breaking it.

The same tables and courses that keep rules (`constraints.demands`) are asked here, without looking
ahead: where a note has broken a course, it goes on from there.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import Protocol

from ..constraints.between import Doublings, Voicing
from ..constraints.courses import CountCourse, Course, Move, ShareCourse
from ..constraints.durations import ANY, only, up_to
from ..constraints.hands import reachable
from ..constraints.line import GAP, Company
from ..constraints.pitchset import (
    ALL,
    PITCHES,
    PitchSet,
    above,
    between,
    highest,
    members,
)
from ..constraints.state import State, Voice
from ..constraints.terms import Terms
from ..score import Note, Score
from ..tokens.vocabulary import MAX_DURATION

LATE = 2 / 3
"""Share of a place after which notes that bring a course to its end are preferred."""


class Wished(Protocol):
    """A wish as it concerns the track of a rank. All answers are about the bar being written."""

    rank: int

    def onsets(self, state: State) -> int:
        """The positions, as a set, at which the track may strike next."""
        ...

    def may_leave(self, state: State) -> bool:
        """Whether the track need strike nothing more."""
        ...

    def settled(self, state: State) -> bool:
        """Whether the moment that is written needs no more notes."""
        ...

    def pitches(self, state: State, legal: PitchSet) -> PitchSet:
        """The pitches that may be struck; legal: those that are possible at all."""
        ...

    def durations(self, state: State) -> int:
        """The durations that the pitch just written may have, as a set."""
        ...

    def velocities(self, state: State) -> int | None:
        """The velocities at the moment, as a set; None: all."""
        ...


class Followed:
    """A course, and where it stands after the notes of a track."""

    def __init__(self, course: Course) -> None:
        self.start, self.end = course.start, course.end
        self._course = course
        self._seen: list[tuple[Note, Hashable, int | None]] = []

    def open(self, notes: Sequence[Note], tick: int) -> PitchSet:
        """The pitches that may be struck at a tick."""
        state, last = self._stand(notes)
        moves = self._course.moves(state)
        late = tick - self.start >= LATE * (self.end - self.start)
        if late and not self._course.may_end(state):
            moves = [move for move in moves if move.state != state]
        found = 0
        for move in moves:
            found |= _reached(move, last)
        return found

    def full(self, notes: Sequence[Note]) -> bool:
        """Whether no note may come any more."""
        return not self._course.moves(self._stand(notes)[0])

    def may_end(self, notes: Sequence[Note]) -> bool:
        """Whether the course may end as it stands."""
        return self._course.may_end(self._stand(notes)[0])

    def _stand(self, notes: Sequence[Note]) -> tuple[Hashable, int | None]:
        """The state, and the pitch of the last note within the course."""
        seen = self._seen
        del seen[len(notes) :]
        while seen and seen[-1][0] is not notes[len(seen) - 1]:
            seen.pop()  # notes that have been taken back
        state, last = seen[-1][1:] if seen else (self._course.begin(False), None)
        for note in notes[len(seen) :]:
            if self.start <= note.onset < self.end:
                state, last = self._after(state, last, note.pitch), note.pitch
            seen.append((note, state, last))
        return state, last

    def _after(self, state: Hashable, last: int | None, pitch: int) -> Hashable:
        """The state after a note; where it breaks the course, as if it had moved on."""
        moves = self._course.moves(state)
        for move in moves:
            if _reached(move, last) >> pitch & 1:
                return move.state
        return moves[0].state if moves else state


def _reached(move: Move, last: int | None) -> PitchSet:
    """The pitches that a move leads to."""
    if last is None:
        return move.pitches
    return move.pitches & between(max(last + move.low, 0), min(last + move.high, PITCHES - 1))


class TrackWish:
    """A wish about one track, by its own notes and, between voices, by those of the others."""

    def __init__(
        self,
        rank: int,
        terms: Terms,
        score: Score,
        alone: Collection[int] = (),
        voicing: Voicing | None = None,
    ) -> None:
        """alone: bars in which one note is to sound at a time."""
        self.rank = rank
        self._terms, self._score, self._alone, self._voicing = terms, score, alone, voicing
        self._starts = score.bar_starts
        self._courses = [
            Followed(course)
            for course in terms.courses
            if not isinstance(course, CountCourse | ShareCourse)  # chords count as one, or by note
        ]
        self._musts = sorted(terms.must)
        self._usable: dict[int, int] = {}
        self._sections = sorted({0, *(score.bar_starts[s.bar] for s in score.sections)})

    def onsets(self, state: State) -> int:
        """Where the wish has a place for a note, none past one that it needs."""
        bar, voice = state.bar, state.voices[self.rank]
        struck = self._struck(voice, bar)
        low, high = self._terms.counts.get(bar, (0, MAX_DURATION))
        if len(struck) >= high or any(c.full(voice.notes) for c in self._running(bar)):
            return 0
        origin, now = self._origin(bar), self._now(struck, bar)
        found = self._places(bar) & -1 << (now + 1 - origin)
        due = self._due(now, bar)
        if due is not None:
            found &= (1 << (due + 1 - origin)) - 1
        left = list(members(found))
        lacking = low - len(struck)
        if 1 < lacking <= len(left):
            found &= (1 << (left[-lacking] + 1)) - 1
        most = self._most(bar)
        ends = sorted(voice.ends)
        if len(ends) >= most:
            found &= -1 << max(ends[-most] - origin, 0)
        breath = self._breath(voice, self._starts[bar])
        if breath is not None:
            begin, end, longest = breath
            gone = range(max(begin + longest, origin), end + GAP)
            found &= ~sum(1 << (tick - origin) for tick in gone)
        return found

    def may_leave(self, state: State) -> bool:
        """Whether enough has been struck, nothing is due, and no course is cut short."""
        bar, notes = state.bar, state.voices[self.rank].notes
        struck = self._struck(state.voices[self.rank], bar)
        ending = (c for c in self._running(bar) if c.end == self._starts[bar + 1])
        return (
            len(struck) >= self._terms.counts.get(bar, (0, 0))[0]
            and self._due(self._now(struck, bar), bar) is None
            and all(course.may_end(notes) for course in ending)
        )

    def settled(self, state: State) -> bool:
        """Whether enough sounds, and all hits that belong here have come."""
        voice, tick = state.voices[self.rank], state.tick
        return voice.sounding(tick) >= self._terms.least.get(tick, 0) and not self._unmet(state)

    def pitches(self, state: State, legal: PitchSet) -> PitchSet:
        """By tables, courses, hands and the other voices."""
        terms, bar, tick = self._terms, state.bar, state.tick
        voice = state.voices[self.rank]
        sounding = voice.sounding(tick)
        if sounding >= self._most(bar):
            return 0
        found = terms.pitches_at(tick)
        for course in self._running(bar):
            found &= course.open(voice.notes, tick)
        if bar in terms.shares:
            found &= self._shared(voice, bar)
        for hit in self._unmet(state):
            found &= hit | ~above(highest(hit))  # pitches rise: none above what must still come
        if bar in terms.playable:
            held = [pitch for pitch, end in voice.held.items() if end > tick]
            found &= reachable(terms.plan.program, held, found)
        found &= self._beside(state)
        for _ in range(terms.least.get(tick, 0) - sounding - 1):
            legal &= ~(1 << highest(legal)) if legal else 0  # as many must follow above
            found &= legal
        return found

    def durations(self, state: State) -> int:
        """By rhythm, breath, onsets still lacking, and the other voices."""
        terms, bar, tick = self._terms, state.bar, state.tick
        voice, allowed = state.voices[self.rank], ANY
        if tick in terms.lasts:
            allowed &= only(terms.lasts[tick])
        allowed &= up_to(terms.stop(tick) - tick)
        breath = self._breath(voice, tick)
        for first, last, longest in terms.breaths:
            if first <= tick < last:
                goes_on = breath is not None and tick - breath[1] < GAP
                begin = breath[0] if breath is not None and goes_on else tick
                allowed &= up_to(begin + longest - tick)
        lacking = terms.counts.get(bar, (0, 0))[0] - len(self._struck(voice, bar) | {tick})
        if lacking > 0 and _one_at_a_time(voice, tick, bar):
            left = list(members(self._places(bar) & -1 << (tick + 1 - self._origin(bar))))
            if lacking <= len(left):
                allowed &= up_to(left[-lacking] + self._origin(bar) - tick)
        company = self._company(state)
        if company is not None:
            bit = 1 << state.pitch
            clashes = bisect_left(
                range(1, MAX_DURATION + 1), True,
                key=lambda ticks: not company.over(tick, tick + ticks) & bit,
            )  # fmt: skip
            allowed &= up_to(clashes)
        return allowed

    def velocities(self, state: State) -> int | None:
        """Those of the dynamics."""
        return self._terms.loud.get(state.tick)

    # Where the track stands

    def _struck(self, voice: Voice, bar: int) -> set[int]:
        """The onsets of the bar."""
        found, start = set(), self._starts[bar]
        for note in reversed(voice.notes):
            if note.onset < start:
                break
            found.add(note.onset)
        return found

    def _now(self, struck: set[int], bar: int) -> int:
        """The last onset of the bar; before its first there is none."""
        return max(struck, default=self._starts[bar] - 1)

    def _origin(self, bar: int) -> int:
        """The tick of metrical position 0."""
        return self._starts[bar] - self._score.lead(bar)

    def _places(self, bar: int) -> int:
        """The positions of a bar, as a set, at which notes may be struck."""
        if bar not in self._usable:
            origin = self._origin(bar)
            self._usable[bar] = sum(
                1 << (tick - origin)
                for tick in range(self._starts[bar], self._starts[bar + 1])
                if self._terms.usable[tick]
            )
        return self._usable[bar]

    def _due(self, now: int, bar: int) -> int | None:
        """The next tick of a bar at which the track must strike."""
        place = bisect_right(self._musts, now)
        if place < len(self._musts) and self._musts[place] < self._starts[bar + 1]:
            return self._musts[place]
        return None

    def _most(self, bar: int) -> int:
        """How many notes may sound."""
        if bar in self._alone:
            return 1
        return self._terms.voices.get(bar, (0, PITCHES))[1]

    def _running(self, bar: int) -> Iterator[Followed]:
        """The courses that run in a bar."""
        start = self._starts[bar]
        return (course for course in self._courses if course.start <= start < course.end)

    def _unmet(self, state: State) -> list[PitchSet]:
        """The sets of which a member must still be struck at the moment."""
        wanted = self._terms.hits.get(state.tick)
        if not wanted:
            return []
        voice = state.voices[self.rank]
        struck = sum(1 << note.pitch for note in voice.notes[-8:] if note.onset == state.tick)
        return [hit for hit in wanted if not hit & struck]

    def _shared(self, voice: Voice, bar: int) -> PitchSet:
        """All pitches where three quarters of the bar's notes then still lie in the tessitura."""
        inside = self._terms.shares[bar]
        notes = [note for note in voice.notes if note.onset >= self._starts[bar]]
        within = sum(inside >> note.pitch & 1 for note in notes)
        return ALL if 3 * (len(notes) - within + 1) <= within else inside

    def _breath(self, voice: Voice, tick: int) -> tuple[int, int, int] | None:
        """Begin and end of the last stretch without a breath, and the longest one allowed."""
        for first, last, longest in self._terms.breaths:
            if first <= tick < last and voice.notes and voice.notes[-1].onset >= first:
                begin = voice.notes[-1].onset
                for note in reversed(voice.notes):
                    if note.onset < first or begin - note.end >= GAP:
                        break
                    begin = note.onset
                return begin, voice.last_end, longest
        return None

    # Other voices

    def _company(self, state: State) -> Company | None:
        """What the other voices leave in the bar."""
        if self._voicing is None:
            return None
        return self._voicing.company(lambda r: state.voices[r].notes, self.rank, state.bar)

    def _beside(self, state: State) -> PitchSet:
        """The pitches that go with the other voices."""
        company, tick = self._company(state), state.tick
        if company is None:
            return ALL
        found = company.over(tick, tick + 1)
        notes = state.voices[self.rank].notes
        if notes and self._joined(notes[-1].onset, tick):
            last = notes[-1].pitch
            for interval, pitches in company.banned(tick):
                for pitch in members(found & pitches):
                    if pitch != last and (pitch - last) % 12 == interval:
                        found &= ~(1 << pitch)
        return found

    def _joined(self, last: int, tick: int) -> bool:
        """Whether two onsets are of one section, the first in the wish's place."""
        section = self._sections[bisect_right(self._sections, tick) - 1]
        return section <= last < tick and self._score.bar_at(last) in self._alone


def _one_at_a_time(voice: Voice, tick: int, bar: int) -> bool:
    """Whether nothing more can be struck while the note that is written sounds."""
    return voice.room(tick) <= 1 or (voice.terms is not None and voice.terms.is_line(bar))


class CopyWish:
    """A wish that tracks double one another: the one that comes later copies what stands."""

    def __init__(self, rank: int, doublings: Doublings, score: Score) -> None:
        self.rank = rank
        self._doublings, self._score = doublings, score
        self._starts = score.bar_starts

    def onsets(self, state: State) -> int:
        """Where the other track strikes next."""
        led = self._led(state)
        if led is None:
            return -1 & (1 << MAX_DURATION) - 1
        left = self._left(state, led)
        origin = self._starts[state.bar] - self._score.lead(state.bar)
        return 1 << (min(left) - origin) if left else 0

    def may_leave(self, state: State) -> bool:
        """Whether the other track strikes no more."""
        led = self._led(state)
        return led is None or not self._left(state, led)

    def settled(self, state: State) -> bool:
        """Whether all that it strikes now has been struck."""
        led = self._led(state)
        return led is None or not self._here(state, led)

    def pitches(self, state: State, legal: PitchSet) -> PitchSet:
        """The lowest pitch that is still to come."""
        led = self._led(state)
        if led is None:
            return ALL
        here = self._here(state, led)
        return 1 << min(here) if here else 0

    def durations(self, state: State) -> int:
        """As long as the note that is doubled."""
        led = self._led(state)
        if led is None:
            return ANY
        same = (n for n in led if (n.onset, n.pitch) == (state.tick, state.pitch))
        return next((only(note.duration) for note in same), ANY)

    def velocities(self, state: State) -> int | None:
        """Any."""
        return None

    def _led(self, state: State) -> list[Note] | None:
        """The notes of the bar that are to be struck; None where nothing is doubled."""
        found = self._doublings.leader(self.rank, state.bar)
        if found is None:
            return None
        leader, interval = found
        start = self._starts[state.bar]
        return [
            Note(note.onset, note.pitch + interval, note.duration)
            for note in state.voices[leader].notes
            if note.onset >= start and 0 <= note.pitch + interval < PITCHES
        ]

    def _left(self, state: State, led: list[Note]) -> set[int]:
        """Onsets after the last one."""
        notes = state.voices[self.rank].notes
        now = notes[-1].onset if notes else -1
        return {note.onset for note in led if note.onset > now}

    def _here(self, state: State, led: list[Note]) -> set[int]:
        """Pitches of the moment that have not been struck, above the last."""
        wanted = {note.pitch for note in led if note.onset == state.tick}
        return {pitch for pitch in wanted if pitch > state.pitch}
