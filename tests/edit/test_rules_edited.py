"""Songs whose plans have rules: what is written anew keeps them, also where sections come back."""

import pytest
from edit_songs import song

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
    ],
)
def test_a_section_that_comes_back_is_written_anew_under_a_rule(rule: str) -> None:
    made = song("verse:4,chorus:4,verse", rules=[rule]).lock("chorus")
    edited = made.regenerate("all", seed=7)
    assert edited.section("chorus").notes == made.section("chorus").notes
    assert edited.section("verse").notes != made.section("verse").notes
    assert verify(edited.score).ok, verify(edited.score).violations


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
