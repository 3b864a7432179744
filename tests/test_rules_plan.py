"""Rules of a plan: the same from Python, plan files, JSON and the command line."""

import json
import re
from importlib import resources
from pathlib import Path

import pytest
from command import refused, run
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from rule_strategies import any_rules, any_wishes, plans_with_rules

from anacrusis.compose.errors import FileFormatError, PlanError
from anacrusis.compose.files.plan_json import plan_from_data, plan_to_data
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import Plan, SectionPlan, TrackPlan
from anacrusis.compose.plan_file import parse_plan, plan_text, read_plan, write_plan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.rules import (
    RULES,
    Cadence,
    Contour,
    Doubling,
    DrumPattern,
    Leap,
    Modulation,
    NoParallels,
    Onsets,
    Range,
    Rhythm,
    Rule,
    Silent,
    Wish,
    parse_rule,
)
from anacrusis.compose.rules.check import MAX_RULES
from anacrusis.compose.rules.drums import FAMILIES
from anacrusis.compose.rules.dynamics import MARKS, TOLERANCE
from anacrusis.compose.rules.harmony import CADENCES, RELATIONS
from anacrusis.compose.rules.line import SHAPES
from anacrusis.compose.rules.pitches import SCALES
from anacrusis.compose.rules.text import MAX_TEXT

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "rules.md").read_text("utf-8")
SCHEMA = json.loads(
    resources.files("anacrusis.compose.files").joinpath("score.schema.json").read_text("utf-8")
)

FILE = """\
key: C
bars: 16
chords: I IV V I
tracks:
  - melody
  - name: lead
    role: counter
    rules: [leap 7, onsets 2-6 in bars 1-4]
    prefer: breath 8
  - piano: {rules: voices 2-4}
  - drums
rules:
  - melody: leap 7 in bars 1-8
  - "cadence half in bar 7"
  - drums rock
  - melody, lead: [scale C, avoid F#]
  - modulate to G in bar 9
prefer:
  - melody: leap 5 weight 3
  - "lead: doubles melody -12 in bar 16"
"""
STATED = [
    "melody: leap 7 in bars 1-8", "cadence half in bar 7", "all: drums rock",
    "melody, lead: scale C major", "melody, lead: avoid F#", "modulate to G major in bar 9",
    "lead: leap 7", "lead: onsets 2-6 in bars 1-4", "piano: voices 2-4",
]  # fmt: skip
WISHED = [
    "melody: leap 5 weight 3", "lead: doubles melody -12 in bar 16 weight 2",
    "lead: breath 8 weight 2",
]  # fmt: skip


def texts(plan: Plan) -> tuple[list[str], list[str]]:
    return [str(rule) for rule in plan.rules], [str(wish) for wish in plan.wishes]


# Plan files


def test_rules_in_a_plan_file():
    plan = parse_plan(FILE)
    assert texts(plan) == (STATED, WISHED)
    assert [str(bar[0].chord) for bar in plan.sections[0].chords][6:10] == ["G", "C", "G", "C"]
    assert parse_plan(plan_text(plan)) == plan


@pytest.mark.parametrize(
    "text",
    [
        'rules: "melody: leap 7"',
        "rules:\n  - melody: leap 7",
        "rules:\n  melody: leap 7",
        "rules: [melody: leap 7]",
        "rules: ['melody: leap 7']",
        "rules:\n  - >\n    melody:\n    leap 7\n",
        "rules:\n  - melody: [leap 7]",
        "tracks:\n  - melody: {rules: leap 7}",
        "tracks:\n  - role: melody\n    rules:\n      - leap 7",
    ],
)
def test_ways_to_write_one_rule(text):
    assert parse_plan(text).rules == (Leap(7, tracks="melody"),)


def test_rules_of_tracks_whose_names_are_numbered():
    plan = parse_plan("tracks:\n- violin\n- instrument: violin\n  role: counter\n  rules: leap 5")
    assert plan.rules == (Leap(5, tracks="violin 2"),)
    plan = parse_plan('tracks:\n- name: "a, b: c"\n  role: melody\n  rules: leap 5')
    assert plan.rules == (Leap(5, tracks=("a, b: c",)),)


