"""Checkpoints: everything a run needs to go on as if it had never stopped.

Batches and dropout follow from the seed and the step, so weights, optimiser state and a few
numbers are the whole state.
"""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ..atomic import atomic_path
from ..errors import ModelError
from .config import ModelConfig, TrainConfig

LAST = "last.ckpt"
BEST = "best.ckpt"
FORMAT = "anacrusis-checkpoint-2"


@dataclass(slots=True)
class Progress:
    """Where a run stands."""

    step: int = 0
    """Steps done."""
    steps: int = 0
    """Steps of the whole schedule; 0 while not yet planned."""
    tokens: int = 0
    """Target tokens seen."""
    seconds: float = 0.0
    """Seconds of training, over all launches."""
    best_loss: float = float("inf")
    """Lowest validation loss so far, in nats per token."""
    best_step: int = 0
    """Steps done when it was measured."""
    start_loss: float = float("inf")
    """Validation loss of the weights that the run started from; infinite for random ones."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint as read from disk."""

    model_config: ModelConfig
    train_config: TrainConfig
    vocab_hash: str
    progress: Progress
    model: dict[str, Any]
    """Parameters by name."""
    optimizer: dict[str, Any]
    """Optimiser state by parameter name, whole however many processes trained; empty in a
    checkpoint that is kept for its weights alone."""


def save_checkpoint(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write `checkpoint` to `path`, whole or not at all."""
    content = {
        "format": FORMAT,
        "model_config": checkpoint.model_config.to_mapping(),
        "train_config": checkpoint.train_config.to_mapping(),
        "vocab_hash": checkpoint.vocab_hash,
        "progress": asdict(checkpoint.progress),
        "model": checkpoint.model,
        "optimizer": checkpoint.optimizer,
    }
    with atomic_path(path) as temporary:
        torch.save(content, temporary)


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint to the CPU; raise `ModelError` where it is missing or damaged."""
    if not Path(path).is_file():
        raise ModelError(f"there is no checkpoint {path}; check --out, or start without --resume")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds, from pickle, zip and its own
        raise ModelError(f"the checkpoint {path} is damaged ({error}); use another one") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelError(f"{path} is not a checkpoint of this program ({FORMAT} was expected)")
    return Checkpoint(
        ModelConfig.from_mapping(content["model_config"], str(path)),
        TrainConfig.from_mapping(content["train_config"], str(path)),
        content["vocab_hash"],
        Progress(**content["progress"]),
        content["model"],
        content["optimizer"],
    )
