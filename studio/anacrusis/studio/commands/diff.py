"""`anacrusis diff`: what differs between two scores?"""

import json
from pathlib import Path
from typing import Annotated

import typer


def diff(
    old: Annotated[Path, typer.Argument(help="score: .json, .mid or .musicxml")],
    new: Annotated[Path, typer.Argument(help="score to compare with it")],
    notes: Annotated[bool, typer.Option("--notes", help="list every note")] = False,
    output: Annotated[str, typer.Option("--format", help="text or json")] = "text",
) -> None:
    """List the bars and notes in which two scores differ.

    Exits 0 where nothing differs, 1 where something does.
    """
    from anacrusis.compose.edit.diff import diff as differences
    from anacrusis.compose.edit.diff import note_lines
    from anacrusis.compose.files.read_write import read_score

    from ..console import say
    from ..usage import UsageError

    if output not in ("text", "json"):
        raise UsageError(f"--format {output!r}; allowed: text, json")
    scores = [read_score(file, controls=True).score for file in (old, new)]
    found = differences(*scores)
    if output == "json":
        say(json.dumps(found.to_data(), indent=2))
    else:
        say(str(found))
        for line in note_lines(found) if notes else ():
            say(line)
    raise typer.Exit(1 if found else 0)
