"""Turn a training checkpoint into the weights folder that decoding reads.

    python -m anacrusis.compose.model.export CHECKPOINT FOLDER

The folder holds `config.json`, `model.safetensors` (the weights, once, in half precision) and two
graphs without weights: `graph.onnx` computes in single precision, `graph-int4.onnx` with quantised
matrices that are made while loading. `tokenizer.json` is the vocabulary. Matrices are laid out for
decoding (`layouts`).
"""

import os
import sys
from collections.abc import Mapping

import torch
from safetensors.numpy import save

from ..atomic import atomic_folder
from ..errors import AnacrusisError, ModelError
from ..quotes import FILE as QUOTES
from ..tokens.tokenizer_file import TOKENIZER, tokenizer_text
from ..tokens.vocabulary import vocabulary
from .checkpoint import load_checkpoint
from .config import ModelConfig
from .graph import build_graph
from .layouts import decoding_weights

FOLDER_HOLDS = (
    "config.json", "model.safetensors", "graph.onnx", "graph-int4.onnx", TOKENIZER,
    "README.md", "data.json", "training.jsonl", "LICENSE", QUOTES,
)  # fmt: skip
"""What a weights folder holds, with its papers."""


def export_checkpoint(
    checkpoint: str | os.PathLike[str], folder: str | os.PathLike[str]
) -> ModelConfig:
    """Write the weights folder of a checkpoint and return its model's config."""
    read = load_checkpoint(checkpoint)
    export_weights(read.model, read.model_config, folder, {"vocab_hash": read.vocab_hash})
    return read.model_config


def export_weights(
    state: Mapping[str, torch.Tensor],
    config: ModelConfig,
    folder: str | os.PathLike[str],
    metadata: dict[str, str] | None = None,
) -> None:
    """Write `state`, the parameters of a `ScoreTransformer`, as a weights folder.

    `metadata` is stored with the weights (the vocabulary's hash belongs there). Raises `ModelError`
    where a weight is too large for half precision or does not fit `config`.
    """
    files = weights_files(state, config, metadata)
    with atomic_folder(folder, "config.json", FOLDER_HOLDS) as temporary:
        for name, content in files.items():
            (temporary / name).write_bytes(content)


def check_positions(config: ModelConfig) -> None:
    """Raise `ModelError` where decoding does not know the form of attention."""
    if not config.position_names <= {"index", "metrical", "alibi"}:
        raise ModelError(
            f"positions are {config.positions!r}; decoding knows index, metrical and alibi. Train "
            "with these"
        )


def weights_files(
    state: Mapping[str, torch.Tensor], config: ModelConfig, metadata: dict[str, str] | None = None
) -> dict[str, bytes]:
    """Return the files of a weights folder, without its papers, as `export_weights` writes them."""
    check_positions(config)
    files = {"model.safetensors": save(decoding_weights(state, config), metadata)}
    for name, quantised in (("graph.onnx", False), ("graph-int4.onnx", True)):
        files[name] = build_graph(config, quantised).SerializeToString()
    if metadata is not None and metadata.get("vocab_hash") == vocabulary().digest:
        files[TOKENIZER] = tokenizer_text().encode()
    files["config.json"] = config.text().encode()
    return files


def main(arguments: list[str] | None = None) -> int:
    """Export from the command line; return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 2 or given[0].startswith("-"):
        print("usage: python -m anacrusis.compose.model.export CHECKPOINT FOLDER", file=sys.stderr)
        return 2
    try:
        config = export_checkpoint(given[0], given[1])
    except AnacrusisError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{given[1]}: {config.depth} layers of width {config.dim}, {config.vocab_size} tokens")
    return 0


if __name__ == "__main__":
    sys.exit(main())