def test_no_rules():
    plain = parse_plan("bars: 4")
    assert plain.rules == plain.wishes == ()
    assert parse_plan("bars: 4\nrules:\nprefer: []") == plain
    assert "rules" not in plan_text(plain)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: laep 7", "p.yaml:1:8: rules: rule 'laep 7': there is no rule 'laep'; did you"),
        ("rules:\n  - melody: laep 7", "p.yaml:2:13: rules[1].melody: rule 'melody: laep 7'"),
        ("prefer:\n  - leap x", "p.yaml:2:5: prefer[1]: wish 'leap x': 'x' cannot be read"),
        ("rules: [leap 7, leap 128]", "p.yaml:1:17: rules[2]: rule 'leap 128': leap 128; allowed"),
        ("rules: [leap 7 weight 3]", "p.yaml:1:9: rules[1]: rule 'leap 7 weight 3': a weight"),
        ("rules:\n- leap 7\n- flute: leap 7", "p.yaml:3:10: rules[2].flute: rule 'flute: leap 7': "
         "there is no track 'flute'"),
        ("rules: ['melodi: leap 7']", "did you mean melody? tracks: melody, piano"),
        ("prefer: [leap 7 in bar 99]", "p.yaml:1:10: prefer[1]: rule 'all: leap 7 in bar 99': bar "
         "99 is outside the piece; allowed: 1 to 16"),
        ("rules: [leap 7 in chorus]", "there is no section 'chorus'; sections: A; bars are"),
        ("rules: [[leap 7]]", "p.yaml:1:9: rules[1]: a list stands here; write a single value"),
        ("rules: {melody: [leap 3, {a: b}]}", "p.yaml:1:26: rules.melody[2]: a mapping stands"),
        ("rules:\n  -", "p.yaml:2:4: rules[1]: rule '': no rule is stated"),
        ("rules: [" + "x" * (MAX_TEXT + 1) + "]", "4001 characters; allowed: up to 4000"),
        ("rules: [" + "leap 7, " * (MAX_RULES + 1) + "]", "rules[501]: over 500 rules"),
        ("tracks:\n  - {role: melody, rules: ['bass: leap 7']}", "p.yaml:2:28: tracks[1].rules[1]: "
         "rule 'bass: leap 7': it stands with 'melody' and is about that track"),
        ("tracks:\n  - {role: melody, rules: [cadence in bar 2]}", "leave out the tracks"),
        ("tracks:\n  - {role: drums, rules: [leap 7]}", "leap cannot be about 'drums'"),
        ("key: C\nrules: [modulate to G in bar 1]", "p.yaml:2:9: rules[1]: rule 'modulate to G"),
        ("key: C\nrules: [modulate to G in bar 3, modulate to D in bar 3]", ":2:33: rules[2]"),
        ("tracks: [drums]\nrules: [leap 7]", "p.yaml:2:9: rules[1]: rule 'all: leap 7': the plan "
         "has no track for it"),
        ("meter: 7/8\nrules: [drums rock]", "drum pattern 'rock' in 7/8; it is known in 4/4"),
        ("rulez: [leap 7]", "p.yaml:1:1: rulez: 'rulez' is not known here; did you mean rules?"),
    ],
)  # fmt: skip
def test_errors_say_where(text, said):
    with pytest.raises(PlanError) as caught:
        parse_plan(text, "p.yaml")
    message = str(caught.value)
    assert message.startswith("p.yaml:")
    assert said in message
    assert "\n" not in message
    assert len(message) < 700


@settings(max_examples=80, deadline=None)
@given(plans_with_rules())
def test_plans_with_rules_come_back(plan):
    assert parse_plan(plan_text(plan)) == plan
    data = json.loads(json.dumps(plan_to_data(plan)))
    assert plan_from_data(data) == plan
    Draft202012Validator({"$ref": "#/$defs/plan", "$defs": SCHEMA["$defs"]}).validate(data)


@settings(max_examples=150, deadline=None)
@given(any_rules(), any_wishes())
def test_a_rule_of_any_names_comes_back(rule, wish):
    """In a plan that has tracks and sections of the names that the two mention."""
    named = list(dict.fromkeys(name for one in (rule, wish.rule) for name in one.names))
    kinds = {name: one.kinds for one in (rule, wish.rule) for name in one.names}
    leaders = [one.leader for one in (rule, wish.rule) if isinstance(one, Doubling)]
    drums = [name for name in named if kinds[name] == "drums" and name not in leaders]
    roles = ("melody", "counter", "chords", "pad", "arpeggio")
    pitched = [name for name in dict.fromkeys((*named, *leaders)) if name not in drums]
    tracks = [TrackPlan.of_role(roles[i % 5], name) for i, name in enumerate(pitched)]
    tracks += [TrackPlan.of_role("drums", name) for name in drums]
    names = [one.where.section for one in (rule, wish.rule) if hasattr(one.where, "section")]
    try:
        plan = Plan(
            tuple(SectionPlan(name, 4) for name in names) or (SectionPlan("A", 2000),),
            tuple(tracks) or (TrackPlan.of_role("melody"), TrackPlan.of_role("drums")),
            rules=(rule,), wishes=(wish,),
        )  # fmt: skip
    except PlanError:
        return
    assert parse_plan(plan_text(plan)) == plan
    assert plan_from_data(plan_to_data(plan)) == plan


