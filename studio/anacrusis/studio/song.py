"""A song on disk: score files, sound files, and the check that the plan was kept."""

import contextlib
import os
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from anacrusis.compose.errors import AnacrusisError, FileFormatError

from .console import Advance, note

if TYPE_CHECKING:
    from anacrusis.compose.decoding.deadline import InTime
    from anacrusis.compose.decoding.sampler import Sampling
    from anacrusis.compose.plan import Plan
    from anacrusis.compose.score import Score
    from anacrusis.render.render import RenderResult, RenderSettings

SCORE_SUFFIXES = (".mid", ".musicxml", ".json")
OTHER_FOLDER = "another folder with --out"
"""What to choose where a file stands in the way."""
MAX_NAME = 100
"""Most bytes in the name of a song's files."""


@dataclass(frozen=True)
class Composed:
    """A composed score and how many seconds it took; with a deadline, how it came in time."""

    score: "Score"
    seconds: float
    in_time: "InTime | None" = None

    @property
    def notes(self) -> int:
        """Notes in all tracks."""
        return sum(len(track.notes) for track in self.score.tracks)


def compose_song(
    plan: "Plan",
    sampling: "Sampling",
    weights: Path | None,
    threads: int,
    advance: Advance,
    max_quote: int | None = None,
    deadline: float | None = None,
) -> Composed:
    """Compose a plan and have the independent verifier check the result.

    max_quote: as for `compose`, by the melodies that the weights were trained on. deadline: seconds
    for composing, with loading the weights. Raises `ModelError` for weights that cannot be used,
    and as `check_kept` does.
    """
    from anacrusis.compose.decoding.compose import compose, load_model
    from anacrusis.compose.decoding.deadline import compose_by
    from anacrusis.compose.quotes import QuoteFilter

    begin, in_time = time.perf_counter(), None
    model = load_model(weights, threads)
    told = partial(advance, "composing")
    if deadline is not None:
        left = max(deadline - (time.perf_counter() - begin), 0.0)
        in_time = compose_by(plan, left, model=model, sampling=sampling, progress=told)
        score = in_time.score
    else:
        score = compose(
            plan,
            model=model,
            sampling=sampling,
            progress=told,
            max_quote=max_quote,
            known=None if max_quote is None else QuoteFilter.load(weights),
        )
    seconds = time.perf_counter() - begin
    check_kept(score, plan)
    return Composed(score, seconds, in_time)


def check_kept(score: "Score", plan: "Plan") -> None:
    """Raise `AnacrusisError` where the verifier finds a violation, which the constraints exclude,
    of the plan as it was given or as the model completed it."""
    from anacrusis.compose.verify import report_text, verify

    for asked in (plan, score.plan):
        report = verify(score, asked)
        if not report.ok:
            raise AnacrusisError(
                "the score does not keep its plan; this is a fault of Anacrusis, please report it "
                f"with the plan and seed\n{report_text(report, limit=5)}"
            )


def song_folder(given: Path | None, usual: str, force: bool) -> Path:
    """The folder for a song's files: the one given, else the first that holds nothing yet.

    These are `usual`, then `usual`-2, `usual`-3 and so on; with `force` it is always `usual`.
    """
    if given is not None or force:
        return given or Path(usual)
    names = (usual if number == 1 else f"{usual}-{number}" for number in count(1))
    return next(Path(name) for name in names if _is_free(Path(name)))


def _is_free(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError:  # a file of this name, or a folder that may not be read, is in the way
        return not os.path.lexists(folder)


def check_folder(folder: Path) -> None:
    """Raise `FileFormatError` before any work where a folder cannot be written to.

    Folders that it makes to find this out are removed again: nothing is left where work fails.
    """
    made: list[Path] = []
    try:
        made += [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FileFormatError(
            f"cannot write to {folder}: {error.strerror or error}; choose another with --out"
        ) from error
    finally:
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()


def check_name(name: str) -> str:
    """The name of a song's files as given; `FileFormatError` for one that names no file."""
    length = len(os.fsencode(name))
    if name in ("", ".", "..") or length > MAX_NAME or any(c in name for c in "/\\\0"):
        raise FileFormatError(
            f"--name {name[:40]!r} cannot name files; allowed: 1 to {MAX_NAME} bytes without "
            "/ and \\ (the folder is said with --out)"
        )
    return name


def score_files(folder: Path, name: str) -> list[Path]:
    """Paths of a song's score files."""
    return [folder / f"{check_name(name)}{suffix}" for suffix in SCORE_SUFFIXES]


def write_scores(score: "Score", files: list[Path]) -> None:
    """Write a score in several formats, all or none."""
    from anacrusis.compose.atomic import write_all
    from anacrusis.compose.files.read_write import write_score

    def writer(path: Path) -> None:
        losses = write_score(score, path, force=True)
        if losses:
            note(f"{path.suffix} cannot hold everything: {losses}")

    write_all({path: writer for path in files})


def render_song(
    score: "Score",
    folder: Path,
    name: str,
    settings: "RenderSettings",
    force: bool,
    advance: Advance,
) -> "RenderResult":
    """Render a score; where no SoundFont is at hand, the free one is fetched once and kept."""
    from anacrusis.render.fontfetch import find_or_fetch_font
    from anacrusis.render.render import render

    if settings.engine == "soundfont":
        find_or_fetch_font(settings.font, note)
    return render(score, folder, settings, name=name, force=force, progress=advance)


def worker_count() -> int:
    """Threads for work that gains from them: those this process may use, at most four."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2, 4)
