"""`anacrusis demo`: the main job, end to end."""

from pathlib import Path

import pytest
from command import files_in, refused, run

from anacrusis.compose.files.read_write import read_score
from anacrusis.compose.plan_file import read_plan
from anacrusis.studio.commands.demo import DEMO_PLAN


def test_the_demo_takes_its_plan_from_the_package(
    weights: Path, font: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anacrusis.compose.model.runtime.SHIPPED", weights)
    monkeypatch.setenv("ANACRUSIS_SOUNDFONT", str(font))
    _check_demo(tmp_path)
    said = refused("demo", "--out", "song")
    assert "exists already" in said and "--out" in said


@pytest.mark.slow
def test_the_demo_with_the_shipped_weights(
    font: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANACRUSIS_SOUNDFONT", str(font))
    _check_demo(tmp_path)


def _check_demo(folder: Path) -> None:
    ended = run("demo")
    assert (ended.code, ended.err) == (0, "")
    stems = [f"stems/{n:02d}-{name}.wav" for n, name in
             enumerate(("flute", "piano", "bass", "drums"), 1)]  # fmt: skip
    expected = ["song.json", "song.mid", "song.musicxml", "song.wav", *stems]
    assert files_in(folder / "song") == expected
    for name in expected:
        assert str(Path("song") / name) in ended.out.splitlines()
    score = read_score("song/song.json").score
    assert len(score.bars) == 32
    assert score.plan == read_plan(DEMO_PLAN)
    assert run("verify", "song/song.json").code == 0
