"""Composing against the clock: a legal score in time, with as much of it by the model as time lets.

    written = compose_by(plan, seconds=2.0)
    print(written.by_model, "of", len(written.score.bars), "bars are the model's")

The model's calls take most of the time; the constraints are kept without it just as well. When the
time left comes near what the constraints need for the bars left, the rest is drawn from what the
model has said so far (`Prior`), and where that is too slow, too, each bar is closed as soon as it
may be.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..bounds import is_number
from ..errors import ConflictError, ConstraintError
from ..plan import Plan
from ..score import Score
from ..tokens.vocabulary import vocabulary
from .compose import completed, load_model
from .conflicts import way_on
from .notes import Progress, plan_task
from .prior import Prior, place_after
from .sampler import Model, ModelState, Sampling
from .writer import Writer

CHART_SHARE = 0.25
"""Share of the time that the plan's open chords may take the model for."""
ATTEMPTS = 4
"""Scores that are begun before composing is given up; one is given up at a dead end."""
_MARGIN = 1.3
"""Time that is kept for the bars left, over what they are expected to need."""
_RESERVE = 0.03
"""Seconds that are kept for a call of the model and for what comes after the last bar."""
_GUESS = 0.004
"""Seconds that a bar of a track needs without the model, until bars have been measured."""

_READING = 0.0003
"""Seconds that are kept for each token that the model is to read."""
_RECENT = 8
"""Bars by which the time of a bar to come is told."""

_SEARCH = 0.5
"""Seconds that one bar may be searched for a way through, however little time is left."""
_SEARCH_SHARE = 0.25
"""Share of the time left that it may be searched."""
_PATIENT = 60.0
"""Seconds in which the solver may be asked at several dead ends."""
_TWICE = 20.0
"""Seconds in which it may be asked for the rest, and then for all."""
_LONGEST = 86400
"""Seconds of a day."""

Clock = Callable[[], float]
Logits = npt.NDArray[np.float32]


class Pace(IntEnum):
    """Whom the notes are drawn from, from the best to the fastest."""

    MODEL = 0
    PRIOR = 1
    CLOSING = 2


class InTime(NamedTuple):
    """A score and how it came in time.

    by_model: bars that the model wrote throughout. by_prior: bars of which it wrote a part or none,
    in its manner; the others were closed as soon as they might be, or are the solver's. seconds:
    what all took.
    """

    score: Score
    by_model: int
    by_prior: int
    seconds: float


def compose_by(
    plan: Plan,
    seconds: float,
    *,
    model: Model | None = None,
    sampling: Sampling = Sampling(),  # noqa: B008  frozen
    progress: Progress | None = None,
    clock: Clock = time.monotonic,
) -> InTime:
    """Compose a plan within `seconds`, from this call on.

    What the plan states is kept as in `compose`. Loading the weights counts; give a loaded `model`
    where less than a second is left. What the constraints alone need cannot be gone below: a
    shorter deadline is missed, by no more than that, or where rules lead to a dead end, by what the
    solver takes for the way out. Scores differ with the speed of the machine.

    clock: tells seconds. Raises as `compose` does, and `ConstraintError` for no number of seconds.
    """
    if not is_number(seconds, 0, _LONGEST):
        raise ConstraintError(f"deadline {seconds!r}; allowed: 0 to {_LONGEST} seconds")
    begin = clock()
    model = load_model() if model is None else model
    full = completed(plan, Hurry(model, clock, begin + CHART_SHARE * seconds))
    attempt = 0
    while True:
        hurry = Hurry(model, clock, begin + seconds, full.bars, len(full.tracks), attempt)
        rng = np.random.default_rng((plan.seed, 4, attempt) if attempt else plan.seed)
        try:
            score = _written(full, hurry, sampling, rng, progress)
        except ConflictError:
            raise
        except ConstraintError:
            attempt += 1
            if attempt == ATTEMPTS:
                raise
        else:
            by_model, by_prior = (hurry.paces.count(pace) for pace in (Pace.MODEL, Pace.PRIOR))
            return InTime(score, by_model, by_prior, clock() - begin)


def _written(
    plan: Plan,
    hurry: "Hurry",
    sampling: Sampling,
    rng: np.random.Generator,
    progress: Progress | None,
) -> Score:
    """The score of a complete plan. At a dead end the solver writes what is left, where there is no
    time to go on drawing after it."""
    task, told = plan_task(plan), hurry.telling(progress)
    patient = hurry.left > _PATIENT
    writer = Writer(task if patient else task._replace(plan=None), hurry, sampling, rng)
    bars = len(task.skeleton.bars)
    for bar in range(bars):
        try:
            writer.write_bar()
        except ConstraintError:
            if patient:
                raise
            return _solved(plan, hurry, writer.score(), bar)
        told(bar + 1, bars)
    return replace(writer.score(), plan=plan)


def _solved(plan: Plan, hurry: "Hurry", score: Score, bar: int) -> Score:
    """A score whose bars up to `bar` are written, with the others as the solver writes them; or all
    of it, where it finds no way from there, or has no time to look for it twice."""
    found: Score | ConflictError | None = None
    for first in (bar, 0) if hurry.left > _TWICE else (0,):
        stop = score.bar_starts[first]
        kept = (tuple(note for note in t.notes if note.onset < stop) for t in score.tracks)
        tracks = (replace(t, notes=n) for t, n in zip(score.tracks, kept, strict=True))
        found = way_on(plan, replace(score, tracks=tuple(tracks)), first, None)
        if isinstance(found, Score):
            del hurry.paces[first:]
            tracks = (
                replace(track, notes=other.notes)
                for track, other in zip(score.tracks, found.tracks, strict=True)
            )
            return replace(score, tracks=tuple(tracks), plan=plan)
    if isinstance(found, ConflictError):
        raise found
    raise ConstraintError(
        f"no way was found through bar {score.bar_number(bar)} of the score in time; loosen a rule "
        "that holds there, or give more time"
    )


