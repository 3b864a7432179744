"""Bars and tracks addressed as people do."""

from itertools import pairwise
from typing import Any

import pytest
from edit_songs import song
from hypothesis import given
from hypothesis import strategies as st

from anacrusis.compose.edit import Selection, parse_selection
from anacrusis.compose.edit.places import numbers_text, parse_numbers, runs, whole
from anacrusis.compose.errors import AnacrusisError, EditError
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, Section, Track

FOUR = Meter(4, 4)
PICKUP = Score(
    (Bar(FOUR, 12), *(Bar(FOUR),) * 8),
    (
        Track("piano", "chords", 0, tuple(Note(12 * i, 60, 12) for i in range(33))),
        Track("bass, low", "bass", 33),
        Track("bars 3", "pad", 89),
    ),
    sections=(Section("A", 1, 4), Section("chorus", 5, 2), Section("chorus", 7, 2)),
)


def test_slices_are_pythons_and_numbers_are_peoples() -> None:
    made = song()
    assert made["piano"].bars[5:9] == Selection(("piano",), (5, 6, 7, 8))
    assert made.bars[3].numbers == (3,)
    assert made.bars[-1].numbers == (16,)
    assert made.bars[:3].numbers == (1, 2)
    assert made.bars[14:].numbers == (14, 15, 16)
    assert made.bars[1:9:2].numbers == (1, 3, 5, 7)
    assert made.bars[:] == made.all == made.select("all")
    assert made["bass", "flute"].tracks == ("flute", "bass")
    assert made.section("chorus 2").numbers == (13, 14, 15, 16)
    assert made["piano"].section("chorus") == made["piano"].bars[5:9]
    assert made["piano"].bars[5:9].cells(made.score) == {("piano", bar) for bar in (4, 5, 6, 7)}


def test_a_pickup_is_bar_0() -> None:
    everything = whole(PICKUP)
    assert everything.numbers == tuple(range(9))
    assert everything.bars[0].cells(PICKUP) == {(t.name, 0) for t in PICKUP.tracks}
    assert everything.bars[1:5].numbers == everything.section("A").numbers == (1, 2, 3, 4)
    notes = everything.bars[0].notes
    assert [note.onset for note in notes] == [0]
    assert [note.onset for note in everything.bars[1].notes] == [12, 24, 36, 48]


@pytest.mark.parametrize(
    ("take", "said"),
    [
        (lambda s: s.bars[0], "bar 0 is not in bars 1-16"),
        (lambda s: s.bars[17], "bar 17"),
        (lambda s: s.bars[10:18], "bar 17"),
        (lambda s: s.bars[9:5], "holds no bars"),
        (lambda s: s["oboe"], "no track 'oboe'; tracks: flute, piano, bass, drums"),
        (lambda s: s.section("coda"), "no section"),
        (lambda s: s.section("chorus").bars[3], "bar 3 is not in bars 5-8"),
        (lambda s: s.select("oboe: bars 1-2"), "'oboe' names no track"),
        (lambda s: s.select("piano: bars 8-40"), "bar 17"),
        (lambda s: Selection(("piano",), (1,)).bars[1], "belongs to no song"),
        (lambda s: Selection(("piano",), (99,)).cells(s.score), "no bar 99; bars: 1 to 16"),
    ],
)
def test_what_is_not_there_is_said(take: Any, said: str) -> None:
    with pytest.raises(EditError, match=said):
        take(song())


@pytest.mark.parametrize(
    ("text", "tracks", "numbers"),
    [
        ("piano: bars 5-8", ("piano",), (5, 6, 7, 8)),
        ("piano bars 5-8", ("piano",), (5, 6, 7, 8)),
        ("piano 5-8, 2", ("piano",), (2, 5, 6, 7, 8)),
        ("piano: chorus 2", ("piano",), (7, 8)),
        ("piano chorus", ("piano",), (5, 6)),
        ("piano", ("piano",), tuple(range(9))),
        ("piano, bass, low", (), ()),
        ("bass, low: bar 0", ("bass, low",), (0,)),
        ('"bass, low" , piano: chorus', ("piano", "bass, low"), (5, 6)),
        ("bars 3", ("bars 3",), tuple(range(9))),
        ("bars 3-4", ("piano", "bass, low", "bars 3"), (3, 4)),
        ("all: bars 3", ("piano", "bass, low", "bars 3"), (3,)),
        ("bars 3: bar 3", ("bars 3",), (3,)),
        ("piano, bars 3: A", ("piano", "bars 3"), (1, 2, 3, 4)),
        ("all", ("piano", "bass, low", "bars 3"), tuple(range(9))),
        (" ", (), ()),
    ],
)
def test_a_text_names_tracks_and_bars(
    text: str, tracks: tuple[str, ...], numbers: tuple[int, ...]
) -> None:
    if not tracks:
        with pytest.raises(EditError):
            parse_selection(text, PICKUP)
        return
    found = parse_selection(text, PICKUP)
    assert (found.tracks, found.numbers) == (tracks, numbers)
    assert Selection.from_data(found.to_data()) == found
    assert parse_selection(str(found), PICKUP) == found


@given(st.sets(st.integers(0, 300), min_size=1))
def test_numbers_are_read_as_they_are_written(numbers: set[int]) -> None:
    assert parse_numbers(numbers_text(numbers)) == tuple(sorted(numbers))


@given(st.lists(st.integers(0, 60)))
def test_runs_hold_each_number_once_and_never_touch(numbers: list[int]) -> None:
    found = runs(numbers)
    assert [number for run in found for number in run] == sorted(set(numbers))
    assert all(a.stop < b.start for a, b in pairwise(found))


@given(st.text(max_size=30))
def test_any_text_is_a_place_or_refused(text: str) -> None:
    try:
        found = parse_selection(text, PICKUP)
    except AnacrusisError:
        return
    found.cells(PICKUP)
