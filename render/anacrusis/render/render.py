"""From a score to finished sound files: stems, mix, loudness.

Three passes, each in blocks, so that memory does not grow with the length: all tracks are played
side by side and added up; the mix is brought to its loudness; the files are written. Between the
passes the sound lies in a temporary folder beside the result.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from anacrusis.compose import atomic
from anacrusis.compose.bounds import is_number, is_whole
from anacrusis.compose.errors import FileFormatError, RenderError
from anacrusis.compose.score import Score

from .audiofile import BIT_DEPTHS, FORMATS, OGG_QUALITY, SAMPLE_RATES, check_format, encode
from .engine import Stereo, check_engine, make_engine
from .limiter import gain_at
from .loudness import LoudnessMeter, PeakMeter, decibels, step_samples
from .master import LoudnessReport, Mastering, check_targets, plan_mastering, report
from .mix import load_preset
from .perform import Performance, Progress, perform
from .scratch import Scratch
from .timeline import timing

LONGEST = 4 * 3600.0
"""Seconds; more does not fit a WAV file."""

TAIL_DB = -60.0
"""A tail ends where the mix stays this far below its own peak."""

FADE_SECONDS = 0.08

_STEMS = "stems"
_STEM_DEPTH = 24


@dataclass(frozen=True)
class RenderSettings:
    """How to render.

    engine: name of the engine. font: SoundFont file, None to look for one. sample_rate: 44100 or
    48000 Hz. lufs: integrated loudness to reach, None to leave it. true_peak: ceiling in dBTP.
    formats: suffixes of the mix's files. bit_depth: 16 or 24 (stems always have 24). stems: whether
    to write one file per track. preset: name or file of the mix preset. workers: threads that
    play tracks; the sound does not depend on it. ogg_quality: of OGG Vorbis, 0 to 10.
    """

    engine: str = "soundfont"
    font: str | None = None
    sample_rate: int = 48000
    lufs: float | None = -14.0
    true_peak: float = -1.0
    formats: tuple[str, ...] = ("wav",)
    bit_depth: int = 24
    stems: bool = True
    preset: str = "default"
    workers: int = 1
    ogg_quality: float = OGG_QUALITY

    def __post_init__(self) -> None:
        check_engine(self.engine)
        if self.sample_rate not in SAMPLE_RATES:
            raise RenderError(f"sample rate {self.sample_rate!r}; allowed: 44100 or 48000 Hz")
        if self.bit_depth not in BIT_DEPTHS:
            raise RenderError(f"bit depth {self.bit_depth!r}; allowed: 16 or 24")
        if not is_whole(self.workers, 1):
            raise RenderError(f"workers is {self.workers!r}; allowed: 1 or more")
        if not is_number(self.ogg_quality, 0, 10):
            raise RenderError(f"OGG quality {self.ogg_quality!r}; allowed: 0 to 10")
        if isinstance(self.formats, str):
            raise RenderError(
                f"formats is {self.formats!r}; write them in a tuple like ('wav',) or "
                "('wav', 'ogg')"
            )
        formats = tuple(dict.fromkeys(check_format(name) for name in self.formats))
        if not formats:
            raise RenderError(f"no audio format was given; allowed: {', '.join(FORMATS)}")
        object.__setattr__(self, "formats", formats)
        check_targets(self.lufs, self.true_peak)


@dataclass(frozen=True)
class RenderResult:
    """The files of a render, and what is in them.

    files: the mix, one per format. stems: one per track, in the tracks' order. stem_gain_db: gain
    the stems carry over the bare mix; it is the master's own gain unless a stem would clip.
    """

    files: tuple[Path, ...]
    stems: tuple[Path, ...]
    seconds: float
    sample_rate: int
    loudness: LoudnessReport
    stem_gain_db: float
    engine: str
    sounds: str


class _Source(NamedTuple):
    """A file to write: the sound it holds, its gain, bit depth, and whether it must still fade."""

    path: Path
    sound: Scratch
    gain: float
    bit_depth: int
    fade: bool


def render(
    score: Score,
    folder: str | Path,
    settings: RenderSettings | None = None,
    *,
    name: str = "song",
    force: bool = False,
    progress: Progress | None = None,
) -> RenderResult:
    """Play a score into ``folder/name.wav`` and ``folder/stems/01-melody.wav`` and so on.

    All files have the same length and begin with the first bar. The stems add up to the mix before
    mastering. Either all files appear or none.

    Raises `RenderError` where there is nothing to play, no synthesiser or no font, and
    `FileFormatError` where files exist already (without `force`) or cannot be written.
    """
    settings = settings or RenderSettings()
    tell = progress or (lambda stage, done, total: None)
    seconds = _playing_time(score)
    folder = Path(folder)
    files = [folder / f"{name}.{suffix}" for suffix in settings.formats]
    stems = _stem_paths(score, folder, settings) if settings.stems else []
    for path in (*files, *stems):
        atomic.check_overwrite(path, force, "another folder (--out)")
    engine = make_engine(settings.engine, settings.font)
    with _workplace(folder) as place:
        preset = load_preset(settings.preset)
        rate, workers = settings.sample_rate, settings.workers
        performance = perform(
            score, engine, preset, rate, place, settings.stems, workers, seconds, tell
        )
        samples = _length(performance, score, rate)
        mastering = plan_mastering(
            performance.energies, performance.peaks, rate, settings.lufs, settings.true_peak
        )
        master, result, trim = _master(performance.mix, mastering, samples, settings, place, tell)
        loudest = max((stem.peak for stem in performance.stems), default=0.0)
        ceiling = 10.0 ** (settings.true_peak / 20.0)
        stem_gain = min(mastering.gain * trim, ceiling / loudest if loudest else 1.0)
        sources = [_Source(path, master, trim, settings.bit_depth, False) for path in files]
        sources += [
            _Source(path, stem, stem_gain, _STEM_DEPTH, True)
            for path, stem in zip(stems, performance.stems, strict=True)
        ]
        _write(sources, samples, settings, tell)
    return RenderResult(
        tuple(files), tuple(stems), samples / rate, rate,
        result, decibels(stem_gain), engine.name, engine.sounds,
    )  # fmt: skip


def _playing_time(score: Score) -> float:
    """Seconds until the last note is released; an error where there is none, or no end."""
    if not any(track.notes for track in score.tracks):
        raise RenderError("the score has no notes, so there is nothing to play")
    last = max(float(timing(score, t).releases.max()) for t in score.tracks if t.notes)
    seconds = max(last, score.duration)
    if not seconds <= LONGEST:
        raise RenderError(
            f"the score lasts {seconds / 3600.0:.1f} hours; at most {LONGEST / 3600.0:.0f} hours "
            "can be rendered, so check its tempo or split it"
        )
    return seconds


def _stem_paths(score: Score, folder: Path, settings: RenderSettings) -> list[Path]:
    suffix = next((name for name in settings.formats if FORMATS[name].lossless), "flac")
    digits = max(2, len(str(len(score.tracks))))
    return [
        folder / _STEMS / f"{number:0{digits}}-{_plain(track.name)}.{suffix}"
        for number, track in enumerate(score.tracks, 1)
    ]


def _plain(name: str) -> str:
    """A track's name as part of a file's name."""
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-_")[:40] or "track"


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A temporary folder beside the result; what stops the work leaves no trace."""
    inside = (folder / _STEMS, folder, *folder.parents)
    made = [path for path in inside if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".render-", dir=folder) as place:
            yield Path(place)
    except BaseException as error:
        for path in made:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        if isinstance(error, OSError):
            raise FileFormatError(
                f"cannot write to {folder}: {error.strerror or error}; "
                "check that it is a writable folder and has free space"
            ) from error
        raise


