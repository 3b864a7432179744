"""Deadlines: a legal score in time, whatever the model and the machine; by a clock of our own."""

from collections.abc import Sequence

import numpy as np
import pytest
from mock_model import MockModel, MockState, random_plan, random_taste

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.deadline import ATTEMPTS, Hurry, InTime, Pace, compose_by
from anacrusis.compose.decoding.prior import Place, Prior, place_after
from anacrusis.compose.decoding.writer import Writer
from anacrusis.compose.errors import ConstraintError
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.compose.verify import verify

V = vocabulary()
PLAN = plan_from_line("Am F C G", bars=32, tracks="melody,chords,bass", tempo=120, seed=2)


class Clock:
    """Each reading of it takes a moment: what the writer does between two calls of the model."""

    def __init__(self, moment: float = 0.0005) -> None:
        self.now, self.moment = 100.0, moment

    def __call__(self) -> float:
        self.now += self.moment
        return self.now


class SlowModel(MockModel):
    """Takes time for each call and token, by the clock."""

    def __init__(self, clock: Clock, seconds: float = 0.005, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.clock, self.seconds = clock, seconds

    def start(self) -> MockState:
        self.states.append(SlowState(self))
        return self.states[-1]


class SlowState(MockState):
    def append(self, tokens: Sequence[int], ticks: Sequence[int]) -> np.ndarray:
        self._model.clock.now += self._model.seconds * (1 + len(tokens) / 20)
        return super().append(tokens, ticks)


def by(seconds: float, clock: Clock | None = None, **given: object) -> InTime:
    clock = clock or Clock()
    return compose_by(PLAN, seconds, model=SlowModel(clock, **given), clock=clock)


def test_with_time_enough_it_is_the_score_of_compose() -> None:
    written = by(1000)
    assert written.score == compose(PLAN, model=MockModel())
    assert (written.by_model, written.by_prior) == (32, 0)
    assert compose(PLAN, model=MockModel(), deadline=1000) == written.score


@pytest.mark.parametrize("seconds", [0.9, 1, 1.5, 2, 3, 5, 8])
def test_it_is_in_time_and_keeps_the_plan(seconds: float) -> None:
    written = by(seconds)
    assert written.seconds <= seconds
    assert verify(written.score, PLAN).ok
    assert 0 <= written.by_model + written.by_prior <= 32


def test_more_time_is_more_of_the_model() -> None:
    found = [by(seconds).by_model for seconds in (1, 2, 4, 6, 8, 60)]
    assert found == sorted(found)
    assert found[0] == 0 and 0 < found[3] < 32 and found[-1] == 32


def test_time_is_used() -> None:
    written = by(4)
    assert written.seconds > 3.6 and written.by_model > 8


@pytest.mark.parametrize("seconds", [0, 1e-9, 0.1])
def test_without_time_bars_are_closed_at_once(seconds: float) -> None:
    written = by(seconds)
    assert (written.by_model, written.by_prior) == (0, 0)
    assert verify(written.score, PLAN).ok
    most = sum(len(track.notes) for track in by(1000).score.tracks)
    assert sum(len(track.notes) for track in written.score.tracks) < 0.6 * most
    assert written.seconds < 1


def test_a_model_that_falls_asleep_costs_one_call() -> None:
    clock = Clock()
    model = SlowModel(clock)
    calls = 0

    class Sleepy(SlowState):
        def append(self, tokens: Sequence[int], ticks: Sequence[int]) -> np.ndarray:
            nonlocal calls
            calls += 1
            clock.now += 1.5 if calls == 200 else 0
            return super().append(tokens, ticks)

    model.start = lambda: Sleepy(model)  # type: ignore[method-assign]
    written = compose_by(PLAN, 4, model=model, clock=clock)
    assert written.seconds <= 4
    assert verify(written.score, PLAN).ok


def test_any_plan_in_any_time() -> None:
    rng = np.random.default_rng(4)
    for _ in range(25):
        plan, taste = random_plan(rng, complete=bool(rng.random() < 0.7)), random_taste(rng)
        clock = Clock()
        model = SlowModel(clock, taste=taste)
        written = compose_by(plan, float(rng.choice([0, 0.2, 0.5, 1, 3])), model=model, clock=clock)
        assert verify(written.score, plan).ok


def test_the_model_reads_what_was_written_without_it() -> None:
    clock = Clock()
    hurry = Hurry(SlowModel(clock), clock, clock.now + 1, bars=2, tracks=1)
    state = hurry.start()
    state.append([1, 2], [0, 0])
    hurry._deadline = clock.now
    state.append([3], [1])
    told = hurry.telling(None)
    told(1, 2)
    hurry._deadline = clock.now + 1
    state.append([4], [2])
    told(2, 2)
    assert hurry.paces == [Pace.CLOSING, Pace.MODEL]
    assert hurry._model.states[0].tokens == [1, 2, 3, 4]
    state.truncate(1)
    assert state.length == 1 and hurry._model.states[0].tokens == [1]


def test_dead_ends_begin_anew_and_are_given_up_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    from anacrusis.compose.decoding import deadline

    def failing(times: int):
        left = [times]

        def write(*given: object) -> object:
            if left[0]:
                left[0] -= 1
                raise ConstraintError("no way through")
            return deadline_write(*given)

        return write

    deadline_write = deadline._written
    monkeypatch.setattr(deadline, "_written", failing(ATTEMPTS - 1))
    assert verify(by(60).score, PLAN).ok
    monkeypatch.setattr(deadline, "_written", failing(ATTEMPTS))
    with pytest.raises(ConstraintError, match="no way through"):
        by(60)


@pytest.mark.parametrize("seconds", [3, 30])
def test_at_a_dead_end_the_solver_writes_what_is_left(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_from_line("Am F C G", bars=6, tracks="melody,bass", tempo=120, seed=2)
    write_bar = Writer.write_bar

    def stops(self: Writer) -> None:
        if self.state.bar == 3:
            raise ConstraintError("a dead end")
        write_bar(self)

    monkeypatch.setattr(Writer, "write_bar", stops)
    clock = Clock()
    written = compose_by(plan, seconds, model=SlowModel(clock), clock=clock)
    assert verify(written.score, plan).ok
    assert written.score.plan is not None and written.score.plan.tempo == 120
    assert written.by_model == (4 if seconds == 30 else 0)


def test_a_search_without_end_is_ended_once_in_a_bar() -> None:
    clock = Clock()
    hurry = Hurry(SlowModel(clock), clock, clock.now + 1, bars=9, tracks=1)
    state, told = hurry.start(), hurry.telling(None)
    for bar in (1, 2):
        with pytest.raises(ConstraintError, match=f"bar {bar} of the score in time"):
            for _ in range(1000):
                state.append([1], [0])
                clock.now += 0.01
                state.truncate(0)
        for _ in range(1000):
            state.append([1], [0])
            clock.now += 0.01
            state.truncate(0)
        told(bar, 9)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "2", None])
