"""Marks that MusicXML has and a score has not, tempo words, movements."""

from pathlib import Path

import pytest
from musicxml_files import document, note, part, played, rest

from anacrusis.compose.edit import Song
from anacrusis.compose.errors import FileFormatError
from anacrusis.compose.files.musicxml_read import read_movements, read_musicxml
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, KeyChange, Note, TempoChange


def words(text: str, inside: str = "") -> str:
    kind = f"<direction-type><words>{text}</words></direction-type>"
    return f"<direction>{kind}{inside}</direction>"


@pytest.mark.parametrize(
    ("text", "bpm"),
    [
        ("Allegro", 132.0), ("ALLEGRETTO grazioso", 112.0), ("Molto  lento", 54.0),
        ("Sehr langsam.", 56.0), ("Très vif", 144.0), ("Slowly", 60.0), ("Moderately", 100.0),
    ],
)  # fmt: skip
def test_words_give_a_tempo_where_no_number_does(text: str, bpm: float) -> None:
    result = read_musicxml(document(part(words(text) + rest(8))))
    assert result.score.tempos == (TempoChange(0, bpm),)


def test_words_are_of_the_beat_and_numbers_go_first() -> None:
    six = "<attributes><time><beats>6</beats><beat-type>8</beat-type></time></attributes>"
    assert read_musicxml(document(part(six + words("Andante") + rest(6)))).score.tempos == (
        TempoChange(0, 120.0),
    )
    numbered = words("Andante", '<sound tempo="70"/>')
    apart = words("Andante") + '<sound tempo="70"/>'
    for marks in (numbered, apart):
        score = read_musicxml(document(part(marks + rest(8)))).score
        assert score.tempos == (TempoChange(0, 70.0),)


@pytest.mark.parametrize("text", ["a tempo", "dolce", "più lento", "langsamer", "slower", ""])
def test_other_words_give_none(text: str) -> None:
    result = read_musicxml(document(part('<sound tempo="70"/>' + words(text) + rest(8))))
    assert result.score.tempos == (TempoChange(0, 70.0),)
    assert result.losses.counts == ({"text directions": 1} if text else {})


def test_gradual_changes_ornaments_and_tremolos_are_counted() -> None:
    def with_ornament(inside: str) -> str:
        return note("C4", 2, f"<notations><ornaments>{inside}</ornaments></notations>")

    data = document(
        part(
            words("poco rit.") + with_ornament("<trill-mark/><wavy-line/>")
            + with_ornament("<tremolo>3</tremolo>")
            + with_ornament('<tremolo type="start">2</tremolo>')
            + with_ornament('<tremolo type="stop">2</tremolo>')
        )
    )  # fmt: skip
    result = read_musicxml(data)
    assert [n.pitch for n in result.score.tracks[0].notes] == [60] * 4
    assert result.losses.counts == {
        "gradual changes of tempo not played": 1,
        "ornaments read as the main note": 1,
        "tremolos read as one note": 1,
        "tremolos between two notes read as one change": 1,
    }


def direction(inside: str, sound: str = "") -> str:
    return f"<direction><direction-type>{inside}</direction-type>{sound}</direction>"


def marked(marks: str) -> str:
    return note("C4", 2, f"<notations>{marks}</notations>")


SLUR, UP = '<slur type="start"/>', "<technical><up-bow/></technical>"


