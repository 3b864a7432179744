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
        self._masks: dict[tuple[int, bool], Mask] = {}
        self._pitches = [slice(*v.spans[kind]) for kind in ("Pitch", "PitchDrum")]

    def mask(self, state: State) -> Mask | None:
        """Velocities of the moment's dynamics, and pitches only once one of them holds."""
        if state.slot not in (Slot.POSITION, Slot.NOTE) or not state.writing:
            return None
        terms = state.voice.terms
        loud = None if terms is None else terms.loud.get(state.tick)
        if loud is None:
            return None
        current = state.grammar.velocities.get(state.grammar.track)
        holds = current is None or bool(loud >> velocity_of(current) & 1)
        if (loud, holds) not in self._masks:
            self._masks[loud, holds] = self._mask_of(loud, holds)
        return self._masks[loud, holds]

    def _mask_of(self, loud: int, holds: bool) -> Mask:
        """holds: whether the last velocity is one of them, or there was none."""
        mask = np.ones(self._size, bool)
        for token in self._velocities:
            mask[token] = bool(loud >> velocity_of(token) & 1)
        if not holds:
            for span in self._pitches:
                mask[span] = False
        return mask

    def step(self, state: State, token: int) -> None:
        """Nothing to remember."""
