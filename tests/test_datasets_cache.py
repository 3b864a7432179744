"""What was read is kept as long as its files do not change, and shared between runs."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_datasets_form import harmonix
from test_datasets_performance import write_grooves
from test_datasets_pop909 import write_song

from anacrusis.compose.errors import DataError, ScoreError
from anacrusis.compose.files.midi_write import write_midi
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, Track
from anacrusis.datasets import collect as module
from anacrusis.datasets.cache import UNFINISHED, UNUSED, in_use, prune, read_table, write_table
from anacrusis.datasets.collect import collect, collected
from anacrusis.datasets.loaders.files import unit_files
from anacrusis.datasets.loaders.load import list_units, load_unit
from anacrusis.datasets.loaders.piece import Piece
from anacrusis.datasets.pieces import read_unit
from anacrusis.datasets.prepare import prepare
from anacrusis.datasets.processes import over_all
from anacrusis.datasets.registry import card_named
from anacrusis.datasets.stats import statistics

GAMES = ("freedoom_midi", "blasphemer_mus")
"""Two sets whose files have one pattern."""


def write_tune(path: Path, step: int) -> None:
    notes = tuple(Note(12 * i, 60 + (step * i * i) % 13, 12, 80) for i in range(48))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_midi(Score((Bar(Meter()),) * 12, (Track("lead", "melody", 80, notes),)), path)


@pytest.fixture
def games(tmp_path: Path) -> Path:
    """A folder of the two sets, with two tunes each, one of one name."""
    folder = tmp_path / "sets"
    for place, name in enumerate(GAMES):
        write_tune(folder / name / "musics" / "a.mid", 2 * place + 1)
        write_tune(folder / name / "musics" / f"{name}.mid", 2 * place + 2)
    return folder


def names(name: str, root: Path) -> list[str]:
    """Ids of the pieces that the last run listed."""
    return [piece.id for path in collected(name, root) for piece in read_unit(path).pieces]


def test_a_changed_file_is_read_again(games: Path, tmp_path: Path) -> None:
    first = collect("freedoom_midi", tmp_path / "p", games)
    assert collect("freedoom_midi", tmp_path / "p", games) == (first.units, 0, 2)
    write_tune(games / "freedoom_midi" / "musics" / "a.mid", 9)
    second = collect("freedoom_midi", tmp_path / "p", games)
    assert (second.read, second.kept) == (1, 1)
    assert len({*first.units, *second.units}) == 3
    assert names("freedoom_midi", tmp_path / "p")[0] == "freedoom_midi/musics/a"
    write_tune(games / "freedoom_midi" / "musics" / "a.mid", 1)
    assert collect("freedoom_midi", tmp_path / "p", games) == (first.units, 0, 2)


def test_a_removed_file_is_not_used_any_more(games: Path, tmp_path: Path) -> None:
    line = (GAMES, tmp_path / "p", tmp_path / "out")
    assert sum(prepare(*line, source=games).pieces.values()) == 4
    (games / "freedoom_midi" / "musics" / "a.mid").unlink()
    assert sum(prepare(*line, source=games).pieces.values()) == 3
    assert statistics("freedoom_midi", tmp_path / "p").pieces == 1


def test_sets_of_one_pattern_are_kept_apart(games: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing says that it is blasphemer_mus"):
        prepare(GAMES, tmp_path / "p", tmp_path / "out", source=games / "freedoom_midi")
    prepare(GAMES, tmp_path / "p", tmp_path / "out", source=games)
    for name in GAMES:
        assert sorted(names(name, tmp_path / "p")) == sorted(
            f"{name}/musics/{tune}" for tune in ("a", name)
        )


def test_units_that_are_gone_are_said(games: Path, tmp_path: Path) -> None:
    assert collected("freedoom_midi", tmp_path / "p") == ()
    collect("freedoom_midi", tmp_path / "p", games).units[0].unlink()
    with pytest.raises(DataError, match=r"1 of 2 units of freedoom_midi .* data stats"):
        statistics("freedoom_midi", tmp_path / "p")


def test_a_piece_whose_analysis_fails_is_refused_with_its_bars(
    games: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module.annotate

    def failing(piece: Piece) -> Piece:
        if piece.id.endswith("/a"):
            raise ScoreError("no such bar")
        return real(piece)

    monkeypatch.setattr(module, "annotate", failing)
    units = collect("freedoom_midi", tmp_path / "p", games).units
    (refusal,) = [refusal for path in units for refusal in read_unit(path).refused]
    assert refusal.unit == "freedoom_midi/musics/a" and refusal.bars == 12
    assert refusal.reason == "analysis failed: ScoreError: no such bar"
    assert names("freedoom_midi", tmp_path / "p") == ["freedoom_midi/musics/freedoom_midi"]


opened: set[str] | None = None
"""Files that are opened, while somebody looks."""


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and opened is not None and isinstance(arguments[0], str | os.PathLike):
        opened.add(os.fspath(arguments[0]))


sys.addaudithook(_note)


def write_hymn(folder: Path) -> None:
    write_tune(folder / "openhymnal" / "mid" / "a.mid", 1)
    (folder / "openhymnal" / "pd").mkdir()
    (folder / "openhymnal" / "pd" / "a.abc").write_text("X:1\nM:4/4\nL:1/4\nK:C\nC|CDEF|\n")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("openhymnal", write_hymn),
        ("groove_midi", write_grooves),
        ("pop909", write_song),
        ("harmonix_structure", lambda folder: harmonix(folder / "harmonix_structure")),
    ],
)
def test_a_unit_is_named_after_all_files_that_it_is_read_from(
    name: str, write: Callable[[Path], None], tmp_path: Path
) -> None:
    global opened
    write(tmp_path)
    card, folder = card_named(name), tmp_path / name
    units = list_units(card, folder)
    listed = {str(path) for unit in units for path in unit_files(card, folder, unit)}
    opened = set()
    try:
        for unit in units:
            load_unit(card, folder, unit)
        read = {path for path in opened if path.startswith(str(tmp_path))}
    finally:
        opened = None
    assert len(read) > 1 and read <= listed


def test_what_nobody_uses_is_removed(tmp_path: Path) -> None:
    ages = {
        "used.npz": UNUSED - 60, "old.npz": UNUSED + 60, ".half.npz": UNFINISHED - 60,
        ".left.npz": UNFINISHED + 60, "again.npz": UNUSED + 60,
    }  # fmt: skip
    for name, age in ages.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    assert in_use(tmp_path / "again.npz") and not in_use(tmp_path / "missing.npz")
    prune(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".half.npz", "again.npz", "used.npz",
    ]  # fmt: skip
    prune(tmp_path / "missing")


@pytest.mark.parametrize("compress", [True, False])
def test_a_table_comes_back(compress: bool, tmp_path: Path) -> None:
    columns = {"a": np.arange(5), "b": np.zeros((2, 3), np.int8)}
    write_table(tmp_path / "x.npz", ["head", 1], columns, compress=compress)
    head, found = read_table(tmp_path / "x.npz")
    assert head == ["head", 1] and found.keys() == columns.keys()
    assert all(np.array_equal(found[name], columns[name]) for name in columns)


def double(number: int) -> int:
    if number < 0:
        raise DataError(f"{number} is too small")
    return 2 * number


def kill(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order_with_progress(workers: int) -> None:
    calls: list[tuple[str, int, int]] = []
    tasks = range(100)
    found = over_all(double, tasks, "x", workers, lambda *call: calls.append(call), done=7)
    assert found == [double(task) for task in tasks]
    assert calls == [("x", count, 107) for count in range(7, 108)]
    with pytest.raises(DataError, match="-5 is too small"):
        over_all(double, [1, -5, *range(200)], "x", workers)
    assert over_all(double, [], "x", workers) == []


def test_a_killed_process_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(DataError, match=r"a process was killed .*\(x\).* fewer workers"):
        over_all(kill, range(10), "x", 2)
