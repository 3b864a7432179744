"""Loaders on small files made here."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import DataError
from anacrusis.compose.files.losses import Losses
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
from anacrusis.datasets.annotate import annotate
from anacrusis.datasets.loaders.abc_pickup import pickup_ticks, with_pickup
from anacrusis.datasets.loaders.charts import parse_chart
from anacrusis.datasets.loaders.chorales import chorale_score, find_meter
from anacrusis.datasets.loaders.clean import cut, merge_notes, tidy
from anacrusis.datasets.loaders.drums import Performance, groove_score
from anacrusis.datasets.loaders.ensembles import (
    as_band,
    as_hymn,
    as_lead_sheet,
    as_quartet,
    as_song,
)
from anacrusis.datasets.loaders.load import list_units, load_unit
from anacrusis.datasets.loaders.piece import Piece, Refusal, UnitResult
from anacrusis.datasets.loaders.regrid import find_tempo, needs_regrid, regrid
from anacrusis.datasets.pieces import read_unit, unit_path, write_unit
from anacrusis.datasets.registry import card_named

CHART = """# title: A Song
# artist: A Singer
# metre: 4/4
# tonic: A

0.0\tsilence
0.5\tA, intro, | A:min | F:maj G:maj |
4.5\tB, verse, | A:min . C:maj/3 . | (3/4) D:min | x2, (voice
12.0\t| E:7(b9,b13) | N |, voice)
16.0\tsilence
"""


def line(*pitches: int, program: int = 0, name: str = "line", step: int = 12) -> Track:
    notes = tuple(Note(step * i, pitch, step) for i, pitch in enumerate(pitches))
    return Track(name, "melody", program, notes)


def test_a_chart_is_read_bar_by_bar() -> None:
    score, losses = parse_chart(CHART)
    assert [bar.ticks for bar in score.bars] == [48, 48, 48, 36, 48, 36, 48, 48]
    assert [(s.name, s.bar, s.bars) for s in score.sections] == [("intro", 0, 2), ("verse", 2, 6)]
    assert str(score.keys[0].key) == "A minor"
    assert score.chord_at(48 + 24) == Chord.parse("G")
    assert str(score.chord_at(96 + 24)) == "C/E"
    assert score.chord_at(score.ticks - 1) == Chord.none()
    assert score.tempos[0].bpm == pytest.approx(120.0)
    assert losses.total == 1 and str(score.chord_at(score.bar_starts[6])) == "E7"


@pytest.mark.parametrize(
    "text", ["", "nonsense", "# metre: 9/4\n0.0\tA, | A:maj |", "0.0\tA, intro, | N |"]
)
def test_a_chart_without_music_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        parse_chart(text)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="0123456789.\tABCG:majin7|(/)x,*#-> \n", max_size=120))
def test_any_text_gives_a_chart_or_a_clear_refusal(text: str) -> None:
    try:
        parse_chart("# tonic: C\n" + text)
    except DataError as error:
        assert str(error)


def chorale_rows(pickup: int) -> list[list[int]]:
    """Phrases that end on half notes, each on a downbeat."""
    rows: list[list[int]] = []
    phrase = [(72, 4), (74, 4), (76, 4), (74, 4), (72, 12)]
    tune = [(71, 4)] * (pickup // 4) + [*phrase, (71, 4)] * 4
    for pitch, length in tune[:-1]:
        rows += [[pitch, pitch - 5, pitch - 12, pitch - 24]] * length
    return rows


def test_equal_neighbours_are_one_note_but_not_across_a_bar_line() -> None:
    grid = [[72, 67, 64, 48]] * 32
    score = chorale_score(grid)
    assert [t.role for t in score.tracks] == ["melody", "counter", "counter", "bass"]
    durations = [note.duration for note in score.tracks[0].notes]
    assert sum(durations) == 96 and max(durations) <= 48


@pytest.mark.parametrize("pickup", [0, 4])
def test_the_pickup_of_a_chorale_is_found(pickup: int) -> None:
    rows = chorale_rows(pickup)
    meter, found = find_meter([[row[v] for row in rows] for v in range(4)])
    assert (meter, found) == (Meter(4, 4), pickup)


@pytest.mark.parametrize("grid", [[], [[60, 60, 60]] * 40, [[200, 60, 55, 40]] * 40])
def test_a_malformed_grid_is_refused(grid: list[list[int]]) -> None:
    with pytest.raises(DataError):
        chorale_score(grid)


def test_a_file_of_chorales_keeps_its_own_division(tmp_path: Path) -> None:
    card = card_named("jsb_chorales")
    table = {"train": [chorale_rows(0)], "test": [chorale_rows(4), [[1, 2]]]}
    (tmp_path / card.pattern).write_text(json.dumps(table), "utf-8")
    results = [load_unit(card, tmp_path, unit) for unit in list_units(card, tmp_path)]
    pieces = [piece for result in results for piece in result.pieces]
    assert [(p.id, p.split) for p in pieces] == [
        ("jsb_chorales/train/000", "train"), ("jsb_chorales/test/000", "test"),
    ]  # fmt: skip
    assert results[2].refused[0].unit.endswith("test/001")


@pytest.mark.parametrize("content", [b"", b"MThd", b"\x00" * 400, b"<score-partwise/>"])
@pytest.mark.parametrize("name", ["freedoom_midi", "openscore_lieder", "mcgill_billboard_chords"])
def test_a_broken_file_is_a_refusal_with_a_reason(
    name: str, content: bytes, tmp_path: Path
) -> None:
    card = card_named(name)
    path = tmp_path / card.pattern.replace("**/", "").replace("*", "broken")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    (unit,) = list_units(card, tmp_path)
    result = load_unit(card, tmp_path, unit)
    assert result.pieces == () and result.refused[0].reason


def test_a_folder_without_the_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="groove_midi"):
        list_units(card_named("groove_midi"), tmp_path)


def test_strokes_are_snapped_to_sixteenths_or_triplets() -> None:
    straight = [Note(t, 36, 3, 90, shift) for t, shift in ((0, 0.4), (3, -0.5), (6, 0.6), (9, 1.0))]
    triplets = [Note(t, 40, 3, 70, 0.3) for t in (12, 16, 20)]
    late = [Note(24, 22, 3, 60, -0.9)]
    score = Score((Bar(Meter()),), (Track("kit", "drums", -1, (*straight, *triplets, *late)),))
    groove = groove_score(score, Performance(100.0, Meter(3, 4), "train"))
    notes = groove.tracks[0].notes
    assert [(n.onset, n.pitch) for n in notes] == [
        (0, 36), (3, 36), (6, 36), (9, 36), (12, 38), (16, 38), (20, 38), (24, 42),
    ]  # fmt: skip
    assert groove.tempos[0].bpm == 100.0 and groove.bars == (Bar(Meter(3, 4)),)
    assert [n.shift for n in notes] == [0.4, -0.5, 0.6, 1.0, 0.3, 0.3, 0.3, -0.9]


def test_empty_bars_at_the_ends_are_cut() -> None:
    notes = tuple(Note(96 + 6 * i, 60, 6, 80, 0.5) for i in range(8))
    score = Score(
        (Bar(Meter()),) * 5, (Track("a", notes=notes), Track("b")),
        (TempoChange(0, 90.0), TempoChange(48, 60.0), TempoChange(100, 500.0)),
        (KeyChange(0, Key("D")),), (Section("A", 0, 3), Section("B", 3, 2)),
        (ChordSpan(48, 96, Chord("D")),),
    )  # fmt: skip
    short = tidy(score)
    assert len(short.bars) == 1 and short.tempos == (TempoChange(0, 60.0),)
    assert [n.onset for n in short.tracks[0].notes] == list(range(0, 48, 6))
    assert all(n.shift == 0 for n in short.tracks[0].notes)
    assert short.keys == (KeyChange(0, Key("D")),) and len(short.tracks) == 1
    assert short.sections == (Section("A", 0, 1),)
    assert short.chords == (ChordSpan(0, 48, Chord("D")),)


def test_pieces_of_almost_nothing_are_refused() -> None:
    with pytest.raises(DataError, match="fewer than"):
        tidy(Score((Bar(Meter()),), (line(60, 62),)))


def test_notes_on_one_pitch_never_overlap() -> None:
    merged = merge_notes((Note(0, 60, 24), Note(0, 60, 6, 100), Note(12, 60, 12), Note(0, 64, 48)))
    assert merged == (Note(0, 60, 12, 100), Note(0, 64, 48), Note(12, 60, 12))


@given(st.integers(0, 5), st.integers(1, 6))
def test_a_cut_keeps_the_notes_of_its_bars(first: int, length: int) -> None:
    stop = min(first + length, 6)
    score = Score((Bar(Meter(3, 4)),) * 6, (line(*range(50, 68)),))
    part = cut(score, first, stop)
    expected = [50 + 3 * first + i for i in range(3 * (stop - first))]
    assert [note.pitch for note in part.tracks[0].notes] == expected
    assert part.ticks == 36 * (stop - first)


@pytest.mark.parametrize(
    ("length", "meter"), [(24, Meter(2, 4)), (18, Meter(3, 8)), (9, Meter(3, 16)), (None, Meter())]
)
def test_a_cut_that_begins_with_a_short_bar_keeps_the_places_of_its_notes(
    length: int | None, meter: Meter
) -> None:
    bars = (Bar(Meter()), Bar(Meter(), length), Bar(Meter()))
    start, after = Score(bars).bar_starts[1:3]
    score = Score(bars, (Track("a", "melody", 0, (Note(start, 60, 3), Note(after, 62, 3))),))
    part = cut(score, 1, 3)
    assert part.bars == (Bar(meter), Bar(Meter())) and part.lead(0) == 0
    assert [note.onset for note in part.tracks[0].notes] == [0, after - start]
    pickup = Score((Bar(Meter(), 12), Bar(Meter())), (Track("a", "melody", 0, (Note(0, 60, 3),)),))
    assert cut(pickup, 0, 1).lead(0) == 36


def four_bars(*tracks: Track) -> Score:
    return Score((Bar(Meter()),) * 4, tracks)


def test_ensembles_get_uniform_tracks() -> None:
    song = as_song(
        four_bars(
            line(*[72] * 8, program=52, name="Voice"),
            line(*[60, 64] * 4, name="Piano (right)"),
            line(*[48] * 8, name="Piano (left)"),
        )
    ).score
    assert [(t.name, t.role, t.program) for t in song.tracks] == [
        ("voice", "melody", 52), ("piano", "chords", 0),
    ]  # fmt: skip
    assert len(song.tracks[1].notes) == 16

    strings = [line(*[76 - 7 * i] * 8, program=40 + i // 2) for i in range(4)]
    quartet = as_quartet(four_bars(*strings)).score
    assert [t.role for t in quartet.tracks] == ["melody", "counter", "counter", "bass"]
    with pytest.raises(DataError, match="3 string parts"):
        as_quartet(four_bars(*strings[:3]))

    hymn = as_hymn(four_bars(*reversed(strings))).score
    assert [t.name for t in hymn.tracks] == ["soprano", "alto", "tenor", "bass"]
    assert hymn.tracks[0].notes[0].pitch == 76

    with pytest.raises(DataError, match="no chord symbols"):
        as_lead_sheet(four_bars(strings[0]))


def test_the_pickup_comes_from_the_abc() -> None:
    head = "X: 1\nM: 4/4\nL: 1/4\nK: C\n"
    assert pickup_ticks(head + "[V: S1] [Q:1/4=100] A | A2 G F |") == 12
    assert pickup_ticks(head + '!f! "G7" (3A/B/c/ | A2 G F |') == 12
    assert pickup_ticks(head + "A3/2 B/2 c | d4 |") == 36
    assert pickup_ticks(head + "|: A2 G F | E4 |") == 0
    assert pickup_ticks("not a tune") == 0
    score = with_pickup(Score((Bar(Meter()),) * 2, (line(*range(60, 68)),)), 12)
    assert [bar.ticks for bar in score.bars] == [12, 48, 48]
    assert score.position(0) == (0, 36)


def played_at(tempo: float, onsets: list[int], stated: float = 120.0) -> Score:
    """Onsets on sixteenths at a tempo, in a file that states another, rounded to 140 Hz."""
    seconds = np.round(np.array(onsets) * 15.0 / tempo * 140) / 140
    places = seconds * stated * 12 / 60
    notes = tuple(Note(int(p), 60 + i % 5, 3, 80, float(p - int(p))) for i, p in enumerate(places))
    bars = (Bar(Meter()),) * (int(places.max()) // 48 + 1)
    return Score(bars, (Track("t", notes=notes),), (TempoChange(0, stated),))


@pytest.mark.parametrize("tempo", [93.0, 104.5, 131.0, 145.0])
def test_the_beat_of_a_badly_gridded_sequence_is_found(tempo: float) -> None:
    onsets = [b * 16 + s for b in range(24) for s in (0, 4, 6, 8, 11, 12, 14)]
    score = played_at(tempo, onsets)
    assert needs_regrid(score)
    found = regrid(score)
    assert found is not None
    assert found.tempos[0].bpm == pytest.approx(tempo, rel=0.003)
    assert [n.onset for n in found.tracks[0].notes] == [3 * onset for onset in onsets]


def test_a_good_grid_is_left_and_noise_has_no_beat() -> None:
    onsets = [4 * i for i in range(64)]
    assert not needs_regrid(played_at(120.0, onsets))
    noise = np.cumsum(np.random.default_rng(0).uniform(0.05, 0.6, 300))
    assert find_tempo(noise) is None


def some_piece() -> Piece:
    score = Score(
        (Bar(Meter(4, 4), 12), Bar(Meter(4, 4)), Bar(Meter(3, 8))),
        (line(67, 60, 64, 62, 60, program=40), Track("kit", "drums", -1, (Note(12, 38, 3, 99),))),
        (TempoChange(0, 88.5),), (KeyChange(0, Key("F#", "minor")),), (Section("verse", 1, 2),),
        (ChordSpan(12, 24, Chord("F#", "min7", "A")), ChordSpan(36, 12, Chord.none())),
        "A title", "Someone",
    )  # fmt: skip
    return Piece("set/one", score, "song", Losses.none().with_("grace notes dropped", 2), "valid")


def test_cached_pieces_come_back_as_they_were(tmp_path: Path) -> None:
    result = UnitResult((some_piece(),), (Refusal("b.mid", "empty"),))
    write_unit(unit_path(tmp_path, "unit"), "unit", result)
    assert read_unit(unit_path(tmp_path, "unit")) == result


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=60))
def test_a_corrupt_cache_is_an_error_that_names_the_file(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("cache") / "x.json.gz"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"x\.json\.gz"):
        read_unit(path)


def test_annotation_gives_keys_chords_and_form_but_leaves_charts_alone() -> None:
    notes = [
        Note(48 * bar, pitch, 48)
        for bar, triad in enumerate([(57, 60, 64), (50, 53, 57), (52, 56, 59), (57, 60, 64)])
        for pitch in triad
    ]
    score = four_bars(Track("piano", "chords", 0, tuple(notes)))
    piece = annotate(Piece("set/one", score, "game"))
    assert [str(change.key) for change in piece.score.keys] == ["A minor"]
    assert [str(span.chord) for span in piece.score.chords] == ["Am", "Dm", "E", "Am"]
    assert [(section.name, section.bars) for section in piece.score.sections] == [("A", 4)]
    assert annotate(Piece("set/one", score, "quartet")).score.sections == ()
    named = replace(score, sections=(Section("verse", 0, 4),))
    assert annotate(Piece("set/one", named, "song")).score.sections == named.sections
    chart = Piece("set/two", parse_chart(CHART).score, "chart")
    assert annotate(chart) is chart


def test_sequences_whose_bars_the_notes_contradict_are_counted() -> None:
    """Bars of three quarters written as bars of four."""
    bass = Track("bass", "bass", 33, tuple(Note(36 * bar, 36 + 5 * (bar % 2), 36)
                                           for bar in range(40)))  # fmt: skip
    chords = [Note(36 * bar + beat, pitch + 5 * (bar % 2), 6)
              for bar in range(40) for beat in (12, 24) for pitch in (60, 64, 67)]  # fmt: skip
    tracks = (bass, Track("piano", "chords", 0, tuple(chords)))
    wrong = Score((Bar(Meter(4, 4)),) * 30, tracks)
    right = Score((Bar(Meter(3, 4)),) * 40, tracks)
    reason = "bar lines that the notes contradict"
    assert annotate(Piece("set/one", wrong, "game")).losses.counts == {reason: 1}
    assert not annotate(Piece("set/one", right, "game")).losses
    assert not annotate(Piece("set/one", wrong, "hymn")).losses


def test_percussion_on_a_pitched_channel_is_no_part_of_a_band() -> None:
    notes = tuple(Note(12 * beat, 60 + beat % 5, 6) for beat in range(32))
    bars = (Bar(Meter(4, 4)),) * 8
    parts = (Track("taiko", "bass", 116, notes), Track("flute", "melody", 73, notes))
    score, lost = as_band(Score(bars, parts))
    assert [track.program for track in score.tracks] == [73]
    assert lost.counts["tracks of percussion and noises"] == 1
    with pytest.raises(DataError, match="no tracks"):
        as_band(Score(bars, parts[:1]))
