"""Roman numerals: golden readings in major, minor and modes, round trips, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import chords, keys

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import SymbolError
from anacrusis.compose.key import Key
from anacrusis.compose.roman import chord_to_roman, looks_roman, roman_to_chord

READINGS = [
    ("C", "I ii iii IV V vi viio", "C Dm Em F G Am Bdim"),
    ("A minor", "i iio III iv v VI VII V viio", "Am Bdim C Dm Em F G E G#dim"),
    ("C", "bVII bIII bVI bII #ivo bbVII", "Bb Eb Ab Db F#dim Bbb"),
    ("A minor", "bVII bIII bVI bII #VI #VII #viio bviio", "G C F Bb F# G# G#dim Gdim"),
    ("D dorian", "i IV bVII VII bIII", "Dm G C C F"),
    ("F lydian", "I II #ivo bIV", "F G Bdim Bb"),
    ("E phrygian", "i II bII", "Em F F"),
    ("C", "V7 ii7 I7 Imaj7 viiø7 viio7 i7", "G7 Dm7 C7 Cmaj7 Bm7b5 Bdim7 Cm7"),
    ("C", "I6 I64 ii6 viio6 V+6", "C/E C/G Dm/F Bdim/D Gaug/B"),
    ("C", "V65 V43 V42 V2 ii65 viiø65 viio43", "G7/B G7/D G7/F G7/F Dm7/F Bm7b5/D Bdim7/F"),
    ("C", "V6/5 V4/3 V4/2 I6/4 Imaj65", "G7/B G7/D G7/F C/G Cmaj7/E"),
    ("C", "IV/5 I/2 I/b7 V7/3 Iadd6/5", "F/C C/D C/Bb G7/B C6/G"),
    ("C", "V7/ii V/V viio7/V V65/V V7/V/V V7/bVII", "A7 D F#dim7 D7/F# A7 F7"),
    ("A minor", "V7/iv V7/VI viio/V", "A7 C7 D#dim"),
    ("C", "Iadd6 I69 I6/9 iadd6 i69", "C6 C6/9 C6/9 Cm6 Cm6/9"),
    ("C", "Vsus4 V7sus4 Vsus2 I5 Iadd9 V7(b9) V7b9", "Gsus4 G7sus4 Gsus2 C5 Cadd9 G7b9 G7b9"),
    ("C", "ii9 ii11 V13 i(maj7) I+ Vaug7", "Dm9 Dm11 G13 Cm(maj7) Caug G7#5"),
    ("Gb", "ii V7 IV bVII V7/V", "Abm Db7 Cb Fb Ab7"),
    ("C", "♭VII vii°7 viiØ7 IΔ", "Bb Bdim7 Bm7b5 Cmaj7"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "numerals", "symbols"), READINGS)
def test_readings(key, numerals, symbols):
    read = [str(roman_to_chord(numeral, Key.parse(key))) for numeral in numerals.split()]
    assert read == symbols.split()


NUMERALS = [
    ("C", "C Dm7/F G7/B Bm7b5 Bdim7 F/C Bb Caug/E Cmaj7/B", "I ii65 V65 viiø7 viio7 IV64 bVII I+6 "
     "Imaj42"),
    ("A minor", "Am E7 G G#dim7 Gdim Bm7b5/D F", "i V7 VII viio7 bviio iiø65 VI"),
    ("C", "C6 Cm6 C6/9 C/D C/Bb C(b5) C5 C(1)", "Iadd6 iadd6 I69 I/2 I/b7 I(b5) I5 I(1)"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "symbols", "numerals"), NUMERALS)
def test_numerals_of_chords(key, symbols, numerals):
    written = [chord_to_roman(Chord.parse(symbol), Key.parse(key)) for symbol in symbols.split()]
    assert written == numerals.split()


def test_no_chord_has_no_numeral():
    assert chord_to_roman(Chord.none(), Key.parse("C")) == "N.C."


@given(chords(none=False), keys())
def test_numerals_read_back(chord, key):
    numeral = chord_to_roman(chord, key)
    assert looks_roman(numeral)
    read = roman_to_chord(numeral, key)
    assert (read.root_class, read.quality, read.bass_class) == (
        chord.root_class, chord.quality, chord.bass_class,
    )  # fmt: skip
    again = roman_to_chord(chord_to_roman(read, key), key)
    assert (again.classes, again.bass_class) == (read.classes, read.bass_class)


@given(chords(none=False))
def test_spelling_reads_back_near_the_key(chord):
    key = Key.parse("D")
    assert roman_to_chord(chord_to_roman(chord, key), key) == chord


@pytest.mark.parametrize(
    "text",
    ["", "H", "C", "VIII", "IIII", "iV", "bbbI", "IO7", "Io7", "Iø7", "V8", "V66", "V6/5/3",
     "I/14", "I/0", "I/x", "V7/C", "V/5/ii", "iidim7x", "V" * 50],
)  # fmt: skip
def test_refused(text):
    with pytest.raises(SymbolError) as caught:
        roman_to_chord(text, Key())
    assert repr(text[:40])[:-1] in str(caught.value)


@given(st.text(max_size=50) | st.text("IVivb#o°ø+majdimsu0123456789/()", max_size=16), keys())
def test_any_text_is_a_numeral_or_an_error(text, key):
    try:
        chord = roman_to_chord(text, key)
    except SymbolError:
        return
    assert looks_roman(text.strip())
    assert Chord.parse(str(chord)) == chord


def test_chord_symbols_do_not_look_roman():
    for symbol in ("C", "Dm7", "Bb", "F#m7b5", "N.C.", "E/B", "A"):
        assert not looks_roman(symbol)
