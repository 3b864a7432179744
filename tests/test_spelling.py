"""Chords that are known by pitch classes get the names that musicians write."""

from hypothesis import given
from hypothesis import strategies as st

from anacrusis.compose.chord import QUALITIES
from anacrusis.compose.key import Key, fifths_name, name_fifths
from anacrusis.compose.spelling import spell_chord, spell_root


def test_roots_are_spelled_by_the_key() -> None:
    assert spell_root(1, "maj", Key.parse("C major")) == "Db"
    assert spell_root(1, "dim7", Key.parse("C major")) == "C#"
    assert spell_root(8, "dim7", Key.parse("A minor")) == "G#"
    assert spell_root(3, "min", Key.parse("B major")) == "D#"
    assert spell_root(10, "maj", None) == "Bb"


def test_basses_are_spelled_by_the_chord_or_the_key() -> None:
    f_major = Key.parse("F major")
    assert str(spell_chord(4, "7", 8, f_major)) == "E7/G#"
    assert str(spell_chord(0, "maj", 10, Key.parse("C major"))) == "C/Bb"
    assert str(spell_chord(0, "dim7", 9, f_major)) == "Cdim7/A"  # no Bbb
    assert str(spell_chord(0, "maj6", 9, f_major)) == "C6/A"
    assert str(spell_chord(7, "maj", 7)) == "G"


@given(
    st.integers(0, 11),
    st.sampled_from(QUALITIES),
    st.none() | st.integers(0, 11),
    st.none() | st.builds(Key.from_class, st.integers(0, 11), st.sampled_from(["major", "minor"])),
)
def test_spelled_chords_sound_as_given(
    root: int, quality: str, bass: int | None, key: Key | None
) -> None:
    chord = spell_chord(root, quality, bass, key)
    assert (chord.root_class, chord.quality) == (root, quality)
    assert chord.bass_class == (root if bass is None else bass)
    assert len(chord.root) <= 2 and len(chord.bass or "") <= 2


@given(st.integers(-15, 19))
def test_places_on_the_line_of_fifths_have_one_name(place: int) -> None:
    assert name_fifths(fifths_name(place)) == place
