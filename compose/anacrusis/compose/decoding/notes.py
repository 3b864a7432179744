"""Notes for a complete plan: bar by bar, every token drawn under the constraints."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..constraints.bars import BarCount
from ..constraints.chords import ChordGuarantee
from ..constraints.meter import BarGrid
from ..constraints.openings import Openings
from ..constraints.pitchset import Mask
from ..constraints.polyphony import Polyphony
from ..constraints.quotes import Quotes
from ..constraints.range import Range
from ..constraints.rests import Rests
from ..constraints.silence import NoSilence
from ..constraints.state import Blanks, Constraint, State
from ..errors import PlanError
from ..plan import Plan, TrackPlan
from ..quotes import Ceiling
from ..score import Note, Score
from ..tokens.vocabulary import vocabulary
from .document import Document
from .sampler import Model, Sampling, sample
from .weighing import weighed

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
    task = Task(skeleton, plan.tracks, plan.style, None, _reprised_bars(plan, skeleton))
    return replace(write_task(task, model, sampling, rng, progress, ceiling), plan=plan)


class Task(NamedTuple):
    """What is to be written: a skeleton, and in which bars of which tracks.

    blanks: as in `State`. copied: bar -> the earlier bar whose music it repeats.
    """

    skeleton: Score
    tracks: tuple[TrackPlan, ...]
    style: str
    blanks: Blanks | None = None
    copied: Mapping[int, int] = {}


def write_task(
    task: Task,
    model: Model,
    sampling: Sampling,
    rng: np.random.Generator,
    progress: Progress | None = None,
    ceiling: Ceiling | None = None,
) -> Score:
    """The skeleton with its blanks written; what is given stays as it is."""
    skeleton, copied = emptied(task.skeleton, task.blanks), task.copied
    state = State(skeleton, task.tracks, task.blanks)
    last = len(skeleton.bars) - 1
    constraints = constraints_for(skeleton, {last, copied.get(last, last)}, ceiling)
    document = Document(model, skeleton, task.tracks, task.style, task.blanks)
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
                mask = allowed(state, constraints)
                logits = weighed(document.logits, mask, state, sampling)
                token = sample(logits, mask, sampling, rng)
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
    return _finish(skeleton, state)


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


def emptied(score: Score, blanks: Blanks | None) -> Score:
    """The score without the notes that begin in the blanks; None: without any."""

    def kept(place: int, note: Note) -> bool:
        return blanks is not None and score.bar_at(note.onset) not in blanks.get(place, ())

    tracks = tuple(
        replace(track, notes=tuple(note for note in track.notes if kept(place, note)))
        for place, track in enumerate(score.tracks)
    )
    return replace(score, tracks=tracks)


def _finish(skeleton: Score, state: State) -> Score:
    """The skeleton with the written notes; tracks that the document has no place for stay."""
    notes = {state.places[rank]: voice.notes for rank, voice in enumerate(state.voices)}
    tracks = tuple(
        replace(track, notes=tuple(sorted(notes.get(index, track.notes))))
        for index, track in enumerate(skeleton.tracks)
    )
    return replace(skeleton, tracks=tracks)
