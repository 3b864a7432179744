"""What the studies with small networks count, and that they compare the same music."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from anticipation import Cutter, Kept, sample, table, to_measure
from section_returns import returns
from small_network import by_length, difference, music
from tokenisation import ENCODINGS, write_shards
from usual_densities import headers

from anacrusis.compose.errors import DataError
from anacrusis.compose.meter import Meter
from anacrusis.compose.model.batches import IGNORE, collate, fixed_batches
from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.model.shards import MAX_SHIFT, Example, ShardReader, ShardWriter
from anacrusis.compose.score import Bar, Note, Score, Section, Track
from anacrusis.compose.tokens.encode import NOTHING, Given, encode
from anacrusis.compose.tokens.examples import MODES, examples_of
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.datasets.loaders.piece import Piece

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
    found = encode(score, given=NOTHING)
    short = found.ids[: int(found.bars[1])]
    examples = [Example(found.ids, found.ticks), Example(short, found.ticks[: len(short)])]
    targets = collate(examples, 1024, V.id("PAD")).targets_BT
    heard = music(targets)
    names = [V.name(int(token)) for token in targets[0][heard.playing[0]]]
    assert names == [
        "Track_melody1", "Position_0", "Velocity_80", "Pitch_60", "Duration_1.0.12", "Bar_None",
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
    options = Namespace(out=tmp_path / "runs", context=256, every=2, held_out=3)
    write_shards(ShardReader(source), list(ENCODINGS), options)
    config = ModelConfig(len(v), context=256)
    counted = {}
    for name in ENCODINGS:
        split = ShardReader(tmp_path / "runs" / "shards" / name).split("valid")
        assert 0 < len(split) <= 3 and split.lengths.max() <= 257
        order, rows = by_length(split), []
        for batch in fixed_batches(split, config, 512):
            heard = music(batch.targets_BT)
            for row, places in zip(batch.targets_BT, heard.pitches, strict=True):
                rows.append(sorted(row[places].tolist()))
        counted[name] = {int(number): row for number, row in zip(order, rows, strict=True)}
    assert all(rows == counted["shipped"] for rows in counted.values())
    assert any(row for row in counted["shipped"].values())


def events(ids: np.ndarray) -> list[list[str]]:
    """Names of the tokens of each bar's music, without its end."""
    found: list[list[str]] = []
    playing = False
    for token in ids:
        kind = V.type(int(token))
        if kind in ("Now", "Bar", "EOS"):
            playing = kind == "Now"
            if playing:
                found.append([])
        elif playing:
            found[-1].append(V.name(int(token)))
    return found


@pytest.mark.parametrize("split", ["train", "valid"])
def test_windows_hold_the_same_music_at_every_distance(split: str):
    distances = [0, 1, 2, 4]
    piece = Piece("set/a/b", tune(40), "game")
    given = dict.fromkeys(MODES, 0)
    covered: list[set[int]] = []
    for source, found in Cutter(Kept(piece, "set", split, 3), 300, distances).windows():
        first = found[1]
        assert first.encoded.bars.size > 1
        for ahead, window in found.items():
            header = window.encoded.ids[: window.encoded.bars[0]].tolist()
            assert header.count(V.id("Ahead")) == ahead
            assert len(window.encoded.ids) <= 301
            assert window.stop == first.stop and window.given == first.given
            assert events(window.encoded.ids) == events(first.encoded.ids)
        if split == "valid":
            given[source] += 1
            assert (first.given != NOTHING) == (source != "free")
        else:
            assert source == "set"
            covered.append(set(range(first.stop - len(first.encoded.bars), first.stop)))
    if split == "valid":
        assert given["free"] == 3 and all(given.values())
    else:
        assert set.union(*covered) == set(range(40))


