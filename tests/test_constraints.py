"""Constraints: each on small states made by hand, then all of them against stubborn models."""

from dataclasses import replace

import numpy as np
import pytest
from desk import Desk, melody, plan_of, track
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_model import MockModel, Taste, random_plan, random_taste

from anacrusis.compose.constraints.meter import composing_grid
from anacrusis.compose.constraints.state import section_ends
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.sampler import Sampling
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import TrackPlan
from anacrusis.compose.verify import verify

# Bars, meter, silence


def test_as_many_bars_as_planned():
    desk = Desk(plan_of("C | C | C")).note(0, 60, 12)
    assert desk.may("Bar") and not desk.may("EOS")
    desk.bar().note(0, 60, 12)
    assert desk.may("Bar") and not desk.may("EOS")
    desk.bar().note(0, 60, 12)
    assert desk.may("EOS") and not desk.may("Bar")


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "7/8", "5/16", "1/4", "3/2"])
def test_positions_are_sixteenths_and_triplets_of_the_bar(meter: str):
    ticks = Meter.parse(meter).ticks
    positions = Desk(plan_of("C | C", meter=meter)).positions()
    assert positions == [t for t in range(ticks) if t % 3 == 0 or t % 4 == 0]
    assert np.flatnonzero(composing_grid(ticks)).tolist() == positions


def test_positions_of_a_pickup_stand_at_the_end_of_its_bar():
    desk = Desk(plan_of("C | C", pickup=12))
    assert not desk.closes, "a pickup is music before the first full bar"
    assert desk.positions() == [36, 39, 40, 42, 44, 45]
    assert desk.durations(45, 60) == [1, 2, 3], "its notes end with it"


def test_a_pickup_of_one_tick_has_no_position_and_may_be_closed():
    desk = Desk(plan_of("C | C", pickup=1))
    assert desk.may("Track") == [] and desk.closes


def test_a_bar_must_not_be_silent():
    desk = Desk(plan_of("C | C | C"))
    assert not desk.closes
    desk.note(24, 60, 24)
    assert desk.closes
    assert not desk.bar().closes, "the note has ended"
    desk.note(24, 60, 48)
    assert desk.closes and desk.bar().closes, "a note sounds on from the bar before"


def test_notes_end_with_their_section():
    desk = Desk(plan_of("C | C", more="C"))
    assert desk.durations(24, 60) == list(range(1, 73))
    assert desk.put("Duration", 72).bar().may("Track") == []


def test_a_long_note_is_one_duration():
    desk = Desk(plan_of("C | C | C | C"))
    assert desk.durations(0, 60)[-1] == 96
    assert desk.put("Duration", 96).may("Duration") == []


def test_section_ends():
    skeleton = plan_of("C | C", more="C", pickup=12).skeleton()
    assert section_ends(skeleton).tolist() == [12, 108, 108, 156]


# Range and polyphony


def test_range():
    desk = Desk(plan_of("N.C. | N.C.", melody(62, 73)))
    assert desk.pitches(0) == list(range(62, 74))


def test_drums_keep_to_general_midi_and_know_no_chords():
    kit = replace(TrackPlan.of_role("drums"), low=0, high=40)
    desk = Desk(plan_of("C | C", melody(), kit)).at(0, "drums1")
    assert desk.may("PitchDrum") == list(range(27, 41)) and desk.may("Pitch") == []


def test_polyphony_and_striking_a_pitch_again():
    desk = Desk(plan_of("C | C", melody(60, 84, 2))).note(0, 60, 24)
    assert 60 not in desk.may("Pitch") and 64 in desk.may("Pitch")
    desk.put("Pitch", 64).put("Duration", 12)
    assert desk.may("Pitch") == []
    assert desk.may("Velocity") == [], "no pitch could follow it"
    assert [t for t in desk.may("Position") if t < 12] == []
    assert desk.pitches(12)[0] == 62, "60 still sounds"


