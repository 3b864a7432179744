"""Mistakes in what was typed: they end a command with exit code 2, all other failures with 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anacrusis.compose.errors import AnacrusisError, ModelError

_ROOT = Path(__file__).resolve().parents[3]


class UsageError(AnacrusisError):
    """An argument or option that no file could make right."""


@contextmanager
def typed() -> Iterator[None]:
    """Whatever is refused within is a mistake in what was typed."""
    try:
        yield
    except AnacrusisError as error:
        raise UsageError(str(error)) from error


@contextmanager
def needing(extra: str, what: str) -> Iterator[None]:
    """Imports of an optional part; raise `ModelError` with the way to it where it is missing."""
    try:
        yield
    except ImportError as error:
        reason = f"{what} needs {error.name}; run `{install_command(extra)}`"
        raise ModelError(reason) from error


def install_command(extra: str) -> str:
    """What brings an optional part: from the folder of a source checkout, else by name.

    An installed wheel is not fetched again by its name: pip adds what its extra asks for.
    """
    if (_ROOT / "pyproject.toml").is_file():
        return f"pip install -e '{_ROOT}[{extra}]'"
    return f"pip install 'anacrusis[{extra}]'"
