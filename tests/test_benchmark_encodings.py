"""The encodings that the tokenisation study compares: nothing is lost on the way there and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from note_encodings import ENCODINGS, Document, cut_to_fit, encoded, shipped, without_velocities
from strategies import scores
from token_views import AHEAD, V, locks, small_score

from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, Track
from anacrusis.compose.tokens.encode import encode
from anacrusis.compose.tokens.examples import examples_of


def document(score: Score, **options: object) -> Document:
    found = encode(score, **options)  # type: ignore[arg-type]
    return Document(found.ids, found.ticks)


def equal(one: Document, other: Document) -> bool:
    return one.ids.tolist() == other.ids.tolist() and one.ticks.tolist() == other.ticks.tolist()


def tells_nothing_of_what_comes(found: Document) -> bool:
    """Whether only tokens that say a time stand at one that no token before them has."""
    new = np.ones(len(found.ticks), bool)
    seen: set[int] = set()
    for place, tick in enumerate(found.ticks.tolist()):
        new[place] = tick not in seen
        seen.add(tick)
    silent = V.mask("Track", "Velocity", "Pitch", "PitchDrum", "Duration")[found.ids]
    return not bool((new & silent).any())


def checked(original: Document) -> None:
    pitches = V.mask("Pitch", "PitchDrum")
    for name in ENCODINGS:
        other = encoded(original, name)
        assert len(other.ids) == len(other.ticks)
        assert pitches[other.ids].sum() == pitches[original.ids].sum()
        assert tells_nothing_of_what_comes(other), name
        if name == "no-velocity":
            assert equal(other, without_velocities(original))
        else:
            assert equal(shipped(other, name), original), name
    assert equal(encoded(original, "shipped"), original)


@settings(max_examples=80, deadline=None)
@given(st.data(), scores(unisons=True), st.sampled_from(AHEAD))
def test_every_encoding_comes_back(data: st.DataObject, score: Score, ahead: int):
    checked(document(score, style="song", ahead=ahead, given=locks(data.draw, score)))


@settings(max_examples=30, deadline=None)
@given(scores(), st.integers(0, 99))
def test_training_examples_cut_to_fit_come_back(score: Score, seed: int):
    for example in examples_of(score, "game", np.random.default_rng(seed), 200):
        found = cut_to_fit(Document(example.ids, example.ticks), 201)
        if found is None:
            continue
        assert found.ids.tolist() == example.ids[: len(found.ids)].tolist()
        assert all(len(encoded(found, name).ids) <= 201 for name in ENCODINGS)
        checked(found)


def test_a_plan_has_no_notes_to_write_otherwise():
    plan = document(small_score(), plan=True)
    assert all(equal(encoded(plan, name), plan) for name in ENCODINGS)


TWO_VOICES = Score(
    bars=(Bar(Meter(2, 4)),),
    tracks=(
        Track("tune", "melody", 73, (Note(0, 64, 12, 80), Note(12, 69, 12, 80))),
        Track("low", "bass", 33, (Note(0, 45, 100, 60), Note(12, 41, 12, 64))),
    ),
)
A, B = "Track_melody1", "Track_bass1"
HIGH, LOW = ["Pitch_64", "Duration_1.0.12"], ["Pitch_45", "Duration_8.0.12", "Duration_0.4.12"]
NEXT, DEEP = ["Pitch_69", "Duration_1.0.12"], ["Pitch_41", "Duration_1.0.12"]
P0, P12 = "Position_0", "Position_12"
WRITTEN = {
    "shipped": [
        A, P0, "Velocity_80", *HIGH, P12, *NEXT,
        B, P0, "Velocity_60", *LOW, P12, "Velocity_64", *DEEP,
    ],
    "no-velocity": [A, P0, *HIGH, P12, *NEXT, B, P0, *LOW, P12, *DEEP],
    "velocity-last": [
        A, P0, *HIGH, P12, *NEXT, B, P0, *LOW, P12, *DEEP,
        "Velocity_80", "Velocity_80", "Velocity_60", "Velocity_64",
    ],
    "velocity-always": [
        A, P0, "Velocity_80", *HIGH, P12, "Velocity_80", *NEXT,
        B, P0, "Velocity_60", *LOW, P12, "Velocity_64", *DEEP,
    ],
    "place-always": [
        A, P0, "Velocity_80", *HIGH, A, P12, *NEXT,
        B, P0, "Velocity_60", *LOW, B, P12, "Velocity_64", *DEEP,
    ],
    "by-position": [
        P0, A, "Velocity_80", *HIGH, B, "Velocity_60", *LOW,
        P12, A, *NEXT, B, "Velocity_64", *DEEP,
    ],
    "by-position-always": [
        P0, A, "Velocity_80", *HIGH, P0, B, "Velocity_60", *LOW,
        P12, A, *NEXT, P12, B, "Velocity_64", *DEEP,
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_bar_in_every_encoding(name: str):
    original = document(TWO_VOICES)
    found = encoded(original, name)
    now = [V.name(token) for token in found.ids].index("Now_None") + 1
    assert [V.name(token) for token in found.ids[now:-1]] == WRITTEN[name]
    expected = {"Velocity_80": {0, 12}, P12: {12}, "Pitch_41": {12}, B: {0, 12}}
    for token, tick in zip(found.ids[now:], found.ticks[now:], strict=True):
        assert int(tick) in expected.get(V.name(int(token)), {0, 12, 24})


def test_velocities_after_their_notes_stand_where_the_notes_sound():
    found = encoded(document(TWO_VOICES), "velocity-last")
    velocities = V.mask("Velocity")[found.ids]
    assert found.ticks[velocities].tolist() == [0, 12, 0, 12]


def test_a_document_is_cut_at_the_last_whole_bar_that_fits_every_encoding():
    notes = tuple(Note(6 * i, 60 + i % 5, 6, 40 + 4 * (i % 3)) for i in range(32))
    whole = document(Score((Bar(Meter(4, 4)),) * 4, (Track("a", "melody", 0, notes),)))
    longest = max(len(encoded(whole, name).ids) for name in ENCODINGS)
    found = cut_to_fit(whole, longest)
    assert found is not None and equal(found, whole)
    shorter = cut_to_fit(whole, longest - 1)
    assert shorter is not None
    bars = np.flatnonzero(whole.ids == V.id("Bar"))
    assert len(shorter.ids) == bars[3] + 1
    assert cut_to_fit(whole, 12) is None
    broken = Document(whole.ids[:-4], whole.ticks[:-4])
    again = cut_to_fit(broken, len(broken.ids))
    assert again is None or again.ids[-1] == V.id("Bar")
