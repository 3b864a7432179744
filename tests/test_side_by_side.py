"""Writers in lockstep: their tokens share calls of the model, whatever the threads do."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from mock_model import MockModel

from anacrusis.compose.decoding.likelihood import Listener
from anacrusis.compose.decoding.sampler import Model
from anacrusis.compose.decoding.side_by_side import side_by_side
from anacrusis.compose.errors import ConstraintError
from anacrusis.compose.model.runtime import Runtime


class Recorded(MockModel):
    """Keeps its batch."""

    def start_batch(self, documents: int):
        self.batch = super().start_batch(documents)
        return self.batch


def writer(tokens: int, pause: float = 0.0) -> Callable[[Model], list[float]]:
    """Appends three tokens, then so many single ones; returns a logit after each."""

    def write(model: Model) -> list[float]:
        state = model.start()
        found = [state.append([1, 2, 3], [0, 0, 0])]
        for place in range(tokens):
            time.sleep(pause)
            found.append(state.append([place], [place]))
        assert state.length == tokens + 3
        return [float(logits[5]) for logits in found]

    return write


def test_those_who_still_run_share_every_call() -> None:
    model = Recorded()
    side_by_side(model, [writer(5, 0.002), writer(2), writer(3, 0.001)])
    assert model.batch.calls == [[0, 1, 2], [0, 1, 2], [0, 2], [0], [0]]


def test_each_gets_its_own_logits() -> None:
    alone = MockModel()
    expected = [writer(4)(alone), writer(6)(alone)]
    assert side_by_side(MockModel(), [writer(4), writer(6)]) == expected
    assert side_by_side(MockModel(), [writer(4)]) == expected[:1]


def test_documents_take_each_others_place_and_come_back() -> None:
    def write(model: Model) -> list[int]:
        first = model.start()
        first.append([1, 2], [0, 0])
        first.append([3], [9])
        second = model.start()
        second.append([5, 6], [0, 0])
        second.append([7], [7])
        first.truncate(2)
        first.append([4], [8])
        return [first.length, second.length]

    model = Recorded()
    assert side_by_side(model, [write, write]) == [[3, 3], [3, 3]]
    assert model.batch.calls == [[0, 1]] * 3
    for state in model.batch.states:
        assert (state.tokens, state.ticks) == ([1, 2, 4], [0, 0, 8])


def test_a_failure_ends_the_others() -> None:
    def fails(model: Model) -> None:
        model.start().append([1], [0])
        raise ConstraintError("no way out")

    before = threading.active_count()
    with pytest.raises(ConstraintError, match="no way out"):
        side_by_side(MockModel(), [writer(1000), fails, writer(1000)])
    assert threading.active_count() == before


def test_a_failing_model_is_the_error() -> None:
    def too_many(model: Model) -> None:
        state = model.start()
        for place in range(100):
            state.append([1], [place])

    with pytest.raises(AssertionError, match="more tokens than the context"):
        side_by_side(MockModel(context=50), [too_many, too_many])


def test_what_one_reads_does_not_depend_on_the_others() -> None:
    runtime = Runtime.load()
    alone = side_by_side(runtime, [writer(20)])
    assert side_by_side(runtime, [writer(20), writer(9), writer(30)])[:1] == alone
    assert np.allclose(alone, [writer(20)(runtime)], atol=0.5)  # they round otherwise


def test_likelihood_counts_what_was_chosen() -> None:
    def log_probability(logits: np.ndarray, token: int) -> float:
        weights = np.exp(logits.astype(np.float64))
        return float(np.log(weights[token] / weights.sum()))

    listener = Listener(MockModel())
    assert listener.mean == 0.0
    state = listener.start()
    first = state.append([1, 2, 3], [0, 0, 0])
    second = state.append([7], [0])
    state.append([9, 8, 8], [0, 0, 0])
    expected = [log_probability(first, 7), log_probability(second, 9)]
    assert listener.mean == pytest.approx(np.mean(expected))
    state.truncate(4)  # back to before 9
    state.append([11], [0])
    expected[1] = log_probability(second, 11)
    other = listener.start()
    third = other.append([1], [0])
    other.append([2], [0])
    assert listener.mean == pytest.approx(np.mean([*expected, log_probability(third, 2)]))
    state.truncate(4)
    assert listener.mean == pytest.approx(expected[0])
    state.append([11], [0])
    assert listener.mean == pytest.approx(np.mean(expected))
