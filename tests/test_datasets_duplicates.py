"""The same music is known again in disguise, and lies in one split."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anacrusis.compose.chord import Chord
from anacrusis.compose.instruments import DRUM_KIT
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, ChordSpan, Note, Score, Section, TempoChange, Track
from anacrusis.datasets.duplicates import Entry, divide, fingerprint
from anacrusis.datasets.likeness import Likeness, likenesses
from anacrusis.datasets.loaders.piece import Piece
from anacrusis.datasets.ngrams import ngrams
from anacrusis.datasets.splits import group_of


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


def entry(
    name: str,
    split: str = "train",
    own: bool = False,
    *,
    style: str = "hymn",
    copy: str | None = None,
    group: str = "",
) -> Entry:
    return Entry(name, style, split, own, copy, group or name)


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
    assert division.held_out == ("a",) and division.copies == ()
    entries = [entry("a", "valid", own=True), entry("b", "test", own=True)]
    assert divide(entries, [like(0, 1)]).splits == {"a": "valid", "b": "test"}


def test_a_work_lies_in_one_split_with_what_one_movement_is_like() -> None:
    entries = [entry(f"sonata/{n}", group="sonata") for n in (1, 2, 3)] + [entry("b", "test")]
    division = divide(entries, [like(1, 3)])
    assert set(division.splits.values()) == {"test"}
    assert [(pair.one, pair.other) for pair in division.pairs] == [("sonata/2", "b")]


LINE = tuple(Note(12 * i, 60 + (i * i) % 11, 12, 80) for i in range(40))
HIGHER = tuple(replace(note, pitch=note.pitch + 3) for note in LINE)
HI_HAT = tuple(Note(6 * i, 42, 3, 80) for i in range(200))


def of(*tracks: tuple[Note, ...], drums: tuple[Note, ...] = ()) -> str | None:
    """Fingerprint of a score with these tracks."""
    kit = (Track("kit", "drums", DRUM_KIT, drums),) if drums else ()
    lines = tuple(Track(str(i), "melody", 0, notes) for i, notes in enumerate(tracks))
    return fingerprint(Score((Bar(Meter()),) * 30, lines + kit))


def test_a_fingerprint_is_of_all_notes_in_any_key() -> None:
    assert of(LINE) is not None
    assert of(LINE) == of(HIGHER) == of(LINE, drums=HI_HAT)
    assert of(LINE[:5]) is None
    assert of(LINE, HIGHER) != of(LINE)
    assert of(LINE) != of((*LINE[:-1], replace(LINE[-1], pitch=90)))
    assert of(LINE, drums=HI_HAT) != of((*LINE[:20], *HIGHER[20:]), drums=HI_HAT)
    kick = (*HI_HAT, Note(1200, 36, 3, 80))
    assert of(drums=HI_HAT) != of(drums=kick) != of(drums=HI_HAT[:100])
    assert of(drums=HI_HAT) != of(drums=tuple(replace(n, pitch=38) for n in HI_HAT))


def chart(*symbols: str, title: str = "", sections: tuple[Section, ...] = ()) -> Score:
    """A bar for each chord, no notes."""
    spans = tuple(ChordSpan(48 * i, 48, Chord.parse(text)) for i, text in enumerate(symbols))
    return Score((Bar(Meter()),) * 8, chords=spans, sections=sections, title=title)


def test_charts_have_fingerprints_whatever_their_length() -> None:
    same = fingerprint(chart("N", "C", "F", "G:7", "C/E"))
    assert same is not None
    assert fingerprint(chart("N", "Eb", "Ab", "Bb:7", "Eb/G", title="again")) == same
    for other in (
        ("N", "C", "F", "G", "C/E"),
        ("C", "F", "G:7", "C/E"),
        ("N", "C", "F", "G:7", "C"),
    ):
        assert fingerprint(chart(*other)) != same
    form = (Section("verse", 0, 4), Section("chorus", 4, 4))
    assert fingerprint(chart(sections=form)) not in (None, fingerprint(chart(sections=form[:1])))
    assert fingerprint(chart()) is None


def test_charts_that_are_the_same_are_used_once_and_never_across_splits() -> None:
    copy = fingerprint(chart("C", "F", "G:7"))
    entries = [
        entry("0362", style="chart", copy=copy), entry("0263", "valid", style="chart", copy=copy),
        entry("0400", style="chart", copy=fingerprint(chart("C", "G"))),
    ]  # fmt: skip
    assert divide(entries, []).splits == {"0263": "valid", "0362": None, "0400": "train"}


def test_a_song_whose_form_was_annotated_twice_is_one_group() -> None:
    form = (Section("verse", 0, 4),)
    one = replace(chart(title="One Thing", sections=form), composer="The Éxample")
    two = replace(one, title="onething", composer="Example", bars=one.bars * 2)
    assert group_of(Piece("harmonix_structure/1", one, "chart")) == group_of(
        Piece("salami_structure/2", two, "chart")
    )
    another = replace(one, composer="Somebody else")
    assert group_of(Piece("a/1", another, "chart")) != group_of(Piece("a/1", one, "chart"))
    with_chords = replace(one, chords=(ChordSpan(0, 48, Chord("C")),))
    assert group_of(Piece("charts/1", with_chords, "chart")) == "charts/1"
    assert group_of(Piece("a/1", replace(one, title="?"), "chart")) == "a/1"


def test_exact_copies_are_used_once() -> None:
    entries = [
        entry("a", copy="x"), entry("b", copy="x"), entry("c", style="song", copy="y"), entry("d"),
    ]  # fmt: skip
    assert divide(entries, []).copies == ("b",)
    held = entry("e", "test", style="lead sheet", copy="x")
    assert divide([*entries, held], []).copies == ("a", "b")
