"""Takes: each keeps the plan, none depends on the others, and they come in order."""

from dataclasses import replace

import numpy as np
import pytest
from mock_model import MockModel, random_plan

from anacrusis.compose.decoding.sampler import Model
from anacrusis.compose.decoding.takes import Take, distance, fill_takes, ranked, several, takes
from anacrusis.compose.errors import ConstraintError
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.score import Note, Score
from anacrusis.compose.verify import verify

PLAN = plan_from_line("Am F C G", bars=4, tracks="melody,bass", seed=5)


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime.load()


def notes(score: Score) -> list[tuple[Note, ...]]:
    return [track.notes for track in score.tracks]


def test_takes_keep_the_plan_and_differ(runtime: Runtime) -> None:
    found = takes(PLAN, 4, model=runtime)
    assert sorted(take.seed for take in found) == [5, 6, 7, 8]
    for take in found:
        assert verify(take.score, PLAN).ok
        assert take.score.plan is not None and take.score.plan.seed == take.seed
        assert -6 < take.likelihood < 0
    assert len({str(notes(take.score)) for take in found}) == 4
    assert found[0].likelihood == max(take.likelihood for take in found)
    assert found[0].distance == 1 and all(0 < take.distance <= 1 for take in found)


def test_a_take_does_not_depend_on_the_others(runtime: Runtime) -> None:
    for take in takes(PLAN, 3, model=runtime):
        assert take.score.plan is not None
        (again,) = takes(take.score.plan, 1, model=runtime)
        assert again.score == take.score
        assert again.likelihood == take.likelihood


def test_what_the_plan_leaves_open_is_the_same_in_all_takes(runtime: Runtime) -> None:
    found = takes(plan_from_line(None, bars=4, tracks="melody"), 3, model=runtime)
    assert len({take.score.chords for take in found}) == 1


def test_takes_of_blanks_keep_what_is_given(runtime: Runtime) -> None:
    (first,) = takes(PLAN, 1, model=runtime)
    progress: list[tuple[int, int]] = []
    found = fill_takes(
        first.score, {0: [1, 2]}, count=3, seed=9, model=runtime,
        progress=lambda done, total: progress.append((done, total)),
    )  # fmt: skip
    assert sorted(take.seed for take in found) == [9, 10, 11]
    starts = first.score.bar_starts
    for take in found:
        assert notes(take.score)[1] == notes(first.score)[1]
        kept = [n for n in take.score.tracks[0].notes if not starts[1] <= n.onset < starts[3]]
        assert kept == [
            n for n in first.score.tracks[0].notes if not starts[1] <= n.onset < starts[3]
        ]
    assert progress == sorted(progress) and progress[-1] == (12, 12)


def test_any_plan_of_a_model_without_sense() -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        plan = random_plan(rng)
        for take in takes(plan, 3, model=MockModel(seed=1)):
            assert verify(take.score, plan).ok


def test_takes_that_fail_are_left_out() -> None:
    def write(model: Model, seed: int, told: object) -> Score:
        model.start().append([1], [0])
        if seed != 2:
            raise ConstraintError(f"no way for seed {seed}")
        return PLAN.skeleton()

    (take,) = several(write, [1, 2, 3], MockModel())
    assert take.seed == 2
    with pytest.raises(ConstraintError, match="no way for seed 1"):
        several(write, [1, 3], MockModel())


def test_order_is_by_likelihood_and_by_distance() -> None:
    def take(seed: int, likelihood: float, *pitches: int) -> Take:
        score = PLAN.skeleton()
        struck = tuple(Note(12 * place, pitch, 12) for place, pitch in enumerate(pitches))
        track = replace(score.tracks[0], notes=struck)
        return Take(replace(score, tracks=(track, *score.tracks[1:])), seed, likelihood)

    given = [
        take(1, -2.0, 60, 70, 71),
        take(2, -1.0, 60, 62, 64),  # the likeliest
        take(3, -1.1, 60, 62, 64),  # the same, a little less likely
        take(4, -1.5, 60, 74, 76),
    ]
    found = ranked(given)
    assert [t.seed for t in found] == [2, 4, 1, 3]
    assert [t.distance for t in found] == [1, 1, 1, 0]
    assert ranked(given[1:2]) == given[1:2]
    assert [t.distance for t in ranked([given[1], given[2]])] == [1, 0]
    assert distance(frozenset(), frozenset()) == 0


@pytest.mark.parametrize("count", [0, 17, 2.5, True, "4"])
def test_impossible_counts_are_refused(count: object) -> None:
    with pytest.raises(ConstraintError, match="allowed: 1 to 16 takes"):
        takes(PLAN, count, model=MockModel())  # type: ignore[arg-type]