def test_a_velocity_is_written_only_where_it_changes():
    desk = Desk(plan_of("C | C", melody(60, 84, 3))).note(0, 60, 12)
    assert 80 not in desk.may("Velocity") and 84 in desk.may("Velocity")


def test_tracks_come_in_order_and_where_they_have_room():
    desk = Desk(plan_of("C | C", melody(), track("bass", 28, 52)))
    assert desk.may("Track") == ["melody1", "bass1"]
    desk.note(0, 60, 24)
    assert desk.may("Track") == ["bass1"] and min(desk.may("Position")) == 24
    desk.note(0, 36, 96, "bass1")
    assert desk.may("Track") == desk.may("Position") == []
    assert desk.bar().may("Track") == ["melody1"], "the bass sounds through the bar"


# Rests


def test_a_track_enters_when_its_rest_is_used_up():
    quiet = replace(melody(), rest=1)
    desk = Desk(plan_of("C | C | C", quiet, track("bass", 28, 52))).note(0, 36, 48, "bass1")
    assert desk.closes
    desk.bar()
    assert desk.may("Track") == ["melody1"] and not desk.closes
    assert desk.positions()[-1] == 24, "by the last strong beat"
    desk.note(24, 60, 12)
    assert desk.closes and desk.may("Track") == ["bass1"]


def test_rests_are_counted_anew_in_each_section():
    quiet = replace(melody(), rest=1)
    plan = plan_of("C", quiet, track("bass", 28, 52), more="C | C")
    desk = Desk(plan).note(0, 36, 48, "bass1").bar().note(0, 36, 48, "bass1")
    assert desk.closes
    assert desk.bar().may("Track") == ["melody1"] and not desk.closes


# All together


def check(seed: int, taste: Taste | None = None, max_bars: int = 6) -> int:
    """Compose a random plan under a mock model and verify it; the number of notes."""
    rng = np.random.default_rng((7, seed))
    plan = random_plan(rng, max_bars, complete=seed % 5 > 0)
    model = MockModel(
        seed,
        taste or random_taste(rng),
        int(rng.choice([400, 1024])),
        plan.skeleton() if plan.is_complete else None,
    )
    score = compose(plan, model=model, sampling=Sampling(1.0, float(rng.choice([0.9, 1.0]))))
    report = verify(score)
    assert report.ok, (seed, [str(violation) for violation in report.violations[:3]])
    assert verify(score, plan).ok
    return report.notes


STUBBORN = {
    "dissonant": Taste(outside=30),
    "dissonant and long": Taste(outside=30, long=30),
    "dissonant and never done": Taste(outside=30, closing=-30),
    "longest notes": Taste(long=30),
    "shortest notes": Taste(long=-30, closing=-30),
    "never closes a bar": Taste(closing=-30, late=-8),
    "never closes a bar, thick": Taste(closing=-30, thick=30),
    "closes at once": Taste(closing=30),
    "latest": Taste(late=30, closing=0),
    "lowest": Taste(high=-30, thick=4),
    "highest": Taste(high=30, thick=4),
    "highest, dissonant": Taste(high=30, outside=10, thick=4),
    "lowest, dissonant, thick": Taste(high=-30, outside=10, thick=30, long=4),
}


@pytest.mark.parametrize("name", STUBBORN)
def test_a_stubborn_model_breaks_no_rule(name: str):
    assert all(check(1000 * i + len(name), STUBBORN[name], max_bars=4) for i in range(4))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_model_breaks_a_rule_or_meets_a_dead_end(seed: int):
    assert check(seed, max_bars=4)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 2000, 500))
def test_thousands_of_plans(start: int):
    for seed in range(start, start + 500):
        check(seed, max_bars=8)


@pytest.mark.slow
@pytest.mark.parametrize("name", STUBBORN)
def test_stubborn_models_on_many_plans(name: str):
    for seed in range(40):
        check(seed, STUBBORN[name])
