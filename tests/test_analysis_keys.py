"""Key estimation on made-up scores and histograms."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import scores

from anacrusis.compose.analysis.keys import analyse_keys, estimate_key, key_correlations
from anacrusis.compose.analysis.profiles import pitch_class_weights
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, KeyChange, Note, Score, Track


def scale_score(pitches: list[int]) -> Score:
    notes = tuple(Note(12 * i, pitch, 12) for i, pitch in enumerate(pitches))
    bars = (Bar(Meter(4, 4)),) * -(-len(pitches) // 4)
    return Score(bars, (Track("line", "melody", 0, notes),))


MAJOR_TUNE = [60, 62, 64, 65, 67, 69, 67, 65, 64, 60, 67, 64, 62, 67, 64, 60]
MINOR_TUNE = [57, 59, 60, 62, 64, 65, 64, 62, 60, 57, 64, 60, 59, 56, 57, 57]


@pytest.mark.parametrize("shift", range(-6, 6))
def test_major_and_minor_tunes_in_every_key(shift: int) -> None:
    major = estimate_key(scale_score([p + shift for p in MAJOR_TUNE]))
    minor = estimate_key(scale_score([p + shift for p in MINOR_TUNE]))
    assert (major.tonic_class, major.mode) == (shift % 12, "major")
    assert (minor.tonic_class, minor.mode) == ((9 + shift) % 12, "minor")


def test_a_signature_decides_between_relatives_and_spelling() -> None:
    tune = scale_score([p + 6 for p in MAJOR_TUNE])
    assert str(estimate_key(tune, fifths=6)) == "F# major"
    assert str(estimate_key(tune, fifths=-6)) == "Gb major"
    assert str(estimate_key(scale_score(MINOR_TUNE), fifths=0)) == "A minor"


def test_music_without_pitches_takes_the_signature() -> None:
    assert estimate_key([0.0] * 12, fifths=3) == Key("A", "major")
    assert estimate_key([0.0] * 12) == Key("C", "major")


def test_only_the_named_stretch_counts() -> None:
    score = scale_score(MAJOR_TUNE + [p + 6 for p in MAJOR_TUNE])
    assert estimate_key(score, end=192).tonic_class == 0
    assert estimate_key(score, start=192).tonic_class == 6


def test_drums_have_no_pitch_classes() -> None:
    drums = Score((Bar(Meter()),), (Track("kit", "drums", -1, (Note(0, 36, 3),)),))
    assert not pitch_class_weights(drums).any()


@given(st.lists(st.floats(0, 100), min_size=12, max_size=12))
def test_correlations_are_bounded_and_turn_with_the_histogram(weights: list[float]) -> None:
    value = key_correlations(weights)
    assert (abs(value) <= 1 + 1e-9).all()
    turned = key_correlations([weights[-1], *weights[:-1]])
    assert turned[1] == pytest.approx(value[0], abs=1e-6)
    assert turned[13] == pytest.approx(value[12], abs=1e-6)


@pytest.mark.parametrize("up", [1, 2, 6])
def test_a_change_of_key_is_found_at_its_bar(up: int) -> None:
    tune = MAJOR_TUNE * 10
    score = scale_score(tune + [pitch + up for pitch in tune])
    changes = analyse_keys(score)
    assert [change.tick for change in changes] == [0, 12 * len(tune)]
    assert [change.key.tonic_class for change in changes] == [0, up]
    assert {change.key.mode for change in changes} == {"major"}


def test_a_piece_in_one_key_has_one() -> None:
    score = scale_score(MINOR_TUNE * 6)
    assert analyse_keys(score) == (KeyChange(0, estimate_key(score)),)


@settings(max_examples=60, deadline=None)
@given(scores())
def test_any_score_has_a_key(score: Score) -> None:
    changes = analyse_keys(score)
    assert changes[0].tick == 0
    assert all(a.tick < b.tick and a.key != b.key for a, b in pairwise(changes))
    assert all(change.tick in score.bar_starts for change in changes)
