"""Polyphony: how many notes of a track sound at once."""

from .durations import ANY, up_to
from .pitchset import PitchSet
from .state import State


class Polyphony:
    """At most so many notes at once; no pitch is struck again while it sounds."""

    def pitches(self, state: State, rank: int, tick: int) -> PitchSet:
        """The pitches that do not sound, if there is room for a note."""
        voice = state.voices[rank]
        if voice.room(tick) < 1 and not voice.promised.get(tick):
            return 0
        return voice.silent(tick)

    def durations(self, state: State) -> int | None:
        """Durations that leave room for promised notes."""
        voice = state.voice
        allowed = ANY
        for tick in voice.promised:
            if tick > state.tick and voice.room(tick) < 1:
                allowed &= up_to(tick - state.tick)
        return allowed

    def wrote(self, state: State) -> None:
        """Nothing to remember: the state keeps what sounds."""
