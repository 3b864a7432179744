"""Rules as text: what people type, what is refused and how, and that every rule reads back."""

import random
from dataclasses import fields, replace

import pytest
from guarantee import random_plan
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_rules import random_rules, rule_pairs
from rule_strategies import any_rules, any_wishes, places, plans_with_rules, rule_names

from anacrusis.compose.errors import PlanError
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.rules import (
    RULES,
    Avoid,
    Bars,
    Breath,
    Cadence,
    Contour,
    Doubling,
    DrumPattern,
    Dynamics,
    Grid,
    Leap,
    Melody,
    Modulation,
    Named,
    NoParallels,
    Only,
    Onsets,
    Range,
    Require,
    Rhythm,
    Rule,
    Scale,
    Silent,
    Spacing,
    Tessitura,
    Voices,
    Wish,
    bars_at,
    parse_rule,
    parse_wish,
)
from anacrusis.compose.rules.places import parse_place
from anacrusis.compose.rules.text import MAX_TEXT, read_rules, read_wishes
from anacrusis.compose.rules.words import split_names, unquoted, written
from anacrusis.compose.score import Section


@settings(max_examples=800, deadline=None)
@given(any_rules())
def test_every_rule_reads_back(rule):
    assert parse_rule(str(rule)) == rule
    assert hash(parse_rule(str(rule))) == hash(rule)


@settings(max_examples=400, deadline=None)
@given(any_wishes())
def test_every_wish_reads_back(wish):
    assert parse_wish(str(wish)) == wish


@given(places())
def test_every_place_reads_back(place):
    assert parse_place(str(place)) == place


@given(st.lists(rule_names(), min_size=1, max_size=4))
def test_every_name_reads_back(names):
    assert split_names(", ".join(map(written, names))) == tuple(names)
    assert unquoted(written(names[0])) == names[0]


