"""The `anacrusis` command: its subcommands, and how failures end."""

import os
import sys

import typer

from anacrusis.compose.errors import AnacrusisError

from .commands import compose, data, demo, doctor, plan, render, train, verify

app = typer.Typer(
    name="anacrusis",
    help="Compose editable multi-track scores from a plan, check them and render them to sound.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demo.demo)
app.command("compose")(compose.compose)
app.command("render")(render.render)
app.command("verify")(verify.verify)
app.add_typer(plan.app, name="plan")
app.command("doctor")(doctor.doctor)
app.command("train")(train.train)
app.add_typer(data.app, name="data")


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 failed (one line says why), 2 wrong usage."""
    try:
        app()
    except AnacrusisError as error:
        sys.stderr.write(f"anacrusis: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("anacrusis: interrupted\n")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except MemoryError:
        sys.stderr.write("anacrusis: out of memory; try a shorter piece or fewer tracks\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
