"""Loudness and true peak, measured as the sound streams by (ITU-R BS.1770-4, Annexes 1 and 2).

Loudness: two biquads (head and low end of hearing), mean square over 400 ms blocks that overlap by
75 %, an absolute gate at -70 LUFS and a relative one 10 LU below what passes it. True peak: the
largest magnitude after oversampling four times.

Both are kept per *step*, a short stretch of about 1.3 ms that divides 100 ms evenly, so that the
limiter can foresee what its gain will do to either.
"""

import math
from typing import Any, NamedTuple, TypeVar

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import sosfilt

from .engine import Stereo

Floats = NDArray[np.float64]
Real = TypeVar("Real", bound=np.floating[Any])

OVERSAMPLING = 4
SILENCE = -math.inf

_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_OFFSET = -0.691  # makes a 997 Hz sine at 0 dBFS in one channel read -3.01 LUFS
_HUNDREDTHS = 4  # a gating block is four times 100 ms


class Measurement(NamedTuple):
    """Integrated loudness in LUFS and true peak in dBTP; -inf for silence."""

    lufs: float
    true_peak: float


def step_samples(sample_rate: int) -> int:
    """Samples of one step: the largest divisor of 100 ms that is no more than 64 samples."""
    tenth = sample_rate // 10
    return next(size for size in range(64, 0, -1) if tenth % size == 0)


def k_weighting(sample_rate: int) -> Floats:
    """The two biquads of BS.1770-4 at any sample rate, as second-order sections [2, 6].

    The standard lists coefficients for 48 kHz only; these come from the analogue prototype behind
    them (Mansbridge et al. 2012), by the bilinear transform.
    """
    shelf = math.tan(math.pi * 1681.974450955533 / sample_rate)
    quality, high = 0.7071752369554196, 10.0 ** (3.999843853973347 / 20.0)
    band = high**0.4996667741545416
    norm = 1.0 + shelf / quality + shelf * shelf
    head = [
        (high + band * shelf / quality + shelf * shelf) / norm,
        2.0 * (shelf * shelf - high) / norm,
        (high - band * shelf / quality + shelf * shelf) / norm,
        1.0,
        2.0 * (shelf * shelf - 1.0) / norm,
        (1.0 - shelf / quality + shelf * shelf) / norm,
    ]
    pass_ = math.tan(math.pi * 38.13547087602444 / sample_rate)
    quality = 0.5003270373238773
    norm = 1.0 + pass_ / quality + pass_ * pass_
    low = [
        1.0, -2.0, 1.0, 1.0,
        2.0 * (pass_ * pass_ - 1.0) / norm,
        (1.0 - pass_ / quality + pass_ * pass_) / norm,
    ]  # fmt: skip
    return np.array([head, low])


class LoudnessMeter:
    """Adds up the K-weighted energy of each step of a stereo stream."""

    def __init__(self, sample_rate: int) -> None:
        self.step = step_samples(sample_rate)
        self._steps_per_tenth = sample_rate // 10 // self.step
        self._filter = k_weighting(sample_rate)
        self._state = np.zeros((2, 2, 2))
        self._rest = np.zeros((2, 0))
        self._energies: list[Floats] = []

    def add(self, block: Stereo) -> None:
        """Take the next samples, [2, any]."""
        if block.shape[1] == 0:
            return
        weighted, self._state = sosfilt(self._filter, block, axis=1, zi=self._state)
        whole, self._rest = _whole_steps(np.concatenate([self._rest, weighted], axis=1), self.step)
        self._energies.append(np.einsum("cks,cks->k", whole, whole))

    def energies(self) -> Floats:
        """Sum of squares of each whole step, both channels together [steps]."""
        return np.concatenate(self._energies) if self._energies else np.zeros(0)

    def lufs(self) -> float:
        """Integrated loudness so far."""
        return gated_loudness(self.energies(), self.step, self._steps_per_tenth)


