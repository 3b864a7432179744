"""Look-ahead: positions, tracks and pitches are offered only where a legal note can follow."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ..instruments import DRUM_PITCHES
from ..tokens.grammar import Slot
from ..tokens.vocabulary import MAX_DURATION, vocabulary
from .chords import ChordGuarantee
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

    def __init__(self, rules: Sequence[NoteRule], chords: ChordGuarantee, rests: Rests) -> None:
        self._rules = tuple(rules)
        self._chords = chords
        self._rests = rests
        self._v = vocabulary()
        self._open: dict[int, tuple[int, Mask]] = {}  # rank -> (bar, open positions)

    def pitches(self, state: State, rank: int, tick: int) -> Mask:
        """Boolean [128] of pitches all rules let the track strike at `tick`."""
        mask = self._rules[0].pitches(state, rank, tick)
        for rule in self._rules[1:]:
            mask = mask & rule.pitches(state, rank, tick)
        return mask

    def mask(self, state: State) -> Mask | None:
        """Boolean [vocabulary] at every slot of a bar's notes."""
        slot = state.slot
        if slot is Slot.PITCH:
            return self._duration_mask(state)
        if slot in (Slot.TRACK, Slot.VELOCITY):
            return self._pitch_mask(state, self._upwards(state))
        if slot is Slot.POSITION:
            return self._track_mask(state, after=-1)
        if slot is Slot.NOW:
            return self._position_mask(state)
        if slot is Slot.NOTE:
            return self._note_mask(state)
        return None

    def step(self, state: State, token: int) -> None:
        """Tell the rules of each note that is complete, and the rests of each bar."""
        self._rests.step(state, token)
        if state.writing and self._v.type(token) in ("Duration", "PitchDrum"):
            for rule in self._rules:
                rule.wrote(state)
            self._open.pop(state.rank, None)

    def _upwards(self, state: State) -> Mask:
        """Pitches still open in this track at this tick: those above the last one written."""
        pitches = self.pitches(state, state.rank, state.tick)
        if state.pitch >= 0:
            pitches[: state.pitch + 1] = False
        return pitches

    def _pitch_mask(self, state: State, pitches: Mask) -> Mask:
        mask = np.ones(len(self._v), bool)
        start, stop = self._v.spans["Pitch"]
        mask[start:stop] = pitches
        start, stop = self._v.spans["PitchDrum"]
        mask[start:stop] = pitches[DRUM_PITCHES[0] : DRUM_PITCHES[1] + 1]
        return mask

    def _duration_mask(self, state: State) -> Mask:
        mask = np.ones(len(self._v), bool)
        allowed = np.ones(MAX_DURATION, bool)
        for rule in self._rules:
            durations = rule.durations(state)
            if durations is not None:
                allowed &= durations
        start, stop = self._v.spans["Duration"]
        mask[start:stop] = allowed
        return mask

    def _track_mask(self, state: State, after: int) -> Mask:
        mask = np.ones(len(self._v), bool)
        start, stop = self._v.spans["Track"]
        mask[start:stop] = False
        position, due = state.tick - state.origin, self._rests.due(state)
        for rank, voice in enumerate(state.voices):
            if rank > after and self._open_positions(state, rank)[position]:
                mask[self._v.id("Track", voice.label)] = True
            if voice.promised.get(state.tick) or due.get(rank) == state.tick:
                break
        return mask

    def _position_mask(self, state: State) -> Mask:
        mask = np.ones(len(self._v), bool)
        open_ticks = self._open_positions(state, 0)
        for rank in range(1, len(state.voices)):
            open_ticks = open_ticks | self._open_positions(state, rank)
        promised = [tick for voice in state.voices for tick in voice.promised]
        first = min([*promised, *self._rests.due(state).values()], default=state.bar_end)
        if first < state.bar_end:
            open_ticks = open_ticks.copy()
            open_ticks[first - state.origin + 1 :] = False
            mask[[self._v.id("Bar"), self._v.id("EOS")]] = False
        start, _ = self._v.spans["Position"]
        mask[start : self._v.spans["Position"].stop] = False
        mask[start : start + len(open_ticks)] = open_ticks
        return mask

    def _open_positions(self, state: State, rank: int) -> Mask:
        """Boolean [ticks of the bar]: positions at which the track has a note to strike."""
        cached = self._open.get(rank)
        if cached is not None and cached[0] == state.bar:
            return cached[1]
        voice, chords = state.voices[rank], self._chords
        ticks = np.arange(max(state.origin, 0), state.bar_end)
        if voice.plan.role == "drums":
            struck = np.broadcast_to(voice.reach, (len(ticks), 128))
        else:
            tone = chords.lane.tone[ticks]
            if voice.plan.role == "bass":
                bass = chords.lane.bass[ticks]
                fixed = chords.lane.change[ticks] & (bass >= 0)
                tone = np.where(fixed[:, None], np.arange(12) == bass[:, None], tone)
            struck = tone[:, np.arange(128) % 12] & voice.reach
        room = voice.plan.polyphony - np.sum(
            np.asarray(voice.ends, np.int64)[None, :] > ticks[:, None], axis=1
        )
        for tick, count in voice.promised.items():
            if ticks[0] <= tick < state.bar_end:
                room[tick - ticks[0]] -= count
        found = (struck & (voice.free_at <= ticks[:, None])).any(axis=1) & (room >= 1)
        for tick in voice.promised:
            if ticks[0] <= tick < state.bar_end:
                found[tick - ticks[0]] = True
        open_ticks = np.zeros(state.bar_end - state.origin, bool)
        open_ticks[len(open_ticks) - len(found) :] = found
        self._open[rank] = (state.bar, open_ticks)
        return open_ticks

    def _note_mask(self, state: State) -> Mask:
        """After a note: another above it, a later track, a later position, or the bar's end."""
        upwards = self._upwards(state)
        mask = self._pitch_mask(state, upwards)
        if not upwards.any():
            start, stop = self._v.spans["Velocity"]
            mask[start:stop] = False
        due = self._rests.due(state)
        unmet_here = [
            rank
            for rank, voice in enumerate(state.voices)
            if voice.promised.get(state.tick) or due.get(rank) == state.tick
        ]
        if unmet_here and unmet_here[0] == state.rank:
            for kind in ("Track", "Position", "Bar", "EOS"):
                mask &= ~self._v.mask(kind)
            return mask
        mask &= self._track_mask(state, after=state.rank)
        if unmet_here:
            for kind in ("Position", "Bar", "EOS"):
                mask &= ~self._v.mask(kind)
            return mask
        return mask & self._position_mask(state)
