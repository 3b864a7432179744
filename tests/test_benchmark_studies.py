"""What the studies with small networks count, and that they compare the same music."""

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from small_network import by_length, difference, music
from tokenisation import ENCODINGS, write_shards

from anacrusis.compose.meter import Meter
from anacrusis.compose.model.batches import IGNORE, collate, fixed_batches
from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.model.shards import MAX_SHIFT, Example, ShardReader, ShardWriter
from anacrusis.compose.score import Bar, Note, Score, Track
from anacrusis.compose.tokens.encode import encode
from anacrusis.compose.tokens.examples import examples_of
from anacrusis.compose.tokens.vocabulary import vocabulary

V = vocabulary()


def tune(bars: int, seed: int = 0) -> Score:
    rng = np.random.default_rng(seed)
    notes = tuple(
        Note(6 * i, int(rng.integers(50, 80)), 6, int(rng.integers(40, 60)))
        for i in range(8 * bars)
    )
    low = tuple(Note(24 * i, 40 + i % 7, 24) for i in range(2 * bars))
    return Score(
        (Bar(Meter(4, 4)),) * bars, (Track("a", "melody", 0, notes), Track("b", "bass", 33, low))
    )


def test_music_is_what_stands_between_now_and_the_end_of_the_bar():
    score = Score((Bar(Meter(4, 4)),) * 3, (Track("a", "melody", 0, (Note(0, 60, 12, 80),)),))
    found = encode(score, locked={})
    short = found.ids[: int(found.bars[1])]
    examples = [Example(found.ids, found.ticks), Example(short, found.ticks[: len(short)])]
    targets = collate(examples, 1024, V.id("PAD")).targets_BT
    heard = music(targets)
    names = [V.name(int(token)) for token in targets[0][heard.playing[0]]]
    assert names == [
        "Position_0", "Track_melody1", "Velocity_80", "Pitch_60", "Duration_1.0.12", "Bar_None",
        "Bar_None", "EOS_None",
    ]  # fmt: skip
    assert [V.name(int(t)) for t in targets[0][heard.ends[0]]] == ["Bar_None"] * 2 + ["EOS_None"]
    assert heard.velocities.sum() == heard.pitches.sum() == 2
    assert [V.name(int(token)) for token in targets[1][heard.playing[1]]] == names[:5]
    assert not heard.playing[targets == IGNORE].any()


def test_a_difference_per_note_and_its_error():
    notes = np.array([10.0, 30.0, 20.0])
    exact = difference(2 * notes, notes, notes)
    assert exact.mean == pytest.approx(1) and exact.error == pytest.approx(0)
    rng = np.random.default_rng(0)
    notes = rng.integers(5, 50, 400).astype(float)
    other = rng.normal(0, 1, 400)
    found = difference(other, np.zeros(400), notes)
    assert found.error == pytest.approx(np.sqrt(400) / notes.sum(), rel=0.15)


def test_every_encoding_holds_the_same_music(tmp_path: Path):
    v, source = V, tmp_path / "shards"
    table = [v.transpose_table(n) for n in range(-MAX_SHIFT, MAX_SHIFT + 1)]
    with ShardWriter(
        source, vocab_size=len(v), vocab_hash=v.digest, pad_id=v.id("PAD"),
        weights={"one": 1.0}, transpose=np.stack(table), made_from="these",
    ) as writer:  # fmt: skip
        for seed in range(6):
            part = "valid" if seed % 3 == 0 else "train"
            rng = np.random.default_rng(seed)
            for example in examples_of(tune(12, seed), "game", rng, 300):
                writer.add(part, example.ids, example.ticks, "one", (example.low, example.high))
    options = Namespace(out=tmp_path / "runs", context=256, every=2, held_out=5)
    write_shards(ShardReader(source), list(ENCODINGS), options)
    config = ModelConfig(len(v), context=256)
    counted = {}
    for name in ENCODINGS:
        split = ShardReader(tmp_path / "runs" / "shards" / name).split("valid")
        assert 0 < len(split) <= 5 and split.lengths.max() <= 257
        order, rows = by_length(split), []
        for batch in fixed_batches(split, config, 512):
            heard = music(batch.targets_BT)
            for row, places in zip(batch.targets_BT, heard.pitches, strict=True):
                rows.append(sorted(row[places].tolist()))
        counted[name] = {int(number): row for number, row in zip(order, rows, strict=True)}
    assert all(rows == counted["shipped"] for rows in counted.values())
    assert any(row for row in counted["shipped"].values())
