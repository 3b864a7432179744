"""A writer: one document written bar by bar, every token drawn under the constraints.

Look-ahead leaves no dead ends within a track. Between tracks it sees what has been written, not
what the tracks to come will need, so there a bar may come to one. The writer then goes back to the
last choices that could have been others (`Tries`), and where that leads nowhere asks the solver.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..constraints.assemble import allowed, constraints_for
from ..constraints.line import Astray
from ..constraints.openings import Openings
from ..constraints.state import Blanks, Constraint, State
from ..errors import ConflictError, ConstraintError
from ..plan import Plan, TrackPlan
from ..quotes import Ceiling
from ..rules.base import Rule, Wish
from ..score import Note, Score
from ..tokens.encode import velocity_token
from ..tokens.vocabulary import vocabulary
from .conflicts import way_on
from .document import Document, Mark
from .sampler import Model, Sampling, sample
from .tries import WARY, Choice, Tries
from .variation import Setting, Variation, vary
from .weighing import weighed
from .wishes import Wishes

_AGAIN = 3
"""How often the model of a variation is drawn again before the solver is asked."""


class Task(NamedTuple):
    """What is to be written: a skeleton, and in which bars of which tracks.

    blanks: as in `State`. copied: bar -> the earlier bar whose music it repeats. rules: what the
    notes must keep beside the skeleton; wishes: what they should. staying: track index -> notes in
    blanks that stay. varied: the variations, by their first bar. refusal: from the reason why no
    constraints can be made, what to raise, or a score that is written instead; None: the reason.
    """

    skeleton: Score
    tracks: tuple[TrackPlan, ...]
    style: str
    blanks: Blanks | None = None
    copied: Mapping[int, int] = {}
    rules: Sequence[Rule] = ()
    plan: Plan | None = None
    staying: Mapping[int, Collection[Note]] = {}
    varied: Mapping[int, Variation] = {}
    wishes: Sequence[Wish] = ()
    refusal: Callable[[ConstraintError], ConstraintError | Score] | None = None


class _Begin(NamedTuple):
    """Where all stood before a bar."""

    state: tuple[Any, ...]
    openings: tuple[Any, ...]
    mark: Mark
    setting: Setting


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
        self._begins: list[_Begin] = []  # of each bar
        self._led: tuple[Score, int] | None = None  # what is followed, and up to which bar
        self._task, self._sampling, self._rng = task, sampling, rng
        self._skeleton = skeleton = emptied(task.skeleton, task.blanks, task.staying)
        self.state = State(skeleton, task.tracks, task.blanks)
        self._astray = False  # whether look-ahead has lost what is told
        self._constraints = self._constrained(ceiling)
        self._wishes = Wishes(task.wishes, self.state, task.copied)
        self._openings = next(c for c in self._constraints if isinstance(c, Openings))
        self._document = Document(model, skeleton, task.tracks, task.style, task.blanks)
        self._written: list[list[int]] = []
        self._plain = self._setting()
        # Whether voices are searched after every note, not only where a track is left: from the
        # first dead end between them on. Most pieces never need that.
        self._wary = False
        v = vocabulary()
        self._closing = (v.id("Bar"), v.id("EOS"))
        self._step(self._document.open())
        self.taken_back = 0
        """How many choices have been taken back so far."""

    def _constrained(self, ceiling: Ceiling | None) -> tuple[Constraint, ...]:
        """The constraints. Where look-ahead sees no way but the solver does, its score is told;
        not under a ceiling, which the solver does not know."""
        task, closing = self._task, closing_bars(self._task)
        make = partial(constraints_for, closing=closing, ceiling=ceiling, copied=task.copied)
        try:
            return make(self.state, rules=task.rules, varied=bool(task.varied))
        except ConstraintError as error:
            if task.refusal is None:
                raise
            found = task.refusal(error)
            if isinstance(found, ConstraintError):
                raise found from error
            if ceiling is not None:
                raise error
        self.state = State(self._skeleton, task.tracks, task.blanks)
        self._led, self._astray = (found, len(self._skeleton.bars)), True
        return make(self.state)

    def _step(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            self.state.step(token)
            try:
                for constraint in () if self._astray else self._constraints:
                    constraint.step(self.state, token)
            except Astray:
                if not self.state.told:
                    raise
                self._go_astray()

    def _go_astray(self) -> None:
        """What is told is legal, but not as look-ahead has it: it is told to the end.

        Raises `ConstraintError` under a ceiling, which nothing would keep from then on.
        """
        assert self._led is not None, "nothing has been told"
        if self._openings.ceiled:
            raise ConstraintError(
                "the rules leave no way that look-ahead can follow under a longest quote; loosen a "
                "rule, or allow longer quotes"
            )
        self._astray, self._led = True, (self._led[0], len(self._skeleton.bars))

    def write_bar(self) -> None:
        """Write the next bar.

        At a dead end in a variation it is drawn again, or its model is. At others the solver is
        asked for a way on, if need be from an earlier bar. Raises `ConflictError` where there is
        none, and `ConstraintError` where none was found in time.
        """
        bar = len(self._written)
        try:
            self._write(bar)
        except ConstraintError as error:
            if not self._draw_again(bar):
                self._find_way(bar, error)
        self._openings.check()

    def _write(self, bar: int) -> None:
        begin = self.state.snapshot(), self._openings.snapshot(), self._document.mark()
        self._begins.append(_Begin(*begin, self._setting()))
        self.state.told = self._led is not None and bar <= self._led[1]  # or comes from what is
        if bar in self._task.varied and not self._leads(bar):
            self._vary(bar)
        self._step(self._document.open_bar(bar))
        source, led = self._task.copied.get(bar), self._leads(bar)
        self.state.told = led and source is None
        if source is not None:
            self._put(self._written[source])
        elif led and self._led is not None:
            self._put(self._told(self._led[0], bar))
        else:
            tokens = self._draw(bar)
            if self.state.known.blank is not None and self._task.blanks is None:
                tokens = self._told(self.score(), bar)  # with what is given
            self._written.append(tokens)
        self.state.told = False

    def _leads(self, bar: int) -> bool:
        """Whether a bar is told."""
        return self._led is not None and bar < self._led[1]

    def _vary(self, bar: int) -> None:
        """Begin a variation."""
        varied = self._task.varied[bar]
        try:
            self._set(vary(varied, self.state, self._openings, self._plain, self._rng), bar)
        except Astray:
            if not self.state.told:
                raise
            self._go_astray()

    def _setting(self) -> Setting:
        """What the bars to come are written under."""
        terms = tuple(voice.terms for voice in self.state.voices)
        return Setting(self.state.known, terms, dict(self._openings.lines))

    def _set(self, setting: Setting, bar: int | None = None) -> None:
        """Write under another setting. bar: the first that it is new to."""
        self.state.known = setting.known
        for voice, terms in zip(self.state.voices, setting.terms, strict=True):
            voice.terms = terms
        self._openings.lines.update(setting.lines)
        if bar is not None:
            self._openings.ask_anew(self.state, self._skeleton.bar_starts[bar])
            self._document.tell(setting.known, self.state.places)

    def _put(self, tokens: list[int]) -> None:
        """Write the notes of a bar as they are told."""
        ticks = []
        for token in tokens:
            self._step([token])
            ticks.append(self.state.tick)
        self._document.add(tokens, ticks)
        self._written.append(tokens)

    def _draw_again(self, bar: int) -> bool:
        """Write a variation once more up to a bar, or from its model on; whether that went well."""
        varied = [one for one in self._task.varied.values() if bar in one.bars]
        if not varied or self._final or self._task.plan is None:
            return False
        start, model = varied[0].bars[0], varied[0].model[0]
        for first in ([start] if bar > start else []) + [model] * _AGAIN:
            self._go_back(first)
            try:
                for one in range(first, bar + 1):
                    self._write(one)
            except ConstraintError:
                continue
            return True
        return False

    def _go_back(self, bar: int) -> None:
        """Forget all from a bar on."""
        begin = self._begins[bar]
        del self._begins[bar:], self._written[bar:]
        self.state.restore(begin.state)
        self._set(begin.setting)
        self._openings.restore(begin.openings)
        self._document.rewind(begin.mark)
        self._led, self._astray = None, False
        self.taken_back += 1

    def _find_way(self, bar: int, error: ConstraintError) -> None:
        """Write a bar as the solver does, with those before it as far back as need be."""
        plan = self._task.plan
        if plan is None:
            raise error
        starts = {s.bar for s in self._skeleton.sections if s.bar <= bar}
        last = self._task.varied[bar].model[0] if bar in self._task.varied else bar
        firsts = [bar] if self._final else sorted({last, max(starts, default=0), 0}, reverse=True)
        for first in (one for one in firsts if one < len(self._begins)):
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
        self._go_back(first)
        within = [one for one in self._task.varied.values() if last in one.bars]
        if any(first in one.bars[1:] for one in self._task.varied.values()):
            self._set(self._without(first), first)
        self._led = found, within[0].bars.stop if within else last + 1  # a share of all its bars
        for bar in range(first, last + 1):
            self._write(bar)

    def _without(self, bar: int) -> Setting:
        """The plain setting from a bar on that is in the midst of a variation."""
        start = self._skeleton.bar_starts[bar]
        lines = {
            rank: self._openings.lines[rank].under(terms, start)
            for rank, terms in enumerate(self._plain.terms)
            if terms is not None and rank in self._openings.lines
        }
        known = self.state.known.until(bar, len(self._skeleton.bars))
        return Setting(known, self._plain.terms, lines)

    def _told(self, score: Score, bar: int) -> list[int]:
        """The tokens of a bar of a score."""
        v, state = vocabulary(), self.state
        start, stop = score.bar_starts[bar], score.bar_starts[bar + 1]
        tokens: list[int] = []
        for rank, place in enumerate(state.places):
            notes = [n for n in score.tracks[place].notes if start <= n.onset < stop]
            given = self._task.blanks is not None and state.is_given(rank, bar)
            if not notes or given:
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
        drawn: list[Choice] = []
        number = self._skeleton.bar_number(bar)
        tries = Tries(number)
        while True:
            mask = allowed(self.state, self._constraints)
            mask[tries.barred_at(len(drawn))] = False
            token = None
            if mask.any() and not (self._wary and drawn and self._openings.hopeless(self.state)):
                logits = weighed(self._document.logits, mask, self.state, self._sampling)
                logits = self._wishes.weigh(logits, mask, self.state)
                token = sample(logits, mask, self._sampling, self._rng)
            if token is None or (not self._wary and self._leaves_hopeless(token, drawn)):
                self.taken_back += 1
                coupled = self._openings.coupled and not self._wary
                if drawn and coupled and (token is not None or tries.count >= WARY):
                    self._wary, tries = True, Tries(number)
                    self._return(begin, drawn, 0)
                else:
                    self._return(begin, drawn, tries.back_to(drawn))
                continue
            if token in self._closing:
                return [choice.token for choice in drawn]
            drawn.append(Choice(token, mask, self._document.mark()))
            self._step([token])
            self._document.add([token], [self.state.tick])

    def _leaves_hopeless(self, token: int, drawn: list[Choice]) -> bool:
        """Whether a token leaves a track with no way on for those that keep rules with it."""
        leaves = token in self._closing or vocabulary().type(token) == "Track"
        return leaves and bool(drawn) and self._openings.hopeless(self.state)

    def _return(self, begin: tuple[Any, Any], drawn: list[Choice], place: int) -> None:
        """Go back to before the choice at a place of the bar."""
        self._document.rewind(drawn[place].mark)
        del drawn[place:]
        self.state.restore(begin[0])
        self._openings.restore(begin[1])
        self._step([choice.token for choice in drawn])

    def score(self) -> Score:
        """The skeleton with the written notes; tracks that the document has no place for stay."""
        state = self.state
        notes = {
            state.places[rank]: [*voice.notes, *state.staying(rank, state.bar)]
            for rank, voice in enumerate(state.voices)
        }
        tracks = tuple(
            replace(track, notes=tuple(sorted(notes.get(index, track.notes))))
            for index, track in enumerate(self._skeleton.tracks)
        )
        return replace(self._skeleton, tracks=tracks)


def closing_bars(task: Task) -> set[int]:
    """The last bar, and those that it repeats, or whose variation it is: they end like it."""
    last = {one.bars[-1]: one.model[-1] for one in task.varied.values()}
    bar: int | None = len(task.skeleton.bars) - 1
    found: set[int] = set()
    while bar is not None:
        found.add(bar)
        bar = task.copied.get(bar, last.get(bar))
    return found


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
