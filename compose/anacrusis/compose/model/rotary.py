"""Rotary positions in which half of a head turns with the token index, half with musical time.

Rotary embedding (Su et al. 2021) turns each pair of a head's coordinates by an angle that grows
with position, so that attention sees only differences of positions. Here the first half of the
pairs turns with the token's *index* and the second half with its *metrical position* in ticks, the
moment of the score it speaks about. "One bar ago" is then the same turn wherever it stands and
however many tokens lie between; and a chord written ahead stands, for attention, where it sounds.

With one of the two positions alone (`ModelConfig.positions`), all pairs turn with it. Wavelengths
are geometric: the index from 2 pi tokens to about four contexts, the ticks from a sixteenth note to
128 bars of 4/4.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .config import ModelConfig


@cache
def rotary_frequencies(config: ModelConfig) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the radians per token and the radians per tick of every pair, `[head_dim / 2]` each.

    Each is zero where the other turns: where both positions are rotary, the first half of the pairs
    follows the index. Both are zero throughout where neither is.
    """
    pairs, names = config.head_dim // 2, config.position_names
    per_token, per_tick = np.zeros((2, pairs))
    ticks_from = pairs // 2 if "index" in names else 0
    if "metrical" in names:
        low, high = config.tick_wavelength_min, config.tick_wavelength_max
        per_tick[ticks_from:] = _frequencies(low, high, pairs - ticks_from)
    if "index" in names:
        low, high = config.index_wavelength_min, config.index_wavelength_max
        count = pairs // 2 if "metrical" in names else pairs
        per_token[:count] = _frequencies(low, high, count)
    per_token.flags.writeable = per_tick.flags.writeable = False
    return per_token, per_tick


def _frequencies(low: float, high: float, count: int) -> NDArray[np.float64]:
    """Radians of wavelengths from `low` to `high`, without the last bits of a double, in which
    processors differ."""
    return np.round(2.0 * np.pi / np.geomspace(low, high, count), 12)


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
