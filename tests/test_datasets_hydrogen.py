"""Hydrogen's drum patterns, and sets whose files are no scores."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anacrusis.compose.errors import AnacrusisError, DataError
from anacrusis.compose.meter import Meter
from anacrusis.datasets.loaders.hydrogen import read_pattern
from anacrusis.datasets.loaders.load import list_units, load_unit
from anacrusis.datasets.prepare import prepare
from anacrusis.datasets.registry import card_named


def stroke(place: int, drum: str = "Kick", more: str = "", velocity: float = 0.8) -> str:
    return (
        f"<note><position>{place}</position><velocity>{velocity}</velocity>"
        f"<type>{drum}</type>{more}</note>"
    )


def pattern(strokes: str, size: object = 192, licence: str = "CC BY-SA") -> bytes:
    return (
        '<?xml version="1.0"?><drumkit_pattern xmlns="http://www.hydrogen-music.org/x"><pattern>'
        f"<name>Blues 1</name><author>Someone</author>"
        f"<license>{licence}</license><size>{size}</size>"
        f"<noteList>{strokes}</noteList></pattern></drumkit_pattern>"
    ).encode()


def test_a_pattern_is_one_bar_of_drums() -> None:
    strokes = stroke(0) + stroke(32, "Hi-hat Closed") + stroke(48, "Snare", velocity=1)
    score, lost = read_pattern(pattern(strokes))
    (track,) = score.tracks
    assert [(n.onset, n.pitch, n.velocity) for n in track.notes] == [
        (0, 36, 102), (8, 42, 102), (12, 38, 127),
    ]  # fmt: skip
    assert (track.role, track.is_drums, [bar.meter for bar in score.bars]) == (
        "drums", True, [Meter(4, 4)],
    )  # fmt: skip
    assert (score.title, score.composer, lost.total) == ("Blues 1", "Someone", 0)


def test_a_pattern_without_a_licence_is_refused() -> None:
    for licence in ("", "undefined license"):
        with pytest.raises(DataError, match="licence"):
            read_pattern(pattern(stroke(0), licence=licence))


def test_three_quarters_are_a_waltz_or_triplets() -> None:
    waltz = read_pattern(pattern("".join(map(stroke, (0, 48, 96))), 144)).score
    assert waltz.bars[0].meter == Meter(3, 4)
    assert [note.onset for note in waltz.tracks[0].notes] == [0, 12, 24]
    shuffle = read_pattern(pattern("".join(map(stroke, (0, 24, 36, 60, 72, 108))), 144)).score
    assert shuffle.bars[0].meter == Meter(4, 4)
    assert [note.onset for note in shuffle.tracks[0].notes] == [0, 8, 12, 20, 24, 36]


def test_what_a_pattern_has_and_the_score_has_not_is_counted() -> None:
    strokes = (
        stroke(0) + stroke(0, velocity=0.9) + stroke(1) + stroke(12, "Gong")
        + stroke(24, more="<note_off>true</note_off>")
        + stroke(36, more="<probability>0.5</probability><leadlag>0.1</leadlag>")
    )  # fmt: skip
    score, lost = read_pattern(pattern(strokes))
    assert [(n.onset, n.velocity) for n in score.tracks[0].notes] == [(0, 114), (9, 102)]
    assert lost.counts == {
        "strokes on unknown drums": 1, "strokes off the grid": 1, "leads and lags": 1,
        "strokes that sound by chance": 1, "strokes on one place joined": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"", b"<pattern>", pattern(""), pattern(stroke(0), 0), pattern(stroke(0), 100),
        pattern(stroke(0), 240), pattern(stroke(0), "many"), pattern(stroke(0), 48 * 10**6),
        pattern(stroke(0, "Gong")), pattern(stroke(0, more="<leadlag>1e999</leadlag>")),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + pattern(stroke(0))[21:],
        b"\xff\xfe" + pattern(stroke(0)),
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(data: bytes) -> None:
    with pytest.raises(DataError) as found:
        read_pattern(data)
    assert str(found.value)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<note>", "</note>", "<position>", "</position>", "7", "-1", "48", "<pattern>", "&x;",
             "</pattern>", "<size>", "</size>", "<type>Kick</type>", stroke(0), stroke(191), "\x00"]
        ),
        max_size=25,
    )
)  # fmt: skip
def test_any_pattern_is_a_score_or_a_refusal(words: list[str]) -> None:
    text = "".join(words)
    for data in (text.encode(), pattern(text), f"<pattern>{text}</pattern>".encode()):
        try:
            score = read_pattern(data).score
        except AnacrusisError as error:
            assert str(error)
        else:
            assert all(note.onset < score.ticks for note in score.tracks[0].notes)


def test_a_pattern_is_a_piece_of_its_set(tmp_path: Path) -> None:
    card = card_named("hydrogen_patterns")
    folder = tmp_path / "data" / "patterns" / "blues"
    folder.mkdir(parents=True)
    (folder / "blues-1.h2pattern").write_bytes(pattern(stroke(0)))
    (folder / "blues-2.h2pattern").write_bytes(b"no")
    good, bad = (load_unit(card, tmp_path, unit) for unit in list_units(card, tmp_path))
    assert good.pieces[0].style == "drums" and good.pieces[0].id.endswith("blues/blues-1")
    assert bad.pieces == () and "XML" in bad.refused[0].reason


@pytest.mark.parametrize(("name", "what"), [("mma_grooves", "program"), ("samples_tuba", "sounds")])
def test_files_that_are_no_scores_are_listed_and_never_prepared(
    name: str, what: str, tmp_path: Path
) -> None:
    card = card_named(name)
    path = tmp_path / card.pattern.replace("**/", "").replace("*", "one")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"anything")
    (unit,) = list_units(card, tmp_path)
    result = load_unit(card, tmp_path, unit)
    assert result.pieces == () and what in result.refused[0].reason
    assert not card.may_train and not card.holds_pieces
    with pytest.raises(DataError, match=rf"{what}.*`data prepare`"):
        prepare([name], tmp_path / "pieces", tmp_path / "out", source=tmp_path)
    assert not (tmp_path / "out").exists()
