"""`anacrusis compose`: a plan file, or a line of chords, becomes score files."""

from pathlib import Path
from typing import Annotated

import typer


def compose(
    what: Annotated[
        str | None,
        typer.Argument(help="a plan file (.yaml), or chords such as 'Am F C G'; empty: free"),
    ] = None,
    bars: Annotated[int | None, typer.Option(help="number of bars")] = None,
    tempo: Annotated[float | None, typer.Option(help="quarter notes per minute")] = None,
    meter: Annotated[str | None, typer.Option(help="4/4, 3/4, 6/8, ...")] = None,
    key: Annotated[str | None, typer.Option(help="C major, A minor, D dorian, ...")] = None,
    tracks: Annotated[
        str | None, typer.Option(help="roles or instruments: melody,piano,bass,drums")
    ] = None,
    sections: Annotated[
        str | None, typer.Option(help="name:bars, a repeated name comes back: A:8,B:8,A")
    ] = None,
    style: Annotated[
        str | None, typer.Option(help="game, song, quartet, hymn, lead sheet or drums")
    ] = None,
    swing: Annotated[float | None, typer.Option(help="0.5 straight to 0.75")] = None,
    pickup: Annotated[str | None, typer.Option(help="beats before the first bar")] = None,
    title: Annotated[str | None, typer.Option(help="title of the piece")] = None,
    seed: Annotated[int | None, typer.Option(help="same plan and seed: same notes")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="folder for the files")] = Path("song"),
    name: Annotated[str, typer.Option(help="name of the files")] = "song",
    audio: Annotated[bool, typer.Option("--audio", help="render sound as well")] = False,
    font: Annotated[str | None, typer.Option(help="SoundFont file")] = None,
    temperature: Annotated[float, typer.Option(help="below 1 safer, above 1 wilder")] = 1.0,
    top_p: Annotated[float, typer.Option(help="share of probability to draw from")] = 0.95,
    weights: Annotated[Path | None, typer.Option(help="folder of other weights")] = None,
    threads: Annotated[int, typer.Option(help="CPU threads of the model")] = 1,
    force: Annotated[bool, typer.Option("--force", help="overwrite files")] = False,
) -> None:
    """Compose a score from a plan and write it as MIDI, MusicXML and JSON."""
    from dataclasses import replace

    from anacrusis.compose.decoding.sampler import Sampling
    from anacrusis.compose.errors import PlanError
    from anacrusis.compose.plan_file import read_plan
    from anacrusis.compose.plan_line import plan_from_line

    from ..console import progress
    from ..report import report_song
    from ..song import check_folder, check_targets, compose_song, score_files, write_scores

    line = {
        "bars": bars, "tempo": tempo, "meter": meter, "key": key, "tracks": tracks,
        "sections": sections, "style": style, "swing": swing, "pickup": pickup,
    }  # fmt: skip
    given = {option: value for option, value in line.items() if value is not None}
    if what is not None and (what.endswith((".yaml", ".yml")) or Path(what).is_file()):
        if given:
            raise PlanError(
                f"--{next(iter(given))} belongs to the one-line form; write it into {what}"
            )
        plan = read_plan(what)
        plan = replace(plan, title=title) if title is not None else plan
        plan = plan.with_seed(seed) if seed is not None else plan
    else:
        if title is not None:
            given["title"] = title
        if seed is not None:
            given["seed"] = seed
        plan = plan_from_line(what, **given)  # type: ignore[arg-type]
    files = score_files(out, name)
    check_folder(out)
    check_targets([*files, *([out / f"{name}.wav"] if audio else [])], force)
    rendered = None
    with progress() as advance:
        composed = compose_song(
            plan, Sampling(temperature, top_p), weights, threads, advance
        )
        write_scores(composed.score, files)
        if audio:
            from anacrusis.render.render import RenderSettings

            from ..song import render_song, worker_count

            settings = RenderSettings(font=font, workers=worker_count())
            rendered = render_song(composed.score, out, name, settings, force, advance)
    report_song(composed, files, rendered)
