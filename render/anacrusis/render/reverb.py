"""A small room: convolution with a synthetic impulse response, in blocks.

The response is decaying noise whose treble dies first, different left and right (Moorer 1979), with
a few early reflections. It is made from a fixed seed, so every render has the same room, and
convolution is linear, so the reverb of a sum is the sum of the reverbs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from anacrusis.compose.errors import RenderError

from .engine import BLOCK, Stereo

_SEED = 20
_REFLECTIONS = 12
_TREBLE = ((500.0, 1.0), (2000.0, 0.85), (6000.0, 0.55), (None, 0.35))
"""Upper edge of each band in Hz, and its reverberation time relative to the room's."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room: seconds to fall by 60 dB, delay before it answers, and its low cut."""

    seconds: float = 1.3
    predelay_ms: float = 14.0
    low_cut_hz: float = 180.0

    def __post_init__(self) -> None:
        if not (0.1 <= self.seconds <= 10.0 and 0.0 <= self.predelay_ms <= 200.0):
            raise RenderError(
                f"a room of {self.seconds} s with a predelay of {self.predelay_ms} ms cannot be "
                "made; allowed: 0.1 to 10 s, 0 to 200 ms"
            )
        if not 0.0 <= self.low_cut_hz <= 2000.0:
            raise RenderError(f"low_cut_hz is {self.low_cut_hz}; allowed: 0 to 2000")


class Reverb:
    """A room at a sample rate; `start` gives a fresh, empty one for each stem."""

    def __init__(self, room: Room, sample_rate: int) -> None:
        response = impulse_response(room, sample_rate)
        self._spectrum = _spectrum(response)

    def start(self) -> "Tail":
        """The room with nothing ringing in it."""
        return Tail(self._spectrum)


class Tail:
    """One stem's reverb: overlap-add convolution, block after block."""

    def __init__(self, spectrum: NDArray[np.complex64]) -> None:
        self._spectrum = spectrum
        self._carry = np.zeros((2, BLOCK), np.float32)
        self.ringing = False

    def process(self, block: NDArray[np.float32]) -> Stereo:
        """Reverb, float32 [2, BLOCK], of a mono block [BLOCK] and of what came before it."""
        if not block.any():
            last, self._carry = self._carry, np.zeros((2, BLOCK), np.float32)
            self.ringing = False
            return last
        product = _spectrum(block) * self._spectrum
        sound: Stereo = np.asarray(irfft(product, 2 * BLOCK, axis=1, overwrite_x=True), np.float32)
        wet: Stereo = sound[:, :BLOCK] + self._carry
        self._carry = sound[:, BLOCK:].copy()
        self.ringing = True
        return wet


def _spectrum(sound: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Spectrum over the last axis, with room for the tail; scipy keeps single precision."""
    return np.asarray(rfft(sound, 2 * BLOCK, axis=-1))


def impulse_response(room: Room, sample_rate: int) -> Stereo:
    """Impulse response [2, samples] of unit energy per side; at most `BLOCK` samples long."""
    generator = np.random.Generator(np.random.PCG64(_SEED))
    length = min(int((room.seconds + room.predelay_ms / 1000.0) * sample_rate), BLOCK)
    start = min(int(room.predelay_ms / 1000.0 * sample_rate), length - 1)
    time = np.arange(length - start) / sample_rate
    noise = generator.standard_normal((2, length - start))
    spectrum = np.fft.rfft(noise, axis=1)
    frequencies = np.fft.rfftfreq(length - start, 1.0 / sample_rate)

    response = np.zeros((2, length))
    low = room.low_cut_hz
    for high, relative in _TREBLE:
        inside = (frequencies >= low) & (frequencies < (high or np.inf))
        band = np.fft.irfft(spectrum * inside, length - start, axis=1)
        response[:, start:] += band * 10.0 ** (-3.0 * time / (room.seconds * relative))
        low = max(low, high or low)
    times = start + np.sort(generator.uniform(0.0, 0.05, _REFLECTIONS)) * sample_rate
    for index, place in enumerate(np.minimum(times.astype(int), length - 1)):
        side = index % 2
        response[side, place] += 6.0 * np.abs(response).max() * 0.1 * (1.0 - index / _REFLECTIONS)
    # The end of a response cut to one block is faded, so that it does not click.
    fade = min(length, sample_rate // 50)
    response[:, -fade:] *= np.linspace(1.0, 0.0, fade)
    energy = np.sqrt(np.square(response).sum(axis=1, keepdims=True))
    unit: Stereo = (response / energy).astype(np.float32)
    return unit
