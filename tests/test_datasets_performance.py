"""The performance view: how notes were played, beside how they are written."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.midi_write import write_midi
from anacrusis.compose.instruments import ROLES
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, TempoChange, Track
from anacrusis.datasets.loaders.piece import Piece, UnitResult
from anacrusis.datasets.performance import COLUMNS, META, open_performance, write_performance
from anacrusis.datasets.pieces import read_unit, unit_path, write_unit
from anacrusis.datasets.prepare import prepare


def played(name: str = "groove_midi/one", shift: float = 0.5) -> Piece:
    drums = tuple(Note(12 + 6 * i, 36 + i % 3, 3, 60 + i, shift * (i % 3 - 1)) for i in range(12))
    bass = (Note(12, 40, 48, 90, shift),)
    score = Score(
        (Bar(Meter(4, 4), 12), *(Bar(Meter(4, 4)),) * 2),
        (Track("kit", "drums", -1, drums), Track("bass", "bass", 32, bass)),
        (TempoChange(0, 100.0), TempoChange(60, 90.0)), title="funk, beat",
    )  # fmt: skip
    return Piece(name, score, "drums", split="train")


def test_a_table_holds_every_note_as_it_was_written_and_played(tmp_path: Path) -> None:
    written = replace(played("groove_midi/two", 0.0), split="test")
    late = replace(played("groove_midi/three"), split="test")
    pieces = [(piece, piece.split or "") for piece in (played(), written, late)]
    assert write_performance(tmp_path / "t", pieces) == 26
    table = open_performance(tmp_path / "t")
    assert table.pieces == ("groove_midi/one", "groove_midi/three")
    assert table.titles == ("funk, beat",) * 2
    assert [len(table.rows(split)) for split in ("train", "valid", "test")] == [13, 0, 13]
    score = played().score
    expected = sorted(
        (*score.position(note.onset), ROLES.index(track.role), note.pitch, note.duration,
         note.velocity, note.shift, 100.0 if note.onset < 60 else 90.0)
        for track, note in score.notes()
    )  # fmt: skip
    names = [name for name in COLUMNS if name not in ("piece", "split")]
    rows = table.rows("train")
    assert [tuple(table.columns[name][row].item() for name in names) for row in rows] == expected
    assert set(table.columns["piece"][table.rows("test")]) == {1}
    assert all(isinstance(column, np.memmap) for column in table.columns.values())
    with pytest.raises(DataError, match="allowed: train, valid, test"):
        table.rows("dev")


def test_what_may_not_train_is_never_in_a_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="pop909 is for benchmarks only"):
        write_performance(tmp_path / "t", [(played(), "train"), (played("pop909/001"), "train")])
    assert list(tmp_path.iterdir()) == []


def test_nothing_played_is_an_empty_table(tmp_path: Path) -> None:
    assert write_performance(tmp_path / "t", []) == 0
    assert len(open_performance(tmp_path / "t").rows("train")) == 0


@pytest.mark.parametrize("name", [META, "shift.npy"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x93NUMPY", b'{"format": 1, "rows": 2}'])
def test_a_damaged_table_is_an_error_that_says_what_to_do(
    name: str, content: bytes | None, tmp_path: Path
) -> None:
    write_performance(tmp_path / "t", [(played(), "train")])
    path = tmp_path / "t" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match="prepare"):
        open_performance(tmp_path / "t")


def test_a_column_of_another_length_is_found(tmp_path: Path) -> None:
    write_performance(tmp_path / "t", [(played(), "train")])
    np.save(tmp_path / "t" / "shift.npy", np.zeros(3, dtype="<f4"))
    with pytest.raises(DataError, match="damaged"):
        open_performance(tmp_path / "t")


def test_the_cache_of_pieces_keeps_how_they_were_played(tmp_path: Path) -> None:
    result = UnitResult((played(), replace(played("pop909/001"), labelled=True)), ())
    write_unit(unit_path(tmp_path, "unit"), "unit", result)
    assert read_unit(unit_path(tmp_path, "unit")) == result


def write_grooves(folder: Path) -> None:
    """Three takes of the drum set: a beat in train, a fill in test, three strokes."""
    root = folder / "groove_midi" / "groove" / "drummer1"
    root.mkdir(parents=True)
    rows = []
    for name, kind, split, count in (
        ("a", "beat", "train", 40), ("b", "fill", "test", 16), ("c", "fill", "train", 3)
    ):  # fmt: skip
        notes = tuple(
            Note(6 * i + 6, (36, 42, 38)[i % 3], 2, 50 + i, (0.5, -0.25, 0.0)[i % 3])
            for i in range(count)
        )
        bars = (Bar(Meter(3, 4)),) * 8
        score = Score(bars, (Track("kit", "drums", -1, notes),), (TempoChange(0, 96.0),))
        write_midi(score, root / f"{name}.mid")
        rows.append(f"funk,96,{kind},3-4,drummer1/{name}.mid,{split}")
    head = "style,bpm,beat_type,time_signature,midi_filename,split"
    (root.parent / "info.csv").write_text("\n".join([head, *rows]), "utf-8")


def test_preparing_drums_writes_the_table_beside_the_shards(tmp_path: Path) -> None:
    write_grooves(tmp_path)
    out = tmp_path / "out"
    prepared = prepare(["groove_midi"], tmp_path / "pieces", out, source=tmp_path)
    assert prepared.played == 56
    assert prepared.pieces == {("groove_midi", "train"): 1, ("groove_midi", "test"): 1}
    table = open_performance(out / "performance")
    assert table.titles == ("funk, beat", "funk, fill")
    order = np.argsort(table.columns["velocity"][table.rows("train")])
    shifts = table.columns["shift"][table.rows("train")][order].tolist()
    assert shifts == pytest.approx([(0.5, -0.25, 0.0)[i % 3] for i in range(40)])
    assert set(table.columns["position"].tolist()) == {0, 6, 12, 18, 24, 30}
    assert json.loads((out / "performance" / META).read_text("utf-8"))["rows"] == 56


@pytest.mark.parametrize("name", [META, "shift.npy"])
def test_preparing_again_mends_a_damaged_table(name: str, tmp_path: Path) -> None:
    write_grooves(tmp_path)
    line = (["groove_midi"], tmp_path / "pieces", tmp_path / "out")
    first = prepare(*line, source=tmp_path)
    path = tmp_path / "out" / "performance" / name
    for damage in (path.unlink, lambda: path.write_bytes(b"{}")):
        damage()
        assert prepare(*line, source=tmp_path) == first._replace(current=True)
        assert len(open_performance(path.parent).columns["shift"]) == 56
