"""Quotes: no long melodic stretch of a training piece, in any key, in any pitched track.

A pitch is forbidden where it would make the track's melody (its highest note at each onset) match
training melodies for more than `longest` notes of at least four different pitches. Every note is
treated as if it were the highest at its onset, which forbids a little more than is asked.

Why decoding never comes to stand at a promise of the chord guarantee: a track has one promise at a
time, and of the pitches that keep it one is always no quote, as the melody stands. Making a promise
needs such a pitch; every note before the promise must leave one (it changes the melody); at the
promise itself notes below it may come first, which leave the melody before it as it is. A chord
tone always has the duration of one tick, which makes no promise.
"""

import numpy as np
from numpy.typing import NDArray

from ..errors import ConstraintError
from ..quotes import PAIRS, POWERS, QuoteFilter, pair_hashes
from ..score import Note
from .chords import SHORT, ChordGuarantee, Promise
from .durations import only, up_to
from .pitchset import (
    ALL,
    PITCHES,
    Mask,
    PitchSet,
    below,
    from_array,
    highest,
    members,
    to_array,
)
from .state import State

TELLING = 4
"""Different pitches of a stretch that counts: fewer are repeated notes or an accompaniment."""

Integers = NDArray[np.int64]


class _Melody:
    """The melody of a track as far as it is written.

    runs: for each note, how many notes up to it could go on as a quote: `PAIRS` where the n-gram
    that it ends is unknown, one more than before where it is known. quotes: whether the note
    completes a quote that is too long (only music that is repeated can).
    """

    def __init__(self) -> None:
        self.onsets: list[int] = []
        self.pitches: list[int] = []
        self.runs: list[int] = []
        self.quotes: list[bool] = []

    def copy(self) -> "_Melody":
        """The same melody, to go on with."""
        found = _Melody()
        found.onsets, found.pitches = list(self.onsets), list(self.pitches)
        found.runs, found.quotes = list(self.runs), list(self.quotes)
        return found

    def before(self, tick: int) -> int:
        """How many of the notes come before `tick`: all, or all but the last."""
        count = len(self.onsets)
        return count - 1 if count and self.onsets[-1] >= tick else count


