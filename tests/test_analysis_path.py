"""The best path through states, beside all paths tried one by one."""

from itertools import pairwise, product

import numpy as np
import pytest

from anacrusis.compose.analysis.path import best_path


@pytest.mark.parametrize("cost", [0.0, 1.0, 100.0, (9.0, 0.2, 2.0, 0.5, 1.5)])
@pytest.mark.parametrize("seed", range(5))
def test_no_path_is_better(cost: float | tuple[float, ...], seed: int) -> None:
    likelihood = np.random.default_rng(seed).normal(0, 1, (5, 3))
    costs = np.broadcast_to(cost, 5)

    def value(path: tuple[int, ...]) -> float:
        changes = (costs[i] for i, (a, b) in enumerate(pairwise(path), 1) if a != b)
        return float(sum(likelihood[i, state] for i, state in enumerate(path)) - sum(changes))

    best = max(product(range(3), repeat=5), key=value)
    assert tuple(best_path(likelihood, np.asarray(cost)).tolist()) == best


def test_one_step_has_no_change_to_pay() -> None:
    assert best_path(np.array([[0.0, 2.0, 1.0]]), 5.0).tolist() == [1]
