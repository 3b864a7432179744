"""`anacrusis train`: train a model on prepared shards and export it for composing."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    shards: Annotated[Path, typer.Option(help="folder that `anacrusis data prepare` wrote")],
    out: Annotated[Path, typer.Option("--out", "-o", help="checkpoints, logs, weights")],
    config: Annotated[Path | None, typer.Option(help="JSON file with training settings")] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="optimiser steps of the schedule")
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="or wall-clock minutes")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="continue the run in --out")] = False,
) -> None:
    """Train, or continue a run, and leave a weights folder in OUT/weights.

    Interrupt it at any time: it saves, and --resume goes on with the same losses.
    """
    from ..usage import needing

    with needing("train", "training"):
        from anacrusis.compose.model.export import export_checkpoint
        from anacrusis.compose.model.train import load_config
        from anacrusis.compose.model.train import train as run
    from ..console import note, say

    settings = load_config(
        shards, out, config, resume=resume, steps=steps, minutes=minutes, threads=threads
    )
    result = run(settings, resume)
    say(
        f"{'finished' if result.finished else 'stopped'} at step {result.progress.step} of "
        f"{result.progress.steps}; best validation loss {result.progress.best_loss:.4f}"
    )
    if not result.finished:
        note("continue with --resume")
    from anacrusis.datasets.model_card import write_papers

    export_checkpoint(out / "last.ckpt", out / "weights")
    write_papers(out / "weights", out, shards)
    say(str(out / "weights"))
    note(f"compose with it: anacrusis compose --weights {out / 'weights'}")
