"""Cadences and modulations in the chords of a plan: kept where open, checked where stated."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_model import MockModel

from anacrusis.compose.decoding.chart import complete
from anacrusis.compose.decoding.chart_rules import check_harmony
from anacrusis.compose.decoding.compose import CHART_SAMPLING
from anacrusis.compose.errors import PlanError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.progression import parse_progression
from anacrusis.compose.rules import Cadence, Modulation, Wish, parse_rule
from anacrusis.compose.rules.harmony import CADENCES, RELATIONS
from anacrusis.compose.verify import verify

BAND = (TrackPlan.of_role("melody"),)
C = Key()


def section(name: str, bars: int, chords: str | None = None, **more: object) -> SectionPlan:
    parsed = None if chords is None else parse_progression(chords, bars, Meter(4, 4), C)
    return SectionPlan(name, bars, parsed, **more)


def song(*sections: SectionPlan, rules: tuple[str, ...] = (), **more: object) -> Plan:
    options = {"key": C, "tempo": 100.0, **more}
    return Plan(sections, BAND, rules=tuple(map(parse_rule, rules)), **options)


def charted(plan: Plan, seed: int = 0) -> Plan:
    return complete(plan, MockModel(seed), CHART_SAMPLING, np.random.default_rng(seed))


def broken(full: Plan, plan: Plan | None = None) -> list[str]:
    """What the harmony of a completed plan breaks, by the verifier."""
    about = ("cadence", "modulate", "key", "chords", "lane", "reprise", "tempo", "meter")
    report = verify(full.skeleton(), plan or full)
    return [str(found) for found in report.violations if found.rule in about]


def symbols(full: Plan) -> list[str]:
    """The chords of each bar, in words."""
    rows = []
    for part in full.sections:
        rows += [" ".join(str(at.chord) for at in bar) for bar in full.chords_of(part) or ()]
    return rows


# Open chords


@pytest.mark.parametrize("kind", CADENCES)
@pytest.mark.parametrize("bar", [1, 2, 4, 7, 8])
@pytest.mark.parametrize("mode", ["major", "minor", "dorian", "locrian"])
def test_open_chords_keep_a_cadence(kind: str, bar: int, mode: str):
    for seed in range(4):
        key = Key.from_class(5 * seed % 12, mode)
        plan = song(SectionPlan("A", 8), rules=(f"cadence {kind} in bar {bar}",), key=key)
        assert broken(charted(plan, seed), plan) == []


@pytest.mark.parametrize("open_form", [False, True])
def test_many_cadences_at_once(open_form: bool):
    kinds = {4: "half", 7: "deceptive", 8: "plagal", 12: "authentic", 13: "half", 16: "authentic"}
    rules = tuple(f"cadence {kind} in bar {bar}" for bar, kind in kinds.items())
    for seed in range(12):
        for key in (None, Key.from_class(seed, "minor")):
            plan = song(SectionPlan("A", 16), rules=rules, key=key, open_form=open_form)
            full = charted(plan, seed)
            assert full.is_complete and broken(full) == []


@pytest.mark.parametrize("meter", ["1/16", "1/4", "2/4", "7/8", "5/4"])
def test_a_bar_of_any_meter_holds_a_cadence(meter: str):
    plan = song(SectionPlan("A", 1), rules=("cadence authentic in bar 1",))
    assert broken(charted(replace(plan, meter=Meter.parse(meter)))) == []


def test_a_model_that_knows_the_chords_before_leads_to_the_cadence():
    plan = song(SectionPlan("A", 4), rules=("cadence authentic in bar 4",))
    for seed in range(8):
        assert [len(row.split()) for row in symbols(charted(plan, seed))[-2:]] == [1, 1]


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_open_chords_lead_into_another_key(relation: str, mode: str):
    key = Key.from_class(2, mode)
    rule = f"modulate to {relation} by pivot in bar 5"
    if relation.endswith(mode):
        with pytest.raises(PlanError, match=r"is in D \w+ already; name another key"):
            song(SectionPlan("A", 8), rules=(rule,), key=key)
        return
    for seed in range(6):
        plan = song(SectionPlan("A", 8), rules=(rule, "cadence authentic in bar 8"), key=key)
        full = charted(plan, seed)
        assert broken(full) == []
        assert full.skeleton().keys[-1].key == full.rules[0].target(key)


def test_the_first_key_is_one_from_which_a_pivot_leads():
    rules = ("modulate to F# major by pivot in bar 5",)
    for seed in range(12):
        full = charted(song(SectionPlan("A", 8), rules=rules, key=None), seed)
        assert full.key is not None and broken(full) == []


def test_a_relation_goes_by_the_key_that_was_modulated_to():
    rules = ("modulate to dominant in bar 3", "modulate to relative minor in bar 5")
    keys = [
        (change.tick, str(change.key))
        for change in song(SectionPlan("A", 8), rules=rules).skeleton().keys
    ]
    assert keys == [(0, "C major"), (96, "G major"), (192, "E minor")]


def test_a_cadence_in_a_reprise_is_one_of_its_model():
    rules = ("cadence half in bar 8", "cadence authentic in bar 12")
    for seed in range(8):
        plan = song(section("A", 4), section("B", 4, reprise="A"), section("C", 4), rules=rules)
        assert broken(charted(plan, seed)) == []


def test_a_reprise_that_begins_with_a_cadence_has_it_in_one_bar():
    plan = song(
        section("A", 2), section("B", 2), section("A again", 2, reprise="A"),
        rules=("cadence authentic in bar 5", "cadence half in bar 4"),
    )  # fmt: skip
    for seed in range(8):
        full = charted(plan, seed)
        assert broken(full) == [] and len(symbols(full)[0].split()) == 2


def test_cadences_that_are_wished_give_way():
    wish = Wish(Cadence("plagal", where="bar 8"))
    plan = replace(song(SectionPlan("A", 8)), wishes=(wish,))
    kept = [not broken(replace(charted(plan, seed), rules=(wish.rule,))) for seed in range(6)]
    assert all(kept)
    with_rule = replace(plan, rules=(parse_rule("cadence authentic in bar 8"),))
    assert broken(charted(with_rule)) == []


# Choices


def test_choices_are_made_as_cadences_need_them():
    plan = song(
        section("A", 4, "{Am F} | {Dm G F} | {F D G7} | {Am C Em}"),
        rules=("cadence authentic in bar 4", "cadence half in bar 2"),
    )
    for seed in range(6):
        assert symbols(charted(plan, seed))[1:] == ["G", "G7", "C"]
        assert broken(charted(plan, seed), plan) == []


def test_choices_vary_with_the_seed_and_go_into_the_plan():
    plan = song(section("A", 4, "{Am F C/E N.C.} {Dm Dm/F}@3.5 | . {G G7} | C | {C C/G}"))
    found = {symbols(charted(plan, seed))[0] for seed in range(40)}
    assert {row.split()[0] for row in found} == {"Am", "F", "C/E", "N.C."}
    assert {row.split()[1] for row in found} == {"Dm", "Dm/F"}
    full = charted(plan)
    assert full.is_complete and not plan.is_complete
    assert broken(full, plan) == []
    assert broken(replace(full, sections=(section("A", 4, "G"),)), plan) != []


def test_a_choice_in_a_reprise_is_the_same():
    plan = song(section("A", 2, "{Am F} {C G}"), section("B", 2, reprise="A"),
                section("C", 2, vary="A"))  # fmt: skip
    full = charted(plan, 3)
    rows = symbols(full)
    assert rows[:2] == rows[2:4] == rows[4:]
    assert broken(full, plan) == []


# What is stated


@pytest.mark.parametrize(
    ("chords", "rule", "said"),
    [
        ("C F F C", "cadence authentic in bar 4",
         "bar 3 has F; an authentic cadence in C major needs G, G7, Bdim there: change that chord, "
         "or leave it open"),
        ("C F G F", "cadence authentic in bar 4",
         "bar 4 has F; an authentic cadence in C major ends with C"),
        ("C F G C/E", "cadence authentic in bar 4", "without a slash bass"),
        ("C C G G7", "cadence plagal in bar 2", "bar 1 has C; a plagal cadence"),
        ("C G Dm G", "cadence deceptive in bar 4",
         "bar 4 has G; a deceptive cadence in C major ends with Am"),
        ("C {F G} {F D} C", "cadence authentic in bar 4", "bar 3 has F or D; an authentic"),
        ("C G N.C. C", "cadence authentic in bar 4", "bar 3 has N.C.; an authentic"),
        ("C F Bb G", "modulate to G by pivot in bar 4",
         "bar 3 has Bb; a pivot needs a chord of both C major and G major there"),
        ("G7 . . .", "cadence half in bar 4", "a half cadence needs a chord of another root"),
        ("C G C F", "modulate to Gb by pivot in bar 3",
         "a chord of both C major and Gb major does not exist; modulate directly"),
    ],
)  # fmt: skip
def test_a_stated_chord_that_is_in_the_way_is_named(chords: str, rule: str, said: str):
    plan = song(section("A", 4, chords), rules=(rule,))
    with pytest.raises(PlanError) as caught:
        check_harmony(plan)
    assert said in str(caught.value), str(caught.value)
    assert repr(str(parse_rule(rule))) in str(caught.value)
    with pytest.raises(PlanError):
        charted(plan)


@pytest.mark.parametrize(
    ("chords", "rule"),
    [
        ("C F G C", "cadence authentic in bar 4"),
        ("C F G7 Cmaj7", "cadence authentic in bar 4"),
        ("C G . C", "cadence authentic in bar 4"),
        ("| G | G7 C/E | C | F C |", "cadence authentic in bar 3"),
        ("| C | F | G7 | C N.C. |", "cadence authentic in bar 4"),
        ("Dm C/G G7 Am", "cadence deceptive in bar 4"),
        ("Dm C/G G7 Am", "cadence half in bar 3"),
        ("C F Fm C", "cadence plagal in bar 4"),
        ("C Am Em G", "modulate to G by pivot in bar 4"),
    ],
)
def test_stated_chords_that_keep_a_rule(chords: str, rule: str):
    plan = song(section("A", 4, chords), rules=(rule,))
    check_harmony(plan)
    assert broken(plan) == []


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (("cadence authentic in bar 4", "cadence half in bar 4"), "contradict each other"),
        (("cadence authentic in bar 4", "cadence plagal in bar 4"), "no chords in bar 4 keep both"),
        (("cadence half in bar 2", "cadence plagal in bar 6"), "contradict each other"),
        (("modulate to G in bar 3", "modulate to D in bar 3"), "contradict each other"),
    ],
)  # fmt: skip
def test_rules_that_exclude_one_another_are_named(rules: tuple[str, str], said: str):
    with pytest.raises(PlanError, match=said) as caught:
        check_harmony(song(section("A", 4), section("B", 4, reprise="A"), rules=rules))
    assert all(str(parse_rule(rule)) in str(caught.value) for rule in rules)


def test_a_modulation_against_a_stated_key_is_refused():
    with pytest.raises(PlanError, match="leads to G major, but the plan states F major"):
        song(section("A", 4), section("B", 4, key=Key("F")), rules=("modulate to G in bar 5",))
    with pytest.raises(PlanError, match="there is no key before"):
        song(section("A", 4), rules=("modulate to G in bar 1",))


# Everything at once


_WORDS = ("C", "F", "G7", "Am", "Dm", "E7", "Bdim", "C/E", "N.C.", "D7", "Gsus4", "Bb", "%", ".")


def _random_plan(rng: np.random.Generator, opened: bool) -> Plan:
    def word() -> str:
        picked = rng.choice(_WORDS[:12], size=int(rng.integers(1, 4)), replace=False)
        return str(picked[0]) if len(picked) == 1 else f"{{{' '.join(picked)}}}"

    def bar() -> str:
        if rng.random() < 0.15:
            return "."
        return " ".join(word() for _ in range(int(rng.choice([1, 1, 1, 2]))))

    sections: list[SectionPlan] = []
    for name in "ABC"[: int(rng.integers(1, 4))]:
        like = [s for s in sections if s.reprise is None and s.vary is None]
        if like and rng.random() < 0.4:
            model = like[int(rng.integers(len(like)))]
            how = "reprise" if rng.random() < 0.6 else "vary"
            sections.append(SectionPlan(name, model.bars, **{how: model.name}))
            continue
        count = int(rng.integers(1, 5))
        stated = not opened or rng.random() < 0.5
        text = "| " + " | ".join(bar() for _ in range(count)) + " |"
        sections.append(section(name, count, text if stated else None))
    total = sum(s.bars for s in sections)
    rules = [
        Cadence(str(rng.choice(CADENCES)), where=f"bar {rng.integers(1, total + 1)}")
        for _ in range(int(rng.integers(1, 4)))
    ]
    if total > 1 and rng.random() < 0.5:
        where, how = f"bar {rng.integers(2, total + 1)}", str(rng.choice(["direct", "pivot"]))
        rules.append(Modulation(str(rng.choice(["G", "Am", "dominant", "F"])), how, where=where))
    key = Key.parse(str(rng.choice(["C", "Am", "D dorian", "F"])))
    try:
        return Plan(tuple(sections), BAND, key=key, tempo=100.0, rules=tuple(rules))
    except PlanError:
        return _random_plan(rng, opened)


@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1))
def test_a_plan_is_refused_or_its_harmony_is_kept(seed: int):
    plan = _random_plan(np.random.default_rng(seed), opened=True)
    try:
        check_harmony(plan)
    except PlanError as error:
        assert "cannot be kept" in str(error) or "contradict" in str(error)
        return
    full = charted(plan, seed)
    assert full.is_complete and broken(full, plan) == [] and broken(full) == []


@settings(max_examples=200)
@given(st.integers(0, 2**32 - 1))
def test_what_is_refused_no_choice_would_keep(seed: int):
    """Every way to choose is tried, and the verifier asked."""
    plan = _random_plan(np.random.default_rng(seed), opened=False)
    try:
        check_harmony(plan)
        kept = True
    except PlanError:
        kept = False
    own = [s for s in plan.sections if s.chords is not None]
    spots = [(s.name, b, k, at) for s in own for b, row in enumerate(s.chords or ())
             for k, at in enumerate(row) if at.others]  # fmt: skip
    ways = product(*(at.options for *_, at in spots))
    found = False
    for count, way in enumerate(ways):
        if count > 400:
            return
        chosen = dict(zip([spot[:3] for spot in spots], way, strict=True))
        sections = tuple(
            s if s.chords is None else replace(s, chords=tuple(
                tuple(ChordAt(at.tick, chosen.get((s.name, b, k), at.chord))
                      for k, at in enumerate(row)) for b, row in enumerate(s.chords)))
            for s in plan.sections
        )  # fmt: skip
        if not broken(replace(plan, sections=sections)):
            found = True
            break
    assert found == kept


@pytest.mark.parametrize("chords", ["C", "{C C/E}", "{C F}", "C {C F}", "N.C."])
def test_long_stretches_are_searched_in_bounded_time(chords: str):
    rules = tuple(f"cadence {kind} in bar 1200" for kind in ("authentic", "plagal"))
    for rule in rules:
        plan = song(section("A", 1200, chords), rules=(rule,))
        if "F" in chords and "plagal" in rule:
            assert broken(charted(plan), plan) == []
        else:
            with pytest.raises(PlanError, match="cannot be kept: bar"):
                check_harmony(plan)


def test_rules_in_every_bar_are_kept():
    rules = tuple(f"cadence {CADENCES[n % 4]} in bar {n}" for n in range(1, 101))
    plan = song(SectionPlan("A", 100), rules=rules)
    assert broken(charted(plan)) == []
