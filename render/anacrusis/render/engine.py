"""What an engine is: something that plays one track of a score, block by block.

Engines differ in how they make sound (sampled instruments, harmonic synthesis, a neural codec) and
agree on this: `stream` yields dry stereo sound from the score's first moment on, in blocks of
`BLOCK` samples, and stops when the last note has died away. Everything after it (mix, reverb,
loudness, files) is shared.
"""

from collections.abc import Callable, Generator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.errors import RenderError
from anacrusis.compose.score import Score, Track

BLOCK = 65536
"""Samples per block, about 1.4 s: long enough to be quick, short enough to need little memory."""

Stereo = NDArray[np.float32]
"""Sound of shape [2, samples]: left, right."""


class Engine(Protocol):
    """Plays tracks. One engine object may play any number of tracks, also in several threads."""

    @property
    def name(self) -> str:
        """Name by which the engine is chosen."""
        ...

    @property
    def sounds(self) -> str:
        """Where its sounds come from and under which licence, in one line."""
        ...

    def stream(self, score: Score, track: Track, sample_rate: int) -> Generator[Stereo, None, None]:
        """Dry sound of one track, float32 [2, BLOCK] at a time, from the score's start.

        Raises `RenderError` before the first block where the track cannot be played.
        """
        ...


def _soundfont(font: str | None) -> Engine:
    from .soundfont import SoundFontEngine

    return SoundFontEngine(font)


_ENGINES: dict[str, Callable[[str | None], Engine]] = {"soundfont": _soundfont}


def check_engine(name: str) -> None:
    """Raise `RenderError` for an engine there is not."""
    if name not in _ENGINES:
        raise RenderError(f"engine {name!r} is unknown; allowed: {', '.join(_ENGINES)}")


def make_engine(name: str = "soundfont", font: str | None = None) -> Engine:
    """The engine of this name, ready to play; `font` is a SoundFont file, or None to look for one.

    Raises `RenderError` for an unknown name, and where the engine lacks what it needs.
    """
    check_engine(name)
    return _ENGINES[name](font)
