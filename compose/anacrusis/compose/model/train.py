"""Train the model on prepared shards: a plain loop on Lightning Fabric.

    python -m anacrusis.compose.model.train --shards DIR --out DIR --minutes 60
    python -m anacrusis.compose.model.train --shards DIR --out DIR --resume
    torchrun --nproc-per-node 8 -m anacrusis.compose.model.train --shards DIR --out DIR ...

With `--init` a run starts from trained weights. The out folder then holds `config.json`,
`last.ckpt`, `best.ckpt` (lowest validation loss), `log.jsonl` and TensorBoard events. SIGINT and
SIGTERM save `last.ckpt` and end the run; `--resume` continues it with the losses it would have had.
"""

import argparse
import ctypes
import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.tensor import DTensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from ..errors import AnacrusisError, ModelError
from ..tokens.octaves import move_octave
from ..tokens.vocabulary import vocabulary
from .batches import IGNORE, Augment, Batch, BatchSampler, fixed_batches
from .checkpoint import BEST, LAST, Checkpoint, Progress, load_checkpoint, save_checkpoint
from .config import ModelConfig, TrainConfig
from .network import ScoreTransformer
from .optimizer import make_optimizers
from .parallel import share_of, start_fabric
from .run_config import load_config, resumed, shape_of
from .schedule import SKIPPED_STEPS, TIMED_STEPS, learning_rate, planned_steps
from .shards import ShardReader
from .start import read_start, with_fields
from .train_display import Display

TRIM_EVERY = 20
"""Steps after which freed memory is given back."""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """How a run ended."""

    progress: Progress
    finished: bool
    """False where a signal ended the run before its last step."""
    checkpoint: Path
    """The weights of a run: the last ones, or the best ones where it started from trained weights
    and may have learnt too much of little data."""


def train(
    config: TrainConfig,
    resume: bool = False,
    show_progress: bool = True,
    on_step: Callable[[int], None] | None = None,
    network: Callable[[ModelConfig], ScoreTransformer] = ScoreTransformer,
) -> TrainResult:
    """Train until the schedule ends or a signal comes; return where the run stands.

    `on_step` is called with the number of steps done, after each one; `network` makes what is
    trained.

    With `resume` the run in `config.out` goes on as the checkpoint says; only the paths, a new
    number of steps or threads above 0 and an accelerator other than "auto" are taken from
    `config`, and no other shape may be stated. Raises `ModelError` on shards or checkpoints that
    cannot be used.
    """
    run = _Run(config, resume, network)
    shown = show_progress and run.leads and not run.done
    with _stop_on_signal() as stop, Display(shown) as display:
        if run.config.init and run.progress.step == 0:
            run.progress.start_loss = run.validate(display)  # what they know before they learn
        while not run.done and not run.agreed(bool(stop)):
            run.train_step(display)
            if on_step is not None:
                on_step(run.progress.step)
        run.save()
        finished = run.done
    run.close()
    return TrainResult(run.progress, finished, run.out / (BEST if run.config.init else LAST))


