"""Where a data set's files are: a folder the user gives, the cache, or a fetch from its source."""

import hashlib
import lzma
import os
import subprocess
import tarfile
from pathlib import Path

from anacrusis.compose.atomic import atomic_folder
from anacrusis.compose.errors import DataError

from .registry import Card

FETCH_TIMEOUT = 1800.0
"""Seconds a fetch may take."""


def cache_folder() -> Path:
    """The user's cache: ``$ANACRUSIS_CACHE``, else ``$XDG_CACHE_HOME/anacrusis``, else in home."""
    stated = os.environ.get("ANACRUSIS_CACHE")
    if stated:
        return Path(stated)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "anacrusis"


def resolve(card: Card, source: Path | None = None) -> Path:
    """The unpacked folder of a set.

    source: a folder that holds the archive (it is checked against its checksum and unpacked into
    the cache) or the unpacked folder of the set, or is that folder itself. Without it the cache is
    used. Raises `DataError` that says how to get the set.
    """
    if source is not None:
        for folder in (source / card.name / card.name, source / card.name, source):
            if _is_set(card, folder):
                return folder
        archive = source / card.archive
        if archive.is_file():
            return unpack(card, archive)
        raise DataError(
            f"{source} holds neither {card.archive} nor an unpacked {card.name}; {_how(card)}"
        )
    cached = cache_folder() / "sets" / f"{card.name}-{card.sha256[:12]}"
    for folder in (cached / card.name, cached, _fetched(card)):
        if _is_set(card, folder):
            return folder
    raise DataError(f"data set {card.name} is not here; {_how(card)}")


def unpack(card: Card, archive: Path) -> Path:
    """Check an archive and unpack it into the cache; returns the set's folder there."""
    target = cache_folder() / "sets" / f"{card.name}-{card.sha256[:12]}"
    if not target.exists():
        found = file_checksum(archive)
        if found != card.sha256:
            raise DataError(
                f"{archive} has the checksum {found[:12]}..., the card says {card.sha256[:12]}...; "
                "it was altered or cut short, get it again"
            )
        try:
            with atomic_folder(target, "SOURCE.txt") as temporary, tarfile.open(archive) as tar:
                tar.extractall(temporary, filter="data")
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            raise DataError(f"{archive} cannot be unpacked: {error}") from error
    for folder in (target / card.name, target):
        if _is_set(card, folder):
            return folder
    raise DataError(f"{archive} holds no {card.pattern}; it is not the archive of {card.name}")


def file_checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def fetch(card: Card, timeout: float = FETCH_TIMEOUT) -> Path:
    """Get a set's repository at the pinned commit with git, into the cache.

    The repository's own layout may differ from the archive's (compressed scores); files that the
    card's pattern does not find are then reported by `resolve`. Raises `DataError` on failure.
    """
    target = _fetched(card)
    if target.exists():
        return target
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
    with atomic_folder(target, ".git/HEAD") as temporary:
        for command in (
            ("init", "--quiet"),
            ("remote", "add", "origin", card.repository),
            ("fetch", "--quiet", "--depth", "1", "origin", card.commit),
            ("checkout", "--quiet", "--detach", card.commit),
        ):
            try:
                subprocess.run(
                    ("git", "-C", str(temporary), *command),
                    check=True,
                    capture_output=True,
                    text=True,
                    timeout=timeout,
                    env=environment,
                )
            except (OSError, subprocess.SubprocessError) as error:
                detail = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
                reason = detail[-1] if detail else "unknown reason"
                raise DataError(
                    f"cannot fetch {card.repository} at {card.commit[:12]}: {reason}; "
                    "check the network and that git is installed"
                ) from error
    return target


def _fetched(card: Card) -> Path:
    return cache_folder() / "git" / f"{card.name}-{card.commit[:12]}"


def _is_set(card: Card, folder: Path) -> bool:
    return folder.is_dir() and next(folder.glob(card.pattern), None) is not None


def _how(card: Card) -> str:
    return (
        f"put {card.archive} (sha256 {card.sha256[:12]}...) in a folder and pass it with --from, "
        f"or fetch it: git clone {card.repository} at commit {card.commit}"
    )
