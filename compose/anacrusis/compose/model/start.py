"""Trained weights as the start of a run: fine-tuning."""

import dataclasses
import os
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ..errors import ModelError
from .config import ModelConfig
from .layouts import training_weights
from .runtime import DEFAULT, weights_folder
from .weights import read_weights, require_files

FINE_TUNING: Mapping[str, Any] = {
    "learning_rate": 3e-4,
    "warmup": 20,
    "batch_tokens": 4096,
    "valid_every": 50,
}
"""Settings of a run from trained weights where nothing else is stated: small steps from the
start on, smaller batches for less data, and validation often enough to see when it has enough."""
MINUTES = 15.0
"""Length of such a run where nothing else is stated."""
_MAY_DIFFER = ("dropout",)
"""Fields of the model that have no weights."""


class Start(NamedTuple):
    """What a run starts from."""

    config: ModelConfig
    state: dict[str, Any]
    """Parameters of the network, by name."""
    vocab_hash: str


def read_start(init: str | os.PathLike[str]) -> Start:
    """Read a weights folder to train on; raise `ModelError` where it is none or damaged."""
    folder = weights_folder(init)
    require_files(
        folder, ("config.json", "model.safetensors"),
        f"--init takes {DEFAULT!r} or a folder such as RUN/weights, which `anacrusis train` leaves",
    )  # fmt: skip
    config = ModelConfig.load(folder / "config.json")
    arrays, metadata = read_weights(folder / "model.safetensors", config)
    return Start(config, training_weights(arrays, config), metadata.get("vocab_hash", ""))


def with_fields(
    config: ModelConfig,
    stated: Mapping[str, Any],
    may_differ: Collection[str] = _MAY_DIFFER,
    *,
    have: str = "the weights to start from have",
    remedy: str = "train from no weights (--init none)",
) -> ModelConfig:
    """The config of weights or of a run with what settings state of the model.

    Raises `ModelError`, in the words of `have` and `remedy`, for a shape that is not their own.
    """
    asked = ModelConfig.from_mapping(config.to_mapping() | dict(stated), "model")
    for field in dataclasses.fields(ModelConfig):
        own, wanted = getattr(config, field.name), getattr(asked, field.name)
        if own != wanted and field.name not in may_differ:
            raise ModelError(
                f"model: {field.name} is {wanted!r}, {have} {own!r}; leave it out, or {remedy}"
            )
    return asked
