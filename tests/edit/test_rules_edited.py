"""Songs whose plans have rules: what is written anew keeps them, also where sections come back."""

from collections.abc import Callable

import pytest
from edit_songs import song

from anacrusis.compose.edit import Song
from anacrusis.compose.errors import EditError
from anacrusis.compose.verify import verify


@pytest.mark.parametrize(
    "rule",
    [
        "flute: onsets 2-6",
        "flute: grid 1/8",
        "flute: leap 7",
        "flute: rhythm 1/4 1/8 1/8",
        "flute: breath 8",
        "piano: voices 2-4",
        "bass: silent in bar 2",
        "flute: dynamics p to mf in chorus",
        "drums rock",
        "flute: range C5-C6 in bars 9-12",
        "flute: leap 5 in verse 2",
        "flute: rhythm 1/4 1/8 1/8 in verse 2",
        "piano: only C D E G A in bars 7-10",
        "flute: dynamics ff in bars 7-10",
    ],
)
def test_a_section_that_comes_back_is_written_anew_under_a_rule(rule: str) -> None:
    made = song("verse:4,chorus:4,verse", rules=[rule]).lock("chorus")
    edited = made.regenerate("all", seed=7)
    assert edited.section("chorus").notes == made.section("chorus").notes
    assert edited.section("verse").notes != made.section("verse").notes
    assert verify(edited.score).ok, verify(edited.score).violations


def test_a_whole_of_which_a_part_comes_back_is_kept_or_refused() -> None:
    rule = "flute: dynamics pp to ff in bars 7-10"
    made = song("verse:4,chorus:4,verse", rules=[rule])
    with pytest.raises(EditError, match="only some of its bars come back"):
        made.regenerate("all", seed=7)


def test_what_is_silent_stays_so_where_it_no_longer_comes_back() -> None:
    made = song("verse:4,chorus:4,verse", rules=["bass: silent in bar 2"])
    for edited in (made.extend(2, "chorus", chords="F G"), made.vary("flute: verse", (0.1, 0.6))):
        assert edited.plan.sections[2].reprise is None
        assert verify(edited.score).ok, verify(edited.score).violations
    anew = made.regenerate("verse 2", seed=3)
    assert verify(anew.score).ok, verify(anew.score).violations


def test_a_curve_stays_with_the_bars_that_were_written_to_it() -> None:
    made = song("verse:4,chorus:4,verse", rules=["flute: dynamics p to mf in chorus"])
    longer = made.extend(2, "chorus", chords="F G")
    assert [str(rule) for rule in longer.plan.rules] == ["flute: dynamics p to mf in bars 5-8"]
    assert verify(longer.score).ok, verify(longer.score).violations
    assert made.insert(1, 1, section="intro").plan.rules == made.plan.rules


@pytest.mark.parametrize(
    ("rule", "edit"),
    [
        ("flute: rhythm 3/8", lambda made: made.delete("bar 2")),
        ("flute: rhythm 3/8", lambda made: made.insert(3, 1)),
        ("flute: rhythm 3/8 in A", lambda made: made.delete("bars 1-2")),
        ("flute: dynamics pp to ff in bars 1-6", lambda made: made.delete("bars 2-5")),
        ("flute: dynamics pp to ff", lambda made: made.delete("bars 4-6")),
        ("flute: contour arch in bars 1-6", lambda made: made.delete("bars 3-4")),
    ],
)
def test_a_rule_about_a_whole_falls_away_with_its_bars(
    rule: str, edit: Callable[[Song], Song]
) -> None:
    made = song("A:6", rules=[rule])
    edited = edit(made)
    assert not edited.plan.rules
    assert not [found for found in verify(edited.score).violations if found.rule in rule]


@pytest.mark.parametrize(
    ("edit", "left"),
    [
        (lambda made: made.insert(3, 1, section="x"), "bars 4-6"),
        (lambda made: made.extend(2), "bars 3-5"),
        (lambda made: made.delete("bar 1"), "bars 2-4"),
    ],
)
def test_a_rhythm_stays_with_its_bars(edit: Callable[[Song], Song], left: str) -> None:
    made = song("A:6", rules=["flute: rhythm 3/8 in bars 3-5"])
    edited = edit(made)
    assert [str(rule) for rule in edited.plan.rules] == [f"flute: rhythm 3/8 in {left}"]
    assert not [found for found in verify(edited.score).violations if found.rule == "rhythm"]
