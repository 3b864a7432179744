"""What a run trains with: settings of a file and of options, of a new run or one that goes on."""

import os
from dataclasses import replace

from ..errors import ModelError
from .config import ModelConfig, TrainConfig, read_json
from .shards import ShardMeta
from .start import FINE_TUNING, MINUTES, Start, with_fields


def load_config(
    shards: str | os.PathLike[str],
    out: str | os.PathLike[str],
    file: str | os.PathLike[str] | None = None,
    *,
    resume: bool = False,
    **stated: str | float | None,
) -> TrainConfig:
    """The settings of a run: those of a JSON file, and over them whatever else is stated.

    A run that starts from weights (`init`) has the defaults of `start.FINE_TUNING`.

    Raises `ModelError` for a file that cannot be read and for settings that do not exist.
    """
    values = read_json(file) if file is not None else {}
    init = stated.get("init")
    if values.get("init") if init is None else init:
        values = {**FINE_TUNING, **values}
        if not resume and not any(v.get(n) for v in (values, stated) for n in ("steps", "minutes")):
            values["minutes"] = MINUTES
    values |= {"shards": str(shards), "out": str(out)}
    values |= {name: value for name, value in stated.items() if value is not None}
    if resume and not values.get("steps") and not values.get("minutes"):
        values["minutes"] = 1.0  # the checkpoint knows the real plan
    return TrainConfig.from_mapping(values, str(file or "options"))


def shape_of(config: TrainConfig, meta: ShardMeta, start: Start | None) -> ModelConfig:
    """The shape of a new run's network: as stated, or as its trained weights have it."""
    if start is None:
        return ModelConfig.from_mapping({**config.model, "vocab_size": meta.vocab_size}, "model")
    if (start.vocab_hash, start.config.vocab_size) != (meta.vocab_hash, meta.vocab_size):
        raise ModelError(
            f"the weights {config.init} speak vocabulary {start.vocab_hash or 'unknown'} of "
            f"{start.config.vocab_size} tokens, the shards {meta.vocab_hash} of {meta.vocab_size}; "
            "prepare the shards with this version, or start from other weights"
        )
    return with_fields(start.config, config.model)


def resumed(new: TrainConfig, old: TrainConfig) -> TrainConfig:
    """The settings of a run that goes on: its own, but for what may change on the way."""
    if new.init and new.init != old.init:
        raise ModelError(
            f"init is {new.init!r}, the run in {new.out} started from "
            f"{old.init or 'random weights'}; leave it out, or start a new run"
        )
    return replace(
        old,
        shards=new.shards,
        out=new.out,
        steps=new.steps or old.steps,
        threads=new.threads or old.threads,
        accelerator=old.accelerator if new.accelerator == "auto" else new.accelerator,
    )