@pytest.mark.parametrize(
    ("content", "lost"),
    [
        (note("C4", 2, "<lyric><text>la</text></lyric>") * 2, {"syllables of lyrics": 2}),
        (note("C4", 2, "<lyric><extend/></lyric>"), {}),
        (marked("<articulations><staccato/><accent/></articulations>"),
         {"staccato marks": 1, "accents": 1}),
        (marked("<articulations><tenuto/></articulations><fermata/>"),
         {"tenuto marks": 1, "fermatas": 1}),
        ("<barline><fermata/></barline>", {"fermatas": 1}),
        (marked(SLUR) + marked('<slur type="continue"/>') + marked('<slur type="stop"/>'),
         {"slurs": 1}),
        (marked(UP), {"bowings": 1}),
        (marked('<technical><hammer-on type="start"/></technical>')
         + marked('<technical><hammer-on type="stop"/></technical>'), {"playing techniques": 1}),
        (marked('<slide type="start"/>') + marked('<slide type="stop"/>'),
         {"glissandi and slides": 1}),
        (marked("<arpeggiate/>"), {"arpeggiated notes played together": 1}),
        (direction('<pedal type="start"/>') + direction('<pedal type="stop"/>'),
         {"pedal marks": 1}),
        (direction('<wedge type="crescendo"/>') + direction('<wedge type="stop"/>'),
         {"wedges (crescendo, diminuendo)": 1}),
        (words("pizz.", '<sound pizzicato="yes"/>'), {"text directions": 1}),
        (words("D.C. al Fine", '<sound dacapo="yes"/>'), {"repeats not played out": 1}),
        (direction("<octave-shift/>"), {}),
        (direction("<dynamics><other-dynamics>?</other-dynamics></dynamics>"),
         {"dynamics of other signs": 1}),
        ("<figured-bass><figure/></figured-bass>", {"figured basses": 1}),
        ('<attributes><measure-style><measure-repeat type="start">1</measure-repeat>'
         "</measure-style></attributes>", {"signs that repeat beats or bars": 1}),
    ],
)  # fmt: skip
def test_notation_that_is_read_past_is_counted(content: str, lost: dict[str, int]) -> None:
    result = read_musicxml(document(part(content + rest(2))))
    assert result.losses.counts == lost


def test_a_song_says_what_notation_its_file_loses(tmp_path: Path) -> None:
    path = tmp_path / "sung.musicxml"
    sung = "<notations><articulations><staccato/></articulations></notations>"
    path.write_bytes(document(part(note("C4", 8, f"{sung}<lyric><text>la</text></lyric>"))))
    assert str(Song.open(path).losses) == "staccato marks (1), syllables of lyrics (1)"


def test_repeats_that_are_not_played_out_are_counted() -> None:
    back = '<barline><repeat direction="backward"/></barline>'
    data = document(part(rest(8) + back, '<sound dacapo="yes"/>' + note("C4", 8)))
    assert read_musicxml(data).losses.counts == {"repeats not played out": 2}
    assert not read_musicxml(data, expand_repeats=True).losses


def numbered(*bars: tuple[int, str]) -> str:
    head = (
        "<attributes><divisions>2</divisions><key><fifths>1</fifths></key>"
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    content = "".join(
        f'<measure number="{number}">{head if place == 0 else ""}{inside}</measure>'
        for place, (number, inside) in enumerate(bars)
    )
    return f'<part id="P1">{content}</part>'


def test_movements_begin_where_bars_count_anew() -> None:
    grace = "<note><grace/><pitch><step>D</step><octave>4</octave></pitch></note>"
    data = document(
        numbered(
            (0, note("C4", 2)), (1, note("D4", 8)), (2, grace + note("E4", 8)),
            (0, note("F4", 4)), (1, note("G4", 8)), (2, '<sound tempo="60"/>' + note("A4", 8)),
        )
    )  # fmt: skip
    first, second = read_movements(data)
    assert first.score.bars == (Bar(Meter(), 12), Bar(Meter()), Bar(Meter()))
    assert [n.pitch for n in first.score.tracks[0].notes] == [60, 62, 64]
    assert second.score.bars[0] == Bar(Meter(), 24)
    assert second.score.tracks[0].notes[1] == Note(24, 67, 48)
    assert second.score.tempos[0].bpm == 60.0
    assert first.score.keys == second.score.keys == (KeyChange(0, Key("G")),)
    assert first.losses.counts == {"grace notes dropped": 1} and not second.losses


def test_a_file_in_one_movement_is_read_as_a_whole() -> None:
    data = document(part(note("C4", 8), note("D4", 8)))
    assert read_movements(data) == [read_musicxml(data)]
    with pytest.raises(FileFormatError, match="no bars"):
        read_movements(document(part()))


def test_a_tie_over_a_gap_holds_the_note() -> None:
    arpeggio = note("C4", 1, '<tie type="start"/>') + note("E4", 1, '<tie type="start"/>')
    chord = note("C4", 4, '<tie type="stop"/>') + note("E4", 4, '<tie type="stop"/>', "<chord/>")
    far = note("G4", 1, '<tie type="start"/>') + rest(7)
    later = rest(4) + note("G4", 4, '<tie type="stop"/>')
    data = document(part(arpeggio + rest(2) + chord, far, later))
    assert played(data) == [(0, 60, 48), (6, 64, 42), (48, 67, 6), (120, 67, 24)]
