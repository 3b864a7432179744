"""Loudness, true peak and the limiter against their definitions and another implementation."""

import math
from itertools import pairwise

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from anacrusis.compose.errors import RenderError
from anacrusis.render.limiter import gain_at, gain_nodes
from anacrusis.render.loudness import (
    LoudnessMeter,
    PeakMeter,
    k_weighting,
    measure,
    step_samples,
)
from anacrusis.render.master import check_targets, plan_mastering


def tone(frequency: float, seconds: float, rate: int, level_db: float) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency * time)
    return np.stack([wave, wave]).astype(np.float32)


def music(seconds: float, rate: int, seed: int) -> np.ndarray:
    """Noise with an uneven envelope and a gap: something a gate has work with."""
    generator = np.random.default_rng(seed)
    sound = generator.standard_normal((2, int(seconds * rate))) * 0.1
    swell = np.interp(np.arange(sound.shape[1]) / rate, np.arange(int(seconds) + 2),
                      generator.uniform(0.001, 1.5, int(seconds) + 2))  # fmt: skip
    sound *= swell
    sound[:, rate : 2 * rate] = 0.0
    return sound.astype(np.float32)


def test_the_filter_is_the_one_in_the_standard() -> None:
    head, low = k_weighting(48000)  # BS.1770-4, tables 1 and 2
    assert head == pytest.approx(
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241,
         0.73248077421585], abs=1e-6,
    )  # fmt: skip
    assert low == pytest.approx(
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621], abs=1e-6
    )


@pytest.mark.parametrize("rate", [44100, 48000])
def test_reference_tones(rate: int) -> None:
    # EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS reads -23 LUFS.
    lufs, peak = measure(tone(1000.0, 20.0, rate, -23.0), rate)
    assert lufs == pytest.approx(-23.0, abs=0.1)
    assert peak == pytest.approx(-23.0, abs=0.1)


def test_the_relative_gate() -> None:
    # EBU Tech 3341, case 3: -36, -23, -36 dBFS for 10, 60, 10 s reads -23 LUFS.
    quiet, loud = tone(1000.0, 10.0, 48000, -36.0), tone(1000.0, 60.0, 48000, -23.0)
    assert measure(np.concatenate([quiet, loud, quiet], axis=1), 48000).lufs == pytest.approx(
        -23.0, abs=0.1
    )


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_pyloudnorm(rate: int, seed: int) -> None:
    sound = music(7.3, rate, seed)
    other = pyloudnorm.Meter(rate).integrated_loudness(sound.T.astype(float))
    assert measure(sound, rate).lufs == pytest.approx(other, abs=0.1)


def test_true_peak_sees_between_samples() -> None:
    # A quarter of the sample rate, 45 degrees off: samples reach 0.707 of the wave.
    phase = 2 * np.pi * 0.25 * np.arange(48000) + np.pi / 4
    wave = np.stack([np.sin(phase)] * 2).astype(np.float32)
    assert 20 * math.log10(np.abs(wave).max()) == pytest.approx(-3.01, abs=0.01)
    assert measure(wave, 48000).true_peak == pytest.approx(0.0, abs=0.2)


def test_meters_do_not_care_how_the_sound_is_cut() -> None:
    sound = music(3.0, 48000, 9)
    pieces = [0, 1, 700, 50000, 50001, 120000, sound.shape[1]]
    loudness, peaks = LoudnessMeter(48000), PeakMeter(48000)
    for start, end in pairwise(pieces):
        loudness.add(sound[:, start:end])
        peaks.add(sound[:, start:end], last=end == sound.shape[1])
    whole = PeakMeter(48000)
    whole.add(sound, last=True)
    assert loudness.lufs() == pytest.approx(measure(sound, 48000).lufs, abs=1e-9)
    assert peaks.peaks() == pytest.approx(whole.peaks(), abs=1e-5)


