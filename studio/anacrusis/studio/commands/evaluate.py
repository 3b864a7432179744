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


@app.command("originality")
def originality(
    out: Annotated[Path, typer.Option("--out", "-o", help="folder for table, list and picture")],
    source: Source = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="folder for pieces that have been read")
    ] = None,
    songs: Annotated[int, typer.Option(min=0, help="songs to compose")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="seed of the first song")] = 0,
    temperature: Annotated[float, typer.Option(help="below 1 safer, above 1 wilder")] = 1.0,
    max_quote: Annotated[
        int | None, typer.Option(min=8, help="compose under this ceiling, as `compose` does")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of other weights")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="CPU threads of the model")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="processes that read data sets")] = 1,
) -> None:
    """Find the longest melodic stretches that songs share with training pieces.

    The test split of the clean sets is measured beside the songs, in the same way.
    """
    from anacrusis.compose.atomic import write_bytes, write_text
    from anacrusis.compose.decoding.compose import compose, load_model
    from anacrusis.compose.decoding.sampler import Sampling
    from anacrusis.compose.quotes import QuoteFilter
    from anacrusis.datasets.evaluation import originality as protocol
    from anacrusis.datasets.evaluation.melodies import MelodyIndex
    from anacrusis.datasets.prepare import used_pieces
    from anacrusis.datasets.registry import training_cards
    from anacrusis.datasets.sources import cache_folder

    from ..console import progress, say
    from ..song import check_folder
    from ..usage import needing, typed

    with typed():
        sampling = Sampling(temperature)
    with needing("report", "the picture"):
        import matplotlib as mpl  # noqa: F401  it is missed now, not after an hour
    check_folder(out)
    model = load_model(weights, threads) if songs else None
    known = None if max_quote is None else QuoteFilter.load(weights)
    with progress() as advance:
        used = used_pieces(
            [card.name for card in training_cards()],
            cache or cache_folder() / "pieces",
            source=source,
            workers=workers,
            progress=lambda stage, done, total: advance(stage, done / max(total, 1)),
        )
        training, held_out = [], []
        for piece, split in used:
            if split == "train":
                training.append((piece.id, piece.score))
            elif split == "test":
                held_out.append((piece.id, piece.style, piece.score))
        index = MelodyIndex.build(training)
        rows = protocol.measure(index, protocol.HELD_OUT, held_out)
        composed = (
            (
                f"seed {plan.seed}",
                plan.style,
                compose(plan, model=model, sampling=sampling, max_quote=max_quote, known=known),
            )
            for plan in protocol.plans(songs, seed)
        )
        rows += protocol.measure(
            index, protocol.COMPOSED, composed, lambda done: advance("composing", done / songs)
        )
    found = protocol.table(rows)
    write_text(out / "originality.md", f"{found}\n")
    write_text(out / "originality.csv", protocol.listing(rows))
    write_bytes(out / "originality.png", protocol.figure(rows))
    say(found)
    say(str(out))
