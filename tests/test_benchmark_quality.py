"""Reading people's music under masks: rules that it keeps, and what composing leaves out."""

from dataclasses import replace

import pytest
import rules_quality
from derived_rules import Stricter, derived_rules, plan_of, written
from mock_model import MockModel

from anacrusis.compose.chord import Chord
from anacrusis.compose.meter import Meter
from anacrusis.compose.rules import Contour, Grid, Leap, NoCrossing, Silent
from anacrusis.compose.score import Bar, ChordSpan, Note, Score, Section, Track
from anacrusis.datasets.evaluation.windows import Window

TUNE = (60, 62, 64, 65, 67, 65, 64, 62) * 4


def piece(bars: int = 8) -> Score:
    """A melody in quarters over a bass that rests every second bar, all in C."""
    melody = tuple(Note(12 * n, pitch, 12, 80) for n, pitch in enumerate(TUNE[: 4 * bars]))
    bass = tuple(Note(48 * bar, 48, 48, 84) for bar in range(0, bars, 2))
    tracks = (Track("flute", "melody", 73, melody), Track("cello", "bass", 42, bass))
    return Score(
        (Bar(Meter()),) * bars, tracks, sections=(Section("A", 0, bars),),
        chords=(ChordSpan(0, 48 * bars, Chord.parse("C")),),
    )  # fmt: skip


def notes_of(score: Score) -> tuple[Note, ...]:
    return score.tracks[0].notes


def test_rules_are_read_off_a_piece():
    score = written(piece())
    rules = derived_rules(score, plan_of(score, "song"))
    said = {str(rule) for rule in rules}
    assert {"flute: leap 2", "flute: range C4-G4", "flute: grid 1/4", "flute: onsets 4"} <= said
    assert {"cello: silent in bar 2", "flute: contour arch in bars 1-2", "cello: voices 1"} <= said
    assert {Contour, Grid, Leap, NoCrossing, Silent} <= {type(rule) for rule in rules}


@pytest.mark.parametrize(
    ("notes", "why"),
    [
        ((Note(1, 60, 4, 80),), "off the grid"),
        ((Note(0, 60, 24, 80), Note(12, 60, 12, 80)), "struck again"),
        ((Note(0, 60, 12, 80),), "silent bar"),
    ],
)
def test_what_composing_never_writes_is_told(notes, why):
    score = replace(piece(2), tracks=(Track("flute", "melody", 73, notes),))
    with pytest.raises(Stricter, match=why):
        written(score)


@pytest.mark.parametrize("chords", [False, True])
def test_masks_never_make_what_they_allow_less_likely(chords):
    score = piece()
    if chords:
        melody = tuple(replace(n, pitch=(60, 64, 67)[n.onset % 36 // 12]) for n in notes_of(score))
        score = replace(score, tracks=(replace(score.tracks[0], notes=melody),))
    reading = rules_quality.Reading()
    rules_quality.read_windows([("song", score)], MockModel(), chords, reading)
    assert (reading.windows, reading.forbidden.total()) == (1, 0)
    assert len(reading.nats) > 2 * len(notes_of(score))
    assert all(whole >= form >= masked - 1e-12 for whole, form, masked in reading.nats)


def test_a_window_is_read_up_to_what_composing_would_not_write():
    score = piece()
    melody = tuple(replace(n, pitch=61) if n.onset == 96 else n for n in notes_of(score))
    score = replace(score, tracks=(replace(score.tracks[0], notes=melody),))
    reading = rules_quality.Reading()
    rules_quality.read_windows([("song", score)], MockModel(), True, reading)
    assert reading.forbidden.total() == 1
    assert 0 < len(reading.nats) < 2 * len(melody)


def test_tables_are_printed(monkeypatch, capsys, tmp_path):
    window = Window("p", "p", "song", piece(), True)
    monkeypatch.setattr(rules_quality, "held_out", lambda data, cache, split: [window])
    monkeypatch.setattr(rules_quality.Runtime, "load", lambda folder: MockModel())
    monkeypatch.setattr("sys.argv", ["quality", str(tmp_path)])
    assert rules_quality.main() == 0
    said = capsys.readouterr().out
    assert "| without chords | 1 |" in said
    assert "| songs (refused) | 1 (0) | 1 (0) | 1 (0) |" in said
