"""MusicXML in and out: what is written reads back, what is foreign reads right, junk is refused."""

import io
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import music21
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anacrusis.compose.chord import QUALITIES, Chord
from anacrusis.compose.errors import AnacrusisError, FileFormatError, SymbolError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.musicxml_flow import play_order
from anacrusis.compose.files.musicxml_harmony import harmony_element, read_harmony
from anacrusis.compose.files.musicxml_raw import Jumps
from anacrusis.compose.files.musicxml_read import read_musicxml
from anacrusis.compose.files.musicxml_rhythm import Span, beams, notate
from anacrusis.compose.files.musicxml_spelling import spell
from anacrusis.compose.files.musicxml_write import musicxml_bytes, write_musicxml
from anacrusis.compose.instruments import ROLES
from anacrusis.compose.key import MODES, Key
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

# --- files made by hand -------------------------------------------------------------------------


def part(*measures: str, attributes: str = "", identity: str = "P1") -> str:
    head = (
        "<attributes><divisions>2</divisions><key><fifths>0</fifths></key>"
        f"<time><beats>4</beats><beat-type>4</beat-type></time>{attributes}</attributes>"
    )
    bars = "".join(
        f'<measure number="{number}">{head if number == 1 else ""}{content}</measure>'
        for number, content in enumerate(measures, 1)
    )
    return f'<part id="{identity}">{bars}</part>'


def document(*parts: str, listing: str = "") -> bytes:
    names = listing or "".join(
        f'<score-part id="P{i}"><part-name>Part {i}</part-name></score-part>'
        for i in range(1, len(parts) + 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0">'
        f"<part-list>{names}</part-list>{''.join(parts)}</score-partwise>"
    ).encode()


def note(pitch: str, duration: int, inside: str = "", before: str = "", **attributes: str) -> str:
    step, alter, octave = pitch[0], pitch[1:-1], pitch[-1]
    shift = {"": "", "#": "<alter>1</alter>", "b": "<alter>-1</alter>"}.get(
        alter, f"<alter>{alter}</alter>"
    )
    words = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f"<note{words}>{before}<pitch><step>{step}</step>{shift}<octave>{octave}</octave></pitch>"
        f"<duration>{duration}</duration>{inside}</note>"
    )


def rest(duration: int) -> str:
    return f"<note><rest/><duration>{duration}</duration></note>"


def played(data: bytes, track: int = 0) -> list[tuple[int, int, int]]:
    return [(n.onset, n.pitch, n.duration) for n in read_musicxml(data).score.tracks[track].notes]


START, STOP, CHORD = '<tie type="start"/>', '<tie type="stop"/>', "<chord/>"


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


def test_unsupported_meter_names_the_bar() -> None:
    bad = "<attributes><time><beats>9</beats><beat-type>4</beat-type></time></attributes>"
    with pytest.raises(SymbolError, match=r"bar 2: meter 9/4"):
        read_musicxml(document(part(rest(8), bad + rest(18))))


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


# --- writing ------------------------------------------------------------------------------------


def demo() -> Score:
    """Pickup, syncopation, triplets, two hands, a bass line, drums, chords, keys, sections."""
    meter = Meter(4, 4)
    bars = (Bar(meter, 12), *[Bar(meter)] * 4, Bar(Meter(6, 8)), Bar(Meter(7, 8)), Bar(meter))
    melody, tick = [], 0
    for length in (6, 6, 18, 6, 12, 12, 4, 4, 4, 12, 8, 4, 12, 8, 8, 8, 24, 6, 12, 6, 9, 3, 12):
        melody.append(Note(tick, 64 + (tick * 5) % 19, length, 90))
        tick += length
    piano = []
    for bar in range(1, 5):
        start = 12 + 48 * (bar - 1)
        piano += [Note(start + beat, pitch, 24, 70) for beat in (0, 24) for pitch in (60, 64, 67)]
        piano += [Note(start, 36, 48), Note(start + 6, 72, 42)]
    drums = [Note(12 + 6 * k, 42, 3, 60) for k in range(32)]
    drums += [Note(12 + 24 * k, 36, 3, 110) for k in range(8)]
    return Score(
        bars=bars,
        tracks=(
            Track("Flute", "melody", 73, tuple(melody)),
            Track("Piano", "chords", 0, tuple(piano)),
            Track("Bass", "bass", 33, tuple(Note(12 + 12 * k, 40, 9, 99) for k in range(16))),
            Track("Drums", "drums", -1, tuple(drums)),
        ),
        tempos=(TempoChange(0, 104.0), TempoChange(114, 93.35)),
        keys=(KeyChange(0, Key("A", "minor")), KeyChange(108, Key("G"))),
        sections=(Section("Intro", 1, 2), Section("Verse & <Bridge>", 3, 5)),
        chords=(
            ChordSpan(12, 48, Chord("A", "min")), ChordSpan(60, 30, Chord("E", "7(b9)", "G#")),
            ChordSpan(108, 48, Chord.none()), ChordSpan(156, 48, Chord("Bb", "maj7")),
        ),
        title="A “small” demo",
        composer="Nobody & Co.",
    )  # fmt: skip


