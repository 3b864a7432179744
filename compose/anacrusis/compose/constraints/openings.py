"""Look-ahead: positions, tracks and pitches are offered only where a legal note can follow."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from ..instruments import DRUM_PITCHES
from ..tokens.grammar import Slot
from ..tokens.vocabulary import MAX_DURATION, vocabulary
from .chords import ChordGuarantee
from .quotes import Quotes
from .rests import Rests
from .state import Mask, State


class NoteRule(Protocol):
    """A constraint on single notes, in terms that look-ahead can combine."""

    def pitches(self, state: State, rank: int, tick: int) -> Mask:
        """Boolean [128] of pitches the track may strike at `tick`."""
        ...

    def durations(self, state: State) -> Mask | None:
        """Boolean [96] of durations for the pitch just written; None: all."""
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
        self._open: dict[int, tuple[int, Mask]] = {}  # rank -> (bar, open positions)
        v = self._v = vocabulary()
        self._size = len(v)
        self._spans = {kind: slice(*span) for kind, span in v.spans.items()}
        self._closing = [v.id("Bar"), v.id("EOS")]
        self._keys = np.arange(128)

    def mask(self, state: State) -> Mask | None:
        """Boolean [vocabulary] at every slot of a bar's notes."""
        slot = state.slot
        if slot not in (
            Slot.NOW, Slot.POSITION, Slot.TRACK, Slot.VELOCITY, Slot.PITCH, Slot.NOTE
        ):  # fmt: skip
            return None
        mask = np.ones(self._size, bool)
        if slot is Slot.PITCH:
            mask[self._spans["Duration"]] = self._durations(state)
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

    def _upwards(self, state: State) -> Mask:
        """Boolean [128]: pitches still open in this track at this tick, above the last written."""
        mask = self._keys > state.pitch
        for rule in self._rules:
            mask &= rule.pitches(state, state.rank, state.tick)
        return mask

    def _durations(self, state: State) -> Mask:
        """Boolean [96]: durations that all rules allow the pitch just written."""
        allowed = np.ones(MAX_DURATION, bool)
        for rule in self._rules:
            durations = rule.durations(state)
            if durations is not None:
                allowed &= durations
        return allowed

    def _offer_pitches(self, mask: Mask, pitches: Mask) -> None:
        mask[self._spans["Pitch"]] = pitches
        mask[self._spans["PitchDrum"]] = pitches[DRUM_PITCHES[0] : DRUM_PITCHES[1] + 1]

    def _offer_tracks(self, mask: Mask, state: State, after: int, owed: Mapping[int, int]) -> None:
        """Tracks after rank `after` with a note to strike, none past the first that owes one."""
        mask[self._spans["Track"]] = False
        bound = min((rank for rank in owed if rank > after), default=len(state.voices))
        for rank in range(after + 1, min(bound + 1, len(state.voices))):
            if self._open_positions(state, rank).any():
                mask[self._v.id("Track", state.voices[rank].label)] = True
        if bound < len(state.voices):
            mask[self._closing] = False

    def _offer_positions(
        self, mask: Mask, state: State, first: int, owed: Mapping[int, int]
    ) -> None:
        """Positions from `first` on where the track has a note to strike, none past one it owes."""
        open_ticks = self._open_positions(state, state.rank).copy()
        open_ticks[:first] = False
        open_ticks[owed.get(state.rank, state.bar_end) - state.origin + 1 :] = False
        positions = mask[self._spans["Position"]]
        positions[:] = False
        positions[: len(open_ticks)] = open_ticks

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
            usable = np.flatnonzero(self._open_positions(state, rank)) + state.origin
            by_then, later = usable[usable <= tick], usable[usable > tick]
            due[rank] = int([tick, *later[:1], *by_then][-1])
        return due

    def _open_positions(self, state: State, rank: int) -> Mask:
        """Boolean [ticks of the bar]: positions at which the track has a note to strike."""
        cached = self._open.get(rank)
        if cached is not None and cached[0] == state.bar:
            return cached[1]
        if state.is_given(rank, state.bar):
            closed = np.zeros(state.bar_end - state.origin, bool)
            self._open[rank] = (state.bar, closed)
            return closed
        voice, chords = state.voices[rank], self._chords
        ticks = np.arange(max(state.origin, 0), state.bar_end)
        if voice.plan.role == "drums":
            struck = np.broadcast_to(voice.reach, (len(ticks), 128))
        else:
            tone = chords.lane.tone[ticks]
            if voice.plan.role == "bass":
                on_bass = np.arange(12) == chords.lane.bass[ticks][:, None]
                tone = np.where(chords.lane.grounded[ticks][:, None], on_bass, tone)
            struck = tone[:, np.arange(128) % 12] & voice.reach
        room = voice.plan.polyphony - np.sum(
            np.asarray(voice.ends, np.int64)[None, :] > ticks[:, None], axis=1
        )
        for tick, count in voice.promised.items():
            if ticks[0] <= tick < state.bar_end:
                room[tick - ticks[0]] -= count
        usable: Mask = struck & (voice.free_at <= ticks[:, None]) & (room >= 1)[:, None]
        if self._quotes is not None:
            usable = self._quotes.open(state, rank, ticks, usable)
        found: Mask = np.asarray(usable.any(axis=1)) & chords.grid[ticks]
        if voice.plan.role != "drums":
            in_time = found & ~chords.lane.ended[ticks]
            if in_time.any() or voice.last_end > ticks[0]:
                found = in_time  # else quotes are forbidden that all earlier entries would make
        for tick in voice.promised:
            if ticks[0] <= tick < state.bar_end:
                found[tick - ticks[0]] = True
        open_ticks = np.zeros(state.bar_end - state.origin, bool)
        open_ticks[len(open_ticks) - len(found) :] = found
        self._open[rank] = (state.bar, open_ticks)
        return open_ticks

    def _offer_after_note(self, mask: Mask, state: State, owed: Mapping[int, int]) -> None:
        """After a note: another above it, a later position, a later track, or the bar's end."""
        upwards = self._upwards(state)
        self._offer_pitches(mask, upwards)
        if not upwards.any():
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