class _Run:
    """The state of one launch: network, optimiser, data, logs."""

    def __init__(
        self, config: TrainConfig, resume: bool, network: Callable[[ModelConfig], ScoreTransformer]
    ) -> None:
        self.out = Path(config.out)
        checkpoint = load_checkpoint(self.out / LAST) if resume else None
        if checkpoint is None:
            check_new(self.out)
        reader = ShardReader(config.shards)
        self.vocab_hash = reader.meta.vocab_hash
        start = read_start(config.init) if checkpoint is None and config.init else None
        if checkpoint is None:
            self.model_config = shape_of(config, reader.meta, start)
            self.config = config
            self.progress = Progress(steps=config.steps)
        else:
            self.config = resumed(config, checkpoint.train_config)
            self.model_config = with_fields(
                checkpoint.model_config, config.model, (),
                have=f"the run in {config.out} has", remedy="start a new run in another --out",
            )  # fmt: skip
            self.progress = checkpoint.progress
            if config.steps:
                self.progress.steps = config.steps
            if checkpoint.vocab_hash != self.vocab_hash:
                raise ModelError(
                    f"the run in {self.out} was trained with vocabulary {checkpoint.vocab_hash}, "
                    f"the shards hold {self.vocab_hash}; prepare shards with the run's vocabulary"
                )
        self.out.mkdir(parents=True, exist_ok=True)
        if self.config.threads:
            torch.set_num_threads(self.config.threads)
        self.fabric = start_fabric(self.config, self.out)
        self.leads = self.fabric.global_rank == 0
        torch.manual_seed(self.config.seed)
        self.module = network(self.model_config)
        # One graph for all batch shapes: each band of lengths would otherwise compile anew.
        compiled: Any = self.module
        if self.config.compile:
            compiled = torch.compile(compiled, dynamic=True)
        self.network: Any = self.fabric.setup_module(compiled)
        self.optimizers: list[Any] = [
            self.fabric.setup_optimizers(one) for one in make_optimizers(self.module, self.config)
        ]
        if checkpoint is not None:
            self._restore(checkpoint)
        elif start is not None:
            whole = StateDictOptions(full_state_dict=True)
            set_model_state_dict(self.module, start.state, options=whole)
        self.parameter_count = self.module.parameter_count()
        self.sampler = BatchSampler(
            reader.split("train"),
            self.model_config,
            self.config.batch_tokens,
            self.config.seed,
            augmentation(self.config, self.vocab_hash),
        )
        self.valid = list(
            fixed_batches(
                reader.split("valid"),
                self.model_config,
                self.config.batch_tokens,
                self.config.valid_batches,
            )
        )
        self.log = None
        if self.leads:
            self.config.save(self.out / "config.json")
            self.log = (self.out / "log.jsonl").open("a", encoding="utf-8")
        self.saved_at = time.monotonic()
        self.speed = _Speed()

    @property
    def done(self) -> bool:
        return 0 < self.progress.steps <= self.progress.step

    def train_step(self, display: Display) -> None:
        """Take one optimiser step, then whatever is due: logs, validation, a checkpoint."""
        began = time.monotonic()
        progress, config = self.progress, self.config
        rank, world = self.fabric.global_rank, self.fabric.world_size
        # Dropout follows from seed and step, so that a resumed run drops the same units.
        torch.manual_seed((config.seed << 32) + (progress.step + 1) * world + rank)
        rate = learning_rate(progress.step, progress.steps, config)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        batch = self.sampler.batch(progress.step)
        self.network.train()
        nats = self._nats(batch)
        value = self._sum(nats.detach()).item() / batch.token_count
        if not math.isfinite(value):
            raise ModelError(
                f"the loss is not a number at step {progress.step}; lower the learning rate "
                f"(now {rate:.2g}) and resume from {self.out / LAST}"
            )
        # Gradients are averaged over the processes: together they are those of the batch's mean.
        self.fabric.backward(nats * (world / batch.token_count))
        norm = self._clip()
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        seconds = time.monotonic() - began
        progress.step += 1
        progress.tokens += batch.token_count
        progress.seconds += seconds
        self.speed.add(batch.token_count, seconds)
        self._plan()
        display.update(progress, value, self.speed.tokens_per_second)
        if progress.step % config.log_every == 0 or progress.step == 1:
            self._write_log(
                {
                    "train_loss": value,
                    "learning_rate": rate,
                    "gradient_norm": norm,
                    "tokens_per_second": self.speed.tokens_per_second,
                }
            )
        if progress.step % TRIM_EVERY == 0:
            _return_memory()
        if progress.step % config.valid_every == 0 or self.done:
            self.validate(display)
        if self.agreed(time.monotonic() - self.saved_at >= config.checkpoint_seconds):
            self.save()

    def agreed(self, wish: bool) -> bool:
        """Whether any process wishes something: what one does, all must do."""
        if self.fabric.world_size == 1:
            return wish
        return self._sum(torch.tensor(float(wish), device=self.fabric.device)).item() > 0

    def save(self) -> None:
        """Write `last.ckpt`."""
        self._write_checkpoint(LAST, with_optimizer=True)
        self.saved_at = time.monotonic()

    def close(self) -> None:
        if self.log is not None:
            self.log.close()
        for logger in self.fabric.loggers:
            logger.finalize("success")

    def _nats(self, batch: Batch) -> Tensor:
        """The loss over the targets of this process's rows, in nats."""
        part = share_of(batch, self.fabric.global_rank, self.fabric.world_size)
        tokens, ticks, targets = (
            torch.from_numpy(np.ascontiguousarray(array)).to(self.fabric.device)
            for array in (part.tokens_BT, part.ticks_BT, part.targets_BT)
        )
        logits = self.network(tokens, ticks).flatten(0, 1).float()
        return cross_entropy(logits, targets.flatten(), ignore_index=IGNORE, reduction="sum")

    def _sum(self, value: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.fabric.world_size == 1:
            return value
        total = self.fabric.all_reduce(value, reduce_op="sum")
        assert isinstance(total, Tensor)
        return total

    def _clip(self) -> float:
        """Clip the gradients of all weights together; return their norm before."""
        norm = clip_grad_norm_(self.module.parameters(), self.config.clip)
        return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)

    @torch.no_grad()
    def validate(self, display: Display) -> float:
        """Return the loss of the validation batches; keep the weights where it is the lowest."""
        began = time.monotonic()
        self.network.eval()
        total, count = 0.0, 0
        for batch in self.valid:
            total += self._sum(self._nats(batch)).item()
            count += batch.token_count
        loss = total / count
        self.progress.seconds += time.monotonic() - began
        display.validated(self.progress, loss)
        self._write_log({"valid_loss": loss})
        if loss < self.progress.best_loss:
            self.progress.best_loss, self.progress.best_step = loss, self.progress.step
            self._write_checkpoint(BEST, with_optimizer=False)
        return loss

    def _plan(self) -> None:
        """Fix the number of steps of a run given in minutes, once enough steps are timed."""
        if self.progress.steps == 0 and self.speed.steps >= TIMED_STEPS:
            progress = self.progress
            steps = planned_steps(
                self.config.minutes, self.speed.median_seconds, progress.step, progress.seconds
            )
            self.progress.steps = int(self.fabric.broadcast(steps))
            self._write_log({"planned_steps": self.progress.steps})

    def _write_checkpoint(self, name: str, with_optimizer: bool) -> None:
        """Gather the state from all processes; the first one writes it."""
        whole = StateDictOptions(full_state_dict=True, cpu_offload=True)
        model = get_model_state_dict(self.module, options=whole)
        optimizer: dict[str, Any] = {}
        if with_optimizer:
            own = [one.optimizer for one in self.optimizers]
            optimizer = get_optimizer_state_dict(self.module, own, options=whole)
        if self.leads:
            progress, vocab = self.progress, self.vocab_hash
            content = Checkpoint(self.model_config, self.config, vocab, progress, model, optimizer)
            save_checkpoint(self.out / name, content)

    def _restore(self, checkpoint: Checkpoint) -> None:
        whole = StateDictOptions(full_state_dict=True)
        set_model_state_dict(self.module, checkpoint.model, options=whole)
        own = [one.optimizer for one in self.optimizers]
        set_optimizer_state_dict(self.module, own, checkpoint.optimizer, options=whole)

    def _write_log(self, values: dict[str, float]) -> None:
        if self.log is None:
            return
        step, tokens = self.progress.step, self.progress.tokens
        line = {"step": step, "tokens": tokens, "seconds": round(self.progress.seconds, 2)}
        self.log.write(json.dumps(line | values) + "\n")
        self.log.flush()
        self.fabric.log_dict(values, step=step)


