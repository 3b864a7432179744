"""The vocabulary never moves: weights and shards depend on every id."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anacrusis.compose.chord import QUALITIES
from anacrusis.compose.key import MODES
from anacrusis.compose.meter import MAX_BAR_TICKS, all_meters
from anacrusis.compose.tokens.vocabulary import (
    SECTION_LABELS,
    TEMPOS,
    duration_name,
    section_label,
    tempo_step,
    vocabulary,
)

GOLDEN = {
    "PAD_None": 0,
    "BOS_None": 1,
    "EOS_None": 2,
    "Plan_None": 3,
    "Bar_None": 4,
    "Ahead_None": 5,
    "Now_None": 6,
    "End_None": 7,
    "Style_game": 8,
    "Style_lead sheet": 12,
    "Style_chart": 14,
    "Track_melody1": 15,
    "Track_bass1": 35,
    "Track_drums4": 42,
    "Program_-1": 43,
    "Program_0": 44,
    "Program_127": 171,
    "NoteDensity_0": 172,
    "NoteDensity_7": 179,
    "Register_0": 180,
    "Register_7": 187,
    "Polyphony_1": 188,
    "Polyphony_8": 195,
    "Section_A": 196,
    "Section_verse": 205,
    "Section_section": 219,
    "KeyTonic_0": 220,
    "KeyTonic_11": 231,
    "KeyMode_major": 232,
    "KeyMode_dorian": 234,
    "KeyMode_locrian": 238,
    "Tempo_30.0": 239,
    "Tempo_120.0": 270,
    "Tempo_300.0": 291,
    "TimeSig_1/2": 292,
    "TimeSig_6/8": 309,
    "TimeSig_15/16": 333,
    "ChordRoot_0": 334,
    "ChordQuality_N": 346,
    "ChordQuality_maj": 347,
    "ChordQuality_7": 356,
    "ChordQuality_1": 398,
    "ChordBass_0": 399,
    "ChordBass_11": 410,
    "Position_0": 411,
    "Position_95": 506,
    "Velocity_4": 507,
    "Velocity_80": 526,
    "Velocity_128": 538,
    "Pitch_0": 539,
    "Pitch_60": 599,
    "Pitch_127": 666,
    "PitchDrum_27": 667,
    "PitchDrum_87": 727,
    "Duration_0.1.12": 728,
    "Duration_1.0.12": 739,
    "Duration_8.0.12": 823,
    "Partly_None": 824,
}
TYPES = (
    "PAD", "BOS", "EOS", "Plan", "Bar", "Ahead", "Now", "End", "Style", "Track", "Program",
    "NoteDensity", "Register", "Polyphony", "Section", "KeyTonic", "KeyMode", "Tempo", "TimeSig",
    "ChordRoot", "ChordQuality", "ChordBass", "Position", "Velocity", "Pitch", "PitchDrum",
    "Duration", "Partly",
)  # fmt: skip


@pytest.mark.parametrize(("name", "token"), GOLDEN.items())
def test_golden_ids(name: str, token: int):
    assert vocabulary().name(token) == name


def test_size_and_digest():
    v = vocabulary()
    assert len(v) == 825
    assert v.digest == "78514b9b2ae391fa"
    assert {name.split("_")[0] for name in GOLDEN} == set(TYPES) == set(v.types)


def test_names_are_unique():
    names = vocabulary().names
    assert len(set(names)) == len(names)


def test_id_value_type_and_name_agree():
    v = vocabulary()
    for token in range(len(v)):
        kind, value = v.type(token), v.value(token)
        assert v.id(kind, value) == token
        assert v.name(token) == f"{kind}_{value}"
        assert v.start(kind) <= token < v.spans[kind].stop


def test_spans_cover_everything_once():
    v = vocabulary()
    covered = [token for kind in TYPES for token in range(*v.spans[kind])]
    assert covered == list(range(len(v)))


def test_values_that_there_is_no_token_for():
    with pytest.raises(KeyError):
        vocabulary().id("Pitch", 128)
    with pytest.raises(KeyError):
        vocabulary().id("Chord")


def test_everything_the_score_knows_has_a_token():
    v = vocabulary()
    for meter in all_meters():
        assert v.value(v.id("TimeSig", str(meter))) == str(meter)
        assert meter.ticks <= MAX_BAR_TICKS
    for quality in QUALITIES:
        v.id("ChordQuality", quality)
    for mode in MODES:
        v.id("KeyMode", mode)


def test_mask():
    v = vocabulary()
    mask = v.mask("Pitch", "Bar")
    assert mask.sum() == 129
    assert mask[v.id("Bar")] and mask[v.id("Pitch", 0)] and not mask[v.id("PitchDrum", 35)]


def test_duration_names_are_beats_and_ticks():
    assert [duration_name(t) for t in (1, 12, 18, 96)] == ["0.1.12", "1.0.12", "1.6.12", "8.0.12"]


@given(st.integers(-24, 24))
def test_transposing_permutes_roots_keys_and_basses_and_moves_pitches(semitones: int):
    v = vocabulary()
    table = v.transpose_table(semitones)
    assert len(table) == len(v)
    for kind in ("KeyTonic", "ChordRoot", "ChordBass"):
        span = range(*v.spans[kind])
        assert sorted(table[span]) == list(span)
        for value in range(12):
            assert table[v.id(kind, value)] == v.id(kind, (value + semitones) % 12)
    for pitch in range(128):
        moved = pitch + semitones if 0 <= pitch + semitones <= 127 else pitch
        assert table[v.id("Pitch", pitch)] == v.id("Pitch", moved)
    moving = v.mask("KeyTonic", "ChordRoot", "ChordBass", "Pitch")
    assert np.array_equal(table[~moving], np.flatnonzero(~moving))


@given(st.integers(-11, 11), st.integers(24, 100))
def test_transposing_back_gives_the_same_pitch(semitones: int, pitch: int):
    v = vocabulary()
    token = v.id("Pitch", pitch)
    assert v.transpose_table(-semitones)[v.transpose_table(semitones)[token]] == token


@pytest.mark.parametrize("label", SECTION_LABELS)
def test_a_label_is_its_own_label(label: str):
    assert section_label(label) == label


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Verse 2", "verse"),
        ("verse_b", "verse"),
        ("Pre Chorus", "pre-chorus"),
        ("prechorus", "pre-chorus"),
        ("Refrain", "chorus"),
        ("CHORUS (last)", "chorus"),
        ("Middle Eight", "bridge"),
        ("Breakdown", "break"),
        ("fade out", "outro"),
        ("Coda", "ending"),
        ("A", "A"),
        ("a2", "A"),
        ("B'", "B"),
        ("H section", "H"),
        ("Aria", "section"),
        ("I", "section"),
        ("été", "section"),
        ("", "section"),
    ],
)
def test_section_labels(name: str, label: str):
    assert section_label(name) == label


@given(st.text(max_size=20))
def test_every_section_name_has_a_label(name: str):
    assert section_label(name) in SECTION_LABELS


def test_tempo_steps_are_sorted_and_keep_themselves():
    assert list(TEMPOS) == sorted(set(TEMPOS))
    assert [tempo_step(bpm) for bpm in TEMPOS] == list(range(len(TEMPOS)))


@pytest.mark.parametrize(
    ("bpm", "step"), [(20, 30), (61, 60), (62, 63), (119, 120), (124, 126), (150, 152), (1000, 300)]
)
def test_nearest_tempo_step(bpm: float, step: float):
    assert TEMPOS[tempo_step(bpm)] == step


@given(st.floats(30, 300))
def test_tempo_steps_are_within_four_percent(bpm: float):
    assert abs(TEMPOS[tempo_step(bpm)] / bpm - 1) < 0.04
