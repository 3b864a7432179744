"""Keys, meters, pitches and instruments: the small value types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import keys

from anacrusis.compose.errors import SymbolError
from anacrusis.compose.instruments import (
    DRUM_KIT,
    GM_NAMES,
    ROLES,
    parse_instrument,
    program_name,
    program_range,
    role_default,
    role_of_instrument,
)
from anacrusis.compose.key import MODES, Key, fifths_name
from anacrusis.compose.meter import MAX_BAR_TICKS, TICKS_PER_QUARTER, Meter, all_meters
from anacrusis.compose.pitch import (
    class_to_name,
    name_to_class,
    normalise_accidentals,
    parse_pitch,
    pitch_name,
)

KEYS = [
    ("C", "C major", 0),
    ("Am", "A minor", 0),
    ("a", "A minor", 0),
    ("f#", "F# minor", 3),
    ("F# minor", "F# minor", 3),
    ("f♯-minor", "F# minor", 3),
    ("Bb", "Bb major", -2),
    ("bb", "Bb minor", -5),
    ("B", "B major", 5),
    ("b", "B minor", 2),
    ("C:min", "C minor", -3),
    ("Eb_major", "Eb major", -3),
    ("D dorian", "D dorian", 0),
    ("D DORIAN", "D dorian", 0),
    ("A aeolian", "A minor", 0),
    ("C ionian", "C major", 0),
    ("F lydian", "F lydian", 0),
    ("G mixolydian", "G mixolydian", 0),
    ("E phrygian", "E phrygian", 0),
    ("B locrian", "B locrian", 0),
    ("CM", "C major", 0),
    ("C#", "C# major", 7),
    ("Cb", "Cb major", -7),
]


@pytest.mark.parametrize(("text", "written", "fifths"), KEYS)
def test_keys_as_people_write_them(text, written, fifths):
    key = Key.parse(text)
    assert (str(key), key.fifths) == (written, fifths)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "H",
        "N",
        "C-",
        "C sharp major",
        "c major",
        "d dorian",
        "D doric",
        "G#",
        "Fb",
        "C4",
        "4/4",
    ],
)
def test_keys_that_are_refused(text):
    with pytest.raises(SymbolError) as caught:
        Key.parse(text)
    assert repr(text) in str(caught.value)


@given(keys())
def test_keys_read_back(key):
    assert Key.parse(str(key)) == key
    assert Key.from_fifths(key.fifths, key.mode) == key
    assert len(set(key.scale)) == 7
    assert key.scale[0] == key.tonic_class


@given(keys(), st.integers(-30, 30))
def test_keys_transpose(key, semitones):
    moved = key.transpose(semitones)
    assert moved.scale == tuple((c + semitones) % 12 for c in key.scale)
    assert -7 <= moved.fifths <= 7


@given(st.text(max_size=40) | st.text("ABCDEFGabcdefg#♭x majorinMdl-:_", max_size=14))
def test_any_text_is_a_key_or_an_error(text):
    try:
        key = Key.parse(text)
    except SymbolError:
        return
    assert Key.parse(str(key)) == key


def test_a_signature_is_the_scale_of_its_major_key():
    for mode in MODES:
        for fifths in range(-7, 8):
            key, major = Key.from_fifths(fifths, mode), Key.from_fifths(fifths)
            assert set(key.scale) == set(major.scale)
    assert [fifths_name(n) for n in (-8, -1, 0, 6, 13)] == ["Fb", "F", "C", "F#", "F##"]


METERS = [
    ("4/4", 48, (0, 12, 24, 36), (0, 24)),
    ("C", 48, (0, 12, 24, 36), (0, 24)),
    ("C|", 48, (0, 24), (0,)),
    ("3/4", 36, (0, 12, 24), (0,)),
    ("6/8", 36, (0, 18), (0, 18)),
    ("9/8", 54, (0, 18, 36), (0,)),
    ("12/8", 72, (0, 18, 36, 54), (0, 36)),
    ("5/4", 60, (0, 12, 24, 36, 48), (0, 36)),
    ("7/4", 84, (0, 12, 24, 36, 48, 60, 72), (0, 48)),
    ("5/8", 30, (0, 18), (0, 18)),
    ("7/8", 42, (0, 12, 24), (0, 12, 24)),
    ("8/8", 48, (0, 18, 36), (0, 18, 36)),
    ("2/4", 24, (0, 12), (0,)),
    ("1/16", 3, (0,), (0,)),
    (" 15 / 16 ", 45, (0, 9, 18, 27, 36), (0,)),
]


@pytest.mark.parametrize(("text", "ticks", "beats", "strong"), METERS)
def test_meters(text, ticks, beats, strong):
    meter = Meter.parse(text)
    assert (meter.ticks, meter.beats, meter.strong) == (ticks, beats, strong)


@pytest.mark.parametrize(
    "text", ["", "4", "4:4", "4/3", "0/4", "4/0", "16/8", "9/4", "5/2", "-3/4", "4/4/4", "99/99"]
)
def test_meters_that_are_refused(text):
    with pytest.raises(SymbolError):
        Meter.parse(text)


def test_every_meter_keeps_the_rules_of_beats():
    for meter in all_meters():
        assert Meter.parse(str(meter)) == meter
        assert 0 < meter.ticks <= MAX_BAR_TICKS
        assert meter.unit * meter.denominator == 4 * TICKS_PER_QUARTER
        assert meter.beats[0] == meter.strong[0] == 0
        assert set(meter.strong) <= set(meter.beats)
        assert list(meter.beats) == sorted(set(meter.beats))
        assert meter.beats[-1] < meter.ticks


@given(st.text(max_size=40) | st.text("0123456789/ C|-", max_size=10))
def test_any_text_is_a_meter_or_an_error(text):
    try:
        meter = Meter.parse(text)
    except SymbolError:
        return
    assert meter in all_meters()


def test_pitch_names():
    assert [parse_pitch(p) for p in ("C4", "Bb3", "B#3", "Cb4", "F##2", "C-1", "G9", "60", 60)] == [
        60, 58, 60, 59, 43, 0, 127, 60, 60,
    ]  # fmt: skip
    assert normalise_accidentals("B♭ F♯ G𝄪 E𝄫") == "Bb F# Gx Ebb"
    assert [class_to_name(10, flats) for flats in (False, True)] == ["A#", "Bb"]
    for pitch in range(128):
        for flats in (False, True):
            assert parse_pitch(pitch_name(pitch, flats)) == pitch


@pytest.mark.parametrize("text", ["", "H4", "C", "C10", "G#9", "Cb-1", "128", -1, 128, "c4"])
def test_pitches_that_are_refused(text):
    with pytest.raises(SymbolError):
        parse_pitch(text)


@given(st.text(max_size=12))
def test_any_text_is_a_pitch_or_an_error(text):
    for read, top in ((parse_pitch, 127), (name_to_class, 11)):
        try:
            assert 0 <= read(text) <= top
        except SymbolError:
            continue


def test_every_instrument_has_a_name_a_range_and_a_role():
    assert len(GM_NAMES) == len(set(GM_NAMES)) == 128
    for program in (DRUM_KIT, *range(128)):
        assert parse_instrument(program_name(program)) == program
        low, high = program_range(program)
        assert high - low >= 12
        assert role_of_instrument(program) in ROLES
    for role in ROLES:
        usual = role_default(role)
        assert usual.low < usual.high
        assert (usual.program == DRUM_KIT) == (role == "drums")


@pytest.mark.parametrize(
    ("text", "program"),
    [("Piano", 0), ("CELLO", 42), ("drum_kit", -1), ("electric  guitar", 27), (73, 73), (-1, -1)],
)
def test_instruments_as_people_write_them(text, program):
    assert parse_instrument(text) == program


@pytest.mark.parametrize("text", ["", "kazoo", "flut", 128, -2, True])
def test_instruments_that_are_refused(text):
    with pytest.raises(SymbolError, match=r"allowed|did you mean|use a"):
        parse_instrument(text)


def test_unknown_roles_are_refused():
    with pytest.raises(SymbolError, match="melody"):
        role_default("soloist")
