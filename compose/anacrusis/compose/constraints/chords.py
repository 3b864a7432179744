"""The chord guarantee (docs/chord-guarantee.md), by construction.

A note outside the chord, or held into a chord that lacks it, is offered only where its resolution
can be promised; a promise is a tick at which the track must strike one of some pitches. Masks keep
every promise reachable: time does not pass it, and no other note takes its place.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from ..score import Score
from ..tokens.vocabulary import MAX_DURATION
from .harmony import Lane
from .meter import composing_grid
from .state import Mask, State

SHORT = 12
"""Longest dissonance before its resolution, and how far a note may anticipate a chord, in ticks."""
ROOM = 6
"""A resolution starts at least this long before its section ends, lest the end be crowded."""
SUSPENSION = 24
"""Longest dissonant part of a suspension, in ticks."""


class Promise(NamedTuple):
    """At `tick` the track strikes one of `pitches` (boolean [128])."""

    tick: int
    pitches: Mask


class ChordGuarantee:
    """Keeps the chord lane in every pitched track.

    closing: bars whose last chord ends the piece: basses stay on its bass (a cadence).
    """

    def __init__(self, score: Score, closing: Collection[int] = ()) -> None:
        self.lane = Lane(score, closing)
        self.promises: dict[int, list[Promise]] = {}
        self._classes = np.arange(128) % 12
        grid = np.zeros(score.ticks + 1, bool)
        for bar, written in enumerate(score.bars):
            positions = composing_grid(written.meter.ticks)[score.lead(bar) :][: written.ticks]
            grid[score.bar_starts[bar] : score.bar_starts[bar] + len(positions)] = positions
        self.grid = grid
        self._resolves = grid[:-1] & ~self.lane.ended

    def consonant(self, state: State, rank: int, tick: int) -> Mask:
        """Boolean [128]: chord tones in range that the track could strike at `tick`."""
        voice = state.voices[rank]
        tones = self.lane.tone[tick]
        if voice.plan.role == "bass" and self.lane.grounded[tick]:
            tones = np.arange(12) == self.lane.bass[tick]
        found: Mask = tones[self._classes] & voice.reach & (voice.free_at <= tick)
        return found

    def pitches(self, state: State, rank: int, tick: int) -> Mask:
        """Boolean [128]: pitches the guarantee lets the track strike at `tick`."""
        if state.voices[rank].plan.role == "drums":
            return np.ones(128, bool)
        allowed = self.consonant(state, rank, tick)
        grounded = self.lane.grounded[tick] and state.voices[rank].plan.role == "bass"
        if not (self.lane.strong[tick] or self.lane.free[tick] or grounded):
            allowed = allowed | self._dissonant(state, rank, tick)
        unmet = [p for p in self.promises.get(rank, ()) if p.tick == tick]
        if unmet:
            allowed = allowed & self._keeps(state, rank, tick, unmet)
        return allowed

    def _keeps(self, state: State, rank: int, tick: int, unmet: list[Promise]) -> Mask:
        """Pitches after which every promise of this tick can still be met, going upwards."""
        voice = state.voices[rank]
        allowed = np.ones(128, bool)
        meets_one = np.zeros(128, bool)
        for promise in unmet:
            open_pitches = np.flatnonzero(promise.pitches & (voice.free_at <= tick))
            below = np.arange(128) < open_pitches.max(initial=-1)
            allowed &= promise.pitches | below
            meets_one |= promise.pitches
        return allowed if voice.room(tick) >= 1 else allowed & meets_one

    def _dissonant(self, state: State, rank: int, tick: int) -> Mask:
        """Pitches outside the chord that can resolve or that anticipate the next chord."""
        lane, voice = self.lane, state.voices[rank]
        usable = voice.reach & (voice.free_at <= tick)
        usable = usable & (lane.scale[tick][self._classes] | lane.tone[tick][self._classes])
        outside: Mask = usable & ~lane.tone[tick][self._classes]
        if not outside.any():
            return outside
        found = np.zeros(128, bool)
        change = int(lane.following[tick])
        for end in self.ends(state, tick, min(tick + SHORT, change)):
            found |= self._resolved_by(state, rank, end, anticipates=end == change)
        if change <= tick + SHORT and change < state.limit:
            found |= lane.tone[change][self._classes]
        return outside & found

    def ends(self, state: State, after: int, last: int) -> list[int]:
        """Ticks in (after, last] at which a resolution may start."""
        stop = max(min(last, state.limit - ROOM), after)  # below zero it would count from the end
        return [after + 1 + int(i) for i in np.flatnonzero(self._resolves[after + 1 : stop + 1])]

    def _resolved_by(self, state: State, rank: int, end: int, anticipates: bool) -> Mask:
        """Boolean [128]: pitches that a note struck at `end` can resolve."""
        if state.voices[rank].room(end) < 1:
            return np.zeros(128, bool)
        targets = self.consonant(state, rank, end)
        found = _near(targets)
        return found | targets if anticipates else found

    def durations(self, state: State) -> Mask | None:
        """Boolean [96]: durations the guarantee lets the note just pitched have."""
        rank, tick, pitch = state.rank, state.tick, state.pitch
        voice = state.voice
        if voice.plan.role == "drums":
            return None
        lane = self.lane
        allowed = np.zeros(MAX_DURATION, bool)
        chord_class = pitch % 12
        longest = min(state.limit - tick, MAX_DURATION)
        if lane.tone[tick, chord_class]:
            clash = int(lane.hold[tick, chord_class])
            allowed[: min(clash - tick, longest)] = True
        else:
            change = int(lane.following[tick])
            clash = lane.ticks
            for end in self.ends(state, tick, min(tick + SHORT, change)):
                if self._targets(state, rank, end, pitch, end == change).any():
                    allowed[end - tick - 1] = True
            if change <= tick + SHORT and change < state.limit and lane.tone[change, chord_class]:
                clash = int(lane.hold[change, chord_class])
                allowed[change - tick : min(clash - tick, longest)] = True
        if clash < min(state.limit, tick + longest):
            last = min(clash + SUSPENSION, int(lane.following[clash]) - 1, tick + longest)
            for end in self.ends(state, clash, last):
                if self._targets(state, rank, end, pitch, False).any():
                    allowed[end - tick - 1] = True
        if lane.stand[tick]:
            allowed[: longest - 1] = False
        for promise in self.promises.get(rank, ()):
            if promise.tick > tick:
                rest = promise.pitches & (voice.free_at <= promise.tick)
                rest[pitch] = False
                if not rest.any():
                    allowed[promise.tick - tick :] = False
        return allowed

    def _targets(self, state: State, rank: int, end: int, pitch: int, anticipates: bool) -> Mask:
        """Boolean [128]: pitches that, struck at `end`, resolve `pitch`."""
        if state.voices[rank].room(end) < 1:
            return np.zeros(128, bool)
        near = np.abs(np.arange(128) - pitch)
        reach = (near <= 2) & ((near > 0) | anticipates)
        return self.consonant(state, rank, end) & reach

    def wrote(self, state: State) -> None:
        """Keep or make promises for the note just written."""
        rank, voice = state.rank, state.voice
        note = voice.notes[-1]
        kept = [
            p
            for p in self.promises.get(rank, ())
            if not (p.tick == note.onset and p.pitches[note.pitch])
        ]
        if voice.plan.role != "drums" and self.needs_resolution(note.onset, note.end, note.pitch):
            pitches = self.resolutions(state, rank, note.onset, note.end, note.pitch)
            kept.append(Promise(note.end, pitches))
        self.promises[rank] = kept
        voice.promised = {}
        for promise in kept:
            voice.promised[promise.tick] = voice.promised.get(promise.tick, 0) + 1

    def resolutions(self, state: State, rank: int, onset: int, end: int, pitch: int) -> Mask:
        """Boolean [128]: pitches that resolve a note from `onset` to `end` that needs it."""
        dissonant = not self.lane.tone[onset, pitch % 12]
        anticipates = dissonant and end == int(self.lane.following[onset])
        return self._targets(state, rank, end, pitch, anticipates)

    def needs_resolution(self, onset: int, end: int, pitch: int) -> bool:
        """Whether a note is outside the chord when it ends, so that another must follow."""
        lane, chord_class = self.lane, pitch % 12
        if lane.tone[onset, chord_class]:
            return end > int(lane.hold[onset, chord_class])
        change = int(lane.following[onset])
        return end <= change or end > int(lane.hold[change, chord_class])


def _near(targets: Mask) -> Mask:
    """Pitches one or two semitones from a target."""
    found = np.zeros(128, bool)
    for distance in (1, 2):
        found[distance:] |= targets[:-distance]
        found[:-distance] |= targets[distance:]
    return found
