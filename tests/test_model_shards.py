"""Training shards: what is written is read back, and damage is named, not trained on."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anacrusis.compose.errors import AnacrusisError, ModelError
from anacrusis.compose.model.batches import BAND, IGNORE, BatchSampler, fixed_batches
from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.model.shards import ShardReader, ShardWriter

VOCAB = 40
CONFIG = ModelConfig(vocab_size=VOCAB, context=128, head_dim=8)
# Ids 10 to 29 are pitches in this vocabulary; the rest do not transpose.
TABLE = np.tile(np.arange(VOCAB), (25, 1))
for _shift in range(-12, 13):
    TABLE[_shift + 12, 10:30] = np.clip(np.arange(10, 30) + _shift, 10, 29)


def writer(folder: Path, weights: dict[str, float] | None = None) -> ShardWriter:
    return ShardWriter(
        folder,
        vocab_size=VOCAB,
        vocab_hash="cafe",
        pad_id=0,
        weights=weights or {"a": 1.0, "b": 3.0},
        transpose=TABLE,
    )


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    with writer(tmp_path / "shards") as out:
        for number in range(60):
            length = int(rng.integers(2, 150))
            tokens = rng.integers(1, VOCAB, length)
            source = "a" if number % 3 else "b"
            out.add("train", tokens, np.arange(length) * 3, source, (-2, 3))
        out.add("valid", [1, 2, 3], [0, 3, 6], "a")
    return tmp_path / "shards"


EXAMPLES = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.integers(0, VOCAB - 1), st.integers(-(2**31), 2**31 - 1)),
            min_size=2,
            max_size=30,
        ),
        st.sampled_from("ab"),
        st.integers(-12, 0),
        st.integers(0, 12),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(EXAMPLES)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    examples: list[tuple[list[tuple[int, int]], str, int, int]],
) -> None:
    folder = tmp_path_factory.mktemp("round") / "shards"
    with writer(folder) as out:
        for pairs, source, low, high in examples:
            tokens, ticks = zip(*pairs, strict=True)
            out.add("train", tokens, ticks, source, (low, high))
    reader = ShardReader(folder)
    split = reader.split("train")
    assert len(split) == len(examples)
    for number, (pairs, source, low, high) in enumerate(examples):
        example = split.example(number)
        assert list(zip(example.tokens.tolist(), example.ticks.tolist(), strict=True)) == pairs
        assert reader.meta.sources[split.sources[number]] == source
        assert tuple(split.shift_range[number]) == (low, high)
    counted = reader.meta.counts["train"]
    assert sum(c["tokens"] for c in counted.values()) == len(split.tokens)


def test_transposition_follows_the_table(shards: Path) -> None:
    split = ShardReader(shards).split("train")
    plain, higher = split.example(0), split.example(0, 3)
    assert np.array_equal(TABLE[15][plain.tokens], higher.tokens)
    assert np.array_equal(plain.ticks, higher.ticks)


def test_nothing_appears_when_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), writer(tmp_path / "shards") as out:
        out.add("train", [1, 2], [0, 3], "a")
        _ = 1 // 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("train", [1], [0], "a"), "fewer than 2"),
        (("train", [1, 2], [0], "a"), "equally long"),
        (("train", [1, VOCAB], [0, 1], "a"), "outside the vocabulary"),
        (("train", [1, -1], [0, 1], "a"), "outside the vocabulary"),
        (("train", [1, 2], [0, 1], "z"), "source is 'z'"),
        (("train", [1, 2], [0, 1], "a", (1, 3)), "shift_range"),
        (("train", [1, 2], [0, 1], "a", (-13, 0)), "shift_range"),
    ],
)
def test_an_example_that_does_not_fit_is_refused(
    tmp_path: Path, arguments: tuple[object, ...], named: str
) -> None:
    with pytest.raises(ModelError, match=named), writer(tmp_path / "shards") as out:
        out.add(*arguments)  # type: ignore[arg-type]  # mistakes on purpose
    assert not (tmp_path / "shards").exists()


@pytest.mark.parametrize("name", ["tokens", "ticks", "offsets", "sources", "shift_range"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "header", "other"])
def test_damaged_arrays_are_named(shards: Path, name: str, damage: str) -> None:
    path = shards / "train" / f"{name}.npy"
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(content[: len(content) - 20])
    elif damage == "header":
        path.write_bytes(b"\x93NUMPX" + content[6:])
    else:
        np.save(path, np.zeros(5))
    with pytest.raises(ModelError, match=str(shards / "train")):
        ShardReader(shards).split("train")


@pytest.mark.parametrize(
    "change",
    [
        {"vocab_size": 3},
        {"vocab_size": 39},
        {"pad_id": 40},
        {"weights": [1.0]},
        {"weights": ["x", 1.0]},
        {"extra": 1},
    ],
)
def test_contradicting_metadata_is_refused(shards: Path, change: dict[str, object]) -> None:
    meta = json.loads((shards / "meta.json").read_text())
    (shards / "meta.json").write_text(json.dumps(meta | change))
    with pytest.raises(ModelError):
        ShardReader(shards).split("train")


def test_offsets_out_of_order_are_refused(shards: Path) -> None:
    path = shards / "train" / "offsets.npy"
    offsets = np.load(path)
    offsets[1], offsets[2] = offsets[2], offsets[1]
    np.save(path, offsets)
    with pytest.raises(ModelError, match="contradict"):
        ShardReader(shards).split("train")


def test_a_missing_folder_or_split_says_what_there_is(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(AnacrusisError, match="prepare the shards"):
        ShardReader(tmp_path / "absent")
    with pytest.raises(ModelError, match=r"'train', 'valid'"):
        ShardReader(shards).split("test")


def test_a_batch_follows_from_seed_and_step(shards: Path) -> None:
    split = ShardReader(shards).split("train")
    one = BatchSampler(split, CONFIG, 512, seed=4)
    two = BatchSampler(split, CONFIG, 512, seed=4)
    other = BatchSampler(split, CONFIG, 512, seed=5)
    _ = [two.batch(step) for step in (3, 9, 1)]
    same = [np.array_equal(one.batch(s).tokens_BT, two.batch(s).tokens_BT) for s in range(8)]
    changed = [np.array_equal(one.batch(s).tokens_BT, other.batch(s).tokens_BT) for s in range(8)]
    assert all(same)
    assert not all(changed)


def test_batches_keep_the_budget_and_pad_little(shards: Path) -> None:
    split = ShardReader(shards).split("train")
    sampler = BatchSampler(split, CONFIG, 512, seed=0)
    for step in range(40):
        batch = sampler.batch(step)
        rows, columns = batch.tokens_BT.shape
        assert rows * columns <= 512
        assert columns <= CONFIG.context
        assert batch.ticks_BT.shape == (rows, columns)
        lengths = (batch.targets_BT != IGNORE).sum(axis=1)
        assert lengths.min() > columns - BAND
        # Each target is the next input, and padding is never one.
        inner = batch.targets_BT[:, :-1]
        assert np.array_equal(inner[inner != IGNORE], batch.tokens_BT[:, 1:][inner != IGNORE])


def test_sources_are_drawn_by_weight(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with writer(tmp_path / "shards", {"a": 1.0, "b": 3.0, "c": 0.0}) as out:
        for source, token, count in (("a", 1, 50), ("b", 2, 10), ("c", 3, 10)):
            for _ in range(count):
                length = int(rng.integers(10, 120))
                out.add("train", [token] * length, [0] * length, source)
    sampler = BatchSampler(ShardReader(tmp_path / "shards").split("train"), CONFIG, 512, 0)
    first = np.concatenate([sampler.batch(step).tokens_BT[:, 0] for step in range(600)])
    assert 3 not in first
    assert np.mean(first == 2) == pytest.approx(0.75, abs=0.03)


def test_validation_batches_cover_every_example_once(shards: Path) -> None:
    split = ShardReader(shards).split("train")
    batches = list(fixed_batches(split, CONFIG, 512))
    targets = sum(batch.token_count for batch in batches)
    assert targets == np.minimum(split.lengths - 1, CONFIG.context).sum()
    again = list(fixed_batches(split, CONFIG, 512))
    assert all(
        np.array_equal(a.tokens_BT, b.tokens_BT) for a, b in zip(batches, again, strict=True)
    )
    assert len(list(fixed_batches(split, CONFIG, 512, limit=3))) == 3
