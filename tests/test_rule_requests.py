"""Requests over all kinds of rules: composed and verified, or refused with a reason."""

import pytest
import rule_requests
from random_rules import rule_pairs

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.conflicts import lines_refuse
from anacrusis.compose.decoding.stream import compose_stream
from anacrusis.compose.edit.song import Song
from anacrusis.compose.errors import ConflictError, ConstraintError
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.rules import RULES
from anacrusis.compose.verify import verify

NUMBERS = range(0, len(rule_pairs()), 12)


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_a_request_is_composed_or_refused(number: int) -> None:
    found = rule_requests.outcome(number, by_shipped=False)
    assert found["outcome"] in ("composed", "refused"), found


def test_requests_have_all_kinds_and_are_always_the_same() -> None:
    plans = [rule_requests.request(number) for number in range(len(rule_pairs()))]
    assert {type(rule) for plan in plans for rule in plan.rules} == set(RULES)
    assert plans[21] == rule_requests.request(21)


def test_what_look_ahead_does_not_see_is_written_as_the_solver_finds_it() -> None:
    plan = plan_from_line(
        "C F G C", bars=4, tempo=100, key="C", tracks="melody,bass", seed=3,
        rules=("bass: doubles melody +12 in bar 3",),  # only where neither strikes in it
    )  # fmt: skip
    assert lines_refuse(plan)
    assert plan.tracks[1].rest == 0, "the bass may not be silent: it is held into the bar"
    assert verify(Song.compose(plan).score, plan).ok
    stream = compose_stream(plan)
    assert len(list(stream)) == 4
    assert verify(stream.score(), plan).ok
    with pytest.raises(ConstraintError):
        compose(plan, max_quote=8)


def test_a_conflict_names_what_excludes_one_another() -> None:
    plan = plan_from_line(
        "C | G", bars=4, tempo=100, key="C", tracks="flute",
        rules=("flute: only F# G#", "flute: onsets 2-4", "flute: leap 12"),
    )  # fmt: skip
    with pytest.raises(ConflictError) as caught:
        Song.compose(plan)
    said = caught.value.statements
    assert any("only F# G#" in text for text in said)
    assert not any("leap 12" in text for text in said), "it is none of the reasons"
    assert "cannot all be kept" in str(caught.value)
    assert ("Without any one of them" in str(caught.value)) == caught.value.minimal
