"""Variations change as much of their model as the plan asks for, whatever the model writes."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from mock_model import MockModel, Taste, random_plan, random_taste

from anacrusis.compose.chord import Chord
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.deadline import compose_by
from anacrusis.compose.decoding.share import Part, draw_share, in_band, slack
from anacrusis.compose.decoding.stream import compose_stream
from anacrusis.compose.decoding.takes import takes
from anacrusis.compose.decoding.writer import Writer
from anacrusis.compose.errors import ConflictError, ConstraintError
from anacrusis.compose.key import Key
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.quotes import QuoteFilter
from anacrusis.compose.rules import parse_rule
from anacrusis.compose.score import Score
from anacrusis.compose.verify import verify


def varied_plan(rng: np.random.Generator) -> Plan:
    """A random plan that ends with a variation, or with one and a reprise or variation of it."""
    plan = random_plan(rng)
    names = [section.name for section in plan.sections]
    sections = list(plan.sections)
    source = plan.section(str(rng.choice(names)))
    before = sum(section.bars for section in plan.sections[: names.index(source.name)])
    low, width = float(rng.choice([0.0, 0.1, 0.2, 0.3, 0.5])), float(rng.choice([0.2, 0.3, 0.5]))
    band = (low, min(low + width, 1.0))
    meter = plan.bar_plans[before].meter
    sections.append(SectionPlan("v", source.bars, meter=meter, vary=source.name, change=band))
    if rng.random() < 0.5:
        again = SectionPlan("w", source.bars, vary="v", change=band)
        sections.append(again if rng.random() < 0.5 else replace(again, vary=None, reprise="v"))
    return replace(plan, sections=tuple(sections))


def song(*rules: str, form: str = "A:4,A'=vary(A, 0.3),A'", chords: str = "C Am | F G") -> Plan:
    """A song with a variation."""
    return plan_from_line(
        chords, sections=form, key="C", tempo=100, tracks="melody,chords,bass,drums", rules=rules
    )


def struck(score: Score, bars: range, track: int) -> Counter[tuple[int, int]]:
    """What a track strikes in some bars: (onset from their start, pitch)."""
    start, end = score.bar_starts[bars.start], score.bar_starts[bars.stop]
    notes = score.tracks[track].notes
    return Counter((n.onset - start, n.pitch) for n in notes if start <= n.onset < end)


@pytest.mark.parametrize("seed", range(30))
def test_random_plans_are_kept(seed):
    rng = np.random.default_rng((seed, 29))
    plan = varied_plan(rng)
    model = MockModel(seed, random_taste(rng), skeleton=plan.skeleton())
    report = verify(compose(plan, model=model), plan)
    assert report.ok, report


_RULES = {
    "everywhere": ("melody: leap 7", "melody: onsets 2-6", "bass: voices 1", "drums: drums rock"),
    "in the variation": ("melody: scale C major pentatonic in A'", "chords: avoid B in A'"),
    "between voices": ("melody, bass: no parallels", "melody, bass: no crossing"),
    "loudness and silence": ("melody: dynamics p in A'", "chords: silent in A"),
    "rhythm": ("melody: rhythm 1/4 1/8 1/8 1/2", "melody: require E5 in A'"),
}


@pytest.mark.parametrize("rules", _RULES.values(), ids=_RULES)
def test_rules_are_kept_in_variations(rules):
    for seed in range(3):
        plan = song(*rules).with_seed(seed)
        report = verify(compose(plan, model=MockModel(seed)), plan)
        assert report.ok, report


def test_chords_of_its_own():
    chords = tuple((ChordAt(0, Chord.parse(symbol)),) for symbol in ("C", "Dm", "Em", "G"))
    plan = song(form="A:4")
    own = SectionPlan("B", 4, chords, vary="A", change=(0.4, 0.9))
    plan = replace(plan, sections=(*plan.sections, own))
    for seed in range(4):
        report = verify(compose(plan.with_seed(seed), model=MockModel(seed)), plan)
        assert report.ok, report


@pytest.mark.parametrize("band", [(0.0, 0.0), (1.0, 1.0), (0.25, 0.26)])
def test_bands_of_one_share(band):
    plan = song(form="A:5")
    plan = replace(plan, sections=(*plan.sections, SectionPlan("B", 5, vary="A", change=band)))
    score = compose(plan, model=MockModel(2, Taste(closing=3)))
    before, after = (
        [struck(score, bars, track) for track in range(4)] for bars in (range(5), range(5, 10))
    )
    if band == (0.0, 0.0):
        assert before == after
    if band == (1.0, 1.0):
        assert not any((a & b).total() for a, b in zip(before, after, strict=True))
    assert verify(score, plan).ok


def test_what_comes_back_is_told_to_the_model():
    model = MockModel(3)
    score = compose(song(form="A:4,A'=vary(A, 0.3)"), model=model)
    kept = sum(
        (struck(score, range(4), t) & struck(score, range(4, 8), t)).total() for t in range(4)
    )
    assert kept
    assert len(model.states) > 1, "the document is written again where the variation begins"
    assert len(model.states[-1].tokens) < len(model.states[0].tokens) * 3


def test_a_model_too_small_to_vary_is_written_anew():
    """One note cannot change by a third: the section that is varied gets others."""
    sections = (
        SectionPlan("A", 1, ((ChordAt(0, Chord.parse("C")),),)),
        SectionPlan("B", 1, vary="A"),
    )
    plan = Plan(sections, (TrackPlan.of_role("melody"),), key=Key("C"), tempo=90.0)
    score = compose(plan, model=MockModel(0, Taste(closing=30)))
    assert verify(score, plan).ok
    assert len(score.tracks[0].notes) > 2


def test_a_band_that_nothing_can_keep_is_refused():
    rules = (parse_rule("melody: onsets 1-1"), parse_rule("melody: voices 1"))
    sections = (
        SectionPlan("A", 1, ((ChordAt(0, Chord.parse("C")),),)),
        SectionPlan("B", 1, vary="A", change=(0.2, 0.4)),
    )
    track = TrackPlan.of_role("melody")
    plan = Plan(sections, (track,), key=Key("C"), tempo=90.0, rules=rules)
    with pytest.raises(ConflictError) as caught:
        compose(plan, model=MockModel(0))
    assert any("varies A by 20% to 40%" in text for text in caught.value.statements)


def test_streams_takes_and_deadlines():
    plan = song()
    whole = compose(plan, model=MockModel(5))
    stream = compose_stream(plan, model=MockModel(5))
    bars = list(stream)
    assert stream.score() == whole
    for track in range(4):
        notes = tuple(note for bar in bars for note in bar.notes[track])
        assert notes == whole.tracks[track].notes
        assert all(b.start <= n.onset < b.end for b in bars for n in b.notes[track])
    assert all(verify(take.score, plan).ok for take in takes(plan, 3, model=MockModel(6)))
    assert verify(compose_by(plan, 0.2, model=MockModel(7)).score, plan).ok


@pytest.mark.parametrize("dead", [4, 5, 7])
@pytest.mark.parametrize("rules", [(), ("melody: leap 7", "melody: onsets 1-6")])
def test_a_dead_end_within_a_variation(dead, rules, monkeypatch):
    """The solver's bars are followed to the end of the variation: their share is of all of it."""
    draw, stopped = Writer._draw, []

    def stops(writer: Writer, bar: int) -> list[int]:
        if bar == dead and not stopped:
            stopped.append(bar)
            raise ConstraintError("no way was found")
        return draw(writer, bar)

    monkeypatch.setattr(Writer, "_draw", stops)
    plan = song(*rules)
    report = verify(compose(plan, model=MockModel(9)), plan)
    assert stopped and report.ok, report


