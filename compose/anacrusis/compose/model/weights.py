"""The decoder's weights: their names and shapes, their file, and their quantised form.

Quantised, the matrices of the feed-forward layers have 4 bits; those of attention and the output
matrix, which are small and cost more when they are coarse, have 8. Each matrix is cut into blocks
of inputs, each block with its own scale: blocks are short, so one large weight coarsens only its
neighbours.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from .config import ModelConfig

BLOCK = 64
"""Inputs that share a scale."""


class Quantised(NamedTuple):
    """A matrix of `inputs` by `outputs` in the layout of ONNX Runtime's `MatMulNBits`."""

    levels: NDArray[np.uint8]
    """`[outputs, blocks, BLOCK * bits / 8]`, the earlier of two levels in the lower half of a byte;
    the last block is filled up with zero weights."""
    scales: NDArray[np.float32]
    """`[outputs, blocks]`: a weight is `(level - 2**(bits - 1)) * scale`."""


def weight_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every weight, matrices as `[inputs, outputs]`."""
    inner = config.heads * config.head_dim
    qkv = inner + 2 * config.kv_heads * config.head_dim
    hidden = config.dim * config.ff_mult
    shapes: dict[str, tuple[int, ...]] = {"embedding": (config.vocab_size, config.dim)}
    for layer in range(config.depth):
        shapes |= {
            f"layer{layer}.attention_norm": (config.dim,),
            f"layer{layer}.qkv": (config.dim, qkv),
            f"layer{layer}.attention_out": (inner, config.dim),
            f"layer{layer}.feedforward_norm": (config.dim,),
            f"layer{layer}.feedforward_in": (config.dim, hidden),
            f"layer{layer}.feedforward_out": (hidden, config.dim),
        }
    return shapes | {"final_norm": (config.dim,), "logits": (config.dim, config.vocab_size)}


def require_files(folder: Path, names: Iterable[str], remedy: str) -> None:
    """Raise `ModelError` with a remedy unless a weights folder has all the files named."""
    for name in names:
        if not (folder / name).is_file():
            raise ModelError(f"{folder} is not a weights folder (no {name}); {remedy}")


def read_weights(
    path: Path, config: ModelConfig
) -> tuple[dict[str, NDArray[np.float32]], dict[str, str]]:
    """Return the weights in `path` in single precision, and what the file says of itself.

    Raises `ModelError` where the file is damaged or its weights are not those of `config`.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            names: list[str] = list(file.keys())  # the file itself is not iterable
            weights = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(
            f"the weights {path} are damaged ({error}); install the package or export again"
        ) from error
    found = {name: array.shape for name, array in weights.items()}
    expected = weight_shapes(config)
    if found != expected:
        wrong = sorted(set(found.items()) ^ set(expected.items()))[0][0]
        raise ModelError(
            f"{path}: weight {wrong!r} is {found.get(wrong, 'absent')}, the config asks for "
            f"{expected.get(wrong, 'none')}; export the checkpoint again"
        )
    return {name: array.astype(np.float32) for name, array in weights.items()}, metadata


def is_matrix(name: str) -> bool:
    """Return whether the weight `name` is a matrix product's and may be quantised."""
    return name != "embedding" and not name.endswith("norm")


def bits_of(name: str) -> int:
    """Return the bits of a weight of matrix `name`, when quantised."""
    return 4 if "feedforward" in name else 8


def quantise(matrix: NDArray[Any], bits: int) -> Quantised:
    """Round a matrix `[inputs, outputs]` to 4 or 8 bits.

    The weight farthest from zero in a block is the lowest level exactly: the levels reach one
    farther below zero than above it, so the scale has that weight's sign, reversed.
    """
    inputs, outputs = matrix.shape
    blocks = -(-inputs // BLOCK)
    padded = np.zeros((outputs, blocks * BLOCK), np.float32)
    padded[:, :inputs] = matrix.T
    grouped = padded.reshape(outputs, blocks, BLOCK)
    zero = 1 << (bits - 1)
    farthest = np.take_along_axis(grouped, np.abs(grouped).argmax(-1)[..., None], -1)[..., 0]
    scales: NDArray[np.float32] = np.divide(farthest, -zero, dtype=np.float32)
    divisors = np.where(scales != 0, scales, np.float32(1.0))
    rounded = np.clip(np.rint(grouped / divisors[..., None]), -zero, zero - 1) + zero
    levels: NDArray[np.uint8] = rounded.astype(np.uint8)
    if bits == 4:
        levels = np.bitwise_or(levels[..., 0::2], np.left_shift(levels[..., 1::2], 4))
    return Quantised(levels, scales)


def quantised(weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the weights with each matrix `m` replaced by `m.levels` and `m.scales`."""
    result: dict[str, NDArray[Any]] = {}
    for name, array in weights.items():
        if is_matrix(name):
            result[f"{name}.levels"], result[f"{name}.scales"] = quantise(array, bits_of(name))
        else:
            result[name] = array
    return result
