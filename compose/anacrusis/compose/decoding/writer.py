"""A writer: one document written bar by bar, every token drawn under the constraints.

Look-ahead leaves no dead ends within a track. Between tracks it sees what has been written, not
what the tracks to come will need, so there a bar may come to one. The writer then goes back to the
last choices that could have been others, takes them in turn, and gives up after `PATIENCE` of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..constraints.assemble import allowed, constraints_for
from ..constraints.openings import Openings
from ..constraints.pitchset import Mask
from ..constraints.state import Blanks, State
from ..errors import ConflictError, ConstraintError
from ..plan import Plan, TrackPlan
from ..quotes import Ceiling
from ..rules.base import Rule
from ..score import Note, Score
from ..tokens.encode import velocity_token
from ..tokens.vocabulary import vocabulary
from .conflicts import way_on
from .document import Document, Mark
from .sampler import Model, Sampling, sample
from .weighing import weighed

PATIENCE = 2000
"""Choices of one bar that are taken back before it is given up."""
_STUBBORN = 12
"""Dead ends in one track of a bar before the tracks above it are looked at."""
_CHOICES = ("Pitch", "PitchDrum", "Position", "Duration", "Track", "Bar", "EOS")


class Task(NamedTuple):
    """What is to be written: a skeleton, and in which bars of which tracks.

    blanks: as in `State`. copied: bar -> the earlier bar whose music it repeats. rules: what the
    notes must keep beside the skeleton. staying: track index -> notes in blanks that stay.
    """

    skeleton: Score
    tracks: tuple[TrackPlan, ...]
    style: str
    blanks: Blanks | None = None
    copied: Mapping[int, int] = {}
    rules: Sequence[Rule] = ()
    plan: Plan | None = None
    staying: Mapping[int, Collection[Note]] = {}


class _Choice(NamedTuple):
    """A token that was drawn, with all that could have been, and the document before it."""

    token: int
    mask: Mask
    mark: Mark


class Writer:
    """Writes a task; `write_bar` once for each of its bars, then `score`."""

    def __init__(
        self,
        task: Task,
        model: Model,
        sampling: Sampling,
        rng: np.random.Generator,
        ceiling: Ceiling | None = None,
        final: bool = False,
    ) -> None:
        """final: whether a bar that is written may not be written anew."""
        self._final = final
        self._begins: list[tuple[Any, Any, Mark]] = []  # of each bar: where all stood before it
        self._task, self._sampling, self._rng = task, sampling, rng
        self._skeleton = skeleton = emptied(task.skeleton, task.blanks, task.staying)
        self.state = State(skeleton, task.tracks, task.blanks)
        last = len(skeleton.bars) - 1
        closing = {last, task.copied.get(last, last)}
        self._constraints = constraints_for(self.state, closing, ceiling, task.rules, task.copied)
        self._openings = next(c for c in self._constraints if isinstance(c, Openings))
        self._document = Document(model, skeleton, task.tracks, task.style, task.blanks)
        self._written: list[list[int]] = []
        v = vocabulary()
        self._closing = (v.id("Bar"), v.id("EOS"))
        self._step(self._document.open())
        self.taken_back = 0
        """How many choices have been taken back so far."""

    def _step(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            self.state.step(token)
            for constraint in self._constraints:
                constraint.step(self.state, token)

    def write_bar(self) -> None:
        """Write the next bar.

        At a dead end the solver is asked for a way on, if need be from an earlier bar. Raises
        `ConflictError` where there is none, and `ConstraintError` where none was found in time.
        """
        bar = len(self._written)
        try:
            self._write(bar)
        except ConstraintError as error:
            self._find_way(bar, error)
        self._openings.check()

    def _write(self, bar: int) -> None:
        self._begins.append(
            (self.state.snapshot(), self._openings.snapshot(), self._document.mark())
        )
        self._step(self._document.open_bar(bar))
        source = self._task.copied.get(bar)
        if source is None:
            self._written.append(self._draw(bar))
        else:
            self._put(self._written[source])

    def _put(self, tokens: list[int]) -> None:
        """Write the notes of a bar as they are told."""
        ticks = []
        for token in tokens:
            self._step([token])
            ticks.append(self.state.tick)
        self._document.add(tokens, ticks)
        self._written.append(tokens)

    def _find_way(self, bar: int, error: ConstraintError) -> None:
        """Write a bar as the solver does, with those before it as far back as need be."""
        plan = self._task.plan
        if plan is None:
            raise error
        starts = {s.bar for s in self._skeleton.sections if s.bar <= bar}
        firsts = [bar] if self._final else sorted({bar, max(starts, default=0), 0}, reverse=True)
        for first in firsts:
            found = way_on(plan, self._before(first), first, self._task.blanks)
            if isinstance(found, Score):
                self._follow(found, first, bar)
                return
            if isinstance(found, ConflictError) and first == 0:
                raise found from error
        raise error

    def _before(self, bar: int) -> Score:
        """The score up to a bar, and what is given from there on."""
        score, stop = self.score(), self._skeleton.bar_starts[bar]
        tracks = []
        for written, given in zip(score.tracks, self._skeleton.tracks, strict=True):
            before = (note for note in written.notes if note.onset < stop)
            after = (note for note in given.notes if note.onset >= stop)
            tracks.append(replace(written, notes=(*before, *after)))
        return replace(score, tracks=tuple(tracks))

    def _follow(self, found: Score, first: int, last: int) -> None:
        """Write bars anew as a score has them."""
        state, openings, mark = self._begins[first]
        del self._begins[first:], self._written[first:]
        self.state.restore(state)
        self._openings.restore(openings)
        self._document.rewind(mark)
        self.taken_back += 1
        for bar in range(first, last + 1):
            self._begins.append(
                (self.state.snapshot(), self._openings.snapshot(), self._document.mark())
            )
            self._step(self._document.open_bar(bar))
            source = self._task.copied.get(bar)
            tokens = self._written[source] if source is not None else self._told(found, bar)
            self._put(tokens)

    def _told(self, score: Score, bar: int) -> list[int]:
        """The tokens of a bar of a score."""
        v, state = vocabulary(), self.state
        start, stop = score.bar_starts[bar], score.bar_starts[bar + 1]
        tokens: list[int] = []
        for rank, place in enumerate(state.places):
            notes = [n for n in score.tracks[place].notes if start <= n.onset < stop]
            if not notes or state.is_given(rank, bar):
                continue
            drums = state.voices[rank].plan.role == "drums"
            tokens.append(v.id("Track", state.voices[rank].label))
            tick, loud = -1, -1
            for note in sorted(notes):
                if note.onset != tick:
                    tick = note.onset
                    tokens.append(v.start("Position") + tick - state.origin)
                if velocity_token(note.velocity) != loud:
                    loud = velocity_token(note.velocity)
                    tokens.append(loud)
                tokens.append(v.id("PitchDrum" if drums else "Pitch", note.pitch))
                if not drums:
                    tokens.append(v.start("Duration") + note.duration - 1)
        return tokens

    def _draw(self, bar: int) -> list[int]:
        """The tokens of a bar's notes."""
        begin = self.state.snapshot(), self._openings.snapshot()
        drawn: list[_Choice] = []
        barred: dict[int, set[int]] = {}  # place in the bar -> tokens that led to dead ends
        tries = _Tries(bar)
        while True:
            mask = allowed(self.state, self._constraints)
            if barred:
                mask[list(barred.get(len(drawn), ()))] = False
            if not mask.any() or (drawn and self._openings.hopeless(self.state)):
                place = tries.back_to(drawn, barred)
                self.taken_back += 1
                self._return(begin, drawn, place)
                continue
            logits = weighed(self._document.logits, mask, self.state, self._sampling)
            token = sample(logits, mask, self._sampling, self._rng)
            if token in self._closing:
                return [choice.token for choice in drawn]
            drawn.append(_Choice(token, mask, self._document.mark()))
            self._step([token])
            self._document.add([token], [self.state.tick])

    def _return(self, begin: tuple[Any, Any], drawn: list[_Choice], place: int) -> None:
        """Go back to before the choice at a place of the bar."""
        self._document.rewind(drawn[place].mark)
        del drawn[place:]
        self.state.restore(begin[0])
        self._openings.restore(begin[1])
        self._step([choice.token for choice in drawn])

    def score(self) -> Score:
        """The skeleton with the written notes; tracks that the document has no place for stay."""
        state = self.state
        last = len(self._skeleton.bars) - 1
        notes = {
            state.places[rank]: [*voice.notes, *state.staying(rank, last)]
            for rank, voice in enumerate(state.voices)
        }
        tracks = tuple(
            replace(track, notes=tuple(sorted(notes.get(index, track.notes))))
            for index, track in enumerate(self._skeleton.tracks)
        )
        return replace(self._skeleton, tracks=tracks)


