"""The verifier on the form of a plan: changes within sections, variations, choices, lengths."""

from dataclasses import replace

import pytest
from rule_scores import lane, notes

from anacrusis.compose.chord import Chord
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.plan_section import ChangeAt
from anacrusis.compose.score import Bar, KeyChange, TempoChange
from anacrusis.compose.verify import verify

TRACKS = (TrackPlan("tune", "melody", 0, 0, 127, 16),)


def written(plan, text="", chords=None):
    """The score of a plan with notes in its one track, and a chord lane where one is given."""
    score = plan.skeleton()
    track = replace(score.tracks[0], notes=notes(text))
    spans = score.chords if chords is None else lane(chords, score.ticks)
    return replace(score, tracks=(track,), chords=spans)


def found(score, plan):
    report = verify(score, plan)
    return [(v.rule, v.bar) for v in report.violations if v.rule not in ("silence", "rest")]


# Changes within a section


CHANGING = Plan(
    (
        SectionPlan("a", 4, changes=(ChangeAt(2, meter=Meter(3, 4)),
                                     ChangeAt(3, key=Key("G"), tempo=80.0))),
        SectionPlan("b", 1),
        SectionPlan("a again", 4, meter=Meter(4, 4), reprise="a"),
    ),
    TRACKS, key=Key("C"), tempo=120.0,
)  # fmt: skip


def test_changes_within_a_section_and_in_its_reprise():
    score = written(CHANGING)
    assert [str(bar.meter) for bar in score.bars] == [
        "4/4", "3/4", "3/4", "3/4", "3/4", "4/4", "3/4", "3/4", "3/4"]  # fmt: skip
    assert found(score, CHANGING) == []
    four = replace(score, bars=(*score.bars[:1], Bar(Meter(4, 4)), *score.bars[2:]))
    assert ("meter", 2) in found(four, CHANGING)
    late = tuple(replace(c, tick=c.tick + 36) if c.tick == 84 else c for c in score.tempos)
    assert found(replace(score, tempos=late), CHANGING) == [("tempo", 3)]
    no_keys = replace(score, keys=(KeyChange(0, Key("C")),))
    assert {rule for rule, _ in found(no_keys, CHANGING)} == {"key"}
    assert ("key", 3) in found(no_keys, CHANGING)


# Choices among chords


def choosing(*options, **more):
    chosen = ChordAt(0, options[0], tuple(options[1:]))
    return Plan(
        (SectionPlan("a", 2, ((chosen,), (ChordAt(0, Chord("C")),)), **more),
         SectionPlan("b", 2, reprise="a")),
        TRACKS,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("chords", "wanted"),
    [
        ("0 G, 48 C, 96 G, 144 C", []),
        ("0 F, 48 C, 96 F, 144 C", []),
        ("0 Dm, 48 C, 96 F, 144 C", [("chords", 1), ("reprise", 3)]),
        ("0 G, 24 F, 48 C, 96 G, 144 C", [("chords", 1), ("reprise", 3)]),
        ("0 G, 48 F, 96 G, 144 F", [("chords", 2), ("chords", 4)]),
        # A choice is made once: the reprise has that of its model.
        ("0 G, 48 C, 96 F, 144 C", [("reprise", 3)]),
    ],
)
def test_one_of_several_chords(chords, wanted):
    plan = choosing(Chord("G"), Chord("F"))
    assert found(written(plan, chords=chords), plan) == wanted


def test_the_message_names_every_choice():
    plan = choosing(Chord("G"), Chord("F"))
    report = verify(written(plan, chords="0 Dm, 48 C, 96 Dm, 144 C"), plan)
    assert "asks G or F" in next(v for v in report.violations if v.rule == "chords").message


# Variations


def varied(low, high):
    return Plan((SectionPlan("a", 1), SectionPlan("b", 1, vary="a", change=(low, high))), TRACKS)


FOUR = "0 C4 12, 12 D4 12, 24 E4 12, 36 F4 12"
VARIED = {
    "as it was": ("48 C4 12, 60 D4 12, 72 E4 12, 84 F4 12", 0.0),
    "other lengths and loudness": ("48 C4 6 30, 60 D4 6, 72 E4 6, 84 F4 6", 0.0),
    "one pitch": ("48 C4 12, 60 D4 12, 72 E4 12, 84 G4 12", 0.25),
    "one moment": ("48 C4 12, 60 D4 12, 72 E4 12, 90 F4 6", 0.25),
    "one left out": ("48 C4 12, 60 D4 12, 72 E4 12", 0.25),
    "one more": ("48 C4 12, 60 D4 12, 72 E4 12, 84 F4 6, 90 G4 6", 0.2),
    "all": ("48 G4 12, 60 A4 12, 72 B4 12, 84 C5 12", 1.0),
    "silence": ("", 1.0),
}


@pytest.mark.parametrize("name", VARIED)
def test_a_variation_changes_what_its_band_says(name):
    text, share = VARIED[name]
    line = ", ".join(filter(None, (FOUR, text)))
    for low, high in ((0.0, 0.0), (0.2, 0.2), (0.25, 0.25), (0.2, 0.4), (0.0, 1.0), (0.5, 1.0)):
        plan = varied(low, high)
        wanted = [] if low <= share <= high else [("variation", 2)]
        assert found(written(plan, line), plan) == wanted, (low, high)


def test_a_variation_of_nothing_changes_nothing():
    assert found(written(varied(0.0, 0.5)), varied(0.0, 0.5)) == []
    assert found(written(varied(0.1, 0.5)), varied(0.1, 0.5)) == [("variation", 2)]


def test_a_variation_has_the_harmony_of_its_model_unless_it_has_its_own():
    plan = varied(0.0, 1.0)
    assert found(written(plan, chords="0 G, 48 G"), plan) == []
    assert found(written(plan, chords="0 G, 48 C"), plan) == [("variation", 2)]
    model, variation = plan.sections
    variation = replace(variation, chords=((ChordAt(0, Chord("C")),),))
    own = replace(plan, sections=(model, variation))
    assert found(written(own, chords="0 G, 48 C"), own) == []
    assert found(written(own, chords="0 G, 48 G"), own) == [("chords", 2)]


# Length in seconds


def test_the_music_lasts_as_long_as_the_plan_says():
    plan = Plan((SectionPlan("a", 4),), TRACKS, tempo=120.0, length=8.0)
    score = written(plan)
    assert score.duration == pytest.approx(8.0)
    assert found(score, plan) == []
    # One per cent of the tempo is within the rule of tempos where the plan leaves them open.
    free = replace(plan, tempo=None)
    for bpm, wanted in (
        (120.0, []),
        (120.1, []),
        (120.2, [("length", 4)]),
        (119.8, [("length", 4)]),
    ):
        slow = replace(score, tempos=(TempoChange(0, bpm),))
        assert found(slow, free) == wanted, bpm