@pytest.mark.parametrize("samples", [0, 1, 100, 48000])
def test_silence_is_minus_infinity(samples: int) -> None:
    assert measure(np.zeros((2, samples), np.float32), 48000) == (-math.inf, -math.inf)


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 96000])
def test_steps_divide_a_tenth_of_a_second(rate: int) -> None:
    step = step_samples(rate)
    assert 32 <= step <= 64 and (rate // 10) % step == 0


peak_lists = arrays(
    np.float64, st.integers(1, 300), elements=st.one_of(st.just(0.0), st.floats(1e-6, 100.0))
)


@given(peak_lists, st.floats(0.05, 1.0))
def test_the_limiter_never_lets_a_peak_through(peaks: np.ndarray, ceiling: float) -> None:
    nodes = gain_nodes(peaks, ceiling, 64 / 48000)
    assert nodes.shape == (peaks.size + 1,)
    assert (nodes > 0.0).all() and (nodes <= 1.0).all()
    assert (peaks * np.maximum(nodes[:-1], nodes[1:]) <= ceiling * (1 + 1e-9)).all()


@given(arrays(np.float64, st.integers(1, 100), elements=st.floats(0.0, 0.5)))
def test_the_limiter_leaves_quiet_sound_alone(peaks: np.ndarray) -> None:
    assert (gain_nodes(peaks, 0.5, 64 / 48000) == 1.0).all()


def test_the_limiter_moves_smoothly_and_lets_go() -> None:
    peaks = np.full(2000, 0.1)
    peaks[500] = 2.0
    nodes = gain_nodes(peaks, 0.5, 64 / 48000)
    assert nodes[500] == pytest.approx(0.25, abs=0.02)
    assert nodes[480] == pytest.approx(1.0) and nodes[-1] == pytest.approx(1.0, abs=1e-3)
    assert np.abs(np.diff(nodes)).max() < 0.25


@given(st.integers(0, 15000), st.integers(1, 3000))
def test_gain_between_the_nodes(start: int, count: int) -> None:
    nodes = np.random.default_rng(1).uniform(0.1, 1.0, 200)
    gains = gain_at(nodes, 64, start, count)
    wanted = np.interp((start + np.arange(count)) / 64, np.arange(200), nodes)
    assert gains == pytest.approx(wanted, abs=1e-5)


def limit(sound: np.ndarray, rate: int, target: float | None, ceiling: float) -> np.ndarray:
    loudness, peaks = LoudnessMeter(rate), PeakMeter(rate)
    loudness.add(sound)
    peaks.add(sound, last=True)
    plan = plan_mastering(loudness.energies(), peaks.peaks(), rate, target, ceiling)
    return sound * (gain_at(plan.nodes, loudness.step, 0, sound.shape[1]) * np.float32(plan.gain))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    target=st.sampled_from([-12.0, -14.0, -16.0, -23.0]),
    spikes=st.integers(0, 20),
    rate=st.sampled_from([44100, 48000]),
)
def test_mastering_meets_loudness_and_peak(
    seed: int, target: float, spikes: int, rate: int
) -> None:
    sound = music(4.0, rate, seed)
    generator = np.random.default_rng(seed)
    for place in generator.integers(0, sound.shape[1], spikes):
        sound[:, place : place + 5] *= 4.0
    lufs, peak = measure(limit(sound, rate, target, -1.0), rate)
    assert lufs == pytest.approx(target, abs=0.2)
    assert peak <= -0.99


def test_music_that_cannot_be_loud_stays_clean() -> None:
    clicks = np.zeros((2, 5 * 48000), np.float32)
    clicks[:, 1000::48000] = 0.9
    finished = limit(clicks, 48000, -14.0, -1.0)
    assert np.isfinite(finished).all()
    assert measure(finished, 48000).true_peak <= -0.99


def test_silence_stays_silence() -> None:
    silent = limit(np.zeros((2, 48000), np.float32), 48000, -14.0, -1.0)
    assert not silent.any()


@pytest.mark.parametrize(
    ("lufs", "peak"), [(0.0, -1.0), (-90.0, -1.0), (-14.0, 1.0), (math.nan, -1)]
)
def test_impossible_targets(lufs: float, peak: float) -> None:
    with pytest.raises(RenderError, match="allowed"):
        check_targets(lufs, peak)