# JSON


def test_rules_in_json(tmp_path: Path):
    plan = parse_plan(FILE)
    data = plan_to_data(plan)
    assert (data["rules"], data["prefer"]) == (STATED, WISHED)
    assert plan_from_data(data) == plan
    older = {name: value for name, value in data.items() if name not in ("rules", "prefer")}
    assert plan_from_data(older).rules == plan_from_data(older).wishes == ()
    assert not {"rules", "prefer"} & plan_to_data(parse_plan("bars: 4")).keys()
    rules = SCHEMA["$defs"]["rules"]
    assert (rules["maxItems"], rules["items"]["maxLength"]) == (MAX_RULES, MAX_TEXT)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rules", ["leap 7", "laep"], r"^plan\.rules\[1\]: rule 'laep': there is no rule"),
        ("prefer", ["leap 7 weight 99"], r"^plan\.prefer\[0\]: wish .* weight 99"),
        ("rules", ["viola: leap 7"], r"^plan: rule 'viola: leap 7': there is no track"),
    ],
)
def test_json_that_is_refused(name, value, said):
    data = plan_to_data(parse_plan("bars: 4")) | {name: value}
    with pytest.raises(FileFormatError, match=said):
        plan_from_data(data)


# Python


def test_rules_in_a_line():
    plan = plan_from_line(
        "I IV V I", key="C", bars=16, rules=["melody: leap 7", Cadence("half", where="bar 8"),
                                            "modulate to the dominant in bar 9"],
        prefer="melody: leap 5 weight 3",
    )  # fmt: skip
    assert texts(plan) == (
        ["melody: leap 7", "cadence half in bar 8", "modulate to dominant in bar 9"],
        ["melody: leap 5 weight 3"],
    )
    assert [str(bar[0].chord) for bar in plan.sections[0].chords][6:10] == ["G", "C", "G", "C"]
    assert plan_from_line(rules=Leap(7), prefer=Wish(Leap(5))).rules == (Leap(7),)
    sections = plan_from_line("I V", key="C", sections="A:4,B:4", rules="modulate to G in bar 5")
    assert [str(bar[0].chord) for bar in sections.sections[1].chords] == ["G", "D", "G", "D"]
    for wrong in ({"rules": 5}, {"rules": [5]}, {"prefer": Leap(5)}, {"rules": "flute: leap 7"},
                  {"prefer": "laep 7"}, {"rules": [Wish(Leap(5))]}):  # fmt: skip
        with pytest.raises(PlanError):
            plan_from_line(**wrong)


PARTS = {
    "sections": (SectionPlan("A", 4), SectionPlan("B", 4), SectionPlan("A again", 4, reprise="A")),
    "tracks": tuple(TrackPlan.of_role(role) for role in ("melody", "counter", "bass", "drums")),
}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("melody: leap 7", "is no rule; write one, or read it with parse_rule"),
        (Leap(7, tracks="flute"), "there is no track 'flute'; tracks: melody, counter, bass"),
        (Leap(7, tracks="drums"), "leap cannot be about 'drums'; its tracks are pitched"),
        (DrumPattern("rock", tracks="bass"), "drums cannot be about 'bass'"),
        (NoParallels(tracks="melody"), "no parallels needs 2 tracks or more"),
        (Onsets(1, where="bars 12-13"), "bars 12-13 is outside the piece; allowed: 1 to 12"),
        (Onsets(1, where="bar 0"), "bar 0 is outside the piece"),
        (Doubling("viola", tracks="bass"), "there is no pitched track 'viola' to double"),
        (Doubling("drums", tracks="bass"), "there is no pitched track 'drums'"),
        (Contour("up", where="A again"), "whose music is that of 'A'; say it of 'A'"),
        (DrumPattern("waltz"), "drum pattern 'waltz' in 4/4; it is known in 3/4, 6/8"),
        (Modulation("G", where="bar 1"), "modulate in bar 2 or later"),
    ],
)
def test_rules_that_do_not_fit_a_plan(rule, said):
    with pytest.raises(PlanError) as caught:
        Plan(**PARTS, rules=(rule,))
    assert said in str(caught.value)
    if isinstance(rule, Rule) and not isinstance(rule, Modulation):
        with pytest.raises(PlanError):
            Plan(**PARTS, wishes=(Wish(rule),))


