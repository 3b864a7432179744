"""A song that is edited on the command line: opened, changed, checked, written."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from anacrusis.compose.errors import AnacrusisError

from .console import note, say

if TYPE_CHECKING:
    from anacrusis.compose.edit import Song

OTHER_FILE = "another file with --out"
"""What to choose where a file stands in the way."""


class Request(NamedTuple):
    """A file to edit, and where the result goes: see `target`."""

    file: Path
    out: Path | None
    force: bool
    weights: Path | None = None
    threads: int = 1

    @property
    def target(self) -> Path:
        """The file to write: the one given; else, with `force`, the song itself; else the first of
        ``song-2.json``, ``song-3.json`` and so on that does not exist."""
        if self.out is not None:
            return self.out
        own = self.file.with_suffix(".json")
        if self.force:
            return own
        base = own.stem
        names = (own.with_name(f"{base}-{number}.json") for number in count(2))
        return next(path for path in names if not path.exists())


def edit_song(request: Request, change: "Callable[[Song], Song]", writes: bool = False) -> None:
    """Edit a song, say what differs, and write it.

    writes: whether the edit writes notes, which are then checked by the independent verifier.
    Raises `AnacrusisError` where they break a rule, which the constraints exclude.
    """
    from anacrusis.compose.atomic import check_overwrite
    from anacrusis.compose.decoding.compose import load_model
    from anacrusis.compose.edit import Song
    from anacrusis.compose.edit.faults import faults

    target = request.target
    check_overwrite(target, request.force, OTHER_FILE)
    model = load_model(request.weights, request.threads) if writes else None
    song = Song.open(request.file, model=model)
    if song.losses:
        note(f"{request.file}: {song.losses}")
    edited = change(song)
    if writes and (found := faults(song.score, edited.score)):
        raise AnacrusisError(
            "what was written does not keep the rules; this is a fault of Anacrusis, please report "
            f"it with the song and the edit\n{found[0]}"
        )
    losses = edited.save(target, request.force)
    if losses:
        note(f"{target.suffix} cannot hold everything: {losses}")
    say(str(song.diff(edited)))
    say(str(target))
