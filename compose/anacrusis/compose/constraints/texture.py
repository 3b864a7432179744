"""Rules on tracks of several voices: onsets in a bar, voices at an onset, hands, caps on notes."""

from functools import reduce
from operator import or_

from ..score import Score
from ..tokens.vocabulary import MAX_DURATION
from .chords import ChordGuarantee
from .durations import ANY, only, up_to
from .hands import reachable
from .pitchset import ALL, PitchSet
from .state import State, Voice
from .terms import Terms


class Texture:
    """Keeps what rules ask of tracks that are no lines, note by note.

    Enough onsets are kept in reserve, and as many pitches as voices are still wanted.
    """

    def __init__(self, score: Score, chords: ChordGuarantee) -> None:
        self._starts = score.bar_starts
        self._chords = chords

    def _terms(self, state: State, rank: int) -> Terms | None:
        """The terms of a track where it is no line."""
        terms = state.voices[rank].terms
        return None if terms is None or state.bar in terms.lined else terms

    def onsets(self, state: State, rank: int) -> set[int]:
        """Ticks of this bar at which the track has struck."""
        start = self._starts[state.bar]
        found = set()
        for note in reversed(state.voices[rank].notes):
            if note.onset < start:
                break
            found.add(note.onset)
        return found

    def _pending(self, state: State, rank: int, struck: set[int]) -> set[int]:
        """Ticks of this bar at which the track is still to strike what it has promised."""
        start, stop = self._starts[state.bar], self._starts[state.bar + 1]
        return {t for t in state.voices[rank].promised if start <= t < stop} - struck

    def full(self, state: State, rank: int) -> bool:
        """Whether the bar has room for onsets that are promised alone."""
        terms = self._terms(state, rank)
        if terms is None:
            return False
        if state.voices[rank].spare(self._starts[state.bar]) < 1:
            return True
        if state.bar not in terms.counts:
            return False
        struck = self.onsets(state, rank)
        most = terms.counts[state.bar][1]
        return len(struck) + len(self._pending(state, rank, struck)) >= most

    def lacking(self, state: State, rank: int) -> int:
        """How many onsets beside those promised the bar still needs."""
        terms = self._terms(state, rank)
        if terms is None or state.bar not in terms.counts:
            return 0
        struck = self.onsets(state, rank)
        fewest = terms.counts[state.bar][0]
        return fewest - len(struck) - len(self._pending(state, rank, struck))

    def wanting(self, state: State, rank: int, tick: int) -> int:
        """How many more notes must sound at an onset."""
        terms = self._terms(state, rank)
        if terms is None:
            return 0
        return terms.least.get(tick, 0) - state.voices[rank].sounding(tick)

    def holds(self, state: State, rank: int, tick: int, pitches: PitchSet) -> bool:
        """Whether as many of some pitches as it needs can be struck at a tick."""
        wanting = self.wanting(state, rank, tick)
        if wanting <= 1:
            return bool(pitches)
        voice = state.voices[rank]
        room = voice.room(tick) + voice.promised.get(tick, 0)
        enough = voice.spare(tick) + voice.promised.get(tick, 0) >= wanting
        return pitches.bit_count() >= wanting and room >= wanting and enough

    def _spare(self, state: State, rank: int, tick: int) -> int:
        """How many notes the cap leaves at a tick beside those that later onsets still need."""
        voice = state.voices[rank]
        new = tick not in self.onsets(state, rank) and tick not in voice.promised
        lacking = self.lacking(state, rank) - new
        least = 1 if voice.terms is None else max(voice.terms.least.values(), default=1)
        return voice.spare(tick) - max(lacking, 0) * least

    def pitches(self, state: State, rank: int, tick: int) -> PitchSet:
        """The pitches that the track's texture has place for."""
        terms = self._terms(state, rank)
        if terms is None:
            return ALL
        voice = state.voices[rank]
        found = ALL
        if tick in terms.caps and self._spare(state, rank, tick) < 1:
            kept = [p.pitches for p in self._chords.promises.get(rank, ()) if p.tick == tick]
            found = reduce(or_, kept, 0)
        if self._tight(state, rank, tick):
            found &= self._chords.tones[tick] if not terms.is_drums else ALL
        if tick in terms.lasts and not terms.is_drums:
            free, steps, again = self._chords.legal(tick, tick + terms.lasts[tick])
            found &= free | steps | again
        if state.bar in terms.playable:
            sounding = [pitch for pitch, end in voice.held.items() if end > tick]
            among = voice.allowed(tick) & found
            found &= reachable(terms.playable[state.bar], sounding, among)
        return found

    def _tight(self, state: State, rank: int, tick: int) -> bool:
        """Whether the bar has no room for the onset of a resolution."""
        terms = state.voices[rank].terms
        if terms is not None and tick in terms.caps and self._spare(state, rank, tick) < 2:
            return True
        if terms is None or state.bar not in terms.counts:
            return False
        struck = self.onsets(state, rank) | {tick}
        pending = self._pending(state, rank, struck)
        return len(struck) + len(pending) >= terms.counts[state.bar][1]

    def durations(self, state: State) -> int | None:
        """Durations that a rhythm gives, and that leave room for the onsets still needed."""
        rank, tick, voice = state.rank, state.tick, state.voice
        terms = self._terms(state, rank)
        if terms is None or terms.is_drums:
            return None
        allowed = ANY
        if tick in terms.lasts:
            lasting = terms.lasts[tick]
            allowed &= only(lasting) if tick + lasting <= state.limit else 0
        if self._tight(state, rank, tick):
            bit = 1 << state.pitch
            for ticks in range(1, min(state.limit - tick, MAX_DURATION) + 1):
                if not self._chords.legal(tick, tick + ticks)[0] & bit:
                    allowed &= ~only(ticks)
        for reserved in self._reserved(state, rank):
            if not self._leaves_room(voice, reserved, state.pitch):
                allowed &= up_to(reserved - tick)
        return allowed

    def _leaves_room(self, voice: Voice, tick: int, pitch: int) -> bool:
        """Whether another note could be struck at a tick while this pitch sounds on."""
        tones = self._chords.tones_for(voice, tick) & voice.silent(tick) & ~(1 << pitch)
        return voice.room(tick) >= 2 and bool(tones)

    def _reserved(self, state: State, rank: int) -> list[int]:
        """The last ticks of the bar, as many as onsets are lacking beside the present one."""
        struck = self.onsets(state, rank)
        lacking = self.lacking(state, rank) - (state.tick not in struck)
        if lacking < 1:
            return []
        voice = state.voices[rank]
        usable = [
            tick
            for tick in range(state.tick + 1, self._starts[state.bar + 1])
            if self._chords.grid[tick] and voice.usable(tick) and tick not in voice.promised
            if self._chords.tones_for(voice, tick)
        ]
        return usable[-lacking:]

    def wrote(self, state: State) -> None:
        """Nothing to remember: the notes are there to be counted."""
