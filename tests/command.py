"""The command line, run in this process."""

import contextlib
import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from anacrusis.studio import main as command_line


class Ended(NamedTuple):
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


def run(*arguments: object) -> Ended:
    """Run `anacrusis` in this process, from `main` on."""
    out, err = io.StringIO(), io.StringIO()
    given = ["anacrusis", *map(str, arguments)]
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", given)
        try:
            command_line.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
    return Ended(code, out.getvalue(), err.getvalue())


def refused(*arguments: object, code: int = 1) -> str:
    """The one line with which a command refuses; it must print no result and no traceback."""
    ended = run(*arguments)
    assert ended.code == code, ended
    assert ended.out == ""
    assert ended.err.startswith("anacrusis: ")
    assert ended.err.count("\n") == 1
    return ended.err


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
