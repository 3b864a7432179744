"""Run the model without torch: ONNX Runtime, one static key-value cache, no copies per token.

The runtime knows tokens and their ticks, nothing of music. Everything that a step reads or writes
is bound once per state; a step writes one token, one row of the rotary tables and two lengths, and
runs the graph.

    runtime = Runtime.load()
    state = runtime.start()
    logits = state.append(tokens, ticks)
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..tokens.tokenizer_file import TOKENIZER, read_tokenizer
from .config import ModelConfig
from .rotary import rotary_angles
from .weights import quantised, read_weights, require_files

if TYPE_CHECKING:
    import onnxruntime

SHIPPED = Path(__file__).resolve().parent.parent / "weights" / "default"
"""The weights that come with the package."""
DEFAULT = "default"
"""Their name where a folder could be named."""

GRAPHS = {"fp32": "graph.onnx", "int4": "graph-int4.onnx"}
"""The graph file of each precision."""


def weights_folder(named: str | os.PathLike[str]) -> Path:
    """The folder of weights that are named: a path, or ``default`` for the package's own."""
    return SHIPPED if str(named) == DEFAULT else Path(named)


class Runtime:
    """A loaded model. It may serve any number of states, one call at a time."""

    def __init__(
        self,
        session: "onnxruntime.InferenceSession",
        config: ModelConfig,
        metadata: dict[str, str],
        threads: int,
        weights: "list[onnxruntime.OrtValue]",
    ) -> None:
        """Wrap a session and the weights it reads in place; use `Runtime.load`."""
        self.config = config
        self.metadata = metadata
        """What the weights file says of itself, such as `vocab_hash`."""
        self.threads = threads
        self._session = session
        self._weights = weights

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike[str] | None = None,
        threads: int = 1,
        precision: str = "int4",
    ) -> "Runtime":
        """Load a weights folder, or the shipped weights for None, to run on `threads` CPU threads.

        Raises `ModelError` where a file is missing, damaged, or does not fit the others.
        """
        path = SHIPPED if folder is None else Path(folder)
        if threads < 1:
            raise ModelError(f"threads is {threads}; it must be at least 1")
        if precision not in GRAPHS:
            raise ModelError(f"precision is {precision!r}; it must be one of {list(GRAPHS)}")
        require_files(
            path, ("config.json", GRAPHS[precision], "model.safetensors"),
            "export a checkpoint or install the package again",
        )  # fmt: skip
        config = ModelConfig.load(path / "config.json")
        weights, metadata = read_weights(path / "model.safetensors", config)
        _check_tokenizer(path / TOKENIZER, metadata)
        if precision == "int4":
            weights = quantised(weights)
        session, values = _open_session(path / GRAPHS[precision], weights, threads)
        shape = [config.context, config.head_dim // 2]
        inputs = {value.name: value.shape for value in session.get_inputs()}
        if inputs.get("cos") != shape or len(inputs) != 5 + 2 * config.depth:
            raise ModelError(
                f"{path / GRAPHS[precision]} is of another model than config.json; "
                "export the checkpoint again"
            )
        return cls(session, config, metadata, threads, values)

    @property
    def context(self) -> int:
        """Most tokens a state holds."""
        return self.config.context

    def start(self) -> "State":
        """Return an empty state."""
        return State(self._session, self.config)


class State:
    """The tokens the model has read: its keys, values and rotary angles so far."""

    def __init__(self, session: "onnxruntime.InferenceSession", config: ModelConfig) -> None:
        """Allocate buffers for a whole context; use `Runtime.start`."""
        import onnxruntime

        self._session, self._config = session, config
        self.length = 0
        """Number of tokens read."""
        cache = (1, config.kv_heads, config.context, config.head_dim)
        names = [f"{kind}_{layer}" for layer in range(config.depth) for kind in ("key", "value")]
        self._cache = {name: np.zeros(cache, np.float32) for name in names}
        self._cos = np.zeros((config.context, config.head_dim // 2), np.float32)
        self._sin = np.zeros_like(self._cos)
        self._seqlens = np.zeros(1, np.int32)
        self._total = np.zeros((), np.int32)
        self._token = np.zeros((1, 1), np.int64)
        self._logits = np.zeros((1, config.vocab_size), np.float32)
        # OrtValues on the CPU share memory with the arrays; they are kept for the binding's sake.
        wrap = onnxruntime.OrtValue.ortvalue_from_numpy
        self._fixed = {
            "cos": wrap(self._cos),
            "sin": wrap(self._sin),
            "seqlens": wrap(self._seqlens),
            "total": wrap(self._total),
        }
        self._values = {name: wrap(array) for name, array in self._cache.items()}
        self._out = wrap(self._logits)
        self._token_value = wrap(self._token)
        self._step = self._bind(self._token_value)

    def append(self, tokens: Sequence[int], ticks: Sequence[int]) -> NDArray[np.float32]:
        """Append tokens and return the logits of the token after them, `[vocab]` float32.

        `ticks` gives the metrical position of each token. Raises `ModelError` where nothing is
        appended, a token is outside the vocabulary, or the context would overflow.
        """
        count, config = len(tokens), self._config
        if count == 0 or len(ticks) != count:
            raise ModelError(f"{count} tokens with {len(ticks)} ticks; give one tick per token")
        end = self.length + count
        if end > config.context:
            raise ModelError(
                f"{end} tokens are more than the model's context of {config.context}; "
                "start a new state with the last part of the piece"
            )
        ids = np.asarray(tokens, np.int64)
        if ids.min() < 0 or ids.max() >= config.vocab_size:
            raise ModelError(
                f"a token of {ids.min()} to {ids.max()} is outside the vocabulary; "
                f"ids are 0 to {config.vocab_size - 1}"
            )
        angles = rotary_angles(np.arange(self.length, end), np.asarray(ticks), config)
        np.cos(angles, out=self._cos[self.length : end])
        np.sin(angles, out=self._sin[self.length : end])
        self._seqlens[0] = end - 1
        self._total[()] = end
        if count == 1:
            self._token[0, 0] = ids[0]
            self._session.run_with_iobinding(self._step)
        else:
            import onnxruntime

            value = onnxruntime.OrtValue.ortvalue_from_numpy(ids[None])
            self._session.run_with_iobinding(self._bind(value))
        self.length = end
        logits: NDArray[np.float32] = self._logits[0].copy()
        return logits

    def truncate(self, length: int) -> None:
        """Forget all tokens after the first `length`. Raises `ModelError` where it has fewer."""
        if not 0 <= length <= self.length:
            raise ModelError(f"length is {length}; the state has read {self.length} tokens")
        self.length = length

    def _bind(self, tokens: "onnxruntime.OrtValue") -> Any:
        binding = self._session.io_binding()
        binding.bind_ortvalue_input("tokens", tokens)
        for name, value in self._fixed.items():
            binding.bind_ortvalue_input(name, value)
        for name, value in self._values.items():
            binding.bind_ortvalue_input(f"past_{name}", value)
            binding.bind_ortvalue_output(f"present_{name}", value)
        binding.bind_ortvalue_output("logits_out", self._out)
        return binding


def _check_tokenizer(path: Path, metadata: dict[str, str]) -> None:
    """Compare the vocabulary beside the weights with theirs; beside other tokens there is none."""
    if not path.exists():
        return
    found, stated = read_tokenizer(path).digest, metadata.get("vocab_hash")
    if found != stated:
        raise ModelError(
            f"{path} is of other tokens ({found}) than the weights beside it ({stated}); "
            "export the checkpoint again"
        )


def _open_session(
    path: Path, weights: dict[str, NDArray[Any]], threads: int
) -> "tuple[onnxruntime.InferenceSession, list[onnxruntime.OrtValue]]":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wrap = onnxruntime.OrtValue.ortvalue_from_numpy
    values = [wrap(array) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    try:
        session = onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's own exceptions share no other root
        raise ModelError(
            f"ONNX Runtime cannot use {path} with its weights ({str(error).splitlines()[0]}); "
            "install the package or export the checkpoint again"
        ) from error
    return session, values
