"""Rendering from end to end: stems, mix, loudness, formats, and failures that leave no trace."""

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny_soundfont import tiny_soundfont

from anacrusis.compose.errors import AnacrusisError, FileFormatError, RenderError
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, TempoChange, Track
from anacrusis.render import perform
from anacrusis.render import render as module
from anacrusis.render.audiofile import encode
from anacrusis.render.loudness import measure
from anacrusis.render.render import RenderSettings, render


@pytest.fixture(scope="module")
def font(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_soundfont(tmp_path_factory.mktemp("font") / "tiny.sf2"))


def song(bars: int = 4, bpm: float = 110.0) -> Score:
    def line(pitches: tuple[int, ...], step: int, velocity: int) -> tuple[Note, ...]:
        return tuple(
            Note(tick, pitches[i % len(pitches)], step, velocity)
            for i, tick in enumerate(range(0, bars * 48, step))
        )

    return Score(
        (Bar(Meter(4, 4)),) * bars,
        (
            Track("Lead voice", "melody", 73, line((72, 74, 76, 79), 12, 95)),
            Track("Piano", "chords", 0, line((60,), 24, 70) + line((64,), 24, 70)),
            Track("Bass", "bass", 33, line((36, 43), 24, 90)),
            Track("Drums", "drums", -1, line((36, 42, 38, 42), 6, 100)),
            Track("Empty", "pad", 48),
        ),
        (TempoChange(0, bpm),),
    )


def read(path: Path) -> tuple[np.ndarray, int]:
    sound, rate = soundfile.read(path, dtype="float32")
    return sound.T, rate


@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_song_becomes_a_mix_and_its_stems(tmp_path: Path, font: str, rate: int) -> None:
    stages: list[tuple[str, int, int]] = []
    result = render(
        song(),
        tmp_path,
        RenderSettings(font=font, sample_rate=rate),
        progress=lambda *stage: stages.append(stage),
    )
    assert [path.relative_to(tmp_path).as_posix() for path in (*result.files, *result.stems)] == [
        "song.wav", "stems/01-lead-voice.wav", "stems/02-piano.wav", "stems/03-bass.wav",
        "stems/04-drums.wav", "stems/05-empty.wav",
    ]  # fmt: skip
    assert sorted(tmp_path.iterdir()) == [tmp_path / "song.wav", tmp_path / "stems"]
    mix, found_rate = read(result.files[0])
    stems = [read(path)[0] for path in result.stems]
    assert found_rate == rate
    assert {stem.shape for stem in stems} == {mix.shape}
    assert result.seconds == mix.shape[1] / rate >= song().duration
    assert not stems[4].any()

    lufs, peak = measure(mix, rate)
    assert lufs == pytest.approx(-14.0, abs=0.2)
    assert peak <= -1.0
    assert result.loudness.lufs == pytest.approx(lufs, abs=0.02)
    assert result.loudness.true_peak == pytest.approx(peak, abs=0.02)
    assert result.loudness.reached
    assert [stage for stage, *_ in stages] == sorted(
        (stage for stage, *_ in stages), key=["balance", "play", "master", "write"].index
    )
    assert stages[-1] == ("write", len(result.stems) + 1, len(result.stems) + 1)


def test_stems_add_up_to_the_mix_before_mastering(tmp_path: Path, font: str) -> None:
    quiet = RenderSettings(font=font, lufs=-30.0)  # the limiter has nothing to do
    result = render(song(), tmp_path, quiet)
    assert result.loudness.reduction_db == 0.0
    total = sum(read(path)[0] for path in result.stems)
    gain = 10.0 ** ((result.loudness.gain_db - result.stem_gain_db) / 20.0)
    difference = np.abs(total * gain - read(result.files[0])[0]).max()
    assert 20 * math.log10(difference) < -90.0