class Quotes:
    """Forbids pitches that would complete a quote, and looks ahead to the promises of chords."""

    def __init__(self, chords: ChordGuarantee, known: QuoteFilter, longest: int) -> None:
        if longest < PAIRS:
            raise ConstraintError(f"the longest quote is {longest} notes; allowed: {PAIRS} or more")
        self._chords, self._known, self._longest = chords, known, longest
        self._melodies: dict[int, _Melody] = {}

    def pitches(self, state: State, rank: int, tick: int) -> PitchSet:
        """The pitches that complete no quote and let all promises be kept."""
        voice, chords = state.voices[rank], self._chords
        if voice.plan.role == "drums":
            return ALL
        everything = np.ones((1, PITCHES), bool)
        allowed = from_array(self.open(state, rank, np.array([tick]), everything)[0])
        tones = chords.tones[tick]
        promise = self._promise(rank)
        if promise is not None:
            if promise.tick == tick:
                keeping = promise.pitches & allowed & voice.silent(tick)
                allowed &= promise.pitches | below(highest(keeping))
            return allowed & tones
        unsure = allowed & ~tones & voice.reach & voice.silent(tick) & chords.scale[tick]
        allowed &= tones
        if unsure:
            asked = np.array(list(members(unsure)))
            for pitch in self._resolving(state, rank, tick, asked).tolist():
                allowed |= 1 << pitch
        return allowed

    def open(self, state: State, rank: int, ticks: Integers, asked: Mask) -> Mask:
        """Of the pitches asked about, boolean [ticks, 128], those that complete no quote.

        And that leave a pitch which keeps the track's promise. Only chord tones are judged in full.
        """
        melody, promise = self._melody(rank), self._promise(rank)
        found = asked.copy()
        if state.voices[rank].plan.role == "drums":
            return found
        before = np.array([melody.before(tick) for tick in ticks.tolist()])
        for count in np.unique(before).tolist():
            rows, pitches = np.nonzero(asked & (before == count)[:, None])
            found[rows, pitches] = ~self._completes(melody, count, ticks[rows], pitches)
        if promise is not None:
            keeping = self._keeping(state, rank, promise)
            for row in np.flatnonzero(ticks < promise.tick).tolist():
                pitches = np.flatnonzero(found[row])
                quotes = self._both(melody, int(ticks[row]), pitches, promise.tick, keeping)
                found[row, pitches] = ~quotes.all(axis=1)
        return found

    def durations(self, state: State) -> int | None:
        """The durations that make no promise, or one that can be kept."""
        rank, tick, pitch = state.rank, state.tick, state.pitch
        allowed = self._chords.durations(state)
        if allowed is None:
            return None
        melody, chords = self._melody(rank), self._chords
        alone = np.array([pitch])
        promise = self._promise(rank)
        if promise is not None and promise.tick == tick and promise.pitches >> pitch & 1:
            promise = None  # this note keeps it
        if promise is not None and promise.tick > tick:
            keeping = self._keeping(state, rank, promise)
            keeping = keeping[keeping != pitch]
            if self._both(melody, tick, alone, promise.tick, keeping).all():
                allowed &= up_to(promise.tick - tick)
        for length in [place + 1 for place in members(allowed)]:
            end = tick + length
            if chords.needs_resolution(tick, end, pitch):
                resolutions = chords.resolutions(state, rank, tick, end, pitch)
                targets = np.array(list(members(resolutions)), np.int64)
                if promise is not None or self._both(melody, tick, alone, end, targets).all():
                    allowed &= ~only(length)
        return allowed

    def wrote(self, state: State) -> None:
        """Put the note just written into the track's melody."""
        self.hear(state, state.rank, state.voice.notes[-1])

    def hear(self, state: State, rank: int, note: Note) -> None:
        """Put a note into the melody of a track."""
        if state.voices[rank].plan.role == "drums":
            return
        melody = self._melody(rank)
        count, pitch = melody.before(note.onset), note.pitch
        if count < len(melody.onsets):
            pitch = max(pitch, melody.pitches[-1])
            for values in (melody.onsets, melody.pitches, melody.runs, melody.quotes):
                values.pop()
        here, alone = np.array([note.onset]), np.array([pitch])
        known = bool(self._knows(melody, count, here, alone)[0])
        quotes = bool(self._completes(melody, count, here, alone)[0])
        melody.runs.append(melody.runs[-1] + 1 if known else PAIRS)
        melody.quotes.append(quotes)
        melody.onsets.append(note.onset)
        melody.pitches.append(pitch)

    def snapshot(self) -> dict[int, _Melody]:
        """The melodies, to return to."""
        return {rank: melody.copy() for rank, melody in self._melodies.items()}

    def restore(self, held: dict[int, _Melody]) -> None:
        """Go on from the melodies of a snapshot."""
        self._melodies = {rank: melody.copy() for rank, melody in held.items()}

    def check(self) -> None:
        """Raise `ConstraintError` if music that was repeated has completed a quote."""
        if any(any(melody.quotes) for melody in self._melodies.values()):
            raise ConstraintError(
                f"a section that comes back makes a quote of more than {self._longest} notes with "
                "the bars around it; choose another seed, or allow longer quotes"
            )

    def _melody(self, rank: int) -> _Melody:
        return self._melodies.setdefault(rank, _Melody())

    def _promise(self, rank: int) -> Promise | None:
        """The promise that a track has still to keep; it has one at most."""
        return next(iter(self._chords.promises.get(rank, ())), None)

    def _keeping(self, state: State, rank: int, promise: Promise) -> Integers:
        """Pitches that keep the promise and do not sound then, as far as is written."""
        kept = promise.pitches & state.voices[rank].silent(promise.tick)
        return np.array(list(members(kept)), np.int64)

    def _resolving(self, state: State, rank: int, tick: int, pitches: Integers) -> Integers:
        """Of pitches outside the chord, those with a resolution that is no quote."""
        chords, melody, voice = self._chords, self._melody(rank), state.voices[rank]
        found = np.zeros(len(pitches), bool)
        change = chords.following[tick]
        if change <= tick + SHORT and change < state.limit:
            found |= to_array(chords.tones[change])[pitches]
        for end in chords.ends(state, tick, min(tick + SHORT, change)):
            if voice.room(end) >= 1:
                targets = np.array(list(members(chords.consonant(state, rank, end))), np.int64)
                distance = np.abs(pitches[:, None] - targets)
                near = (distance <= 2) & ((distance > 0) | (end == change))
                near &= ~found[:, None]
                quotes = self._both(melody, tick, pitches, end, targets, near)
                found |= (near & ~quotes).any(axis=1)
        return pitches[found]

    def _completes(self, melody: _Melody, count: int, ticks: Integers, pitches: Integers) -> Mask:
        """Which notes, each as the next after the first `count`, complete a quote too long."""
        if count < PAIRS or melody.runs[count - 1] < self._longest:
            return np.zeros(len(pitches), bool)
        held = _held(melody.pitches[count - melody.runs[count - 1] : count])
        various = held.sum() + ~held[pitches] >= TELLING
        completes = np.zeros(len(pitches), bool)
        completes[various] = self._knows(melody, count, ticks[various], pitches[various])
        return completes

    def _knows(self, melody: _Melody, count: int, ticks: Integers, pitches: Integers) -> Mask:
        """Which notes, each as the next after the first `count`, end a known n-gram."""
        if count < PAIRS:
            return np.zeros(len(pitches), bool)
        start = _sum(melody, count, PAIRS - 1)
        last = pair_hashes(pitches - melody.pitches[count - 1], ticks - melody.onsets[count - 1])
        return self._known.holds(start + last * POWERS[-1])

    def _both(
        self,
        melody: _Melody,
        tick: int,
        pitches: Integers,
        end: int,
        targets: Integers,
        asked: Mask | None = None,
    ) -> Mask:
        """Boolean [pitches, targets]: a note at `tick`, then one at `end`, whether that one quotes.

        No other note comes between. asked: the same shape, which of them matter.
        """
        count = melody.before(tick)
        found = np.zeros((len(pitches), len(targets)), bool)
        if count < PAIRS - 1 or not found.size:
            return found
        run = melody.runs[count - 1]
        known = self._knows(melody, count, np.full(len(pitches), tick), pitches)
        likely = np.ones_like(found) if asked is None else asked.copy()
        for after, rows in ((run + 1, known), (PAIRS, ~known)):
            if after < self._longest:
                likely[rows] = False
            elif rows.any():
                held = _held(melody.pitches[max(count + 1 - after, 0) : count])
                alike = pitches[rows][:, None] == targets
                new = ~held[pitches[rows]][:, None] + (~held[targets] & ~alike).astype(int)
                likely[rows] &= held.sum() + new >= TELLING
        row, column = np.nonzero(likely)
        if len(row):
            last = melody.pitches[count - 1], melody.onsets[count - 1]
            one = pair_hashes(pitches[row] - last[0], np.full(len(row), tick - last[1]))
            two = pair_hashes(targets[column] - pitches[row], np.full(len(row), end - tick))
            start = _sum(melody, count, PAIRS - 2)
            found[row, column] = self._known.holds(start + one * POWERS[-2] + two * POWERS[-1])
        return found


def _sum(melody: _Melody, count: int, pairs: int) -> np.uint64:
    """The part of an n-gram's hash that the last pairs of the first `count` notes make."""
    pitches = np.array(melody.pitches[count - pairs - 1 : count], np.int64)
    onsets = np.array(melody.onsets[count - pairs - 1 : count], np.int64)
    found: np.uint64 = (pair_hashes(np.diff(pitches), np.diff(onsets)) * POWERS[:pairs]).sum(
        dtype=np.uint64
    )
    return found


def _held(pitches: list[int]) -> Mask:
    """Boolean [128]: the pitches that occur."""
    found = np.zeros(128, bool)
    found[pitches] = True
    return found