def test_no_quotes_beside_what_comes_back():
    known = QuoteFilter.load()
    plan = song()
    score = compose(plan, model=MockModel(8), max_quote=12, known=known)
    assert verify(score, plan).ok


@pytest.mark.slow
def test_by_the_shipped_model():
    for seed in range(3):
        plan = song("melody: leap 9").with_seed(seed)
        assert verify(compose(plan), plan).ok


@pytest.mark.parametrize("seed", range(20))
def test_shares_are_in_their_band(seed):
    rng = np.random.default_rng(seed)
    parts = [
        Part(
            (0, *sorted(rng.integers(1, 12, int(rng.integers(1, 4))).tolist())),
            1.0,
            range(n, n + 1),
        )
        for n in range(int(rng.integers(1, 9)))
    ]
    total = sum(part.options[-1] for part in parts)
    band = (0.3, 0.5)
    taken = draw_share(parts, total, band, rng, whole=False)
    sums = {0}
    for part in parts:
        sums = {one + option for one in sums for option in part.options}
    if taken is None:
        assert not any(in_band(one, total, band) for one in sums)
        return
    changed = sum(part.options[option] for part, option in zip(parts, taken, strict=True))
    assert in_band(changed, total, band)
    more = slack(changed, total, band[1])
    assert more is not None and (changed + more) / (total + more) <= band[1]
    assert (changed + more + 1) / (total + more + 1) > band[1]
