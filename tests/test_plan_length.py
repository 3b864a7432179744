"""A length in seconds: the tempo or the number of bars that gives it, also in a MIDI file."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_model import MockModel

from anacrusis.compose.decoding.chart import complete
from anacrusis.compose.decoding.compose import CHART_SAMPLING
from anacrusis.compose.errors import PlanError
from anacrusis.compose.files.read_write import read_score, write_score
from anacrusis.compose.meter import all_meters
from anacrusis.compose.plan import ChangeAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.plan_file import parse_plan, plan_text
from anacrusis.compose.plan_length import fit_length, parse_length, seconds_of
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.score import Note, Score
from anacrusis.compose.verify import verify

BAND = (TrackPlan.of_role("melody"),)


def charted(plan: Plan) -> Plan:
    return complete(plan, MockModel(), CHART_SAMPLING, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("30 s", 30), ("30s", 30), ("0:30", 30), ("1:05.5", 65.5), ("12.345 sec", 12.345),
     ("90 seconds", 90), ("10:00", 600)],
)  # fmt: skip
def test_lengths_as_people_write_them(text: str, seconds: float):
    assert parse_length(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1:5", "1:60", "0:30 s", "-3", "0", "1e9", "99999 s"])
def test_what_is_no_length_is_refused(text: str):
    with pytest.raises(PlanError, match="length"):
        parse_length(text)


def test_the_tempo_is_solved():
    plan = charted(plan_from_line("C G", bars=16, length="0:30", pickup="1 beat"))
    assert plan.tempo == pytest.approx(130) and plan.length == 30
    assert plan.skeleton().duration == pytest.approx(30, abs=1e-9)
    assert parse_plan(plan_text(plan)) == plan


@settings(max_examples=60)
@given(
    length=st.floats(2, 600),
    meter=st.sampled_from(all_meters()),
    tempo=st.none() | st.floats(30, 300),
    pickup=st.booleans(),
)
def test_bars_and_tempo_are_found_for_a_length(length, meter, tempo, pickup, tmp_path_factory):
    try:
        plan = plan_from_line(
            "C", length=length, meter=str(meter), tempo=tempo, pickup="1/32" if pickup else None
        )
    except PlanError as error:
        message = str(error)
        assert "lasts" in message or "need tempo" in message or "falls between" in message \
            or "does not fit" in message  # fmt: skip
        return
    full = charted(plan)
    if tempo is not None and full.tempo is not None:
        assert abs(full.tempo / tempo - 1) <= 0.06
    score = full.skeleton()
    assert abs(score.duration - length) <= 0.001
    track = replace(score.tracks[0], notes=(Note(score.ticks - 1, 60, 1),))
    path = tmp_path_factory.mktemp("length") / "song.mid"
    write_score(replace(score, tracks=(track,)), path)
    read = read_score(path).score
    assert abs(read.duration - length) <= 0.01
    assert not [v for v in verify(read, full).violations if v.rule == "length"]


def test_a_stated_tempo_gives_way_a_little():
    plan = plan_from_line("Am F C G", length=30, tempo=92)
    assert (plan.bars, plan.tempo) == (12, 96)
    assert parse_plan("chords: Am F C G\nlength: 30 s\ntempo: 92\n") == replace(
        plan, tracks=parse_plan("bars: 1").tracks
    )
    assert plan_from_line(length=30).bars == 12
    assert plan_from_line(length=30, tempo=127).bars == 16
    with pytest.raises(PlanError, match="no number of bars of 4/4 at tempo 92 lasts 4 s: the near"):
        plan_from_line(length=4, tempo=92)


def test_bars_and_tempo_that_contradict_are_refused():
    with pytest.raises(PlanError) as caught:
        plan_from_line("C", bars=16, tempo=127, length=30)
    assert "last 30.236 s, not 30 s; give tempo 128, or leave" in str(caught.value)
    assert plan_from_line("C", bars=16, tempo=128, length=30).length == 30
    with pytest.raises(PlanError, match=r"plan:4:9: length: .*last 30.236 s"):
        parse_plan("sections:\n- A: 16\ntempo: 127\nlength: 30")


def test_a_tempo_out_of_range_is_refused_with_the_bars_that_fit():
    with pytest.raises(PlanError) as caught:
        plan_from_line("C", bars=100, length=30)
    assert (
        "100 bars in 30 s need tempo 800; allowed: 20 to 400; 3 to 50 bars of 4/4 would fit"
        in str(caught.value)
    )


def test_stated_tempos_of_sections_stay():
    plan = Plan(
        (SectionPlan("A", 4), SectionPlan("B", 2, tempo=80.0, changes=(ChangeAt(2, tempo=40.0),))),
        BAND, length=20.0,
    )  # fmt: skip
    full = charted(plan)
    assert [change.bpm for change in full.skeleton().tempos] == pytest.approx([960 / 11, 80, 40])
    assert full.skeleton().duration == pytest.approx(20)
    with pytest.raises(
        PlanError, match=r"sections that state their tempo last 9\.000 s of 8 s, .* no time"
    ):
        replace(plan, length=8.0)


def test_fitting_keeps_the_ratios_of_tempos():
    plan = Plan(
        (SectionPlan("A", 4), SectionPlan("B", 2, tempo=80.0, changes=(ChangeAt(2, tempo=40.0),))),
        BAND, tempo=120.0,
    )  # fmt: skip
    assert seconds_of(plan) == pytest.approx(17)
    fitted = fit_length(plan, 20)
    found = [change.bpm for change in fitted.skeleton().tempos]
    assert found == pytest.approx([120 * 0.85, 80 * 0.85, 40 * 0.85])
    assert fitted.skeleton().duration == pytest.approx(20)
    with pytest.raises(PlanError, match="tempo"):
        fit_length(plan, 200)


def test_the_verifier_measures_the_length():
    plan = plan_from_line("C", bars=4, tempo=96, length=10)
    score: Score = plan.skeleton()
    slow = replace(score, tempos=(replace(score.tempos[0], bpm=95.9),))
    assert "length" in {v.rule for v in verify(slow, plan).violations}
    assert "length" not in {v.rule for v in verify(score, plan).violations}


def test_values_that_are_no_length_are_refused():
    for length in (0, -1, float("nan"), float("inf"), True):
        with pytest.raises(PlanError, match="length"):
            Plan((SectionPlan("A", 4),), BAND, length=length)
