"""The chord guarantee (docs/chord-guarantee.md), by construction.

A note outside the chord, or held into a chord that lacks it, is offered only where its resolution
can be promised; a promise is a tick at which the track must strike one of some pitches. Masks keep
every promise reachable: time does not pass it, and no other note takes its place.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..instruments import DRUM_PITCHES
from ..plan import TrackPlan
from ..score import Note, Score
from ..tokens.vocabulary import MAX_DURATION
from .durations import only, up_to
from .harmony import Lane
from .meter import composing_grid
from .pitchset import ALL, OF_CLASS, PitchSet, below, between, highest, members, near, of_classes
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

    def __init__(
        self, score: Score, closing: Collection[int] = (), chromatic: bool = False
    ) -> None:
        """chromatic: whether notes outside the chord may be outside the scale of the key, too."""
        self.lane = lane = Lane(score, closing)
        self.promises: dict[int, list[Promise]] = {}
        self._asked: dict[int, int] = {}  # rank -> tick up to which its rules' notes are promised
        self._legal: dict[tuple[int, int], tuple[PitchSet, PitchSet, PitchSet]] = {}
        self.tones = _pitch_sets(lane.tone)
        self.scale = [ALL] * score.ticks if chromatic else _pitch_sets(lane.scale)
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

    @staticmethod
    def reach(plan: TrackPlan) -> PitchSet:
        """The pitches of a track's range (drums: those of General MIDI in it)."""
        low, high = plan.low, plan.high
        if plan.role == "drums":
            low, high = max(low, DRUM_PITCHES[0]), min(high, DRUM_PITCHES[1])
        return between(low, high)

    def stands(self, tick: int) -> bool:
        """Whether notes struck at a tick ring to the end."""
        return self._stand[tick]

    def ground_or_tones(self, tick: int, is_bass: bool) -> PitchSet:
        """The chord tones at a tick; for a bass, where it must, the bass of the chord."""
        return (self.ground[tick] if is_bass else 0) or self.tones[tick]

    def begins(self, tick: int, is_bass: bool) -> PitchSet:
        """The pitches with which a note may begin, if it then goes on as it must (`legal`)."""
        if self._plain[tick] and not (is_bass and self.ground[tick]):
            return self.tones[tick] | self.scale[tick]
        return self.ground_or_tones(tick, is_bass)

    def endings(self, tick: int, limit: int) -> list[int]:
        """Ends of a dissonance struck at a tick at which its resolution may start."""
        stop = max(min(tick + SHORT, self.following[tick], limit - ROOM), tick)
        return self._resolves[self._before[tick + 1] : self._before[stop + 1]]

    def resolves_at(self, end: int, limit: int) -> bool:
        """Whether a resolution may start at a tick."""
        return end <= limit - ROOM and self._before[end + 1] > self._before[end]

    def legal(self, tick: int, end: int) -> tuple[PitchSet, PitchSet, PitchSet]:
        """The pitches that may sound from a tick to an end: those that need nothing more, those
        that a step must follow, and those that a step or the same pitch must follow.

        A bass's ground is left to `begins`.
        """
        found = self._legal.get((tick, end))
        if found is None:
            found = self._legal[tick, end] = self._find_legal(tick, end)
        return found

    def _find_legal(self, tick: int, end: int) -> tuple[PitchSet, PitchSet, PitchSet]:
        free, steps, again = self.tones[tick], 0, 0
        change = self.following[tick]
        outside = self.scale[tick] & ~free if self._plain[tick] else 0
        if outside:
            if end == change and end - tick <= SHORT:
                again = outside
            elif end < change and end - tick <= SHORT:
                steps = outside
        while change < end:
            if change - tick <= SHORT:
                free |= outside & self.tones[change]
            outside = 0
            if end < self.following[change] and end - change <= SUSPENSION:
                steps |= free & ~self.tones[change]
            free &= self.tones[change]
            change = self.following[change]
        return free, steps, again

    def tones_for(self, voice: Voice, tick: int) -> PitchSet:
        """The chord tones that are in a track's range; for a bass, where it must, the bass."""
        return (self._ground(voice, tick) or self.tones[tick]) & voice.allowed(tick)

    def _ground(self, voice: Voice, tick: int) -> PitchSet:
        """What a track must strike as a bass; none where it is no bass, or may choose."""
        bass = voice.terms is not None and voice.terms.is_bass(tick)
        return self.ground[tick] if bass or voice.plan.role == "bass" else 0

    def consonant(self, state: State, rank: int, tick: int) -> PitchSet:
        """The chord tones in range that the track could strike at `tick`."""
        voice = state.voices[rank]
        return self.tones_for(voice, tick) & voice.silent(tick)

    def pitches(self, state: State, rank: int, tick: int) -> PitchSet:
        """The pitches that the guarantee lets the track strike at `tick`."""
        voice = state.voices[rank]
        if voice.plan.role == "drums":
            allowed = voice.allowed(tick) & voice.silent(tick)
        else:
            allowed = self.consonant(state, rank, tick)
            if self._plain[tick] and not self._ground(voice, tick):
                allowed |= self._dissonant(state, rank, tick)
        unmet = [p for p in self.promises.get(rank, ()) if p.tick == tick]
        return allowed & _keeps(voice, tick, unmet) if unmet else allowed

    def _dissonant(self, state: State, rank: int, tick: int) -> PitchSet:
        """Pitches outside the chord that can resolve or that anticipate the next chord."""
        voice = state.voices[rank]
        outside = self.scale[tick] & ~self.tones[tick] & voice.allowed(tick) & voice.silent(tick)
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
        if not state.voices[rank].takes(end):
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
        if self._stand[tick] and (voice.terms is None or voice.terms.closes):
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
        if not state.voices[rank].takes(end):
            return 0
        bit = 1 << pitch
        return self.consonant(state, rank, end) & (near(bit) | bit if anticipates else near(bit))

    def may_stand(self, note: Note, after: Collection[int], is_bass: bool) -> bool:
        """Whether a note keeps the chords, when just after it these pitches are struck.

        Notes that stand already may be outside the key.
        """
        tick, end, pitch = note.onset, note.end, note.pitch
        if is_bass and self.ground[tick] and not self.ground[tick] >> pitch & 1:
            return False
        steps = any(abs(p - pitch) in (1, 2) and self.tones[end] >> p & 1 for p in after)
        change, holds = self.following[tick], bool(self.tones[tick] >> pitch & 1)
        if not holds:
            near = change <= tick + SHORT and change < self.lane.ticks
            anticipates = near and self.tones[change] >> pitch & 1
            resolved = (end - tick <= SHORT and steps) or (
                anticipates and (end > change or (end == change and pitch in after))
            )
            if not self._plain[tick] or not resolved:
                return False
        while change < end:
            belongs = bool(self.tones[change] >> pitch & 1)
            last = end <= self.following[change] and end - change <= SUSPENSION
            if not belongs and not (holds and last and steps):
                return False
            change, holds = self.following[change], belongs
        return True

    def forget(self, state: State) -> None:
        """Drop what was promised before this bar: a bar that is told keeps no promises."""
        start = state.skeleton.bar_starts[state.bar]
        for rank, voice in enumerate(state.voices):
            if any(tick < start for tick in voice.promised):
                kept = [p for p in self.promises.get(rank, ()) if p.tick >= start]
                self._keep(rank, voice, kept)

    def ask(self, state: State, rank: int) -> None:
        """Promise what rules want struck in this bar and as far on as a note can be held."""
        terms = state.voices[rank].terms
        if terms is None:
            return
        stop = state.bar_end + MAX_DURATION
        kept = list(self.promises.get(rank, ()))
        begin = self._asked.get(rank, 0)
        for tick in sorted(t for t in terms.must if begin <= t < stop):
            if state.skeleton.bar_at(tick) in terms.lined:
                continue
            within = terms.pitches_at(tick)
            if not terms.is_drums:
                within &= self.ground_or_tones(tick, terms.is_bass(tick))
                if tick in terms.lasts:
                    within &= self.legal(tick, tick + terms.lasts[tick])[0] or ALL
            kept += [Promise(tick, within & hit) for hit in terms.hits.get(tick, [ALL])]
        self._asked[rank] = max(stop, begin)
        self._keep(rank, state.voices[rank], kept)

    def ask_anew(self, state: State, tick: int) -> None:
        """Promise once more what rules want struck from a tick on at which a section begins."""
        for rank, voice in enumerate(state.voices):
            self._asked[rank] = tick
            self._keep(rank, voice, [p for p in self.promises.get(rank, ()) if p.tick < tick])

    def hear(self, state: State, rank: int) -> None:
        """Promise, where a bar is written after one that is given, what given notes need there."""
        voice, start = state.voices[rank], state.skeleton.bar_starts[state.bar]
        after_given = state.bar > 0 and state.is_given(rank, state.bar - 1)
        if not after_given or state.is_given(rank, state.bar) or voice.plan.role == "drums":
            return
        if voice.terms is not None and voice.terms.is_line(state.bar):
            return
        section = int(state.section_ends[state.bar - 1])
        kept = list(self.promises.get(rank, ()))
        for note in voice.notes:
            if not start <= note.end < section or not self.resolves_at(note.end, section):
                continue
            bar = state.skeleton.bar_at(note.end)
            if state.is_given(rank, bar) or note.end >= state.written_until(rank, bar):
                continue
            if self.needs_resolution(note.onset, note.end, note.pitch):
                pitches = self.resolutions(state, rank, note.onset, note.end, note.pitch)
                if pitches:  # else it is not resolved, as in music by people it may not be
                    kept.append(Promise(note.end, pitches))
                    self._keep(rank, voice, kept)

    def snapshot(self) -> tuple[dict[int, list[Promise]], dict[int, int]]:
        """The promises, to return to."""
        return dict(self.promises), dict(self._asked)

    def restore(self, held: tuple[dict[int, list[Promise]], dict[int, int]]) -> None:
        """Promise what was promised where a snapshot was taken."""
        self.promises, self._asked = dict(held[0]), dict(held[1])

    def _keep(self, rank: int, voice: Voice, promises: list[Promise]) -> None:
        self.promises[rank] = promises
        voice.promised = {}
        for promise in promises:
            voice.promised[promise.tick] = voice.promised.get(promise.tick, 0) + 1

    def wrote(self, state: State) -> None:
        """Keep or make promises for the note just written."""
        rank, voice = state.rank, state.voice
        if voice.terms is not None and voice.terms.is_line(state.bar):
            return  # a line looks ahead by itself
        note = voice.notes[-1]
        kept = [
            p
            for p in self.promises.get(rank, ())
            if not (p.tick == note.onset and p.pitches >> note.pitch & 1)
        ]
        if voice.plan.role != "drums" and self.needs_resolution(note.onset, note.end, note.pitch):
            pitches = self.resolutions(state, rank, note.onset, note.end, note.pitch)
            kept.append(Promise(note.end, pitches))
        self._keep(rank, voice, kept)

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
