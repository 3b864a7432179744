"""The first pass of rendering: play all tracks, put each through its strip, and add them up.

Tracks are played side by side, block by block, in groups of `GROUP`: side by side because then
only one block of each is in memory, in groups because every open synthesiser takes some megabytes.
The sum is taken in the tracks' order, so that it is the same however the work is divided.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.score import Score, Track

from .engine import BLOCK, Engine, Stereo
from .level import evening_gain
from .loudness import LoudnessMeter, PeakMeter
from .mix import MixPreset, Strip, strips
from .scratch import Scratch

Progress = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done, and how much there is."""

GROUP = 12


@dataclass(frozen=True)
class Performance:
    """Stems (empty where none were asked for) and their sum on disk.

    energies, peaks: K-weighted energy and true peak of each step of the mix [steps].
    """

    mix: Scratch
    stems: tuple[Scratch, ...]
    energies: NDArray[np.float64]
    peaks: NDArray[np.float64]


@dataclass(frozen=True)
class _Part:
    """A track on its way into the mix."""

    track: Track
    strip: Strip
    stem: Scratch | None


def perform(
    score: Score,
    engine: Engine,
    preset: MixPreset,
    sample_rate: int,
    place: Path,
    stems: bool,
    workers: int,
    seconds: float,
    tell: Progress,
) -> Performance:
    """Play a score into files in the folder `place`. `seconds`: about how long it will be."""
    evening = []
    for number, track in enumerate(score.tracks):
        tell("balance", number, len(score.tracks))
        evening.append(evening_gain(engine, score, track, sample_rate))
    parts = [
        _Part(track, strip, Scratch(place / f"stem{number}") if stems else None)
        for number, (track, strip) in enumerate(
            zip(score.tracks, strips(score, evening, preset, sample_rate), strict=True)
        )
    ]
    groups = [parts[first : first + GROUP] for first in range(0, len(parts), GROUP)]
    samples = round(seconds * sample_rate)
    mix = Scratch(place / "nothing")
    for number, group in enumerate(groups):
        before, mix = mix, Scratch(place / f"mix{number}")
        played = 0
        for block in _play(score, engine, group, before, sample_rate, workers):
            mix.add(block)
            played = min(played + BLOCK, samples)
            tell("play", number * samples + played, len(groups) * samples)
        before.delete()
    for part in parts:
        if part.stem:
            part.stem.close()
    energies, peaks = _measure(mix, sample_rate)
    return Performance(mix, tuple(part.stem for part in parts if part.stem), energies, peaks)


def _play(
    score: Score,
    engine: Engine,
    parts: Sequence[_Part],
    before: Scratch,
    sample_rate: int,
    workers: int,
) -> Iterator[Stereo]:
    """What was mixed `before` plus these parts, in blocks, until all have died away."""
    silence = np.zeros((2, BLOCK), np.float32)
    mixed = before.blocks(before.samples)
    with ExitStack() as stack:
        streams = [
            stack.enter_context(closing(engine.stream(score, part.track, sample_rate)))
            for part in parts
        ]
        pool = stack.enter_context(ThreadPoolExecutor(workers))

        def play(number: int) -> Stereo | None:
            block = next(streams[number], None)
            strip = parts[number].strip
            if block is None and not strip.ringing:
                return None
            return strip.process(silence if block is None else block)

        while True:
            played = list(pool.map(play, range(len(parts))))
            total = next(mixed, None)
            if total is None and all(block is None for block in played):
                return
            total = silence.copy() if total is None else total
            for part, block in zip(parts, played, strict=True):
                if block is not None:
                    total = total + block
                if part.stem:
                    part.stem.add(silence if block is None else block)
            yield total


def _measure(mix: Scratch, rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(energies, peaks) of each step of the mix."""
    loudness, peaks = LoudnessMeter(rate), PeakMeter(rate)
    for block in mix.blocks(mix.samples):
        loudness.add(block)
        peaks.add(block)
    peaks.add(np.zeros((2, 0), np.float32), last=True)
    return loudness.energies(), peaks.peaks()
