"""From a plan to a score: `compose`."""

import os
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ModelError
from ..plan import Plan
from ..score import Score
from ..tokens.vocabulary import vocabulary
from .chart import complete
from .notes import Progress, write_notes
from .sampler import Model, Sampling

if TYPE_CHECKING:
    from ..model.runtime import Runtime

CHART_SAMPLING = Sampling(temperature=1.0, top_p=0.9)
"""Harmony is drawn from nearer the middle of the distribution than notes are."""


def load_model(weights: str | os.PathLike[str] | None = None, threads: int = 1) -> "Runtime":
    """Load a weights folder, None for the shipped one, to run on `threads` CPU threads.

    Raises `ModelError` where it cannot be read or was trained on other tokens than these.
    """
    from ..model.runtime import Runtime

    model = Runtime.load(weights, threads)
    if model.metadata.get("vocab_hash") != vocabulary().digest:
        raise ModelError(
            f"the weights {weights or 'of the package'} were trained on other tokens than this "
            "version writes; prepare the data and train again, or use the version they came with"
        )
    return model


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
    model = load_model() if model is None else model
    # Two streams: the completed plan, composed again, gives the same notes.
    full = complete(plan, model, CHART_SAMPLING, np.random.default_rng((plan.seed, 1)))
    return write_notes(full, model, sampling, np.random.default_rng(plan.seed), progress)
