"""A line of the plan is changed: just the bars that depend on it are written anew."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from edit_songs import SteadyModel, cell_notes, plan, song
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mock_model import random_plan, random_taste
from random_rules import random_rules

from anacrusis.compose.chord import Chord
from anacrusis.compose.edit import Song, depends
from anacrusis.compose.edit.faults import faults
from anacrusis.compose.errors import ConstraintError, EditError, PlanError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import Plan, SectionPlan, TrackPlan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.progression import parse_progression
from anacrusis.compose.rules import (
    Dynamics,
    Grid,
    Leap,
    Only,
    Onsets,
    Playable,
    Range,
    Require,
    Rhythm,
    Silent,
    Voices,
    parse_rule,
)
from anacrusis.compose.verify import verify

FOUR = Meter(4, 4)
PITCHED = ("flute", "piano", "bass")


def with_chords(asked: Plan, section: int, chords: str) -> Plan:
    sections = list(asked.sections)
    bars = sections[section].bars
    sections[section] = replace(sections[section], chords=parse_progression(chords, bars, FOUR))
    return replace(asked, sections=tuple(sections))


def cells(names: tuple[str, ...], *bars: int) -> frozenset[tuple[str, int]]:
    return frozenset((name, bar) for name in names for bar in bars)


def linear(sections: str = "A:4,B:4", **changed: Any) -> Plan:
    """A plan in which nothing comes back."""
    asked = song(sections, **changed).plan
    return replace(asked, sections=tuple(replace(s, reprise=None) for s in asked.sections))


def test_a_chord_concerns_its_bar_and_the_bass_of_the_next() -> None:
    old = linear()
    new = with_chords(old, 0, "Am F Dm G")  # bar 3 was C
    found = depends(old, new)
    assert found.cells == cells(PITCHED, 2)
    assert found.moved == tuple(range(8)) and found.tracks == ("flute", "piano", "bass", "drums")
    held = depends(with_chords(old, 0, "Am F F G"), with_chords(old, 0, "Am C F G"))
    assert held.cells == cells(PITCHED, 1) | cells(("bass",), 2), "F was held into bar 3"


@pytest.mark.parametrize(
    "change",
    [
        lambda p: replace(p, tempo=140.0), lambda p: replace(p, title="Other"),
        lambda p: replace(p, swing=0.62), lambda p: p,
        lambda p: replace(p, sections=(replace(p.sections[0], tempo=60.0), *p.sections[1:])),
        lambda p: replace(p, tracks=(replace(p.tracks[0], program=40), *p.tracks[1:])),
        lambda p: replace(p, tracks=(replace(p.tracks[0], name="oboe"), *p.tracks[1:])),
        lambda p: replace(p, sections=(replace(p.sections[0], name="Z"), *p.sections[1:])),
        lambda p: replace(p, tracks=p.tracks[:2]),
    ],
)  # fmt: skip
def test_what_no_note_depends_on(change: Callable[[Plan], Plan]) -> None:
    old = linear()
    assert not depends(old, change(old)).cells
    made = Song.compose(old, model=SteadyModel())
    new = change(made.plan)
    after = made.replan(new)
    assert after.plan == new and verify(after.score).ok
    for track in after.score.tracks:
        before = made.score.track("flute" if track.name == "oboe" else track.name)
        assert track.notes == before.notes


@pytest.mark.parametrize(
    ("change", "concerned"),
    [
        (lambda p: replace(p, key=Key("D", "dorian")), cells(PITCHED, *range(8))),
        (lambda p: replace(p, seed=99), cells((*PITCHED, "drums"), *range(8))),
        (lambda p: replace(p, style="song"), cells((*PITCHED, "drums"), *range(8))),
        (
            lambda p: replace(p, sections=(p.sections[0], replace(p.sections[1], key=Key("G")))),
            cells(PITCHED, 4, 5, 6, 7),
        ),
        (
            lambda p: replace(p, tracks=(replace(p.tracks[0], low=65), *p.tracks[1:])),
            cells(("flute",), *range(8)),
        ),
        (
            lambda p: replace(p, tracks=(*p.tracks, TrackPlan.of_role("pad"))),
            cells(("pad",), *range(8)),
        ),
    ],
)
def test_what_more_depends_on(
    change: Callable[[Plan], Plan], concerned: frozenset[tuple[str, int]]
) -> None:
    old = linear()
    assert depends(old, change(old)).cells == concerned


def test_a_rule_concerns_its_bars_and_tracks() -> None:
    old = linear()
    new = replace(old, rules=(parse_rule("piano, flute: silent in bars 5-6"),))
    assert depends(old, new).cells == depends(new, old).cells == cells(("piano", "flute"), 4, 5)
    made = Song.compose(old, model=SteadyModel())
    quiet = made.replan(new)
    assert verify(quiet.score).ok and not quiet.select("piano, flute: bars 5-6").notes
    assert quiet.score.track("drums") == made.score.track("drums")
    again = quiet.regenerate("all", seed=2)
    assert verify(again.score).ok and again.plan == new, "rules hold while bars are written"


def test_a_rule_of_the_same_words_about_other_music_is_asked_anew() -> None:
    made = song("verse:4,chorus:4", rules=["flute: silent in bars 5-8"])
    verse, chorus = made.plan.sections
    new = replace(made.plan, sections=(replace(verse, name="intro"), verse, chorus))
    found = depends(made.plan, new)
    assert found.moved == (*[None] * 4, *range(8))
    assert cells(("flute",), 4, 5, 6, 7, 8, 9, 10, 11) <= found.cells
    assert not cells(("piano", "drums"), 5, 6, 9, 10) & found.cells
    after = made.replan(new)
    assert (
        verify(after.score).ok and after.plan == new and not after.select("flute: bars 5-8").notes
    )
    assert after.select("flute: bars 9-12").notes, "what was silent need not be so any more"


def test_a_rule_about_a_place_as_a_whole_is_asked_anew_where_its_bars_move() -> None:
    made = song("A:4,B:4", rules=["flute: dynamics pp to ff in bars 1-8"])
    a, b = made.plan.sections
    new = replace(made.plan, sections=(a, replace(a, name="C"), b))
    assert cells(("flute",), *range(12)) <= depends(made.plan, new).cells
    assert verify(made.replan(new).score).ok


def test_a_rule_on_what_comes_back_is_kept_by_what_it_repeats() -> None:
    made = song("A:4,B:4,C:4", rules=["flute: range C5-C6 in C"])
    a, b, c = made.plan.sections
    new = replace(made.plan, sections=(a, b, replace(c, reprise="A", chords=None)))
    assert cells(("flute",), 0, 1, 2, 3) <= depends(made.plan, new).cells
    assert verify(made.replan(new).score).ok


def test_what_is_playable_depends_on_the_instrument() -> None:
    made = song("A:4,B:4", tracks="flute,piano,bass", rules=["piano: playable in bars 3-4"])
    flute, piano, bass = made.plan.tracks
    new = replace(made.plan, tracks=(flute, replace(piano, program=24), bass))
    assert depends(made.plan, new).cells == cells(("piano",), 2, 3)
    assert verify(made.replan(new).score).ok
    other = replace(made.plan, tracks=(replace(flute, program=40), piano, bass))
    assert not depends(made.plan, other).cells


def test_voices_in_another_order_are_asked_anew() -> None:
    made = song("A:4", tracks="flute,violin,cello", rules=["spacing 24"])
    first, second, third = made.plan.tracks
    assert depends(made.plan, replace(made.plan, tracks=(first, third))).cells == cells(
        (first.name, third.name), *range(4)
    )
    assert not depends(made.plan, replace(made.plan, tracks=(first, second))).cells
    crossing = replace(made.plan, rules=(parse_rule("no crossing"),))
    turned = replace(crossing, tracks=(second, first, third))
    assert depends(crossing, turned).cells == cells(
        (first.name, second.name, third.name), *range(4)
    )
    assert not depends(crossing, replace(crossing, tracks=(first, third))).cells


def test_what_doubles_is_written_with_what_it_doubles() -> None:
    old = linear(tracks="flute,strings,bass")
    ruled = replace(old, rules=(parse_rule("strings: doubles flute -12 in bars 1-4"),))
    made = Song.compose(ruled, model=SteadyModel())
    assert verify(made.score).ok
    higher = replace(ruled, tracks=(replace(ruled.tracks[0], low=62), *ruled.tracks[1:]))
    assert depends(ruled, higher).cells == cells(("flute",), *range(8)) | cells(
        ("strings",), 0, 1, 2, 3
    )
    after = made.regenerate("flute: bars 3-6", seed=5)
    assert {track.track for track in made.diff(after).tracks} == {"flute", "strings"}
    assert not faults(made.score, after.score) and after.plan == made.plan
    with pytest.raises(EditError, match="strings in bars 3-4: locked, so what it doubles"):
        made.lock("strings").regenerate("flute: bars 3-6")


def test_sections_that_come_and_go_take_their_bars_along() -> None:
    old = linear("A:4,B:4,C:4")
    a, b, c = old.sections
    without_b = replace(old, sections=(a, c))
    found = depends(old, without_b)
    assert found.moved == (0, 1, 2, 3, 8, 9, 10, 11) and not found.cells
    swapped = depends(old, replace(old, sections=(a, c, b)))
    assert swapped.moved == (0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7)
    assert swapped.cells == cells(PITCHED, 11), "the piece now ends with it"
    longer = depends(old, replace(old, sections=(a, replace(b, bars=6, chords=None), c)))
    assert longer.moved == (*range(8), None, None, 8, 9, 10, 11)
    assert cells(("drums",), 8, 9) <= longer.cells
    chords = b.chords or ()
    shorter = depends(old, replace(old, sections=(a, replace(b, bars=3, chords=chords[:3]), c)))
    assert shorter.moved == (*range(7), 8, 9, 10, 11)
    assert shorter.cells == cells(PITCHED, 6), "the last bar left now closes its section"


def test_what_comes_back_is_changed_wherever_it_comes() -> None:
    made = song()
    new = with_chords(made.plan, 0, "Am F Dm G")
    assert depends(made.plan, new).cells == cells(PITCHED, 2, 10)
    after = made.replan(new)
    assert after.plan == new and [s.reprise for s in after.plan.sections][2:] == ["verse", "chorus"]
    assert verify(after.score).ok


RULES = (
    Dynamics, Grid, Leap, Onsets, Only, Playable, Range, Require, Rhythm, Silent, Voices,
)  # fmt: skip
"""Not those between voices: what is held over bar lines does not heed voices given ahead."""


def random_change(asked: Plan, rng: np.random.Generator) -> Plan:
    """The plan with one line changed."""
    sections, tracks, rules = list(asked.sections), list(asked.tracks), list(asked.rules)
    place = int(rng.integers(len(sections)))
    section = sections[place]
    kind = int(rng.integers(11))
    if kind <= 2 and section.chords is not None:
        chords = [list(bar) for bar in section.chords]
        bar = chords[int(rng.integers(len(chords)))]
        if bar:
            at = int(rng.integers(len(bar)))
            bar[at] = replace(
                bar[at], chord=Chord.parse(str(rng.choice(["C", "Gm", "F#7", "N.C."])))
            )
        sections[place] = replace(section, chords=tuple(map(tuple, chords)))
    elif kind == 3:
        sections[place] = replace(section, key=Key.from_class(int(rng.integers(12)), "minor"))
    elif kind == 4 and len(tracks) > 1:
        del tracks[int(rng.integers(len(tracks)))]
    elif kind == 5:
        named = "new pad"
        tracks.append(TrackPlan.of_role("pad", named))
    elif kind == 6 and len(sections) > 1 and not any(s.model for s in sections):
        del sections[place]
    elif kind == 7 and section.chords is not None:
        sections.insert(place, replace(section, name="new", key=None, tempo=None))
    elif kind == 8:
        pitched = [n for n, track in enumerate(tracks) if track.role != "drums"]
        for n in pitched[:1]:
            tracks[n] = replace(tracks[n], program=int(rng.choice([0, 24, 40, 42, 73])))
    elif kind == 9 and rules:
        del rules[int(rng.integers(len(rules)))]
    elif kind == 10:
        drawn = Random(int(rng.integers(2**31)))
        rules += random_rules(drawn, asked, 0, [drawn.choice(RULES)])
    return replace(asked, sections=tuple(sections), tracks=tuple(tracks), rules=tuple(rules))


def ruled(asked: Plan, rng: np.random.Generator, model: SteadyModel) -> Song:
    """A song of a plan with a few rules, where they can be kept."""
    for count in (3, 1):
        drawn = Random(int(rng.integers(2**31)))
        rules = random_rules(drawn, asked, 0, [drawn.choice(RULES) for _ in range(count)])
        with suppress(ConstraintError):
            return Song.compose(replace(asked, rules=rules), model=model)
    return Song.compose(asked, model=model)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_bars_declared_are_those_that_change(seed: int) -> None:
    """Outside them all stays, note for note; with them written anew the new plan is kept."""
    rng = np.random.default_rng(seed)
    asked = random_plan(rng, 8)
    made = ruled(asked, rng, SteadyModel(seed % 1000, random_taste(rng)))
    assume(verify(made.score).ok)  # of what is composed other tests speak
    old = made.plan
    try:
        new = random_change(old, rng)
        new.skeleton()
    except PlanError:
        return  # the changed plan cannot be met: a meter that a deleted section had set, say
    found = depends(old, new, made.score)
    assert depends(old, new).cells <= found.cells
    writing = Song(made.now, made.edits, model=SteadyModel(seed % 999, random_taste(rng)))
    try:
        after = writing.replan(new)
    except ConstraintError:
        assert new.rules
        return  # what is to be kept leaves its rules no way
    except EditError as error:
        assert "only some of its bars come back" in str(error)
        return
    starts = after.score.bar_starts
    for track, was in zip(new.tracks, found.tracks, strict=True):
        for bar, before in enumerate(found.moved):
            notes = cell_notes(after.score, track.name, bar)
            if (track.name, bar) not in found.cells:
                assert was is not None and before is not None
                shift = made.score.bar_starts[before] - starts[bar]
                kept = cell_notes(made.score, was, before)
                assert tuple(replace(n, onset=n.onset + shift) for n in notes) == kept
    report = verify(after.score, new)
    assert report.ok, [str(violation) for violation in report.violations[:3]]


def test_every_declared_bar_can_change() -> None:
    """No bar is declared that could not come out otherwise."""
    made = song("A:4,B:4")
    new = with_chords(made.plan, 0, "Am F Dm G")
    declared = depends(made.plan, new, made.score).cells
    changed = set()
    for seed in range(12):
        after = Song(made.now, made.edits, model=SteadyModel(seed)).replan(new, seed=seed)
        changed |= {
            cell
            for cell in declared
            if cell_notes(after.score, *cell) != cell_notes(made.score, *cell)
        }
    assert changed == declared


def test_what_the_plan_leaves_open_is_what_it_was() -> None:
    made = song("A:4,B:4")
    open_plan = plan_from_line(None, sections="A:4,B:4", tracks="flute,piano,bass,drums", seed=4)
    after = made.replan(replace(open_plan, tracks=made.plan.tracks))
    assert after.score == replace(made.score, title=after.score.title)
    longer = replace(open_plan, sections=(*open_plan.sections, SectionPlan("C", 2)),
                     tracks=made.plan.tracks)  # fmt: skip
    after = made.replan(longer)
    assert len(after.score.bars) == 10 and after.plan.is_complete and verify(after.score).ok


def test_a_lock_forbids_what_would_change_it() -> None:
    made = song("A:4,B:4").lock("piano: bar 3")
    with pytest.raises(EditError, match="piano in bar 3: locked, and the plan changes it"):
        made.replan(with_chords(made.plan, 0, "Am F Dm G"))
    with pytest.raises(EditError, match="locked"):
        made.replan(replace(made.plan, tempo=60.0))
    with pytest.raises(EditError, match="locked"):
        made.replan(replace(made.plan, sections=made.plan.sections[1:]))
    after = made.replan(with_chords(made.plan, 1, "Dm F C G"))
    assert after.now.locks == {("piano", 2)}
    early = made.unlock().lock("drums: bar 1")
    moved = early.replan(replace(made.plan, sections=made.plan.sections[::-1]))
    assert [str(place) for place in moved.locked] == ["drums: bars 5"]


def test_a_score_without_a_plan_is_given_one() -> None:
    made = song("A:4,B:4")
    opened = Song.of(replace(made.score, plan=None), model=SteadyModel())
    new = with_chords(opened.plan, 0, "Am F Dm G")
    after = opened.replan(new)
    assert after.score.chords[2].chord == Chord.parse("Dm")
    assert cell_notes(after.score, "piano", 6) == cell_notes(made.score, "piano", 6)
    odd = replace(
        opened.score, tempos=(*opened.score.tempos, replace(opened.score.tempos[0], tick=7))
    )
    with pytest.raises(EditError, match="no plan can say"):
        Song.of(odd, model=SteadyModel()).replan(plan())


def test_a_variation_is_varied_anew_from_what_it_varies() -> None:
    made = song("A:4,B:4,C:4")
    a, b, c = made.plan.sections
    varied = replace(a, name="A2", vary="A", chords=None, change=(0.2, 0.5))
    new = replace(made.plan, sections=(a, b, varied, replace(varied, name="A3", vary=None,
                                                               reprise="A2"), c))  # fmt: skip
    found = depends(made.plan, new)
    assert cells((*PITCHED, "drums"), *range(8, 16)) <= found.cells
    after = made.replan(new)
    assert after.plan == new and verify(after.score).ok
    assert after.score.track("piano").notes[:4] == made.score.track("piano").notes[:4]
    changed = with_chords(new, 0, "Am F Dm G")
    assert cells((*PITCHED, "drums"), *range(8, 16)) <= depends(new, changed).cells
    again = after.replan(changed)
    assert verify(again.score).ok and again.plan == changed
    assert not depends(new, with_chords(new, 1, "Am F Dm G")).cells - cells(PITCHED, 6)
    alone = after.regenerate("piano: A2", seed=1)
    assert [s.reprise for s in alone.plan.sections] == [None] * 5
    own = replace(varied, chords=a.chords)
    with pytest.raises(EditError, match="chords of its own"):
        made.replan(replace(made.plan, sections=(a, b, own, c)))


def test_a_plan_that_the_score_is_not_gives_way() -> None:
    made = song("A:4,B:4")
    wrong = replace(made.score, plan=plan("A:4,C:8"))
    opened = Song.of(wrong, model=SteadyModel())
    assert [s.name for s in opened.plan.sections] == ["A", "B"]
