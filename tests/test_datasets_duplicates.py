"""The same music is known again in disguise, and lies in one split."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, TempoChange, Track
from anacrusis.datasets.duplicates import Entry, divide, fingerprint
from anacrusis.datasets.likeness import Likeness, likenesses
from anacrusis.datasets.ngrams import ngrams


def piece(seed: int, notes: int = 96) -> Score:
    """Two lines that wander by steps and leaps."""
    rng = np.random.default_rng(seed)
    tracks = []
    for role, middle in (("melody", 72), ("bass", 48)):
        heights = middle + np.clip(
            rng.choice([-4, -3, -2, -1, 1, 2, 3, 5], notes).cumsum(), -14, 14
        )
        lengths = rng.choice([6, 12, 12, 24], notes)
        onsets = np.cumsum(lengths) - lengths
        line = tuple(
            Note(int(at), int(height), int(long), 80)
            for at, height, long in zip(onsets, heights, lengths, strict=True)
        )
        tracks.append(Track(role, role, 0, line))
    end = max(track.notes[-1].end for track in tracks)
    return Score((Bar(Meter()),) * (end // 48 + 1), tuple(tracks), (TempoChange(0, 100.0),))


def disguised(score: Score, shift: int, drop: int | None, half: bool) -> Score:
    """Transposed, one voice dropped, the first half only."""
    tracks = [track for place, track in enumerate(score.tracks) if place != drop]
    stop = score.ticks // 2 if half else score.ticks
    return replace(
        score,
        tracks=tuple(
            replace(
                track,
                name="x",
                notes=tuple(
                    replace(n, pitch=n.pitch + shift) for n in track.notes if n.onset < stop
                ),
            )
            for track in tracks
        ),
    )


CORPUS = [piece(seed) for seed in range(30)]


@settings(max_examples=40, deadline=None)
@given(
    number=st.integers(0, len(CORPUS) - 1),
    shift=st.integers(-12, 12),
    drop=st.sampled_from((None, 0, 1)),
    half=st.booleans(),
)
def test_a_disguised_copy_is_found_and_nothing_else(
    number: int, shift: int, drop: int | None, half: bool
) -> None:
    copy = disguised(CORPUS[number], shift, drop, half)
    found = likenesses([ngrams(score) for score in [*CORPUS, copy]])
    assert [(like.one, like.other) for like in found] == [(number, len(CORPUS))]
    assert found[0].score > 0.5


def test_pieces_without_notes_are_like_nothing() -> None:
    empty = Score((Bar(Meter()),))
    assert likenesses([ngrams(empty), ngrams(empty), ngrams(piece(1))]) == []
    assert likenesses([]) == []


def entry(name: str, split: str = "train", own: bool = False, style: str = "hymn") -> Entry:
    return Entry(name, style, split, own, None)


def like(one: int, other: int) -> Likeness:
    return Likeness(one, other, "tune", 0.9, 20)


def test_a_group_lies_where_its_most_protected_member_lies() -> None:
    entries = [entry("a"), entry("b", "test"), entry("c", "valid"), entry("d"), entry("e")]
    division = divide(entries, [like(0, 1), like(0, 2)])
    assert division.splits == {"a": "test", "b": "test", "c": "test", "d": "train", "e": "train"}
    assert [(p.one, p.other) for p in division.pairs] == [("a", "b"), ("a", "c")]
    assert divide(entries, []).splits == {e.id: e.split for e in entries}


def test_a_piece_that_its_set_lets_train_is_left_out_beside_a_held_out_one() -> None:
    entries = [entry("a", "train", own=True), entry("b", "test", own=True), entry("c")]
    division = divide(entries, [like(0, 1), like(1, 2)])
    assert division.splits == {"a": None, "b": "test", "c": "test"}
    assert division.left_out == ("a",)
    entries = [entry("a", "valid", own=True), entry("b", "test", own=True)]
    assert divide(entries, [like(0, 1)]).splits == {"a": "valid", "b": "test"}


def test_exact_copies_are_used_once() -> None:
    line = tuple(Note(12 * i, 60 + (i * i) % 11, 12, 80) for i in range(40))
    higher = tuple(replace(note, pitch=note.pitch + 3) for note in line)
    bars = (Bar(Meter()),) * 10
    same = fingerprint(Score(bars, (Track("x", "melody", 0, line),)))
    assert same is not None
    assert fingerprint(Score(bars, (Track("y", "melody", 0, higher),))) == same
    assert fingerprint(Score(bars, (Track("x", "melody", 0, line[:5]),))) is None
    entries = [
        Entry("a", "hymn", "train", False, same), Entry("b", "hymn", "train", False, same),
        Entry("c", "song", "train", False, "other"), Entry("d", "hymn", "train", False, None),
    ]  # fmt: skip
    assert divide(entries, []).left_out == ("b",)
    held = Entry("e", "lead sheet", "test", False, same)
    assert divide([*entries, held], []).left_out == ("a", "b")
