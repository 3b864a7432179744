"""`anacrusis demo`: the main job, end to end, from the plan that comes with the package."""

from pathlib import Path
from typing import Annotated

import typer

from anacrusis.compose.bounds import MAX_SEED

from .compose import compose

DEMO_PLAN = Path(__file__).resolve().parent.parent / "plans" / "demo.yaml"


def demo(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="folder for the files; default: song, song-2, ..."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=MAX_SEED, help="another seed gives another song")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="overwrite files")] = False,
) -> None:
    """Compose the 32-bar demo song and render it: score files, mix and stems."""
    compose(what=str(DEMO_PLAN), seed=seed, out=out, name="song", audio=True, force=force)
