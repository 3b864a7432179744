"""`anacrusis compose`: a plan file, or a line of chords, becomes score files."""

import os
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from anacrusis.compose.bounds import MAX_SEED

if TYPE_CHECKING:
    from anacrusis.compose.plan import Plan
    from anacrusis.render.render import RenderSettings

_SUFFIXES = (".yaml", ".yml", ".json", ".mid", ".midi", ".musicxml", ".mxl")
"""Of files; chords end in none of them."""


def compose(
    what: Annotated[
        str | None,
        typer.Argument(
            help="a plan file (.yaml, or a composed .json), or chords such as 'Am F C G'; empty: "
            "free"
        ),
    ] = None,
    bars: Annotated[int | None, typer.Option(help="number of bars")] = None,
    tempo: Annotated[float | None, typer.Option(help="quarter notes per minute")] = None,
    length: Annotated[
        str | None, typer.Option(help="how long it lasts, to the millisecond: 30 s, 1:05.5")
    ] = None,
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
    rule: Annotated[
        list[str] | None,
        typer.Option(help="what the notes must keep: 'melody: leap 7'; may be given several times"),
    ] = None,
    prefer: Annotated[
        list[str] | None, typer.Option(help="what they should keep: 'melody: leap 5 weight 3'")
    ] = None,
    pickup: Annotated[str | None, typer.Option(help="beats before the first bar")] = None,
    title: Annotated[str | None, typer.Option(help="title of the piece")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=MAX_SEED, help="same plan and seed: same notes")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="folder for the files; default: song, song-2, ..."),
    ] = None,
    name: Annotated[str, typer.Option(help="name of the files")] = "song",
    audio: Annotated[bool, typer.Option("--audio", help="render sound as well")] = False,
    font: Annotated[str | None, typer.Option(help="SoundFont file for --audio")] = None,
    temperature: Annotated[float, typer.Option(help="below 1 safer, above 1 wilder")] = 1.0,
    top_p: Annotated[float, typer.Option(help="share of probability to draw from")] = 0.95,
    max_quote: Annotated[
        int | None,
        typer.Option(min=8, help="most notes in a row that a melody may share with training music"),
    ] = None,
    takes: Annotated[
        int | None,
        typer.Option(min=1, max=16, help="several songs of the plan, the best first: song-1, ..."),
    ] = None,
    deadline: Annotated[
        float | None,
        typer.Option(min=0, help="seconds to compose in, if need be with less of the model"),
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of other weights")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="CPU threads of the model")] = 1,
    force: Annotated[bool, typer.Option("--force", help="overwrite files")] = False,
) -> None:
    """Compose a score from a plan and write it as MIDI, MusicXML and JSON."""
    from anacrusis.compose.atomic import check_overwrite
    from anacrusis.compose.decoding.sampler import Sampling

    from ..console import progress
    from ..report import report_render, report_song
    from ..song import (
        OTHER_FOLDER,
        check_folder,
        compose_song,
        score_files,
        song_folder,
        write_scores,
    )
    from ..takes import compose_takes, take_files, write_takes
    from ..usage import UsageError, typed

    if font is not None and not audio:
        raise UsageError("--font has no effect without --audio; add --audio to render sound")
    _check_together(takes, deadline, max_quote, audio)
    line = {
        "bars": bars, "tempo": tempo, "length": length, "meter": meter, "key": key,
        "tracks": tracks, "sections": sections, "style": style, "swing": swing, "pickup": pickup,
    }  # fmt: skip
    given = {name: value for name, value in line.items() if value is not None}
    plan = _plan(what, given, rule or [], prefer or [])
    with typed():
        if title is not None:
            plan = replace(plan, title=title)
        if seed is not None:
            plan = plan.with_seed(seed)
        sampling = Sampling(temperature, top_p)
        folder = song_folder(out, "song", force)
        files = score_files(folder, name)
        several = take_files(folder, name, takes or 0)
    sound = (folder / f"{name}.wav", folder / "stems") if audio else ()
    for path in (*chain.from_iterable(several or [files]), *sound):
        check_overwrite(path, force, OTHER_FOLDER)
    settings = _render_settings(font) if audio else None
    check_folder(folder)
    if takes is not None:
        with progress() as advance:
            taken = compose_takes(plan, takes, sampling, weights, threads, advance, max_quote)
        write_takes(taken, several)
        return
    with progress() as advance:
        composed = compose_song(plan, sampling, weights, threads, advance, max_quote, deadline)
        write_scores(composed.score, files)
    report_song(composed, files)
    if settings is not None:
        from ..song import render_song

        with progress() as advance:
            rendered = render_song(composed.score, folder, name, settings, force, advance)
        report_render(rendered)


def _check_together(
    takes: int | None, deadline: float | None, max_quote: int | None, audio: bool
) -> None:
    """Refuse options that exclude each other."""
    from ..usage import UsageError

    if takes is not None and deadline is not None:
        raise UsageError("--takes and --deadline exclude each other; leave one of them out")
    if deadline is not None and max_quote is not None:
        raise UsageError(
            "a deadline leaves no time to give up songs for --max-quote; leave one of them out"
        )
    if takes is not None and audio:
        raise UsageError("--takes writes no sound; choose a take, then `anacrusis render` it")


def _plan(what: str | None, line: "dict[str, Any]", rules: list[str], wishes: list[str]) -> "Plan":
    """The plan in a file, or the one that the line of chords and options stands for.

    Rules and wishes are added to those of a file.
    """
    from anacrusis.compose.errors import PlanError
    from anacrusis.compose.plan_file import read_plan
    from anacrusis.compose.plan_line import plan_from_line
    from anacrusis.compose.rules.text import read_rules, read_wishes

    from ..usage import UsageError, typed

    if what is not None and os.sep in what and os.path.isdir(what):
        raise PlanError(f"{what} is a folder; give a plan file in it, or chords such as 'Am F C G'")
    if what is None or not (what.lower().endswith(_SUFFIXES) or os.path.isfile(what)):
        with typed():
            return plan_from_line(what, rules=rules, prefer=wishes, **line)
    if line:
        raise UsageError(f"--{next(iter(line))} belongs to the one-line form; write it into {what}")
    plan = read_plan(what)
    with typed():
        return replace(
            plan,
            rules=(*plan.rules, *read_rules(rules)),
            wishes=(*plan.wishes, *read_wishes(wishes)),
        )


def _render_settings(font: str | None) -> "RenderSettings":
    """How to render; a font that was named is looked at now, before any work."""
    from anacrusis.render.fonts import find_font
    from anacrusis.render.render import RenderSettings

    from ..song import worker_count

    if font is not None:
        find_font(font)
    return RenderSettings(font=font, workers=worker_count())
