"""Loudness: velocities where rules name them."""

import numpy as np

from ..tokens.encode import velocity_of
from ..tokens.grammar import Slot
from ..tokens.vocabulary import vocabulary
from .pitchset import Mask
from .state import State


class Loudness:
    """Velocities within a track's dynamics; one must be written where the last one is not."""

    def __init__(self) -> None:
        v = vocabulary()
        self._size = len(v)
        self._velocities = range(*v.spans["Velocity"])
        self._pitches = [slice(*v.spans[kind]) for kind in ("Pitch", "PitchDrum")]

    def mask(self, state: State) -> Mask | None:
        """Velocities of the moment's dynamics, and pitches only once one of them holds."""
        if state.slot not in (Slot.POSITION, Slot.NOTE) or not state.writing:
            return None
        terms = state.voice.terms
        loud = None if terms is None else terms.loud.get(state.tick)
        if loud is None:
            return None
        mask = np.ones(self._size, bool)
        for token in self._velocities:
            mask[token] = bool(loud >> velocity_of(token) & 1)
        current = state.grammar.velocities.get(state.grammar.track)
        if current is not None and not loud >> velocity_of(current) & 1:
            for span in self._pitches:
                mask[span] = False
        return mask

    def step(self, state: State, token: int) -> None:
        """Nothing to remember."""
