"""The verifier on the rules of a plan in general: places, tracks, sections, scores that differ."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_scores import broken, notes, piece
from strategies import plans, scores

from anacrusis.compose.rules import RULES, parse_rule
from anacrusis.compose.score import Section
from anacrusis.compose.verify import verify
from anacrusis.compose.verify.rules.broken import CHECKS

TEXTS = (
    "cadence authentic in bar 1", "cadence half in a", "modulate to dominant by pivot in bar 2",
    "range C4-C5", "tessitura C4-C5 in bar 1", "only C4 E", "avoid G", "scale D dorian",
    "require C4 D", "onsets 1-3", "grid 1/8", "rhythm 1/4 r1/8 1/8", "silent in bar 1", "leap 5",
    "contour arch", "contour + - =", "pitches C D E4", "breath 2.5", "voices 2-3", "playable",
    "low: doubles tune -12", "tune, low: no parallels", "tune, low: no crossing",
    "tune, low: spacing 12", "drums rock", "dynamics p to f",
)  # fmt: skip


def test_every_rule_has_its_check():
    assert set(CHECKS) == set(RULES)
    assert {type(parse_rule(text)) for text in TEXTS} == set(RULES)


def test_rules_at_bars_and_sections():
    form = [("verse", 1), ("chorus", 2), ("verse", 1)]
    line = "0 C5 12, 48 D5 12, 96 E5 12, 144 F5 12"

    def high(place):
        return broken(piece(f"range C4-B4 in {place}", sections=form, tune=line))

    assert high("bar 2") == ["2:1 tune D5"]
    assert high("bars 2-3") == ["2:1 tune D5", "3:1 tune E5"]
    assert high("verse") == ["1:1 tune C5"]
    assert high("verse 2") == ["4:1 tune F5"]
    assert high("chorus") == ["2:1 tune D5", "3:1 tune E5"]


def test_bars_are_counted_from_the_one_after_a_pickup():
    line = "0 C5 12, 12 D5 12, 60 E5 12"

    def high(place):
        return broken(piece(f"range C4-B4{place}", pickup=12, bars=2, tune=line))

    assert high("") == ["0:4 tune C5", "1:1 tune D5", "2:1 tune E5"]
    assert high(" in bar 0") == ["0:4 tune C5"]
    assert high(" in bar 1") == ["1:1 tune D5"]
    assert high(" in a") == ["1:1 tune D5", "2:1 tune E5"]


def test_several_rules_of_one_kind_are_told_apart():
    score = piece("tune: range C4-B4", "low: range C2-B2", tune="0 C5 12", low="0 C3 12")
    assert broken(score) == ["1:1 tune C5", "1:1 low C3"]
    said = [v.message for v in verify(score).violations if v.rule == "range"]
    assert ["'tune: range C4-B4'" in text for text in said] == [True, False]


def test_a_rule_on_a_reprise_is_checked_where_it_comes_back():
    form = [("a", 1), ("b", 1, "a")]
    score = piece("range C4-B4 in b", sections=form, tune="0 C5 12, 48 C5 12")
    assert broken(score) == ["2:1 tune C5"]


def test_a_score_without_sections_is_read_with_those_of_the_plan():
    score = piece("range C4-B4 in b", "leap 2", sections=[("a", 1), ("b", 1)],
                  tune="0 C4 48, 48 C5 12")  # fmt: skip
    bare = replace(score, sections=())
    assert broken(bare) == broken(score) == ["2:1 tune C5"]
    assert "sections" in {v.rule for v in verify(bare).violations}


def test_a_section_or_track_that_the_score_lacks_is_reported_once():
    score = piece("range C4-B4 in b", sections=[("a", 1), ("b", 1)], tune="0 C4 48, 48 C5 12")
    other = replace(score, sections=(Section("a", 0, 1), Section("c", 1, 1)))
    assert broken(other) == []
    assert [v.rule for v in verify(other).violations] == ["sections"]
    renamed = replace(score, tracks=(replace(score.tracks[0], name="line"),))
    assert broken(renamed) == []
    assert [v.rule for v in verify(renamed).violations] == ["tracks"]


PLAN = piece(*TEXTS, sections=[("a", 2), ("b", 2)], pickup=6,
             tune="", low="", drums="").plan  # fmt: skip


@pytest.mark.parametrize("bars", [1, 2, 4, 5])
@pytest.mark.parametrize("meter", ["4/4", "3/4"])
def test_scores_of_another_form_do_not_trouble_it(bars, meter):
    for pickup in (0, 6):
        score = piece(bars=bars, meter=meter, pickup=pickup, tune="0 C4 24, 6 E4 12",
                      pad="0 C4 12", drums="0 C2 3")  # fmt: skip
        report = verify(score, PLAN)
        assert not report.ok
        assert verify(replace(score, sections=(), chords=(), keys=()), PLAN).violations


@settings(max_examples=60, deadline=None)
@given(scores())
def test_any_score_gets_a_report_against_rules(score):
    report = verify(score, PLAN)
    assert not report.ok
    # With the bars of the plan, every rule is looked at.
    fitted = [replace(track, notes=tuple(n for n in track.notes if n.end <= PLAN.skeleton().ticks))
              for track in score.tracks]  # fmt: skip
    named = [replace(mine, notes=track.notes)
             for mine, track in zip(PLAN.skeleton().tracks, fitted, strict=False)]  # fmt: skip
    for violation in verify(replace(PLAN.skeleton(), tracks=tuple(named)), PLAN).violations:
        assert violation.bar in range(5)
        assert violation.beat >= 1


@settings(max_examples=40, deadline=None)
@given(plans(), st.integers(0, 3))
def test_an_empty_score_breaks_only_what_asks_for_notes(plan, number):
    rule = [parse_rule("range C4-C5"), parse_rule("leap 3"), parse_rule("grid 1/8"),
            parse_rule("silent")][number]  # fmt: skip
    if not any(track.role != "drums" for track in plan.tracks):
        return
    told = replace(plan, rules=(rule,))
    assert broken(told.skeleton(), told) == []


def test_notes_are_looked_at_in_the_order_of_time():
    score = piece("range C4-C5", tune="24 C6 12, 0 D6 12, 12 C4 12")
    assert notes("0 D6 12")[0] in score.tracks[0].notes
    assert broken(score) == ["1:1 tune D6", "1:3 tune C6"]