def _return_memory() -> None:
    """Give freed memory back to the system, where the C library is glibc.

    Batches of many shapes leave its heap in pieces, which grew to several gigabytes in an hour.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


class _Speed:
    """Tokens per second over the last steps, and the seconds of a typical step."""

    def __init__(self) -> None:
        self.steps = 0
        self._recent: list[tuple[int, float]] = []

    def add(self, tokens: int, seconds: float) -> None:
        self.steps += 1
        self._recent = [*self._recent, (tokens, seconds)][-(TIMED_STEPS - SKIPPED_STEPS) :]

    @property
    def tokens_per_second(self) -> float:
        return sum(t for t, _ in self._recent) / max(sum(s for _, s in self._recent), 1e-9)

    @property
    def median_seconds(self) -> float:
        return sorted(s for _, s in self._recent)[len(self._recent) // 2]


@contextmanager
def _stop_on_signal() -> Iterator[list[int]]:
    """Yield a list that is empty until SIGINT or SIGTERM arrives."""
    received: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    try:
        previous = {n: signal.signal(n, handle) for n in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread: whoever runs us handles signals
        previous = {}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def check_new(out: str | os.PathLike[str]) -> None:
    """Raise `ModelError` where a folder holds a run already."""
    if (Path(out) / LAST).exists():
        raise ModelError(
            f"{out} holds a run already; go on with it (--resume) or choose another --out"
        )


def augmentation(config: TrainConfig, vocab_hash: str) -> Augment | None:
    """What changes examples as they are drawn; shards of other tokens are taken as they are."""
    share = config.octave_share
    if share == 0 or vocab_hash != vocabulary().digest:
        return None
    return lambda tokens, rng: move_octave(tokens, rng) if rng.random() < share else tokens


def main(arguments: list[str] | None = None) -> int:
    """Run training from the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m anacrusis.compose.model.train", description="Train the music model."
    )
    parser.add_argument("--shards", required=True, help="folder of prepared shards")
    parser.add_argument("--out", required=True, help="folder for checkpoints and logs")
    parser.add_argument("--init", help="weights folder to start from, or: default")
    parser.add_argument("--config", help="JSON file with further fields of the training config")
    parser.add_argument("--steps", type=int, help="optimiser steps of the whole schedule")
    parser.add_argument("--minutes", type=float, help="wall-clock minutes instead of steps")
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    options = parser.parse_args(arguments)
    stated = {name: getattr(options, name) for name in ("init", "steps", "minutes", "threads")}
    try:
        config = load_config(
            options.shards, options.out, options.config, resume=options.resume, **stated
        )
        result = train(config, options.resume)
    except AnacrusisError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    state = "finished" if result.finished else "stopped"
    print(
        f"{state} at step {result.progress.step} of {result.progress.steps}; "
        f"best validation loss {result.progress.best_loss:.4f}; {result.checkpoint}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