def test_impossible_deadlines_are_refused(seconds: object) -> None:
    with pytest.raises(ConstraintError, match="deadline"):
        compose_by(PLAN, seconds, model=MockModel())  # type: ignore[arg-type]


def test_a_deadline_and_a_ceiling_on_quotes_exclude_each_other() -> None:
    with pytest.raises(ConstraintError, match="leave one of them out"):
        compose(PLAN, model=MockModel(), deadline=1, max_quote=8)


def test_the_prior_tells_what_was_said_at_a_place() -> None:
    track, position = V.id("Track", "melody1"), V.start("Position") + 12
    here = place_after([V.id("Bar"), V.id("Now"), track, position])
    assert here == Place("Position", track, position)
    assert place_after([V.id("Bar"), V.id("Now")]) == Place("Now", V.id("Bar"), -1)
    prior = Prior()
    assert not prior.logits(here).any()
    logits = np.zeros(len(V), np.float32)
    logits[5] = 8
    prior.learn(here, logits)
    assert prior.logits(here).argmax() == 5
    elsewhere = place_after([V.id("Bar"), V.id("Now"), track, position + 3])
    assert prior.logits(elsewhere).argmax() == 5  # the same track at another position
    logits[6] = 12
    prior.learn(elsewhere, logits)
    assert prior.logits(here).argmax() == 5 and prior.logits(elsewhere).argmax() == 6
