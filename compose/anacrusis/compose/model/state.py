"""What the model has read: one document, or several that are decoded side by side.

Everything that a call of the graph reads or writes is bound once; a step writes one token and one
row of the rotary tables for each document, and the lengths. Nothing is copied per token.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from .config import ModelConfig
from .rotary import rotary_angles

if TYPE_CHECKING:
    import onnxruntime

Cache = Mapping[str, NDArray[np.float32]]
"""Keys and values of each layer, `[documents, kv_heads, context, head_dim]`."""


def empty_cache(config: ModelConfig, documents: int) -> dict[str, NDArray[np.float32]]:
    """The buffers of some documents, for a whole context each."""
    shape = (documents, config.kv_heads, config.context, config.head_dim)
    names = [f"{kind}_{layer}" for layer in range(config.depth) for kind in ("key", "value")]
    return {name: np.zeros(shape, np.float32) for name in names}


class Call:
    """A call of the graph for the documents of a cache, all of which are given as many tokens."""

    def __init__(
        self, session: "onnxruntime.InferenceSession", config: ModelConfig, cache: Cache
    ) -> None:
        """Bind all inputs and outputs to buffers; those of the cache stay the caller's."""
        import onnxruntime

        self._session, self._config = session, config
        documents = len(next(iter(cache.values())))
        self._cos = np.zeros((config.context, config.head_dim // 2), np.float32)
        self._sin = np.zeros_like(self._cos)
        self._seqlens = np.zeros(documents, np.int32)
        self._total = np.zeros((), np.int32)
        self._tokens = np.zeros((documents, 1), np.int64)
        self._logits = np.zeros((documents, config.vocab_size), np.float32)
        # OrtValues on the CPU share memory with the arrays; they are kept for the bindings' sake.
        self._wrap = onnxruntime.OrtValue.ortvalue_from_numpy
        self._fixed = {
            "cos": self._wrap(self._cos),
            "sin": self._wrap(self._sin),
            "seqlens": self._wrap(self._seqlens),
            "total": self._wrap(self._total),
        }
        self._cache = {name: self._wrap(array) for name, array in cache.items()}
        self._out = self._wrap(self._logits)
        self._one_each = self._wrap(self._tokens), self._wrap(_rows(self._tokens))
        self._step = self._bind(*self._one_each)

    def run(
        self, tokens: NDArray[np.int64], ticks: NDArray[np.int64], lengths: Sequence[int]
    ) -> NDArray[np.float32]:
        """Logits `[documents, vocab]` of what follows.

        tokens, ticks: `[documents, S]`. lengths: how many tokens each document has had before.
        """
        count = tokens.shape[1]
        before = np.asarray(lengths, np.int32)
        index = before[:, None] + np.arange(count)
        angles = rotary_angles(index, ticks, self._config).reshape(-1, self._cos.shape[1])
        # In double precision: in single, the last bit depends on the processor's instructions.
        self._cos[: len(angles)] = np.cos(angles, dtype=np.float64)
        self._sin[: len(angles)] = np.sin(angles, dtype=np.float64)
        self._seqlens[:] = before + (count - 1)
        self._total[()] = before.max() + count
        if count == 1:
            self._tokens[:] = tokens
            self._session.run_with_iobinding(self._step)
        else:
            several = self._wrap(tokens), self._wrap(_rows(tokens))
            self._session.run_with_iobinding(self._bind(*several))
        return self._logits.copy()

    def _bind(self, tokens: "onnxruntime.OrtValue", rows: "onnxruntime.OrtValue") -> Any:
        binding = self._session.io_binding()
        binding.bind_ortvalue_input("tokens", tokens)
        binding.bind_ortvalue_input("rows", rows)
        for name, value in self._fixed.items():
            binding.bind_ortvalue_input(name, value)
        for name, value in self._cache.items():
            binding.bind_ortvalue_input(f"past_{name}", value)
            binding.bind_ortvalue_output(f"present_{name}", value)
        binding.bind_ortvalue_output("logits_out", self._out)
        return binding


def _rows(tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which row of the rotary tables is that of each token: they follow one another."""
    return np.arange(tokens.size).reshape(tokens.shape)


class State:
    """One document: the keys and values of its tokens so far."""

    def __init__(self, call: Call, config: ModelConfig) -> None:
        """An empty document; use `Runtime.start` or `Runtime.start_batch`."""
        self._call, self._config = call, config
        self.length = 0
        """Number of tokens read."""

    def append(self, tokens: Sequence[int], ticks: Sequence[int]) -> NDArray[np.float32]:
        """Append tokens and return the logits of the token after them, `[vocab]` float32.

        `ticks` gives the metrical position of each token. Raises `ModelError` where nothing is
        appended, a token is outside the vocabulary, or the context would overflow.
        """
        ids = self.check(tokens, ticks)
        logits = self._call.run(ids[None], np.asarray([ticks]), [self.length])
        self.length += len(ids)
        found: NDArray[np.float32] = logits[0]
        return found

    def truncate(self, length: int) -> None:
        """Forget all tokens after the first `length`. Raises `ModelError` where it has fewer."""
        if not 0 <= length <= self.length:
            raise ModelError(f"length is {length}; the state has read {self.length} tokens")
        self.length = length

    def check(self, tokens: Sequence[int], ticks: Sequence[int]) -> NDArray[np.int64]:
        """The tokens as an array, `[S]`. Raises `ModelError` where they cannot be appended."""
        count, config = len(tokens), self._config
        if count == 0 or len(ticks) != count:
            raise ModelError(f"{count} tokens with {len(ticks)} ticks; give one tick per token")
        if self.length + count > config.context:
            raise ModelError(
                f"{self.length + count} tokens are more than the model's context of "
                f"{config.context}; start a new state with the last part of the piece"
            )
        ids = np.asarray(tokens, np.int64)
        if ids.min() < 0 or ids.max() >= config.vocab_size:
            raise ModelError(
                f"a token of {ids.min()} to {ids.max()} is outside the vocabulary; "
                f"ids are 0 to {config.vocab_size - 1}"
            )
        return ids


def _paired(documents: int) -> int:
    """How many rows a call for so many documents has: products are computed for two rows at once,
    and one that is left over rounds otherwise."""
    return documents + documents % 2


class Batch:
    """Documents that are decoded side by side, which costs less than one after the other.

    Each of the `states` may be used alone, as with several tokens at once; `append` gives one
    token to several of them. The logits are then those of a document alone but for rounding, and
    whichever others take part, they are the same to the bit.
    """

    def __init__(
        self, session: "onnxruntime.InferenceSession", config: ModelConfig, documents: int
    ) -> None:
        """Empty documents; use `Runtime.start_batch`."""
        self._session, self._config = session, config
        count = _paired(documents)
        self._cache = empty_cache(config, count)
        self._all = [State(self._bound(row, row + 1), config) for row in range(count)]
        self.states = self._all[:documents]
        """The documents."""
        self._order = list(range(count))  # the document in each row of the cache
        self._together: dict[int, Call] = {}  # calls for so many of the first rows

    def append(
        self, documents: Sequence[int], tokens: Sequence[int], ticks: Sequence[int]
    ) -> NDArray[np.float32]:
        """Append one token to each of some documents; return logits `[documents, vocab]`.

        Raises `ModelError` as `State.append` does, and where a document comes twice.
        """
        if not len(documents) == len(tokens) == len(ticks) == len(set(documents)):
            raise ModelError(
                f"{len(tokens)} tokens and {len(ticks)} ticks for documents {list(documents)}; "
                "give one of each for every document"
            )
        given = dict(zip(documents, zip(tokens, ticks, strict=True), strict=True))
        for document, (token, tick) in given.items():
            self.states[document].check([token], [tick])
        found = {}
        for document in documents:  # the graph turns first tokens alike: they are read one by one
            if not self.states[document].length:
                token, tick = given.pop(document)
                found[document] = self.states[document].append([token], [tick])
        if given:
            found |= self._step(given)
        return np.stack([found[document] for document in documents])

    def _step(self, given: Mapping[int, tuple[int, int]]) -> dict[int, NDArray[np.float32]]:
        """Logits of documents that are given a token and its tick each, in one call.

        A document that takes part only for company is given one after its end, which stays unread
        (or in the last place of the context, which nothing reads again).
        """
        count = _paired(len(given))
        self._gather(given, count)
        if count not in self._together:
            self._together[count] = self._bound(0, count)
        first = self._order[:count]
        before = [min(self._all[d].length, self._config.context - 1) for d in first]
        values = np.array([given.get(document, (0, 0)) for document in first], np.int64)
        logits = self._together[count].run(values[:, :1], values[:, 1:], before)
        for document in given:
            self._all[document].length += 1
        return dict(zip(first, logits, strict=True))

    def _bound(self, start: int, stop: int) -> Call:
        rows = {name: array[start:stop] for name, array in self._cache.items()}
        return Call(self._session, self._config, rows)

    def _gather(self, documents: Collection[int], count: int) -> None:
        """Move some documents to the first rows: there they are neighbours."""
        order = self._order
        outside = [row for row in range(count, len(order)) if order[row] in documents]
        others = [row for row in range(count) if order[row] not in documents]
        for rows in zip(outside, others, strict=False):
            there, here = list(rows), list(rows[::-1])
            for array in self._cache.values():
                array[there] = array[here]
            one, two = (self._all[order[row]] for row in rows)
            one._call, two._call = two._call, one._call
            order[rows[0]], order[rows[1]] = order[rows[1]], order[rows[0]]
