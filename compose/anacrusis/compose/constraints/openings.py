"""Look-ahead: positions, tracks and pitches are offered only where a legal note can follow."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from ..instruments import DRUM_PITCHES
from ..tokens.grammar import Slot
from ..tokens.vocabulary import MAX_DURATION, vocabulary
from .chords import ChordGuarantee
from .durations import ANY
from .pitchset import Mask, PitchSet, above, members, to_array
from .quotes import Quotes
from .rests import Rests
from .state import State


class NoteRule(Protocol):
    """A constraint on single notes, in terms that look-ahead can combine."""

    def pitches(self, state: State, rank: int, tick: int) -> PitchSet:
        """The pitches the track may strike at `tick`."""
        ...

    def durations(self, state: State) -> int | None:
        """The durations of the pitch just written, as a set; None: all."""
        ...

    def wrote(self, state: State) -> None:
        """Called when a note is complete."""
        ...


class Openings:
    """Combines the note rules and never lets decoding pass a promise or enter a dead end.

    A promise is a resolution that chords need, or an entry that a track's longest rest needs.
    """

    def __init__(
        self,
        rules: Sequence[NoteRule],
        chords: ChordGuarantee,
        rests: Rests,
        quotes: Quotes | None = None,
    ) -> None:
        self._rules = tuple(rules) if quotes is None else (*rules, quotes)
        self._quotes = quotes
        self._chords = chords
        self._rests = rests
        self._open: dict[int, tuple[int, int]] = {}  # rank -> (bar, set of open positions)
        v = self._v = vocabulary()
        self._size = len(v)
        self._spans = {kind: slice(*span) for kind, span in v.spans.items()}
        self._closing = [v.id("Bar"), v.id("EOS")]

    def mask(self, state: State) -> Mask | None:
        """Boolean [vocabulary] at every slot of a bar's notes."""
        slot = state.slot
        if slot not in (
            Slot.NOW, Slot.POSITION, Slot.TRACK, Slot.VELOCITY, Slot.PITCH, Slot.NOTE
        ):  # fmt: skip
            return None
        mask = np.ones(self._size, bool)
        if slot is Slot.PITCH:
            mask[self._spans["Duration"]] = to_array(self._durations(state), MAX_DURATION)
        elif slot in (Slot.POSITION, Slot.VELOCITY):
            self._offer_pitches(mask, self._upwards(state))
        else:
            owed = self._owed(state)
            if slot is Slot.NOW:
                self._offer_tracks(mask, state, -1, owed)
            elif slot is Slot.TRACK:
                self._offer_positions(mask, state, 0, owed)
            else:
                self._offer_after_note(mask, state, owed)
        return mask

    def step(self, state: State, token: int) -> None:
        """Tell the rules of each note that is complete, and the rests of each bar."""
        self._rests.step(state, token)
        if state.writing and self._v.type(token) in ("Duration", "PitchDrum"):
            for rule in self._rules:
                rule.wrote(state)
            self._open.pop(state.rank, None)

    def check(self) -> None:
        """Raise `ConstraintError` where repeated music quotes; no mask can prevent that."""
        if self._quotes is not None:
            self._quotes.check()

    def _upwards(self, state: State) -> PitchSet:
        """The pitches still open in this track at this tick, above the last written."""
        found = above(state.pitch)
        for rule in self._rules:
            found &= rule.pitches(state, state.rank, state.tick)
        return found

    def _durations(self, state: State) -> int:
        """The durations that all rules allow the pitch just written."""
        allowed = ANY
        for rule in self._rules:
            durations = rule.durations(state)
            if durations is not None:
                allowed &= durations
        return allowed

    def _offer_pitches(self, mask: Mask, pitches: PitchSet) -> None:
        offered = to_array(pitches)
        mask[self._spans["Pitch"]] = offered
        mask[self._spans["PitchDrum"]] = offered[DRUM_PITCHES[0] : DRUM_PITCHES[1] + 1]

    def _offer_tracks(self, mask: Mask, state: State, after: int, owed: Mapping[int, int]) -> None:
        """Tracks after rank `after` with a note to strike, none past the first that owes one."""
        mask[self._spans["Track"]] = False
        bound = min((rank for rank in owed if rank > after), default=len(state.voices))
        for rank in range(after + 1, min(bound + 1, len(state.voices))):
            if self._open_positions(state, rank):
                mask[self._v.id("Track", state.voices[rank].label)] = True
        if bound < len(state.voices):
            mask[self._closing] = False

    def _offer_positions(
        self, mask: Mask, state: State, first: int, owed: Mapping[int, int]
    ) -> None:
        """Positions from `first` on where the track has a note to strike, none past one it owes."""
        last = owed.get(state.rank, state.bar_end) - state.origin
        found = self._open_positions(state, state.rank) & -1 << first & (1 << (last + 1)) - 1
        positions = mask[self._spans["Position"]]
        positions[:] = to_array(found, len(positions))

    def _owed(self, state: State) -> dict[int, int]:
        """Rank -> first tick of this bar at which the track must strike a note."""
        owed = self._due(state)
        for rank, voice in enumerate(state.voices):
            promised = min(voice.promised, default=state.bar_end)
            if promised < state.bar_end:
                owed[rank] = min(promised, owed.get(rank, promised))
        return owed

    def _due(self, state: State) -> dict[int, int]:
        """Rank -> tick by which a silent track must have entered.

        Where quotes are forbidden it is one at which the track can: the last such, or if need be
        the first thereafter. A silent track's melody stands, so the tick stays the same.
        """
        due = self._rests.due(state)
        if self._quotes is None:
            return due
        for rank, tick in due.items():
            usable = [state.origin + place for place in members(self._open_positions(state, rank))]
            by_then = [other for other in usable if other <= tick]
            later = [other for other in usable if other > tick]
            due[rank] = [tick, *later[:1], *by_then][-1]
        return due

    def _open_positions(self, state: State, rank: int) -> int:
        """The positions of the bar, as a set, at which the track has a note to strike."""
        cached = self._open.get(rank)
        if cached is not None and cached[0] == state.bar:
            return cached[1]
        found = 0 if state.is_given(rank, state.bar) else self._striking(state, rank)
        self._open[rank] = (state.bar, found)
        return found

    def _striking(self, state: State, rank: int) -> int:
        voice, chords, origin = state.voices[rank], self._chords, state.origin
        begin = max(origin, 0)
        drums = voice.plan.role == "drums"
        busy = max(voice.ends, default=0)
        usable: list[int] = []
        struck: list[PitchSet] = []
        for tick in range(begin, state.bar_end):
            if chords.grid[tick]:
                pitches = voice.reach if drums else chords.tones_for(voice, tick)
                if tick < busy or tick in voice.promised:
                    pitches = pitches & voice.silent(tick) if voice.room(tick) >= 1 else 0
                if pitches:
                    usable.append(tick)
                    struck.append(pitches)
        if self._quotes is not None and usable:
            ticks, asked = np.array(usable), np.array([to_array(pitches) for pitches in struck])
            usable = ticks[self._quotes.open(state, rank, ticks, asked).any(axis=1)].tolist()
        if not drums:
            in_time = [tick for tick in usable if not chords.ended[tick]]
            if in_time or voice.last_end > begin:
                usable = in_time
            # else quotes are forbidden that all earlier entries would make
        kept = [tick for tick in voice.promised if begin <= tick < state.bar_end]
        found = 0
        for tick in (*usable, *kept):
            found |= 1 << (tick - origin)
        return found

    def _offer_after_note(self, mask: Mask, state: State, owed: Mapping[int, int]) -> None:
        """After a note: another above it, a later position, a later track, or the bar's end."""
        upwards = self._upwards(state)
        self._offer_pitches(mask, upwards)
        if not upwards:
            mask[self._spans["Velocity"]] = False
        if owed.get(state.rank) == state.tick:
            mask[self._spans["Position"]] = False
        else:
            self._offer_positions(mask, state, state.tick - state.origin + 1, owed)
        if state.rank in owed:
            mask[self._spans["Track"]] = False
            mask[self._closing] = False
        else:
            self._offer_tracks(mask, state, state.rank, owed)