def test_stems_are_the_same_whoever_else_plays(tmp_path: Path, font: str) -> None:
    settings = RenderSettings(font=font, lufs=None)
    alone = replace(song(), tracks=song().tracks[1:2])
    together = render(song(), tmp_path / "a", settings)
    single = render(alone, tmp_path / "b", settings)
    stem, other = read(together.stems[1])[0], read(single.stems[0])[0]
    stem *= 10.0 ** ((single.stem_gain_db - together.stem_gain_db) / 20.0)
    size = min(stem.shape[1], other.shape[1]) - 8000  # before the closing fades
    assert np.abs(stem[:, :size] - other[:, :size]).max() < 1e-6


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
@pytest.mark.parametrize("depth", [16, 24])
def test_the_same_score_gives_the_same_bytes(
    tmp_path: Path, font: str, suffix: str, depth: int
) -> None:
    settings = RenderSettings(font=font, formats=(suffix,), bit_depth=depth)
    first = render(song(2), tmp_path / "a", settings)
    second = render(song(2), tmp_path / "b", replace(settings, workers=3))
    for one, two in zip((*first.files, *first.stems), (*second.files, *second.stems), strict=True):
        assert one.read_bytes() == two.read_bytes()
    info = soundfile.info(str(first.files[0]))
    assert info.format == suffix.upper()
    assert info.subtype == ("VORBIS" if suffix == "ogg" else f"PCM_{depth}")
    assert info.frames == round(first.seconds * 48000)
    assert measure(read(first.files[0])[0], 48000).lufs == pytest.approx(-14.0, abs=0.2)


