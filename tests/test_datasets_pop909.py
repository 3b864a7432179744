"""POP909: three archives read as one, on a song made here."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.midi_write import write_midi
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, KeyChange, Note, Score, TempoChange, Track
from anacrusis.datasets.loaders.load import list_units, load_unit
from anacrusis.datasets.loaders.pop909 import name_chord
from anacrusis.datasets.loaders.pop909_form import align, read_labels, read_melody
from anacrusis.datasets.loaders.snap import snap
from anacrusis.datasets.registry import card_named

FIRST = 6
"""Beats before the labels' first bar: a full bar, and a half bar."""
BARS = 12
CUT = 5
"""The bar of the labels before which the song has a half bar more."""


def beat_of(bar: int) -> int:
    """First beat in the song of a bar of the labels."""
    return FIRST + 4 * bar + (2 if bar >= CUT else 0)


def write_song(folder: Path, labels: str = "A5B5o2", known: bool = True) -> None:
    """A song at 120 beats a minute whose notes come 0.25 ticks late."""
    played, gridded, labelled = [], [], []
    for bar in range(BARS):
        for beat in range(4):
            pitch = 60 + (7 * bar + 5 * beat + beat * bar) % 17
            tick = 12 * (beat_of(bar) + beat)
            played.append(Note(tick, pitch, 12, 40 + bar, 0.25))
            gridded.append(Note(tick + 12, pitch, 12, 40 + bar))
            labelled.append(f"{pitch if known else 40} 4")
    roots = [Note(12 * beat_of(bar), 48, 48, 30 + bar) for bar in range(BARS)]
    bars = (Bar(Meter()),) * (BARS + 5)
    tempo = (TempoChange(0, 120.0),)
    song = folder / "pop909" / "POP909" / "001"
    edition = folder / "pop909_cl" / "POP909_processed"
    structure = folder / "pop909_structure" / "POP909" / "001"
    for place in (song, edition, structure):
        place.mkdir(parents=True)
    tracks = (Track("MELODY", notes=tuple(played)), Track("PIANO", "chords", 0, tuple(roots)))
    write_midi(Score(bars, tracks, tempo), song / "001.mid")
    (song / "beat_midi.txt").write_text("".join(f"{b / 2} 1.0 0.0\n" for b in range(64)), "utf-8")
    moved = [Note(n.onset + 12, n.pitch, n.duration, n.velocity) for n in roots]
    chords = [
        Note(12 * (beat_of(bar) + 1), pitch, 48 if bar != CUT - 1 else 72, 90)
        for bar in range(BARS)
        for pitch in ((57, 60, 64) if bar % 2 else (52, 55, 60))
    ]
    score = Score(
        bars,
        (Track("piano", "chords", 0, tuple(sorted(gridded + moved))),
         Track("chords", "chords", 0, tuple(chords))),
        tempo, (KeyChange(0, Key("A", "minor")),),
    )  # fmt: skip
    write_midi(score, edition / "001.mid")
    (structure / "melody.txt").write_text("\n".join(labelled), "utf-8")
    (structure / "human_label1.txt").write_text(labels, "utf-8")
    (structure / "human_label2.txt").write_text("A12", "utf-8")
    lines = "A:min [0, 4, 9] 9 4\n" * BARS
    (structure / "finalized_chord.txt").write_text(lines, "utf-8")


