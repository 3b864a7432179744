"""Notes for a complete plan: bar by bar, every token drawn under the constraints."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from ..errors import PlanError
from ..plan import Plan
from ..quotes import Ceiling
from ..score import Score
from .conflicts import check_rules_hold, refusal
from .reprises import reprised_bars
from .sampler import Model, Sampling
from .variation import variations_of
from .writer import Task, Writer

Progress = Callable[[int, int], None]
"""Called with (bars written, bars in all)."""


def write_notes(
    plan: Plan,
    model: Model,
    sampling: Sampling,
    rng: np.random.Generator,
    progress: Progress | None = None,
    ceiling: Ceiling | None = None,
) -> Score:
    """Write the notes of a plan whose chords, key and tempo are all stated.

    Raises `ConstraintError` where music that is repeated would quote more than the ceiling allows.
    """
    score = write_task(plan_task(plan), model, sampling, rng, progress, ceiling)
    return replace(score, plan=plan)


def plan_task(plan: Plan) -> Task:
    """What is to be written for a plan whose chords, key and tempo are all stated.

    Raises `ConflictError` where its rules cannot all be kept, or the writer of the task does.
    """
    if not plan.is_complete:
        raise PlanError("the plan leaves its key, tempo or chords open; complete it first")
    skeleton = plan.skeleton()
    copied = reprised_bars(plan, skeleton)
    check_rules_hold(plan, skeleton, copied)
    return Task(
        skeleton, plan.tracks, plan.style, copied=copied, rules=plan.rules, plan=plan,
        refusal=partial(refusal, plan, skeleton, copied),
        varied=variations_of(plan, skeleton),
        wishes=plan.wishes,
    )  # fmt: skip


def write_task(
    task: Task,
    model: Model,
    sampling: Sampling,
    rng: np.random.Generator,
    progress: Progress | None = None,
    ceiling: Ceiling | None = None,
) -> Score:
    """The skeleton with its blanks written; what is given stays as it is."""
    writer = Writer(task, model, sampling, rng, ceiling)
    for bar in range(len(task.skeleton.bars)):
        writer.write_bar()
        if progress is not None:
            progress(bar + 1, len(task.skeleton.bars))
    return writer.score()
