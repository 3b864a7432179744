"""Register augmentation: one track of a training example moved by an octave, while it is loaded.

Chords, keys and rhythm stay as they are, so the example is music as before; it only sounds
elsewhere, as when a singer is replaced by another.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ..instruments import DRUM_KIT, program_range, role_default
from .attributes import register_level
from .vocabulary import vocabulary

OCTAVE = 12
_BEYOND_ROLE = 6
"""Semitones by which a moved track may leave the usual range of its role."""


class _Kinds:
    """Places in the vocabulary that the search compares with."""

    def __init__(self) -> None:
        v = vocabulary()
        self.type_index = v.type_index
        self.track, self.pitch, self.register = (
            v.types.index(kind) for kind in ("Track", "Pitch", "Register")
        )
        self.first_pitch, self.first_register = v.start("Pitch"), v.start("Register")
        self.first_program = v.start("Program")
        self.first_track = v.start("Track")
        self.roles = [str(v.value(token))[:-1] for token in range(*v.spans["Track"])]


@lru_cache(maxsize=1)
def _kinds() -> _Kinds:
    return _Kinds()


def move_octave(tokens: npt.NDArray[np.uint16], rng: np.random.Generator) -> npt.NDArray[np.uint16]:
    """The document with one of its pitched tracks an octave up or down, drawn by `rng`.

    tokens: uint16 [n], a document or the beginning of one. It comes back unchanged where the drawn
    track would leave the range of its instrument or of its role. Its register attribute, where
    stated, follows the new pitches.
    """
    kinds = _kinds()
    kind = kinds.type_index[tokens]
    is_track = kind == kinds.track
    places = np.maximum.accumulate(np.where(is_track, np.arange(len(tokens)), 0))
    labels = tokens[places]  # the track each token belongs to, once one has been named
    pitched = np.flatnonzero((kind == kinds.pitch) & is_track[places])
    candidates = np.unique(labels[pitched])
    if len(candidates) == 0:
        return tokens
    label = candidates[int(rng.integers(len(candidates)))]
    shift = OCTAVE if rng.integers(2) else -OCTAVE
    chosen = pitched[labels[pitched] == label]
    pitches = tokens[chosen].astype(np.int64) - kinds.first_pitch + shift
    head = int(np.argmax(tokens == label))
    low, high = _limits(int(label) - kinds.first_track, int(tokens[head + 1]) - kinds.first_program)
    if pitches.min() < low or pitches.max() > high:
        return tokens
    moved = tokens.copy()
    moved[chosen] = pitches + kinds.first_pitch
    stated = head + 2 + np.flatnonzero(kind[head + 2 : head + 5] == kinds.register)[:1]
    stated = stated[labels[stated] == label]
    middle = int(np.sort(pitches)[(len(pitches) - 1) // 2])
    moved[stated] = kinds.first_register + register_level(middle)
    return moved


@lru_cache(maxsize=4096)
def _limits(track: int, program: int) -> tuple[int, int]:
    role = role_default(_kinds().roles[track])
    low, high = program_range(program + DRUM_KIT)
    return max(low, role.low - _BEYOND_ROLE), min(high, role.high + _BEYOND_ROLE)
