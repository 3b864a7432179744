"""Register augmentation: a track moves by an octave, the rest of a document stays."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anacrusis.compose.instruments import DRUM_KIT, program_range
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, TempoChange, Track
from anacrusis.compose.tokens.attributes import register_level
from anacrusis.compose.tokens.decode import decode
from anacrusis.compose.tokens.encode import encode
from anacrusis.compose.tokens.octaves import move_octave
from anacrusis.compose.tokens.vocabulary import vocabulary

V = vocabulary()


def line(pitches: list[int]) -> tuple[Note, ...]:
    return tuple(Note(12 * i, pitch, 12, 80) for i, pitch in enumerate(pitches))


def band(melody: list[int], bass: list[int]) -> Score:
    tracks = (
        Track("flute", "melody", 73, line(melody)),
        Track("bass", "bass", 33, line(bass)),
        Track("drums", "drums", DRUM_KIT, line([36, 38])),
    )
    return Score((Bar(Meter()),) * 2, tracks, (TempoChange(0, 100.0),))


def tokens_of(score: Score) -> np.ndarray:
    return encode(score, "game", stated=lambda track, attribute: True).ids


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(60, 96), min_size=1, max_size=8),
    st.lists(st.integers(28, 55), min_size=1, max_size=8),
    st.integers(0, 1000),
)
def test_one_track_moves_by_an_octave_within_its_range_or_none(
    melody: list[int], bass: list[int], seed: int
):
    score = band(melody, bass)
    before = tokens_of(score)
    after = move_octave(before, np.random.default_rng(seed))
    read = decode(after)
    moved = []
    for old, new in zip(score.tracks, read.tracks, strict=True):
        steps = {b.pitch - a.pitch for a, b in zip(old.notes, new.notes, strict=True)}
        assert len(steps) == 1 and abs(next(iter(steps))) in (0, 12)
        if steps != {0}:
            moved.append(new)
    assert len(moved) <= 1
    for track in moved:
        low, high = program_range(track.program)
        assert low <= min(n.pitch for n in track.notes) <= max(n.pitch for n in track.notes) <= high
    # The document is the one that the moved score has: the register attribute follows.
    tracks = tuple(
        replace(
            old,
            notes=tuple(
                replace(n, pitch=m.pitch) for n, m in zip(old.notes, new.notes, strict=True)
            ),
        )
        for old, new in zip(score.tracks, read.tracks, strict=True)
    )
    assert np.array_equal(after, tokens_of(replace(score, tracks=tracks)))


def test_both_directions_and_all_pitched_tracks_are_drawn():
    before = tokens_of(band([72, 74, 76, 77], [40, 41, 43, 40]))
    found = {move_octave(before, np.random.default_rng(seed)).tobytes() for seed in range(60)}
    assert len(found) == 4  # as it was, melody up, melody down, bass up or down


@pytest.mark.parametrize("document", [[], ["BOS"], ["BOS", "EOS"]])
def test_documents_without_pitches_stay(document: list[str]):
    tokens = np.array([V.id(name) for name in document], np.uint16)
    assert move_octave(tokens, np.random.default_rng(0)) is tokens


def test_the_register_follows():
    before = tokens_of(band([72, 74, 76, 77], [60]))
    start, stop = V.spans["Register"]
    levels = set()
    for seed in range(40):
        after = move_octave(before, np.random.default_rng(seed))
        levels.add(int(after[(after >= start) & (after < stop)][0]) - start)
    assert levels >= {register_level(74), register_level(74 + 12)}
