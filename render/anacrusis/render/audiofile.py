"""Write sound files: WAV, FLAC and OGG Vorbis, the same bytes for the same sound.

16-bit files are dithered with triangular noise of two steps' width (Lipshitz et al. 1992), which
turns the rounding error into steady noise; the noise comes from a fixed seed.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from anacrusis.compose.errors import RenderError

from .engine import Stereo
from .ogg import fix_serial

SAMPLE_RATES = (44100, 48000)
BIT_DEPTHS = (16, 24)


class Format(NamedTuple):
    """A file format: its name in libsndfile, and whether it is lossless."""

    major: str
    lossless: bool


FORMATS = {
    "wav": Format("WAV", True),
    "flac": Format("FLAC", True),
    "ogg": Format("OGG", False),
}
"""Formats by the suffix of their files."""

OGG_QUALITY = 6.0
"""Vorbis quality, 0 to 10: 6 is about 192 kbit/s, 2 about 96."""
_CHUNK = 4096  # samples per write; the Vorbis encoder takes its memory from the stack


def check_format(name: str) -> str:
    """The suffix of a format, in lower case without a dot; `RenderError` for an unknown one."""
    suffix = str(name).lower().lstrip(".")
    if suffix not in FORMATS:
        raise RenderError(f"audio format {name!r} is unknown; allowed: {', '.join(FORMATS)}")
    return suffix


def encode(
    path: Path,
    blocks: Iterable[Stereo],
    sample_rate: int,
    bit_depth: int = 24,
    seed: int = 0,
    ogg_quality: float = OGG_QUALITY,
) -> None:
    """Write blocks [2, any] straight to `path`, in the format of its suffix.

    bit_depth: 16 (dithered from `seed`) or 24; OGG has none, but a quality of 0 to 10.
    Raises `RenderError` for an unknown
    format or depth, and OSError where the disk will not take the sound.
    """
    suffix = check_format(path.suffix)
    kind = FORMATS[suffix]
    if bit_depth not in BIT_DEPTHS:
        raise RenderError(f"bit depth {bit_depth}; allowed: {', '.join(map(str, BIT_DEPTHS))}")
    subtype = f"PCM_{bit_depth}" if kind.lossless else "VORBIS"
    noise = np.random.Generator(np.random.PCG64(seed)) if subtype == "PCM_16" else None
    # libsndfile's compression level runs the other way, and 0 is best
    level = None if kind.lossless else 1.0 - ogg_quality / 10.0
    samples = 0
    try:
        with soundfile.SoundFile(
            path, "w", sample_rate, 2, subtype, format=kind.major, compression_level=level
        ) as file:
            for chunk in _chunks(blocks):
                file.write(chunk if noise is None else to_16_bit(chunk, noise))
                samples += chunk.shape[0]
    except (soundfile.SoundFileError, AssertionError) as error:
        # soundfile asserts that libsndfile took every sample: it did not where the disk is full.
        raise OSError(None, f"the disk did not take all of the sound ({error})") from error
    _check_written(path, samples)
    if suffix == "ogg":
        fix_serial(path)


def to_16_bit(sound: NDArray[np.float32], noise: np.random.Generator) -> NDArray[np.int16]:
    """Sound of any shape, -1 to 1, as 16-bit integers with triangular dither."""
    dither = noise.random(sound.shape, np.float32) - noise.random(sound.shape, np.float32)
    return np.clip(np.rint(sound * 32767.0 + dither), -32768, 32767).astype(np.int16)


def _chunks(blocks: Iterable[Stereo]) -> Iterator[NDArray[np.float32]]:
    """Pieces [up to _CHUNK, 2] as the file library takes them."""
    for block in blocks:
        interleaved = np.ascontiguousarray(block.T, np.float32)
        for start in range(0, interleaved.shape[0], _CHUNK):
            yield interleaved[start : start + _CHUNK]


def _check_written(path: Path, samples: int) -> None:
    """Closing can fail silently: read the header back."""
    try:
        found = soundfile.info(str(path)).frames
    except soundfile.SoundFileError as error:
        raise OSError(None, f"the file came out damaged ({error})") from error
    if found != samples:
        raise OSError(None, f"only {found} of {samples} samples were written")
