"""The chord guarantee (docs/chord-guarantee.md), by construction.

A note outside the chord, or held into a chord that lacks it, is offered only where its resolution
can be promised; a promise is a tick at which the track must strike one of some pitches. Masks keep
every promise reachable: time does not pass it, and no other note takes its place.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..score import Score
from ..tokens.vocabulary import MAX_DURATION
from .durations import only, up_to
from .harmony import Lane
from .meter import composing_grid
from .pitchset import ALL, OF_CLASS, PitchSet, below, highest, members, near, of_classes
from .state import State, Voice

SHORT = 12
"""Longest dissonance before its resolution, and how far a note may anticipate a chord, in ticks."""
ROOM = 6
"""A resolution starts at least this long before its section ends, lest the end be crowded."""
SUSPENSION = 24
"""Longest dissonant part of a suspension, in ticks."""


class Promise(NamedTuple):
    """At `tick` the track strikes one of `pitches`."""

    tick: int
    pitches: PitchSet


class ChordGuarantee:
    """Keeps the chord lane in every pitched track.

    closing: bars whose last chord ends the piece: basses stay on its bass (a cadence).
    tones: at each tick the pitches that the chord has. scale: those of the key. ground: those that
    a bass must strike, where it must, else none. grid: ticks at which notes may begin.
    """

    def __init__(self, score: Score, closing: Collection[int] = ()) -> None:
        self.lane = lane = Lane(score, closing)
        self.promises: dict[int, list[Promise]] = {}
        self.tones = _pitch_sets(lane.tone)
        self.scale = _pitch_sets(lane.scale)
        self.ground = [
            OF_CLASS[bass] if grounded else 0
            for bass, grounded in zip(lane.bass.tolist(), lane.grounded.tolist(), strict=True)
        ]
        self.following: list[int] = lane.following.tolist()
        self._plain: list[bool] = (~(lane.strong | lane.free)).tolist()
        self._stand: list[bool] = lane.stand.tolist()
        grid = np.zeros(score.ticks + 1, bool)
        for bar, written in enumerate(score.bars):
            positions = composing_grid(written.meter.ticks)[score.lead(bar) :][: written.ticks]
            grid[score.bar_starts[bar] : score.bar_starts[bar] + len(positions)] = positions
        self.grid: list[bool] = grid.tolist()
        self.ended: list[bool] = lane.ended.tolist()
        resolving = np.flatnonzero(grid[:-1] & ~lane.ended)
        self._resolves: list[int] = resolving.tolist()
        # For each tick, how many of these come before it.
        self._before: list[int] = np.searchsorted(resolving, np.arange(score.ticks + 2)).tolist()

    def tones_for(self, voice: Voice, tick: int) -> PitchSet:
        """The chord tones that are in a track's range; for a bass, where it must, the bass."""
        return (self._ground(voice, tick) or self.tones[tick]) & voice.reach

    def _ground(self, voice: Voice, tick: int) -> PitchSet:
        """What a track must strike as a bass; none where it is no bass, or may choose."""
        return self.ground[tick] if voice.plan.role == "bass" else 0

    def consonant(self, state: State, rank: int, tick: int) -> PitchSet:
        """The chord tones in range that the track could strike at `tick`."""
        voice = state.voices[rank]
        return self.tones_for(voice, tick) & voice.silent(tick)

    def pitches(self, state: State, rank: int, tick: int) -> PitchSet:
        """The pitches that the guarantee lets the track strike at `tick`."""
        voice = state.voices[rank]
        if voice.plan.role == "drums":
            return ALL
        allowed = self.consonant(state, rank, tick)
        if self._plain[tick] and not self._ground(voice, tick):
            allowed |= self._dissonant(state, rank, tick)
        unmet = [p for p in self.promises.get(rank, ()) if p.tick == tick]
        return allowed & _keeps(voice, tick, unmet) if unmet else allowed

    def _dissonant(self, state: State, rank: int, tick: int) -> PitchSet:
        """Pitches outside the chord that can resolve or that anticipate the next chord."""
        voice = state.voices[rank]
        outside = self.scale[tick] & ~self.tones[tick] & voice.reach & voice.silent(tick)
        if not outside:
            return 0
        found, change = 0, self.following[tick]
        for end in self.ends(state, tick, min(tick + SHORT, change)):
            found |= self._resolved_by(state, rank, end, anticipates=end == change)
        if change <= tick + SHORT and change < state.limit:
            found |= self.tones[change]
        return outside & found

    def ends(self, state: State, after: int, last: int) -> list[int]:
        """Ticks in (after, last] at which a resolution may start."""
        stop = max(min(last, state.limit - ROOM), after)
        return self._resolves[self._before[after + 1] : self._before[stop + 1]]

    def _resolved_by(self, state: State, rank: int, end: int, anticipates: bool) -> PitchSet:
        """The pitches that a note struck at `end` can resolve."""
        if state.voices[rank].room(end) < 1:
            return 0
        targets = self.consonant(state, rank, end)
        return near(targets) | targets if anticipates else near(targets)

    def durations(self, state: State) -> int | None:
        """The durations that the guarantee lets the note just pitched have."""
        rank, tick, pitch = state.rank, state.tick, state.pitch
        voice, bit, chord_class = state.voice, 1 << pitch, pitch % 12
        if voice.plan.role == "drums":
            return None
        hold, longest = self.lane.hold, min(state.limit - tick, MAX_DURATION)
        allowed = 0
        if self.tones[tick] & bit:
            clash = int(hold[tick, chord_class])
            allowed = up_to(min(clash - tick, longest))
        else:
            change = self.following[tick]
            clash = self.lane.ticks
            for end in self.ends(state, tick, min(tick + SHORT, change)):
                if self._targets(state, rank, end, pitch, end == change):
                    allowed |= only(end - tick)
            if change <= tick + SHORT and change < state.limit and self.tones[change] & bit:
                clash = int(hold[change, chord_class])
                allowed |= up_to(min(clash - tick, longest)) & ~up_to(change - tick)
        if clash < min(state.limit, tick + longest):
            last = min(clash + SUSPENSION, self.following[clash] - 1, tick + longest)
            for end in self.ends(state, clash, last):
                if self._targets(state, rank, end, pitch, False):
                    allowed |= only(end - tick)
        if self._stand[tick]:
            allowed &= ~up_to(longest - 1)
        for promise in self.promises.get(rank, ()):
            ahead = promise.tick > tick
            if ahead and not promise.pitches & ~bit & voice.silent(promise.tick):
                allowed &= up_to(promise.tick - tick)
        return allowed

    def _targets(
        self, state: State, rank: int, end: int, pitch: int, anticipates: bool
    ) -> PitchSet:
        """The pitches that, struck at `end`, resolve `pitch`."""
        if state.voices[rank].room(end) < 1:
            return 0
        bit = 1 << pitch
        return self.consonant(state, rank, end) & (near(bit) | bit if anticipates else near(bit))

    def wrote(self, state: State) -> None:
        """Keep or make promises for the note just written."""
        rank, voice = state.rank, state.voice
        note = voice.notes[-1]
        kept = [
            p
            for p in self.promises.get(rank, ())
            if not (p.tick == note.onset and p.pitches >> note.pitch & 1)
        ]
        if voice.plan.role != "drums" and self.needs_resolution(note.onset, note.end, note.pitch):
            pitches = self.resolutions(state, rank, note.onset, note.end, note.pitch)
            kept.append(Promise(note.end, pitches))
        self.promises[rank] = kept
        voice.promised = {}
        for promise in kept:
            voice.promised[promise.tick] = voice.promised.get(promise.tick, 0) + 1

    def resolutions(self, state: State, rank: int, onset: int, end: int, pitch: int) -> PitchSet:
        """The pitches that resolve a note from `onset` to `end` that needs it."""
        dissonant = not self.tones[onset] >> pitch & 1
        anticipates = dissonant and end == self.following[onset]
        return self._targets(state, rank, end, pitch, anticipates)

    def needs_resolution(self, onset: int, end: int, pitch: int) -> bool:
        """Whether a note is outside the chord when it ends, so that another must follow."""
        hold, chord_class = self.lane.hold, pitch % 12
        if self.tones[onset] >> pitch & 1:
            return end > int(hold[onset, chord_class])
        change = self.following[onset]
        return end <= change or end > int(hold[change, chord_class])


def _keeps(voice: Voice, tick: int, unmet: list[Promise]) -> PitchSet:
    """Pitches after which every promise of this tick can still be met, going upwards."""
    allowed, meets_one, silent = ALL, 0, voice.silent(tick)
    for promise in unmet:
        allowed &= promise.pitches | below(highest(promise.pitches & silent))
        meets_one |= promise.pitches
    return allowed if voice.room(tick) >= 1 else allowed & meets_one


def _pitch_sets(classes: npt.NDArray[np.bool_]) -> list[PitchSet]:
    """The pitches of the pitch classes at each tick; classes: boolean [ticks, 12]."""
    codes = classes @ (1 << np.arange(12))
    found = {code: of_classes(members(code)) for code in np.unique(codes).tolist()}
    return [found[code] for code in codes.tolist()]
