"""Run the model without torch, on ONNX Runtime. It knows tokens and their ticks, nothing of music.

runtime = Runtime.load()
state = runtime.start()
logits = state.append(tokens, ticks)
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ..errors import ModelError
from ..tokens.tokenizer_file import TOKENIZER, read_tokenizer
from .config import ModelConfig
from .state import Batch, Call, State, empty_cache
from .weights import quantised, read_weights, require_files

if TYPE_CHECKING:
    import onnxruntime

SHIPPED = Path(__file__).resolve().parent.parent / "weights" / "default"
"""The weights that come with the package."""
DEFAULT = "default"
"""Their name where a folder could be named."""

GRAPHS = {"fp32": "graph.onnx", "int4": "graph-int4.onnx"}
"""The graph file of each precision."""

MOST_DOCUMENTS = 64
"""Most documents of a batch. Each takes the memory of a whole context."""


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
        if inputs.get("cos") != shape or len(inputs) != 6 + 2 * config.depth:
            raise ModelError(
                f"{path / GRAPHS[precision]} is of another model than config.json, or of another "
                "version; export the checkpoint again"
            )
        return cls(session, config, metadata, threads, values)

    @property
    def context(self) -> int:
        """Most tokens a state holds."""
        return self.config.context

    def start(self) -> "State":
        """Return an empty state."""
        return State(Call(self._session, self.config, empty_cache(self.config, 1)), self.config)

    def start_batch(self, documents: int) -> Batch:
        """Return empty states that are decoded side by side, 1 to `MOST_DOCUMENTS`."""
        if not 1 <= documents <= MOST_DOCUMENTS:
            raise ModelError(f"documents is {documents}; it must be from 1 to {MOST_DOCUMENTS}")
        return Batch(self._session, self.config, documents)


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
