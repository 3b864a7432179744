"""A look-ahead limiter that keeps the true peak under a ceiling.

Its gain is drawn through *nodes*, one at each edge between steps (about 1.3 ms), with straight
lines between them. Where no step needs limiting the gain is exactly 1. Attack and look-ahead are
the same few milliseconds; the release is exponential.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d

Floats = NDArray[np.float64]

LOOK_AHEAD = 4
"""Steps before (and after) a peak in which the gain moves: about 5 ms."""

RELEASE_SECONDS = 0.12
"""Time constant with which the gain returns."""


def gain_nodes(peaks: Floats, ceiling: float, step_seconds: float) -> Floats:
    """Gain at the edges of the steps, [steps + 1], each above 0 and at most 1.

    peaks: true peak of each step, linear [steps]; ceiling: linear. In every step both its nodes,
    and so the whole line between them, are at most ``ceiling / peak``.
    """
    allowed = np.ones(peaks.size + 2)
    loud = peaks > ceiling
    allowed[1:-1][loud] = ceiling / peaks[loud]
    nodes = np.minimum(allowed[:-1], allowed[1:])
    if not loud.any():
        return nodes
    # The lowest gain needed anywhere in the window around each node; the release only lengthens
    # what lies before it, and a mean over the same window then never exceeds what is allowed.
    window = 2 * LOOK_AHEAD + 1
    held = _release(minimum_filter1d(nodes, window, mode="nearest"), step_seconds)
    weights = np.hanning(window + 2)[1:-1]
    padded = np.pad(held, LOOK_AHEAD, mode="edge")
    smooth = np.convolve(padded, weights / weights.sum(), mode="valid")
    gain: Floats = np.minimum(smooth, nodes)
    return gain


def _release(gain: Floats, step_seconds: float) -> Floats:
    """Let the gain fall at once and rise again exponentially (a running maximum of its depth)."""
    rate = step_seconds / RELEASE_SECONDS
    depth = np.maximum(1.0 - gain, 1e-12)
    when = rate * np.arange(gain.size)
    released: Floats = 1.0 - np.exp(np.maximum.accumulate(np.log(depth) + when) - when)
    return released


def gain_at(nodes: Floats, step: int, start: int, count: int) -> NDArray[np.float32]:
    """Gain of each of `count` samples from sample `start` on [count], between the nodes.

    Past the last node its gain holds.
    """
    first = min(start // step, nodes.size - 1)
    last = min((start + count) // step + 2, nodes.size)
    at = (start + np.arange(count)) / step - first
    gains = np.interp(at, np.arange(last - first), nodes[first:last])
    return gains.astype(np.float32)