class Hurry:
    """A model that keeps to a deadline: where time is short it leaves out the network, and where it
    is shorter still, it closes bars. It comes back to the network when there is time again."""

    def __init__(
        self,
        model: Model,
        clock: Clock,
        deadline: float,
        bars: int = 0,
        tracks: int = 0,
        attempt: int = 0,
    ) -> None:
        """deadline: as the clock tells it. bars, tracks: what is to be written before it. attempt:
        how many scores were given up at dead ends; bars are closed with less insistence then."""
        self._model, self._clock, self._deadline = model, clock, deadline
        self._left = bars
        self._others = _Usual(_GUESS * tracks)  # seconds of a bar without the network's
        self._network = _Usual(0.0)  # seconds of a bar that the network takes
        self._last: float | None = None
        self._stuck = False  # whether the search through this bar has been ended
        self._insistence = 1 / (1 + 4 * attempt)
        self._prior = Prior()
        self._pace = Pace.MODEL
        self.paces: list[Pace] = []
        """Of each finished bar the fastest pace that was needed."""

    @property
    def context(self) -> int:
        """Most tokens a state holds."""
        return self._model.context

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self._deadline - self._clock()

    def start(self) -> "_HurriedState":
        """A new, empty state."""
        return _HurriedState(self, self._model)

    def telling(self, progress: Progress | None) -> Progress:
        """What is to be called after each bar; it calls `progress` in turn."""

        def told(done: int, total: int) -> None:
            self._left -= 1
            self._others.finish()
            if self._pace is Pace.MODEL:
                self._network.finish()
            self.paces.append(self._pace)
            self._network.now = 0.0
            self._pace, self._stuck = Pace.MODEL, False
            if progress is not None:
                progress(done, total)

        return told

    def pace(self, tokens: int) -> Pace:
        """How what follows so many new tokens is to be drawn. Within a bar it grows only faster.

        Raises `ConstraintError`, once in a bar, where its dead ends take too much of the time.
        """
        now = self._passed(self._others)
        left, need = self._deadline - now, self._left * self._others.expected
        searching = self._left > 0 and not self._stuck
        if searching and self._others.now > max(_SEARCH, left * _SEARCH_SHARE):
            self._stuck = True
            raise ConstraintError(
                f"no way was found through bar {len(self.paces) + 1} of the score in time; loosen "
                "a rule that holds there, or give more time"
            )
        network = max(self._network.expected - self._network.now, 0.0) + tokens * _READING
        if left <= need:
            self._pace = Pace.CLOSING
        elif left <= _MARGIN * need + network + _RESERVE:
            self._pace = max(self._pace, Pace.PRIOR)
        return self._pace

    def said(self, tokens: Sequence[int], logits: Logits | None) -> Logits:
        """What the network said after some tokens, or what is said for it."""
        self._passed(self._others if logits is None else self._network)
        if logits is not None:
            self._prior.learn(place_after(tokens), logits)
            return logits
        if self._pace is Pace.PRIOR:
            return self._prior.logits(place_after(tokens))
        return _closing() * self._insistence

    def _passed(self, spent: "_Usual") -> float:
        """Put the time since the last call down to something; return what the clock says."""
        now = self._clock()
        if self._last is not None:
            spent.now += now - self._last
        self._last = now
        return now


class _Usual:
    """Seconds that something takes in a bar: of those finished, the last ones count most."""

    def __init__(self, guess: float) -> None:
        self.now = 0.0
        """Seconds in this bar so far."""
        self._mean, self._bars = guess, 0

    def finish(self) -> None:
        """Begin another bar."""
        self._bars += 1
        self._mean += (self.now - self._mean) / min(self._bars, _RECENT)
        self.now = 0.0

    @property
    def expected(self) -> float:
        """Seconds of a bar to come."""
        return self._mean + max(self.now - self._mean, 0.0) / (min(self._bars, _RECENT) + 1)


class _HurriedState:
    """A document. The network's memory of it may be behind; it reads on when it is asked again."""

    def __init__(self, hurry: Hurry, model: Model) -> None:
        self._hurry, self._model = hurry, model
        self._tokens: list[int] = []
        self._ticks: list[int] = []
        self._state: ModelState | None = None

    @property
    def length(self) -> int:
        return len(self._tokens)

    def append(self, tokens: Sequence[int], ticks: Sequence[int]) -> Logits:
        self._tokens += tokens
        self._ticks += ticks
        known = 0 if self._state is None else self._state.length
        logits = None
        if self._hurry.pace(self.length - known) is Pace.MODEL:
            self._state = self._state or self._model.start()
            logits = self._state.append(self._tokens[known:], self._ticks[known:])
        return self._hurry.said(self._tokens, logits)

    def truncate(self, length: int) -> None:
        del self._tokens[length:], self._ticks[length:]
        if self._state is not None and self._state.length > length:
            self._state.truncate(length)


@lru_cache(maxsize=1)
def _closing() -> Logits:
    """Logits that close a bar, else a track, as soon as they may, and prefer long notes."""
    v = vocabulary()
    logits = np.zeros(len(v), np.float32)
    logits[[v.id("Bar"), v.id("EOS")]] = 40
    logits[v.mask("Track")] = 20
    logits[v.mask("Velocity")] = -20
    start, stop = v.spans["Duration"]
    logits[start:stop] = np.linspace(0, 10, stop - start)
    return logits