TYPED = [
    ("melody: leap 7 in bars 1-8", Leap(7, tracks="melody", where="bars 1-8")),
    ("leap 7", Leap(7)),
    ("ALL : Leap 7", Leap(7)),
    ("  melody ,flute:leap 7   in   bar 3 ", Leap(7, tracks="melody, flute", where="bar 3")),
    ("melody: leap 7 in bars 5–8", Leap(7, tracks="melody", where=Bars(5, 8))),
    ("melody: leap 7 in Bars 5 to 8", Leap(7, tracks="melody", where=Bars(5, 8))),
    ("melody: leap 7 in bar 5 to bar 8", Leap(7, tracks="melody", where=Bars(5, 8))),
    ("leap 7 in bar 0", Leap(7, where=Bars(0, 0))),
    ("leap 7 in chorus 2", Leap(7, where=Named("chorus 2"))),
    ('leap 7 in "chorus" 2', Leap(7, where=Named("chorus", 2))),
    ('leap 7 in "bar 5"', Leap(7, where=Named("bar 5"))),
    ("leap 7 in in", Leap(7, where=Named("in"))),
    ("leap 7 in the break in two", Leap(7, where=Named("the break in two"))),
    ("leap 7 in bars", Leap(7, where=Named("bars"))),
    ("a:b: leap 7 in verse: two", Leap(7, tracks=("a:b",), where=Named("verse: two"))),
    ('"a, b", c: leap 7', Leap(7, tracks=("a, b", "c"))),
    ('12" mix: leap 7 in "x"', Leap(7, tracks=('12" mix',), where=Named("x"))),
    ('12" mix, 7" mix: leap 7', Leap(7, tracks=('12" mix', '7" mix'))),
    ('"all": leap 7', Leap(7, tracks=("all",))),
    ("1, 2: leap 7", Leap(7, tracks=("1", "2"))),
    ("cadence in bar 8", Cadence(where="bar 8")),
    ("Cadence Half at bar 8", Cadence("half", where="bar 8")),
    ("modulate to the relative minor in bar 16", Modulation("relative minor", where="bar 16")),
    ("modulate to C:min by pivot in bar 5", Modulation("C minor", "pivot", where="bar 5")),
    ("modulate Dominant in bar 5", Modulation("dominant", where="bar 5")),
    ("flute: range c4–a5", Range("C4", "A5", tracks="flute")),
    ("flute: range C-1 to C#0", Range(0, 13, tracks="flute")),
    ("flute: range 60..72", Range(60, 72, tracks="flute")),
    ("flute: range B♭3 − F♯5", Range("Bb3", "F#5", tracks="flute")),
    ("only c, e, g", Only(("C", "E", "G"))),
    ("only 60 62 B♭", Only([60, 62, "Bb"])),
    ("scale a Harmonic Minor", Scale("A", "harmonic minor")),
    ("scale Eb", Scale("Eb")),
    ("onsets 2-6 in verse", Onsets(2, 6, where="verse")),
    ("onsets 2 - 6", Onsets(2, 6)),
    ("onsets 2 to 6", Onsets(2, 6)),
    ("onsets 3", Onsets(3, 3)),
    ("onsets 3-", Onsets(3)),
    ("voices 2–", Voices(2)),
    ("grid 2/16", Grid("1/8")),
    ("rhythm 1/4, 2/16 r1/8", Rhythm("1/4 1/8 r1/8")),
    ("contour Arch", Contour("arch")),
    ("contour ++= −", Contour("+ + = -")),
    ("pitches C4 D4 E4", Melody("C4 D4 E4")),
    ("breath 8.5", Breath(8.5)),
    ("bass: doubles melody −12", Doubling("melody", -12, tracks="bass")),
    ("bass: doubles clean guitar", Doubling("clean guitar", tracks="bass")),
    ('bass: doubles "x +12" +12', Doubling("x +12", 12, tracks="bass")),
    ('bass: doubles "in" in verse', Doubling("in", tracks="bass", where="verse")),
    ("a, b: no  Parallels", NoParallels(tracks="a, b")),
    ("a, b: spacing", Spacing(12, tracks="a, b")),
    ("drums four on the floor in verse", DrumPattern("four on the floor", where="verse")),
    ("drums: drums rock", DrumPattern("rock", tracks="drums")),
    ("dynamics p < f", Dynamics("p", "f")),
    ("Dynamics MF To FF", Dynamics("mf", "ff")),
    ("Modulate To G By Pivot in bar 5", Modulation("G", "pivot", where="bar 5")),
    ("dynamics 64 - 100", Dynamics(64, 100)),
    ("silent in bars 3-4", Silent(where="bars 3-4")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule"), TYPED)
def test_what_people_type(text, rule):
    assert parse_rule(text) == rule
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("melody: leap 5", Wish(Leap(5, tracks="melody"))),
        ("leap 5 in verse weight 3", Wish(Leap(5, where="verse"), 3.0)),
        ("leap 5 Weight 0.5 in verse", Wish(Leap(5, where="verse"), 0.5)),
        ('leap 5 in "verse weight 3"', Wish(Leap(5, where="verse weight 3"))),
        ("weight 3: leap 5", Wish(Leap(5, tracks="weight 3"))),
    ],
)
def test_wishes_that_people_type(text, wish):
    assert parse_wish(text) == wish
    assert parse_wish(str(wish)) == wish


