"""Composing bar by bar: what is finished can be played while the rest is being written.

stream = compose_stream(plan)
for bar in stream:
    play(bar)
score = stream.score()
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..plan import Plan
from ..score import Note, Score
from .compose import completed, load_model
from .notes import plan_task
from .sampler import Model, Sampling
from .writer import Writer


@dataclass(frozen=True, slots=True)
class FinishedBar:
    """One bar of a score being written.

    index: from 0. start, end: ticks of the score. notes: for each track those that begin in the
    bar, in order; they may last beyond it, and nothing that is written later changes them.
    """

    index: int
    start: int
    end: int
    notes: tuple[tuple[Note, ...], ...]


class Stream(Iterator[FinishedBar]):
    """The bars of a plan, each written when it is asked for."""

    def __init__(self, plan: Plan, model: Model, sampling: Sampling) -> None:
        """plan: complete. Use `compose_stream`."""
        task = plan_task(plan)
        self.plan = plan
        """The completed plan: its sections, keys, tempos and chords."""
        self.skeleton = task.skeleton
        """The score without notes."""
        rng = np.random.default_rng(plan.seed)
        self._writer = Writer(task, model, sampling, rng, final=True)
        self._given = [0] * len(self._writer.state.voices)  # notes of each voice given so far
        self._bar = 0

    def __next__(self) -> FinishedBar:
        """Write the next bar. Raises `ConstraintError` where no way through it was found."""
        if self._bar == len(self.skeleton.bars):
            raise StopIteration
        self._writer.write_bar()
        state, starts = self._writer.state, self.skeleton.bar_starts
        notes: list[tuple[Note, ...]] = [()] * len(self.skeleton.tracks)
        for rank, voice in enumerate(state.voices):
            staying = state.staying(rank, self._bar)
            found = (*voice.notes[self._given[rank] :], *staying)
            notes[state.places[rank]] = tuple(sorted(found))
            self._given[rank] = len(voice.notes) + len(staying)
        bar = FinishedBar(self._bar, starts[self._bar], starts[self._bar + 1], tuple(notes))
        self._bar += 1
        return bar

    def score(self) -> Score:
        """The bars that have been written so far; after the last one, what `compose` returns."""
        return replace(self._writer.score(), plan=self.plan)


def compose_stream(
    plan: Plan,
    *,
    model: Model | None = None,
    sampling: Sampling = Sampling(),  # noqa: B008  frozen
) -> Stream:
    """Compose a plan bar by bar: the bars together are the score that `compose` returns.

    Where rules lead to a dead end whose way out begins in an earlier bar, `compose` takes it; here
    finished bars stay as they are, and an error is raised.

    What the plan leaves open of its sections, key, tempo and chords is written first, in this call.
    The parameters are those of `compose`, and so is what is raised, here or while the bars are
    written.
    """
    model = load_model() if model is None else model
    return Stream(completed(plan, model), model, sampling)
