"""ABC notation: tunes, repeats, parts, chord symbols; any text ends in a score or a reason."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import KeyChange, Score
from anacrusis.datasets.loaders.abc_read import read_abc
from anacrusis.datasets.loaders.abc_tune import parse_tune
from anacrusis.datasets.loaders.abc_words import chord_of, key_of, length_of, parts_of, tunes_of
from anacrusis.datasets.loaders.load import list_units, load_unit
from anacrusis.datasets.registry import card_named

HEAD = "X:1\nT:A tune\nM:4/4\nL:1/4\nK:C\n"


def score_of(music: str, head: str = HEAD) -> Score:
    return read_abc(head + music).score


def pitches(music: str, head: str = HEAD) -> list[int]:
    return [note.pitch for note in score_of(music, head).tracks[0].notes]


def lengths(music: str, head: str = HEAD) -> list[int]:
    return [note.duration for note in score_of(music, head).tracks[0].notes]


def losses(music: str) -> Losses:
    return read_abc(HEAD + music).losses


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("C c c' C,|", [60, 72, 84, 48]),
        ("^c _B =f ^^g|", [73, 70, 77, 81]),
        ("^c c C|c", [73, 73, 61, 72]),
        ("[CEG] [c2e]|", [60, 64, 67, 72, 76]),
        ("+CE+ [+GB]|", [60, 64, 67, 71]),
        ("^c3 d-|d c", [73, 74, 72]),
        ("d3 ^c-|c2 d c", [74, 73, 74, 72]),
    ],
)
def test_pitches(music: str, expected: list[int]) -> None:
    assert pitches(music) == expected


def test_the_key_raises_and_lowers() -> None:
    assert pitches("f c F|", HEAD.replace("K:C", "K:D")) == [78, 73, 66]
    assert pitches("B e A|", HEAD.replace("K:C", "K:Cm")) == [70, 75, 68]
    assert pitches("f =f f|f", HEAD.replace("K:C", "K:Em")) == [78, 77, 77, 78]
    assert pitches("f|[K:F]b", HEAD.replace("K:C", "K:D")) == [78, 82]


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("C C2 C/ C/4 C// C3/4|", [12, 24, 6, 3, 3, 9]),
        ("(3C/D/E/ C2 C|", [4, 4, 4, 24, 12]),
        ("(3:2:2C/D/ C|", [4, 4, 12]),
        ("C>D C<D C>>D|", [18, 6, 6, 18, 21, 3]),
        ("C4-|C2 z2|", [72]),
        ("[CE]2 [C/E/]2|", [24, 24, 12, 12]),
        ("Z|C4|", [48]),
    ],
)
def test_lengths(music: str, expected: list[int]) -> None:
    assert lengths(music) == expected


def test_the_usual_unit_depends_on_the_meter() -> None:
    assert lengths("CDEFGA|", "X:1\nM:6/8\nK:C\n") == [6] * 6
    assert lengths("CDEF|", "X:1\nM:2/4\nK:C\n") == [3] * 4


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("|:C4|D4:|E4|", "CDCDE"),
        ("C4|D4:|E4|F4:|", "CDCDEFEF"),
        ("C4|[1D4:|[2E4||F4|", "CDCEF"),
        ("C4|1D4:|2E4||F4|", "CDCEF"),
        ("|:C4|[1,2D4:|[3E4||", "CDCDCE"),
        ("C4::D4:|", "CCDD"),
        ("C4:||:D4:|", "CCDD"),
        ("P:A\n|:C4:|\nP:B\nD4|", "CCD"),
    ],
)
def test_repeats_are_played_out(music: str, expected: str) -> None:
    assert pitches(music) == [{"C": 60, "D": 62, "E": 64, "F": 65}[name] for name in expected]


def test_parts_are_played_in_their_order() -> None:
    head = HEAD.replace("K:C", "P:AB(A)2\nK:C")
    score = score_of("P:A\nC4|D4|\nP:B\nE4|", head)
    assert [note.pitch for note in score.tracks[0].notes] == [60, 62, 64, 60, 62, 60, 62]
    assert [(s.name, s.bar, s.bars) for s in score.sections] == [
        ("A", 0, 2), ("B", 2, 1), ("A", 3, 2), ("A", 5, 2),
    ]  # fmt: skip
    lost = read_abc(HEAD.replace("K:C", "Y:AQ\nK:C") + "P:A\nC4|\nP:B\nE4|").losses
    assert lost.counts == {
        "parts that the order names and the tune lacks": 1, "parts left out by the order": 1,
    }  # fmt: skip


def test_without_an_order_a_part_that_comes_back_is_played_in_its_place() -> None:
    score = score_of("P:A\nC4|\nP:B\nE4|\nP:A\nG4|")
    assert [note.pitch for note in score.tracks[0].notes] == [60, 64, 67]
    assert [(s.name, s.bar, s.bars) for s in score.sections] == [
        ("A", 0, 1), ("B", 1, 1), ("A", 2, 1),
    ]  # fmt: skip


def test_a_pickup_completes_the_bar_before_it() -> None:
    score = score_of("|:G|C2 D2|E3:|:A|F4|G3:|")
    assert [bar.ticks for bar in score.bars] == [12, *[48] * 7, 36]
    assert score.position(0) == (0, 36)
    parts = score_of("P:A\nG|C2 D2|E3|\nP:B\nA|F4|G3|")
    assert [bar.ticks for bar in parts.bars] == [12, 48, 48, 48, 36]
    assert [(s.name, s.bar, s.bars) for s in parts.sections] == [("A", 0, 3), ("B", 3, 2)]


def test_bars_that_do_not_add_up_are_counted() -> None:
    score, lost = read_abc(HEAD + "C4|C4 D2|E4|F3|G4|")
    assert [bar.ticks for bar in score.bars] == [48, 48, 24, 48, 36, 48]
    assert lost.counts == {"bars that are too long, divided": 1, "incomplete bars": 2}


def test_chord_symbols_become_the_chord_lane() -> None:
    score = score_of('G|"C"C2 "G7/b"D2|E2 "F#d"F2|"Am""Dm"A4:|')
    spans = [(span.onset, span.duration, str(span.chord)) for span in score.chords]
    once = [(12, 24, "C"), (36, 48, "G7/B"), (84, 24, "F#dim")]
    assert spans[:4] == [*once, (108, 60, "Am")]
    assert [str(span.chord) for span in score.chords][-1] == "Dm"
    assert score.keys == (KeyChange(0, Key("C")),)


def test_what_the_score_has_no_place_for_is_counted() -> None:
    lost = losses('{ag}C !trill!D ~E (F|G)"^slow"A "H7"B §c\nw: some words\n')
    assert lost.counts == {
        "grace notes": 2, "decorations": 1, "ornaments and articulations": 1, "slurs": 1,
        "annotations": 1, "chord symbols not understood": 1, "signs not understood": 1,
        "lines of lyrics": 1,
    }  # fmt: skip


def test_the_first_of_several_voices_is_read() -> None:
    assert pitches("[V:1] C4|\n[V:2] E4|\n[V:1] D4|") == [60, 62]


def test_meters_tempo_and_title() -> None:
    score = score_of("C4|[M:3/4]D3|E3|", HEAD.replace("K:C", "Q:1/8=180\nC:Someone\nK:C"))
    assert [bar.meter for bar in score.bars] == [Meter(4, 4), Meter(3, 4), Meter(3, 4)]
    assert (score.title, score.composer, score.tempos[0].bpm) == ("A tune", "Someone", 90.0)


@pytest.mark.parametrize(
    "text",
    [
        "", "X:1\nK:C\n", HEAD, HEAD + "C0|", HEAD + "C1/0|", HEAD + "C99999|", HEAD + "C999|",
        HEAD + "c''''''|", "X:1\nM:99/7\nK:C\nC|", "X:1\nL:0\nK:C\nC|", "X:1\nL:1/0\nK:C\nC|",
        "X:1\nK:H\nC|", "X:1\nK:G# major\nC|", "X:1\nP:(((A)\nK:C\nP:A\nC|",
        "X:1\nP:A99((A99)99)99\nK:C\nP:A\nC|", HEAD + "(3:999999:1C|", HEAD + "C4|" * 6000,
        HEAD + "[2C",
        "X:1\nY:A99B99A99B99A99B99\nM:4/4\nL:1\nK:C\nP:A\n" + "C|" * 90 + "\nP:B\nD|",
    ],
)  # fmt: skip
def test_a_tune_that_cannot_be_read_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(DataError) as found:
        read_abc(text)
    assert str(found.value)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*"CDEFGABcdefgabzxZ|:[](){}<>^_=-,'/0123456789\"!+~. \n\\%KMLPVYQ", "|:", ":|", "[1",
             "[2", "(3", '"Am"', "K:D\n", "P:A\n", "\nM:3/4\n", "[V:2]", "Y:AB\n", "\x00", "é"]
        ),
        max_size=60,
    ).map("".join)
)  # fmt: skip
def test_any_text_is_a_score_or_a_refusal(text: str) -> None:
    for head in ("", HEAD):
        try:
            score, lost = read_abc(head + text)
        except DataError as error:
            assert str(error)
        else:
            assert score.tracks and score.bars
            assert all(note.end <= score.ticks for note in score.tracks[0].notes)
            inner = sum(bar.length is not None for bar in score.bars[1:-1])
            assert lost.counts.get("incomplete bars", 0) == inner
            assert all(times > 0 for times in lost.counts.values())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("CDEFGABcdefgab"), st.sampled_from(["", "2", "/", "3/2"])),
        min_size=1,
        max_size=40,
    )
)
def test_every_written_note_is_read(notes: list[tuple[str, str]]) -> None:
    music = "|".join(name + length for name, length in notes)
    tune = parse_tune(HEAD + music)
    read = [(note.pitch, note.length) for measure in tune.measures for note in measure.notes]
    steps = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    assert read == [
        (60 + steps[name.upper()] + 12 * name.islower(), length_of(length) * Fraction(1, 4))
        for name, length in notes
    ]


@pytest.mark.parametrize("text", ["H", "C minor third", "Q", "C####"])
def test_what_is_no_key_or_chord(text: str) -> None:
    assert chord_of(text) is None
    if text != "C####":
        with pytest.raises(DataError, match="key"):
            key_of(text.replace("C minor third", "Cwhat"))


@pytest.mark.parametrize("text", ["A)", "(A", "2A", "A999"])
def test_a_wrong_order_of_parts_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="order of parts"):
        parts_of(text)


def test_a_file_of_tunes_gives_one_piece_each(tmp_path: Path) -> None:
    card = card_named("nottingham")
    file = tmp_path / card.pattern.replace("*", "two")
    file.parent.mkdir()
    tune = 'X:{0}\nT:Tune {0}\nM:4/4\nL:1/4\nK:G\n"G"GABc|"D"dcBA|"G"GABc|"D"d2D2|\n\n'
    file.write_text("% a file\n" + tune.format(7) + "X:8\nK:C\nC\n\n" + tune.format(9), "utf-8")
    assert len(tunes_of(file.read_text("utf-8"))) == 3
    results = [load_unit(card, tmp_path, unit) for unit in list_units(card, tmp_path)]
    assert [piece.id for result in results for piece in result.pieces] == [
        "nottingham/two/000", "nottingham/two/002",
    ]  # fmt: skip
    assert results[0].pieces[0].score.title == "Tune 7" and results[0].pieces[0].labelled
    assert results[1].refused[0] == ("ABC_cleaned/two.abc:001", "no chord symbols", 0)