REFUSED = [
    ("", "no rule is stated; rules: avoid, breath"),
    ("melody:", "no rule is stated"),
    (": leap 7", "no track is named before the colon"),
    (" , : leap 7", "no track is named before the colon"),
    ("melody: laep 7", "there is no rule 'laep'; did you mean leap? rules: avoid"),
    ("Leaps 7", "did you mean leap?"),
    ("a, b: no paralells", "there is no rule 'no'; did you mean no parallels?"),
    ("a, b: no-crossing", "did you mean no crossing?"),
    ("cadense half in bar 8", "did you mean cadence?"),
    ("melody leap 7", "is a colon missing after 'melody'?"),
    ("leap", "rule 'leap': write a whole number, like 7"),
    ("leap seven", "'seven' cannot be read; write a whole number"),
    ("leap 7 semitones", "'7 semitones' cannot be read"),
    ("leap -3", "'-3' cannot be read"),
    ("leap 128", "leap 128; allowed: 0 to 127"),
    ("leap 7 in", "a place is empty"),
    ("leap 7 in bars 8-5", "bars 8 to 5; allowed"),
    ("leap 7 weight 3", "a weight belongs to a wish; state it as one (prefer)"),
    ("melody, melody: leap 7", "a track is named twice in melody, melody"),
    ("melody: cadence half in bar 8", "cadence is about the harmony; leave out the tracks"),
    ("cadence halve in bar 8", "cadence 'halve'; did you mean half? allowed: authentic"),
    ("cadence half", "a cadence needs its bar"),
    ("modulate to H in bar 8", "key 'H' cannot be read"),
    ("modulate to relativ minor in bar 8", "or one of relative major"),
    ("modulate in bar 8", "key '' cannot be read"),
    ("modulate to G# in bar 8", "accidentals"),
    ("modulate to G by bus in bar 8", "modulate by 'bus'; allowed: direct, pivot"),
    ("modulate to G in verse", "a modulation needs its bar"),
    ("range C4", "'C4' cannot be read; write the lowest and the highest"),
    ("range A5-C4", "range A5 to C4 holds no notes; swap them"),
    ("range C4-C12", "cannot be read"),
    ("range C4-C9 5", "cannot be read"),
    ("range 100-130", "pitch '130' is MIDI number 130; allowed"),
    ("only", "only names no pitches"),
    ("only C Q", "pitch 'Q' cannot be read"),
    ("require C D E F G A B", "require names 7 pitches; allowed: up to 6"),
    ("scale", "write its first tone"),
    ("scale C majr", "scale 'majr'; did you mean major? allowed: major"),
    ("onsets", "write a number, or the fewest and the most, like 2-6"),
    ("onsets few", "'few' cannot be read"),
    ("onsets 6-2", "onsets 6 to 2; allowed"),
    ("onsets 33", "onsets 33 to 33; allowed: 0 to 32"),
    ("voices 0-3", "allowed: 1 to 16"),
    ("grid", "note value '' cannot be taken"),
    ("grid 1/5", "note value '1/5' cannot be taken"),
    ("grid 1/0", "note value '1/0' cannot be taken"),
    ("grid 0/4", "note value '0/4' cannot be taken"),
    ("grid 9", "up to 8"),
    ("rhythm", "rhythm has no notes"),
    ("rhythm r1/4 r1/4", "rhythm has no notes"),
    ("rhythm 1/4 x", "rhythm: note value 'x'"),
    ("contour sideways", "contour 'sideways'; allowed: up, down, arch, valley"),
    ("breath long", "'long' cannot be read; write a number"),
    ("breath 0", "breath 0.0; allowed: 0.25 to 1000"),
    ("doubles melody", "name the tracks that double it"),
    ("a: doubles a", "not itself"),
    ("a: doubles b +7", "doubles at 7 semitones; allowed: -24"),
    ("a: playable hands", "'hands' is not understood; only a place may follow"),
    ("drums rok", "drum pattern 'rok'; did you mean rock? allowed: rock"),
    ("dynamics loud", "dynamics 'loud'; allowed: ppp"),
    ("dynamics p to 200", "dynamics 200; allowed"),
    ("leap 7 in a\x00b", "holds control characters"),
    ("a\x07: leap 7", "holds control characters"),
    ("pitches " + "C " * 257, "pitches names 257 pitches; allowed: up to 256"),
    ("rhythm " + "1/4 " * 257, "rhythm has 257 values; allowed: up to 256"),
    ("leap " + "7" * MAX_TEXT, "4005 characters; allowed: up to 4000"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_what_is_refused(text, said):
    with pytest.raises(PlanError) as caught:
        parse_rule(text)
    message = str(caught.value)
    assert message.startswith("rule ")
    assert said in message
    assert "\n" not in message
    assert len(message) < 600


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leap 5 weight", "write a number, like weight 3"),
        ("leap 5 weight heavy", "'weight heavy' cannot be read"),
        ("leap 5 weight 0", "weight 0.0; allowed: up to 20"),
        ("leap 5 weight 21", "weight 21.0; allowed"),
        ("laep 5 weight 2", "wish 'laep 5 weight 2': there is no rule 'laep'; did you mean leap?"),
    ],
)
def test_wishes_that_are_refused(text, said):
    with pytest.raises(PlanError) as caught:
        parse_wish(text)
    assert said in str(caught.value)


