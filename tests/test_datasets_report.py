"""Report pages: distributions, plots, engraved bars."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import DataError
from anacrusis.compose.files.musicxml_write import musicxml_bytes
from anacrusis.compose.instruments import DRUM_KIT
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)
from anacrusis.datasets.collect import pieces_folder, write_listing
from anacrusis.datasets.loaders.piece import Piece, Refusal, UnitResult
from anacrusis.datasets.pieces import write_unit
from anacrusis.datasets.registry import card_named
from anacrusis.datasets.report import pages
from anacrusis.datasets.report.engraving import (
    draw_bars,
    engrave,
    engraved_svg,
    filling_bars,
)
from anacrusis.datasets.report.pages import write_report
from anacrusis.datasets.report.plots import figure
from anacrusis.datasets.report.profile import profile, summary
from anacrusis.datasets.stats import statistics

PNG = b"\x89PNG\r\n\x1a\n"


FOUR = Meter(4, 4)


def piece(number: int, meter: Meter = FOUR, notes: bool = True) -> Piece:
    bar = meter.ticks
    melody = tuple(Note(bar * i, 60 + number + i, bar, 80) for i in range(4))
    drums = tuple(Note(bar * i, 36, 3, 90) for i in range(4))
    tracks = (
        Track("voice", "melody", 52, melody), Track("kit", "drums", DRUM_KIT, drums)
    )  # fmt: skip
    score = Score(
        (Bar(meter),) * 4,
        tracks if notes else (),
        (TempoChange(0, 90.0 + number),),
        (KeyChange(0, Key("C", "major")), KeyChange(2 * bar, Key("A", "minor"))),
        (Section("verse", 0, 4),),
        (ChordSpan(0, 2 * bar, Chord("G", "7")), ChordSpan(2 * bar, 2 * bar, Chord("A", "min"))),
    )
    return Piece(f"jsb_chorales/p{number}", score, "song")


def test_a_profile_counts() -> None:
    found = profile([piece(0), piece(5, Meter(3, 4))])
    assert found.lengths == [4, 4]
    assert found.meters == {"4/4": 4, "3/4": 4}
    assert found.keys == {"C major": 4, "A minor": 4}
    assert found.tempi == [90.0, 95.0]
    assert list(found.pitches) == ["melody", "drums"]
    assert np.flatnonzero(found.pitches["melody"]).tolist() == [60, 61, 62, 63, 65, 66, 67, 68]
    assert found.densities == {"melody": [1.0, 1.0], "drums": [1.0, 1.0]}
    assert found.qualities == {"7": 2, "min": 2}
    assert found.harmonies == {"5 7": 96 + 72, "1 min": 96 + 72}
    assert found.sections == {"verse": 2} and found.section_bars == [4, 4]
    assert ("tempo at the start, quarters per minute", "92 (90 to 95)") in summary(found)


@pytest.mark.parametrize("notes", [True, False])
def test_every_kind_of_set_has_a_figure(notes: bool) -> None:
    assert figure(profile([piece(0, notes=notes)])).startswith(PNG)
    bare = Piece("a/b", Score((Bar(Meter()),)), "chart")
    assert figure(profile([bare])).startswith(PNG)


def test_drawn_bars_are_bars_of_the_pieces() -> None:
    meters = (Meter(4, 4), Meter(3, 4), Meter(6, 8))
    found = [piece(number, meters[number % 3]) for number in range(9)] + [piece(40, notes=False)]
    score, drawn = draw_bars(found, 5)
    assert len(score.bars) == len(drawn) == len({name for name, _ in drawn}) == 5
    assert [section.name for section in score.sections] == ["1", "2", "3", "4", "5"]
    by_id = {one.id: one for one in found}
    for bar, (name, number) in enumerate(drawn):
        source = by_id[name].score
        begin = source.bar_starts[number - 1]
        given = [n.pitch for t, n in source.notes() if n.onset == begin]
        assert [n.pitch for t, n in score.notes() if n.onset == score.bar_starts[bar]] == given
        assert score.bars[bar].meter == source.bars[number - 1].meter
        assert score.chord_at(score.bar_starts[bar]) == source.chord_at(begin)
    assert draw_bars(found, 5)[1] == drawn
    assert engrave(score).startswith(PNG)


def test_an_excerpt_has_no_final_bar_line(monkeypatch: pytest.MonkeyPatch) -> None:
    score = Score((Bar(FOUR),), (Track("flute", "melody", 73, (Note(0, 60, 48),)),))
    assert b">light-heavy<" in musicxml_bytes(score)
    excerpt = engraved_svg(score)
    assert excerpt == engraved_svg(score)
    monkeypatch.setattr("anacrusis.datasets.report.engraving.FINAL", "none of this")
    assert excerpt != engraved_svg(score)


def test_a_last_system_that_is_half_empty_is_left_off() -> None:
    notes = tuple(Note(6 * place, 60 + place % 12, 6) for place in range(8 * 16))
    score = Score((Bar(FOUR),) * 16, (Track("flute", "melody", 73, notes),))
    shown = {most: filling_bars(score, most) for most in range(1, 17)}
    first = max(most for most, bars in shown.items() if bars == most and most < 12)
    assert shown[1] == 1 and all(bars <= most for most, bars in shown.items())
    assert any(bars < most for most, bars in shown.items()) and first > 2
    for bars in shown.values():
        assert shown[bars] == bars


def test_a_pickup_is_drawn_at_the_end_of_its_bar() -> None:
    notes = tuple(Note(12 * i, 60 + i, 12) for i in range(9))
    bars = (Bar(FOUR, 12), Bar(FOUR, 24), Bar(FOUR), Bar(FOUR, 24))
    chords = (ChordSpan(0, 12, Chord("G", "7")), ChordSpan(12, 96, Chord("C", "maj")))
    sheet = Score(bars, (Track("voice", "melody", 52, notes),), chords=chords)
    found = [Piece(f"a/{number}", sheet, "song") for number in range(12)]
    score, drawn = draw_bars(found, len(found))
    places = {bar: [] for _, bar in drawn}  # type: dict[int, list[int]]
    for place, (_, bar) in enumerate(drawn):
        begin, end = score.bar_starts[place], score.bar_starts[place + 1]
        inside = [note for _, note in score.notes() if begin <= note.onset < end]
        places[bar] = [note.onset - begin for note in inside]
        spans = [span for span in score.chords if begin <= span.onset < end]
        assert [span.onset - begin for span in spans] == places[bar][:1]
    assert places == {1: [36], 2: [0, 12], 3: [0, 12, 24, 36], 4: [0, 12]}


def test_pages_are_written_for_what_was_read(tmp_path: Path) -> None:
    card = card_named("jsb_chorales")
    folder = pieces_folder(card, tmp_path / "pieces")
    folder.mkdir(parents=True)
    write_unit(folder / "a", "a", UnitResult((piece(1),), ()))
    write_unit(folder / "b", "b", UnitResult((), (Refusal("b", "no notes"),)))
    write_listing(folder, [folder / "a", folder / "b"])
    names = ["jsb_chorales", "openhymnal"]
    written, counts = write_report(names, tmp_path / "pieces", tmp_path / "out")
    assert counts == [statistics(name, tmp_path / "pieces") for name in names]
    assert [path.name for path in written] == ["index.md", "jsb_chorales.md"]
    page = written[1].read_text("utf-8")
    assert card.licence in page and "no notes" in page and "p1, bar" in page
    for picture in ("jsb_chorales.png", "jsb_chorales-bars.png"):
        assert picture in page and (tmp_path / "out" / picture).read_bytes().startswith(PNG)
    assert "[JSB Chorales](jsb_chorales.md)" in written[0].read_text("utf-8")


def test_without_anything_read_nothing_is_written(tmp_path: Path) -> None:
    written, counts = write_report(["jsb_chorales"], tmp_path / "pieces", tmp_path / "out")
    assert written == [] and counts[0].units == 0 and not (tmp_path / "out").exists()


def test_without_the_extra_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "verovio", None)
    with pytest.raises(DataError, match=r"needs verovio.*anacrusis\[report\]"):
        pages.write_report(["jsb_chorales"], tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_engraved_text_needs_no_music_font() -> None:
    pytest.importorskip("verovio")
    meters = [Meter(4, 4), Meter(6, 8), Meter(3, 2)]
    ticks = [0, 48, 84]
    chords = ("Bbmaj7", "F#m7b5", "Cdim7")
    score = Score(
        tuple(Bar(meter) for meter in meters),
        (Track("flute", "melody", 73, tuple(Note(tick, 70, 12) for tick in ticks)),),
        tempos=tuple(TempoChange(tick, 60.0 + tick) for tick in ticks),
        chords=tuple(
            ChordSpan(tick, 24, Chord.parse(name)) for tick, name in zip(ticks, chords, strict=True)
        ),
        swing=0.66,
    )
    text = re.sub(r"<[^>]*>|&#x[0-9A-Fa-f]+;", "", engraved_svg(score))
    assert "♩" in text and "Bb" not in text
    assert not [hex(ord(sign)) for sign in text if 0xE000 <= ord(sign) <= 0xF8FF]
