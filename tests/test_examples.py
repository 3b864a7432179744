"""The scripts in examples/ run as written, with small weights and a small font in their place."""

import runpy
import sys
from pathlib import Path

import pytest
from small_weights import small_weights
from tiny_soundfont import tiny_soundfont

from anacrusis.compose.files.read_write import read_score

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def test_every_example_is_short_and_is_tested_here() -> None:
    tested = {"compose_from_chords.py", "edit_a_plan.py", "render_midi.py"}
    assert {path.name for path in EXAMPLES.glob("*.py")} == tested
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text("utf-8").splitlines()) < 40


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_weights(tmp_path_factory.mktemp("weights") / "small")


@pytest.fixture(autouse=True)
def at_hand(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("anacrusis.compose.model.runtime.SHIPPED", weights)
    font = tiny_soundfont(tmp_path / "tiny.sf2")
    monkeypatch.setenv("ANACRUSIS_SOUNDFONT", str(font))


def run(monkeypatch: pytest.MonkeyPatch, name: str, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_composing_and_rendering(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "compose_from_chords.py", "made")
    assert "made/from_chords.musicxml" in capsys.readouterr().out
    score = read_score("made/from_chords.mid").score
    assert len(score.bars) == 8
    assert [str(span.chord) for span in score.chords][:4] == ["Am", "Fmaj7", "C", "G/B"]
    run(monkeypatch, "render_midi.py", "made/from_chords.mid", "sound")
    printed = capsys.readouterr().out
    assert "4 tracks, 8 bars; nothing lost" in printed
    assert "-16.0 LUFS" in printed
    assert Path("sound/from_chords.flac").stat().st_size > 1000
    assert len(list(Path("sound/stems").glob("*.flac"))) == 4


def test_rendering_without_a_file_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="usage"):
        run(monkeypatch, "render_midi.py")


def test_editing_a_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "edit_a_plan.py")
    printed = capsys.readouterr().out
    assert "F | G/F | Em7 | Am A7" in printed
    assert "every rule is kept: 32 bars and a pickup" in printed
    Path("mine.yaml").write_text("sections: [{chorus: 4}]\nkey: C\ntempo: 90\n")
    run(monkeypatch, "edit_a_plan.py", "mine.yaml")
    assert "every rule is kept: 4 bars" in capsys.readouterr().out
