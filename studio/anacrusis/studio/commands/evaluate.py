"""`anacrusis evaluate`: published protocols and comparisons with music by people."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from .data import Cache

app = typer.Typer(no_args_is_help=True, help="Measure models by published protocols.")

Source = Annotated[
    Path | None, typer.Option("--from", help="folder of data sets, unpacked or as archives")
]
Weights = Annotated[Path | None, typer.Option(help="folder of other weights")]
Threads = Annotated[int, typer.Option(min=1, max=64, help="CPU threads of the model")]


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
    from anacrusis.datasets.evaluation.pictures import losses

    from ..console import note
    from ..usage import needing

    _check_pictures()

    with needing("train", "training"):
        from anacrusis.compose.model.checkpoint import LAST
        from anacrusis.compose.model.train import train
        from anacrusis.datasets.evaluation.chorale_network import ChoraleTransformer
    settings = protocol.settings()
    if attention is not None:
        settings["model"] |= {"positions": attention}
    # Places that are learnt one by one are learnt where whole pieces are read.
    by_place = "absolute" in settings["model"]["positions"].split("+")
    shards, run = out / ("shards-whole" if by_place else "shards"), out / "run"
    protocol.write_shards(source, shards, 0 if by_place else protocol.WINDOW)
    stated = {"steps": steps, "threads": threads, "shards": str(shards), "out": str(run)}
    settings |= {name: value for name, value in stated.items() if value is not None}
    config = TrainConfig.from_mapping(settings, "the settings")
    result = train(config, resume=(run / LAST).is_file(), network=ChoraleTransformer)
    if not result.finished:
        note(f"stopped at step {result.progress.step}; the same command goes on")
        raise typer.Exit(130)
    table = protocol.table(result.checkpoint, source)
    _write(out, "chorales", table, losses(run / "log.jsonl", protocol.PUBLISHED, "cell"))


@app.command("accompaniment")
def accompaniment(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="shards, run and weights of the training")
    ],
    source: Source = None,
    cache: Cache = None,
    songs: Annotated[int, typer.Option(min=1, help="held-out songs, eight bars of each")] = 80,
    minutes: Annotated[
        float, typer.Option(min=0, help="of training on POP909 first; 0 measures the weights as is")
    ] = 15.0,
    weights: Weights = None,
    temperature: Annotated[
        float, typer.Option(help="of the model; 0.8 was the best of 1, 0.8 and 0.6 on valid")
    ] = 0.8,
    split: Annotated[
        str, typer.Option(help="songs to accompany: test, or valid to set options by")
    ] = "test",
    seed: Annotated[int, typer.Option(min=0, help="draws the bars")] = 0,
    threads: Threads = 1,
    workers: Annotated[int, typer.Option(min=1, help="processes that read data sets")] = 1,
) -> None:
    """Accompany and harmonise melodies of POP909, measured beside what people played.

    The weights are trained on its training songs first, for this measurement alone: the songs are
    not licensed, so what comes of them stays in OUT and must not be given away.
    """
    from anacrusis.compose.decoding.compose import load_model
    from anacrusis.compose.decoding.sampler import Sampling
    from anacrusis.datasets.evaluation import accompaniment as protocol
    from anacrusis.datasets.evaluation.infilling import BarsByChord
    from anacrusis.datasets.evaluation.tasks import by_model
    from anacrusis.datasets.prepare import prepare, used_pieces
    from anacrusis.datasets.sources import pieces_cache

    from ..console import progress
    from ..usage import needing, typed

    _check_split(split)
    with typed():
        sampling = Sampling(temperature)
    _check_pictures()
    with needing("evaluate", "measuring accompaniments"):
        import smg_metrics  # noqa: F401
    pieces = cache or pieces_cache()
    model = load_model(weights, threads)
    with progress() as advance:
        used = list(
            used_pieces(
                [protocol.SET], pieces, source=source, workers=workers, benchmark=True,
                progress=advance,
            )
        )  # fmt: skip
        if minutes:
            prepare(
                [protocol.SET], pieces, out / "shards", source=source, workers=workers,
                context=model.context, benchmark=True, progress=advance,
            )  # fmt: skip
    found = protocol.stretches((piece for piece, its in used if its == split), songs, seed)
    bars = BarsByChord((piece.style, piece.score) for piece, its in used if its == "train")
    if minutes:
        _tuned(out, weights, minutes, threads)
        model = load_model(out / "weights", threads)
    with progress() as advance:
        rows = protocol.evaluate(
            found,
            {"the model": by_model(model, sampling), "bars of songs by chord": bars.write},
            partial(advance, "accompanying"),
        )
    name = "accompaniment" if split == "test" else f"accompaniment-{split}"
    _write(out, name, protocol.table(rows), protocol.figure(rows))


def _tuned(out: Path, weights: Path | None, minutes: float, threads: int) -> None:
    """Train OUT/weights on OUT/shards, from weights; a run that is done stays."""
    from ..usage import needing

    with needing("train", "training"):
        from anacrusis.compose.model.checkpoint import LAST
        from anacrusis.compose.model.export import export_checkpoint
        from anacrusis.compose.model.run_config import load_config
        from anacrusis.compose.model.train import train
    run = out / "run"
    resume = (run / LAST).is_file()
    settings = load_config(
        out / "shards", run, resume=resume,
        init=str(weights or "default"), minutes=minutes, threads=threads,
    )  # fmt: skip
    result = train(settings, resume)
    if not result.finished:
        raise typer.Exit(130)
    export_checkpoint(result.checkpoint, out / "weights")


@app.command("originality")
def originality(
    out: Annotated[Path, typer.Option("--out", "-o", help="folder for table, list and picture")],
    source: Source = None,
    cache: Cache = None,
    songs: Annotated[int, typer.Option(min=0, help="songs to compose")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="seed of the first song")] = 0,
    temperature: Annotated[float, typer.Option(help="below 1 safer, above 1 wilder")] = 1.0,
    max_quote: Annotated[
        int | None, typer.Option(min=8, help="compose under this ceiling, as `compose` does")
    ] = None,
    weights: Weights = None,
    threads: Threads = 1,
    workers: Annotated[int, typer.Option(min=1, help="processes that read data sets")] = 1,
) -> None:
    """Find the longest melodic stretches that songs share with training pieces.

    The test split of the clean sets is measured beside the songs, in the same way.
    """
    from anacrusis.compose.atomic import write_text
    from anacrusis.compose.decoding.compose import compose, load_model
    from anacrusis.compose.decoding.sampler import Sampling
    from anacrusis.compose.quotes import QuoteFilter
    from anacrusis.datasets.evaluation import originality as protocol
    from anacrusis.datasets.evaluation.melodies import MelodyIndex
    from anacrusis.datasets.prepare import used_pieces
    from anacrusis.datasets.registry import training_cards
    from anacrusis.datasets.sources import pieces_cache

    from ..console import progress
    from ..song import check_folder
    from ..usage import typed

    with typed():
        sampling = Sampling(temperature)
    _check_pictures()
    check_folder(out)
    model = load_model(weights, threads) if songs else None
    known = None if max_quote is None else QuoteFilter.load(weights)
    with progress() as advance:
        used = used_pieces(
            [card.name for card in training_cards()],
            cache or pieces_cache(),
            source=source,
            workers=workers,
            progress=advance,
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
            index, protocol.COMPOSED, composed, lambda done: advance("composing", done, songs)
        )
    write_text(out / "originality.csv", protocol.listing(rows))
    _write(out, "originality", protocol.table(rows), protocol.figure(rows))


@app.command("form")
def form(
    out: Annotated[Path, typer.Option("--out", "-o", help="folder for songs, table and figure")],
    songs: Annotated[int, typer.Option(min=1, help="songs of each style")] = 10,
    cache: Cache = None,
    weights: Weights = None,
    seed: Annotated[int, typer.Option(min=0, help="draws the pieces; that of the first song")] = 0,
    split: Annotated[
        str, typer.Option(help="held-out pieces to compare with: test, or valid to set options by")
    ] = "test",
    repeats: Annotated[
        float | None,
        typer.Option(help="weight of repeated notes and see-saws, 1 as the model says"),
    ] = None,
    variety: Annotated[
        float | None,
        typer.Option(help="weight of pitches struck often, 1 as the model says"),
    ] = None,
    phrasing: Annotated[
        float | None,
        typer.Option(help="weight of phrases without end, 1 as the model says"),
    ] = None,
    threads: Threads = 1,
) -> None:
    """Compose songs and compare their form with held-out music by people, measure by measure.

    Songs that lie in the folder already are not composed again.
    """
    from anacrusis.compose.decoding.compose import load_model
    from anacrusis.compose.decoding.sampler import Sampling
    from anacrusis.compose.model.runtime import SHIPPED
    from anacrusis.datasets.cache import named_after
    from anacrusis.datasets.evaluation.comparison import compare
    from anacrusis.datasets.evaluation.form_report import (
        compose_songs,
        outside,
        samples_of,
        songs_like,
        unlike,
        write_form_report,
    )
    from anacrusis.datasets.evaluation.windows import pieces_of
    from anacrusis.datasets.sources import file_checksum, pieces_cache

    from ..console import note, progress, say
    from ..usage import typed

    _check_split(split)
    with typed():
        stated = {"repeats": repeats, "variety": variety, "phrasing": phrasing}
        sampling = Sampling(**{name: value for name, value in stated.items() if value is not None})
    _check_pictures()
    folder = SHIPPED if weights is None else weights
    model = load_model(folder, threads)
    files = sorted(path for path in folder.iterdir() if path.suffix in (".onnx", ".safetensors"))
    digest = named_after([file_checksum(path) for path in files])[:12]
    with progress() as advance:
        pieces = pieces_of(cache or pieces_cache(), (split,), advance)[split]
        asked = songs_like(pieces, songs, seed)
        composed = compose_songs(
            asked.plans, model, digest, out / "songs", sampling, partial(advance, "composing")
        )
    samples = samples_of(asked.human, composed)
    found = compare(samples)
    for path in write_form_report(samples, found, out, digest):
        say(str(path))
    for line in outside(found):
        note(f"outside the band: {line}")
    for line in unlike(found):
        note(f"unlike: {line}")


@app.command("infilling")
def infilling(
    out: Annotated[Path, typer.Option("--out", "-o", help="folder for table and picture")],
    tasks: Annotated[int, typer.Option(min=1, help="tasks of each kind and style")] = 8,
    cache: Cache = None,
    weights: Weights = None,
    seed: Annotated[int, typer.Option(min=0, help="draws pieces and bars")] = 0,
    threads: Threads = 1,
) -> None:
    """Hide bars of held-out music, write them anew, and compare with what was hidden."""
    from anacrusis.compose.decoding.compose import load_model
    from anacrusis.datasets.evaluation import infilling as protocol
    from anacrusis.datasets.evaluation.tasks import by_model
    from anacrusis.datasets.evaluation.windows import STYLES, draw, pieces_of, windows
    from anacrusis.datasets.sources import pieces_cache

    from ..console import progress

    _check_pictures()
    model = load_model(weights, threads)
    with progress() as advance:
        pieces = pieces_of(cache or pieces_cache(), ("test", "train"), advance)
        found = [window for piece in pieces["test"] for window in windows(piece)]
        asked = [
            task
            for style in STYLES
            for task in protocol.tasks(draw(found, style, len(found), seed), tasks, seed)
        ]
        bars = protocol.BarsByChord((piece.style, piece.score) for piece in pieces["train"])
        writers = {
            "the model": by_model(model),
            "the bar before": protocol.nearest_bar,
            "training bars over the chord": bars.write,
        }
        rows = protocol.evaluate(asked, writers, progress=partial(advance, "filling"))
    _write(out, "infilling", protocol.table(rows), protocol.figure(rows))


def _check_split(split: str) -> None:
    """Refuse what is not held out."""
    from ..usage import UsageError

    if split not in ("test", "valid"):
        raise UsageError(f"--split {split!r} is unknown; allowed: test, valid")


def _check_pictures() -> None:
    """Raise `ModelError` where pictures cannot be drawn, before any work is done."""
    from ..usage import needing

    with needing("report", "the picture"):
        import matplotlib  # noqa: F401
        import PIL  # noqa: F401


def _write(out: Path, name: str, table: str, picture: bytes) -> None:
    """Print a table, and write it into a folder with its picture."""
    from anacrusis.compose.atomic import write_bytes, write_text

    from ..console import say

    out.mkdir(parents=True, exist_ok=True)
    write_text(out / f"{name}.md", f"{table}\n")
    write_bytes(out / f"{name}.png", picture)
    say(table)
    say(str(out))