ALPHABET = 'abcdeginorsx:,"-–−+=#b/. 0123456789\u00a0\u0660\x00\n'
WORDS = st.sampled_from(
    [*(kind.word for kind in RULES), "in", "at", "weight", "bar", "bars", "all", ":", ",", '"', "-",
     "7", "1/8", "C4", "F#", "to", "by", "pivot", "arch", "rock", "melody", '"a, b"', "+12", "p"]
)  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(
    st.text(max_size=60)
    | st.text(ALPHABET, max_size=60)
    | st.lists(WORDS, max_size=12).map(" ".join)
    | st.tuples(any_rules().map(str), st.text(ALPHABET, max_size=6), st.integers(0, 40)).map(
        lambda row: row[0][: row[2]] + row[1] + row[0][row[2] :]
    )
)
@example('"' * 1001 + ":" + '"' * 1001)
@example("a:" * 1999)
@example('a "' * 1300)
@example("modulate " + "by " * 1300)
@example("doubles " + "- " * 1990)
@example("in " * 1333)
@example("x " * 1999)
@example("contour " + " " * 3900 + "!")
def test_any_text_is_a_rule_or_an_error(text):
    for read in (parse_rule, parse_wish):
        try:
            found = read(text)
        except PlanError as error:
            assert "\n" not in str(error)
        else:
            assert read(str(found)) == found


@pytest.mark.parametrize("text", [None, 7, b"leap 7", ["leap 7"], {"melody": "leap 7"}, Leap(7)])
def test_what_is_no_text_is_no_rule(text):
    for read in (parse_rule, parse_wish):
        with pytest.raises(PlanError, match="write it as text, like melody: leap 7"):
            read(text)


ODD = [None, True, 7.5, -1, 10**9, float("nan"), "", "x", b"C4", (), [], [[]], {}, {"C"}, object()]


@pytest.mark.parametrize("kind", RULES)
def test_wrong_types_are_plan_errors(kind):
    """Whatever stands in a field, the rule is made and reads back, or a `PlanError` says why."""
    own = [field.name for field in fields(kind) if field.name not in ("tracks", "where")]
    usual = dict(zip(own, USUAL.get(kind, ()), strict=False))
    tracks = ("a", "b") if kind.of_tracks else ()
    for name in (*own, "tracks", "where"):
        for value in ODD:
            given = {**usual, "tracks": tracks, "where": "bar 3", name: value}
            try:
                rule = kind(**given)
            except PlanError as error:
                assert str(error)
            else:
                assert parse_rule(str(rule)) == rule


USUAL: dict[type[Rule], tuple[object, ...]] = {
    Modulation: ("G",), Range: ("C4", "C5"), Tessitura: ("C4", "C5"), Only: ("C",),
    Avoid: ("C",), Scale: ("C",),
    Require: ("C",), Onsets: (1,), Grid: ("1/8",), Rhythm: ("1/8",), Leap: (7,), Contour: ("up",),
    Melody: ("C",), Breath: (8,), Voices: (1,), Doubling: ("c",), DrumPattern: ("rock",),
    Dynamics: ("p",),
}  # fmt: skip


