"""A song that is edited on the command line: opened, changed, checked, written."""

import re
from collections.abc import Callable
from itertools import count as count_from
from itertools import islice
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
        return self.targets(1)[0]

    def targets(self, count: int) -> list[Path]:
        """The files of so many takes: with ``--out x.json`` ``x-1.json``, ``x-2.json`` and so on,
        else the first of ``song-2.json``, ``song-3.json`` and so on that do not exist."""
        if self.out is not None:
            names = (self.out.with_stem(f"{self.out.stem}-{n + 1}") for n in range(count))
            return list(names)
        own = self.file.with_suffix(".json")
        base = re.sub(r"-\d+$", "", own.stem)  # after song-2 comes song-3
        free = (own.with_stem(f"{base}-{number}") for number in count_from(2))
        return list(islice((path for path in free if not path.exists()), count))


def edit_takes(request: Request, change: "Callable[[Song], list[Song]]", count: int) -> None:
    """Edit a song in several ways, in order, and write each; see `edit_song`."""
    from anacrusis.compose.atomic import check_overwrite

    targets = request.targets(count)
    for target in targets:
        check_overwrite(target, request.force, OTHER_FILE)
    song = _opened(request, writes=True)
    for target, edited in zip(targets, change(song), strict=False):
        _finish(song, edited, target, request.force, writes=True)


def edit_song(request: Request, change: "Callable[[Song], Song]", writes: bool = False) -> None:
    """Edit a song, say what differs, and write it.

    writes: whether the edit writes notes, which are then checked by the independent verifier.
    Raises `AnacrusisError` where they break a rule, which the constraints exclude.
    """
    from anacrusis.compose.atomic import check_overwrite

    target = request.target
    check_overwrite(target, request.force, OTHER_FILE)
    song = _opened(request, writes)
    _finish(song, change(song), target, request.force, writes)


def _opened(request: Request, writes: bool) -> "Song":
    """The song, with a model where one is needed."""
    from anacrusis.compose.decoding.compose import load_model
    from anacrusis.compose.edit import Song

    model = load_model(request.weights, request.threads) if writes else None
    song = Song.open(request.file, model=model)
    if song.losses:
        note(f"{request.file}: {song.losses}")
    return song


def _finish(song: "Song", edited: "Song", target: Path, force: bool, writes: bool) -> None:
    """Check what was written, write the file, and say what differs."""
    from anacrusis.compose.edit.faults import faults
    from anacrusis.compose.edit.join import Join
    from anacrusis.compose.verify import verify
    from anacrusis.compose.wording import counted

    last = edited.edits[-1]
    given = last.given(song.score) if isinstance(last, Join) else song.score
    moved = None if isinstance(last, Join) else edited.now.moved
    if writes and (found := faults(given, edited.score, moved=moved)):
        raise AnacrusisError(
            "what was written does not keep the rules; this is a fault of Anacrusis, please report "
            f"it with the song and the edit\n{found[0]}"
        )
    losses = edited.save(target, force)
    if losses:
        note(f"{target.suffix} cannot hold everything: {losses}")
    say(str(song.diff(edited)))
    plan = edited.score.plan
    broken = () if plan is None else verify(edited.score, plan).violations
    if broken:
        note(f"{counted(len(broken), 'violation')} of its plan; anacrusis verify lists them")
    say(str(target))