DEMO_BYTES = musicxml_bytes(demo())


def test_the_demo_reads_back_whole() -> None:
    result = read_musicxml(DEMO_BYTES)
    assert result.score == demo()
    assert not result.losses


def test_written_files_read_back(tmp_path: Path) -> None:
    for name in ("a.musicxml", "a.mxl"):
        assert write_musicxml(demo(), tmp_path / name) == Losses.none()
        assert read_musicxml(tmp_path / name).score == demo()
    assert musicxml_bytes(demo()) == DEMO_BYTES


def test_notes_past_the_last_bar_are_cut_and_counted(tmp_path: Path) -> None:
    score = Score((Bar(Meter()),), (Track("A", notes=(Note(40, 60, 30),)),))
    losses = write_musicxml(score, tmp_path / "a.musicxml")
    assert losses.counts == {"notes cut at the last bar line": 1}
    assert read_musicxml(tmp_path / "a.musicxml").score.tracks[0].notes == (Note(40, 60, 8),)


def test_a_score_without_tracks_keeps_its_chords() -> None:
    score = Score((Bar(Meter()),), chords=(ChordSpan(0, 48, Chord("F", "maj7")),))
    assert read_musicxml(musicxml_bytes(score)).score == score


def test_control_characters_are_left_out() -> None:
    score = Score((Bar(Meter()),), (Track("a\x00b\ud800"),), title="\x1fT\ufffe")
    again = read_musicxml(musicxml_bytes(score)).score
    assert (again.tracks[0].name, again.title) == ("ab", "T")


@pytest.mark.parametrize("quality", QUALITIES)
def test_every_chord_quality_survives(quality: str) -> None:
    for root in ("C", "F#", "Bb", "Ebb", "G##"):
        for bass in (None, "A", "Db"):
            chord = Chord(root, quality, bass)
            if bass is not None and chord.bass_class == chord.root_class:
                continue
            assert read_harmony(harmony_element(chord)) == (chord, None)


def test_no_chord_is_not_silence() -> None:
    assert read_harmony(harmony_element(Chord.none())).chord == Chord.none()
    assert read_harmony(harmony_element(None)) == (None, None)


def values(meter: str, *lengths: int, lead: int = 0) -> list[list[str]]:
    """Written values of a row of notes (negative: rests), tied ones together, 3 for triplets."""
    spans, at = [], lead
    for length in lengths:
        spans.append(Span(at, at + abs(length), length < 0))
        at += abs(length)
    short = {"quarter": "q", "eighth": "e", "half": "h", "whole": "w", "16th": "s", "32nd": "t"}
    return [
        [short.get(v.type, v.type) + "." * v.dots + ("3" if v.tuplet else "") for v in row]
        for row in notate(spans, Meter.parse(meter))
    ]


