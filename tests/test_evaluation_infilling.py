"""Infilling: what is hidden, what counts as alike, and the two baselines."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_model import MockModel
from strategies import scores

from anacrusis.compose.chord import Chord
from anacrusis.compose.decoding.fill import fill
from anacrusis.compose.decoding.writer import emptied
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, ChordSpan, Note, Score, Track
from anacrusis.datasets.evaluation.infilling import (
    BARS,
    HIDDEN,
    BarsByChord,
    Likeness,
    Task,
    compare,
    evaluate,
    nearest_bar,
    table,
    tasks,
)
from anacrusis.datasets.evaluation.windows import Window


def piece(seed: int = 0, bars: int = 20) -> Score:
    rng = np.random.default_rng(seed)
    roots = ("C", "F", "G", "A")
    chords = tuple(ChordSpan(48 * bar, 48, Chord(roots[bar % 4], "maj")) for bar in range(bars))

    def line(low: int) -> tuple[Note, ...]:
        return tuple(
            Note(12 * beat, low + int(rng.integers(12)), 12, 80) for beat in range(4 * bars)
        )

    tracks = (Track("melody", "melody", 73, line(72)), Track("bass", "bass", 32, line(36)))
    return Score((Bar(Meter(4, 4)),) * bars, tracks, chords=chords)


def windows(count: int) -> list[Window]:
    return [Window(f"piece {n}", f"piece {n}", "game", piece(n), True) for n in range(count)]


def test_each_kind_hides_what_it_says() -> None:
    found = tasks(windows(6), 4)
    assert [task.kind for task in found] == [kind for kind in HIDDEN for _ in range(4)]
    assert found == tasks(windows(6), 4) != tasks(windows(6), 4, seed=1)
    for task in found:
        assert len(task.score.bars) == BARS
        assert all(len(bars) == HIDDEN[task.kind] for bars in task.blanks.values())
        assert len(task.blanks) == (2 if task.kind.startswith("all") else 1)
        rest = emptied(task.score, task.blanks)
        for place, bars in task.blanks.items():
            left = {task.score.bar_at(note.onset) for note in rest.tracks[place].notes}
            assert not left & set(bars)
    short = [Window("short", "short", "game", piece(0, BARS - 1), True)]
    silent = [Window("silent", "silent", "game", Score((Bar(Meter(4, 4)),) * 20), True)]
    assert tasks(short, 2) == tasks(silent, 2) == []


def task_of(*notes: Note) -> Task:
    score = Score((Bar(Meter(4, 4)),) * 4, (Track("x", "melody", 73, notes),))
    return Task("x", "game", "k", score, {0: range(1, 3)})


def test_likeness_is_counted_in_the_hidden_bars_alone() -> None:
    truth = (Note(0, 60, 12), Note(48, 60, 12), Note(60, 64, 36), Note(144, 60, 12))
    task = task_of(*truth)
    assert compare(task, task.score) == Likeness(1, 1, 1)
    assert compare(task, emptied(task.score, task.blanks)) == Likeness(0, 0, 0)
    moved = replace(task.score.tracks[0], notes=(Note(48, 72, 12), Note(60, 64, 36)))
    found = compare(task, replace(task.score, tracks=(moved,)))
    assert found == Likeness(0.5, 1.0, 1.0)  # an octave higher: another note, the same class
    half = replace(task.score.tracks[0], notes=(Note(48, 60, 12),))
    found = compare(task, replace(task.score, tracks=(half,)))
    assert found == Likeness(pytest.approx(2 / 3), 0.25, pytest.approx(2 / 3))


@settings(max_examples=30)
@given(scores(), scores(), st.integers(0, 100))
def test_likeness_lies_between_nothing_and_all(one: Score, other: Score, seed: int) -> None:
    if not one.tracks or not other.tracks:
        return
    count = len(one.bars)
    task = Task("x", "game", "k", one, {0: range(seed % count, count)})
    assert all(0 <= value <= 1 for value in compare(task, other))


def test_the_bar_before_is_copied() -> None:
    task = task_of(Note(0, 60, 12), Note(24, 62, 6), Note(50, 70, 12), Note(144, 65, 12))
    notes = nearest_bar(task, 0).tracks[0].notes
    assert [(note.onset, note.pitch) for note in notes] == [
        (0, 60), (24, 62), (48, 60), (72, 62), (96, 60), (120, 62), (144, 65),
    ]  # fmt: skip
    whole = task._replace(blanks={0: range(4)})
    assert nearest_bar(whole, 0).tracks[0].notes == ()


def test_training_bars_are_drawn_from_all_pieces() -> None:
    first, last = piece(5, 40), replace(piece(6, 40), tempos=())
    low = tuple(replace(note, pitch=note.pitch % 12) for note in last.tracks[1].notes)
    last = replace(last, tracks=(last.tracks[0], replace(last.tracks[1], notes=low)))
    bars = BarsByChord([("game", first), ("game", last)], most=4)
    score = piece(1, 40)
    found = bars.write(Task("x", "game", "k", score, {1: range(40)}), 3).tracks[1].notes
    assert {note.pitch < 24 for note in found} == {False, True}


def test_training_bars_are_moved_to_the_chord() -> None:
    bars = BarsByChord([("game", piece(5))])
    score = piece(1, 16)
    task = Task("x", "game", "k", score, {1: range(16)})
    found = bars.write(task, 3)
    assert found.tracks[0] == score.tracks[0]
    source = piece(5)
    for bar in range(16):

        def relative(score: Score, bar: int) -> tuple[tuple[int, int], ...]:
            root = score.chord_at(48 * bar).root_class
            notes = score.tracks[1].notes
            return tuple(
                (n.onset % 48, n.pitch - root) for n in notes if score.bar_at(n.onset) == bar
            )

        assert relative(found, bar) in {relative(source, place) for place in range(20)}
    other = Task("x", "quartet", "k", score, {1: range(16)})
    assert bars.write(other, 3).tracks[1].notes == ()


def test_the_table_has_every_writer_and_the_truth_is_best() -> None:
    found = tasks(windows(3), 2)
    writers = {
        "truth": lambda task, seed: task.score,
        "before": nearest_bar,
        "model": lambda task, seed: fill(
            emptied(task.score, task.blanks), task.blanks, task.style, model=MockModel(), seed=seed
        ),
    }
    rows = evaluate(found, writers)
    assert len(rows) == 3 * (len(HIDDEN) + 1)
    by_name = {(row.kind, row.writer): row for row in rows}
    assert by_name["all", "truth"].means == Likeness(1, 1, 1)
    assert by_name["all", "truth"].tasks == len(found)
    assert 0 < by_name["all", "before"].means.rhythm <= 1
    assert by_name["all", "model"].means.notes < 0.5
    assert table(rows).count("\n") == len(rows) + 1
