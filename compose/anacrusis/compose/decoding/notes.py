"""Notes for a complete plan: bar by bar, every token drawn under the constraints."""

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np

from ..constraints.bars import BarCount
from ..constraints.chords import ChordGuarantee
from ..constraints.meter import BarGrid
from ..constraints.openings import Openings
from ..constraints.polyphony import Polyphony
from ..constraints.quotes import Quotes
from ..constraints.range import Range
from ..constraints.rests import Rests
from ..constraints.silence import NoSilence
from ..constraints.state import Constraint, Mask, State
from ..errors import PlanError
from ..plan import Plan
from ..quotes import Ceiling
from ..score import Score
from ..tokens.vocabulary import vocabulary
from .document import Document
from .sampler import Model, Sampling, sample

Progress = Callable[[int, int], None]
"""Called with (bars written, bars in all)."""


def constraints_for(
    skeleton: Score, closing: Collection[int] = (), ceiling: Ceiling | None = None
) -> tuple[Constraint, ...]:
    """All constraints that a plan's score is written under.

    closing: bars that end the piece: the last one, and the one that it repeats, if it does.
    ceiling: how long quotes of training pieces may be; None: as long as they come.
    """
    chords = ChordGuarantee(skeleton, closing)
    quotes = None if ceiling is None else Quotes(chords, *ceiling)
    return (
        BarCount(skeleton),
        BarGrid(skeleton),
        NoSilence(skeleton),
        Openings((Range(), Polyphony(), chords), chords, Rests(skeleton), quotes),
    )


def allowed(state: State, constraints: tuple[Constraint, ...]) -> Mask:
    """The grammar's mask and all constraints' masks, combined by AND."""
    mask = state.grammar.allowed()
    for constraint in constraints:
        more = constraint.mask(state)
        if more is not None:
            mask &= more
    return mask


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
    if not plan.is_complete:
        raise PlanError("the plan leaves its key, tempo or chords open; complete it first")
    skeleton = plan.skeleton()
    state = State(skeleton, plan.tracks)
    copied = _reprised_bars(plan, skeleton)
    last = len(skeleton.bars) - 1
    constraints = constraints_for(skeleton, {last, copied.get(last, last)}, ceiling)
    document = Document(model, skeleton, plan.tracks, plan.style)
    written: list[list[int]] = []

    def step(token: int) -> None:
        state.step(token)
        for constraint in constraints:
            constraint.step(state, token)

    for token in document.open():
        step(token)
    closing = [vocabulary().id("Bar"), vocabulary().id("EOS")]
    for bar in range(len(skeleton.bars)):
        for token in document.open_bar(bar):
            step(token)
        written.append([])
        if bar in copied:
            ticks = []
            for token in written[copied[bar]]:
                step(token)
                ticks.append(state.tick)
            document.add(written[copied[bar]], ticks)
            written[bar] = written[copied[bar]]
        else:
            while True:
                token = sample(document.logits, allowed(state, constraints), sampling, rng)
                if token in closing:
                    break
                step(token)
                document.add([token], [state.tick])
                written[bar].append(token)
        for constraint in constraints:
            if isinstance(constraint, Openings):
                constraint.check()
        if progress is not None:
            progress(bar + 1, len(skeleton.bars))
    return _finish(plan, skeleton, state)


def _reprised_bars(plan: Plan, skeleton: Score) -> dict[int, int]:
    """Bar -> the earlier bar whose music it repeats."""
    copied: dict[int, int] = {}
    first: dict[str, int] = {}
    for planned, placed in zip(plan.sections, skeleton.sections, strict=True):
        if planned.reprise is not None:
            for offset in range(placed.bars):
                source = first[planned.reprise] + offset
                copied[placed.bar + offset] = copied.get(source, source)
        first.setdefault(planned.name, placed.bar)
    return copied


def _finish(plan: Plan, skeleton: Score, state: State) -> Score:
    """The skeleton with the written notes."""
    notes = {state.places[rank]: voice.notes for rank, voice in enumerate(state.voices)}
    tracks = tuple(
        replace(track, notes=tuple(sorted(notes[index])))
        for index, track in enumerate(skeleton.tracks)
    )
    return replace(skeleton, tracks=tracks, plan=plan)
