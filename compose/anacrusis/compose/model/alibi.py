"""Attention with linear biases: what is far counts less, each head at a rate of its own.

After Press et al. 2022, "Train short, test long: attention with linear biases enables input length
extrapolation". Nothing of it is learnt.
"""

import numpy as np
from numpy.typing import NDArray

from .config import ModelConfig


def alibi_slopes(heads: int) -> NDArray[np.float64]:
    """By how much each head's attention falls with each token of distance, `[heads]`.

    Geometric from `2**(-8/heads)` to `2**-8`; between them lie, for numbers of heads that are no
    power of two, those of twice as many heads.

    >>> alibi_slopes(4).tolist()
    [0.25, 0.0625, 0.015625, 0.00390625]
    """
    whole = 1 << (heads.bit_length() - 1)
    slopes = np.exp2(-8.0 / whole * np.arange(1, whole + 1))
    between = np.exp2(-4.0 / whole * np.arange(1, 2 * whole + 1, 2))
    both: NDArray[np.float64] = np.concatenate([slopes, between[: heads - whole]])
    return both


def decoding_slopes(config: ModelConfig) -> NDArray[np.float32]:
    """The slopes in the order of the decoding graph's heads (`layouts`), `[heads]`."""
    slopes = alibi_slopes(config.heads).reshape(-1, config.kv_heads).T
    return slopes.ravel().astype(np.float32)
