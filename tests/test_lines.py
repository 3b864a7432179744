"""Lines: exact look-ahead, beside every score there is and a model that knows nothing."""

import random

import numpy as np
import pytest
from exhaustive import exists
from mock_model import MockModel, Taste
from test_solver import plan_of

from anacrusis.compose.constraints.courses import (
    CountCourse,
    LeapCourse,
    RequireCourse,
    RestCourse,
    ShapeCourse,
    SignsCourse,
    TuneCourse,
)
from anacrusis.compose.constraints.pitchset import ALL
from anacrusis.compose.decoding.conflicts import lines_refuse
from anacrusis.compose.decoding.notes import write_notes
from anacrusis.compose.decoding.sampler import Sampling
from anacrusis.compose.errors import ConflictError
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import Plan, TrackPlan
from anacrusis.compose.verify import verify

AS_IT_SAYS = Sampling(repeats=1, variety=1, phrasing=1)


def follow(course, notes):
    """The state of a course after pitches, None where one is not allowed."""
    state, last = course.begin(False), None
    for pitch in notes:
        fits = [
            move.state
            for move in course.moves(state)
            if move.pitches >> pitch & 1 and (last is None or move.low <= pitch - last <= move.high)
        ]
        if not fits:
            return None
        (state,) = fits
        last = pitch
    return state


def kept(course, notes) -> bool:
    state = follow(course, notes)
    return state is not None and course.may_end(state)


def test_courses_tell_what_may_come():
    assert kept(LeapCourse(0, 48, 4), [60, 64, 60, 61])
    assert not kept(LeapCourse(0, 48, 4), [60, 65])
    count = CountCourse(0, 48, 2, 3, 24)
    assert [kept(count, [60] * n) for n in range(5)] == [False, False, True, True, False]
    assert kept(TuneCourse(0, 48, [1 << 60, 1 << 62]), [60, 62])
    assert not kept(TuneCourse(0, 48, [1 << 60, 1 << 62]), [60])
    assert kept(SignsCourse(0, 48, [1, -1, 0]), [60, 64, 62, 62])
    assert not kept(SignsCourse(0, 48, [1, -1, 0]), [60, 64, 62, 64])


@pytest.mark.parametrize(
    ("signs", "good", "bad"),
    [
        ((1,), [[60, 60, 64], [60, 62]], [[60], [60, 60], [64, 62], [60, 64, 62]]),
        ((1, -1), [[60, 64, 64, 62], [60, 61, 60]], [[60, 64], [64, 60], [60, 64, 62, 63]]),
        ((-1, 1), [[64, 60, 62]], [[60, 64, 62], [64, 60]]),
    ],
)
def test_shapes(signs, good, bad):
    assert all(kept(ShapeCourse(0, 48, signs), notes) for notes in good)
    assert not any(kept(ShapeCourse(0, 48, signs), notes) for notes in bad)


def test_required_pitches_and_their_sets():
    course = RequireCourse(0, 48, [1 << 60, 1 << 60 | 1 << 72])
    assert kept(course, [60]), "one note may be two that are wanted"
    assert kept(course, [72, 65, 60]) and not kept(course, [72, 65])
    covered = 0
    for move in course.moves(course.begin(False)):
        assert not covered & move.pitches, "each note has one state after it"
        covered |= move.pitches
    assert covered == ALL


def test_rests_count_silent_bars():
    course = RestCourse(0, 144, 1)
    once = course.cross(course.begin(False), False)
    assert once is not None and course.cross(once, False) is None
    assert course.cross(once, True) is None, "the second bar was silent before"
    heard = course.moves(once)[0].state
    assert course.cross(heard, True) == (0, True), "a note that is held is heard"


def _tiny(draw: random.Random) -> Plan:
    meter, grid, later = draw.choice((("1/4", "1/8", 6), ("2/4", "1/4", 12), ("1/4", "1/8", 3)))
    first, second = draw.sample(("C", "F", "G7", "Am", "Dm", "C/E", "F#", "N.C."), 2)
    tones = draw.sample(("C", "D", "E", "F", "G", "A", "B"), draw.choice((2, 3)))
    rules = [
        f"leap {draw.choice((1, 2, 3, 5))}",
        f"onsets {draw.choice(('1', '2', '0-1', '1-2'))}",
        f"contour {draw.choice(('up', 'down', '+', '-', '='))}",
        f"pitches {' '.join(draw.sample(tones, 2))}",
        f"require {draw.choice(tones)}",
        f"rhythm {draw.choice((grid, f'{grid} r{grid}', f'r{grid} {grid}'))}",
        f"avoid {draw.choice(tones)}",
        f"breath {draw.choice((0.25, 0.5))}",
    ]
    words = draw.sample(rules, draw.choice((1, 2, 2, 3)))
    stated = (f"t: grid {grid}", f"t: only {' '.join(tones)}", *(f"t: {word}" for word in words))
    track = TrackPlan("t", draw.choice(("melody", "melody", "bass")), 0, 57, 68, 1, rest=0)
    return plan_of(f"{first}@0 {second}@{later}", (track,), *stated, meter=Meter.parse(meter))


@pytest.mark.parametrize("seed", range(60))
def test_what_a_line_refuses_no_score_keeps_and_what_it_takes_is_written(seed: int) -> None:
    plan = _tiny(random.Random(seed))
    there_is = exists(plan, strict=False)
    if lines_refuse(plan):
        assert not there_is
        return
    try:
        model = MockModel(seed=seed, taste=Taste(closing=2.0))
        score = write_notes(plan, model, AS_IT_SAYS, np.random.default_rng(seed))
    except ConflictError:
        assert not there_is
        return
    assert there_is and verify(score).ok


def test_about_half_of_these_are_possible():
    plans = [_tiny(random.Random(seed)) for seed in range(60)]
    refused = sum(map(lines_refuse, plans))
    assert 15 <= refused <= 45, "the test would say little"
