"""Sampling one token: only what the mask allows, the nucleus, and the seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anacrusis.compose.decoding.sampler import Sampling, sample
from anacrusis.compose.errors import ConstraintError

SIZE = 50
ALL = np.ones(SIZE, bool)
PLAIN = Sampling(1.0, 1.0)


def draws(
    logits: np.ndarray, mask: np.ndarray, sampling: Sampling, count: int = 4000
) -> np.ndarray:
    """How often each token came out."""
    rng = np.random.default_rng(3)
    drawn = [sample(logits.astype(np.float32), mask, sampling, rng) for _ in range(count)]
    return np.bincount(drawn, minlength=SIZE)


def chi_square(counts: np.ndarray, chances: np.ndarray) -> float:
    expected = chances * counts.sum()
    return float(((counts - expected) ** 2 / expected).sum())


def test_uniform_logits_give_every_token_alike():
    counts = draws(np.zeros(SIZE), ALL, PLAIN)
    assert chi_square(counts, np.full(SIZE, 1 / SIZE)) < 85.4  # 49 degrees of freedom, p = 0.001


def test_the_distribution_is_the_softmax():
    logits = np.linspace(-1, 1, SIZE)
    chances = np.exp(logits) / np.exp(logits).sum()
    assert chi_square(draws(logits, ALL, PLAIN), chances) < 85.4


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_temperature_divides_the_logits(temperature: float):
    logits = np.linspace(-1, 1, SIZE)
    chances = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
    assert chi_square(draws(logits, ALL, Sampling(temperature, 1.0)), chances) < 85.4


def test_the_mask_renormalises_what_is_left():
    mask = np.arange(SIZE) % 7 == 3
    counts = draws(np.zeros(SIZE), mask, PLAIN)
    assert counts[~mask].sum() == 0
    assert chi_square(counts[mask], np.full(mask.sum(), 1 / mask.sum())) < 22.5  # 6 degrees


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 10), st.floats(0.01, 1), st.booleans())
def test_masked_tokens_never_come_out(seed: int, temperature: float, top_p: float, peaked: bool):
    rng = np.random.default_rng(seed)
    logits = (rng.normal(size=SIZE) * (200 if peaked else 1)).astype(np.float32)
    mask = rng.random(SIZE) < rng.random()
    mask[rng.integers(SIZE)] = True
    logits[~mask] += 1000
    for _ in range(5):
        assert mask[sample(logits, mask, Sampling(temperature, top_p), rng)]


def test_a_single_allowed_token_needs_no_chance():
    mask = np.arange(SIZE) == 17
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    assert sample(np.full(SIZE, -np.inf, np.float32), mask, PLAIN, rng) == 17
    assert rng.bit_generator.state == before


def test_the_nucleus_is_the_smallest_set_that_holds_top_p():
    chances = np.full(SIZE, 0.02 / (SIZE - 4))
    chances[[5, 9, 20, 31]] = 0.4, 0.3, 0.2, 0.08
    logits = np.log(chances)
    for top_p, kept in ((0.05, [5]), (0.39, [5]), (0.41, [5, 9]), (0.75, [5, 9, 20])):
        counts = draws(logits, ALL, Sampling(1.0, top_p), 2000)
        assert np.flatnonzero(counts).tolist() == kept
    counts = draws(logits, ALL, Sampling(1.0, 0.75), 6000)[[5, 9, 20]]
    assert chi_square(counts, np.array([4, 3, 2]) / 9) < 13.8  # 2 degrees of freedom


def test_the_nucleus_is_taken_after_masking():
    chances = np.full(SIZE, 1e-6)
    chances[[0, 1, 2]] = 0.9, 0.06, 0.04
    mask = np.arange(SIZE) > 0
    counts = draws(np.log(chances), mask, Sampling(1.0, 0.5), 500)
    assert np.flatnonzero(counts).tolist() == [1]


def test_peaked_logits_give_the_peak():
    logits = np.zeros(SIZE)
    logits[12] = 400
    assert draws(logits, ALL, Sampling(0.1, 1.0), 200)[12] == 200


def test_huge_and_tiny_logits_do_not_overflow():
    logits = np.full(SIZE, -1e30, np.float32)
    logits[[4, 5]] = 3e38
    with np.errstate(over="raise", invalid="raise"):
        counts = draws(logits, ALL, Sampling(0.01, 0.95), 200)
    assert counts[4] > 0 and counts[4] + counts[5] == 200


def test_the_same_seed_gives_the_same_tokens():
    logits = np.random.default_rng(1).normal(size=SIZE).astype(np.float32)

    def run(seed: int) -> list[int]:
        rng = np.random.default_rng(seed)
        return [sample(logits, ALL, Sampling(), rng) for _ in range(100)]

    assert run(4) == run(4)
    assert run(4) != run(5)


def test_golden_draws():
    rng = np.random.default_rng(2024)
    logits = np.sin(np.arange(SIZE)).astype(np.float32)
    found = [sample(logits, ALL, Sampling(), rng) for _ in range(12)]
    assert found == GOLDEN


GOLDEN = [9, 27, 46, 47, 23, 39, 14, 27, 45, 39, 15, 32]


def test_logits_are_left_as_they_were():
    logits = np.arange(SIZE, dtype=np.float32)
    mask = np.arange(SIZE) < 10
    sample(logits, mask, Sampling(2.0, 0.5), np.random.default_rng(0))
    assert logits.tolist() == list(range(SIZE)) and mask.sum() == 10


def test_nothing_allowed_is_an_error():
    with pytest.raises(ConstraintError, match="no token is allowed"):
        sample(np.zeros(SIZE, np.float32), np.zeros(SIZE, bool), PLAIN, np.random.default_rng(0))


@pytest.mark.parametrize("temperature", [0, -1, 0.001, 11, float("nan"), float("inf")])
def test_impossible_temperatures(temperature: float):
    with pytest.raises(ConstraintError, match=r"temperature .*; allowed: 0.01 to 10"):
        Sampling(temperature=temperature)


@pytest.mark.parametrize("top_p", [0, -0.5, 1.01, float("nan")])
def test_impossible_top_p(top_p: float):
    with pytest.raises(ConstraintError, match=r"top_p .*; allowed: above 0, up to 1"):
        Sampling(top_p=top_p)


@pytest.mark.parametrize("given", [("a", 0.9), (1.0, "b"), (None, 0.9), (1.0, 0), (0, 0.9)])
def test_what_is_no_temperature_or_share_is_refused(given):
    with pytest.raises(ConstraintError, match="allowed: "):
        Sampling(*given)
