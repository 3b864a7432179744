"""From a plan to a score: `compose`."""

import os
from typing import TYPE_CHECKING

import numpy as np

from ..bounds import is_whole
from ..errors import ConstraintError, ModelError, PlanError
from ..plan import Plan
from ..quotes import PAIRS, Ceiling, QuoteFilter
from ..score import Score
from ..tokens.vocabulary import vocabulary
from .chart import complete
from .choosing import others
from .conflicts import lines_refuse
from .notes import Progress, write_notes
from .sampler import Model, Sampling

if TYPE_CHECKING:
    from ..model.runtime import Runtime

CHART_SAMPLING = Sampling(temperature=1.0, top_p=0.9)
"""Harmony is drawn from nearer the middle of the distribution than notes are."""


ATTEMPTS = 16
"""Songs that are drawn before composing without long quotes is given up. One is given up where a
section that comes back makes a quote with the bars around it, which no look-ahead prevents."""


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


def completed(plan: Plan, model: Model) -> Plan:
    """The plan with sections, key, tempo and chords all stated: what it leaves open is written.

    It draws from another stream than the notes do, so the completed plan gives the same notes.
    Where look-ahead sees that the rules cannot be kept with the chords that were chosen, others
    are tried.
    """
    full = complete(plan, model, CHART_SAMPLING, np.random.default_rng((plan.seed, 1)))
    about_notes = any(rule.of_tracks for rule in plan.rules)
    if plan.is_complete or not about_notes or not lines_refuse(full):
        return full
    for number, other in enumerate(others(plan), 1):  # (seed, 1, 0) draws what (seed, 1) did
        rng = np.random.default_rng((plan.seed, 1, number))
        try:
            found = complete(other, model, CHART_SAMPLING, rng)
        except PlanError:
            continue  # no cadence that is asked for, with these
        if not lines_refuse(found):
            return found
    return full


def compose(
    plan: Plan,
    *,
    model: Model | None = None,
    sampling: Sampling = Sampling(),  # noqa: B008  frozen
    progress: Progress | None = None,
    max_quote: int | None = None,
    known: QuoteFilter | None = None,
    deadline: float | None = None,
) -> Score:
    """Compose a plan into a score that carries the completed plan.

    model: a loaded `Runtime`; None loads the shipped weights. The same plan (which holds the seed),
    sampling and weights give the same notes. What the plan states is guaranteed: bars, meters,
    tempos, keys, sections, chords, ranges, polyphony. Raises `PlanError` for impossible plans.

    max_quote: at least 8; no pitched track's melody then shares more notes in a row with a training
    piece, in any key, where they have four different pitches or more. known: the melodies that
    count; None: those that the shipped weights were trained on. Raises `ConstraintError` where
    `ATTEMPTS` songs, each drawn anew, were given up.

    deadline: seconds, from this call on, in which the score is to be there, if need be with less of
    it by the model; `compose_by` says how much. It cannot be combined with `max_quote`.
    """
    if deadline is not None:
        from .deadline import compose_by

        if max_quote is not None:
            raise ConstraintError(
                "a deadline leaves no time to give up songs for max_quote; leave one of them out"
            )
        return compose_by(plan, deadline, model=model, sampling=sampling, progress=progress).score
    ceiling = None
    if max_quote is not None:
        if not is_whole(max_quote, PAIRS):
            raise ConstraintError(
                f"max_quote is {max_quote!r}; allowed: whole numbers from {PAIRS}"
            )
        ceiling = Ceiling(QuoteFilter.load() if known is None else known, max_quote)
    model = load_model() if model is None else model
    full = completed(plan, model)
    if ceiling is None:
        return write_notes(full, model, sampling, np.random.default_rng(plan.seed), progress)
    reason: ConstraintError | None = None
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng((plan.seed, 2, attempt) if attempt else plan.seed)
        try:
            return write_notes(full, model, sampling, rng, progress, ceiling)
        except ConstraintError as error:
            reason = error
    raise ConstraintError(
        f"{ATTEMPTS} songs were given up for the sake of max_quote {max_quote} ({reason}); choose "
        "another seed, or allow longer quotes"
    ) from reason
