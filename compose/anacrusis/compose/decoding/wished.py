"""What a wish says of one track as the notes stand: what could be written without breaking it.

The same tables and courses that keep rules (`constraints.demands`) are asked here, without looking
ahead farther than to the resolution that a note may need.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from typing import Protocol

from ..constraints.between import Voicing
from ..constraints.chords import ChordGuarantee
from ..constraints.courses import CountCourse, ShareCourse
from ..constraints.durations import ANY, only, up_to
from ..constraints.hands import reachable
from ..constraints.lookahead import Company
from ..constraints.pitchset import (
    ALL,
    PITCHES,
    PitchSet,
    above,
    highest,
    members,
    near,
)
from ..constraints.state import State, Voice
from ..constraints.terms import Terms
from ..rules.line import GAP
from ..score import Score
from ..tokens.vocabulary import MAX_DURATION
from .followed import Followed


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

    def durations(self, state: State, legal: int) -> int:
        """The durations that the pitch just written may have, as a set; legal: as for pitches."""
        ...

    def velocities(self, state: State) -> int | None:
        """The velocities at the moment, as a set; None: all."""
        ...


class TrackWish:
    """A wish about one track, by its own notes and, between voices, by those of the others."""

    def __init__(
        self,
        rank: int,
        terms: Terms,
        score: Score,
        chords: ChordGuarantee,
        alone: Collection[int] = (),
        voicing: Voicing | None = None,
    ) -> None:
        """alone: bars in which one note is to sound at a time."""
        self.rank = rank
        self._terms, self._score, self._chords = terms, score, chords
        self._alone, self._voicing = alone, voicing
        self._starts = score.bar_starts
        self._courses = [
            Followed(course)
            for course in terms.courses
            if not isinstance(course, CountCourse | ShareCourse)  # chords count as one, or by note
        ]
        self._musts = sorted(terms.must)
        self._resolved = not terms.is_drums and bool(
            terms.counts
            or terms.breaths
            or terms.narrowed
            or any(open_ and not terms.usable[tick] for tick, open_ in enumerate(chords.grid[:-1]))
        )  # whether it has something to say of the notes in which others resolve
        self._usable: dict[int, int] = {}
        self._sections = sorted({0, *(score.bar_starts[s.bar] for s in score.sections)})

    def onsets(self, state: State) -> int:
        """Where the wish has a place for a note, none past one that it needs."""
        bar, voice = state.bar, state.voices[self.rank]
        struck = self._struck(voice, bar)
        if len(struck) >= self._counts(bar)[1] or any(
            c.full(voice.notes) for c in self._running(bar)
        ):
            return 0
        origin, now = self._origin(bar), self._now(struck, bar)
        found = self._places(bar) & -1 << (now + 1 - origin)
        due = self._due(now, bar)
        if due is not None:
            found &= (1 << (due + 1 - origin)) - 1
        left = list(members(found))
        lacking = self._lacking(voice, bar, struck)
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
        """Whether enough has been struck, and nothing is due."""
        bar, voice = state.bar, state.voices[self.rank]
        struck = self._struck(voice, bar)
        due = self._due(self._now(struck, bar), bar)
        return due is None and self._lacking(voice, bar, struck) <= 0

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
            found &= reachable(terms.playable[bar], held, found)
        found &= self._beside(state) & self._resolvable(state)
        for _ in range(terms.least.get(tick, 0) - sounding - 1):
            legal &= ~(1 << highest(legal)) if legal else 0  # as many must follow above
            found &= legal
        return found

    def durations(self, state: State, legal: int) -> int:
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
        lacking = self._lacking(voice, bar, self._struck(voice, bar) | {tick})
        if lacking > 0 and _one_at_a_time(voice, tick, bar):
            left = list(members(self._places(bar) & -1 << (tick + 1 - self._origin(bar))))
            if lacking <= len(left):
                allowed &= up_to(left[-lacking] + self._origin(bar) - tick)
        bit = 1 << state.pitch
        for place in members(legal & allowed) if self._resolved else ():
            end = tick + place + 1
            if end <= state.limit and not self._chords.legal(tick, end)[0] & bit:
                same = bit if end == self._chords.following[tick] else 0
                if not self._resolutions(state, end) & (near(bit) | same):
                    allowed &= ~only(end - tick)
        company = self._company(state)
        if company is not None:
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

    def _counts(self, bar: int) -> tuple[int, int]:
        """Fewest and most onsets of a bar."""
        return self._terms.counts.get(bar, (0, MAX_DURATION))

    def _lacking(self, voice: Voice, bar: int, struck: set[int]) -> int:
        """How many onsets the bar still needs, by their count and for courses that end with it."""
        ending = (c for c in self._running(bar) if c.end == self._starts[bar + 1])
        courses = (course.lacking(voice.notes) for course in ending)
        return max(self._counts(bar)[0] - len(struck), *courses, 0)

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

    # What chords then need

    def _resolvable(self, state: State) -> PitchSet:
        """The pitches that need no resolution, and those that have one which keeps the wish."""
        tick, chords = state.tick, self._chords
        if not self._resolved:
            return ALL
        found = chords.tones[tick]
        for end in chords.endings(tick, state.limit):
            targets = self._resolutions(state, end)
            found |= near(targets) | (targets if end == chords.following[tick] else 0)
        return found

    def _resolutions(self, state: State, end: int) -> PitchSet:
        """The pitches that the wish lets resolve, at its end, the note that is written."""
        bar, voice, terms = state.bar, state.voices[self.rank], self._terms
        if end >= self._starts[-1] or not terms.usable[end]:
            return 0
        struck = len(self._struck(voice, bar) | {state.tick})
        if end < self._starts[bar + 1] and struck >= self._counts(bar)[1]:
            return 0
        breath = self._breath(voice, state.tick)
        if breath is not None and state.tick - breath[1] < GAP and end >= breath[0] + breath[2]:
            return 0
        return terms.pitches_at(end) & self._chords.tones_for(voice, end)

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
