"""`anacrusis evaluate`: composed songs beside held-out music by people."""

import json
from pathlib import Path

import numpy as np
import pytest
from command import files_in, refused, run


@pytest.fixture
def read(tmp_path: Path) -> Path:
    """A cache into which two held-out chorales of 16 bars were read."""
    rng = np.random.default_rng(0)
    table: dict[str, list[list[list[int]]]] = {"train": [], "valid": [], "test": []}
    for place in ("train", "test", "test"):
        tops = 70 + rng.choice([-2, -1, 1, 2], 64).cumsum() % 9
        table[place].append(
            [[int(top), int(top) - 5, int(top) - 9, int(top) - 21] for top in tops for _ in "1234"]
        )
    folder = tmp_path / "data" / "jsb_chorales"
    folder.mkdir(parents=True)
    (folder / "Jsb16thSeparated.json").write_text(json.dumps(table), "utf-8")
    cache = tmp_path / "pieces"
    given = ("--from", tmp_path / "data", "--cache", cache, "--workers", 1)
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