def test_rules_that_fit_a_plan():
    rules = (
        Range("C4", "C6", where="A again"), Rhythm("1/4", tracks="drums"), Silent(where="B"),
        NoParallels(), NoParallels(tracks="melody, bass"), DrumPattern("rock", where="bars 2-3"),
        Contour("up", tracks="melody", where="bars 1-8"),
    )  # fmt: skip
    assert Plan(**PARTS, rules=rules).rules == rules


def test_what_is_no_wish():
    for wrong in (Leap(7), "leap 7", None):
        with pytest.raises(PlanError, match="is no Wish; write one, or read it with parse_wish"):
            Plan(**PARTS, wishes=(wrong,))
    for wrong in ("leap 7", Leap(7), [Leap(7)], None):
        with pytest.raises(PlanError, match="a plan has a tuple of them"):
            Plan(**PARTS, rules=wrong)
        with pytest.raises(PlanError, match="a plan has a tuple of them"):
            Plan(**PARTS, wishes=wrong)
    with pytest.raises(PlanError, match="the plan has 501 rules; allowed: up to 500"):
        Plan(**PARTS, rules=(Leap(7),) * 500, wishes=(Wish(Leap(7)),))


# The page about rules


def test_the_page_has_every_rule_with_an_example():
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", PAGE, re.M)
    shown = {type(parse_rule(text)): form for form, text in rows}
    assert shown.keys() == set(RULES)
    assert all(form.startswith(kind.word) for kind, form in shown.items())
    assert len(rows) == len(RULES)


def test_the_page_has_every_word_of_the_rules():
    for word in (*CADENCES, *RELATIONS, *SCALES, *SHAPES):
        assert f"`{word}`" in PAGE, word
    for mark, velocity in MARKS.items():
        assert f"`{mark}` ({velocity})" in PAGE
    for family, meters in FAMILIES.items():
        assert f"`{family}` ({', '.join(meters)})" in PAGE
        for meter, groove in meters.items():
            places = {place for part in groove for place in part}
            assert max(places) < Meter.parse(meter).ticks / 3, (family, "sixteenths of a bar")
    assert f"up to {MAX_RULES} rules" in PAGE
    assert f"within {TOLERANCE} of it" in PAGE


def test_the_plans_on_the_page_can_be_read():
    blocks = [parse_plan(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)]
    assert [(len(plan.rules), len(plan.wishes)) for plan in blocks] == [(8, 1), (0, 3)]


# The command line


def test_plan_check_and_show_tell_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write_plan(parse_plan(FILE), "song.yaml")
    checked = run("plan", "check", "song.yaml")
    assert (checked.code, checked.err) == (0, "")
    for line in (*STATED, *WISHED):
        assert f"\n    {line}\n" in checked.out
    shown = run("plan", "show", "song.yaml")
    assert parse_plan(shown.out) == read_plan("song.yaml")
    Path("none.yaml").write_text("bars: 4")
    assert "rules" not in run("plan", "check", "none.yaml").out


def test_rules_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from anacrusis.studio.commands import compose as command

    monkeypatch.chdir(tmp_path)
    Path("song.yaml").write_text("bars: 8\nrules: [melody: leap 7]\nprefer: [breath 8]\n")
    given = ["bass: onsets 1-4", "cadence in bar 8"], ["melody: leap 5 weight 3"]
    added = command._plan("song.yaml", {}, *given)
    assert texts(added) == (
        ["melody: leap 7", *given[0][:1], "cadence authentic in bar 8"],
        ["all: breath 8 weight 2", *given[1]],
    )
    line = command._plan("I IV V I", {"key": "C", "bars": 8}, ["modulate to D in bar 5"], [])
    assert texts(line) == (["modulate to D major in bar 5"], [])
    assert [str(bar[0].chord) for bar in line.sections[0].chords][3:6] == ["C", "D", "G"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("Am F", "--rule", "laep 7"), "there is no rule 'laep'; did you mean leap?"),
        (("Am F", "--rule", "viola: leap 7"), "there is no track 'viola'"),
        (("song.yaml", "--rule", "leap 7", "--rule", "leap 7 in bar 9"), "bar 9 is outside"),
        (("song.yaml", "--prefer", "leap 7 weight x"), "write a number, like weight 3"),
    ],
)
def test_rules_that_are_refused_on_the_command_line(
    options, said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("song.yaml").write_text("bars: 8\n")
    assert said in refused("compose", *options, code=2)
    assert [path.name for path in tmp_path.iterdir()] == ["song.yaml"]
