"""What a model has said so far in a piece, as a table: it goes on for the model at no cost.

For each place in a bar (the track, the position in the bar, and what kind of token came last) it
holds the mean of the model's distributions there; where the model has not been at a place, that of
all positions of the track.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..tokens.vocabulary import vocabulary

_LEAST = 1e-7
"""Added to every probability, so that each token has one."""


class Place(NamedTuple):
    """Where in a bar a document stands: the kind of its last token, its track and position (-1
    where there is none)."""

    kind: str
    track: int
    position: int


def place_after(tokens: Sequence[int]) -> Place:
    """The place that some tokens lead to."""
    v = vocabulary()
    position = -1
    for token in reversed(tokens):
        kind = v.type(token)
        if kind == "Position" and position < 0:
            position = token
        elif kind in ("Track", "Bar"):
            return Place(v.type(tokens[-1]), token, position)
    return Place(v.type(tokens[-1]), -1, position)


class Prior:
    """Mean distributions of a piece."""

    def __init__(self) -> None:
        self._sums: dict[tuple[object, ...], npt.NDArray[np.float32]] = {}

    def learn(self, place: Place, logits: npt.NDArray[np.float32]) -> None:
        """Add what the model said at a place."""
        weights = np.exp(logits - logits.max())
        weights /= weights.sum()
        for key in _keys(place):
            known = self._sums.get(key)
            self._sums[key] = weights if known is None else known + weights

    def logits(self, place: Place) -> npt.NDArray[np.float32]:
        """Logits [vocabulary] of what follows; all equal where nothing is known."""
        for key in _keys(place):
            known = self._sums.get(key)
            if known is not None:
                found: npt.NDArray[np.float32] = np.log(known / known.sum() + _LEAST)
                return found
        return np.zeros(len(vocabulary()), np.float32)


def _keys(place: Place) -> tuple[tuple[object, ...], ...]:
    """From the most exact to the most general."""
    return (place.kind, place.track, place.position), (place.kind, place.track)