def gated_loudness(energies: Floats, step: int, steps_per_tenth: int) -> float:
    """Integrated loudness in LUFS of the K-weighted energies [steps] of `step` samples each.

    Sound shorter than one gating block is measured as a whole; silence gives -inf.
    """
    if energies.size == 0:
        return SILENCE
    tenths = energies.size // steps_per_tenth
    if tenths < _HUNDREDTHS:
        power = np.array([energies.sum() / (energies.size * step)])
    else:
        sums = energies[: tenths * steps_per_tenth].reshape(tenths, steps_per_tenth).sum(axis=1)
        total = np.concatenate([[0.0], np.cumsum(sums)])
        power = (total[_HUNDREDTHS:] - total[:-_HUNDREDTHS]) / (
            _HUNDREDTHS * steps_per_tenth * step
        )
    loud = power[power > _power(_ABSOLUTE_GATE)]
    if loud.size == 0:
        return SILENCE
    louder = loud[loud > loud.mean() * 10.0 ** (_RELATIVE_GATE / 10.0)]
    return _OFFSET + 10.0 * math.log10(float(louder.mean()))


class PeakMeter:
    """Keeps the true peak of each step of a stereo stream."""

    def __init__(self, sample_rate: int) -> None:
        self._step = step_samples(sample_rate)
        self._resampler = soxr.ResampleStream(
            sample_rate, OVERSAMPLING * sample_rate, 2, dtype="float32", quality="HQ"
        )
        self._over = np.zeros((2, 0), np.float32)
        self._plain = np.zeros((2, 0), np.float32)
        self._peaks: list[NDArray[np.float32]] = []
        self._plain_peaks: list[NDArray[np.float32]] = []

    def add(self, block: Stereo, last: bool = False) -> None:
        """Take the next samples, [2, any]; `last` lets the oversampler run out."""
        over = self._resampler.resample_chunk(np.ascontiguousarray(block.T), last=last)
        whole, self._over = _whole_steps(
            np.concatenate([self._over, over.T], axis=1), OVERSAMPLING * self._step
        )
        self._peaks.append(_largest(whole))
        whole, self._plain = _whole_steps(np.concatenate([self._plain, block], axis=1), self._step)
        self._plain_peaks.append(_largest(whole))
        if last:
            self._peaks.append(_largest(self._over[:, None, :]))
            self._plain_peaks.append(_largest(self._plain[:, None, :]))

    def peaks(self) -> Floats:
        """Largest magnitude of each step, linear [steps]; call it after the last block."""
        over, plain = np.concatenate(self._peaks), np.concatenate(self._plain_peaks)
        peaks = np.zeros(max(over.size, plain.size))
        peaks[: over.size] = over
        peaks[: plain.size] = np.maximum(peaks[: plain.size], plain)
        return peaks


def measure(audio: Stereo, sample_rate: int) -> Measurement:
    """Integrated loudness and true peak of a whole sound, [2, samples].

    >>> time = np.arange(48000) / 48000
    >>> sine = np.sin(2 * np.pi * 997 * time).astype(np.float32)
    >>> lufs, peak = measure(np.stack([sine, 0 * sine]), 48000)
    >>> round(lufs, 1), round(abs(peak), 1)
    (-3.0, 0.0)
    """
    loudness, peak = LoudnessMeter(sample_rate), PeakMeter(sample_rate)
    size = 65536
    starts = range(0, max(audio.shape[1], 1), size)
    for start in starts:
        block = audio[:, start : start + size]
        loudness.add(block)
        peak.add(block, last=start == starts[-1])
    return Measurement(loudness.lufs(), decibels(float(peak.peaks().max(initial=0.0))))


def decibels(linear: float) -> float:
    """Decibels of a linear magnitude; -inf for 0."""
    return 20.0 * math.log10(linear) if linear > 0.0 else SILENCE


def _power(lufs: float) -> float:
    return float(10.0 ** ((lufs - _OFFSET) / 10.0))


def _whole_steps(samples: NDArray[Real], step: int) -> tuple[NDArray[Real], NDArray[Real]]:
    """([2, steps, step], what is left over [2, less than step])."""
    count = samples.shape[1] // step
    return samples[:, : count * step].reshape(2, count, step), samples[:, count * step :]


def _largest(whole: NDArray[np.float32]) -> NDArray[np.float32]:
    largest: NDArray[np.float32] = np.abs(whole).max(axis=(0, 2), initial=0.0)
    return largest
