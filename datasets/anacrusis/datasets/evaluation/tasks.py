"""Tasks of an evaluation: music with blanks, writers that fill them, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from anacrusis.compose.decoding.fill import fill
from anacrusis.compose.decoding.sampler import Sampling
from anacrusis.compose.decoding.writer import emptied
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.score import Score

from .pictures import grouped_bars


class Task(NamedTuple):
    """A stretch of held-out music, of which some bars of some tracks are hidden."""

    name: str
    style: str
    kind: str
    score: Score
    blanks: Mapping[int, range]


Writer = Callable[[Task, int], Score]
"""From a task and a seed to the score with its blanks written."""

M = TypeVar("M", bound=tuple[float, ...])


class Row(NamedTuple, Generic[M]):
    """A writer's means in one kind of task."""

    kind: str
    writer: str
    tasks: int
    means: M


def by_model(model: Runtime, sampling: Sampling = Sampling()) -> Writer:  # noqa: B008  frozen
    """The writer that fills blanks with a model, never having seen what was there."""

    def write(task: Task, seed: int) -> Score:
        hidden = emptied(task.score, task.blanks)
        return fill(hidden, task.blanks, task.style, seed=seed, model=model, sampling=sampling)

    return write


def means(
    results: Mapping[tuple[str, str], Sequence[M]], measures: Callable[..., M]
) -> list[Row[M]]:
    """A row for each kind of task and writer. measures: makes one of numbers."""
    return [
        Row(kind, writer, len(found), measures(*np.mean(found, axis=0).tolist()))
        for (kind, writer), found in results.items()
    ]


def figure(
    rows: Sequence[Row[M]], titles: Sequence[str], marks: Mapping[str, float] | None = None
) -> bytes:
    """A panel for each measure, PNG. marks: for some titles a value to draw as a dashed line."""
    panels: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        for title, value in zip(titles, row.means, strict=True):
            panels.setdefault(title, {}).setdefault(row.kind, {})[row.writer] = value
    return grouped_bars(panels, marks)
