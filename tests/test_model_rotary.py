"""Mixed rotary positions: what turns with the index, what with musical time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.model.rotary import rotary_angles, rotary_frequencies

CONFIG = ModelConfig(vocab_size=8, head_dim=16, positions="index+metrical")
POSITIONS = st.integers(0, 100_000)


def turn(vector: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Rotate each pair of coordinates, the pairs as complex numbers."""
    return (vector[0::2] + 1j * vector[1::2]) * np.exp(1j * angles)


def test_wavelengths_reach_from_shortest_to_longest() -> None:
    per_token, per_tick = rotary_frequencies(CONFIG)
    assert np.count_nonzero(per_token) == np.count_nonzero(per_tick) == CONFIG.head_dim // 4
    assert not np.any((per_token > 0) & (per_tick > 0))
    assert 2 * np.pi / per_tick.max() == pytest.approx(3.0)
    assert 2 * np.pi / per_tick[per_tick > 0].min() == pytest.approx(6144.0)
    assert per_token.max() == pytest.approx(1.0)
    ratios = np.diff(np.log(per_tick[per_tick > 0]))
    assert np.allclose(ratios, ratios[0])


@given(POSITIONS, POSITIONS, POSITIONS, POSITIONS, POSITIONS, POSITIONS)
def test_attention_sees_only_differences(
    i: int, j: int, a: int, b: int, index_shift: int, tick_shift: int
) -> None:
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=(2, CONFIG.head_dim))

    def score(index_offset: int, tick_offset: int) -> float:
        q = turn(query, rotary_angles(i + index_offset, a + tick_offset, CONFIG))
        k = turn(key, rotary_angles(j + index_offset, b + tick_offset, CONFIG))
        return float(np.real(np.vdot(q, k)))

    assert score(index_shift, tick_shift) == pytest.approx(score(0, 0), abs=1e-4)


def test_index_and_ticks_turn_different_halves() -> None:
    still = rotary_angles(5, 7, CONFIG)
    later = rotary_angles(5, 8, CONFIG)
    further = rotary_angles(6, 7, CONFIG)
    half = CONFIG.head_dim // 4
    assert np.array_equal(still[:half], later[:half])
    assert np.array_equal(still[half:], further[half:])
    assert not np.any(still[half:] == later[half:])


def test_shapes_broadcast() -> None:
    ticks = np.zeros((3, 5), np.int64)
    assert rotary_angles(np.arange(5), ticks, CONFIG).shape == (3, 5, 8)
    assert rotary_angles(np.arange(5), ticks, CONFIG).dtype == np.float32


@pytest.mark.parametrize("positions", ["index", "metrical"])
def test_one_position_alone_turns_all_pairs(positions: str) -> None:
    per_token, per_tick = rotary_frequencies(replace(CONFIG, positions=positions))
    turning, still = (per_token, per_tick) if positions == "index" else (per_tick, per_token)
    assert np.all(turning > 0) and not np.any(still)
