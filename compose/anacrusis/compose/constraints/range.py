"""Range: pitches that a track plays."""

from .state import Mask, State


class Range:
    """Pitches within the track's range (drums: also within General MIDI's drum pitches)."""

    def pitches(self, state: State, rank: int, tick: int) -> Mask:
        """Boolean [128] of pitches the track may strike at `tick`."""
        return state.voices[rank].reach

    def durations(self, state: State) -> Mask | None:
        """No limit on durations."""
        return None

    def wrote(self, state: State) -> None:
        """Nothing to remember."""
