"""Files of the cache: named after all that they were made from, so that they never are out of date.

Several runs may share a cache. A file is written whole or not at all, is made again where it is
missing or damaged, and goes when nobody has used it for a month.
"""

import hashlib
import io
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.atomic import write_bytes
from anacrusis.compose.errors import AnacrusisError, DataError

UNUSED, UNFINISHED = 30 * 86400.0, 86400.0
"""Seconds after which a file that is not used is removed, and a temporary file of a killed run."""
_DAMAGE = (
    AnacrusisError, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError,
    MemoryError, BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a damaged file may raise."""

Found = TypeVar("Found")


class DamagedFile(DataError):
    """A file of the cache that is missing or cannot be read; it can be made again."""


def named_after(*made_from: object) -> str:
    """A file name (without suffix) that tells what a file was made from."""
    return hashlib.sha256(repr(made_from).encode()).hexdigest()[:24]


def in_use(path: Path) -> bool:
    """Whether a file is there; if so, its time says that it was used now."""
    try:
        os.utime(path)
    except OSError:
        return path.exists()
    return True


def prune(folder: Path) -> None:
    """Remove the files of a folder that were not used for long, and what killed runs left."""
    now = time.time()
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            unused = now - path.stat().st_mtime
            if path.is_file() and unused > (UNFINISHED if path.name.startswith(".") else UNUSED):
                path.unlink()
        except OSError:
            continue  # another run was faster, or it is not ours to remove


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever is wrong with a file into `DamagedFile`."""
    try:
        yield
    except DamagedFile:
        raise
    except _DAMAGE as error:
        raise DamagedFile(
            f"{path} is damaged ({error}); prepare or read the sets again, with --from FOLDER"
        ) from error


def read_or_make(
    path: Path, read: Callable[[Path], Found], make: Callable[[Path], object]
) -> Found:
    """What `read` finds in a file, which `make` writes anew where it is missing or damaged."""
    try:
        return read(path)
    except DamagedFile:
        make(path)
        return read(path)


def write_table(
    path: Path, head: object, columns: Mapping[str, NDArray[Any]], *, compress: bool = False
) -> None:
    """Write an ``.npz`` of columns, with a head that JSON can hold."""
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(head).encode(), np.uint8)
    arrays: dict[str, Any] = {"head": text, **columns}
    save = np.savez_compressed if compress else np.savez
    save(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


def read_table(path: Path) -> tuple[Any, dict[str, NDArray[Any]]]:
    """Head and columns of a table, not checked further. Raises `DamagedFile`."""
    with reading(path), np.load(path, allow_pickle=False) as table:
        columns = {name: table[name] for name in table.files}
        return json.loads(columns.pop("head").tobytes()), columns
