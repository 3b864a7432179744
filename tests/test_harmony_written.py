"""The harmony that the model may write: dominants resolve, chords move, basses come home."""

from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_model import MockModel, Taste, random_plan

from anacrusis.compose.chord import Chord
from anacrusis.compose.decoding.chart import complete
from anacrusis.compose.decoding.compose import CHART_SAMPLING, compose
from anacrusis.compose.decoding.idiom import LONGEST_CHORD, chords_of_key, resolution
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.pitch import name_to_class
from anacrusis.compose.plan import Plan, SectionPlan, TrackPlan
from anacrusis.compose.score import Score
from anacrusis.compose.spelling import spell_chord

BAND = tuple(TrackPlan.of_role(role) for role in ("melody", "chords", "bass", "drums"))


@pytest.mark.parametrize(
    ("key", "chord", "goal"),
    [
        ("C major", "D7", "G"),
        ("C major", "D", "G"),
        ("C major", "C7", "F"),
        ("C major", "E7", "A"),
        ("C major", "G7", None),
        ("C major", "F", None),
        ("C major", "F#7", None),
        ("A minor", "A7", "D"),
        ("A minor", "E7", None),
        ("A minor", "B7", "E"),
        ("Eb major", "G7", "C"),
    ],
)
def test_applied_dominants_have_a_goal(key: str, chord: str, goal: str | None):
    parsed = Chord.parse(chord)
    found = resolution(Key.parse(key), parsed.root_class, parsed.quality)
    assert found == (None if goal is None else name_to_class(goal))


@pytest.mark.parametrize("tonic", range(12))
def test_no_key_has_the_tonic_of_its_other_mode(tonic: int):
    assert "maj" not in chords_of_key(Key.from_class(tonic, "minor"))[tonic]
    assert "min" not in chords_of_key(Key.from_class(tonic, "major"))[tonic]


def lane(plan: Plan) -> list[tuple[int, Chord]]:
    """Bar and chord of every chord of a completed plan."""
    found, bar = [], 0
    for section in plan.sections:
        for index, row in enumerate(plan.chords_of(section) or ()):
            found += [(bar + index, at.chord) for at in row]
        bar += section.bars
    return found


@pytest.mark.parametrize("count", [2, 3, 5, 8, 16, 24, 44])
@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("open_form", [False, True])
def test_applied_dominants_resolve_and_chords_move(count: int, mode: str, open_form: bool):
    for seed in range(24):
        key = Key.from_class(seed, mode)
        song = (SectionPlan("song", count),)
        plan = Plan(song, BAND, key=key, tempo=100.0, seed=seed, open_form=open_form)
        full = complete(plan, MockModel(seed), CHART_SAMPLING, np.random.default_rng(seed))
        chords = lane(full)
        for _, chord in chords:
            bass = None if chord.bass is None else chord.bass_class
            assert chord == spell_chord(chord.root_class, chord.quality, bass, key)
        for (_, one), (_, two) in pairwise(chords):
            goal = resolution(key, one.root_class, one.quality)
            assert goal in (None, two.root_class), (str(one), str(two))
        assert resolution(key, chords[-1][1].root_class, chords[-1][1].quality) is None
        runs = [list(group) for _, group in groupby(chords, key=lambda at: at[1].root_class)]
        stays = [len({bar for bar, _ in run}) for run in runs]
        assert max(stays[:-1], default=0) <= LONGEST_CHORD


def test_a_completed_plan_composed_again_gives_the_same_notes():
    plan = Plan((SectionPlan("song", 6),), BAND, open_form=True, meter=Meter(3, 4), seed=11)
    steady = Taste(noise=0.0)  # a mock model's noise goes on from document to document
    score = compose(plan, model=MockModel(taste=steady))
    assert score.plan is not None and score.plan.is_complete
    assert compose(score.plan, model=MockModel(taste=steady)) == score


def closing_basses(score: Score) -> list[tuple[int, int]]:
    """Last pitch class of each bass that plays under the last chord, and the chord's bass."""
    if not score.chords:
        return []
    last = score.chords[-1]
    begin = max(last.onset, score.bar_starts[-2])
    if last.chord.is_none or last.end < score.ticks:
        return []
    tracks = [track for track in score.tracks if track.role == "bass"]
    finals = [max((n for n in t.notes if n.onset >= begin), default=None) for t in tracks]
    return [(n.pitch % 12, last.chord.bass_class) for n in finals if n is not None]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_the_last_bass_note_is_the_bass_of_the_last_chord(seed: int):
    score = compose(random_plan(np.random.default_rng(seed)), model=MockModel(seed))
    for found, bass in closing_basses(score):
        assert found == bass


def test_a_reprise_at_the_end_closes_too():
    sections = (SectionPlan("A", 2), SectionPlan("B", 2), SectionPlan("A'", 2, reprise="A"))
    found = 0
    for seed in range(8):
        plan = Plan(sections, BAND, key=Key("C", "major"), tempo=100.0, seed=seed)
        for pitch, bass in closing_basses(compose(plan, model=MockModel(seed))):
            assert pitch == bass
            found += 1
    assert found