@pytest.mark.parametrize(
    ("meter", "lengths", "written"),
    [
        ("4/4", (48,), [["w"]]),
        ("4/4", (12, 24, 12), [["q"], ["h"], ["q"]]),
        ("4/4", (18, 12, 18), [["q."], ["e", "e"], ["q."]]),
        ("4/4", (6, 36, 6), [["e"], ["q.", "q."], ["e"]]),
        ("4/4", (12, -36), [["q"], ["q", "h"]]),
        ("4/4", (4, 8, 8, 4, 24), [["e3"], ["q3"], ["q3"], ["e3"], ["h"]]),
        ("4/4", (4, 8, 8, 8, 20), [["e3"], ["q3"], ["q3"], ["e3", "e3"], ["q3", "q"]]),
        ("4/4", (2, 2, 2, 6, 36), [["s3"], ["s3"], ["s3"], ["e"], ["h."]]),
        ("4/4", (16, 16, 16), [["h3"], ["h3"], ["h3"]]),
        ("4/4", (12, 16, 20), [["q"], ["q", "e3"], ["q3", "q"]]),
        ("3/4", (36,), [["h."]]),
        ("3/4", (12, 8, 8, 8), [["q"], ["q3"], ["q3"], ["q3"]]),
        ("6/8", (12, 12, 12), [["q"], ["e", "e"], ["q"]]),
        ("6/8", (36,), [["h."]]),
        ("6/8", (-36,), [["h."]]),
        ("6/8", (9, 9, -18), [["e."], ["e."], ["q."]]),
        ("7/8", (12, 12, 18), [["q"], ["q"], ["q."]]),
        ("12/8", (72,), [["w."]]),
        ("3/2", (24, 48), [["h"], ["h", "h"]]),
    ],
)
def test_rhythms_are_written_as_people_write_them(
    meter: str, lengths: tuple[int, ...], written: list[list[str]]
) -> None:
    assert values(meter, *lengths) == written


def test_a_pickup_counts_from_the_end_of_the_bar() -> None:
    assert values("4/4", 6, 12, lead=30) == [["e"], ["q"]]
    assert values("4/4", 5, lead=43) == [["t3", "e3"]]


def test_beams_join_beats_and_break_at_rests() -> None:
    def marks(meter: str, *lengths: int) -> list[tuple[str, ...]]:
        spans, at = [], 0
        for length in lengths:
            spans.append(Span(at, at + abs(length), length < 0))
            at += abs(length)
        rows = notate(spans, Meter.parse(meter))
        flat = [
            None if span.rest else value
            for span, row in zip(spans, rows, strict=True)
            for value in row
        ]
        return beams(flat, Meter.parse(meter))

    begin, on, end = ("begin",), ("continue",), ("end",)
    assert marks("4/4", 6, 6, 6, 6, 12, 12) == [begin, on, on, end, (), ()]
    assert marks("3/4", 6, 6, 6, 6, 12) == [begin, end, begin, end, ()]
    assert marks("6/8", 6, 6, 6, 6, 6, 6) == [begin, on, end] * 2
    assert marks("4/4", 6, -6, 6, 6, 24) == [(), (), begin, end, ()]
    assert marks("4/4", 9, 3, 36) == [begin, ("end", "backward hook"), ()]


def test_names_follow_key_and_chord() -> None:
    def name(pitch: int, key: str, chord: str | None = None) -> str:
        step, alter, octave = spell(pitch, Key.parse(key), (chord and Chord.parse(chord)) or None)
        return step + ("#" * alter if alter > 0 else "b" * -alter) + str(octave)

    assert name(68, "A minor") == "G#4"
    assert name(70, "F") == "Bb4"
    assert name(66, "D") == "F#4"
    assert name(59, "Gb") == "Cb4"
    assert name(60, "C# major") == "B#3"
    assert name(63, "C") == "Eb4"
    assert name(63, "C", "B7") == "D#4"
    assert name(68, "C", "Fm") == "Ab4"
    assert name(68, "C", "E7") == "G#4"
    assert name(69, "Eb", "Cdim7") == "Bbb4"


