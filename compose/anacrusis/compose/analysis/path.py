"""The best path through states that may change from step to step (Viterbi 1967)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def best_path(likelihood: NDArray[np.float64], cost: ArrayLike) -> NDArray[np.int64]:
    """The likeliest state of each step, `[n]`, of log-likelihoods `[n, states]`.

    cost: what a change of state costs, the same whatever the states: one number, or one for each
    step, `[n]`, paid where it is entered.
    """
    n, states = likelihood.shape
    costs = np.broadcast_to(np.asarray(cost, dtype=np.float64), n)
    stay = np.arange(states)
    came_from = np.empty((n, states), dtype=np.int64)
    total = likelihood[0].copy()
    for step in range(1, n):
        best = int(total.argmax())
        moved = total[best] - costs[step]
        came_from[step] = np.where(moved > total, best, stay)
        total = np.maximum(total, moved) + likelihood[step]
    path = np.empty(n, dtype=np.int64)
    path[-1] = int(total.argmax())
    for step in range(n - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path
