"""`anacrusis evaluate`: composed songs beside held-out music by people."""

import json
from pathlib import Path

import numpy as np
import pytest
from command import files_in, refused, run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of data with chorales of 16 bars: one to learn, one to validate, two to test."""
    rng = np.random.default_rng(0)
    table: dict[str, list[list[list[int]]]] = {"train": [], "valid": [], "test": []}
    for place in ("train", "test", "test", "valid"):
        tops = 70 + rng.choice([-2, -1, 1, 2], 64).cumsum() % 9
        table[place].append(
            [[int(top), int(top) - 5, int(top) - 9, int(top) - 21] for top in tops for _ in "1234"]
        )
    folder = tmp_path / "data" / "jsb_chorales"
    folder.mkdir(parents=True)
    (folder / "Jsb16thSeparated.json").write_text(json.dumps(table), "utf-8")
    return folder.parent


@pytest.fixture
def read(data: Path, tmp_path: Path) -> Path:
    """A cache into which the chorales were read."""
    cache = tmp_path / "pieces"
    given = ("--from", data, "--cache", cache, "--workers", 1)
    assert run("data", "stats", "jsb_chorales", *given).code == 0
    return cache


def test_form_is_compared_with_held_out_pieces(read: Path, weights: Path) -> None:
    pytest.importorskip("matplotlib")
    given = ("--out", "form", "--cache", read, "--weights", weights, "--songs", 1)
    ended = run("evaluate", "form", *given)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == [f"form/form.{suffix}" for suffix in ("md", "png", "csv")]
    (song,) = [name for name in files_in(Path("form")) if name.startswith("songs/")]
    before = Path("form", song).stat().st_mtime_ns
    assert "1 song composed" in Path("form/form.md").read_text("utf-8")
    assert run("evaluate", "form", *given).code == 0
    assert Path("form", song).stat().st_mtime_ns == before, "it was composed again"


def test_form_without_pieces_says_how_to_get_them(weights: Path) -> None:
    given = ("--out", "form", "--cache", "nothing", "--weights", weights)
    assert "data stats --from" in refused("evaluate", "form", *given)


def test_chorales_are_learnt_and_measured(data: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("matplotlib")
    given = ("chorales", "--from", data, "--out", "ch", "--threads", 1, "--steps", 2)
    ended = run("evaluate", *given)
    assert ended.code == 0, ended.err
    head, _, valid, test = Path("ch/chorales.md").read_text("utf-8").splitlines()
    assert head.startswith("| split | as trained |")
    assert valid.endswith("| 1,024 |") and test.endswith("| 2,048 |")
    log = Path("ch/run/log.jsonl").read_text("utf-8")
    again = run("evaluate", *given)
    assert again.out == ended.out and "step" not in again.err
    assert Path("ch/run/log.jsonl").read_text("utf-8") == log, "it was trained again"


def test_hidden_bars_are_written_and_compared(read: Path, weights: Path) -> None:
    pytest.importorskip("matplotlib")
    given = ("--out", "in", "--cache", read, "--weights", weights, "--tasks", 1)
    ended = run("evaluate", "infilling", *given)
    assert ended.code == 0, ended.err
    assert files_in(Path("in")) == ["infilling.md", "infilling.png"]
    for writer in ("the model", "the bar before", "training bars over the chord"):
        assert f"| {writer} |" in ended.out


def test_originality_without_sets_names_them_all(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    ended = run("evaluate", "originality", "--from", tmp_path, "--out", "o", "--songs", 0)
    assert ended.code == 1 and ended.out == ""
    assert "12 sets are missing" in ended.err and "openhymnal" in ended.err
    assert not Path("o").exists()
