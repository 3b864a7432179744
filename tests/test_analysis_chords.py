"""Chord analysis on made-up textures."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anacrusis.compose.analysis.chords import analyse_chords
from anacrusis.compose.chord import Chord
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, Track

PROGRESSIONS = {
    "C major": ["C", "Am", "F", "G7", "C/E", "Dm7", "G7", "C"],
    "A minor": ["Am", "Dm", "E7", "Am", "F", "Bdim", "E7", "Am"],
    "G major": ["G", "Em", "C", "D7", "B7", "Em", "Gsus4", "G"],
    "Eb major": ["Eb", "Ab", "Bb7", "Cm", "Ab", "Eb/G", "Bb7", "Eb"],
}


def texture(symbols: list[str], kind: str, meter: Meter | None = None) -> Score:
    """One chord a bar: held ("block"), broken in eighths, or in four voices with passing tones."""
    meter = meter or Meter(4, 4)
    notes: list[Note] = []
    for bar, symbol in enumerate(symbols):
        chord = Chord.parse(symbol)
        start, length = bar * meter.ticks, meter.ticks
        notes.append(Note(start, 36 + chord.bass_class, length))
        tones = sorted(60 + tone for tone in chord.classes)
        if kind == "broken":
            for i in range(length // 6):
                notes.append(Note(start + 6 * i, tones[i % len(tones)], 6))
        else:
            notes += [Note(start, tone, length) for tone in tones]
        if kind == "passing":
            notes += [Note(start + 6, tones[0] + 14, 3), Note(start + 18, tones[1] + 13, 3)]
    bars = (Bar(meter),) * len(symbols)
    return Score(bars, (Track("piano", "chords", 0, tuple(notes)),))


@pytest.mark.parametrize("kind", ["block", "passing"])
@pytest.mark.parametrize("key", list(PROGRESSIONS))
def test_block_chords_are_read_exactly(key: str, kind: str) -> None:
    symbols = PROGRESSIONS[key]
    lane = analyse_chords(texture(symbols, kind), Key.parse(key))
    assert [str(span.chord) for span in lane] == symbols
    assert [span.onset for span in lane] == [48 * bar for bar in range(len(symbols))]


@pytest.mark.parametrize("key", list(PROGRESSIONS))
def test_broken_chords_are_read_by_root(key: str) -> None:
    symbols = PROGRESSIONS[key]
    score = texture(symbols, "broken")
    lane = analyse_chords(score, Key.parse(key))
    score = Score(score.bars, chords=lane)
    right = 0
    for bar, symbol in enumerate(symbols):
        found, wanted = score.chord_at(48 * bar), Chord.parse(symbol)
        assert found is not None
        right += found.root_class == wanted.root_class
    assert right >= len(symbols) - 1


@pytest.mark.parametrize("meter", [Meter(3, 4), Meter(6, 8), Meter(2, 2), Meter(7, 8), Meter(5, 4)])
def test_other_meters(meter: Meter) -> None:
    symbols = ["C", "F", "G7", "C"]
    lane = analyse_chords(texture(symbols, "block", meter), Key())
    assert [str(span.chord) for span in lane] == symbols


def test_chords_change_within_a_bar_and_after_a_pickup() -> None:
    notes = [Note(0, 67, 12), Note(0, 43, 12), Note(0, 59, 12), Note(0, 62, 12)]
    for onset, pitches in ((12, (48, 64, 67, 72)), (36, (43, 62, 67, 71)), (60, (48, 64, 67, 72))):
        notes += [Note(onset, pitch, 24) for pitch in pitches]
    score = Score(
        (Bar(Meter(4, 4), 12), Bar(Meter(4, 4)), Bar(Meter(4, 4))),
        (Track("choir", "chords", 52, tuple(notes)),),
    )
    lane = analyse_chords(score, Key())
    assert [(span.onset, str(span.chord)) for span in lane] == [
        (0, "G"), (12, "C"), (36, "G"), (60, "C"),
    ]  # fmt: skip


def test_a_diminished_seventh_is_named_by_its_leading_tone() -> None:
    score = texture(["C", "C#dim7", "Dm", "G7", "C"], "block")
    assert str(analyse_chords(score, Key())[1].chord) == "C#dim7"
    score = texture(["Am", "G#dim7", "Am"], "block")
    assert str(analyse_chords(score, Key.parse("Am"))[1].chord) == "G#dim7"


def test_empty_bars_leave_a_gap_and_drums_are_not_harmony() -> None:
    played = texture(["C", "C", "C"], "block").tracks[0].notes
    notes = tuple(note for note in played if note.onset != 48)
    drums = Track("kit", "drums", -1, tuple(Note(12 * i, 38, 3) for i in range(12)))
    score = Score((Bar(Meter()),) * 3, (Track("piano", "chords", 0, notes), drums))
    lane = analyse_chords(score, Key())
    assert [(span.onset, span.end) for span in lane] == [(0, 48), (96, 144)]
    assert analyse_chords(Score(score.bars, (drums,))) == ()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 180), st.integers(0, 127), st.integers(1, 100)),
        max_size=40,
    ),
    st.sampled_from([Meter(4, 4), Meter(3, 8), Meter(5, 8), Meter(2, 2), Meter(1, 16)]),
)
def test_any_notes_give_an_ordered_lane_within_the_bars(
    rows: list[tuple[int, int, int]], meter: Meter
) -> None:
    bars = (Bar(meter),) * (181 // meter.ticks + 1)
    notes = tuple(Note(*row) for row in rows)
    score = Score(bars, (Track("t", "chords", 0, notes),))
    lane = analyse_chords(score, Key.parse("F minor"))
    Score(bars, chords=lane)
    assert all(a.end <= b.onset for a, b in pairwise(lane))
    assert all(Chord.parse(str(span.chord)) == span.chord for span in lane)