def _length(performance: Performance, score: Score, rate: int) -> int:
    """Samples to keep: all bars, and the tail until it has fallen by 60 dB, and a fade."""
    peaks = performance.peaks
    heard = np.flatnonzero(peaks > peaks.max(initial=0.0) * 10.0 ** (TAIL_DB / 20.0))
    audible = (int(heard[-1]) + 1) * step_samples(rate) if heard.size else 0
    return max(round(score.duration * rate), audible) + round(FADE_SECONDS * rate)


def _fade(start: int, count: int, samples: int, rate: int) -> Stereo:
    """Closing fade for a block from sample `start`: gains [1, count], or [1, 1] before it."""
    length = round(FADE_SECONDS * rate)
    if start + count <= samples - length:
        return np.ones((1, 1), np.float32)
    left = np.clip((samples - start - np.arange(count)) / length, 0.0, 1.0)
    return np.square(np.sin(left * np.pi / 2.0)).astype(np.float32)[None]


def _master(
    mix: Scratch,
    mastering: Mastering,
    samples: int,
    settings: RenderSettings,
    place: Path,
    tell: Progress,
) -> tuple[Scratch, LoudnessReport, float]:
    """Apply gain, limiter and fade; measure; and find the trim that is left to apply (about 1)."""
    rate = settings.sample_rate
    master, loudness, peaks = Scratch(place / "master"), LoudnessMeter(rate), PeakMeter(rate)
    start = 0
    for block in mix.blocks(samples):
        count = block.shape[1]
        gain = gain_at(mastering.nodes, loudness.step, start, count) * mastering.gain
        louder = (block * gain * _fade(start, count, samples, rate)).astype(np.float32)
        master.add(louder)
        loudness.add(louder)
        start += count
        peaks.add(louder, last=start == samples)
        tell("master", start, samples)
    master.close()
    mix.delete()
    peak = decibels(float(peaks.peaks().max(initial=0.0)))
    over = max(peak - settings.true_peak, 0.0)
    trim = 10.0 ** (-over / 20.0)
    measured = report(mastering, settings.lufs, loudness.lufs() - over, peak - over, trim)
    return master, measured, trim


def _write(sources: list[_Source], samples: int, settings: RenderSettings, tell: Progress) -> None:
    """Write every file, or none."""
    written, rate = 0, settings.sample_rate

    def writer(number: int, source: _Source) -> Callable[[Path], None]:
        def write(path: Path) -> None:
            nonlocal written
            sound = _finished(source, samples, rate)
            encode(path, sound, rate, source.bit_depth, number, settings.ogg_quality)
            written += 1
            tell("write", written, len(sources))

        return write

    atomic.write_all({source.path: writer(n, source) for n, source in enumerate(sources)})


def _finished(source: _Source, samples: int, rate: int) -> Iterator[Stereo]:
    start = 0
    for block in source.sound.blocks(samples):
        count = block.shape[1]
        faded = block * _fade(start, count, samples, rate) if source.fade else block
        yield faded * np.float32(source.gain)
        start += count
