"""`anacrusis verify`: does a score keep its plan?"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from anacrusis.compose.verify import Report


def verify(
    file: Annotated[Path, typer.Argument(help="score: .json, .mid or .musicxml")],
    plan: Annotated[
        Path | None,
        typer.Option(help="plan file, or a .json score with its plan; default: the score's own"),
    ] = None,
    output: Annotated[str, typer.Option("--format", help="text, json or sarif")] = "text",
) -> None:
    """Check a score against its plan with code that is independent of the composer.

    Exits 0 where every rule is kept, 1 where one is broken.
    """
    from anacrusis.compose.files.read_write import read_score
    from anacrusis.compose.plan_file import read_plan
    from anacrusis.compose.verify import report_json, report_sarif, report_text
    from anacrusis.compose.verify import verify as check

    from ..console import note, say
    from ..usage import UsageError

    writers: dict[str, Callable[[Report], str]] = {
        "text": report_text,
        "json": report_json,
        "sarif": partial(report_sarif, file=file),
    }
    if output not in writers:
        raise UsageError(f"--format {output!r}; allowed: {', '.join(writers)}")
    score, losses = read_score(file)
    if losses:
        note(f"{file}: {losses}")
    report = check(score, read_plan(plan) if plan is not None else None)
    say(writers[output](report))
    raise typer.Exit(0 if report.ok else 1)