def test_a_control_at_no_distance_stands_in_its_own_bar():
    found = encode(tune(2), ahead=0, given=Given(notes={1: [2]}))
    names = [V.name(int(token)) for token in found.ids]
    bars = [place for place, name in enumerate(names) if name == "Bar_None"]
    assert "Ahead_None" not in names[: bars[0]], "the header tells of no bar"
    block = names[bars[1] + 1 : names.index("Now_None", bars[1])]
    assert block == [
        "Ahead_None", "TimeSig_4/4", "Track_bass1", "Partly_None", "Position_0", "Velocity_80",
        "Pitch_42", "Duration_2.0.12",
    ]  # fmt: skip
    assert "End_None" not in names


def test_of_few_held_out_pieces_more_windows_are_measured():
    pieces = [Piece(f"one/{n}", tune(2), "game") for n in range(200)]
    many = [Kept(piece, "one", "valid") for piece in pieces]
    few = [Kept(piece, "two", "valid") for piece in pieces[:7]]
    chosen = to_measure(many + few)
    assert [each.measured for each in chosen] == [1] * 60 + [9] * 7
    assert {each.piece.id for each in chosen} == {
        each.piece.id for each in to_measure((many + few)[::-1])
    }


def test_the_table_compares_with_one_bar_and_leaves_out_what_was_not_measured():
    modes = ["free", "free", "bars"]
    one = {"mode": modes, "nats": [10.0, 30.0, 9.0], "tokens": [10, 30, 9], "notes": [5, 15, 3]}
    two = one | {"nats": [15.0, 45.0, 9.0]}
    rows = list(table({1: one, 2: two}))
    assert rows[2].startswith("| free | 1 | 1.0000 | 2.000 |  | 2 | 20 |")
    assert rows[3].startswith("| free | 2 | 1.5000 | 3.000 | +1.0000 ± 0.0000 | 2 | 20 |")
    assert [row.split(" | ")[0] for row in rows[4:]] == ["| infilling"] * 2


def test_a_cache_without_pieces_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="no piece to train on"):
        sample(tmp_path, 4)


def test_sections_return_by_letter_and_length():
    bars = [tuple(Note(12 * beat, pitch + beat, 12) for beat in range(4)) for pitch in (60, 65)]
    order = (0, 0, 1, 0, 1, 1)  # one bar each, but for the last
    notes = tuple(
        replace(note, onset=note.onset + 48 * bar)
        for bar, which in enumerate(order)
        for note in bars[which]
    )
    names = (("A", 1), ("A", 1), ("B", 1), ("A'", 1), ("A", 2))
    sections, first = [], 0
    for name, length in names:
        sections.append(Section(name, first, length))
        first += length
    score = Score(
        (Bar(Meter(4, 4)),) * 6, (Track("a", "melody", 0, notes),), sections=tuple(sections)
    )
    assert returns(score) == [("A", True), ("A", True)]
    changed = replace(score, sections=(Section("A", 0, 1), Section("A'", 2, 1), Section("", 3, 1)))
    assert returns(changed) == [("A", False)]


def test_headers_say_style_and_densities(tmp_path: Path):
    encoded = encode(tune(2), "song")
    ids, ticks = list[int](), list[int]()
    for token, tick in zip(encoded.ids.tolist(), encoded.ticks.tolist(), strict=True):
        ids, ticks = [*ids, token], [*ticks, tick]
        if V.type(token) == "Program":
            ids, ticks = [*ids, V.id("NoteDensity", 3 + ids.count(token))], [*ticks, tick]
    with ShardWriter(
        tmp_path, vocab_size=len(V), vocab_hash=V.digest, pad_id=V.id("PAD"), weights={"s": 1.0},
        transpose=np.stack([V.transpose_table(n) for n in range(-MAX_SHIFT, MAX_SHIFT + 1)]),
    ) as writer:  # fmt: skip
        for split in ("train", "valid"):
            writer.add(split, np.array(ids), np.array(ticks), "s", (0, 0))
    assert list(headers(tmp_path)) == [("song", [("melody", 4), ("bass", 4)])]
