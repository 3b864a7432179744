"""Accompaniment: what is hidden and given, chords within the key, and the published measures."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_model import MockModel

from anacrusis.compose.chord import Chord
from anacrusis.compose.decoding.fill import fill
from anacrusis.compose.decoding.writer import emptied
from anacrusis.compose.errors import DataError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, ChordSpan, KeyChange, Note, Score, Track
from anacrusis.datasets.evaluation.accompaniment import (
    BARS,
    Measures,
    compare,
    evaluate,
    harmonised,
    stretches,
    table,
    within_key,
)
from anacrusis.datasets.evaluation.tasks import Task
from anacrusis.datasets.loaders.piece import Piece

SYMBOLS = ("C", "Am", "F", "G7", "E7", "D", "Bb", "Fm", "C#dim7", "Gsus4", "A7/C#", "Baug", "N.C.")


def song(symbols: tuple[str, ...] = ("C", "Am", "E7", "F"), key: str = "C major") -> Score:
    bars = 12
    chords = [Chord.parse(symbols[bar % len(symbols)]) for bar in range(bars)]
    melody = tuple(Note(12 * n, 72 + (0, 4, 7, 9)[n % 4], 12, 80) for n in range(4 * bars))
    piano = tuple(
        sorted(
            Note(48 * bar + 24 * half, 48 + tone, 24, 70)
            for bar, chord in enumerate(chords)
            for half in range(2)
            for tone in chord.classes
        )
    )
    tracks = (Track("melody", "melody", 0, melody), Track("piano", "chords", 0, piano))
    spans = tuple(ChordSpan(48 * bar, 48, chord) for bar, chord in enumerate(chords))
    keys = (KeyChange(0, Key.parse(key)),)
    return Score((Bar(Meter(4, 4)),) * bars, tracks, chords=spans, keys=keys)


def task(symbols: tuple[str, ...] = ("C", "Am", "E7", "F")) -> Task:
    return stretches([Piece("pop909/1", song(symbols), "song")], 1)[0]


def test_the_accompaniment_is_hidden_and_the_melody_is_given() -> None:
    found = stretches([Piece(f"pop909/{n}", song(), "song") for n in range(4)], 3)
    assert len(found) == 3
    for one in found:
        assert len(one.score.bars) == BARS and dict(one.blanks) == {1: range(BARS)}
    assert found == stretches([Piece(f"pop909/{n}", song(), "song") for n in range(4)], 3)
    mute = replace(song(), tracks=(song().tracks[0], replace(song().tracks[1], notes=())))
    with pytest.raises(DataError, match="no song has a stretch"):
        stretches([Piece("pop909/1", mute, "song")], 1)


@given(
    st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=6), st.integers(0, 11), st.booleans()
)
def test_chords_within_the_key_have_no_note_outside_it(
    symbols: list[str], tonic: int, minor: bool
) -> None:
    key = Key.from_class(tonic, "minor" if minor else "major")
    try:
        before = stretches([Piece("p/1", song(tuple(symbols), str(key)), "song")], 1)
    except DataError:
        return
    after = within_key(before[0])
    assert after.blanks == before[0].blanks
    for old, new in zip(before[0].score.chords, after.score.chords, strict=True):
        assert (old.onset, old.duration) == (new.onset, new.duration)
        assert not new.chord.is_none and set(new.chord.classes) <= set(key.scale)
        if set(old.chord.classes) <= set(key.scale) and not old.chord.is_none:
            assert new.chord == old.chord


def test_nothing_outside_the_key_is_written_within_it() -> None:
    inside = within_key(task())
    hidden = emptied(inside.score, inside.blanks)
    for seed in range(3):
        written = fill(hidden, inside.blanks, inside.style, seed=seed, model=MockModel())
        assert written.tracks[1].notes
        assert {note.pitch % 12 for note in written.tracks[1].notes} <= {0, 2, 4, 5, 7, 9, 11}


def test_harmonising_knows_the_melody_alone() -> None:
    one = harmonised(task())
    assert one.score.tracks == task().score.tracks and one.kind == "harmonisation"
    other = harmonised(task(symbols=("F#", "Bm")))
    assert one.score.chords == other.score.chords and one.score.chords


def test_the_song_itself_measures_as_itself() -> None:
    pytest.importorskip("smg_metrics")
    found = task(symbols=("C", "Am", "F", "G"))
    same = compare(found, found.score)
    assert same == pytest.approx(Measures(0.0, 0.0, 1.0, 1.0, 1.0), abs=1e-5)
    strange = task(symbols=("C", "E7"))
    assert compare(strange, strange.score).outside_stated == pytest.approx(0.5)
    silent = emptied(found.score, found.blanks)
    assert compare(found, silent) == Measures(0.0, 0.0, 0.0, 0.0, 0.0)
    piano = found.score.tracks[1]
    up = tuple(replace(note, pitch=note.pitch + 6) for note in piano.notes)
    moved = replace(found.score, tracks=(found.score.tracks[0], replace(piano, notes=up)))
    far = compare(found, moved)
    assert far.chords == far.roll == 0.0 and far.progressions < 0.9 and far.outside_stated > 0.9


def test_every_writer_does_every_task() -> None:
    pytest.importorskip("smg_metrics")

    def people(one: Task, number: int) -> Score:
        del number
        return one.score

    rows = evaluate([task(), task(symbols=("C", "G"))], {"people": people})
    assert [row.kind for row in rows] == [
        "the song itself", "accompaniment", "accompaniment within the key", "harmonisation",
    ]  # fmt: skip
    assert all(row.tasks == 2 for row in rows)
    assert "| accompaniment | people | 2 |" in table(rows)
