"""`anacrusis edit`: a song is changed, bar by bar and track by track."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anacrusis.compose.bounds import MAX_SEED

if TYPE_CHECKING:
    from anacrusis.compose.edit import Song
    from anacrusis.compose.edit.song import How

app = typer.Typer(
    help="Edit a song: lock, write anew, lengthen, reharmonise, arrange; undo and redo.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="song: .json, .mid or .musicxml, of whatever origin")]
Where = Annotated[
    str, typer.Argument(help="'piano: bars 5-8', 'piano, bass: chorus 2', 'bars 5-8', all")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="file to write; default: song-2.json, song-3.json, ..."),
]
Force = Annotated[bool, typer.Option("--force", help="overwrite; without --out the song itself")]
Seed = Annotated[
    int | None, typer.Option(min=0, max=MAX_SEED, help="default: another one with each edit")
]
Temperature = Annotated[float, typer.Option(help="below 1 safer, above 1 wilder")]
TopP = Annotated[float, typer.Option(help="share of probability to draw from")]
Weights = Annotated[Path | None, typer.Option(help="folder of other weights")]
Threads = Annotated[int, typer.Option(min=1, max=64, help="CPU threads of the model")]
Chords = Annotated[str | None, typer.Option(help="their chords; default: the model's")]
Keep = Annotated[str | None, typer.Option(help="tracks that stay; default: those with the melody")]


def _how(seed: int | None, temperature: float, top_p: float) -> "How":
    from anacrusis.compose.decoding.sampler import Sampling

    from ..usage import typed

    with typed():
        Sampling(temperature, top_p)
    return {"seed": seed, "temperature": temperature, "top_p": top_p}


def _names(keep: str | None) -> tuple[str, ...]:
    from anacrusis.compose.rules.words import split_names

    return () if keep is None else split_names(keep)


@app.command("lock")
def lock(file: File, where: Where = "all", out: Out = None, force: Force = False) -> None:
    """Lock bars: no edit changes what sounds in them."""
    from ..edited import Request, edit_song

    edit_song(Request(file, out, force), lambda song: song.lock(where))


@app.command("unlock")
def unlock(file: File, where: Where = "all", out: Out = None, force: Force = False) -> None:
    """Let bars be changed again."""
    from ..edited import Request, edit_song

    edit_song(Request(file, out, force), lambda song: song.unlock(where))


@app.command("regenerate")
def regenerate(
    file: File,
    where: Where,
    lock: Annotated[str | None, typer.Option(help="bars to lock first")] = None,
    takes: Annotated[
        int | None, typer.Option(min=1, max=16, help="so many alternatives, a file for each")
    ] = None,
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_p: TopP = 0.95,
    weights: Weights = None,
    threads: Threads = 1,
    out: Out = None,
    force: Force = False,
) -> None:
    """Write bars anew; what is locked among them stays."""
    from ..edited import Request, edit_song, edit_takes

    how = _how(seed, temperature, top_p)
    request = Request(file, out, force, weights, threads)

    def locked(song: "Song") -> "Song":
        return song if lock is None else song.lock(lock)

    if takes is not None:
        edit_takes(request, lambda song: locked(song).takes(where, takes, **how), takes)
        return
    edit_song(request, lambda song: locked(song).regenerate(where, **how), writes=True)


@app.command("vary")
def vary(
    file: File,
    where: Where,
    amount: Annotated[float, typer.Option(help="share of notes to change, to a tenth")] = 0.3,
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_p: TopP = 0.95,
    weights: Weights = None,
    threads: Threads = 1,
    out: Out = None,
    force: Force = False,
) -> None:
    """Change a share of the notes of some bars."""
    from ..edited import Request, edit_song

    how = _how(seed, temperature, top_p)
    edit_song(
        Request(file, out, force, weights, threads),
        lambda song: song.vary(where, amount, **how),
        writes=True,
    )


@app.command("extend")
def extend(
    file: File,
    bars: Annotated[int, typer.Argument(help="how many bars")],
    section: Annotated[str | None, typer.Option(help="at whose end; default: the piece")] = None,
    chords: Chords = None,
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_p: TopP = 0.95,
    weights: Weights = None,
    threads: Threads = 1,
    out: Out = None,
    force: Force = False,
) -> None:
    """Write more bars at the end of a section, or of the piece."""
    from ..edited import Request, edit_song

    how = _how(seed, temperature, top_p)
    edit_song(
        Request(file, out, force, weights, threads),
        lambda song: song.extend(bars, section, chords=chords, **how),
        writes=True,
    )


@app.command("continue")
def continue_(
    file: File,
    bars: Annotated[int, typer.Argument(help="how many bars")] = 8,
    section: Annotated[str, typer.Option(help="name of the new section")] = "continuation",
    chords: Chords = None,
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_p: TopP = 0.95,
    weights: Weights = None,
    threads: Threads = 1,
    out: Out = None,
    force: Force = False,
) -> None:
    """Write a new section at the end of the piece."""
    from ..edited import Request, edit_song

    how = _how(seed, temperature, top_p)
    edit_song(
        Request(file, out, force, weights, threads),
        lambda song: song.continue_(bars, section, chords=chords, **how),
        writes=True,
    )


@app.command("insert")
def insert(
    file: File,
    before: Annotated[int, typer.Argument(help="number of the bar that comes after")],
    bars: Annotated[int, typer.Argument(help="how many bars")],
    section: Annotated[str | None, typer.Option(help="name, for a section of their own")] = None,
    chords: Chords = None,
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_p: TopP = 0.95,
    weights: Weights = None,
    threads: Threads = 1,
    out: Out = None,
    force: Force = False,
) -> None:
    """Write new bars before a bar."""
    from ..edited import Request, edit_song

    how = _how(seed, temperature, top_p)
    edit_song(
        Request(file, out, force, weights, threads),
        lambda song: song.insert(before, bars, chords=chords, section=section, **how),
        writes=True,
    )


@app.command("delete")
def delete(file: File, where: Where, out: Out = None, force: Force = False) -> None:
    """Take out whole bars."""
    from ..edited import Request, edit_song

    edit_song(Request(file, out, force), lambda song: song.delete(where))


@app.command("transpose", context_settings={"ignore_unknown_options": True})
def transpose(
    file: File,
    where: Where,
    semitones: Annotated[int, typer.Argument(help="up, or down where negative: 2, -12")],
    out: Out = None,
    force: Force = False,
) -> None:
    """Move notes by semitones; chords and keys go along where all pitched tracks do."""
    from ..edited import Request, edit_song

    edit_song(Request(file, out, force), lambda song: song.transpose(where, semitones))


@app.command("reharmonise")
def reharmonise(
    file: File,
    where: Where = "all",
    chords: Annotated[str | None, typer.Option(help="default: such as fit the melody")] = None,
    keep: Keep = None,
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_p: TopP = 0.95,
    weights: Weights = None,
    threads: Threads = 1,
    out: Out = None,
    force: Force = False,
) -> None:
    """Put other chords under the melody, and write the other tracks to them."""
    from ..edited import Request, edit_song

    how = _how(seed, temperature, top_p)
    edit_song(
        Request(file, out, force, weights, threads),
        lambda song: song.reharmonise(where, chords, keep=_names(keep), **how),
        writes=True,
    )


@app.command("reinstrument")
def reinstrument(
    file: File,
    track: Annotated[str, typer.Argument(help="name of the track")],
    instrument: Annotated[str, typer.Argument(help="cello, piano, ... or a program number")],
    out: Out = None,
    force: Force = False,
) -> None:
    """Give a track to another instrument; what it cannot reach is moved by octaves."""
    from ..edited import Request, edit_song

    edit_song(Request(file, out, force), lambda song: song.reinstrument(track, instrument))


@app.command("rearrange")
def rearrange(
    file: File,
    tracks: Annotated[str, typer.Argument(help="who plays: piano,bass,drums")],
    keep: Keep = None,
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_p: TopP = 0.95,
    weights: Weights = None,
    threads: Threads = 1,
    out: Out = None,
    force: Force = False,
) -> None:
    """Keep the melody, and write all other tracks anew for these players."""
    from ..edited import Request, edit_song

    how = _how(seed, temperature, top_p)
    edit_song(
        Request(file, out, force, weights, threads),
        lambda song: song.rearrange(tracks, keep=_names(keep), **how),
        writes=True,
    )


@app.command("add-track")
def add_track(
    file: File,
    track: Annotated[str, typer.Argument(help="a role or an instrument")],
    name: Annotated[str | None, typer.Option(help="default: the same word")] = None,
    where: Annotated[str | None, typer.Option(help="bars to write; default: all")] = None,
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_p: TopP = 0.95,
    weights: Weights = None,
    threads: Threads = 1,
    out: Out = None,
    force: Force = False,
) -> None:
    """Write a track that fits the others."""
    from ..edited import Request, edit_song

    how = _how(seed, temperature, top_p)
    edit_song(
        Request(file, out, force, weights, threads),
        lambda song: song.add_track(track, name, where=where, **how),
        writes=True,
    )


@app.command("humanise")
def humanise(
    file: File,
    where: Where = "all",
    timing: Annotated[float, typer.Option(help="ticks, twelfths of a quarter note")] = 0.3,
    loudness: Annotated[float, typer.Option(help="MIDI velocities")] = 5.0,
    seed: Seed = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """Move notes a little in time and loudness; the grid stays."""
    from ..edited import Request, edit_song

    edit_song(
        Request(file, out, force),
        lambda song: song.humanise(where, timing=timing, loudness=loudness, seed=seed),
    )


@app.command("join")
def join(
    file: File,
    other: Annotated[Path, typer.Argument(help="what comes after it")],
    transition: Annotated[int, typer.Option(min=0, max=64, help="bars between them")] = 2,
    chords: Chords = None,
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_p: TopP = 0.95,
    weights: Weights = None,
    threads: Threads = 1,
    out: Out = None,
    force: Force = False,
) -> None:
    """Put another piece behind this one, with a transition between them."""
    from anacrusis.compose.edit import Song

    from ..console import note
    from ..edited import Request, edit_song

    how = _how(seed, temperature, top_p)
    after = Song.open(other)
    if after.losses:
        note(f"{other}: {after.losses}")
    edit_song(
        Request(file, out, force, weights, threads),
        lambda song: song.join(after, transition, chords=chords, **how),
        writes=True,
    )


@app.command("replan")
def replan(
    file: File,
    plan: Annotated[Path, typer.Argument(help="plan file, or a .json score with its plan")],
    seed: Seed = None,
    temperature: Temperature = 1.0,
    top_p: TopP = 0.95,
    weights: Weights = None,
    threads: Threads = 1,
    out: Out = None,
    force: Force = False,
) -> None:
    """Give a song another plan; only what depends on the difference is written anew."""
    from anacrusis.compose.plan_file import read_plan

    from ..edited import Request, edit_song

    how = _how(seed, temperature, top_p)
    asked = read_plan(plan)
    edit_song(
        Request(file, out, force, weights, threads),
        lambda song: song.replan(asked, **how),
        writes=True,
    )


@app.command("undo")
def undo(file: File, out: Out = None, force: Force = False) -> None:
    """Take back the last edit."""
    from ..edited import Request, edit_song

    edit_song(Request(file, out, force), lambda song: song.undo())


@app.command("redo")
def redo(file: File, out: Out = None, force: Force = False) -> None:
    """Make the edit again that was taken back last."""
    from ..edited import Request, edit_song

    edit_song(Request(file, out, force), lambda song: song.redo())


@app.command("history")
def history(file: File) -> None:
    """List the edits of a song, and what is locked."""
    from anacrusis.compose.edit import Song

    from ..console import say

    song = Song.open(file)
    for number, edit in enumerate(song.edits):
        say(f"{number}  {edit}")
    for place in song.locked:
        say(f"locked  {place}")
    if song.undone:
        say(f"undone  {', '.join(edit.word for edit, _ in song.undone)}")
