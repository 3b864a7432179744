"""MusicXML of others: what is foreign reads right, junk is refused."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from musicxml_files import CHORD, DEMO_BYTES, START, STOP, document, note, part, played, rest

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import AnacrusisError, FileFormatError
from anacrusis.compose.files.musicxml_flow import play_order
from anacrusis.compose.files.musicxml_raw import Jumps
from anacrusis.compose.files.musicxml_read import read_musicxml
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    KeyChange,
    Note,
    Section,
    TempoChange,
)


def test_chords_voices_and_backup() -> None:
    data = document(
        part(
            note("C4", 4) + note("E4", 4, before=CHORD) + note("G4", 4)
            + "<backup><duration>8</duration></backup>"
            + "<forward><duration>2</duration></forward>"
            + note("C3", 6, "<voice>2</voice>")
        )
    )  # fmt: skip
    assert played(data) == [(0, 60, 24), (0, 64, 24), (12, 48, 36), (24, 67, 24)]


def test_ties_become_one_note_across_bars_and_voices() -> None:
    data = document(
        part(
            rest(6) + note("C4", 2, START),
            note("C4", 8, STOP + START),
            note("C4", 2, STOP + "<voice>2</voice>") + note("C4", 6),
        )
    )
    assert played(data) == [(36, 60, 72), (108, 60, 36)]


def test_ties_written_only_as_notation_count() -> None:
    def tied(kind: str) -> str:
        return f'<notations><tied type="{kind}"/></notations>'

    data = document(part(note("C4", 4, tied("start")) + note("C4", 4, tied("stop"))))
    assert played(data) == [(0, 60, 48)]


def test_grace_and_cue_notes_are_dropped_and_counted() -> None:
    grace = "<note><grace/><pitch><step>D</step><octave>4</octave></pitch></note>"
    cue = note("E4", 4, before="<cue/>")
    result = read_musicxml(document(part(grace + note("C4", 4) + cue)))
    assert [n.pitch for n in result.score.tracks[0].notes] == [60]
    assert result.losses.counts == {"grace notes dropped": 1, "cue notes dropped": 1}
    assert result.score.ticks == 48


def test_tuplets_round_to_the_grid_and_short_notes_live() -> None:
    quintuplet = "<attributes><divisions>20</divisions></attributes>" + note("C4", 4) * 5
    dust = "<attributes><divisions>64</divisions></attributes>" + note("D4", 1) * 64
    data = document(part(quintuplet + rest(60), dust + rest(192)))
    result = read_musicxml(data)
    notes = result.score.tracks[0].notes
    assert [n.onset for n in notes[:5]] == [0, 2, 5, 7, 10]
    assert [n.end for n in notes[:5]] == [2, 5, 7, 10, 12]
    assert result.losses.counts["notes quantised to the grid"] >= 4
    assert result.losses.counts["notes lengthened to one tick"] > 0
    assert {n.onset for n in notes[5:]} == set(range(48, 61))


def test_transposing_parts_sound_where_they_sound() -> None:
    transpose = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    data = document(part(note("D4", 8), attributes=transpose))
    score = read_musicxml(data).score
    assert score.tracks[0].notes[0].pitch == 60
    assert score.keys == (KeyChange(0, Key("Bb")),)


def test_octave_clef_changes_nothing() -> None:
    clef = "<clef><sign>G</sign><line>2</line><clef-octave-change>-1</clef-octave-change></clef>"
    assert played(document(part(note("C4", 8), attributes=clef))) == [(0, 60, 48)]


def test_microtones_become_cents() -> None:
    data = document(part(note("C0.25" + "4", 4) + note("D-0.75" + "4", 4)))
    notes = read_musicxml(data).score.tracks[0].notes
    assert [(n.pitch, n.cents) for n in notes] == [(60, 25.0), (61, 25.0)]


def test_pickup_short_and_long_bars() -> None:
    data = document(part(note("C4", 2), note("C4", 8), note("C4", 5), note("C4", 10), rest(8)))
    result = read_musicxml(data)
    assert result.score.bars == (
        Bar(Meter(4, 4), 12), Bar(Meter(4, 4)), Bar(Meter(4, 4), 30), Bar(Meter(5, 4)),
        Bar(Meter(4, 4)),
    )  # fmt: skip
    assert result.losses.counts == {"bars longer than their meter, given another": 1}


def test_cadenza_is_split_into_bars() -> None:
    free = "<attributes><time><senza-misura/></time></attributes>"
    result = read_musicxml(document(part(rest(8), free + note("C4", 35), rest(8))))
    assert result.score.tracks[0].notes == (Note(48, 60, 210),)
    assert result.score.ticks == 48 + 210 + 48
    assert result.losses.counts == {
        "bars too long for any meter, split": 1, "bars without meter": 1,
    }  # fmt: skip


def in_meter(beats: int, unit: int, content: str) -> str:
    time = f"<time><beats>{beats}</beats><beat-type>{unit}</beat-type></time>"
    return f"<attributes>{time}</attributes>{content}"


@pytest.mark.parametrize(
    ("beats", "unit", "length", "bars"),
    [
        (9, 4, 18, (Bar(Meter(3, 4)),) * 3),
        (28, 4, 56, (Bar(Meter(4, 4)),) * 7),
        (18, 16, 9, (Bar(Meter(9, 8)),)),
        (5, 2, 20, (Bar(Meter(5, 4)),) * 2),
        (2, 1, 16, (Bar(Meter(4, 2)),)),
        (9, 4, 5, (Bar(Meter(3, 4), 30),)),
    ],
)
def test_a_meter_beyond_the_grid_gets_bars_that_add_up(
    beats: int, unit: int, length: int, bars: tuple[Bar, ...]
) -> None:
    result = read_musicxml(document(part(rest(8), in_meter(beats, unit, note("C4", length)))))
    assert result.score.bars == (Bar(Meter(4, 4)), *bars)
    assert result.score.tracks[0].notes == (Note(48, 60, 6 * length),)
    assert result.losses.counts["bars of meters beyond the grid, given others"] == 1


def test_an_empty_bar_beyond_the_grid_is_as_long_as_it_says() -> None:
    score = read_musicxml(document(part(rest(8), in_meter(9, 4, rest(18))))).score
    assert score.bars[1:] == (Bar(Meter(3, 4)),) * 3


def test_impossible_meters_are_refused() -> None:
    for beats in (0, 999):
        with pytest.raises(FileFormatError, match=rf"bar 2: the meter {beats}/4 is impossible"):
            read_musicxml(document(part(rest(8), in_meter(beats, 4, rest(8)))))


def test_a_part_in_a_meter_of_its_own_is_stretched_to_the_common_bar() -> None:
    typed = "<type>{}</type>".format
    voice = (
        "<note><rest/><duration>3</duration><type>quarter</type></note>"  # at the common pace
        + note("C4", 1, typed("eighth")) + note("D4", 1, typed("eighth"))  # at its own
    )  # fmt: skip
    piano = note("C3", 3, typed("quarter") + "<dot/>") * 2
    lower = "<backup><duration>6</duration></backup>" + note("C2", 6, typed("half") + "<dot/>")
    data = document(part(in_meter(2, 4, voice)), part(in_meter(6, 8, piano + lower), identity="P2"))
    assert played(data) == [(18, 60, 9), (27, 62, 9)]
    assert played(data, 1) == [(0, 36, 36), (0, 48, 18), (18, 48, 18)]
    result = read_musicxml(data)
    assert result.score.bars == (Bar(Meter(6, 8)),)
    assert result.losses.counts == {"bars where parts differ in meter": 1}


def test_parts_that_differ_in_meter_by_name_only_are_read_as_they_are() -> None:
    data = document(
        part(in_meter(3, 4, note("C4", 8, "<type>whole</type>"))),
        part(in_meter(4, 4, note("C4", 8, "<type>whole</type>")), identity="P2"),
    )
    assert played(data) == played(data, 1) == [(0, 60, 48)]


def test_additive_meters_add_up() -> None:
    time = (
        "<attributes><time><beats>3+2</beats><beat-type>8</beat-type>"
        "<beats>1</beats><beat-type>4</beat-type></time></attributes>"
    )
    score = read_musicxml(document(part(rest(8), time + rest(7)))).score
    assert score.bars[1].meter == Meter(7, 8)


def test_tempo_from_sound_and_from_metronome() -> None:
    mark = (
        "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
        "<per-minute>c. 60</per-minute></metronome></direction-type></direction>"
    )
    data = document(
        part('<sound tempo="97.5"/>' + note("C4", 4) + mark + note("C4", 4)),
        part('<sound tempo="50"/>' + rest(8), identity="P2"),
    )
    assert read_musicxml(data).score.tempos == (TempoChange(0, 97.5), TempoChange(24, 90.0))


def test_dynamics_reach_all_voices() -> None:
    def mark(name: str) -> str:
        inside = f"<dynamics><{name}/></dynamics>"
        return f"<direction><direction-type>{inside}</direction-type></direction>"

    data = document(
        part(
            note("C4", 2) + mark("p") + note("C4", 2) + mark("sfz") + note("C4", 4)
            + "<backup><duration>8</duration></backup>"
            + note("C3", 2) + note("C3", 4) + note("C3", 2, dynamics="100")
        )
    )  # fmt: skip
    found = {(n.onset, n.pitch): n.velocity for n in read_musicxml(data).score.tracks[0].notes}
    assert found == {
        (0, 60): 80, (0, 48): 80, (12, 60): 49, (12, 48): 49, (24, 60): 112, (36, 48): 90,
    }  # fmt: skip


def test_piano_on_two_staves_is_one_track_and_unisons_merge() -> None:
    data = document(
        part(
            note("C4", 4, "<staff>1</staff>") + note("E4", 4)
            + "<backup><duration>8</duration></backup>"
            + note("C4", 8, "<voice>5</voice><staff>2</staff>")
        )
    )  # fmt: skip
    result = read_musicxml(data)
    assert len(result.score.tracks) == 1
    assert played(data) == [(0, 60, 48), (24, 64, 24)]
    assert result.losses.counts == {"unisons merged": 1}


def test_drums_by_their_sounds() -> None:
    listing = (
        '<score-part id="P1"><part-name>Kit</part-name><score-instrument id="X">'
        "<instrument-name>Snare</instrument-name></score-instrument>"
        '<midi-instrument id="X"><midi-channel>10</midi-channel>'
        "<midi-unpitched>39</midi-unpitched></midi-instrument></score-part>"
    )

    def hit(instrument: str) -> str:
        return (
            "<note><unpitched><display-step>C</display-step><display-octave>5</display-octave>"
            f'</unpitched><duration>2</duration><instrument id="{instrument}"/></note>'
        )

    result = read_musicxml(document(part(hit("X") * 4), listing=listing))
    track = result.score.tracks[0]
    assert (track.program, track.role) == (-1, "drums")
    assert [n.pitch for n in track.notes] == [38] * 4
    two = listing.replace(
        "<midi-instrument", '<score-instrument id="Y"></score-instrument><midi-instrument', 1
    )
    result = read_musicxml(document(part(hit("X") * 3 + hit("Y")), listing=two))
    assert result.losses.counts == {"unpitched notes without a drum sound dropped": 1}


def harmony(root: str, kind: str, offset: str = "") -> str:
    return (
        f"<harmony><root><root-step>{root}</root-step></root><kind>{kind}</kind>{offset}</harmony>"
    )


def test_chord_symbols_with_offset_transposition_and_loss() -> None:
    transpose = "<transpose><chromatic>-2</chromatic></transpose>"
    offset = "<offset>2</offset>"
    data = document(
        part(
            harmony("D", "minor-seventh") + harmony("A", "dominant", offset) + note("D4", 8),
            harmony("C", "Tristan") + note("D4", 8),
            attributes=transpose,
        )
    )
    result = read_musicxml(data)
    assert result.score.chords == (
        ChordSpan(0, 12, Chord("C", "min7")), ChordSpan(12, 36, Chord("G", "7")),
    )  # fmt: skip
    assert result.losses.counts == {"chord symbols of an unknown kind": 1}


def test_chord_symbols_in_a_row_share_the_note() -> None:
    data = document(part(harmony("D", "minor") + harmony("G", "dominant") + note("D4", 8)))
    result = read_musicxml(data)
    assert [(s.onset, str(s.chord)) for s in result.score.chords] == [(0, "Dm"), (24, "G7")]
    assert result.losses.total == 1


def test_rehearsal_marks_become_sections() -> None:
    def mark(name: str) -> str:
        return (
            f"<direction><direction-type><rehearsal>{name}</rehearsal></direction-type></direction>"
        )

    data = document(part(rest(8), mark("A") + rest(8), rest(8), mark("B") + rest(8)))
    assert read_musicxml(data).score.sections == (Section("A", 1, 2), Section("B", 3, 1))


def bar_line(inside: str, place: str = "right") -> str:
    return f'<barline location="{place}">{inside}</barline>'


def test_repeats_are_played_only_when_asked() -> None:
    back = '<repeat direction="backward"/>'
    data = document(
        part(
            bar_line('<repeat direction="forward"/>', "left") + note("C4", 8, START),
            bar_line('<ending number="1" type="start"/>', "left") + note("C4", 8, STOP)
            + bar_line('<ending number="1" type="stop"/>' + back),
            bar_line('<ending number="2" type="start"/>', "left") + note("C4", 8, STOP)
            + bar_line('<ending number="2" type="discontinue"/>'),
            note("E4", 8),
        )
    )  # fmt: skip
    assert len(read_musicxml(data).score.bars) == 4
    expanded = read_musicxml(data, expand_repeats=True).score
    assert [(n.onset, n.pitch, n.duration) for n in expanded.tracks[0].notes] == [
        (0, 60, 96), (96, 60, 96), (192, 64, 48),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bars", "order"),
    [
        ([Jumps(), Jumps(backward=3), Jumps()], [0, 1, 0, 1, 0, 1, 2]),
        ([Jumps(), Jumps(signs={"fine": "yes"}), Jumps(signs={"dacapo": "yes"})], [0, 1, 2, 0, 1]),
        (
            [
                Jumps(), Jumps(signs={"segno": "s"}), Jumps(signs={"tocoda": "c"}),
                Jumps(signs={"dalsegno": "s"}), Jumps(signs={"coda": "c"}),
            ],
            [0, 1, 2, 3, 1, 2, 4],
        ),
        (
            [
                Jumps(), Jumps(endings=frozenset({1, 2}), ending_stop=True, backward=2),
                Jumps(endings=frozenset({3}), ending_stop=True), Jumps(),
            ],
            [0, 1, 0, 1, 0, 2, 3],
        ),
        (
            [
                Jumps(), Jumps(endings=frozenset({1}), ending_stop=True, backward=2),
                Jumps(endings=frozenset({2}), ending_stop=True, signs={"dacapo": "yes"}),
            ],
            [0, 1, 0, 2, 0, 2],
        ),
    ],
)  # fmt: skip
def test_play_order(bars: list[Jumps], order: list[int]) -> None:
    assert play_order(bars) == order


@given(
    st.lists(
        st.builds(
            Jumps,
            forward=st.booleans(),
            backward=st.integers(0, 3),
            endings=st.frozensets(st.integers(1, 3), max_size=2),
            ending_stop=st.booleans(),
            signs=st.dictionaries(
                st.sampled_from(["segno", "coda", "dacapo", "dalsegno", "tocoda", "fine"]),
                st.sampled_from(["a", "b"]),
                max_size=2,
            ),
        ),
        max_size=12,
    )
)
def test_play_order_always_ends(bars: list[Jumps]) -> None:
    try:
        order = play_order(bars)
    except FileFormatError:
        return
    assert all(0 <= index < len(bars) for index in order)


# --- refusals -----------------------------------------------------------------------------------

GOOD = document(part(note("C4", 4) + note("E4", 4), note("G4", 8)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (GOOD[: len(GOOD) // 2], "not complete XML"),
        (b"MThd\x00\x00\x00\x06", "not complete XML"),
        (b"<html><body/></html>", "not a MusicXML score"),
        (b"<score-timewise/>", "timewise"),
        (b"<score-partwise/>", "no bars"),
        (b"PK\x03\x04broken", "damaged .mxl"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><score-partwise/>', "entities"),
        (b'<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd">]><score-partwise/>', "entities"),
        (GOOD.replace(b"<step>C", b"<step>H"), "not a pitch"),
        (GOOD.replace(b"<duration>4", b"<duration>many", 1), "not a number"),
        (GOOD.replace(b"<duration>4", b"<duration>nan", 1), "'nan' is not a number"),
        (GOOD.replace(b"<duration>4", b"<duration>99999999999999", 1), "is too large"),
        (GOOD.replace(b"<duration>4", b"<duration>inf", 1), "is too large"),
        (GOOD.replace(b"<duration>4", b"<duration>-4", 1), "duration of -4"),
        (GOOD.replace(b"<duration>4", b"<duration>4e9", 1), "lasts"),
        (GOOD.replace(b"<divisions>2", b"<divisions>0", 1), "divisions"),
        (GOOD.replace(b"<beats>4", b"<beats>x", 1), "meter cannot be read"),
    ],
)
def test_refuses_what_is_not_musicxml(data: bytes, words: str) -> None:
    with pytest.raises(FileFormatError, match=words) as caught:
        read_musicxml(data)
    assert "\n" not in str(caught.value)


def test_refuses_missing_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path / "none.musicxml", tmp_path):
        with pytest.raises(FileFormatError, match="cannot read"):
            read_musicxml(path)


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_compressed_files() -> None:
    container = b'<container><rootfiles><rootfile full-path="in/a.xml"/></rootfiles></container>'
    data = packed({"META-INF/container.xml": container, "in/a.xml": GOOD})
    assert read_musicxml(data).score == read_musicxml(GOOD).score
    assert read_musicxml(packed({"a.xml": GOOD})).score == read_musicxml(GOOD).score
    with pytest.raises(FileFormatError, match="without a MusicXML"):
        read_musicxml(packed({"a.txt": GOOD}))


def test_refuses_a_zip_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anacrusis.compose.files.musicxml_source.MAX_BYTES", 10_000)
    with pytest.raises(FileFormatError, match="this is refused"):
        read_musicxml(packed({"a.xml": GOOD + b" " * 20_000}))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_bytes_end_in_a_score_or_a_clear_error(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([DEMO_BYTES, GOOD, packed({"a.xml": GOOD})]))
    if data.draw(st.booleans()):
        source = source[: data.draw(st.integers(0, len(source)))]
    mutable = bytearray(source)
    for _ in range(data.draw(st.integers(1, 8))):
        if not mutable:
            break
        at = data.draw(st.integers(0, len(mutable) - 1))
        change = data.draw(st.sampled_from(["flip", "drop", "number", "repeat"]))
        if change == "flip":
            mutable[at] = data.draw(st.integers(0, 255))
        elif change == "drop":
            del mutable[at : at + data.draw(st.integers(1, 40))]
        elif change == "number":
            digits = [i for i in range(at, min(at + 400, len(mutable))) if 48 <= mutable[i] <= 57]
            if digits:
                mutable[digits[0] : digits[0] + 1] = data.draw(
                    st.sampled_from([b"0", b"-7", b"99999999", b"1e9", b"0.3", b"", b"nan"])
                )
        else:
            mutable[at:at] = mutable[at : at + data.draw(st.integers(1, 200))]
    try:
        result = read_musicxml(bytes(mutable), expand_repeats=data.draw(st.booleans()))
    except AnacrusisError as error:
        assert str(error)
    else:
        assert result.score.bars
