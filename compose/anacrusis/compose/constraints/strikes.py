"""Strikes: where in a bar each track may strike a note, and by when it must."""

from collections.abc import Mapping

import numpy as np

from ..tokens.grammar import Slot
from .chords import ChordGuarantee
from .copies import Copies, Due
from .line import Line
from .pitchset import PitchSet, members, to_array
from .quotes import Quotes
from .rests import Rests
from .state import State
from .texture import Texture


class Strikes:
    """What is open and what is owed in a bar, of lines, of tracks that copy, and of all others."""

    def __init__(
        self,
        chords: ChordGuarantee,
        rests: Rests,
        lines: Mapping[int, Line],
        quotes: Quotes | None,
        texture: Texture | None,
        copies: Copies | None,
    ) -> None:
        self._chords, self._rests, self._lines = chords, rests, lines
        self._quotes, self._texture, self._copies = quotes, texture, copies
        self._open: dict[int, tuple[int, int]] = {}  # rank -> (bar, set of open positions)
        # Rank -> what it may strike in this bar, where nothing written so far is in the way.
        self._offers: dict[int, list[tuple[int, PitchSet]]] = {}

    def forget(self) -> None:
        """Ask anew: another bar begins, or the writing stands elsewhere."""
        self._open, self._offers = {}, {}

    def struck(self, rank: int) -> None:
        """A track has struck a note, or begins its notes in the bar."""
        self._open.pop(rank, None)

    def line(self, state: State, rank: int) -> Line | None:
        """The line of a track, in bars in which it is one."""
        line = self._lines.get(rank)
        return line if line is not None and line.runs_in(state.bar) else None

    def due(self, state: State, rank: int) -> list[Due] | None:
        """What a track has still to copy in this bar; None where it copies nothing."""
        return None if self._copies is None else self._copies.due(state, rank)

    def owed(self, state: State) -> dict[int, int]:
        """Rank -> first tick of this bar at which the track must strike a note.

        The bar's end for lines that must strike: their positions are no others than they may take.
        """
        owed = self._overdue(state)
        for rank, voice in enumerate(state.voices):
            if state.is_given(rank, state.bar):
                continue
            due = self.due(state, rank)
            line = self.line(state, rank)
            if due:
                owed[rank] = due[0].onset
            elif line is not None and not line.may_leave(state.bar):
                owed[rank] = state.bar_end
            if due is not None or line is not None:
                continue
            promised = min(voice.promised, default=state.bar_end)
            if promised < state.bar_end:
                owed[rank] = min(promised, owed.get(rank, promised))
            if voice.terms is not None and voice.last_end <= self._rests.must_reach(state, rank):
                owed.setdefault(rank, state.bar_end)
            if self._texture is not None:
                self._keep_reserve(state, rank, owed)
        return owed

    def _keep_reserve(self, state: State, rank: int, owed: dict[int, int]) -> None:
        """A track that lacks onsets strikes by the last positions of the bar that are left."""
        assert self._texture is not None
        lacking = self._texture.lacking(state, rank)
        if lacking < 1:
            return
        now = state.tick if rank == self._current(state) else state.origin - 1
        left = [
            tick
            for tick in (state.origin + p for p in members(self.places(state, rank)))
            if tick > now and tick not in state.voices[rank].promised
        ]
        tick = left[-min(lacking, len(left))] if left else state.bar_end
        owed[rank] = min(tick, owed.get(rank, tick))

    @staticmethod
    def _current(state: State) -> int:
        """The track being written, -1 before the first of the bar."""
        return -1 if state.slot is Slot.NOW else state.rank

    def _overdue(self, state: State) -> dict[int, int]:
        """Rank -> tick by which a silent track must have entered.

        Where quotes are forbidden it is one at which the track can: the last such, or if need be
        the first thereafter. A silent track's melody stands, so the tick stays the same.
        """
        due: dict[int, int] = {}
        for rank, tick in self._rests.due(state).items():
            writes = rank if self._copies is None else self._copies.writer(rank, state.bar)
            if self.line(state, writes) is None:
                due[writes] = min(tick, due.get(writes, tick))
        for rank, tick in due.items():
            voice = state.voices[rank]
            if self._quotes is None and voice.terms is None:
                continue
            usable = [state.origin + place for place in members(self.places(state, rank))]
            by_then = [other for other in usable if other <= tick]
            later = [other for other in usable if other > tick]
            due[rank] = [tick, *later[:1], *by_then][-1]
        return due

    def places(self, state: State, rank: int) -> int:
        """The positions of the bar, as a set, at which the track has a note to strike."""
        cached = self._open.get(rank)
        if cached is not None and cached[0] == state.bar:
            return cached[1]
        found = 0 if state.is_given(rank, state.bar) else self._striking(state, rank)
        self._open[rank] = (state.bar, found)
        return found

    def _striking(self, state: State, rank: int) -> int:
        due = self.due(state, rank)
        if due is not None:
            return 1 << (due[0].onset - state.origin) if due else 0
        line = self.line(state, rank)
        if line is not None:
            found = 0
            for tick in line.open(state.bar):
                found |= 1 << (tick - state.origin)
            return found
        return self._striking_freely(state, rank)

    def _striking_freely(self, state: State, rank: int) -> int:
        voice, chords, origin = state.voices[rank], self._chords, state.origin
        begin = max(origin, 0)
        drums = voice.plan.role == "drums"
        busy = max(voice.ends, default=0)
        texture = self._texture if voice.terms is not None else None
        usable: list[int] = []
        struck: list[PitchSet] = []
        full = texture is not None and texture.full(state, rank)
        if rank not in self._offers:
            self._offers[rank] = [
                (tick, voice.allowed(tick) if drums else chords.tones_for(voice, tick))
                for tick in range(begin, state.written_until(rank, state.bar))
                if chords.grid[tick] and voice.usable(tick)
            ]
        for tick, pitches in self._offers[rank]:
            if full and tick not in voice.promised:
                continue
            if tick < busy or tick in voice.promised:
                pitches = pitches & voice.silent(tick) if voice.room(tick) >= 1 else 0
            if texture is not None and pitches:
                pitches &= texture.pitches(state, rank, tick)
                pitches = pitches if texture.holds(state, rank, tick, pitches) else 0
            if pitches:
                usable.append(tick)
                struck.append(pitches)
        if self._quotes is not None and usable:
            ticks, asked = np.array(usable), np.array([to_array(pitches) for pitches in struck])
            usable = ticks[self._quotes.open(state, rank, ticks, asked).any(axis=1)].tolist()
        if not drums and (voice.terms is None or voice.terms.closes):
            in_time = [tick for tick in usable if not chords.ended[tick]]
            if in_time or voice.last_end > begin:
                usable = in_time
            # else quotes are forbidden that all earlier entries would make
        kept = [tick for tick in voice.promised if begin <= tick < state.bar_end]
        found = 0
        for tick in (*usable, *kept):
            found |= 1 << (tick - origin)
        return found
