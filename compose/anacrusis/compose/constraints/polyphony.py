"""Polyphony: how many notes of a track sound at once."""

import numpy as np

from ..tokens.vocabulary import MAX_DURATION
from .state import Mask, State


class Polyphony:
    """At most so many notes at once; no pitch is struck again while it sounds."""

    def pitches(self, state: State, rank: int, tick: int) -> Mask:
        """Boolean [128]: pitches that do not sound, if there is room for a note."""
        voice = state.voices[rank]
        if voice.room(tick) < 1 and not voice.promised.get(tick):
            return np.zeros(128, bool)
        return voice.free_at <= tick

    def durations(self, state: State) -> Mask | None:
        """Boolean [96]: durations (1 tick first) that leave room for promised notes."""
        voice = state.voice
        allowed = np.ones(MAX_DURATION, bool)
        for tick in voice.promised:
            if tick > state.tick and voice.room(tick) < 1:
                allowed[tick - state.tick :] = False
        return allowed

    def wrote(self, state: State) -> None:
        """Nothing to remember: the state keeps what sounds."""
