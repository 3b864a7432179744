"""The chorale protocol: every cell counts once, whole pieces, no transposition."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from anacrusis.compose.errors import DataError
from anacrusis.compose.model.checkpoint import Checkpoint, Progress, save_checkpoint
from anacrusis.compose.model.config import ModelConfig, TrainConfig
from anacrusis.compose.model.shards import MAX_SHIFT, ShardReader
from anacrusis.datasets.evaluation.chorale_network import LONGEST, ChoraleTransformer, rows_held
from anacrusis.datasets.evaluation.chorales import (
    LOWEST,
    PITCHES,
    REACH,
    START,
    VOCABULARY,
    encode_grid,
    measure,
    settings,
    table,
    transpose_table,
    write_shards,
)

ROWS = st.lists(
    st.lists(st.one_of(st.just(-1), st.integers(40, 80)), min_size=4, max_size=4), min_size=1
)


Grid = NDArray[np.int64]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    table = {
        split: [rng.integers([60, 55, 48, 40], [70, 62, 58, 50], (rows, 4)).tolist()
                for rows in sizes]
        for split, sizes in (("train", (20, 24)), ("valid", (17, 31)), ("test", (16,)))
    }  # fmt: skip
    table["valid"][0][3] = [-1, 60, float("nan"), 45]
    folder = tmp_path / "data" / "jsb_chorales"
    folder.mkdir(parents=True)
    (folder / "Jsb16thSeparated.json").write_text(json.dumps(table))
    return tmp_path / "data"


@given(ROWS)
def test_a_grid_is_its_cells_in_order(rows: list[list[int]]) -> None:
    ids, ticks = encode_grid(np.array(rows))
    assert ids[0] == START and len(ids) == len(ticks) == 4 * len(rows) + 1
    cells = (ids[1:] - 1).reshape(-1, 4)
    assert np.array_equal(cells // PITCHES, np.tile(np.arange(4), (len(rows), 1)))
    pitches = np.where(cells % PITCHES == PITCHES - 1, -1, cells % PITCHES + LOWEST)
    assert pitches.tolist() == rows
    assert np.array_equal(ticks[1:], np.arange(4 * len(rows)) // 4 * 3)


def test_pitches_without_tokens_are_refused() -> None:
    for pitch in (LOWEST - 1, LOWEST + PITCHES - 1):
        with pytest.raises(DataError, match="outside"):
            encode_grid(np.array([[pitch, 60, 60, 60]]))


@given(ROWS, st.integers(-MAX_SHIFT, MAX_SHIFT))
def test_transposed_ids_are_those_of_the_transposed_grid(rows: list[list[int]], by: int) -> None:
    grid = np.array(rows)
    moved = np.where(grid < 0, -1, grid + by)
    if np.any((moved < LOWEST) & (grid >= 0)) or np.any(moved >= LOWEST + PITCHES - 1):
        return
    ids, _ = encode_grid(grid)
    assert np.array_equal(transpose_table()[by + MAX_SHIFT][ids], encode_grid(moved)[0])


def test_shards_hold_whole_pieces_and_stay_near_the_voices_ranges(
    source: Path, tmp_path: Path
) -> None:
    write_shards(source, tmp_path / "shards")
    reader = ShardReader(tmp_path / "shards")
    assert [int(n) for n in reader.split("valid").lengths] == [4 * 17 + 1, 4 * 31 + 1]
    train = reader.split("train")
    moved = []
    for number in range(len(train)):
        low, high = (int(shift) for shift in train.shift_range[number])
        moved += [train.example(number, shift).tokens[1:] for shift in range(low, high + 1)]
    original = np.concatenate([train.example(number, 0).tokens[1:] for number in range(len(train))])
    for voice in range(4):
        inside = original[voice::4]
        drawn = np.concatenate([piece[voice::4] for piece in moved])
        assert inside.min() - REACH <= drawn.min() and drawn.max() <= inside.max() + REACH
        assert set((drawn - 1) // PITCHES) == set((inside - 1) // PITCHES)


@pytest.mark.parametrize("window", [16, 80, 400])
def test_windows_of_training_pieces_cover_them(source: Path, tmp_path: Path, window: int) -> None:
    write_shards(source, tmp_path / "whole")
    write_shards(source, tmp_path / "cut", window)
    whole, cut = (ShardReader(tmp_path / name) for name in ("whole", "cut"))
    assert cut.split("valid").lengths.tolist() == whole.split("valid").lengths.tolist()
    windows = [cut.split("train").example(n, 0) for n in range(len(cut.split("train")))]
    assert max(len(example.tokens) for example in windows) <= window + 1
    for number in range(len(whole.split("train"))):
        piece = whole.split("train").example(number, 0)
        targets = set()
        for tokens, ticks in windows:
            for first in range(len(piece.tokens) - len(tokens) + 1):
                place = slice(first, first + len(tokens))
                if np.array_equal(piece.tokens[place], tokens) and np.array_equal(
                    piece.ticks[place], ticks
                ):
                    assert first % 4 == 0
                    targets |= set(range(first + 1, first + len(tokens)))
        assert targets == set(range(1, len(piece.tokens)))


def _speak(network: ChoraleTransformer) -> None:
    """Give a network that has learnt nothing something to say of all it is told."""
    for part in network.modules():
        if isinstance(part, torch.nn.Embedding):
            torch.nn.init.normal_(part.weight)
    for parameter in network.net.to_logits.parameters():
        torch.nn.init.normal_(parameter, std=0.5)


def _chances(network: ChoraleTransformer, grid: Grid) -> torch.Tensor:
    """The probabilities of a grid's cells, each after those before it."""
    ids, ticks = (torch.from_numpy(values)[None] for values in encode_grid(grid))
    with torch.no_grad():
        chances: torch.Tensor = network(ids[:, :-1], ticks[:, :-1]).softmax(-1)[0]
    return chances[torch.arange(chances.shape[0]), ids[0, 1:]]


