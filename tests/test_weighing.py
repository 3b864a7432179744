"""Melodies are weighed towards breaths and other note lengths; the last bar comes to rest."""

from dataclasses import replace

import numpy as np
import pytest
from mock_model import MockModel, Taste

from anacrusis.compose.constraints.harmony import last_stand
from anacrusis.compose.constraints.state import State
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.sampler import Sampling
from anacrusis.compose.decoding.weighing import (
    equal_notes,
    phrase_start,
    recent_line,
    swings_to,
    weighed,
)
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import TrackPlan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.score import Bar, Note, Score, Track
from anacrusis.compose.tokens.encode import encode
from anacrusis.compose.tokens.grammar import Slot
from anacrusis.compose.tokens.vocabulary import vocabulary

WITHIN = (Slot.TRACK, Slot.POSITION, Slot.VELOCITY, Slot.PITCH, Slot.NOTE)


def notes(*onsets: int, length: int = 6) -> list[Note]:
    return [Note(onset, 60 + onset % 5, length) for onset in onsets]


@pytest.mark.parametrize(
    ("found", "tick", "start"),
    [
        (notes(0, 6, 12, 18), 24, 0),
        (notes(0, 6, 18, 24), 30, 18),  # a rest of an eighth
        (notes(0, 6, 12, 36, length=24), 42, 36),  # a long note
        (notes(0, 6, 12), 24, 24),
        ([], 7, 7),
    ],
)
def test_phrases_begin_after_a_rest_or_a_long_note(found: list[Note], tick: int, start: int):
    assert phrase_start(found, tick) == start


def test_equal_notes_are_short_ones_in_a_row():
    assert equal_notes(notes(0, 12, 18, 24, 30)) == (6, 12)
    assert equal_notes(notes(0, 12, 24, 36, length=12)) == (0, 0)
    assert equal_notes(notes(0)) == (0, 0)


def test_a_line_is_the_highest_notes():
    found = [Note(0, 72, 6), Note(6, 60, 6), Note(6, 64, 6), Note(12, 62, 6)]
    assert recent_line(found, 2) == [64, 62] and recent_line(found, 9) == [72, 64, 62]
    assert recent_line([], 3) == []


def test_a_see_saw_is_two_pitches_in_turn():
    assert swings_to([60, 62, 60]) == swings_to([67, 60, 62, 60]) == [62]
    assert swings_to([60, 60, 60]) == swings_to([60, 62, 64]) == swings_to([62, 60]) == []


def test_the_next_pitch_of_a_see_saw_comes_less():
    score = Score((Bar(Meter(4, 4)),), (Track("flute", "melody", 73, ()),))
    state, v = State(score, (TrackPlan.of_role("melody"),)), vocabulary()
    swinging = tuple(Note(6 * place, 60 + place % 2, 6) for place in range(4))
    heard = encode(replace(score, tracks=(replace(score.tracks[0], notes=swinging),)))
    last = max(i for i, token in enumerate(heard.ids.tolist()) if v.type(token) == "Position")
    for token in heard.ids[: last + 1].tolist():  # 60, 61, 60, and a position
        state.step(token)
    flat = np.zeros(len(v), np.float32)
    moved = weighed(flat, v.mask("Pitch"), state, Sampling(repeats=0.1, variety=1.0, phrasing=1.0))
    first = v.start("Pitch")
    assert moved[first + 60] == moved[first + 61] < moved[first + 62] == moved[first + 40]


def test_pitches_that_a_melody_struck_often_come_less():
    def variety(role: str, weight: float) -> float:
        plan = plan_from_line("C", bars=16, tempo=100, tracks="flute", seed=1)
        plan = replace(plan, tracks=(replace(TrackPlan.of_role(role), low=60, high=79),))
        sampling = Sampling(repeats=1.0, variety=weight, phrasing=1.0)
        (track,) = compose(plan, model=MockModel(0), sampling=sampling).tracks
        pitches = [note.pitch for note in track.notes]
        return float(np.mean([len(set(pitches[n : n + 8])) for n in range(len(pitches) - 7)]))

    assert variety("melody", 0.1) > variety("melody", 1.0) + 0.3
    assert variety("melody", 1.0) > variety("melody", 10.0) + 0.3
    assert variety("bass", 0.1) == variety("bass", 10.0)


def longest_phrase(score: Score) -> int:
    """Ticks of the longest stretch of the melody without a breath."""
    melody = score.tracks[0].notes
    starts = [phrase_start(melody[: place + 1], note.onset) for place, note in enumerate(melody)]
    return max(note.end - start for note, start in zip(melody, starts, strict=True))


def test_a_model_that_goes_on_and_on_is_made_to_breathe():
    hasty = Taste(closing=-30, late=-25, long=-12)

    def longest(phrasing: float) -> list[int]:
        found = []
        for seed in range(6):
            plan = plan_from_line("C", bars=16, tempo=100, tracks="flute", seed=seed)
            model, sampling = MockModel(seed, hasty), Sampling(variety=1.0, phrasing=phrasing)
            found.append(longest_phrase(compose(plan, model=model, sampling=sampling)))
        return found

    assert np.mean(longest(0.2)) + 30 < np.mean(longest(1.0))


def test_weights_leave_the_chance_of_the_choice_as_it_is():
    score = Score((Bar(Meter(4, 4)),) * 6, (Track("flute", "melody", 73, ()),))
    state = State(score, (TrackPlan.of_role("melody"),))
    v, rng = vocabulary(), np.random.default_rng(0)
    full = tuple(Note(6 * place, 60 + place % 2, 6) for place in range(24))
    heard = encode(replace(score, tracks=(replace(score.tracks[0], notes=full),)))
    changed = 0
    for token in heard.ids.tolist():
        logits = rng.normal(size=len(v)).astype(np.float32)
        mask = state.grammar.allowed()
        if state.writing and state.slot in WITHIN and mask.sum() > 1:
            moved = weighed(logits, mask, state, Sampling())
            groups = (v.mask("Position", "Track") | v.mask("Bar", "EOS"), v.mask("Duration"),
                      v.mask("Pitch"))  # fmt: skip
            for group in groups:
                among = group & mask
                if among.any():
                    before, after = (np.logaddexp.reduce(x[among]) for x in (logits, moved))
                    assert after == pytest.approx(before, abs=1e-4)
            changed += bool((moved != logits).any())
        state.step(token)
    assert changed > 12


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "5/4", "7/8", "2/2"])
def test_the_last_bar_comes_to_rest(meter: str):
    found = 0
    for seed in range(6):
        plan = plan_from_line(
            "C | F | G7 | C", bars=4, meter=meter, tempo=100, tracks="flute,piano,bass", seed=seed
        )
        score = compose(plan, model=MockModel(seed, Taste(closing=-1)))
        stand = score.bar_starts[3] + last_stand(Bar(Meter.parse(meter)))
        for note in (note for track in score.tracks for note in track.notes):
            assert note.onset <= stand
            if note.onset == stand:
                assert note.end == score.ticks
                found += 1
    assert found
