"""Melodic matches: planted quotes are found, and a brute-force search finds the same."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import STYLES
from anacrusis.compose.score import Bar, Note, Score, Track
from anacrusis.datasets.evaluation.melodies import (
    NOTHING,
    TELLING,
    MelodyIndex,
    longest_match,
    melodies,
)
from anacrusis.datasets.evaluation.originality import (
    COMPOSED,
    HELD_OUT,
    figure,
    first_bars,
    listing,
    measure,
    plans,
    table,
)

Line = Sequence[tuple[int, int]]
"""(ticks since the note before, pitch)."""
SMALL = st.lists(st.tuples(st.integers(1, 2), st.integers(60, 64)), max_size=12)
LINES = st.lists(st.lists(SMALL, min_size=1, max_size=2), max_size=4)


def score_of(*lines: Line, program: int = 0) -> Score:
    tracks = []
    for number, line in enumerate(lines):
        onsets = np.cumsum([step for step, _ in line]) if line else []
        notes = [Note(int(t), p, 1) for t, (_, p) in zip(onsets, line, strict=True)]
        tracks.append(Track(f"t{number}", "melody", program, tuple(notes)))
    return Score((Bar(Meter()),) * 50, tuple(tracks))


def random_line(seed: int, notes: int, moves: int = 24) -> list[tuple[int, int]]:
    rng = np.random.default_rng(seed)
    return [(int(rng.choice([3, 6, 12])), int(rng.integers(50, 50 + moves))) for _ in range(notes)]


def brute(training: Sequence[Score], score: Score, various: int) -> int:
    """Notes of the longest match that has so many pitches, by trying all."""
    best = 0
    for one in melodies(score):
        mine = one.pairs().tolist()
        for other in (melody for piece in training for melody in melodies(piece)):
            theirs = other.pairs().tolist()
            for i in range(len(mine)):
                for j in range(len(theirs)):
                    k = 0
                    while (
                        i + k < len(mine) and j + k < len(theirs) and mine[i + k] == theirs[j + k]
                    ):
                        k += 1
                    if k and len(set(one.pitches[i : i + k + 1].tolist())) >= various:
                        best = max(best, k + 1)
    return best


@given(LINES, st.lists(SMALL, min_size=1, max_size=2))
def test_matches_are_those_of_a_search_that_tries_all(
    training: list[list[Line]], lines: list[Line]
) -> None:
    scores = [score_of(*piece) for piece in training]
    index = MelodyIndex.build((str(n), score) for n, score in enumerate(scores))
    suffixes = [index.text[start:].tolist() for start in index.order]
    assert suffixes == sorted(suffixes) and len(suffixes) == len(index.text)
    longest = longest_match(index, score_of(*lines))
    assert longest.any.notes == brute(scores, score_of(*lines), 1)
    assert longest.telling.notes == brute(scores, score_of(*lines), TELLING)


def test_a_quote_is_found_in_another_key_with_its_places() -> None:
    theirs, mine = random_line(1, 80), random_line(2, 60)
    quote = [(step, pitch - 5) for step, pitch in theirs[30:47]]
    index = MelodyIndex.build([("a", score_of(random_line(3, 70))), ("b", score_of(theirs))])
    song = score_of(random_line(4, 20), [*mine[:25], *quote, *mine[25:]])
    found = longest_match(index, song).telling
    assert found == longest_match(index, song).any
    assert (found.piece, found.track, found.notes) == ("b", "t1", 17)
    assert found.onset == song.track("t1").notes[25].onset
    assert found.piece_onset == score_of(theirs).tracks[0].notes[30].onset


def test_another_rhythm_is_no_match() -> None:
    theirs = random_line(1, 40)
    index = MelodyIndex.build([("b", score_of(theirs))])
    assert longest_match(index, score_of(theirs)).any.notes == 40
    other = score_of([(step * 3 + 1, pitch) for step, pitch in theirs])
    assert longest_match(index, other).any == NOTHING


def test_repeated_notes_do_not_tell() -> None:
    trill = [(3, 60 + n % 3) for n in range(50)]
    index = MelodyIndex.build([("trill", score_of(trill))])
    longest = longest_match(index, score_of(trill[:30]))
    assert longest.any.notes == 30 and longest.telling == NOTHING


def test_a_match_ends_with_its_melody() -> None:
    line = random_line(1, 40)
    index = MelodyIndex.build([("a", score_of(line[:20], line[20:])), ("b", score_of(line[10:15]))])
    assert longest_match(index, score_of(line)).any.notes == 20


def test_the_highest_note_at_an_onset_is_the_melody_and_drums_are_none() -> None:
    line = random_line(1, 30)
    low = tuple(Note(note.onset, note.pitch - 20, 1) for note in score_of(line).tracks[0].notes)
    thick = score_of(line)
    track = thick.tracks[0]
    thick = replace(thick, tracks=(replace(track, notes=(*track.notes, *low)),))
    index = MelodyIndex.build([("a", score_of(line))])
    assert longest_match(index, thick).any.notes == 30
    assert longest_match(index, score_of(line, program=-1)).any == NOTHING


def test_an_empty_index_matches_nothing() -> None:
    index = MelodyIndex.build([])
    assert longest_match(index, score_of(random_line(1, 9))).any == NOTHING


def test_rows_by_kind_and_style() -> None:
    line = random_line(1, 300)
    index = MelodyIndex.build([("a", score_of(line))])
    rows = measure(index, HELD_OUT, [("x", "game", score_of(line)), ("y", "song", score_of())])
    assert [row.piece for row in rows] == ["x"], "y has no melody"
    rows += measure(index, COMPOSED, [("z", "hymn", score_of(random_line(5, 30)))])
    cut = rows[0].longest.any.notes
    assert 1 < cut < 300, "only the first bars count"
    assert cut == len(first_bars(score_of(line)).tracks[0].notes)
    assert f"| held out, game | 1 | {cut}, {cut}, {cut} | {cut} |" in table(rows)
    assert len(table(rows).splitlines()) == 2 + 4
    assert listing(rows).splitlines()[1].startswith(f"held out,game,x,{cut},a,t0,")
    assert figure(rows).startswith(b"\x89PNG")


def test_plans_are_spread_over_styles_and_meters() -> None:
    found = list(plans(15, 7))
    assert len({(plan.style, plan.meter) for plan in found}) == 15
    assert [plan.seed for plan in found] == list(range(7, 22))
    assert all(plan.bars == 32 and plan.style in STYLES for plan in found)
