"""Results on standard output, progress and notes on standard error."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is, and how much there is."""


def spell_out() -> None:
    """Have characters that the terminal has no code for spelt out (``\\xdc``)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Print a result, at once: a reader that has gone away is noticed here and ends the command."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        raise OSError(error.errno, error.strerror, "standard output") from error


def _drop_output() -> None:
    """Let what could not be written go, lest the interpreter fails with it once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def note(text: str) -> None:
    """Print a remark that is not a result."""
    sys.stderr.write(text + "\n")


def silent(stage: str, done: int, total: int) -> None:
    """Tell nothing of how far something is."""


@contextmanager
def progress(enabled: bool = True) -> Iterator[Advance]:
    """A progress bar per stage on standard error; silent where that is no terminal."""
    if not (enabled and sys.stderr.isatty()):
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:>12}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=done / max(total, 1))

        yield advance
