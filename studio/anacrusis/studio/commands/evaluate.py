"""`anacrusis evaluate`: published protocols and comparisons with music by people."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Measure models by published protocols.")

Source = Annotated[
    Path | None, typer.Option("--from", help="folder of data sets, unpacked or as archives")
]


@app.command("chorales")
def chorales(
    out: Annotated[Path, typer.Option("--out", "-o", help="checkpoints and logs of the run")],
    source: Source = None,
    attention: Annotated[
        str | None, typer.Option(help="positions of the network, as `absolute`; default: the best")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="instead of the whole schedule")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads")] = None,
) -> None:
    """Train on the JSB chorales from scratch and print the loss per cell, in nats.

    A run that was stopped goes on; one that is done is only measured.
    """
    from anacrusis.compose.model.config import TrainConfig
    from anacrusis.datasets.evaluation import chorales as protocol

    from ..console import note, say
    from ..usage import needing

    with needing("train", "training"):
        from anacrusis.compose.model.checkpoint import LAST
        from anacrusis.compose.model.train import train
    shards, run = out / "shards", out / "run"
    if not (shards / "meta.json").is_file():
        protocol.write_shards(source, shards)
    settings = protocol.settings()
    if attention is not None:
        settings["model"] |= {"positions": attention}
    stated = {"steps": steps, "threads": threads, "shards": str(shards), "out": str(run)}
    settings |= {name: value for name, value in stated.items() if value is not None}
    config = TrainConfig.from_mapping(settings, "the settings")
    result = train(config, resume=(run / LAST).is_file())
    if not result.finished:
        note(f"stopped at step {result.progress.step}; the same command goes on")
        raise typer.Exit(130)
    say("| split | nats per cell | cells |")
    say("| --- | ---: | ---: |")
    for split in ("valid", "test"):
        loss = protocol.measure(result.checkpoint, source, split)
        say(f"| {split} | {loss.nats:.4f} | {loss.cells:,} |")
