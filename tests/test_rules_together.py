"""Rules that meet: on one track at a time, along doublings, under other instruments' hands."""

import pytest
from rule_requests import Unknowing

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.conflicts import lines_refuse
from anacrusis.compose.errors import ConflictError
from anacrusis.compose.plan import Plan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.solver import solve
from anacrusis.compose.verify import verify

SEEDS = range(4)


def plan_of(chords: str, tracks: str, rules: tuple[str, ...], seed: int = 0, bars: int = 4) -> Plan:
    return plan_from_line(
        chords, bars=bars, tempo=100, key="C", tracks=tracks, rules=rules, seed=seed
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_what_doubles_a_piano_is_played_by_its_own_hands(seed: int) -> None:
    rules = ("guitar: playable", "guitar: doubles piano", "piano: voices 3-4")
    plan = plan_of("Cmaj7 Am7", "piano,guitar", rules, seed)
    assert verify(compose(plan, model=Unknowing(seed)), plan).ok


@pytest.mark.parametrize("seed", SEEDS)
def test_rules_reach_along_chains_of_doublings(seed: int) -> None:
    rules = ("guitar: doubles piano", "strings: doubles guitar -12", "strings: onsets 4")
    plan = plan_of("C F", "piano,guitar,strings", rules, seed)
    score = compose(plan, model=Unknowing(seed))
    assert verify(score, plan).ok
    onsets = {note.onset for note in score.tracks[0].notes if note.onset < 48}
    assert len(onsets) == 4, "the piano, which leads, has the onsets that the strings must have"


def test_the_solver_breathes_along_chains_of_doublings() -> None:
    rules = ("flute: doubles melody", "oboe: doubles flute", "oboe: breath 8")
    plan = plan_of("C F G C", "melody,flute,oboe", rules)
    found = solve(plan, effort=2_000_000)
    assert found.score is not None
    assert verify(found.score, plan).ok


def test_a_longer_breath_counts_on_where_a_shorter_begins() -> None:
    rules = ("flute: rhythm 1/1", "flute: breath 20", "flute: breath 12 in bars 6-8")
    plan = plan_of("C", "flute", rules, bars=8)
    with pytest.raises(ConflictError, match="breath 20"):
        compose(plan, model=Unknowing(0))


def test_drums_take_two_rhythms_of_one_onset() -> None:
    rules = ("drums: rhythm 1/4", "drums: rhythm 1/8 r1/8")
    plan = plan_of("C F", "melody,drums", rules)
    assert not lines_refuse(plan), "a drum has no length"
    assert verify(compose(plan, model=Unknowing(1)), plan).ok
