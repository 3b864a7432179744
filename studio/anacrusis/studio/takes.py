"""Several takes of a plan on disk: song-1, song-2 and so on, in their order."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anacrusis.compose.wording import counted

from .console import Advance, say
from .song import check_kept, score_files, write_scores

if TYPE_CHECKING:
    from anacrusis.compose.decoding.sampler import Sampling
    from anacrusis.compose.decoding.takes import Take
    from anacrusis.compose.plan import Plan


def compose_takes(
    plan: "Plan",
    count: int,
    sampling: "Sampling",
    weights: Path | None,
    threads: int,
    advance: Advance,
    max_quote: int | None = None,
) -> "list[Take]":
    """Compose a plan several times, side by side, and have the verifier check every take."""
    from anacrusis.compose.decoding.compose import load_model
    from anacrusis.compose.decoding.takes import takes
    from anacrusis.compose.quotes import QuoteFilter

    found = takes(
        plan,
        count,
        model=load_model(weights, threads),
        sampling=sampling,
        progress=partial(advance, "composing"),
        max_quote=max_quote,
        known=None if max_quote is None else QuoteFilter.load(weights),
    )
    for take in found:
        check_kept(take.score, plan)
    return found


def take_files(folder: Path, name: str, count: int) -> list[list[Path]]:
    """Paths of the score files of so many takes."""
    return [score_files(folder, f"{name}-{number}") for number in range(1, count + 1)]


def write_takes(taken: "list[Take]", files: list[list[Path]]) -> None:
    """Write the takes and say what each is and where it lies."""
    for number, (take, paths) in enumerate(zip(taken, files, strict=False), start=1):
        write_scores(take.score, paths)
        notes = sum(len(track.notes) for track in take.score.tracks)
        say(
            f"take {number}: {counted(notes, 'note')}, likelihood {take.likelihood:.2f}, "
            f"distance {take.distance:.2f} (seed {take.seed})"
        )
        for path in paths:
            say(str(path))
