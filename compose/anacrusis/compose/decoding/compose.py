"""From a plan to a score: `compose`."""

import numpy as np

from ..plan import Plan
from ..score import Score
from .chart import complete
from .notes import Progress, write_notes
from .sampler import Model, Sampling

CHART_SAMPLING = Sampling(temperature=0.9, top_p=0.8)
"""Harmony is drawn from nearer the middle of the distribution than notes are."""


def compose(
    plan: Plan,
    *,
    model: Model | None = None,
    sampling: Sampling = Sampling(),  # noqa: B008  frozen
    progress: Progress | None = None,
) -> Score:
    """Compose a plan into a score that carries the completed plan.

    model: a loaded `Runtime`; None loads the shipped weights. The same plan (which holds the seed),
    sampling and weights give the same notes. What the plan states is guaranteed: bars, meters,
    tempos, keys, sections, chords, ranges, polyphony. Raises `PlanError` for impossible plans.
    """
    if model is None:
        from ..model.runtime import Runtime

        model = Runtime.load()
    rng = np.random.default_rng(plan.seed)
    full = complete(plan, model, CHART_SAMPLING, rng)
    return write_notes(full, model, sampling, rng, progress)
