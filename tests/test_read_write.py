"""Reading and writing by file name and content."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from anacrusis.compose.errors import AnacrusisError, FileFormatError
from anacrusis.compose.files.json_file import read_json
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.files.musicxml_read import read_musicxml
from anacrusis.compose.files.read_write import READABLE, WRITABLE, read_score, write_score
from anacrusis.compose.meter import Meter
from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.plan_file import read_plan
from anacrusis.compose.score import Bar, Note, Score, Track
from anacrusis.render.fonts import find_font
from anacrusis.render.mix import load_preset

READERS = (
    read_score, read_midi, read_json, read_musicxml, read_plan, ModelConfig.load, find_font,
    lambda path: load_preset(str(path)),
)  # fmt: skip

SCORE = Score(
    bars=(Bar(Meter(3, 4)), Bar(Meter(3, 4))),
    tracks=(Track("Tune", "melody", 73, (Note(0, 67, 12), Note(36, 65, 24))),),
    title="Tune",
)


@pytest.mark.parametrize("suffix", WRITABLE)
def test_every_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tune{suffix}"
    losses = write_score(SCORE, path)
    assert not losses
    score = read_score(path).score
    assert score.bars == SCORE.bars
    assert [t.program for t in score.tracks] == [73]
    assert [(n.onset, n.pitch, n.duration) for n in score.tracks[0].notes] == [
        (0, 67, 12),
        (36, 65, 24),
    ]


@pytest.mark.parametrize("suffix", [".mid", ".json", ".musicxml", ".mxl"])
def test_content_decides_before_the_suffix(tmp_path: Path, suffix: str) -> None:
    write_score(SCORE, tmp_path / f"tune{suffix}")
    (tmp_path / f"tune{suffix}").rename(tmp_path / "tune.dat")
    assert read_score(tmp_path / "tune.dat").score.bars == SCORE.bars


def test_upper_case_suffix(tmp_path: Path) -> None:
    write_score(SCORE, tmp_path / "TUNE.MID")
    assert read_score(tmp_path / "TUNE.MID").score.tracks == SCORE.tracks


def test_unknown_suffix_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"suffix \.wav is unknown; allowed: \.mid") as error:
        write_score(SCORE, tmp_path / "tune.wav")
    assert all(suffix in str(error.value) for suffix in WRITABLE)
    (tmp_path / "tune.wav").write_bytes(b"RIFX")
    with pytest.raises(FileFormatError, match=r"suffix \.wav is unknown") as error:
        read_score(tmp_path / "tune.wav")
    assert all(suffix in str(error.value) for suffix in READABLE)
    with pytest.raises(FileFormatError, match=r"suffix \(none\) is unknown"):
        write_score(SCORE, tmp_path / "tune")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tune.wav"]


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    path = tmp_path / "tune.json"
    path.write_text("mine")
    with pytest.raises(FileFormatError, match="exists already"):
        write_score(SCORE, path)
    assert path.read_text() == "mine"
    write_score(SCORE, path, force=True)
    assert json.loads(path.read_text())["title"] == "Tune"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("suffix", [".mid", ".json", ".musicxml"])
def test_files_that_cannot_be_read(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(FileFormatError, match=r"cannot read .*: No such file"):
        read_score(tmp_path / f"gone{suffix}")
    with pytest.raises(FileFormatError, match="is a folder"):
        read_score(tmp_path)
    with pytest.raises(FileFormatError, match="is a folder"):
        (tmp_path / f"folder{suffix}").mkdir()
        write_score(SCORE, tmp_path / f"folder{suffix}", force=True)
    empty = tmp_path / f"empty{suffix}"
    empty.touch()
    with pytest.raises(FileFormatError, match="is empty"):
        read_score(empty)
    nonsense = tmp_path / f"nonsense{suffix}"
    nonsense.write_bytes(b"\x00\x01nonsense")
    with pytest.raises(FileFormatError, match=f"nonsense{suffix}"):
        read_score(nonsense)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no devices and pipes as files")
@pytest.mark.parametrize("read", READERS)
def test_what_has_no_end_is_not_read(tmp_path: Path, read: Callable[[Path], object]) -> None:
    endless = tmp_path / "endless.dat"
    endless.symlink_to("/dev/zero")
    waiting = tmp_path / "waiting.dat"
    os.mkfifo(waiting)
    for path in (endless, waiting):
        with pytest.raises(AnacrusisError, match=rf"{path.name}.*(pipe|file)"):
            read(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "tune.mid"
    write_score(SCORE, path)
    path.chmod(0)
    with pytest.raises(FileFormatError, match=r"cannot read .*check its name and permissions"):
        read_score(path)


def test_parent_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileFormatError, match="cannot write"):
        write_score(SCORE, tmp_path / "file" / "tune.mid")
