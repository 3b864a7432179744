"""Ensembles: voices that keep rules with one another, looked ahead to together.

Each line looks ahead by itself, and beside the notes that stand. What the voices still to be
written will need of one another no line can see. So a short search plays what all voices of an
ensemble must still strike, in the order of time and with the shortest notes, to the end of the next
bar: where it finds no way, what was drawn is not taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..score import Note
from .between import Doublings, Voicing
from .line import Line
from .lookahead import Company
from .pitchset import PitchSet, highest, members
from .state import State

EFFORT = 400
"""Notes tried in one search; a way that takes longer to find counts as none."""


class _Strike(NamedTuple):
    """A note tried: whose, and what it was."""

    rank: int
    note: Note


class Ensembles:
    """The groups of ranks that keep rules together, and the search for how they go on."""

    def __init__(self, lines: Mapping[int, Line], voicing: Voicing, doublings: Doublings) -> None:
        self._lines, self._voicing, self._doublings = lines, voicing, doublings
        near = {rank: voicing.others(rank) | doublings.others(rank) for rank in lines}
        self._groups: dict[int, tuple[int, ...]] = {}
        for rank in lines:
            group, waiting = {rank}, [rank]
            while waiting:
                new = {r for r in near[waiting.pop()] if r in lines} - group
                group |= new
                waiting += new
            if len(group) > 1:
                self._groups[rank] = tuple(sorted(group))

    @property
    def any(self) -> bool:
        """Whether there are such groups."""
        return bool(self._groups)

    def can_finish(self, state: State, ticks: int | None = None) -> bool:
        """Whether the ensemble of the track being written finds a way on.

        ticks: how long the pitch just written may last; None where its note is complete.
        """
        rank = state.rank
        group = self._groups.get(rank)
        if group is None or not self._lines[rank].runs_in(state.bar):
            return True
        bars = range(state.bar, min(state.bar + 2, len(state.skeleton.bars)))
        bound = [
            bar
            for bar in bars
            if any(self._voicing.rules_in(r, bar) or self._doublings.any_in(r, bar) for r in group)
        ]
        if not bound:
            return True
        search = _Search(self, state, group, bound[-1])
        held = {r: self._lines[r].snapshot() for r in group}
        try:
            pending = None if ticks is None else Note(state.tick, state.pitch, ticks)
            return search.catches_up(rank, pending) and search.goes_on(state.bar)
        finally:
            for r in group:
                self._lines[r].restore(held[r])


class _Search:
    """One search, depth first."""

    def __init__(self, ensembles: Ensembles, state: State, group: Sequence[int], last: int) -> None:
        self._lines = ensembles._lines
        self._voicing, self._doublings = ensembles._voicing, ensembles._doublings
        self._state, self._group, self._last = state, group, last
        self._notes = {r: list(state.voices[r].notes) for r in group}
        self._left = EFFORT

    def _writes(self, bar: int) -> Iterator[int]:
        """The ranks still to write in a bar, but those that copy others there."""
        for rank in self._group:
            begun = bar > self._state.bar or rank >= self._state.rank
            line = self._lines[rank]
            given = self._state.is_given(rank, bar)
            if begun and not given and line.runs_in(bar):
                leader = self._doublings.leader(rank, bar)
                if leader is None:
                    yield rank

    def catches_up(self, rank: int, pending: Note | None) -> bool:
        """Whether what doubles others in this bar can take over what stands of them.

        pending: the note that the track of a rank is about to strike.
        """
        bar = self._state.bar
        followers = [r for r in self._group if self._doublings.leader(r, bar) is not None]
        if not all(self._copies(r) for r in followers if r != rank):
            return False
        if pending is not None and not self.strikes(bar, _Strike(rank, pending)):
            return False
        return rank not in followers or self._copies(rank)

    def _copies(self, rank: int) -> bool:
        """Strike what a track has still to copy of what stands of its leader."""
        bar = self._state.bar
        found = self._doublings.leader(rank, bar)
        assert found is not None
        leader, interval = found
        start = self._state.skeleton.bar_starts[bar]
        own = sum(note.onset >= start for note in self._notes[rank])
        due = [n for n in self._notes.get(leader, ()) if n.onset >= start][own:]
        for note in due:
            copy = _Strike(rank, Note(note.onset, note.pitch + interval, note.duration))
            if not self._accepts(bar, copy):
                return False
            self._plays(copy)
        return True

    def _accepts(self, bar: int, strike: _Strike) -> bool:
        line, note = self._lines[strike.rank], strike.note
        return bool(
            line.open(bar).get(note.onset, 0) >> note.pitch & 1
            and line.durations(note.onset, note.pitch) >> (note.duration - 1) & 1
        )

    def _plays(self, strike: _Strike) -> None:
        self._lines[strike.rank].wrote(strike.note)
        self._notes[strike.rank].append(strike.note)

    def goes_on(self, bar: int) -> bool:
        """Whether all that must be struck from where the lines stand can be."""
        owing = [rank for rank in self._writes(bar) if not self._lines[rank].may_leave(bar)]
        if not owing:
            return self._enters(bar + 1)
        offers = {rank: self._lines[rank].open(bar) for rank in owing}
        if not all(offers.values()):
            return False
        # Who must strike first: the last tick a line offers is the one it cannot pass.
        rank = min(owing, key=lambda r: (max(offers[r]), r))
        ticks = sorted(offers[rank], reverse=True)
        for tick in (ticks[:1] + ticks[1::2])[:6]:
            for strike in self._tried(rank, bar, tick, offers[rank][tick]):
                if self._left <= 0:
                    return False
                self._left -= 1
                held = {r: self._lines[r].snapshot() for r in self._group}
                counts = {r: len(self._notes[r]) for r in self._group}
                if self.strikes(bar, strike) and self.goes_on(bar):
                    return True
                for r in self._group:
                    self._lines[r].restore(held[r])
                    del self._notes[r][counts[r] :]
        return False

    def _enters(self, bar: int) -> bool:
        """Whether the lines can go on from the start of a bar."""
        if bar > self._last or bar >= len(self._state.skeleton.bars):
            return True
        for rank in self._group:
            line = self._lines[rank]
            if not line.may_leave(bar - 1):
                return False
            line.enter(bar, given=self._state.is_given(rank, bar))
        return self.goes_on(bar)

    def _tried(self, rank: int, bar: int, tick: int, pitches: PitchSet) -> Iterator[_Strike]:
        """Notes of a line at a tick that go with what the others have, the nearest first."""
        line = self._lines[rank]
        company = self._voicing.company(self._notes.__getitem__, rank, bar)
        last = line.last_pitch
        middle = (highest(pitches) + (pitches & -pitches).bit_length() - 1) // 2
        near = middle if last is None else last
        for pitch in sorted(members(pitches), key=lambda p: (abs(p - near), p)):
            ticks = line.shortest(tick, pitch)
            if not ticks:
                continue
            if company is not None and not _goes_with(company, last, pitch, tick, tick + ticks):
                continue
            yield _Strike(rank, Note(tick, pitch, ticks))

    def strikes(self, bar: int, strike: _Strike) -> bool:
        """Strike a note, and what doubles it; False where that one cannot take it over."""
        rank, note = strike
        self._plays(strike)
        for other, interval in self._doublings.followers(rank, bar):
            if other not in self._lines:
                continue
            pitch = note.pitch + interval
            copy = _Strike(other, Note(note.onset, pitch, note.duration)) if pitch >= 0 else None
            if copy is None or not self._accepts(bar, copy):
                return False
            self._plays(copy)
        return True


def _goes_with(company: Company, last: int | None, pitch: int, tick: int, end: int) -> bool:
    """Whether a pitch goes with what the others have, after the line's last pitch."""
    if not company.over(tick, end) >> pitch & 1:
        return False
    if last is None or last == pitch:
        return True
    return not any(
        (pitch - last) % 12 == interval and pitches >> pitch & 1
        for interval, pitches in company.banned(tick)
    )
