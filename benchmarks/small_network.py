"""What the comparisons of small networks share: one shape, one budget, runs that go on.

A study trains the same network once for each thing it compares, for the same number of steps of the
same number of tokens, and measures it on music that was held out. What is done is read from the
folder of the runs; a run that was killed goes on.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import log_softmax

from anacrusis.compose.atomic import write_text
from anacrusis.compose.model.batches import IGNORE, Batch, fixed_batches
from anacrusis.compose.model.checkpoint import LAST, Progress, load_checkpoint
from anacrusis.compose.model.config import ModelConfig, TrainConfig
from anacrusis.compose.model.network import ScoreTransformer
from anacrusis.compose.model.shards import ShardReader, Split
from anacrusis.compose.model.train import train
from anacrusis.compose.tokens.vocabulary import vocabulary

SHAPE = {"dim": 192, "depth": 4, "heads": 4, "kv_heads": 4, "head_dim": 48, "dropout": 0.0}
POSITIONS = ModelConfig(vocab_size=1).positions
"""The form of attention that a model has where none is stated, as the shipped one."""


class Trained(NamedTuple):
    """A network at the end of its schedule, and how it went."""

    network: ScoreTransformer
    progress: Progress


def add_options(parser: argparse.ArgumentParser, *, context: int) -> None:
    """The options that every study has; `context` is the default one, in tokens."""
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--context", type=int, default=context)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)


def run_folder(name: str, shards: Path, options: argparse.Namespace) -> Path:
    """The folder of a run, told from others by what is compared, its data and its budget."""
    meta = ShardReader(shards).meta
    data = hashlib.sha256((meta.made_from or meta.vocab_hash).encode()).hexdigest()[:8]
    budget = f"{options.context}-{options.steps}-{options.seed}"
    return Path(options.out) / f"{name}-{budget}-{data}"


def trained(
    shards: Path, out: Path, options: argparse.Namespace, positions: str = POSITIONS
) -> Trained:
    """Train in `out`, or go on there; ends the program where a signal stops the run."""
    config = TrainConfig(
        str(shards), str(out),
        model=SHAPE | {"positions": positions, "context": options.context},
        steps=options.steps, learning_rate=3e-3, warmup=options.steps // 10,
        seed=options.seed, threads=options.threads, valid_every=10**6,
    )  # fmt: skip
    if not train(config, resume=(out / LAST).exists()).finished:
        sys.exit("stopped; the same command goes on")
    checkpoint = load_checkpoint(out / LAST)
    network = ScoreTransformer(checkpoint.model_config)
    network.load_state_dict(checkpoint.model)
    return Trained(network.eval(), checkpoint.progress)


def once(path: Path, measure: Callable[[], Any]) -> Any:
    """What was measured before and lies in `path` as JSON, else what is measured now."""
    if not path.exists():
        write_text(path, json.dumps(measure()))
    return json.loads(path.read_text("utf-8"))


def scored(
    network: ScoreTransformer, split: Split, batches: int = 0
) -> Iterator[tuple[Batch, torch.Tensor]]:
    """Batches of a split with the logarithm of each token's probability, float32 [B, T, vocab].

    batches: how many, spread over the lengths; 0: all, so each example of the split once, in the
    order of `by_length`.
    """
    network.eval()
    for batch in fixed_batches(split, network.config, 8192, batches):
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            logits = network(torch.from_numpy(batch.tokens_BT), torch.from_numpy(batch.ticks_BT))
        yield batch, log_softmax(logits.float(), -1)


def by_length(split: Split) -> NDArray[np.int64]:
    """Numbers of the examples in the order in which `scored` gives them."""
    return np.argsort(split.lengths, kind="stable")


def nats_of(batch: Batch, logs_BTV: torch.Tensor) -> NDArray[np.float64]:
    """What each target costs, in nats [B, T]; 0 where there is none."""
    there = batch.targets_BT != IGNORE
    targets = torch.from_numpy(np.where(there, batch.targets_BT, 0))
    found = -logs_BTV.gather(-1, targets[..., None])[..., 0].numpy().astype(np.float64)
    return np.where(there, found, 0.0)


class Music(NamedTuple):
    """Where targets are of the music of a bar, bool [B, T].

    playing: after a ``Now``, up to and with the ``Bar`` or ``EOS`` that ends the bar. The others
    are parts of it: that end, the velocities, and the pitches, one for each note.
    """

    playing: NDArray[np.bool_]
    ends: NDArray[np.bool_]
    velocities: NDArray[np.bool_]
    pitches: NDArray[np.bool_]


def music(targets_BT: NDArray[np.int64]) -> Music:
    """Find the music among the targets of a batch."""
    v = vocabulary()
    there = targets_BT != IGNORE
    ids = np.where(there, targets_BT, v.id("PAD"))

    def of(*kinds: str) -> NDArray[np.bool_]:
        return v.mask(*kinds)[ids]

    # The last event up to each place: odd for a Now, even for the end of a bar.
    event = np.where(of("Now"), 1, np.where(of("Bar", "EOS"), 2, 0))
    place = np.arange(1, ids.shape[1] + 1)
    last = np.maximum.accumulate(np.where(event > 0, 2 * place + event % 2, 0), axis=1)
    before = np.pad(last[:, :-1], ((0, 0), (1, 0)))
    playing = (before % 2 == 1) & there
    return Music(
        playing,
        playing & of("Bar", "EOS"),
        playing & of("Velocity"),
        playing & of("Pitch", "PitchDrum"),
    )


class Difference(NamedTuple):
    """Of a cost per note: the mean over all notes, and its standard error over the examples."""

    mean: float
    error: float


def difference(
    costs: NDArray[np.float64], others: NDArray[np.float64], notes: NDArray[np.float64]
) -> Difference:
    """What `costs` have more than `others` per note; all [examples], of the same music."""
    each = costs - others
    total, count = notes.sum(), len(notes)
    mean = float(each.sum() / total)
    spread = np.square(each - mean * notes).sum() * count / max(count - 1, 1)
    return Difference(mean, float(np.sqrt(spread) / total))
