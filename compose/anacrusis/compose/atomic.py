"""Write files whole or not at all: to a temporary name beside the target, then rename."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .errors import FileFormatError


def check_overwrite(path: Path, force: bool) -> None:
    """Raise `FileFormatError` where `path` exists and `force` is not set."""
    if path.exists() and not force:
        raise FileFormatError(f"{path} exists already; choose another name or pass --force")


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path with the target's suffix; rename it over `path` on success.

    On any failure the temporary file is removed and the target is left as it was. Operating-system
    errors (no such folder, no permission, disk full) become `FileFormatError`.
    """
    target = Path(path)
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.stem[:40]}-", suffix=target.suffix
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        temporary.chmod(mode)
        temporary.replace(target)
    except OSError as error:
        raise FileFormatError(
            f"cannot write {target}: {error.strerror or error}; "
            "check that the folder exists, is writable and has free space"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary folder; swap it into place of `path` on success, remove it on failure."""
    target = Path(path)
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:40]}-"))
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if target.exists():
            shutil.rmtree(target)
        temporary.replace(target)
    except OSError as error:
        raise FileFormatError(
            f"cannot write {target}: {error.strerror or error}; "
            "check that the folder is writable and has free space"
        ) from error
    finally:
        if temporary is not None and temporary.exists():
            shutil.rmtree(temporary, ignore_errors=True)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` to `path` atomically as UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_all(files: dict[Path, Callable[[Path], None]]) -> None:
    """Write several files so that none appears unless every one could be written.

    `files` maps each target to a function that writes it to the temporary path it is given.
    """
    with ExitStack() as stack:
        temporaries = [stack.enter_context(atomic_path(target)) for target in files]
        for temporary, write in zip(temporaries, files.values(), strict=True):
            write(temporary)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
