"""Sampling one token: temperature, top-p and a mask, from a seeded generator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..bounds import is_number
from ..errors import ConstraintError


class ModelState(Protocol):
    """A model's memory of one document."""

    @property
    def length(self) -> int:
        """Tokens appended so far."""
        ...

    def append(self, tokens: Sequence[int], ticks: Sequence[int]) -> npt.NDArray[np.float32]:
        """Append tokens with their ticks; return logits [vocabulary] of what follows."""
        ...

    def truncate(self, length: int) -> None:
        """Forget all tokens after the first `length`."""
        ...


class Model(Protocol):
    """What decoding needs of a model; tests give one that returns uniform logits."""

    @property
    def context(self) -> int:
        """Most tokens a state holds."""
        ...

    def start(self) -> ModelState:
        """A new, empty state."""
        ...


@dataclass(frozen=True, slots=True)
class Sampling:
    """temperature: above 0; 1 samples as the model says. top_p: share of probability kept.

    repeats: weight of the pitches that a track struck last, beside all others, and of the one that
    lets a melody go on swinging between two. variety: weight of a pitch for each time but the first
    that it is among the last seven notes of a melody. phrasing: weight, for each quarter note
    beyond eight, of what lets a melody go on without a breath, or in short notes of one length.
    1: as the model says (see `weighing`).
    """

    temperature: float = 1.0
    top_p: float = 0.95
    repeats: float = 0.4
    variety: float = 0.7
    phrasing: float = 0.8

    def __post_init__(self) -> None:
        if not is_number(self.temperature, 0.01, 10):
            raise ConstraintError(f"temperature {self.temperature!r}; allowed: 0.01 to 10")
        if not is_number(self.top_p, 0, 1) or not self.top_p:
            raise ConstraintError(f"top_p {self.top_p!r}; allowed: above 0, up to 1")
        for name in ("repeats", "variety", "phrasing"):
            value = getattr(self, name)
            if not is_number(value, 0.01, 100):
                raise ConstraintError(f"{name} {value!r}; allowed: 0.01 to 100")


def sample(
    logits: npt.NDArray[np.float32],
    mask: npt.NDArray[np.bool_],
    sampling: Sampling,
    rng: np.random.Generator,
) -> int:
    """Draw a token from the masked, tempered nucleus of a distribution (Holtzman et al. 2020).

    Only tokens with `mask` true can come out. Equal logits and generator state give equal tokens.
    """
    allowed = np.flatnonzero(mask)
    if len(allowed) == 0:
        raise ConstraintError(
            "no token is allowed here; this is a fault of Anacrusis, please report it with the "
            "plan and seed"
        )
    if len(allowed) == 1:
        return int(allowed[0])
    scaled = logits[allowed].astype(np.float64) / sampling.temperature
    weights = np.exp(scaled - scaled.max())
    order = np.argsort(-weights, kind="stable")
    cumulative = np.cumsum(weights[order])
    kept = int(np.searchsorted(cumulative, sampling.top_p * cumulative[-1])) + 1
    kept = min(kept, len(order))
    drawn = rng.random() * cumulative[kept - 1]
    return int(allowed[order[min(int(np.searchsorted(cumulative, drawn, side="right")), kept - 1)]])
