"""Sound on disk while it is being made, so that memory does not grow with the length."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .engine import BLOCK, Stereo


class Scratch:
    """A growing stereo sound in a temporary file, float32; written once, read by block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self.samples = 0
        self.peak = 0.0

    def add(self, block: Stereo) -> None:
        """Append a block [2, any]."""
        self._file.write(np.ascontiguousarray(block.T, np.float32).data)
        self.samples += block.shape[1]
        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))

    def close(self) -> None:
        """Finish writing. A full disk is reported here at the latest, as OSError."""
        self._file.close()

    def blocks(self, samples: int) -> Iterator[Stereo]:
        """The first `samples` samples in blocks [2, up to BLOCK]; silence past the end."""
        self._file.close()
        with self._path.open("rb") as file:
            for start in range(0, samples, BLOCK):
                count = min(BLOCK, samples - start)
                sound = np.fromfile(file, np.float32, 2 * count).reshape(-1, 2).T
                if sound.shape[1] < count:
                    sound = np.pad(sound, ((0, 0), (0, count - sound.shape[1])))
                yield sound

    def delete(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)
