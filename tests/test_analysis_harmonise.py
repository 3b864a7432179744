"""Chords for a melody alone."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from strategies import scores

from anacrusis.compose.analysis.chords import analyse_chords
from anacrusis.compose.analysis.harmonise import harmonise
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, Track

# "Ah! vous dirai-je, maman": pitches in quarters, 0 holds the note before.
TUNE = [60, 60, 67, 67, 69, 69, 67, 0, 65, 65, 64, 64, 62, 62, 60, 0]


def tune_score(pitches: list[int], up: int = 0) -> Score:
    notes: list[Note] = []
    for beat, pitch in enumerate(pitches):
        if pitch:
            notes.append(Note(12 * beat, pitch + up, 12))
        else:
            held = notes.pop()
            notes.append(Note(held.onset, held.pitch, held.duration + 12))
    bars = (Bar(Meter(4, 4)),) * (len(pitches) // 4)
    return Score(bars, (Track("voice", "melody", 52, tuple(notes)),))


@pytest.mark.parametrize("up", range(-6, 6))
def test_a_tune_gets_the_same_chords_in_every_key(up: int) -> None:
    key = Key().transpose(up)
    lane = harmonise(tune_score(TUNE, up), key)
    roots = [(span.chord.root_class - key.tonic_class) % 12 for span in lane]
    assert roots[0] == roots[-1] == 0
    assert {5, 7} & set(roots)
    assert set(roots) <= {0, 5, 7, 2, 9}
    assert lane == analyse_chords(tune_score(TUNE, up), key)


def test_broken_chords_are_harmonised_as_what_they_spell() -> None:
    tune = [60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 65, 60, 64, 67, 60]
    lane = harmonise(tune_score(tune), Key())
    assert [(str(span.chord), span.onset) for span in lane] == [
        ("C", 0), ("F", 48), ("G7", 96), ("C", 144),
    ]  # fmt: skip


def test_minor_melodies_get_minor_chords() -> None:
    tune = [69, 72, 76, 72, 74, 77, 81, 77, 76, 80, 83, 74, 69, 72, 76, 69]
    lane = harmonise(tune_score(tune), Key("A", "minor"))
    assert [str(span.chord) for span in lane] == ["Am", "Dm", "E7", "Am"]


def test_a_modal_key_takes_the_chords_of_its_third() -> None:
    score = tune_score(TUNE)
    assert harmonise(score, Key("C", "mixolydian")) == harmonise(score, Key("C", "major"))


@settings(max_examples=60, deadline=None)
@given(scores())
def test_any_score_gets_a_lane(score: Score) -> None:
    lane = harmonise(score)
    assert all(a.end <= b.onset for a, b in pairwise(lane))
    assert all(span.end <= score.ticks for span in lane)
