"""Rotary positions in which half of a head turns with the token index, half with musical time.

Rotary embedding (Su et al. 2021) turns each pair of a head's coordinates by an angle that grows
with position, so that attention sees only differences of positions. Here the first half of the
pairs turns with the token's *index* and the second half with its *metrical position* in ticks, the
moment of the score it speaks about. "One bar ago" is then the same turn wherever it stands and
however many tokens lie between; and a chord written ahead stands, for attention, where it sounds.

Wavelengths are geometric: the index from 2 pi tokens to about four contexts, the ticks from a
sixteenth note to 128 bars of 4/4.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .config import ModelConfig


@cache
def rotary_frequencies(config: ModelConfig) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the radians per token and the radians per tick of every pair, `[head_dim / 2]` each.

    Each is zero where the other turns: the first half of the pairs follows the index.
    """
    pairs = config.head_dim // 4
    index = np.geomspace(config.index_wavelength_min, config.index_wavelength_max, pairs)
    tick = np.geomspace(config.tick_wavelength_min, config.tick_wavelength_max, pairs)
    still = np.zeros(pairs)
    per_token = np.concatenate([2.0 * np.pi / index, still])
    per_tick = np.concatenate([still, 2.0 * np.pi / tick])
    per_token.flags.writeable = per_tick.flags.writeable = False
    return per_token, per_tick


def rotary_angles(index: ArrayLike, ticks: ArrayLike, config: ModelConfig) -> NDArray[np.float32]:
    """Return the turning angles in radians, shape `[..., head_dim / 2]`, in [0, 2 pi).

    `index` is the position of each token in its sequence and `ticks` its metrical position (12 per
    quarter note); both are integers of any shapes that broadcast together. Angles are computed in
    double precision, so a position far into a long piece turns as exactly as an early one.

    >>> angles = rotary_angles([0, 1], [0, 48], ModelConfig(vocab_size=8, head_dim=8))
    >>> angles.shape
    (2, 4)
    >>> angles[0].tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    per_token, per_tick = rotary_frequencies(config)
    angles = np.asarray(index)[..., None] * per_token + np.asarray(ticks)[..., None] * per_tick
    return np.remainder(angles, 2.0 * np.pi).astype(np.float32)


class AngleTable:
    """`rotary_angles` of many batches: what was computed once is looked up."""

    def __init__(self, config: ModelConfig) -> None:
        """Compute the angles of the index; those of ticks follow as they are asked for."""
        self._config = config
        self._half = config.head_dim // 4
        self._index = rotary_angles(np.arange(config.context), 0, config)[:, : self._half]
        self._low, self._ticks = 0, np.zeros((0, self._half), np.float32)

    def angles(self, ticks: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the angles `[..., n, head_dim / 2]` of the first n tokens of sequences.

        `ticks` `[..., n]` gives the metrical position of each token.
        """
        low, high = int(ticks.min(initial=0)), int(ticks.max(initial=0)) + 1
        if low < self._low or high > self._low + len(self._ticks):
            self._low = min(low, self._low)
            reach = np.arange(self._low, max(high, self._low + 2 * len(self._ticks)))
            self._ticks = rotary_angles(0, reach, self._config)[:, self._half :]
        found = np.empty((*ticks.shape, 2 * self._half), np.float32)
        found[..., : self._half] = self._index[: ticks.shape[-1]]
        found[..., self._half :] = self._ticks[ticks - self._low]
        return found