def test_what_python_takes():
    assert Leap(7, tracks=["melody"]) == Leap(7, tracks="melody") == Leap(7, tracks=("melody",))
    assert Leap(7, tracks="all") == Leap(7, tracks="") == Leap(7, tracks=()) == Leap(7)
    assert Leap(7, tracks=("all",)).names == ("all",)
    assert Range(60, 72) == Range("C4", "C5")
    assert Only(["C", "E"]) == Only("C E") == Only(("c", "e"))
    assert str(Only([60, "E"])) == "all: only 60 E"
    assert Modulation("relative minor", where="bar 3").key == "relative minor"
    for wrong in (lambda: Leap("7"), lambda: Leap(7, tracks=5), lambda: Leap(7, where=5),
                  lambda: Leap(7, where=range(1, 4)), lambda: Leap(7, tracks=("a", 5)),
                  lambda: Range(60.0, 72), lambda: Only({"C"}), lambda: Wish("leap 7"),
                  lambda: Wish(Leap(7), "3"), lambda: Wish(Leap(7), 0)):  # fmt: skip
        with pytest.raises(PlanError):
            wrong()


def test_rules_and_wishes_as_they_are_given():
    assert read_rules("melody: leap 7") == read_rules([Leap(7, tracks="melody")])
    assert read_rules(Leap(7)) == (Leap(7),)
    assert read_wishes(["leap 5 weight 3", Wish(Leap(4))]) == (Wish(Leap(5), 3), Wish(Leap(4)))
    assert read_rules(()) == read_wishes(()) == ()
    for wrong in (5, None, [5], [Wish(Leap(7))]):
        with pytest.raises(PlanError):
            read_rules(wrong)
        with pytest.raises(PlanError):
            read_wishes([Leap(7)] if isinstance(wrong, list) else wrong)


SECTIONS = (
    Section("verse", 1, 4), Section("chorus", 5, 4), Section("bars", 9, 2), Section("in", 11, 1),
    Section("chorus", 12, 4), Section("verse 2", 16, 2), Section("verse", 18, 4),
    Section("1", 22, 1),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("verse", range(1, 5)), ("chorus 2", range(12, 16)), ("verse 2", range(16, 18)),
        ('"verse" 2', range(18, 22)), ("bars", range(9, 11)), ("in", range(11, 12)),
        ("1", range(22, 23)), ("bar 0", range(0, 1)), ("bars 1-2", range(1, 3)),
    ],
)  # fmt: skip
def test_where_a_place_is(text, bars):
    assert bars_at(parse_place(text), SECTIONS, 23, pickup=True) == bars


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Chorus", "there is no section 'Chorus'; did you mean chorus? sections: verse, chorus"),
        ("verse 3", "there is no section 'verse 3'"),
        ('"verse" 3', "there is no section '\"verse\" 3'"),
        ("measures 1-4", "bars are written bar 5 or bars 5-8"),
        ("bars 20-23", "bars 20-23 is outside the piece; allowed: 0 to 22"),
    ],
)
def test_places_that_are_not_there(text, said):
    with pytest.raises(PlanError) as caught:
        bars_at(parse_place(text), SECTIONS, 23, pickup=True)
    assert said in str(caught.value)


def test_random_rules_are_of_every_kind_and_fit_their_plan():
    kinds = set()
    for number in range(60):
        plan = random_plan(number)
        rules = random_rules(random.Random(number), plan, 12)
        assert rules == random_rules(random.Random(number), plan, 12)
        assert replace(plan, rules=rules).rules == rules
        kinds |= {type(rule) for rule in rules}
        assert all(parse_rule(str(rule)) == rule for rule in rules)
    assert kinds == set(RULES)


def test_random_rules_of_given_kinds():
    plan = plan_from_line(sections="A:4,B:4,A", tracks="flute,violin,piano,bass,drums")
    pairs = rule_pairs()
    assert len(pairs) == len(RULES) * (len(RULES) + 1) // 2
    for number, pair in enumerate(pairs):
        rules = random_rules(random.Random(number), plan, 0, pair)
        assert tuple(type(rule) for rule in rules) == pair


@settings(max_examples=40, deadline=None)
@given(plans_with_rules())
def test_rules_for_a_plan_fit_it(plan):
    assert all(parse_rule(str(rule)) == rule for rule in plan.rules)
