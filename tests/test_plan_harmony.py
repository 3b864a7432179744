"""Chords of a plan that are chosen among, stand on any beat, or follow a key that changes."""

import pytest

from anacrusis.compose.errors import PlanError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import MAX_BARS, ChordAt, Plan
from anacrusis.compose.plan_file import parse_plan, plan_text
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.plan_section import MAX_OPTIONS
from anacrusis.compose.progression import parse_progression, progression_text

FOUR = Meter(4, 4)
Row = tuple[int, int, str]


def rows(text, bars, meter="4/4", key=None) -> list[Row]:
    """Chords as (bar from 1, tick, symbols with strokes between)."""
    key = None if key is None else Key.parse(key)
    groups = parse_progression(text, bars, Meter.parse(meter), key)
    return [
        (number, at.tick, "|".join(map(str, at.options)))
        for number, bar in enumerate(groups, start=1)
        for at in bar
    ]


def symbols(plan: Plan, name: str = "A") -> list[str]:
    return [str(at.chord) for bar in plan.section(name).chords or () for at in bar]


def test_braces_leave_a_choice():
    assert rows("Am {F Dm} G", 3) == [(1, 0, "Am"), (2, 0, "F|Dm"), (3, 0, "G")]
    assert rows("| {C, C/E,Am7} . G |", 1, "3/4") == [(1, 0, "C|C/E|Am7"), (1, 24, "G")]
    assert rows("{ii IV} | V {I vi}", 2, key="G") == [
        (1, 0, "Am|C"), (2, 0, "D"), (2, 24, "G|Em"),
    ]  # fmt: skip
    assert rows("{G7(b9) N.C.}", 1) == [(1, 0, "G7b9|N.C.")]
    assert rows("{Am Am}", 1) == [(1, 0, "Am")]


def test_a_beat_may_be_named():
    assert rows("| Am F@2.5 G@4 |", 1) == [(1, 0, "Am"), (1, 18, "F"), (1, 36, "G")]
    assert rows("| F@2 |", 1) == [(1, 12, "F")]
    assert rows("| . F@2 |", 1) == [(1, 12, "F")]
    assert rows({2: "C {F G}@3"}, 2) == [(2, 0, "C"), (2, 24, "F|G")]
    assert rows("| C F@2.5 |", 1, "6/8") == [(1, 0, "C"), (1, 27, "F")]
    assert rows("| C F@3.5 |", 1, "7/8") == [(1, 0, "C"), (1, 33, "F")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "names no chords"),
        ("{F Hx}", "bar 1: chord 'Hx'"),
        ("{F .}", "'.' stands where a chord is named"),
        ("{F %}", "'%' repeats a whole bar"),
        ("{F", "chord '{F' cannot be read"),
        (f"{{{' '.join(r + kind for r in 'CDEFGAB' for kind in ('', 'm', '7', 'm7'))}}}",
         f"28 chords; allowed: up to {MAX_OPTIONS}"),
        ("| C F@5 |", "there is no beat 5 in a bar of 4/4; it has 4"),
        ("| C F@0.5 |", "there is no beat 0.5"),
        ("| C F@2.3 |", "falls between the ticks"),
        ("| C F@3 G@2 |", "'G@2' does not come after"),
        ("| C F@3 G |", "'G' does not say its beat"),
        ("| C F@1 |", "'F@1' does not come after"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(text, said):
    with pytest.raises(PlanError) as caught:
        parse_progression(text, 1, FOUR)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text", ["{Am F} C | G", "| {C C/E} . . G |", "{Am F}", "C {Dm F} G {Dm F}", "| C F@2.5 |"]
)
def test_choices_and_beats_read_back(text):
    groups = parse_progression(text, 4, FOUR)
    assert parse_progression(progression_text(groups, FOUR), 4, FOUR) == groups


def test_each_bar_is_read_in_its_own_meter_and_key():
    meters, keys = (FOUR, FOUR, Meter(3, 4)), (Key(), Key("A", "minor"), Key("A", "minor"))
    groups = parse_progression("I V | I V | i . V", 3, meters, keys)
    found = [[(at.tick, str(at.chord)) for at in bar] for bar in groups]
    assert found == [[(0, "C"), (24, "G")], [(0, "A"), (24, "E")], [(0, "Am"), (24, "E")]]
    assert parse_progression(progression_text(groups, meters), 3, meters) == groups
    repeated = parse_progression("I | %", 2, FOUR, [Key(), Key("G")])
    assert [str(bar[0].chord) for bar in repeated] == ["C", "C"]


NUMERALS = """
key: C
sections:
  - name: A
    bars: 8
    changes:
      5: {key: A minor}
    chords: "I IV V I | {i iv} | %"
  - name: B
    bars: 2
    chords: i VI
tracks: [melody]
rules: ["modulate to relative major in bar 10"]
"""


def test_numerals_follow_the_key_of_their_bar():
    text = NUMERALS.replace('"I IV V I | {i iv} | %"', "I IV V I i iv V i")
    plan = parse_plan(text)
    assert symbols(plan) == ["C", "F", "G", "C", "Am", "Dm", "E", "Am"]
    assert symbols(plan, "B") == ["Am", "A"]
    assert parse_plan(plan_text(plan)) == plan
    line = plan_from_line("I IV V I", bars=8, key="C", rules=["modulate to dominant in bar 5"])
    assert symbols(line) == ["C", "F", "G", "C", "G", "C", "D", "G"]


def test_a_plan_with_choices_is_not_complete():
    plan = plan_from_line("Am {F Dm}", bars=2, key="Am", tempo=90)
    assert not plan.is_complete and plan.has_choices(plan.sections[0])
    assert [str(span.chord) for span in plan.skeleton().chords] == ["Am"]
    assert parse_plan(plan_text(plan)).sections == plan.sections


def test_more_options_than_allowed_are_refused():
    chord = parse_progression("C", 1, FOUR)[0][0].chord
    with pytest.raises(PlanError, match="allowed: up to"):
        ChordAt(0, chord, (chord,) * MAX_OPTIONS)


def test_long_progressions_of_changing_bars_are_read():
    meters = [FOUR, Meter(3, 4)] * (MAX_BARS // 2)
    groups = parse_progression("C . | F", MAX_BARS, meters)
    assert len(groups) == MAX_BARS
