"""`anacrusis train`: train on shards or on a folder of files, and export weights for composing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from anacrusis.compose.model.config import TrainConfig
    from anacrusis.datasets.own_files import OwnPrepared

_SHOWN = 20
"""Files that are left out, named on the screen; a table lists all."""


def train(
    out: Annotated[Path, typer.Option("--out", "-o", help="checkpoints, logs, weights")],
    shards: Annotated[
        Path | None, typer.Option(help="folder that `anacrusis data prepare` wrote")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="or a folder of your own MIDI, MusicXML and ABC files")
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            help="weights to start from: a weights folder, `default` for the package's (also what "
            "--data starts from), or `none`"
        ),
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(
            help="what --data is; default: game for MIDI, song for MusicXML, lead sheet for ABC"
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="JSON file with training settings")] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="optimiser steps of the schedule")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="or wall-clock minutes; 15 with --init")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="continue the run in --out")] = False,
) -> None:
    """Train, fine-tune or continue a run, and leave a weights folder in OUT/weights.

    Interrupt it at any time: it saves, and --resume goes on with the same losses.
    """
    from ..usage import UsageError, needing

    if init is not None and not init.strip():
        raise UsageError("--init is empty; give a weights folder, default or none")
    if (shards is None) == (data is None) and not (resume and shards is None):
        raise UsageError(
            "give one of --shards (what `anacrusis data prepare` wrote) and --data (a folder of "
            "MIDI, MusicXML and ABC files)"
        )
    if style is not None and data is None:
        raise UsageError("--style says what --data is; with --shards leave it out")
    with needing("train", "training"):
        from anacrusis.compose.model.config import ModelConfig, read_json
        from anacrusis.compose.model.export import check_positions, export_checkpoint
        from anacrusis.compose.model.run_config import load_config
        from anacrusis.compose.model.train import train as run
    from ..console import note, say

    if resume and shards is None and data is None:
        shards = Path(read_json(out / "config.json").get("shards", out / "shards"))

    if data is not None and init is None and not resume:
        init = (read_json(config).get("init") if config is not None else None) or "default"
    settings = load_config(
        shards or out / "shards", out, config, resume=resume,
        init="" if init == "none" else init, steps=steps, minutes=minutes, threads=threads,
    )  # fmt: skip
    shape = ModelConfig.from_mapping({**settings.model, "vocab_size": 1}, "model")
    check_positions(shape)
    if data is not None:
        _prepare(data, style, settings, shape.context, resume)
    result = run(settings, resume)
    progress = result.progress
    say(
        f"{'finished' if result.finished else 'stopped'} at step {progress.step} of "
        f"{progress.steps}; best validation loss {progress.best_loss:.4f}"
    )
    if progress.start_loss < float("inf"):
        say(
            f"validation loss {progress.start_loss:.4f} before, {progress.best_loss:.4f} at step "
            f"{progress.best_step}: these are the weights that are exported"
        )
        if progress.best_step == 0:
            note("no step lowered the validation loss: the weights are those it started from")
    if not result.finished:
        note("continue with --resume")
        if progress.step == 0:
            raise typer.Exit(130)
    from anacrusis.datasets.model_card import write_papers

    export_checkpoint(result.checkpoint, out / "weights")
    write_papers(out / "weights", out, Path(settings.shards))
    say(str(out / "weights"))
    note(f"compose with it: anacrusis compose --weights {out / 'weights'}")
    if not result.finished:
        raise typer.Exit(130)


def _prepare(
    data: Path, style: str | None, settings: "TrainConfig", context: int, resume: bool
) -> None:
    """Make OUT/shards of a folder of files, and say what became of them.

    context: that of the model, where it starts from no weights.
    """
    import os

    from anacrusis.compose.model.start import read_start, with_fields
    from anacrusis.compose.model.train import check_new
    from anacrusis.datasets.own_files import STYLES, prepare_own

    from ..console import note, progress
    from ..usage import UsageError

    if style is not None and style not in STYLES:
        raise UsageError(f"--style {style!r} is unknown; allowed: {', '.join(STYLES)}")
    if resume:
        return  # a run goes on with the data it began with
    out = Path(settings.out)
    check_new(out)
    if settings.init:
        context = with_fields(read_start(settings.init).config, settings.model).context
    with progress() as advance:
        prepared = prepare_own(
            data,
            out,
            style=style,
            context=context,
            workers=settings.threads or os.cpu_count() or 1,
            progress=advance,
        )
    for line in _report(prepared, out):
        note(line)


def _report(prepared: "OwnPrepared", out: Path) -> list[str]:
    from anacrusis.compose.wording import counted
    from anacrusis.datasets.own_files import LEFT_OUT

    left_out = prepared.left_out()
    lines = [*left_out[:_SHOWN]]
    if len(left_out) > _SHOWN:
        lines.append(f"and {len(left_out) - _SHOWN} more")
    if left_out:
        lines.append(f"{len(left_out)} left out, files or parts of files: {out / LEFT_OUT}")
    if prepared.others:
        lines.append(f"{counted(prepared.others, 'file')} of other kinds not read")
    (train, train_examples), (valid, valid_examples) = map(prepared.counts, ("train", "valid"))
    lines.append(
        f"{counted(prepared.files, 'file')}: {counted(train, 'piece')} to learn from "
        f"({counted(train_examples, 'example')}), {valid} held out "
        f"({counted(valid_examples, 'example')})"
    )
    if prepared.by_bars:
        lines.append(
            "fewer than 10 different pieces: the last bars of each (a tenth, at least 4) are held "
            "out; the validation loss says little of other pieces"
        )
    return lines
