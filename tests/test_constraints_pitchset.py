"""Sets of pitches, and of durations, as integers do what sets do."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anacrusis.compose.constraints import durations, pitchset
from anacrusis.compose.tokens.vocabulary import MAX_DURATION

SETS = st.sets(st.integers(0, 127))
PITCH = st.integers(0, 127)


def bits(pitches: set[int]) -> int:
    return sum(1 << pitch for pitch in pitches)


@given(SETS)
def test_members_and_arrays(pitches: set[int]) -> None:
    found = bits(pitches)
    assert list(pitchset.members(found)) == sorted(pitches)
    assert pitchset.highest(found) == max(pitches, default=-1)
    array = pitchset.to_array(found)
    assert set(np.flatnonzero(array).tolist()) == pitches
    assert pitchset.from_array(array) == found
    beside = {p + d for p in pitches for d in (-2, -1, 1, 2)} & set(range(128))
    assert set(pitchset.members(pitchset.near(found))) == beside


@given(st.integers(-1, 127), PITCH)
def test_spans(pitch: int, other: int) -> None:
    assert set(pitchset.members(pitchset.above(pitch))) == set(range(pitch + 1, 128))
    assert set(pitchset.members(pitchset.below(pitch))) == set(range(pitch))
    assert set(pitchset.members(pitchset.between(pitch, other))) == (
        set(range(pitch, other + 1)) if pitch >= 0 else set()
    )


@given(st.sets(st.integers(0, 11)))
def test_classes(classes: set[int]) -> None:
    found = pitchset.members(pitchset.of_classes(classes))
    assert set(found) == {pitch for pitch in range(128) if pitch % 12 in classes}


@given(st.integers(-3, MAX_DURATION + 3))
def test_durations(ticks: int) -> None:
    longest = set(pitchset.members(durations.up_to(ticks)))
    assert longest == set(range(min(max(ticks, 0), MAX_DURATION)))
    one = durations.only(ticks)
    assert one == (1 << (ticks - 1) if 1 <= ticks <= MAX_DURATION else 0)
    assert durations.up_to(MAX_DURATION) == durations.ANY