def test_three_archives_are_one_song(tmp_path: Path) -> None:
    write_song(tmp_path)
    card, folder = card_named("pop909"), tmp_path / "pop909"
    (unit,) = list_units(card, folder)
    result = load_unit(card, folder, unit)
    assert result.refused == ()
    (piece,) = result.pieces
    score = piece.score
    assert piece.id == "pop909/001"
    assert [(t.name, t.role) for t in score.tracks] == [("melody", "melody"), ("piano", "chords")]
    lengths = [bar.ticks for bar in score.bars]
    assert lengths == [48] * CUT + [24] + [48] * (BARS - CUT)
    assert [(s.name, s.bar, s.bars) for s in score.sections] == [
        ("A", 0, 6), ("B", 6, 5), ("outro", 11, 2),
    ]  # fmt: skip
    starts = [
        start for start, length in zip(score.bar_starts, lengths, strict=False) if length > 24
    ]
    assert [note.onset for note in score.tracks[1].notes] == starts
    assert all(note.shift == 0.25 for note in score.tracks[0].notes)
    assert [str(span.chord) for span in score.chords] == ["C/E", "Am"] * (BARS // 2)
    assert [span.onset for span in score.chords] == starts
    assert score.keys == (KeyChange(0, Key("A", "minor")),)
    assert score.tempos == (TempoChange(0, 120.0),)
    assert not [reason for reason in piece.losses.counts if "sections" in reason]


@pytest.mark.parametrize(
    ("labels", "known", "reason"),
    [
        ("A40", True, "40 bars"),
        ("verse", True, "no letters"),
        ("A5B7", False, "not that of the song"),
    ],
)
def test_labels_that_do_not_fit_are_left_out_with_a_reason(
    labels: str, known: bool, reason: str, tmp_path: Path
) -> None:
    write_song(tmp_path, labels, known)
    card, folder = card_named("pop909"), tmp_path / "pop909"
    (piece,) = load_unit(card, folder, list_units(card, folder)[0]).pieces
    assert piece.score.sections == () and piece.score.chords
    (loss,) = [key for key in piece.losses.counts if key.startswith("sections not aligned")]
    assert reason in loss


@pytest.mark.parametrize(
    "broken", ["pop909_cl/POP909_processed/001.mid", "pop909/POP909/001/beat_midi.txt"]
)
def test_a_song_that_lacks_a_part_is_refused(broken: str, tmp_path: Path) -> None:
    write_song(tmp_path)
    (tmp_path / broken).write_bytes(b"")
    card, folder = card_named("pop909"), tmp_path / "pop909"
    result = load_unit(card, folder, list_units(card, folder)[0])
    assert result.pieces == () and result.refused[0].reason


@pytest.mark.parametrize(
    "name", ["pop909/POP909/001/beat_midi.txt", "melody.txt", "human_label1.txt",
             "finalized_chord.txt", "pop909_cl/POP909_processed/001.mid"]
)  # fmt: skip
@pytest.mark.parametrize(
    "text",
    ["", "\x00", "60", "60 4 4 4", "-9 -9", "nan", "1e999 1e999", "A:min [0] 9 inf", "A99" * 40],
)
def test_no_text_in_any_file_stops_reading(name: str, text: str, tmp_path: Path) -> None:
    write_song(tmp_path)
    place = name if "/" in name else f"pop909_structure/POP909/001/{name}"
    (tmp_path / place).write_text(text, "utf-8")
    card, folder = card_named("pop909"), tmp_path / "pop909"
    result = load_unit(card, folder, list_units(card, folder)[0])
    if result.pieces:
        assert any("not aligned" in reason for reason in result.pieces[0].losses.counts)
    else:
        assert "unexpected" not in result.refused[0].reason


def test_companions_are_listed_as_read_with_their_set(tmp_path: Path) -> None:
    write_song(tmp_path)
    for name in ("pop909_cl", "pop909_structure"):
        card, folder = card_named(name), tmp_path / name
        (unit,) = list_units(card, folder)
        assert "together" in load_unit(card, folder, unit).refused[0].reason


@pytest.mark.parametrize(
    ("pitches", "symbol", "complete"),
    [
        ([60, 64, 67], "C", True), ([64, 67, 72], "C/E", True), ([57, 60, 64, 67], "Am7", True),
        ([60, 64, 67, 69], "C6", True), ([60, 62, 67], "Csus2", True), ([60, 64], "C", False),
        ([60, 61, 62], "N.C.", False), ([58, 62, 65], "Bb", True),
    ],
)  # fmt: skip
def test_chords_are_named_from_their_notes(pitches: list[int], symbol: str, complete: bool) -> None:
    chord, found = name_chord(pitches, flats=True)
    assert (str(chord), found) == (symbol, complete)


@given(st.lists(st.integers(0, 127), min_size=1, max_size=8), st.booleans())
def test_any_notes_give_a_chord_that_stands_on_the_lowest(pitches: list[int], flats: bool) -> None:
    chord, complete = name_chord(pitches, flats)
    if not chord.is_none:
        assert chord.bass_class == min(pitches) % 12
        assert {pitch % 12 for pitch in pitches} <= set(chord.classes)
    assert not (complete and chord.is_none)


@pytest.mark.parametrize("text", ["", "A", "4A", "A4 B4", "i4A8!", "A0"])
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="letters"):
        read_labels(text)


def test_a_melody_is_found_where_bars_were_cut() -> None:
    labelled = read_melody("\n".join(f"{60 + i * i % 13} 4" for i in range(40)))
    song = [(onset + (7 if onset < 20 else 9), pitch) for onset, pitch in labelled]
    assert align(labelled, song) == [(0.0, 7), (20.0, 9)]
    with pytest.raises(DataError, match="not that of the song"):
        align(labelled, [(onset, pitch + 20) for onset, pitch in song])
    with pytest.raises(DataError, match="no melody"):
        align([], song)


@given(st.lists(st.floats(0, 500), max_size=30))
def test_snapping_moves_nothing_far(places: list[float]) -> None:
    for place, tick in zip(places, snap(places), strict=True):
        assert abs(place - tick) <= 2.0
        assert tick % 3 == 0 or tick % 4 == 0
