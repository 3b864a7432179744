"""Keys, meters and tempos that change within a section; variations of sections."""

from dataclasses import replace

import pytest

from anacrusis.compose.errors import PlanError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import ChangeAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.plan_file import parse_plan, plan_text
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.plan_values import band, variation
from anacrusis.compose.verify import verify

BAND = (TrackPlan.of_role("melody"),)
THREE = Meter(3, 4)

SONG = """
key: C
tempo: 100
pickup: 1 beat
sections:
  - name: verse
    bars: 4
    changes:
      3: {meter: 3/4, tempo: 80}
      4: {key: A minor}
    chords: "C G | F | Am . E | Am"
  - name: again
    reprise: verse
    meter: 4/4
    key: C
  - name: last
    vary: verse
    change: 0.5-0.75
    meter: 4/4
    chords: C F Am Am
tracks: [melody]
"""


def plan_of(*sections: SectionPlan, **more: object) -> Plan:
    return Plan(sections, BAND, **more)


def test_changes_are_in_the_skeleton():
    score = parse_plan(SONG).skeleton()
    first = [str(bar.meter) for bar in score.bars[1:5]]
    assert first == ["4/4", "4/4", "3/4", "3/4"]
    assert [str(bar.meter) for bar in score.bars[1:]] == first * 3
    starts = score.bar_starts
    assert [(t.tick, t.bpm) for t in score.tempos] == [
        (0, 100), (starts[3], 80), (starts[7], 80), (starts[11], 80)
    ]  # fmt: skip
    assert [(k.tick, str(k.key)) for k in score.keys] == [
        (0, "C major"), (starts[4], "A minor"), (starts[5], "C major"), (starts[8], "A minor"),
        (starts[12], "A minor"),
    ]  # fmt: skip
    assert [(str(s.chord), s.onset) for s in score.chords[:5]] == [
        ("C", 12), ("G", 36), ("F", 60), ("Am", 108), ("E", 132)
    ]  # fmt: skip


def test_what_is_written_reads_back():
    plan = parse_plan(SONG)
    assert plan.section("verse").changes == (
        ChangeAt(3, meter=THREE, tempo=80.0), ChangeAt(4, key=Key("A", "minor"))
    )  # fmt: skip
    assert parse_plan(plan_text(plan)) == plan


def test_the_verifier_knows_them():
    plan = parse_plan(SONG)
    about = ("bars", "meter", "tempo", "key", "sections", "chords")
    score = plan.skeleton()
    assert not [v for v in verify(score, plan).violations if v.rule in about]
    for kind, changed in (
        ("tempo", replace(score, tempos=score.tempos[:1])),
        ("key", replace(score, keys=score.keys[:1])),
        ("meter", replace(score, bars=plan_of(SectionPlan("A", 12)).skeleton().bars, chords=(),
                          sections=())),
    ):  # fmt: skip
        rules = [v.rule for v in verify(changed, plan).violations]
        assert kind in rules or (kind == "meter" and "bars" in rules), kind


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("{1: {key: G}}", "a change in bar 1; allowed: bar 2 on"),
        ("{5: {key: G}}", "changes in bars 5; allowed: each bar once, in order, 2 to 4"),
        ("{3: {}}", "the change in bar 3 is empty"),
        ("{3: {tempo: 10}}", "allowed: a number from 20 to 400"),
        ("{3: {chords: Am}}", "'chords' is not known here"),
        ("{soon: {key: G}}", "'soon' is not a bar number"),
        ("Am", "write bar numbers with what changes"),
    ],
)
def test_changes_that_cannot_be(changes: str, said: str):
    with pytest.raises(PlanError) as caught:
        parse_plan(f"sections:\n- name: A\n  bars: 4\n  changes: {changes}")
    assert said in str(caught.value)
    assert str(caught.value).startswith(("plan:2:", "plan:4:"))


