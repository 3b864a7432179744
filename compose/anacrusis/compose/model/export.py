"""Turn a training checkpoint into the weights folder that decoding reads.

    python -m anacrusis.compose.model.export CHECKPOINT FOLDER

The folder holds `config.json`, `model.safetensors` (the weights, once, in half precision) and two
graphs without weights: `graph.onnx` computes in single precision, `graph-int4.onnx` with quantised
matrices that are made while loading. Matrices are laid out for decoding: queries, keys and values
side by side, heads grouped by the keys they share, each head's rotary pairs split into halves.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save

from ..atomic import atomic_folder
from ..errors import AnacrusisError, ModelError
from .checkpoint import load_checkpoint
from .config import ModelConfig
from .graph import build_graph
from .weights import weight_shapes

FOLDER_HOLDS = (
    "config.json", "model.safetensors", "graph.onnx", "graph-int4.onnx",
    "README.md", "data.json", "training.jsonl", "LICENSE", "quotes.npz",
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
    if not config.position_names <= {"index", "metrical"}:
        raise ModelError(
            f"positions are {config.positions!r}; decoding knows index, metrical and "
            "index+metrical. Train with one of these"
        )
    arrays = decoding_weights(state, config)
    with atomic_folder(folder, "config.json", FOLDER_HOLDS) as temporary:
        (temporary / "model.safetensors").write_bytes(save(arrays, metadata))
        for name, quantised in (("graph.onnx", False), ("graph-int4.onnx", True)):
            (temporary / name).write_bytes(build_graph(config, quantised).SerializeToString())
        config.save(temporary / "config.json")


def decoding_weights(
    state: Mapping[str, torch.Tensor], config: ModelConfig
) -> dict[str, NDArray[np.float16]]:
    """Return the weights under the names and in the shapes of `weight_shapes`."""
    stem = "net.attn_layers.layers"
    arrays: dict[str, NDArray[Any]] = {
        "embedding": _numpy(state, "net.token_emb.emb.weight"),
        "final_norm": _numpy(state, "net.attn_layers.final_norm.g"),
        "logits": _numpy(state, "net.to_logits.weight").T,
    }
    for layer in range(config.depth):
        attention, feedforward = f"{stem}.{2 * layer}", f"{stem}.{2 * layer + 1}"
        q, k, v = (_numpy(state, f"{attention}.1.to_{part}.weight") for part in "qkv")
        q = _group_heads(_split_pairs(q, config), config)
        qkv = np.concatenate([q, _split_pairs(k, config), v])
        out = _numpy(state, f"{attention}.1.to_out.weight").T
        arrays |= {
            f"layer{layer}.attention_norm": _numpy(state, f"{attention}.0.0.g"),
            f"layer{layer}.qkv": qkv.T,
            f"layer{layer}.attention_out": _group_heads(out, config),
            f"layer{layer}.feedforward_norm": _numpy(state, f"{feedforward}.0.0.g"),
            f"layer{layer}.feedforward_in": _numpy(state, f"{feedforward}.1.ff.0.0.weight").T,
            f"layer{layer}.feedforward_out": _numpy(state, f"{feedforward}.1.ff.2.weight").T,
        }
    with np.errstate(over="ignore"):  # checked below
        halves = {name: np.ascontiguousarray(array, np.float16) for name, array in arrays.items()}
    for name, shape in weight_shapes(config).items():
        if halves[name].shape != shape:
            raise ModelError(f"weight {name} has shape {halves[name].shape}; {shape} was expected")
        if not np.isfinite(halves[name]).all():
            raise ModelError(f"weight {name} is beyond half precision; train it further or again")
    return halves


def _split_pairs(matrix: NDArray[Any], config: ModelConfig) -> NDArray[Any]:
    """Move each head's rows from adjacent rotary pairs (0 1, 2 3) to halves (0 2 .., 1 3 ..)."""
    heads = matrix.reshape(-1, config.head_dim // 2, 2, matrix.shape[1])
    return heads.swapaxes(1, 2).reshape(matrix.shape)


def _group_heads(matrix: NDArray[Any], config: ModelConfig) -> NDArray[Any]:
    """Put the heads (in rows) that share a key-value head next to each other.

    In x-transformers head i reads key-value head i mod `kv_heads`; in the decoding graph, a run of
    neighbours reads the same one.
    """
    heads = matrix.reshape(-1, config.kv_heads, config.head_dim, matrix.shape[1])
    return heads.swapaxes(0, 1).reshape(matrix.shape)


def _numpy(state: Mapping[str, torch.Tensor], name: str) -> NDArray[Any]:
    if name not in state:
        raise ModelError(f"the checkpoint has no weight {name!r}; it is of another network")
    return state[name].detach().float().cpu().numpy()


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
