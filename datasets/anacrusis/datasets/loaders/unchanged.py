"""What a file of many pieces holds, kept between its pieces as long as the file does not change."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")


def while_unchanged(read: Callable[[Path], Found]) -> Callable[[Path], Found]:
    """`functools.lru_cache` for a function that reads a file: a changed file is read anew."""

    @lru_cache(maxsize=4)
    def kept(path: Path, state: tuple[int, int] | None) -> Found:
        return read(path)

    def look(path: Path) -> Found:
        return kept(path, _state(path))

    look.__doc__ = read.__doc__
    return look


def _state(path: Path) -> tuple[int, int] | None:
    """A file's time and size; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
