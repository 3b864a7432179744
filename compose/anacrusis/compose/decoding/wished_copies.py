"""A wish that tracks double one another: what stands of one is what the other may write."""

from ..constraints.between import Doublings
from ..constraints.durations import ANY, only
from ..constraints.pitchset import ALL, PITCHES, PitchSet
from ..constraints.state import State
from ..score import Note, Score
from ..tokens.vocabulary import MAX_DURATION


class CopyWish:
    """A wish that tracks double one another: the one that comes later copies what stands."""

    def __init__(self, rank: int, doublings: Doublings, score: Score) -> None:
        self.rank = rank
        self._doublings, self._score = doublings, score
        self._starts = score.bar_starts

    def onsets(self, state: State) -> int:
        """Where the other track strikes next."""
        led = self._led(state)
        if led is None:
            return -1 & (1 << MAX_DURATION) - 1
        left = self._left(state, led)
        origin = self._starts[state.bar] - self._score.lead(state.bar)
        return 1 << (min(left) - origin) if left else 0

    def may_leave(self, state: State) -> bool:
        """Whether the other track strikes no more."""
        led = self._led(state)
        return led is None or not self._left(state, led)

    def settled(self, state: State) -> bool:
        """Whether all that it strikes now has been struck."""
        led = self._led(state)
        return led is None or not self._here(state, led)

    def pitches(self, state: State, legal: PitchSet) -> PitchSet:
        """The lowest pitch that is still to come."""
        led = self._led(state)
        if led is None:
            return ALL
        here = self._here(state, led)
        return 1 << min(here) if here else 0

    def durations(self, state: State, legal: int) -> int:
        """As long as the note that is doubled."""
        led = self._led(state)
        if led is None:
            return ANY
        same = (n for n in led if (n.onset, n.pitch) == (state.tick, state.pitch))
        return next((only(note.duration) for note in same), ANY)

    def velocities(self, state: State) -> int | None:
        """Any."""
        return None

    def _led(self, state: State) -> list[Note] | None:
        """The notes of the bar that are to be struck; None where nothing is doubled."""
        found = self._doublings.leader(self.rank, state.bar)
        if found is None:
            return None
        leader, interval = found
        start = self._starts[state.bar]
        return [
            Note(note.onset, note.pitch + interval, note.duration)
            for note in state.voices[leader].notes
            if note.onset >= start and 0 <= note.pitch + interval < PITCHES
        ]

    def _left(self, state: State, led: list[Note]) -> set[int]:
        """Onsets after the last one."""
        notes = state.voices[self.rank].notes
        now = notes[-1].onset if notes else -1
        return {note.onset for note in led if note.onset > now}

    def _here(self, state: State, led: list[Note]) -> set[int]:
        """Pitches of the moment that have not been struck, above the last."""
        wanted = {note.pitch for note in led if note.onset == state.tick}
        return {pitch for pitch in wanted if pitch > state.pitch}