def test_a_reprise_has_the_meters_of_its_model():
    verse = SectionPlan("A", 4, changes=(ChangeAt(3, meter=THREE),))
    with pytest.raises(
        PlanError, match=r"\(4 bars of 3/4\) cannot reprise 'A' \(4 bars of 4/4, 3/4\)"
    ):
        plan_of(verse, SectionPlan("B", 4, reprise="A"))
    with pytest.raises(PlanError, match="cannot vary"):
        plan_of(verse, SectionPlan("B", 4, vary="A"))
    plan = plan_of(verse, SectionPlan("B", 4, meter=Meter(), reprise="A"))
    assert [str(bar.meter) for bar in plan.bar_plans[4:]] == ["4/4", "4/4", "3/4", "3/4"]


# Variations


def test_a_variation_in_each_form():
    for text in (
        "- A: 4\n- name: A'\n  vary: A\n  change: 0.3",
        "- A: 4\n- A' = vary(A, 0.3)",
        "- A: 4\n- A' = vary(A, 0.2-0.4)",
        "- A: 4\n- A' = vary(A)",
        "- A: 4\n- {name: A', bars: 4, vary: A}",
    ):
        plan = parse_plan(f"sections:\n{text}")
        assert plan.sections[1] == SectionPlan("A'", 4, vary="A", change=(0.2, 0.4))
        assert parse_plan(plan_text(plan)) == plan
    line = plan_from_line("C G", sections="A:4, A'=vary(A, 0.3), B:2, A")
    assert [(s.name, s.bars, s.vary, s.reprise) for s in line.sections] == [
        ("A", 4, None, None), ("A'", 4, "A", None), ("B", 2, None, None), ("A", 4, None, "A")
    ]  # fmt: skip
    assert line.sections[1].chords is None
    assert line.chords_of(line.sections[1]) == line.sections[0].chords


def test_shares():
    assert band("0.3") == (0.2, 0.4)
    assert band("0.05") == (0.0, 0.15)
    assert band("1") == (0.9, 1.0)
    assert band("0 - 1") == (0.0, 1.0)
    assert variation("A") is None
    assert variation("my A' = vary(my A, .5)") == ("my A'", "my A", (0.4, 0.6))
    for text in ("2", "0.4-", "much", "-0.1"):
        with pytest.raises(PlanError, match="cannot be read"):
            band(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- A: 4\n- {name: B, vary: C}", "section 'B' varies 'C', which does not come before it"),
        ("- A: 4\n- B = vary(C, 0.3)", "varies 'C'"),
        ("- A: 4\n- {name: B, reprise: A, vary: A}", "both reprises 'A' and varies 'A'"),
        ("- A: 4\n- {name: B, reprise: A, change: 0.3}", "only a variation has it"),
        ("- A: 4\n- {name: B, vary: A, change: 0.4-0.2}", "allowed: shares from 0 to 1, the lower"),
        ("- A: 4\n- {name: B, bars: 2, vary: A}", "cannot vary 'A'"),
    ],
)
def test_variations_that_cannot_be(text: str, said: str):
    with pytest.raises(PlanError) as caught:
        parse_plan(f"sections:\n{text}")
    assert said in str(caught.value), str(caught.value)
    with pytest.raises(PlanError, match="varies 'X'"):
        plan_from_line(sections="A:4,B=vary(X)")


def test_a_variation_begins_with_the_harmony_of_its_model():
    plan = parse_plan(
        "key: C\nsections:\n- {name: A, bars: 1, chords: F}\n"
        "- {name: B, bars: 1, chords: '| . C |'}\n- {name: C, bars: 1, chords: G}\n"
        "- C' = vary(B)\n- {name: D, bars: 1, vary: B, chords: .}"
    )
    score = plan.skeleton()
    heard = [str(score.chord_at(tick)) for tick in (0, 48, 72, 96, 144, 168, 192)]
    assert heard == ["F", "F", "C", "G", "F", "C", "C"]
