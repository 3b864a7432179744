"""Write files whole or not at all: to a temporary name beside the target, then rename."""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .errors import FileFormatError

_UMASK = os.umask(0)
os.umask(_UMASK)


def check_overwrite(
    path: Path, force: bool, other: str = "another name", how: str = "pass --force"
) -> None:
    """Raise `FileFormatError` where `path` exists and `force` is not set.

    It asks for `other`, or says how to set `force`.
    """
    if path.exists() and not force:
        raise FileFormatError(f"{path} exists already; choose {other} or {how}")


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path with the target's suffix; rename it over `path` on success.

    On any failure the temporary file is removed and the target is left as it was. Operating-system
    errors (no such folder, no permission, disk full) become `FileFormatError`.
    """
    target = Path(path)
    with _errors_name(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.stem[:40]}-", suffix=target.suffix
        )
    os.close(handle)
    temporary = Path(name)
    try:
        with _errors_name(target):
            yield temporary
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_UMASK
            temporary.chmod(mode)
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(
    path: str | os.PathLike[str], marker: str, names: Collection[str] | None = None
) -> Iterator[Path]:
    """Yield a temporary folder; put it in the place of `path` on success, remove it on failure.

    marker: a file that folders of this kind hold. names: all that they may hold, for folders where
    people put things of their own; None for those that nobody looks into. A folder that is not
    empty and lacks the marker, or holds another name, is not ours: `FileFormatError`, and nothing
    is touched. The old folder goes only when the new one stands.
    """
    target = Path(path)
    _check_ours(target, marker, names)
    with _errors_name(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:40]}-"))
    old = temporary.with_name(temporary.name + ".old")
    try:
        with _errors_name(target):
            yield temporary
            temporary.chmod(0o777 & ~_UMASK)
            if target.exists():
                target.replace(old)
            try:
                temporary.replace(target)
            except OSError:
                if old.exists():
                    old.replace(target)
                raise
    finally:
        for rest in (temporary, old):
            shutil.rmtree(rest, ignore_errors=True)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` to `path` atomically as UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_all(files: dict[Path, Callable[[Path], None]]) -> None:
    """Write several files so that none appears unless every one could be written.

    `files` maps each target to a function that writes it to the temporary path it is given. Only
    when all are written are they renamed, one after another.
    """
    for target in files:
        if target.is_dir():
            raise FileFormatError(f"{target} is a folder; give the name of a file to write")
    with ExitStack() as stack:
        temporaries = [stack.enter_context(atomic_path(target)) for target in files]
        for temporary, write in zip(temporaries, files.values(), strict=True):
            write(temporary)


def _check_ours(target: Path, marker: str, names: Collection[str] | None) -> None:
    if not target.exists():
        return
    held = sorted(entry.name for entry in target.iterdir()) if target.is_dir() else [target.name]
    if not held:
        return
    reason = ""
    if not (target / marker).is_file():
        reason = f"it has no {marker}"
    elif names is not None and (foreign := [name for name in held if name not in names]):
        reason = f"it holds {foreign[0]}"
    if reason:
        raise FileFormatError(
            f"{target} exists and is no folder of this kind ({reason}); nothing was "
            "overwritten, choose another folder"
        )


@contextmanager
def _errors_name(target: Path) -> Iterator[None]:
    """Turn operating-system errors into one line that names the file they speak of."""
    try:
        yield
    except OSError as error:
        named = error.filename if isinstance(error.filename, str) else None
        if named is not None and not Path(named).name.startswith(f".{target.stem[:40]}-"):
            raise FileFormatError(
                f"cannot write {target}: {error.strerror or error}: {named}; "
                "check that the file and its folder can be read and written"
            ) from error
        raise FileFormatError(
            f"cannot write {target}: {error.strerror or error}; "
            "check that the folder exists, is writable and has free space"
        ) from error
