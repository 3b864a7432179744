"""Bring a mix to a loudness without letting its true peak pass a ceiling.

The gain and what the limiter does to the loudness depend on one another, so the gain is found by
bisection on the energies and peaks of each step (`loudness`), where a trial costs milliseconds;
the sound itself is touched once, and what comes out is measured, not assumed.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.bounds import is_number
from anacrusis.compose.errors import RenderError

from .limiter import gain_nodes
from .loudness import SILENCE, decibels, gated_loudness, step_samples

Floats = NDArray[np.float64]

MOST_REDUCTION = 12.0
"""Decibels the limiter may take at most; music that would need more stays quieter than asked."""

MOST_GAIN = 60.0

_MARGIN_DB = 0.04
"""Room for what the moving gain itself adds to the peak."""

_FINE = 1e-3


@dataclass(frozen=True, slots=True)
class LoudnessReport:
    """What mastering did. Loudness in LUFS, true peak in dBTP, the rest in decibels.

    lufs and true_peak are measured on the finished sound (-inf for silence). gain_db was applied
    to everything, reduction_db is the most the limiter took away at any moment. reached says
    whether the target was met within 0.2 LU (always, where none was given).
    """

    target: float | None
    lufs: float
    true_peak: float
    gain_db: float
    reduction_db: float
    reached: bool


@dataclass(frozen=True)
class Mastering:
    """What to do: one gain for the whole sound (linear), and the limiter's nodes over it."""

    gain: float
    nodes: Floats

    @property
    def reduction_db(self) -> float:
        """Most decibels the limiter takes away."""
        return abs(decibels(float(self.nodes.min(initial=1.0))))


def check_targets(lufs: float | None, true_peak: float) -> None:
    """Raise `RenderError` for a loudness or ceiling that makes no sense."""
    if lufs is not None and not is_number(lufs, -60.0, -5.0):
        raise RenderError(f"loudness {lufs!r} LUFS; allowed: -60 to -5 (streaming has -14)")
    if not is_number(true_peak, -20.0, 0.0):
        raise RenderError(f"true peak {true_peak!r} dBTP; allowed: -20 to 0")


def plan_mastering(
    energies: Floats, peaks: Floats, sample_rate: int, target: float | None, true_peak: float
) -> Mastering:
    """Gain and limiter that bring a mix to `target` LUFS (None: as loud as it is).

    energies, peaks: K-weighted energy and true peak of each step [steps], from `loudness`.
    """
    step = step_samples(sample_rate)
    steps_per_tenth = sample_rate // 10 // step
    ceiling = 10.0 ** ((true_peak - _MARGIN_DB) / 20.0)
    size = min(energies.size, peaks.size)

    def limited(gain_db: float) -> Mastering:
        gain = 10.0 ** (gain_db / 20.0)
        return Mastering(gain, gain_nodes(peaks * gain, ceiling, step / sample_rate))

    def loudness(trial: Mastering) -> float:
        middle = 0.5 * (trial.nodes[:size] + trial.nodes[1 : size + 1])
        heard = energies[:size] * np.square(trial.gain * middle)
        return gated_loudness(heard, step, steps_per_tenth)

    plain = gated_loudness(energies, step, steps_per_tenth)
    if target is None or plain == SILENCE:
        return limited(0.0)
    limits = decibels(ceiling / float(peaks.max())) + MOST_REDUCTION  # no more gain than this
    low = min(target - plain, MOST_GAIN)
    high = min(low + MOST_REDUCTION, MOST_GAIN, limits)
    trial = limited(min(low, high))
    if low >= high or loudness(trial) >= target - _FINE:
        return trial
    while high - low > _FINE:
        middle = 0.5 * (low + high)
        trial = limited(middle)
        low, high = (middle, high) if loudness(trial) < target else (low, middle)
    return trial


def report(
    mastering: Mastering, target: float | None, lufs: float, true_peak: float, trim: float
) -> LoudnessReport:
    """The report on a finished sound that measured `lufs` and `true_peak` after `trim` (linear)."""
    reached = target is None or (math.isfinite(lufs) and abs(lufs - target) <= 0.2)
    gain_db = decibels(mastering.gain * trim)
    return LoudnessReport(target, lufs, true_peak, gain_db, mastering.reduction_db, reached)
