"""The `anacrusis` command: its subcommands, and how failures end."""

import sys
from typing import Annotated

import typer

from anacrusis.compose.errors import AnacrusisError

from .commands import (
    compose,
    data,
    demo,
    diff,
    doctor,
    edit,
    evaluate,
    listen,
    plan,
    render,
    train,
    verify,
)
from .console import note, say, spell_out
from .usage import UsageError

app = typer.Typer(
    name="anacrusis",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            say(version("anacrusis"))
        except PackageNotFoundError:
            raise AnacrusisError("no version is known; install the package with pip") from None
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="print the version"),
    ] = False,
) -> None:
    """Compose editable multi-track scores from a plan, check them and render them to sound."""


app.command("demo")(demo.demo)
app.command("compose")(compose.compose)
app.command("render")(render.render)
app.command("listen")(listen.listen)
app.command("verify")(verify.verify)
app.add_typer(edit.app, name="edit")
app.command("diff")(diff.diff)
app.add_typer(plan.app, name="plan")
app.command("doctor")(doctor.doctor)
app.command("train")(train.train)
app.add_typer(data.app, name="data")
app.add_typer(evaluate.app, name="evaluate")


def main() -> None:
    """Run the command line.

    Exit codes: 0 done, 1 failed (one line on standard error says why), 2 wrong usage, 130 stopped
    with Ctrl-C.
    """
    spell_out()
    try:
        app()
    except UsageError as error:
        _fail(str(error), 2)
    except AnacrusisError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or 'a file'}: {error.strerror or error}")
    except MemoryError:
        _fail("out of memory; try a shorter piece or fewer tracks")


def _fail(reason: str, code: int = 1) -> None:
    note(f"anacrusis: {reason}")
    sys.exit(code)


if __name__ == "__main__":
    main()