def test_the_loss_is_the_mean_over_all_cells(source: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = ModelConfig(VOCABULARY, context=160, dim=16, depth=1, heads=2, kv_heads=1, head_dim=8)
    network = ChoraleTransformer(config).eval()
    plan = TrainConfig("s", "o", steps=1)

    def loss() -> tuple[float, int]:
        state = network.state_dict()
        save_checkpoint(tmp_path / "x.ckpt", Checkpoint(config, plan, "h", Progress(), state, {}))
        return measure(tmp_path / "x.ckpt", source, "valid")[0]

    assert loss() == (pytest.approx(math.log(VOCABULARY)), 4 * (17 + 31))  # nothing learnt yet
    _speak(network)
    read = json.loads((source / "jsb_chorales" / "Jsb16thSeparated.json").read_text())
    nats, in_two_keys = [], []
    for rows in read["valid"]:
        grid = np.nan_to_num(np.array(rows, float), nan=-1).astype(int)
        here, higher = (_chances(network, moved) for moved in (grid, grid + 2 * (grid >= 0)))
        nats += (-here.log()).tolist()
        in_two_keys += (-((here + higher) / 2).log()).tolist()
    assert loss()[0] == pytest.approx(float(np.mean(nats)), rel=1e-4)
    (over_keys,) = measure(tmp_path / "x.ckpt", source, "valid", keys=(0, 2))
    assert over_keys.nats == pytest.approx(float(np.mean(in_two_keys)), rel=1e-2)
    cool = measure(tmp_path / "x.ckpt", source, "valid", (1.0, 50.0))
    assert cool[0] == loss() and abs(cool[1].nats - math.log(VOCABULARY)) < 0.1  # sure of nothing
    rows = table(tmp_path / "x.ckpt", source).splitlines()
    assert len(rows) == 4 and f"{loss()[0]:.4f}" in rows[2] and "at temperature 1.6" in rows[0]


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 4), min_size=1, max_size=80))
def test_how_long_pitches_are_held(rows: list[tuple[int, ...]]) -> None:
    held = rows_held(torch.tensor([sum(rows, ())])).reshape(-1, 4)
    for voice in range(4):
        run = 0
        for row, cells in enumerate(rows):
            run = run + 1 if row and rows[row - 1][voice] == cells[voice] else 0
            assert held[row, voice] == min(run, LONGEST - 1)


def test_no_cell_knows_of_later_ones() -> None:
    torch.manual_seed(0)
    config = ModelConfig(VOCABULARY, context=160, dim=16, depth=1, heads=2, kv_heads=1, head_dim=8)
    network = ChoraleTransformer(config).eval()
    _speak(network)
    tokens = torch.randint(0, VOCABULARY, (1, 64)).repeat(2, 1)
    tokens[:, 4:] = tokens[:, :4].repeat(1, 15)  # all pitches are held, up to the change
    tokens[1, 41:] = (tokens[1, 41:] + 7) % VOCABULARY
    ticks = torch.arange(64).div(4, rounding_mode="floor").mul(3).expand(2, -1)
    with torch.no_grad():
        one, other = network(tokens, ticks)
    assert torch.allclose(one[:41], other[:41], atol=1e-5)
    assert not torch.allclose(one[41:], other[41:], atol=1e-2)


def test_the_committed_settings_are_a_run() -> None:
    config = TrainConfig.from_mapping({"shards": "s", "out": "o", **settings()})
    shape = ModelConfig.from_mapping({"vocab_size": VOCABULARY, **config.model})
    assert shape.context >= 4 * 640, "the longest chorale must fit"
