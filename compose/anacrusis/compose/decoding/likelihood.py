"""How likely what is being written is to the model: it listens between the writer and the model."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .sampler import Model, ModelState


class Listener:
    """A model that remembers how likely the tokens were that it was given.

    Those count that were chosen: the first of each append, by the whole distribution that the model
    gave before it, without masks or weights. What follows in one append is forced. The first token
    of a document has no distribution before it and does not count.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._heard: list[_HeardState] = []

    @property
    def context(self) -> int:
        """Most tokens a state holds."""
        return self._model.context

    def start(self) -> "_HeardState":
        """A new, empty state that is listened to.

        A writer may go back to the one before: what it chose since then does not count.
        """
        for state in self._heard[:-1]:
            state.forget()
        self._heard.append(_HeardState(self, self._model.start()))
        return self._heard[-1]

    def back_to(self, state: "_HeardState") -> None:
        """Leave out the states that were started after one."""
        del self._heard[self._heard.index(state) + 1 :]

    @property
    def mean(self) -> float:
        """Mean log-probability of the chosen tokens of all states, in nats; 0 where none was."""
        chosen = [value for state in self._heard for value in state.chosen.values()]
        return float(np.mean(chosen)) if chosen else 0.0


class _HeardState:
    """A state, with the log-probabilities of its chosen tokens."""

    def __init__(self, listener: Listener, state: ModelState) -> None:
        self._listener, self._state = listener, state
        self._before: dict[int, npt.NDArray[np.float32]] = {}  # logits after so many tokens
        self.chosen: dict[int, float] = {}  # by place in the document

    @property
    def length(self) -> int:
        return self._state.length

    def append(self, tokens: Sequence[int], ticks: Sequence[int]) -> npt.NDArray[np.float32]:
        at = self.length
        logits = self._before.get(at)
        if logits is not None:
            highest = logits.max()
            total = np.log(np.exp(logits - highest, dtype=np.float64).sum())
            self.chosen[at] = float(logits[tokens[0]] - highest - total)
        found = self._before[at + len(tokens)] = self._state.append(tokens, ticks)
        return found

    def forget(self) -> None:
        """Let distributions go that nothing will be chosen from, and keep what was chosen."""
        self._before.clear()

    def truncate(self, length: int) -> None:
        self._state.truncate(length)
        self._listener.back_to(self)
        self._before = {at: value for at, value in self._before.items() if at <= length}
        self.chosen = {at: value for at, value in self.chosen.items() if at < length}
