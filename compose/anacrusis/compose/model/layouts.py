"""The two layouts of the weights: as the network trains, and as the graph decodes.

For decoding, queries, keys and values stand side by side, heads are grouped by the keys they share,
each head's rotary pairs are split into halves, and matrices are `[inputs, outputs]` in half
precision. Each layout is the exact inverse of the other, but for the rounding to half precision.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import ModelError
from .config import ModelConfig
from .weights import weight_shapes

_EMBEDDING, _NORM = "net.token_emb.emb.weight", "net.attn_layers.final_norm.g"
_LOGITS, _LAYERS = "net.to_logits.weight", "net.attn_layers.layers"


def decoding_weights(
    state: Mapping[str, torch.Tensor], config: ModelConfig
) -> dict[str, NDArray[np.float16]]:
    """Return the weights under the names and in the shapes of `weight_shapes`."""
    arrays: dict[str, NDArray[Any]] = {
        "embedding": _numpy(state, _EMBEDDING),
        "final_norm": _numpy(state, _NORM),
        "logits": _numpy(state, _LOGITS).T,
    }
    for layer in range(config.depth):
        attention, feedforward = f"{_LAYERS}.{2 * layer}", f"{_LAYERS}.{2 * layer + 1}"
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


def training_weights(
    arrays: Mapping[str, NDArray[Any]], config: ModelConfig
) -> dict[str, torch.Tensor]:
    """Return the state of a `ScoreTransformer` from decoding weights, in single precision.

    `arrays` are those that `weights.read_weights` gives, which has checked names and shapes. The
    inverse of `decoding_weights`.
    """
    inner, shared = config.heads * config.head_dim, config.kv_heads * config.head_dim
    state: dict[str, NDArray[Any]] = {
        _EMBEDDING: arrays["embedding"],
        _NORM: arrays["final_norm"],
        _LOGITS: arrays["logits"].T,
    }
    for layer in range(config.depth):
        attention, feedforward = f"{_LAYERS}.{2 * layer}", f"{_LAYERS}.{2 * layer + 1}"
        q, k, v = np.split(arrays[f"layer{layer}.qkv"].T, [inner, inner + shared])
        out = arrays[f"layer{layer}.attention_out"]
        state |= {
            f"{attention}.0.0.g": arrays[f"layer{layer}.attention_norm"],
            f"{attention}.1.to_q.weight": _join_pairs(_ungroup_heads(q, config), config),
            f"{attention}.1.to_k.weight": _join_pairs(k, config),
            f"{attention}.1.to_v.weight": v,
            f"{attention}.1.to_out.weight": _ungroup_heads(out, config).T,
            f"{feedforward}.0.0.g": arrays[f"layer{layer}.feedforward_norm"],
            f"{feedforward}.1.ff.0.0.weight": arrays[f"layer{layer}.feedforward_in"].T,
            f"{feedforward}.1.ff.2.weight": arrays[f"layer{layer}.feedforward_out"].T,
        }
    return {
        name: torch.from_numpy(np.array(array, np.float32, order="C"))
        for name, array in state.items()
    }


def _split_pairs(matrix: NDArray[Any], config: ModelConfig) -> NDArray[Any]:
    """Move each head's rows from adjacent rotary pairs (0 1, 2 3) to halves (0 2 .., 1 3 ..)."""
    heads = matrix.reshape(-1, config.head_dim // 2, 2, matrix.shape[1])
    return heads.swapaxes(1, 2).reshape(matrix.shape)


def _join_pairs(matrix: NDArray[Any], config: ModelConfig) -> NDArray[Any]:
    """The inverse of `_split_pairs`."""
    heads = matrix.reshape(-1, 2, config.head_dim // 2, matrix.shape[1])
    return heads.swapaxes(1, 2).reshape(matrix.shape)


def _group_heads(matrix: NDArray[Any], config: ModelConfig) -> NDArray[Any]:
    """Put the heads (in rows) that share a key-value head next to each other.

    In x-transformers head i reads key-value head i mod `kv_heads`; in the decoding graph, a run of
    neighbours reads the same one.
    """
    heads = matrix.reshape(-1, config.kv_heads, config.head_dim, matrix.shape[1])
    return heads.swapaxes(0, 1).reshape(matrix.shape)


def _ungroup_heads(matrix: NDArray[Any], config: ModelConfig) -> NDArray[Any]:
    """The inverse of `_group_heads`."""
    heads = matrix.reshape(config.kv_heads, -1, config.head_dim, matrix.shape[1])
    return heads.swapaxes(0, 1).reshape(matrix.shape)


def _numpy(state: Mapping[str, torch.Tensor], name: str) -> NDArray[Any]:
    if name not in state:
        raise ModelError(f"the checkpoint has no weight {name!r}; it is of another network")
    return state[name].detach().float().cpu().numpy()
