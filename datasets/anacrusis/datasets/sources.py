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
_PLAIN, _PACKED = ".musicxml", ".mxl"
_INSIDE = ("", "/**")
"""What a pattern finds in a commit: files, and where it names folders what they hold."""


def cache_folder() -> Path:
    """The user's cache: ``$ANACRUSIS_CACHE``, else ``$XDG_CACHE_HOME/anacrusis``, else in home."""
    stated = os.environ.get("ANACRUSIS_CACHE")
    if stated:
        return Path(stated)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "anacrusis"


def pieces_cache() -> Path:
    """Where pieces that have been read lie, unless another folder is named."""
    return cache_folder() / "pieces"


def resolve(card: Card, source: Path | None = None) -> Path:
    """The unpacked folder of a set.

    source: a folder that holds the archive (it is checked against its checksum and unpacked into
    the cache) or the unpacked folder of the set, or is that folder itself: then it has the name of
    the set, or is a clone at the card's commit, since other sets may have files of the same
    pattern. Without it the cache is used. Raises `DataError` that says how to get the set.
    """
    if source is not None:
        archive = source / card.archive
        if archive.is_file():  # it can be checked, a folder beside it cannot
            return unpack(card, archive)
        inside = (source / card.name / card.name, source / card.name)
        for folder in (*inside, source) if _is_named(card, source) else inside:
            if _is_set(card, folder):
                return folder
        if _is_set(card, source):
            raise DataError(
                f"{source} holds {card.pattern}, but nothing says that it is {card.name}; give the "
                f"folder in which {card.name} or {card.archive} lies, or a clone of "
                f"{card.repository} that is at commit {card.commit[:12]}"
            )
        raise DataError(
            f"{source} holds neither {card.archive} nor an unpacked {card.name}; {_how(card)}"
        )
    cached = cache_folder() / "sets" / f"{card.name}-{card.sha256[:12]}"
    for folder in (cached / card.name, cached, _fetched(card)):
        if _is_set(card, folder):
            return folder
    raise DataError(f"data set {card.name} is not here; {_how(card)}")


def is_checked(folder: Path) -> bool:
    """Whether a set's folder was made from what its card names: an archive or a fetched commit."""
    return folder.is_relative_to(cache_folder())


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
                _extract(tar, temporary)
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            raise DataError(f"{archive} cannot be unpacked: {error}") from error
    for folder in (target / card.name, target):
        if _is_set(card, folder):
            return folder
    raise DataError(f"{archive} holds no {card.pattern}; it is not the archive of {card.name}")


def _extract(tar: tarfile.TarFile, folder: Path) -> None:
    """Unpack, and raise `TarError` for members that lead out of the folder."""
    if hasattr(tarfile, "data_filter"):
        tar.extractall(folder, filter="data")
        return
    for member in tar.getmembers():  # Python 3.11.0 to 3.11.3 know no filters
        inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
        if not inside or not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"{member.name} leads out of the folder or is no plain file")
    tar.extractall(folder)


def file_checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def fetch(card: Card, timeout: float = FETCH_TIMEOUT) -> Path:
    """Get a set's repository at the pinned commit with git, into the cache; returns its folder.

    A commit's name is the checksum of all that it holds: it is compared with the card's, and the
    files with the commit. File contents are fetched only where the commit has files that the card
    asks for. Raises `DataError` where it has none (a set whose archive was made from other files),
    where something was altered, or where git fails.
    """
    target = _fetched(card)
    if not target.exists():
        with atomic_folder(target, ".git/HEAD") as folder:

            def git(*command: str) -> str:
                return _git(card, folder, timeout, *command)

            git("init", "--quiet")
            git("remote", "add", "origin", card.repository)
            git("fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", card.commit)
            git("read-tree", card.commit)
            asked = (
                f":(glob){pattern}{inside}" for pattern in _patterns(card) for inside in _INSIDE
            )
            if not git("ls-files", "--", *asked):
                raise DataError(
                    f"{card.repository} holds no {card.pattern}: {card.name} was made from its "
                    f"files; put the archive {card.archive} in a folder and pass it with --from"
                )
            git("checkout", "--quiet", "--force", "--detach", card.commit)
    head = _git(card, target, timeout, "rev-parse", "HEAD").strip()
    changed = _git(card, target, timeout, "status", "--porcelain", "--untracked-files=no")
    if head != card.commit or changed:
        raise DataError(
            f"{target} is not {card.repository} at commit {card.commit[:12]} any more "
            f"({'files were altered' if changed else f'it is at {head[:12]}'}); delete it and "
            "fetch it again"
        )
    return target


def _git(card: Card, folder: Path, timeout: float, *command: str) -> str:
    try:
        return subprocess.run(
            ("git", "-c", "core.autocrlf=false", "-C", str(folder), *command),
            check=True,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        detail = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        reason = detail[-1] if detail else "unknown reason"
        raise DataError(
            f"cannot fetch {card.repository} at {card.commit[:12]}: {reason}; "
            "check the network and that git is installed"
        ) from error


def set_files(card: Card, folder: Path) -> dict[str, Path]:
    """The files (or folders) of a set, by the name they have in its archive.

    Scores may be compressed, as repositories have them: ``a.mxl`` is read as ``a.musicxml``.
    """
    found: dict[str, Path] = {}
    for pattern in reversed(_patterns(card)):
        suffix = Path(card.pattern).suffix
        for path in folder.glob(pattern):
            plain = path.with_suffix(suffix) if path.suffix == _PACKED else path
            found[plain.relative_to(folder).as_posix()] = path
    return found


def file_of(folder: Path, unit: str) -> Path:
    """Where a file of a set lies: under its name, or compressed."""
    path = folder / unit
    packed = path.with_suffix(_PACKED)
    return packed if path.suffix == _PLAIN and not path.exists() and packed.exists() else path


def _patterns(card: Card) -> tuple[str, ...]:
    """The card's pattern, and that of compressed scores."""
    if not card.pattern.endswith(_PLAIN):
        return (card.pattern,)
    return (card.pattern, card.pattern.removesuffix(_PLAIN) + _PACKED)


def _fetched(card: Card) -> Path:
    return cache_folder() / "git" / f"{card.name}-{card.commit[:12]}"


def _is_set(card: Card, folder: Path) -> bool:
    return folder.is_dir() and any(
        next(folder.glob(pattern), None) is not None for pattern in _patterns(card)
    )


def _is_named(card: Card, folder: Path) -> bool:
    """Whether a folder has the name of the set, or the commit of its repository checked out."""
    if folder.resolve().name in (card.name, _fetched(card).name):
        return True
    try:
        return (folder / ".git" / "HEAD").read_text("utf-8").strip() == card.commit
    except (OSError, UnicodeDecodeError):
        return False


def _how(card: Card) -> str:
    return (
        f"put {card.archive} (sha256 {card.sha256[:12]}...) in a folder and pass it with --from, "
        f"or fetch it: git clone {card.repository} at commit {card.commit}"
    )
