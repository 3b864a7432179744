"""Rules that meet: on one track at a time, along doublings, under other instruments' hands."""

from dataclasses import replace

import pytest
from rule_requests import Unknowing

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.conflicts import lines_refuse
from anacrusis.compose.decoding.fill import fill
from anacrusis.compose.errors import ConflictError
from anacrusis.compose.plan import Plan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.rules import parse_rule
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


@pytest.mark.parametrize("seed", SEEDS)
def test_rules_on_what_follows_what_hold_in_a_pickup(seed: int) -> None:
    plan = replace(plan_of("C F", "melody,counter", (), seed), pickup=44)
    rules = tuple(map(parse_rule, ("counter: leap 4 in bars 0-2", "melody: leap 3")))
    plan = replace(plan, rules=rules)
    assert verify(compose(plan, model=Unknowing(seed)), plan).ok


def test_drums_take_two_rhythms_of_one_onset() -> None:
    rules = ("drums: rhythm 1/4", "drums: rhythm 1/8 r1/8")
    plan = plan_of("C F", "melody,drums", rules)
    assert not lines_refuse(plan), "a drum has no length"
    assert verify(compose(plan, model=Unknowing(1)), plan).ok


@pytest.mark.parametrize("seed", SEEDS)
def test_of_choices_among_chords_those_are_taken_that_rules_on_notes_leave(seed: int) -> None:
    rules = ("bass: only A", "bass: onsets 1-")
    plan = plan_of("Am F C {G Am}", "melody,bass", rules, seed)
    score = compose(plan, model=Unknowing(seed))
    assert str(score.chords[-1].chord) == "Am"
    assert verify(score, plan).ok
    plan = plan_of("{Am F#m} {F F#} {C D7} {G B}", "melody", ("melody: only F#",), seed)
    assert verify(compose(plan, model=Unknowing(seed)), plan).ok


def test_a_choice_that_no_chord_helps_is_refused() -> None:
    plan = plan_of("Am F C {G Em}", "melody,bass", ("bass: only A", "bass: onsets 1-"))
    with pytest.raises(ConflictError, match="only A"):
        compose(plan, model=Unknowing(0))


@pytest.mark.parametrize(
    ("tracks", "rules"),
    [
        ("cello", ("cello: playable", "cello: voices 3")),
        ("melody", ("melody: tessitura C4-E4", "melody: tessitura C5-E5")),
        ("flute", ("flute: playable", "flute: voices 2-")),
    ],
)
def test_plain_contradictions_are_named(tracks: str, rules: tuple[str, ...]) -> None:
    plan = plan_of("C F", tracks, rules)
    plan = replace(plan, tracks=(replace(plan.tracks[0], polyphony=4),))
    with pytest.raises(ConflictError) as caught:
        compose(plan, model=Unknowing(0))
    assert {str(rule) for rule in plan.rules} <= set(caught.value.statements)
    assert caught.value.minimal


def test_octaves_without_parallels_repeat_one_pitch() -> None:
    rules = ("melody, bass: no parallels", "bass: doubles melody -24")
    plan = plan_of("C Am F C", "melody,bass", rules)
    score = compose(plan, model=Unknowing(1))
    assert verify(score, plan).ok
    assert len({note.pitch for note in score.tracks[0].notes}) == 1


@pytest.mark.parametrize("seed", range(24))
def test_what_is_held_into_given_bars_goes_with_what_is_given_there(seed: int) -> None:
    rules = (
        "counter, pad: spacing 5", "counter, pad: no crossing", "pad: voices 1",
        "pad: rhythm 1/4 in bars 2-4", "counter: onsets 1 in bars 1-2",
    )  # fmt: skip
    plan = plan_of("C C F C", "counter,pad", rules, seed)
    score = compose(plan, model=Unknowing(seed))
    anew = fill(score, {0: {0, 1}, 1: {0}}, seed=seed, model=Unknowing(100 + seed))
    broken = {v.rule for v in verify(anew, plan).violations} - {"rest", "silence"}
    assert not broken, "what is given may have rung on from bar 1; all else is kept"
