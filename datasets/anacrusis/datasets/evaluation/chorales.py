"""The JSB chorales note by note: the loss per cell of their pitch grids.

The protocol of Huang et al. 2019 ("Music Transformer") on the division of Boulanger-Lewandowski et
al. 2012: a chorale is a grid of sixteenth notes and four voices; cells are predicted one after
another, soprano to bass, column by column; the loss is the mean negative log-likelihood over all
cells of all pieces in nats; what is measured is not transposed. While training, chorales are
transposed where all voices stay near their ranges in the training set, and windows of them are
read, for speed.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.errors import DataError
from anacrusis.compose.model.config import read_json
from anacrusis.compose.model.shards import MAX_SHIFT, ShardWriter, is_made_from

from ..loaders.chorales import ROW_TICKS, read_grids
from ..loaders.ensembles import SATB
from ..loaders.piece import SPLITS
from ..registry import card_named
from ..sources import resolve

SET = "jsb_chorales"
LOWEST, PITCHES = 28, 64
"""Pitches of a voice that have tokens; the last of them is the rest."""
START = 0
"""Stands before the first cell, and fills short sequences of a batch."""
VOCABULARY = 1 + len(SATB) * PITCHES
WINDOW = 512
"""Cells of a training example (32 quarter notes), for attention that knows distances only."""
REST = PITCHES - 1
"""Where a pitch would stand, of a voice that is silent."""
REACH = 3
"""Semitones by which a voice may leave its range when a training piece is transposed."""

TEMPERATURES = tuple(1 + place / 20 for place in range(13))
"""Those of which the best for valid is taken; the first is as trained."""
KEYS = (0, 1, -1, 2, -2, 3, -3)
"""Semitones by which pieces are moved where the network is asked in several keys."""
PUBLISHED = {"Music Transformer": 0.335}
"""The lowest figures that others reached, on valid (Huang et al. 2019)."""


class Loss(NamedTuple):
    """Nats per cell, mean over all cells, and how many cells."""

    nats: float
    cells: int


def grids(source: Path | None, split: str) -> list[NDArray[np.int64]]:
    """The chorales of a split as pitches `[rows, 4]`; -1 is a rest."""
    folder = resolve(card_named(SET), source)
    table = read_grids(folder / "Jsb16thSeparated.json")
    if split not in table:
        raise DataError(f"the chorales have no split {split!r}; they have {', '.join(table)}")
    found = [np.asarray(grid, np.float64) for grid in table[split]]
    return [np.where(np.isfinite(grid), grid, -1).astype(np.int64) for grid in found]


def encode_grid(grid: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids and ticks of a grid, the start before them: `[4 * rows + 1]` each.

    >>> ids, ticks = encode_grid(np.array([[72, 64, 55, 48], [72, -1, 55, 48]]))
    >>> ids.tolist()
    [0, 45, 101, 156, 213, 45, 128, 156, 213]
    >>> ticks.tolist()
    [0, 0, 0, 0, 0, 3, 3, 3, 3]
    """
    sounding = grid >= 0
    if np.any((grid < LOWEST) & sounding) or np.any(grid >= LOWEST + REST):
        raise DataError(f"a pitch outside {LOWEST} to {LOWEST + REST - 1}")
    place = np.where(sounding, grid - LOWEST, REST)
    ids = (1 + place + PITCHES * np.arange(len(SATB))).ravel()
    ticks = np.repeat(np.arange(len(grid)) * ROW_TICKS, len(SATB))
    return np.concatenate([[START], ids]), np.concatenate([[0], ticks])


def transpose_table() -> NDArray[np.uint16]:
    """For each shift from -12 to 12 semitones, each id's id: `[25, VOCABULARY]`.

    Beyond the pitches that have tokens an id stays; shifts that lead there are never drawn.
    """
    ids = np.arange(VOCABULARY)
    place = (ids - 1) % PITCHES
    fixed = (ids == START) | (place == REST)
    rows = []
    for shift in range(-MAX_SHIFT, MAX_SHIFT + 1):
        legal = ~fixed & (place + shift >= 0) & (place + shift < REST)
        rows.append(np.where(legal, ids + shift, ids))
    return np.stack(rows).astype(np.uint16)


def write_shards(source: Path | None, folder: Path, window: int = 0) -> None:
    """Write the chorales as a shard folder; one that holds just these stays.

    window: cells of a training example, a multiple of 16; examples overlap by three quarters. 0:
    whole pieces, which those that are held out always are.
    """
    pieces = {split: grids(source, split) for split in SPLITS}
    training = np.concatenate(pieces["train"])
    low = np.maximum(np.where(training < 0, 127, training).min(0) - REACH, LOWEST)
    high = np.minimum(training.max(0) + REACH, LOWEST + REST - 1)
    digest = hashlib.sha256(f"chorale cells {LOWEST} {PITCHES}".encode()).hexdigest()[:16]
    cells = hashlib.sha256(b"".join(np.concatenate(grids).tobytes() for grids in pieces.values()))
    made_from = repr((cells.hexdigest(), digest, REACH, window))
    if is_made_from(folder, made_from):
        return
    with ShardWriter(
        folder, vocab_size=VOCABULARY, vocab_hash=digest, pad_id=START, weights={SET: 1.0},
        transpose=transpose_table(), made_from=made_from,
    ) as writer:  # fmt: skip
        for split, members in pieces.items():
            for grid in members:
                ids, ticks = encode_grid(grid)
                if split != "train":
                    writer.add(split, ids, ticks, SET, (0, 0))
                    continue
                shifts = _shifts(grid, low, high)
                for first, end in _windows(len(ids), window + 1 if window else len(ids)):
                    writer.add(split, ids[first:end], ticks[first:end], SET, shifts)


