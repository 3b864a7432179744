"""Files read whole, but never more of them than allowed, and nothing that has no end."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from .errors import FileFormatError


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file to read its bytes; `OSError` for what is none.

    A folder is refused, and so are devices and pipes: they may give bytes without end, or none and
    let the reader wait.
    """
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe, not a file on disk", str(path))
    return Path(path).open("rb")


def read_bounded(path: str | os.PathLike[str], limit: int, advice: str) -> bytes:
    """Return the bytes of a file of at most `limit` bytes.

    Raises `OSError` as `open_regular` does, and `FileFormatError`, which ends in `advice`, for a
    larger file.
    """
    with open_regular(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise FileFormatError(f"{path} is over {limit // 1000} kB; {advice}")
    return data
