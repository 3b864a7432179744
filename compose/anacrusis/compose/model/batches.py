"""Batches of training sequences: the batch of a step follows from the seed and the step alone.

Nothing is carried from one batch to the next, so a resumed run sees exactly what an uninterrupted
one would have seen. Examples are drawn with replacement, each source in proportion to its weight.
All examples of a batch come from one band of lengths, so that little is padding; bands are drawn
such that this changes no example's chance.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from .config import ModelConfig
from .shards import Example, Split

Augment = Callable[[NDArray[np.uint16], np.random.Generator], NDArray[np.uint16]]
"""Tokens of an example to others of the same length."""

BAND = 64
"""Width of a band of lengths, in tokens."""
IGNORE = -100
"""Target that the loss leaves out (padding)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Model inputs and targets, shape suffixes as in `network.py`."""

    tokens_BT: NDArray[np.int64]
    """Input ids; short sequences are filled with the padding id."""
    ticks_BT: NDArray[np.int64]
    """Metrical position of the inputs, 12 ticks per quarter note."""
    targets_BT: NDArray[np.int64]
    """The id that follows each input; `IGNORE` where there is none."""

    @property
    def token_count(self) -> int:
        """Number of targets that count."""
        return int((self.targets_BT != IGNORE).sum())


def collate(examples: list[Example], context: int, pad_id: int) -> Batch:
    """Stack examples into one batch, cut to the model's context."""
    longest = min(max(len(e.tokens) for e in examples) - 1, context)
    tokens = np.full((len(examples), longest + 1), pad_id, np.int64)
    ticks = np.zeros((len(examples), longest + 1), np.int64)
    targets = np.full((len(examples), longest), IGNORE, np.int64)
    for row, example in enumerate(examples):
        n = min(len(example.tokens), longest + 1)
        tokens[row, :n] = example.tokens[:n]
        ticks[row, :n] = example.ticks[:n]
        targets[row, : n - 1] = example.tokens[1:n]
    return Batch(tokens[:, :-1], ticks[:, :-1], targets)


class BatchSampler:
    """Draws the training batch of any step."""

    def __init__(
        self,
        split: Split,
        config: ModelConfig,
        batch_tokens: int,
        seed: int,
        augment: Augment | None = None,
    ) -> None:
        """Prepare sampling from `split`, about `batch_tokens` tokens at a time.

        augment: changes the tokens of each drawn example, after transposing.
        """
        self.split, self.config, self.seed, self.augment = split, config, seed, augment
        weights = np.asarray(split.meta.weights, np.float64)
        per_source = np.bincount(split.sources, minlength=len(weights))
        share = np.divide(weights, per_source, out=np.zeros_like(weights), where=per_source > 0)
        chance = share[split.sources]
        if chance.sum() <= 0:
            raise ModelError("no source of the training split has a weight above 0")
        inputs = np.minimum(split.lengths - 1, config.context)
        band = -(-inputs // BAND)
        self._bands: list[tuple[NDArray[np.int64], NDArray[np.float64], int]] = []
        mass = []
        for number in np.unique(band[chance > 0]):
            members = np.flatnonzero((band == number) & (chance > 0))
            size = max(1, batch_tokens // int(min(number * BAND, config.context)))
            cumulative = np.cumsum(chance[members])
            self._bands.append((members, cumulative, size))
            # A band that gives more examples per step must be drawn less often.
            mass.append(cumulative[-1] / size)
        self._cumulative_mass = np.cumsum(mass)

    def batch(self, step: int) -> Batch:
        """Return the batch of step `step`."""
        rng = np.random.default_rng([self.seed, step])
        members, cumulative, size = self._bands[_draw(rng, self._cumulative_mass, 1)[0]]
        examples = []
        for number in members[_draw(rng, cumulative, size)]:
            low, high = self.split.shift_range[number]
            drawn = self.split.example(int(number), int(rng.integers(low, high + 1)))
            if self.augment is not None:
                drawn = drawn._replace(tokens=self.augment(drawn.tokens, rng))
            examples.append(drawn)
        return collate(examples, self.config.context, self.split.meta.pad_id)


def fixed_batches(
    split: Split, config: ModelConfig, batch_tokens: int, limit: int = 0
) -> Iterator[Batch]:
    """Yield batches that never change: untransposed, sorted by length, at most `limit` (0: all).

    A limit keeps batches evenly spread over the lengths.
    """
    order = np.argsort(split.lengths, kind="stable")
    groups: list[list[int]] = [[]]
    for number in order:
        length = int(min(split.lengths[number] - 1, config.context))
        if groups[-1] and (len(groups[-1]) + 1) * length > batch_tokens:
            groups.append([])
        groups[-1].append(int(number))
    if limit and limit < len(groups):
        groups = [groups[i] for i in np.linspace(0, len(groups) - 1, limit).round().astype(int)]
    for group in groups:
        examples = [split.example(n) for n in group]
        yield collate(examples, config.context, split.meta.pad_id)


def _draw(
    rng: np.random.Generator, cumulative: NDArray[np.float64], count: int
) -> NDArray[np.intp]:
    drawn = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right")
    numbers: NDArray[np.intp] = np.minimum(drawn, len(cumulative) - 1)
    return numbers
