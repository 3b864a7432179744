"""One process or many: how a run is spread over processes, machines and accelerators.

`torchrun` starts the processes; each takes its rows of every batch, and the gradients are averaged
such that the result is that of one process with the whole batch. Weights are copied to all (DDP),
or lie in parts (FSDP2: Zhao et al. 2023) where they are too large for one device.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.loggers.tensorboard import TensorBoardLogger
from lightning_fabric.strategies.ddp import DDPStrategy
from lightning_fabric.strategies.model_parallel import ModelParallelStrategy
from lightning_fabric.strategies.strategy import Strategy
from torch.distributed.fsdp import fully_shard

from .batches import IGNORE, Batch
from .config import TrainConfig
from .network import ScoreTransformer


def start_fabric(config: TrainConfig, out: Path) -> Fabric:
    """Join the processes that `torchrun` started, or stand alone."""
    world, local = (int(os.environ.get(name, 1)) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    strategy: Strategy | str = "auto"
    if world > 1 and config.strategy == "fsdp2":
        strategy = ModelParallelStrategy(
            _shard_layers, data_parallel_size=world, tensor_parallel_size=1
        )
    elif world > 1:
        strategy = DDPStrategy()
    fabric = Fabric(
        accelerator=config.accelerator,
        devices=local,
        num_nodes=world // local,
        strategy=strategy,
        precision=_fabric_precision(config),
        loggers=TensorBoardLogger(out, name="tensorboard", version=""),
    )
    fabric.launch()
    return fabric


def share_of(batch: Batch, rank: int, world: int) -> Batch:
    """Return the rows of one process; a row without targets where there are too few."""
    if world == 1:
        return batch
    rows = slice(rank, None, world)
    part = Batch(batch.tokens_BT[rows], batch.ticks_BT[rows], batch.targets_BT[rows])
    if len(part.tokens_BT):
        return part
    return Batch(
        batch.tokens_BT[:1], batch.ticks_BT[:1], np.full_like(batch.targets_BT[:1], IGNORE)
    )


def _shard_layers(network: ScoreTransformer, mesh: Any) -> ScoreTransformer:
    parts = mesh["data_parallel"]
    layers: Any = network.net.attn_layers.layers  # each a list: norms, branch, residual
    for layer in layers:
        fully_shard(layer[1], mesh=parts)
    fully_shard(network, mesh=parts)
    return network


def _fabric_precision(config: TrainConfig) -> Any:
    if config.precision == "fp32":
        return "32-true"
    if config.precision == "bf16" or has_fast_bf16(config.accelerator):
        return "bf16-mixed"
    return "32-true"


def has_fast_bf16(accelerator: str) -> bool:
    """Whether the processor or accelerator has instructions for bf16."""
    if accelerator != "cpu" and torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    # Without these instructions bf16 is emulated and slower than fp32.
    capabilities = torch.backends.cpu.get_cpu_capability()
    flags = Path("/proc/cpuinfo")
    named = flags.read_text() if flags.exists() else ""
    return "AVX512" in capabilities and ("avx512_bf16" in named or "amx_bf16" in named)
