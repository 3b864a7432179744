"""Wishes: what breaks one becomes less likely, and whatever is guaranteed stays so."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from mock_model import MockModel, Taste, random_plan
from random_rules import random_rules

from anacrusis.compose.constraints.courses import LeapCourse, ShapeCourse, TuneCourse
from anacrusis.compose.constraints.state import State
from anacrusis.compose.decoding import writer
from anacrusis.compose.decoding.compose import compose, load_model
from anacrusis.compose.decoding.fill import fill
from anacrusis.compose.decoding.followed import Followed
from anacrusis.compose.decoding.sampler import Model
from anacrusis.compose.decoding.wishes import Wishes
from anacrusis.compose.errors import PlanError
from anacrusis.compose.plan import Plan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.rules import Leap, Modulation, Wish, parse_rule, parse_wish
from anacrusis.compose.score import Note
from anacrusis.compose.verify import report_json, report_text, verify

WISHES = (
    "melody: range C5-A5",
    "melody: tessitura C5-A5",
    "melody: only A C D E G",
    "piano: avoid F",
    "counter: scale A minor pentatonic",
    "melody: require B in bars 3-4",
    "bass: onsets 6-8",
    "drums: onsets 9-12",
    "piano: grid 1/4",
    "bass: rhythm 3/8 1/8 1/2",
    "counter: silent in bars 2-3",
    "melody: leap 3",
    "piano: leap 5",
    "melody: contour arch in bars 1-2",
    "melody: contour + + - =  in bar 2",
    "melody: pitches A4 C5 A4 E4 in bar 1",
    "melody: breath 4",
    "piano: voices 4",
    "piano: playable",
    "counter: doubles melody -12",
    "melody: doubles counter +12",
    "melody, counter: no parallels",
    "melody, counter: no crossing",
    "melody, counter: spacing 7",
    "drums half time",
    "melody: dynamics pp to ff",
)
BUSY = Taste(closing=-2.0)


def song(*prefer: str, seed: int = 0, bars: int = 4) -> Plan:
    return plan_from_line(
        "Am F C G", key="A minor", tempo=100, bars=bars, tracks="melody,counter,piano,bass,drums",
        seed=seed, prefer=prefer,
    )  # fmt: skip


def findings(wish: str, weight: float, seeds: Sequence[int], model: Model | None = None) -> int:
    """How often songs break what they wish; 0: what they do not wish."""
    found = 0
    for seed in seeds:
        prefer = (f"{wish} weight {weight}",) if weight else ()
        score = compose(song(*prefer, seed=seed), model=model or MockModel(seed, BUSY))
        assert score.plan is not None
        report = verify(score)
        assert report.ok, report.violations
        asked = replace(score.plan, rules=(parse_rule(wish),), wishes=())
        found += len(verify(score, asked).violations)
    return found


@pytest.mark.parametrize("wish", WISHES)
def test_a_heavy_wish_is_kept(wish: str):
    """By a model that knows nothing, and cannot insist on breaking it."""
    without, heavy = (findings(wish, weight, range(2)) for weight in (0, 20))
    assert heavy <= without / 2


def test_the_heavier_a_wish_the_rarer_it_is_broken():
    """By the shipped weights; counted over several wishes, so that chance does not decide."""
    model, wishes = load_model(), ("melody: range C5-A5", "melody: grid 1/4", "drums half time")
    found = [
        sum(findings(wish, weight, range(2), model) for wish in wishes) for weight in (0, 2, 10)
    ]
    assert found[0] > found[1] > found[2]
    assert found[2] < found[0] / 10


def test_weights_of_wishes_add(monkeypatch: pytest.MonkeyPatch):
    moments = []

    class Compared(Wishes):
        def __init__(self, wishes, state, copied):
            super().__init__(wishes, state, copied)
            self.alone = [Wishes([wish], state, copied) for wish in wishes]

        def weigh(self, logits, mask, state):
            zero = np.zeros_like(logits)
            together = super().weigh(zero, mask, state)
            parts = [one.weigh(zero, mask, state) for one in self.alone]
            assert np.allclose(together, sum(parts))
            moments.append(sum(part.any() for part in parts))
            return super().weigh(logits, mask, state)

    monkeypatch.setattr(writer, "Wishes", Compared)
    weights = random.Random(0)
    prefer = [f"{wish} weight {weights.choice((0.5, 2, 3.25))}" for wish in WISHES]
    assert verify(compose(song(*prefer), model=MockModel())).ok
    assert max(moments) > 3


def test_without_wishes_nothing_is_weighed():
    plan = song()
    wishes = Wishes((), State(plan.skeleton(), plan.tracks), {})
    logits = np.zeros(3, np.float32)
    assert wishes.weigh(logits, np.ones(3, bool), State(plan.skeleton(), plan.tracks)) is logits


def test_what_is_guaranteed_stays():
    """Whatever is wished, of whatever plan; what is wished may be impossible."""
    draw = random.Random(1)
    for number in range(30):
        plan = random_plan(np.random.default_rng(number))
        wished = (rule for rule in random_rules(draw, plan, 4) if not isinstance(rule, Modulation))
        wishes = tuple(Wish(rule, draw.choice((1.0, 5.0, 20.0))) for rule in wished)
        score = compose(replace(plan, wishes=wishes), model=MockModel(number))
        report = verify(score)
        assert report.ok, (wishes, report.violations)
        assert [met.wish for met in report.wishes] == [str(wish) for wish in wishes]


def test_wishes_beside_rules():
    """A rule is kept, and what the wish asks beside it where that can be."""
    plan = replace(song(bars=8), rules=(parse_rule("melody: range C5-C6"),))
    wishes = (parse_wish("melody: range C4-E5 weight 20"), parse_wish("melody: leap 4 weight 20"))
    score = compose(replace(plan, wishes=wishes), model=MockModel())
    assert verify(score).ok
    pitches = [note.pitch for note in score.track("melody").notes]
    assert 72 <= min(pitches) <= max(pitches) <= 76


def test_a_reprise_has_what_is_wished_of_the_first():
    plan = replace(song(), wishes=(parse_wish("melody: leap 2 weight 20"),))
    twice = (plan.sections[0], replace(plan.sections[0], name="again", chords=None, reprise="A"))
    score = compose(replace(plan, sections=twice), model=MockModel())
    report = verify(score)
    assert report.ok
    assert report.wishes[0].kept


def test_bars_that_are_written_anew_have_the_wishes_of_the_plan():
    wish = "melody: range C5-A5 weight 20"
    score = compose(song(seed=3), model=MockModel(3, BUSY))
    assert score.plan is not None
    wished = replace(score, plan=replace(score.plan, wishes=(parse_wish(wish),)))
    blanks = {0: range(4)}
    broken = []
    for given in (score, wished):
        written = fill(given, blanks, model=MockModel(1, BUSY))
        broken.append(verify(written, wished.plan).wishes[0].broken)
    assert broken[0] > broken[1] == 0


def test_a_modulation_is_no_wish():
    with pytest.raises(PlanError, match=r"modulate to G major in bar 3.*as a rule"):
        replace(song(), wishes=(Wish(Modulation("G", where="bar 3")),))


def test_reports_say_how_far_wishes_are_met():
    score = compose(song("leap 0 weight 1", "melody: range C1-C8"), model=MockModel())
    report = verify(score)
    leap, kept = report.wishes
    assert report.ok
    assert (leap.kept, kept.kept, kept.share) == (False, True, 1.0)
    assert (leap.bars, leap.share) == (4, 1 - leap.broken / 4)
    text = report_text(report)
    assert f"preferred: all: leap 0 weight 1: kept in {leap.share:.0%} of its bars" in text
    assert "preferred: melody: range C1-C8 weight 2: kept" in text
    assert json.loads(report_json(report))["wishes"] == [
        {"wish": "all: leap 0 weight 1", "kept": False, "share": leap.share},
        {"wish": "melody: range C1-C8 weight 2", "kept": True, "share": 1.0},
    ]
    assert verify(replace(score, plan=None)).wishes == ()
    assert score.plan is not None
    assert verify(score, replace(score.plan, wishes=(Wish(Leap(127)),))).wishes[0].share < 1


def line(*pitches: int) -> list[Note]:
    return [Note(12 * place, pitch, 12) for place, pitch in enumerate(pitches)]


def members(found: int) -> set[int]:
    return {pitch for pitch in range(128) if found >> pitch & 1}


def test_a_course_that_is_broken_goes_on():
    leaps = Followed(LeapCourse(0, 96, 2))
    assert members(leaps.open(line(60, 72), 24)) == set(range(70, 75))
    tune = Followed(TuneCourse(0, 96, [1 << 60, 1 << 62, 1 << 64]))
    assert members(tune.open(line(60, 61), 24)) == {64}
    assert not tune.full(line(60, 61)) and tune.lacking(line(60, 61)) == 1
    assert tune.full(line(60, 61, 64)) and tune.lacking(line(60, 61, 64)) == 0


def test_notes_that_are_taken_back_are_forgotten():
    leaps, notes = Followed(LeapCourse(0, 96, 0)), line(60, 62, 64)
    assert members(leaps.open(notes, 36)) == {64}
    del notes[1:]
    assert members(leaps.open(notes, 12)) == {60}
    notes += line(0, 50, 52)[1:]
    assert members(leaps.open(notes, 36)) == {52}


def test_late_in_its_place_a_course_hurries():
    arch = Followed(ShapeCourse(0, 96, (1, -1)))
    assert 72 in members(arch.open(line(60, 65), 24))
    assert members(arch.open(line(60, 65), 64)) == set(range(65))
    assert [arch.lacking(line(*pitches)) for pitches in ((), (60,), (60, 65, 62))] == [3, 2, 0]
