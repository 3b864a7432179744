"""The data model: what can exist, and where things stand."""

import math

import pytest

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import ScoreError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)

FOUR = Bar(Meter(4, 4))


@pytest.mark.parametrize(
    "wrong",
    [
        {"onset": -1}, {"duration": 0}, {"pitch": 128}, {"pitch": -1}, {"velocity": 0},
        {"velocity": 128}, {"shift": math.nan}, {"shift": math.inf}, {"cents": -math.inf},
    ],
)  # fmt: skip
def test_notes_that_cannot_exist(wrong):
    with pytest.raises(ScoreError, match="cannot exist"):
        Note(**({"onset": 0, "pitch": 60, "duration": 1} | wrong))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Score(()), "at least one bar"),
        (lambda: Score((FOUR,), tempos=(TempoChange(0, 0.5),)), "tempo"),
        (lambda: Score((FOUR,), tempos=(TempoChange(0, math.nan),)), "tempo"),
        (lambda: Score((FOUR,), (Track("a", notes=(Note(48, 60, 1),)),)), "past the last bar"),
        (lambda: Score((FOUR,), chords=(ChordSpan(0, 49, Chord("C")),)), "outside the bars"),
        (lambda: Score((FOUR,), sections=(Section("A", 0, 2),)), "outside the 1 bars"),
        (lambda: Bar(Meter(3, 4), 37), "cannot last 37"),
        (lambda: Track("a", "singer"), "role"),
        (lambda: Track("a", program=128), "program 128"),
    ],
)
def test_scores_that_cannot_exist(make, said):
    with pytest.raises(ScoreError, match=said):
        make()


def test_a_pickup_stands_at_the_end_of_its_bar():
    score = Score((Bar(Meter(4, 4), 12), FOUR, Bar(Meter(3, 4))))
    assert score.bar_starts == (0, 12, 60, 96)
    assert score.position(0) == (0, 36)
    assert score.position(12) == (1, 0)
    assert score.position(95) == (2, 35)
    assert score.bar_at(500) == 2


def test_a_full_length_is_no_length():
    assert Bar(Meter(4, 4), 48) == FOUR


def test_seconds_follow_the_tempo_map():
    score = Score((FOUR, FOUR), tempos=(TempoChange(48, 60.0), TempoChange(0, 120.0)))
    assert score.seconds(12) == pytest.approx(0.5)
    assert score.seconds(48) == pytest.approx(2.0)
    assert score.seconds(60) == pytest.approx(3.0)
    assert score.duration == pytest.approx(6.0)


def test_a_missing_first_tempo_is_the_next_one():
    assert Score((FOUR,), tempos=(TempoChange(24, 90.0),)).tempos[0] == TempoChange(0, 90.0)
    assert Score((FOUR,), tempos=()).tempos == (TempoChange(0, 120.0),)


def test_lanes_say_what_holds():
    score = Score(
        (FOUR, FOUR),
        keys=(KeyChange(48, Key("F")), KeyChange(0, Key("A", "minor"))),
        chords=(ChordSpan(0, 24, Chord("A", "min")), ChordSpan(48, 48, Chord("F"))),
    )
    assert str(score.key_at(47)) == "A minor"
    assert str(score.key_at(48)) == "F major"
    assert [str(score.chord_at(t)) for t in (0, 23, 24, 47, 48, 95)] == [
        "Am", "Am", "None", "None", "F", "F",
    ]  # fmt: skip


def test_notes_are_kept_in_order_and_tracks_found_by_name():
    late, early = Note(12, 60, 12), Note(0, 72, 12)
    score = Score((FOUR,), (Track("a", notes=(late, early)), Track("b", "drums", -1)))
    assert score.track("a").notes == (early, late)
    assert [note for _, note in score.notes()] == [early, late]
    assert score.track("b").is_drums
    with pytest.raises(ScoreError, match="tracks: a, b"):
        score.track("c")