def test_more_tracks_than_a_group_holds(
    tmp_path: Path, font: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = RenderSettings(font=font)
    whole = render(song(2), tmp_path / "a", settings)
    monkeypatch.setattr(perform, "GROUP", 2)
    parts = render(song(2), tmp_path / "b", settings)
    for one, two in zip((*whole.files, *whole.stems), (*parts.files, *parts.stems), strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_without_stems_the_mix_is_the_same(tmp_path: Path, font: str) -> None:
    with_stems = render(song(2), tmp_path / "a", RenderSettings(font=font))
    without = render(song(2), tmp_path / "b", RenderSettings(font=font, stems=False))
    assert without.stems == ()
    assert with_stems.files[0].read_bytes() == without.files[0].read_bytes()


def test_ogg_files_are_as_large_as_their_quality(tmp_path: Path, font: str) -> None:
    sizes = []
    for quality in (1.0, 6.0, 10.0):
        settings = RenderSettings(font=font, formats=("ogg",), stems=False, ogg_quality=quality)
        (file,) = render(song(), tmp_path / str(quality), settings).files
        sizes.append(file.stat().st_size)
    assert sizes == sorted(sizes) and sizes[0] * 2 < sizes[2]
    usual = RenderSettings(font=font, formats=("ogg",), stems=False)
    assert render(song(), tmp_path / "usual", usual).files[0].stat().st_size == sizes[1]


def test_dither_is_there_and_small(tmp_path: Path) -> None:
    quiet = np.full((2, 48000), 0.3 / 32768, np.float32)  # less than half a step
    encode(tmp_path / "quiet.wav", [quiet], 48000, bit_depth=16)
    sound = read(tmp_path / "quiet.wav")[0] * 32768
    assert sound.mean() == pytest.approx(0.3, abs=0.02)
    assert np.abs(sound).max() <= 2


def test_the_length_covers_the_bars_and_the_tail(tmp_path: Path, font: str) -> None:
    score = replace(song(8), tracks=(Track("A", "melody", 0, (Note(0, 60, 6),)),))
    result = render(score, tmp_path, RenderSettings(font=font))
    assert score.duration <= result.seconds <= score.duration + 0.2
    late = replace(score, tracks=(Track("A", "melody", 0, (Note(8 * 48 - 6, 60, 6),)),))
    longer = render(late, tmp_path, RenderSettings(font=font), force=True)
    assert longer.seconds > result.seconds
    mix = read(longer.files[0])[0]
    assert np.abs(mix[:, -1]).max() < 1e-4


def test_a_score_without_notes(tmp_path: Path, font: str) -> None:
    empty = replace(song(), tracks=(Track("A"),))
    with pytest.raises(RenderError, match="no notes"):
        render(empty, tmp_path, RenderSettings(font=font))


def test_a_score_that_never_ends(tmp_path: Path, font: str) -> None:
    with pytest.raises(RenderError, match=r"lasts 7\.\d hours; at most 4 hours"):
        render(song(bars=110, bpm=1.0), tmp_path, RenderSettings(font=font))


def test_notes_that_make_no_sound(tmp_path: Path, font: str) -> None:
    silent = tiny_soundfont(tmp_path / "silent.sf2")
    content = silent.read_bytes()
    start = content.index(b"smpl") + 8
    length = int.from_bytes(content[start - 4 : start], "little")
    silent.write_bytes(content[:start] + bytes(length) + content[start + length :])
    result = render(song(2), tmp_path / "out", RenderSettings(font=str(silent)))
    assert result.loudness.lufs == -math.inf
    assert not result.loudness.reached
    assert np.isfinite(read(result.files[0])[0]).all()


def test_files_are_not_overwritten_without_force(tmp_path: Path, font: str) -> None:
    (tmp_path / "song.wav").write_text("precious")
    with pytest.raises(FileFormatError, match="exists already"):
        render(song(1), tmp_path, RenderSettings(font=font))
    assert (tmp_path / "song.wav").read_text() == "precious"
    render(song(1), tmp_path, RenderSettings(font=font), force=True)
    assert soundfile.info(str(tmp_path / "song.wav")).frames > 0


def test_a_failure_while_writing_leaves_nothing(
    tmp_path: Path, font: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    honest = module.encode

    def failing(path: Path, *rest: object, **named: object) -> None:
        honest(path, *rest, **named)  # type: ignore[arg-type]
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "encode", failing)
    out = tmp_path / "new" / "out"
    with pytest.raises(FileFormatError, match="No space left"):
        render(song(1), out, RenderSettings(font=font))
    assert len(written) == 3
    assert not (tmp_path / "new").exists()


def test_a_failure_while_playing_leaves_nothing(
    tmp_path: Path, font: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = tiny_soundfont(tmp_path / "few.sf2", programs=range(4))
    with pytest.raises(RenderError, match="no program 73"):
        render(song(1), tmp_path / "out", RenderSettings(font=str(few)))
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX")
def test_a_full_disk(tmp_path: Path, font: str) -> None:
    code = """
import resource, sys, numpy as np
from pathlib import Path
from anacrusis.compose.atomic import write_all
from anacrusis.compose.errors import FileFormatError
from anacrusis.render.audiofile import encode
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
blocks = (np.random.default_rng(i).random((2, 65536), np.float32) for i in range(20))
try:
    write_all({Path(sys.argv[1]): lambda path: encode(path, blocks, 48000)})
except FileFormatError as error:
    print("refused:", error)
"""
    for suffix in ("wav", "flac", "ogg"):
        path = tmp_path / suffix / f"song.{suffix}"
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
        )
        assert "refused: cannot write" in done.stdout, done.stderr
        assert list(path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path, font: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FileFormatError, match="cannot write to"):
        render(song(1), tmp_path / "file" / "out", RenderSettings(font=font))


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": 22050}, {"bit_depth": 8}, {"formats": ()}, {"formats": ("mp4",)},
        {"lufs": 3.0}, {"true_peak": 2.0}, {"workers": 0}, {"formats": "wav"}, {"formats": (5,)},
        {"workers": "all"}, {"lufs": "loud"}, {"true_peak": "x"}, {"engine": "kazoo"},
        {"font": "/nowhere/font.sf2"}, {"preset": "/nowhere/mix.toml"},
        {"ogg_quality": 11}, {"ogg_quality": "best"},
    ],
    ids=str,
)  # fmt: skip
def test_impossible_settings(tmp_path: Path, font: str, wrong: dict[str, object]) -> None:
    with pytest.raises(AnacrusisError):
        render(song(1), tmp_path / "out", RenderSettings(**({"font": font} | wrong)))  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_an_unknown_suffix(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="allowed: wav, flac, ogg"):
        encode(tmp_path / "song.xyz", [np.zeros((2, 10), np.float32)], 48000)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="resource usage is POSIX")
def test_memory_does_not_grow_with_the_length(tmp_path: Path, font: str) -> None:
    code = """
import resource, sys
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, TempoChange, Track
from anacrusis.render.render import RenderSettings, render
minutes = int(sys.argv[3])
notes = tuple(Note(12 * beat, 60, 6) for beat in range(0, 60 * minutes, 4))
score = Score((Bar(Meter(4, 4)),) * (15 * minutes), (Track("A", "bass", 0, notes),),
              (TempoChange(0, 60.0),))
result = render(score, sys.argv[1], RenderSettings(font=sys.argv[2], stems=False))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""

    def megabytes(minutes: int) -> int:
        out = str(tmp_path / str(minutes))
        command = [sys.executable, "-c", code, out, font, str(minutes)]
        return int(subprocess.run(command, capture_output=True, check=True).stdout)

    assert megabytes(8) - megabytes(1) < 80  # the sound itself is 184 MB
