"""`anacrusis render`: a score or MIDI file becomes sound."""

from pathlib import Path
from typing import Annotated

import typer


def render(
    file: Annotated[Path, typer.Argument(help="score: .json, .mid or .musicxml")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="folder for the files; default: sound, sound-2, ..."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="name of the files; default: the score's")
    ] = None,
    engine: Annotated[str, typer.Option(help="what plays: soundfont")] = "soundfont",
    font: Annotated[str | None, typer.Option(help="SoundFont file; default: look for one")] = None,
    sample_rate: Annotated[int, typer.Option(help="44100 or 48000 Hz")] = 48000,
    lufs: Annotated[float, typer.Option(help="integrated loudness")] = -14.0,
    formats: Annotated[str, typer.Option("--format", help="wav, flac, ogg; several: a,b")] = "wav",
    bit_depth: Annotated[int, typer.Option(help="16 or 24")] = 24,
    stems: Annotated[bool, typer.Option(help="one file per track beside the mix")] = True,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="threads that play tracks")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="overwrite files")] = False,
) -> None:
    """Render a score to a mastered mix and one stem per track."""
    from anacrusis.compose.files.read_write import read_score
    from anacrusis.render.render import RenderSettings

    from ..console import note, progress
    from ..report import report_render
    from ..song import check_folder, check_name, render_song, song_folder, worker_count
    from ..usage import typed

    with typed():
        settings = RenderSettings(
            engine=engine,
            font=font,
            sample_rate=sample_rate,
            lufs=lufs,
            formats=tuple(part.strip() for part in formats.split(",") if part.strip()),
            bit_depth=bit_depth,
            stems=stems,
            workers=workers or worker_count(),
        )
        stem = check_name(file.stem if name is None else name)
    score, losses = read_score(file)
    if losses:
        note(f"{file}: {losses}")
    folder = song_folder(out, "sound", force)
    check_folder(folder)
    with progress() as advance:
        rendered = render_song(score, folder, stem, settings, force, advance)
    report_render(rendered)
