"""Range: pitches that a track plays."""

from .pitchset import PitchSet
from .state import State


class Range:
    """Pitches within the track's range (drums: also within General MIDI's drum pitches)."""

    def pitches(self, state: State, rank: int, tick: int) -> PitchSet:
        """The pitches the track may strike at `tick`."""
        return state.voices[rank].reach

    def durations(self, state: State) -> int | None:
        """No limit on durations."""
        return None

    def wrote(self, state: State) -> None:
        """Nothing to remember."""
