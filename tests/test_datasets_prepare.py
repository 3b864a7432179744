"""From chorales and charts made here to shards."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from anacrusis.compose.errors import DataError
from anacrusis.compose.meter import Meter
from anacrusis.compose.model.shards import ShardReader
from anacrusis.compose.score import Bar, Score
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.datasets import assemble
from anacrusis.datasets import prepare as module
from anacrusis.datasets.collect import collect
from anacrusis.datasets.loaders.piece import Piece, UnitResult
from anacrusis.datasets.pieces import read_unit, write_unit
from anacrusis.datasets.prepare import prepare, used_pieces
from anacrusis.datasets.registry import card_named
from anacrusis.datasets.splits import split_of, work_of
from anacrusis.datasets.stats import statistics, table

SETS = ("jsb_chorales", "mcgill_billboard_chords")


def chorale(seed: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    rows: list[list[int]] = []
    for step in rng.choice([-2, 1, 2, 3], 40).cumsum():
        top = 70 + int(step) % 9
        rows += [[top, top - 5, top - 9, top - 21]] * 4
    return rows


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    grids = {
        "train": [chorale(i) for i in range(6)] + [chorale(20)],
        "valid": [chorale(10)],
        "test": [chorale(20), [[1]]],
    }
    (folder / "jsb_chorales").mkdir()
    (folder / "jsb_chorales" / "Jsb16thSeparated.json").write_text(json.dumps(grids), "utf-8")
    charts = folder / card_named("mcgill_billboard_chords").name
    path = charts / "Billboard/Resources/McGill_Data/SalamiFiles/0001.txt"
    path.parent.mkdir(parents=True)
    path.write_text("# tonic: C\n0.0\tA, verse, | C:maj | F:maj G:7 | A:min | G:maj |\n8\tend\n")
    return folder


def test_shards_hold_every_split_and_no_held_out_music_trains(source: Path, tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    result = prepare(
        SETS, tmp_path / "pieces", tmp_path / "shards", source=source,
        progress=lambda *call: calls.append(call),
    )  # fmt: skip
    assert result.failed == () and result.held_out == ("jsb_chorales/train/006",)
    assert result.pieces["jsb_chorales", "train"] == 6
    assert result.pieces["jsb_chorales", "test"] == 1
    reader = ShardReader(tmp_path / "shards")
    assert reader.meta.vocab_hash == vocabulary().digest
    assert reader.meta.sources == list(SETS)
    train = reader.split("train")
    assert len(train) == sum(n for (_, split), n in result.examples.items() if split == "train")
    assert calls[-1][0] == "shards" and calls[-1][1] == calls[-1][2]
    assert not result.current


def test_used_pieces_are_divided_as_for_training(source: Path, tmp_path: Path) -> None:
    result = prepare(SETS, tmp_path / "pieces", tmp_path / "shards", source=source)
    used = [(p.id, split) for p, split in used_pieces(SETS, tmp_path / "pieces", source=source)]
    assert "jsb_chorales/train/006" not in dict(used), "it is held out too"
    assert dict(used)["jsb_chorales/test/000"] == "test"
    counted = Counter((name.split("/")[0], split) for name, split in used)
    assert counted == {key: count for key, count in result.pieces.items()}


def test_the_same_seed_gives_the_same_shards_with_any_workers(source: Path, tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("two", 2)):
        prepare(
            SETS, tmp_path / "pieces", tmp_path / name, source=source, seed=3, workers=workers
        )  # fmt: skip
    one, two = (ShardReader(tmp_path / name).split("train") for name in ("one", "two"))
    assert np.array_equal(one.tokens, two.tokens) and np.array_equal(one.ticks, two.ticks)


def test_only_what_changed_is_cut_again(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[str] = []
    real = assemble.cut_unit

    def counting(unit: Path, *rest: object) -> Path:
        cut.append(unit.name)
        return real(unit, *rest)

    monkeypatch.setattr(assemble, "cut_unit", counting)
    pieces, out = tmp_path / "pieces", tmp_path / "shards"
    first = prepare(SETS, pieces, out, source=source)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.npy")}
    assert len(cut) == len(list(pieces.glob("*/*.json.gz")))
    second = prepare(SETS, pieces, out, source=source)
    assert second == first._replace(current=True)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.npy")} == before
    assert len(cut) == len(list(pieces.glob("*/*.json.gz")))

    # a unit that reads otherwise than before, and another seed
    cut.clear()
    units = collect("jsb_chorales", pieces, source).units
    unit = next(path for path in units if read_unit(path).pieces)
    (piece, *_), refused = read_unit(unit)
    shorter = replace(piece.score, tracks=piece.score.tracks[:1])
    write_unit(unit, "", UnitResult((replace(piece, score=shorter),), refused))
    assert not prepare(SETS, pieces, out, source=source).current
    assert cut == [unit.name]
    assert not prepare(SETS, pieces, out, source=source, seed=1).current
    assert len(cut) == 1 + len(list(pieces.glob("*/*.json.gz")))


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("damage", ["cut short", "emptied", "other", "removed"])
@pytest.mark.parametrize("kind", ["jsb_chorales/*.json.gz", "signatures/*.npz", "cuts/*.npz"])
def test_a_damaged_file_of_the_cache_is_made_again(
    kind: str, damage: str, source: Path, tmp_path: Path
) -> None:
    pieces, out = tmp_path / "pieces", tmp_path / "shards"
    first = prepare(SETS, pieces, out, source=source)
    before, cached = contents(out), contents(pieces)
    path = max(pieces.glob(kind), key=lambda p: p.stat().st_size)
    if damage == "removed":
        path.unlink()
    else:
        data = {"cut short": path.read_bytes()[:100], "emptied": b"", "other": b"{}"}[damage]
        path.write_bytes(data)
    assert prepare(SETS, pieces, out, source=source) == first._replace(current=True)
    assert contents(out) == before and contents(pieces) == cached


def test_damaged_shards_are_made_again(source: Path, tmp_path: Path) -> None:
    pieces, out = tmp_path / "pieces", tmp_path / "shards"
    prepare(SETS, pieces, out, source=source)
    (out / "train" / "tokens.npy").unlink()
    assert not prepare(SETS, pieces, out, source=source).current


def test_a_set_named_twice_is_read_once(source: Path, tmp_path: Path) -> None:
    once = prepare(SETS, tmp_path / "pieces", tmp_path / "once", source=source)
    twice = prepare((*SETS, *SETS), tmp_path / "pieces", tmp_path / "twice", source=source)
    assert once == twice and contents(tmp_path / "once") == contents(tmp_path / "twice")


def test_pieces_of_one_name_are_an_error(source: Path, tmp_path: Path) -> None:
    pieces = tmp_path / "pieces"
    one, other, *_ = collect("jsb_chorales", pieces, source).units
    write_unit(one, "", read_unit(other))
    with pytest.raises(DataError, match="1 piece names are those of several pieces, such as jsb_"):
        prepare(SETS, pieces, tmp_path / "shards", source=source)


def test_reading_goes_on_where_it_stopped(source: Path, tmp_path: Path) -> None:
    first = collect("jsb_chorales", tmp_path, source)
    assert (first.read, first.kept) == (10, 0)
    gone = first.units[:3]
    for path in gone:
        path.unlink()
    assert collect("jsb_chorales", tmp_path, source)[1:] == (3, 7)
    assert all(path.exists() for path in gone)
    (refusal,) = [refusal for path in first.units for refusal in read_unit(path).refused]
    assert refusal.unit.endswith("test/001")


def test_sets_share_a_cache_and_leave_each_other_alone(source: Path, tmp_path: Path) -> None:
    pieces = tmp_path / "pieces"
    chorales, charts = SETS
    prepare([chorales], pieces, tmp_path / "one", source=source)
    alone = contents(pieces)
    foreign = pieces / "cuts" / ".half-written.npz"
    foreign.touch()
    prepare([charts], pieces, tmp_path / "other", source=source)
    assert foreign.exists() and alone.items() <= contents(pieces).items()
    assert prepare([chorales], pieces, tmp_path / "one", source=source).current


def test_two_runs_at_once_do_not_disturb_each_other(source: Path, tmp_path: Path) -> None:
    def run(number: int) -> dict[str, bytes]:
        out = tmp_path / f"shards-{number}"
        prepare(SETS, tmp_path / "shared", out, source=source, seed=number // 2)
        return contents(out)

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run, range(4)))
    for number, found in enumerate(together):
        out = tmp_path / f"alone-{number}"
        prepare(SETS, tmp_path / f"own-{number}", out, source=source, seed=number // 2)
        assert contents(out) == found


def test_statistics_count_pieces_and_refusals(source: Path, tmp_path: Path) -> None:
    collect("jsb_chorales", tmp_path, source)
    found = statistics("jsb_chorales", tmp_path)
    assert (found.units, found.pieces, sum(found.refused.values())) == (10, 9, 1)
    assert "| jsb_chorales | 10 | 9 |" in table([found])


def test_a_set_for_benchmarks_never_trains(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def benchmark_only(name: str) -> object:
        return replace(card_named(name), tier="B", kind="pop909")

    monkeypatch.setattr(module, "card_named", benchmark_only)
    with pytest.raises(DataError, match="benchmarks only"):
        prepare(SETS, tmp_path / "pieces", tmp_path / "shards", source=source)
    assert not (tmp_path / "shards").exists() and not (tmp_path / "pieces").exists()
    measured = prepare(SETS, tmp_path / "p", tmp_path / "s", source=source, benchmark=True)
    assert measured.examples and not measured.played
    assert (tmp_path / "s" / "meta.json").exists() and not (tmp_path / "s/performance").exists()


def test_no_sets_and_missing_sets_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no data sets"):
        prepare([], tmp_path / "pieces", tmp_path / "shards")
    with pytest.raises(DataError, match="neither"):
        prepare(["freedoom_midi"], tmp_path / "pieces", tmp_path / "shards", source=tmp_path)


def test_the_division_is_fixed_and_keeps_works_together() -> None:
    score = Score((Bar(Meter()),))
    splits = [split_of(Piece(f"some_set/{i}", score, "game")) for i in range(3000)]
    assert 0.02 < splits.count("test") / 3000 < 0.06
    assert 0.02 < splits.count("valid") / 3000 < 0.06
    held_out = {i: split for i, split in enumerate(splits[:60]) if split != "train"}
    assert held_out == {18: "test", 20: "valid", 39: "test", 59: "test"}
    cycle = [f"lieder/scores/Schubert/Winterreise/{i}_Song/lc{i}" for i in range(24)]
    assert len({work_of(name) for name in cycle}) == 1
    alone = [f"lieder/scores/Schubert/_/{i}_Song/lc{i}" for i in range(24)]
    assert len({work_of(name) for name in alone}) == 24