def _windows(length: int, window: int) -> Iterator[tuple[int, int]]:
    """Windows that cover a length, each a quarter of a window after the one before."""
    last = max(length - window, 0)
    for first in (*range(0, last, max(window // 4, 1)), last):
        yield first, min(first + window, length)


def _shifts(
    grid: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> tuple[int, int]:
    """How far a chorale moves down and up with all voices from `low` to `high`."""
    lowest = np.where(grid < 0, 127, grid).min(0)
    down = int(np.where(lowest == 127, -MAX_SHIFT, low - lowest).max())
    up = int(np.where(grid.max(0) < 0, MAX_SHIFT, high - grid.max(0)).min())
    return max(min(down, 0), -MAX_SHIFT), min(max(up, 0), MAX_SHIFT)


def settings() -> dict[str, Any]:
    """The settings of the training run, as of a `--config` file."""
    return read_json(Path(__file__).with_suffix(".json"))


def measure(
    checkpoint: Path,
    source: Path | None,
    split: str,
    temperatures: Sequence[float] = (1.0,),
    keys: Sequence[int] = (0,),
) -> list[Loss]:
    """The loss of a trained network on a split, whole pieces at once, at each temperature.

    temperatures: divide all logits; above 1 the network is less sure of itself. keys: semitones by
    which the pieces are moved for the network; what it says of a cell in each is moved back, and
    the mean of these probabilities is the prediction.
    """
    import torch
    from torch.nn.functional import nll_loss

    from anacrusis.compose.model.checkpoint import load_checkpoint

    from .chorale_network import ChoraleTransformer

    read = load_checkpoint(checkpoint)
    network = ChoraleTransformer(read.model_config).eval()
    network.load_state_dict(read.model)
    moved = torch.from_numpy(transpose_table().astype(np.int64))[[MAX_SHIFT + key for key in keys]]
    nats, cells = np.zeros(len(temperatures)), 0
    with torch.no_grad():
        for batch in _batches(grids(source, split)):
            tokens, ticks = map(torch.from_numpy, batch)
            targets = tokens[:, 1:].flatten()
            heard = targets != START
            logits = [
                network(ids[tokens[:, :-1]], ticks[:, :-1]).flatten(0, 1)[heard][:, ids]
                for ids in moved
            ]
            for place, temperature in enumerate(temperatures):
                sure = torch.stack([(each / temperature).log_softmax(-1) for each in logits])
                mean = sure.logsumexp(0) - np.log(len(keys))
                nats[place] += float(nll_loss(mean, targets[heard], reduction="sum"))
            cells += int(heard.sum())
    return [Loss(each / cells, cells) for each in nats.tolist()]


def table(checkpoint: Path, source: Path | None) -> str:
    """Markdown: the loss on valid and test as trained, tempered, and over several keys.

    A network that has seen little music often is too sure of itself. One number mends that (Guo et
    al. 2017, "On Calibration of Modern Neural Networks"); it is set on valid. Or the network is
    asked in several keys, where nothing is set.
    """
    tempered = measure(checkpoint, source, "valid", TEMPERATURES)
    at_best, best = min(zip(tempered, TEMPERATURES, strict=True))
    alone = {
        "valid": (tempered[0], at_best),
        "test": measure(checkpoint, source, "test", (TEMPERATURES[0], best)),
    }
    rows = []
    for split, (plain, at_best) in alone.items():
        (averaged,) = measure(checkpoint, source, split, keys=KEYS)
        figures = " | ".join(f"{loss.nats:.4f}" for loss in (plain, at_best, averaged))
        rows.append(f"| {split} | {figures} | {plain.cells:,} |")
    head = f"| split | as trained | at temperature {best:g} | mean of {len(KEYS)} keys | cells |"
    return "\n".join((head, "| --- | ---: | ---: | ---: | ---: |", *rows))


def _batches(
    pieces: Sequence[NDArray[np.int64]], cells: int = 8192
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pieces of like length together, as ids and ticks `[pieces, longest]`, filled with `START`."""
    group: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    encoded = sorted((encode_grid(grid) for grid in pieces), key=lambda pair: len(pair[0]))
    for place, pair in enumerate(encoded):
        group.append(pair)
        full = (len(group) + 1) * len(pair[0]) > cells
        if full or place == len(encoded) - 1:
            tokens = np.full((len(group), len(pair[0])), START)
            ticks = np.zeros_like(tokens)
            for row, (ids, when) in enumerate(group):
                tokens[row, : len(ids)], ticks[row, : len(ids)] = ids, when
            yield tokens, ticks
            group = []