class _Tries:
    """The search through one bar's dead ends: which choice is taken back next."""

    def __init__(self, bar: int) -> None:
        self._bar = bar
        self._count = 0
        self._stuck: dict[int, int] = {}

    def back_to(self, drawn: list[_Choice], barred: dict[int, set[int]]) -> int:
        """The place in the bar whose token is barred from now on; later ones are free again.

        Raises `ConstraintError` where no choice is left, or after `PATIENCE` of them.
        """
        v = vocabulary()
        self._count += 1
        kinds = [v.type(choice.token) for choice in drawn]
        stop = len(drawn)
        track = kinds.count("Track")
        self._stuck[track] = self._stuck.get(track, 0) + 1
        if self._stuck[track] > _STUBBORN and track > 1:
            self._stuck[track] = 0
            stop = max(place for place, kind in enumerate(kinds) if kind == "Track")
        if self._count <= PATIENCE:
            for place in reversed(range(stop)):
                if kinds[place] in _CHOICES and self._has_others(drawn[place], place, barred):
                    for later in [other for other in barred if other > place]:
                        del barred[later]
                    barred.setdefault(place, set()).add(drawn[place].token)
                    return place
        raise ConstraintError(
            f"no way was found through bar {self._bar + 1} of the score after {self._count} dead "
            "ends; the rules that hold there leave too little together: loosen one of them, or try "
            "another seed"
        )

    @staticmethod
    def _has_others(choice: _Choice, place: int, barred: dict[int, set[int]]) -> bool:
        others = choice.mask.copy()
        others[[choice.token, *barred.get(place, ())]] = False
        return bool(others.any())


def emptied(
    score: Score, blanks: Blanks | None, staying: Mapping[int, Collection[Note]] = {}
) -> Score:
    """The score without notes in the blanks, but those that stay; None: without any."""

    def kept(place: int, note: Note) -> bool:
        given = blanks is not None and score.bar_at(note.onset) not in blanks.get(place, ())
        return given or note in staying.get(place, ())

    tracks = tuple(
        replace(track, notes=tuple(note for note in track.notes if kept(place, note)))
        for place, track in enumerate(score.tracks)
    )
    return replace(score, tracks=tracks)
