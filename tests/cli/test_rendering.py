"""`anacrusis render` and `doctor`."""

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from command import files_in, refused, run

from anacrusis.compose.files.read_write import write_score
from anacrusis.compose.score import Bar, Meter, Note, Score, Track
from anacrusis.studio.commands.doctor import OPTIONAL


def test_a_score_is_rendered_to_a_mix_and_stems(song: Path, font: Path, tmp_path: Path) -> None:
    line = ("render", song, "--font", font, "-o", "sound", "--format", "flac,ogg")
    ended = run(*line)
    assert (ended.code, ended.err) == (0, "")
    written = files_in(tmp_path / "sound")
    assert {"song.flac", "song.ogg", "stems/01-melody.flac"} <= set(written)
    listed = [text for text in ended.out.splitlines() if not text.startswith(" ")]
    assert sorted(str(Path(text).relative_to("sound")) for text in listed) == written
    assert "LUFS" in ended.out and "CC0" in ended.out
    assert "exists already" in refused(*line)
    assert run(*line, "--force").code == 0


def test_midi_of_any_origin_is_rendered(font: Path) -> None:
    notes = (Note(0, 60, 12), Note(12, 64, 12))
    write_score(Score((Bar(Meter(4, 4)),), (Track("flute", "melody", 73, notes),)), "any.mid")
    assert run("render", "any.mid", "--font", font, "--no-stems", "--name", "x").code == 0
    assert files_in(Path("sound")) == ["x.wav"]
    again = run("render", "any.mid", "--font", font, "--no-stems")
    assert again.out.splitlines()[0] == str(Path("sound-2") / "any.wav")


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--engine", "organ"], 2, "engine 'organ' is unknown; allowed: soundfont"),
        (["--sample-rate", "22050"], 2, "22050; allowed: 44100 or 48000"),
        (["--bit-depth", "8"], 2, "allowed: 16 or 24"),
        (["--format", "mp4"], 2, "'mp4' is unknown; allowed: wav, flac, ogg"),
        (["--format", ","], 2, "no audio format"),
        (["--lufs", "nan"], 2, "loudness nan"),
        (["--font", "no.sf2"], 1, "no.sf2, which does not exist"),
        (["--name", "a/b"], 2, "--name 'a/b'"),
        (["-o", "any.json/x"], 1, "cannot write to any.json/x"),
    ],
)
def test_what_cannot_be_rendered_leaves_nothing(
    more: list[str], code: int, said: str, tmp_path: Path
) -> None:
    notes = (Note(0, 60, 12),)
    write_score(Score((Bar(Meter(4, 4)),), (Track("flute", "melody", 73, notes),)), "any.json")
    assert said in refused("render", "any.json", *more, code=code)
    assert list(tmp_path.iterdir()) == [tmp_path / "any.json"]


def test_composing_can_render_as_well(weights: Path, font: Path, tmp_path: Path) -> None:
    line = ("compose", "C G", "--bars", 2, "--tracks", "flute,bass", "--weights", weights)
    sound = ("--audio", "--font", font)
    ended = run(*line, *sound)
    assert (ended.code, ended.err) == (0, "")
    expected = ["song.json", "song.mid", "song.musicxml", "song.wav"]
    expected += ["stems/01-flute.wav", "stems/02-bass.wav"]
    assert files_in(tmp_path / "song") == expected
    for name in expected:
        assert str(Path("song") / name) in ended.out.splitlines()
        if not name.startswith("stems"):
            (tmp_path / "song" / name).unlink()
    assert "stems exists already" in refused(*line, *sound, "--out", "song")
    assert files_in(tmp_path / "song") == expected[-2:]


# Doctor


def test_doctor_is_content_where_all_is_there(
    weights: Path, font: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anacrusis.compose.model.runtime.SHIPPED", weights)
    ended = run("doctor", "--font", font)
    assert (ended.code, ended.err) == (0, "")
    assert "MISSING" not in ended.out
    for part in ("Python", "model", "FluidSynth", "SoundFont", "through libsndfile"):
        assert part in ended.out
    for extra in ("train", "report", "evaluate"):
        purpose, modules = OPTIONAL[extra]
        here = all(find_spec(name) for name in modules)
        assert f"{'ok     ' if here else 'absent '} {purpose} (optional)" in ended.out
        assert (f"[{extra}]" in ended.out) == (not here)


def test_doctor_knows_what_extras_bring() -> None:
    stated = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text("utf-8"))
    for extra, (_, modules) in OPTIONAL.items():
        packages = [
            re.split(r"[>=<]", one)[0] for one in stated["project"]["optional-dependencies"][extra]
        ]
        named = [package.replace("-", "_").replace("pillow", "PIL") for package in packages]
        assert list(modules) == named


def test_doctor_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anacrusis.compose.model.runtime.SHIPPED", tmp_path / "gone")
    monkeypatch.setenv("ANACRUSIS_SOUNDFONT", str(tmp_path / "gone.sf2"))
    ended = run("doctor")
    assert ended.code == 1
    missing = [text for text in ended.out.splitlines() if text.startswith("MISSING")]
    assert [text.split()[1] for text in missing] == ["model:", "SoundFont:"]
    assert "--fetch-font" in ended.out
