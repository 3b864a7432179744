"""`anacrusis plan`: write, check and show plans."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Write, check and show plans.", no_args_is_help=True)


@app.command("new")
def new(
    file: Annotated[Path, typer.Argument(help="where to write it")] = Path("plan.yaml"),
    force: Annotated[bool, typer.Option("--force", help="overwrite the file")] = False,
) -> None:
    """Write a commented example plan."""
    from anacrusis.compose.atomic import check_overwrite, write_text
    from anacrusis.compose.plan_file import example_plan

    from ..console import say

    check_overwrite(file, force)
    write_text(file, example_plan())
    say(str(file))


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="plan file, or a .json score that carries its plan")],
) -> None:
    """Say whether a plan can be read and met."""
    from anacrusis.compose.decoding.chart_rules import check_harmony
    from anacrusis.compose.decoding.conflicts import check_notes
    from anacrusis.compose.plan_file import read_plan
    from anacrusis.compose.wording import bars_in_words, counted

    from ..console import say

    plan = read_plan(file)
    check_harmony(plan)
    checked = check_notes(plan)
    open_parts = [
        name
        for name, missing in (
            ("sections", plan.open_form),
            ("key", plan.key is None),
            ("tempo", plan.tempo is None and plan.length is None),
            ("chords", any(plan.chords_of(s) is None for s in plan.sections)),
            ("some chords", any(plan.has_choices(s) for s in plan.sections)),
        )
        if missing
    ]
    size = f"{bars_in_words(plan.bars, plan.pickup > 0)}, {counted(len(plan.tracks), 'track')}"
    say(f"{file}: {size}; all well")
    if open_parts:
        say(f"  left to the model: {', '.join(open_parts)}")
    if plan.rules and not checked:
        say("  its rules on notes are checked when the chords are known")
    for title, demands in (("rules", plan.rules), ("preferred", plan.wishes)):
        if demands:
            say(f"  {title}:")
        for demand in demands:
            say(f"    {demand}")


@app.command("show")
def show(
    file: Annotated[Path, typer.Argument(help="plan file, or a .json score that carries its plan")],
) -> None:
    """Print a plan in full, with every default written out."""
    from anacrusis.compose.plan_file import plan_text, read_plan

    from ..console import say

    say(plan_text(read_plan(file)).rstrip())