def elements(score: Score, path: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(musicxml_bytes(score)).findall(path)


def test_accidentals_hold_to_the_bar_line() -> None:
    notes = tuple(Note(12 * k, pitch, 12) for k, pitch in enumerate((61, 61, 60, 60, 61, 60)))
    score = Score((Bar(Meter()),) * 2, (Track("A", notes=notes),), keys=(KeyChange(0, Key("C")),))
    shown = [
        note.findtext("accidental")
        for note in elements(score, ".//note")
        if note.find("pitch") is not None
    ]
    assert shown == ["sharp", None, "natural", None, "sharp", "natural"]


def test_a_piano_gets_two_staves_and_a_flute_one() -> None:
    notes = tuple(Note(12 * k, pitch, 12) for k, pitch in enumerate((40, 76, 43, 79)))
    for program, staves in ((0, "2"), (73, None)):
        score = Score((Bar(Meter()),), (Track("A", "chords", program, notes),))
        found = elements(score, ".//attributes/staves")
        assert (found[0].text if found else None) == staves
        assert read_musicxml(musicxml_bytes(score)).score.tracks[0].notes == notes


def test_drums_are_one_line_without_ties() -> None:
    hats = (Note(6 * k, 42, 1) for k in range(16))
    notes = (*hats, Note(0, 36, 40), Note(30, 49, 60))
    score = Score((Bar(Meter()),) * 2, (Track("Kit", "drums", -1, notes),))
    assert not elements(score, ".//tie")
    assert {voice.text for voice in elements(score, ".//voice")} == {"1"}
    hits = [
        n.findtext("type") for n in elements(score, ".//note") if n.find("unpitched") is not None
    ]
    assert set(hits) == {"eighth"}
    assert read_musicxml(musicxml_bytes(score)).score == score


def test_a_crowded_bar_loses_nothing() -> None:
    notes = tuple(sorted(Note(k, 50 + k, 48 - 2 * k) for k in range(12)))
    score = Score((Bar(Meter()),), (Track("A", "pad", 48, notes),))
    assert read_musicxml(musicxml_bytes(score)).score.tracks[0].notes == notes


@st.composite
def scores(draw: st.DrawFn) -> Score:
    meters = st.sampled_from(
        [Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(7, 8), Meter(2, 2), Meter(5, 4),
         Meter(12, 8), Meter(3, 8), Meter(5, 16), Meter(3, 2), Meter(1, 16)]
    )  # fmt: skip
    bars = []
    for _ in range(draw(st.integers(1, 5))):
        meter = draw(meters)
        length = draw(st.none() | st.integers(1, meter.ticks)) if draw(st.booleans()) else None
        bars.append(Bar(meter, length))
    ticks = sum(bar.ticks for bar in bars)
    cut = draw(st.sampled_from([1, 2, 3, 4, 6, 12]))
    at = st.integers(0, (ticks - 1) // cut).map(lambda k: k * cut)
    tracks = []
    for index in range(draw(st.integers(1, 4))):
        program = draw(st.sampled_from([-1, 0, 0, 41, 73, 33, 25]))
        found: dict[tuple[int, int], Note] = {}
        for _ in range(draw(st.integers(0, 14))):
            onset = draw(at)
            pitch = draw(st.integers(0, 127) if draw(st.booleans()) else st.integers(55, 65))
            duration = draw(st.integers(1, 60))
            found[onset, pitch] = Note(
                onset, pitch, min(duration, ticks - onset), draw(st.integers(1, 127)),
                draw(st.sampled_from([0.0, 0.0, 0.0, -1.25, 2.5, 0.1])),
                draw(st.sampled_from([0.0, 0.0, 0.0, 12.5, -49.0])) if program >= 0 else 0.0,
            )  # fmt: skip
        role = "drums" if program < 0 else draw(st.sampled_from(ROLES[:-1]))
        tracks.append(Track(f"Track {index}", role, program, tuple(sorted(found.values()))))
    edges = sorted(draw(st.sets(at, max_size=4)))
    spans = []
    for onset, end in pairwise(edges):
        chord = Chord(
            draw(st.sampled_from("ABCDEFG")) + draw(st.sampled_from(["", "#", "b"])),
            draw(st.sampled_from(QUALITIES)),
        )
        gap = draw(st.integers(0, 1))
        spans.append(ChordSpan(onset, max(1, end - onset - gap), chord))
    keys = {
        draw(at): Key.from_fifths(draw(st.integers(-7, 7)), draw(st.sampled_from(sorted(MODES))))
        for _ in range(draw(st.integers(0, 2)))
    }
    tempos = {0: 100.0}
    for _ in range(draw(st.integers(0, 2))):
        tempos[draw(at)] = draw(st.floats(1, 2000))
    starts = sorted(draw(st.sets(st.integers(0, len(bars) - 1), max_size=3)))
    ends = [*starts[1:], len(bars)]
    return Score(
        bars=tuple(bars),
        tracks=tuple(tracks),
        tempos=tuple(TempoChange(t, bpm) for t, bpm in sorted(tempos.items())),
        keys=tuple(KeyChange(t, key) for t, key in sorted(keys.items())),
        sections=tuple(Section(f"S {a}", a, b - a) for a, b in zip(starts, ends, strict=False)),
        chords=tuple(spans),
    )


SLOW_OK = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW_OK)
@given(scores())
def test_what_is_written_reads_back(score: Score) -> None:
    result = read_musicxml(musicxml_bytes(score))
    assert result.score == score
    assert not result.losses


# --- an independent reader ----------------------------------------------------------------------


def independent(data: bytes) -> tuple[list[list[tuple[float, int]]], list[list[float]]]:
    """Onsets and pitches by part, and bar lengths by staff, as music21 reads them."""
    parsed = music21.converter.parse(data.decode("utf-8"), format="musicxml", forceSource=True)
    grouped: dict[str, list[tuple[float, int]]] = {}
    lengths = []
    for staff in parsed.parts:
        found = grouped.setdefault(str(staff.id).split("-Staff")[0], [])
        for element in staff.recurse().notes:
            if isinstance(element, music21.harmony.Harmony):
                continue
            onset = float(element.getOffsetInHierarchy(staff))
            for single in getattr(element, "notes", (element,)):
                if single.tie is None or single.tie.type == "start":
                    pitch = -1 if isinstance(single, music21.note.Unpitched) else single.pitch.midi
                    found.append((round(onset * 12, 3), pitch))
        lengths.append(
            [float(m.highestTime) * 12 for m in staff.getElementsByClass(music21.stream.Measure)]
        )
    return [sorted(found) for found in grouped.values()], lengths


def agrees(score: Score) -> None:
    parts, lengths = independent(musicxml_bytes(score))
    for track, found in zip(score.tracks, parts, strict=True):
        expected = sorted((float(n.onset), -1 if track.is_drums else n.pitch) for n in track.notes)
        assert found == pytest.approx(expected) if not expected else found == expected
    for staff in lengths:
        assert staff == pytest.approx([float(bar.ticks) for bar in score.bars])


def test_music21_reads_the_demo_alike_and_finds_every_bar_full() -> None:
    agrees(demo())


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW_OK)
@given(scores())
def test_music21_reads_random_scores_alike(score: Score) -> None:
    plain = tuple(
        replace(t, notes=tuple(replace(n, cents=0.0, pitch=12 + n.pitch % 100) for n in t.notes))
        for t in score.tracks
    )
    distinct = tuple(
        replace(t, notes=tuple({(n.onset, n.pitch): n for n in t.notes}.values())) for t in plain
    )
    agrees(replace(score, tracks=distinct))


def test_music21_reads_our_chord_symbols() -> None:
    names = ["maj", "min", "7", "maj7", "min7", "hdim7", "dim7", "min6", "sus4", "aug", "9"]
    spans = tuple(ChordSpan(48 * i, 48, Chord("Bb", name)) for i, name in enumerate(names))
    score = Score(tuple(Bar(Meter()) for _ in names), (Track("A"),), chords=spans)
    parsed = music21.converter.parse(
        musicxml_bytes(score).decode(), format="musicxml", forceSource=True
    )
    found = [
        {p.pitchClass for p in symbol.pitches}
        for symbol in parsed.recurse().getElementsByClass(music21.harmony.ChordSymbol)
    ]
    assert found == [set(span.chord.classes) for span in spans]
