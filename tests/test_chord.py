"""Chord symbols: what is read, what is refused, and that nothing changes on the way to text."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import chords

from anacrusis.compose.chord import (
    _MEANT,
    QUALITIES,
    Chord,
    _plain,
    _suffixes,
    degree_of,
    spelled_above,
)
from anacrusis.compose.errors import SymbolError
from anacrusis.compose.pitch import name_to_class

SPELLED = [letter + sign for letter in "CDEFGAB" for sign in ("", "#", "b", "##", "bb")]

# symbol, pitch classes from the root up, symbol as it is written back, Harte
GOLDEN = [
    ("C", (0, 4, 7), "C", "C:maj"),
    ("CM", (0, 4, 7), "C", "C:maj"),
    ("Am", (9, 0, 4), "Am", "A:min"),
    ("A-", (9, 0, 4), "Am", "A:min"),
    ("Bb", (10, 2, 5), "Bb", "Bb:maj"),
    ("Bb7", (10, 2, 5, 8), "Bb7", "Bb:7"),
    ("B♭7", (10, 2, 5, 8), "Bb7", "Bb:7"),
    ("B(b7)", None, None, None),
    ("Bbmaj7", (10, 2, 5, 9), "Bbmaj7", "Bb:maj7"),
    ("F#m7b5", (6, 9, 0, 4), "F#m7b5", "F#:hdim7"),
    ("F♯-7b5", (6, 9, 0, 4), "F#m7b5", "F#:hdim7"),
    ("Dø7", (2, 5, 8, 0), "Dm7b5", "D:hdim7"),
    ("DØ", (2, 5, 8, 0), "Dm7b5", "D:hdim7"),
    ("Dh7", (2, 5, 8, 0), "Dm7b5", "D:hdim7"),
    ("D°7", (2, 5, 8, 11), "Ddim7", "D:dim7"),
    ("Do", (2, 5, 8), "Ddim", "D:dim"),
    ("C0", None, None, None),
    ("G7(b9)", (7, 8, 11, 2, 5), "G7b9", "G:7(b9)"),
    ("G7 (b9)", (7, 8, 11, 2, 5), "G7b9", "G:7(b9)"),
    ("C69", (0, 2, 4, 7, 9), "C6/9", "C:maj6(9)"),
    ("C6/9", (0, 2, 4, 7, 9), "C6/9", "C:maj6(9)"),
    ("C6/9/E", (0, 2, 4, 7, 9), "C6/9/E", "C:maj6(9)/3"),
    ("Cm69", (0, 2, 3, 7, 9), "Cm6/9", "C:min6(9)"),
    ("C△7", (0, 4, 7, 11), "Cmaj7", "C:maj7"),
    ("CMA7", (0, 4, 7, 11), "Cmaj7", "C:maj7"),
    ("C^9", (0, 2, 4, 7, 11), "Cmaj9", "C:maj9"),
    ("CmM7", (0, 3, 7, 11), "Cm(maj7)", "C:minmaj7"),
    ("Caug", (0, 4, 8), "Caug", "C:aug"),
    ("C+7", (0, 4, 8, 10), "C7#5", "C:aug7"),
    ("Calt", (0, 3, 4, 8, 10), "C7#5#9", "C:7(#9,#5)"),
    ("C5", (0, 7), "C5", "C:5"),
    ("Db5", (1, 8), "Db5", "Db:5"),
    ("D(b5)", (2, 6, 8), "D(b5)", "D:maj(b5)"),
    ("Ebb5", None, None, None),
    ("Eb(b5)", (3, 7, 9), "Eb(b5)", "Eb:maj(b5)"),
    ("Ebb(5)", (2, 9), "Ebb(5)", "Ebb:5"),
    ("Bbb7", None, None, None),
    ("Bbb(7)", (9, 1, 4, 7), "Bbb(7)", "Bbb:7"),
    ("C2", None, None, None),
    ("Csus2", (0, 2, 7), "Csus2", "C:sus2"),
    ("Cadd9", (0, 2, 4, 7), "Cadd9", "C:maj(9)"),
    ("Csus", (0, 5, 7), "Csus4", "C:sus4"),
    ("C9sus", (0, 2, 5, 7, 10), "C9sus4", "C:sus4(b7,9)"),
    ("C13", (0, 2, 4, 7, 9, 10), "C13", "C:13"),
    ("C/E", (0, 4, 7), "C/E", "C:maj/3"),
    ("C/Bb", (0, 4, 7, 10), "C/Bb", "C:maj/b7"),
    ("C/A#", (0, 4, 7, 10), "C/A#", "C:maj/#6"),
    ("Cm/Eb", (0, 3, 7), "Cm/Eb", "C:min/b3"),
    ("C/C", (0, 4, 7), "C", "C:maj"),
    ("C/B#", (0, 4, 7), "C", "C:maj"),
    ("Fx", (7, 11, 2), "F##", "F##:maj"),
    ("C:min7/b3", (0, 3, 7, 10), "Cm7/Eb", "C:min7/b3"),
    ("C/3", (0, 4, 7), "C/E", "C:maj/3"),
    ("C:(1,3,5)", (0, 4, 7), "C", "C:maj"),
    ("C:maj(*3)", (0, 7), "C5", "C:5"),
    ("C:sus4(b7,9)", (0, 2, 5, 7, 10), "C9sus4", "C:sus4(b7,9)"),
    ("C:maj11", None, None, None),
    ("N.C.", (), "N.C.", "N"),
    ("NC", (), "N.C.", "N"),
    ("N", (), "N.C.", "N"),
    ("H7", None, None, None),
    ("am", None, None, None),
    ("", None, None, None),
    ("C/H", None, None, None),
    ("C/E/G", None, None, None),
    ("Cb5b5", None, None, None),
    ("C" * 50, None, None, None),
]


@pytest.mark.parametrize(("symbol", "classes", "written", "harte"), GOLDEN)
def test_golden(symbol, classes, written, harte):
    if classes is None:
        with pytest.raises(SymbolError) as caught:
            Chord.parse(symbol)
        assert repr(symbol[:40]) in str(caught.value)
    else:
        chord = Chord.parse(symbol)
        assert (chord.classes, str(chord), chord.harte) == (classes, written, harte)


def test_ambiguous_symbols_name_only_readable_ways_out():
    for symbol, ways in {"Ebb5": ["Eb(b5)", "Ebb(5)"], "Bbb7": ["Bbb(7)"]}.items():
        with pytest.raises(SymbolError, match="two ways") as caught:
            Chord.parse(symbol)
        assert str(caught.value).endswith("write " + " or ".join(ways))
        for way in ways:
            Chord.parse(way)


@pytest.mark.parametrize("quality", QUALITIES)
def test_every_quality_reads_back_in_both_syntaxes(quality):
    for root in SPELLED:
        for bass in (None, *SPELLED):
            chord = Chord(root, quality, bass)
            assert Chord.parse(str(chord)) == chord, str(chord)
            assert Chord.parse(chord.harte) == chord, chord.harte


@given(chords())
def test_round_trip(chord):
    assert Chord.parse(str(chord)) == Chord.parse(chord.harte) == chord


@given(st.text(max_size=60) | st.text("ABCDEFGabdijmMsu#x♭♯ø°△/:(),*+-^0123456789 ", max_size=20))
@example("C(" * 20)
@example("C:maj/99")
@example("C:(99)")
def test_any_text_is_a_chord_or_an_error(text):
    try:
        chord = Chord.parse(text)
    except SymbolError as error:
        assert len(str(error)) < 600  # an unprintable character takes ten
    else:
        assert Chord.parse(str(chord)) == Chord.parse(chord.harte) == chord
        assert len(set(chord.classes)) == len(chord.classes)


def test_degrees_are_spelled_by_their_letter():
    for root in SPELLED:
        for name in SPELLED:
            degree = degree_of(root, name)
            accidental, number = degree.rstrip("1234567"), int(degree[-1])
            natural = (0, 2, 4, 5, 7, 9, 11)[number - 1]
            shift = accidental.count("#") - accidental.count("b")
            assert spelled_above(root, number, natural + shift) == name


@pytest.mark.parametrize("semitones", range(-12, 13))
def test_transposing_moves_every_tone(semitones):
    for quality in QUALITIES:
        chord = Chord("Eb", quality, "F")
        moved = chord.transpose(semitones)
        assert sorted(moved.classes) == sorted((c + semitones) % 12 for c in chord.classes)
        assert moved.bass_class == (chord.bass_class + semitones) % 12


def test_the_table_names_each_set_of_tones_once():
    for quality in QUALITIES:
        chord = Chord("C", quality)
        assert Chord.from_classes(0, frozenset(chord.classes)) == chord


def test_chords_that_cannot_exist():
    for arguments in [
        ("H",),
        ("C", "majorish"),
        ("C", "maj", "H"),
        ("N", "min"),
        ("N", "maj", "C"),
    ]:
        with pytest.raises(SymbolError):
            Chord(*arguments)


# Where pychord puts other tones into a symbol than musicians play: it adds the third to C2, which
# we refuse, and the eleventh to the thirteenth; it drops the ninth of a six-nine chord.
PYCHORD_DIFFERS = {"6/9", "m6/9", "13", "maj13", "M13", "13b9"}


def test_intervals_agree_with_pychord():
    pychord = pytest.importorskip("pychord")
    suffixes = {str(Chord("C", quality))[1:] for quality in QUALITIES}
    suffixes |= {"M", "-", "dim7", "m7-5", "M7", "maj9", "M9", "mM7", "7-9", "7+9", "7+5", "7-5"}
    agreed = set()
    for suffix in sorted(suffixes):
        for root in ("C", "Eb", "F#"):
            try:
                theirs = {name_to_class(name) for name in pychord.Chord(root + suffix).components()}
            except ValueError:
                continue
            if suffix not in PYCHORD_DIFFERS:
                assert theirs == set(Chord.parse(root + suffix).classes), root + suffix
                agreed.add(suffix)
    assert len(agreed) >= 35


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Amb5", "Adim"), ("Am(b5)", "Adim"), ("C7dim", "Cdim7"), ("Dø9", "Dm7b5"), ("C5+", "Caug"),
        ("Cmj7", "Cmaj7"), ("C7M", "Cmaj7"), ("A7m", "Am7"), ("Amin.7", "Am7"), ("C7/9", "C9"),
        ("Cm/maj7", "Cm(maj7)"), ("C2", "Cadd9"), ("C7/4", "C7sus4"), ("Csus9", "C9sus4"),
        ("am", "Am"), ("bb7", "Bb7"), ("Am/g", "Am/G"), ("Hm7", "Bm7"), ("H/f#", "B/F#"),
        ("Sol7", "G7"), ("Lam", "Am"), ("fa#m", "F#m"),
    ],
)  # fmt: skip
def test_a_common_misspelling_is_told_what_to_write(written, meant):
    with pytest.raises(SymbolError, match=rf"did you mean {re.escape(meant)}\? "):
        Chord.parse(written)
    assert str(Chord.parse(meant)) == meant


@pytest.mark.parametrize("written", ["Xm7", "Cfoo", "C7b9#11q", "hello", "", "/", "#"])
def test_nothing_is_guessed_for_what_is_no_chord(written):
    with pytest.raises(SymbolError) as caught:
        Chord.parse(written)
    assert "did you mean" not in str(caught.value)


def test_no_hint_is_readable_itself():
    assert not set(_MEANT) & set(_suffixes())
    assert {_plain(suffix) for suffix in _MEANT.values()} <= set(_suffixes())
