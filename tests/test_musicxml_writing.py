"""MusicXML that we write: it reads back, here and in an independent reader."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import music21
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from musicxml_files import DEMO_BYTES, demo
from strategies import swings

from anacrusis.compose.chord import QUALITIES, Chord
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.musicxml_harmony import harmony_element, read_harmony
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


@pytest.mark.parametrize(
    ("root", "kind", "inversion", "symbol"),
    [("C", "minor", 1, "Cm/Eb"), ("B", "major", 1, "B/D#"), ("G", "dominant", 3, "G7/F")],
)
def test_an_inversion_is_a_bass_with_the_name_of_its_tone(
    root: str, kind: str, inversion: int, symbol: str
) -> None:
    element = ElementTree.fromstring(
        f"<harmony><root><root-step>{root}</root-step></root><kind>{kind}</kind>"
        f"<inversion>{inversion}</inversion></harmony>"
    )
    assert str(read_harmony(element).chord) == symbol


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
        swing=draw(swings()) if any(bar.meter.has_quarter_beats for bar in bars) else 0.5,
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


@pytest.mark.parametrize(
    ("program", "pitch", "clef"),
    [
        (73, 72, "G2"), (42, 48, "F4"), (42, 60, "F4"), (42, 72, "G2"), (70, 58, "F4"),
        (0, 55, "F4"), (40, 58, "G2"), (41, 60, "C3"), (32, 40, "F4-1"), (25, 60, "G2-1"),
        (72, 90, "G2+1"),
    ],
)  # fmt: skip
def test_an_instrument_has_the_clef_it_reads(program: int, pitch: int, clef: str) -> None:
    track = Track("x", "melody", program, (Note(0, pitch, 48),))
    root = ElementTree.fromstring(musicxml_bytes(Score((Bar(Meter(4, 4)),), (track,))))
    written = root.find(".//clef")
    assert written is not None
    change = int(written.findtext("clef-octave-change", "0"))
    found = f"{written.findtext('sign')}{written.findtext('line')}"
    assert found + (f"{change:+d}" if change else "") == clef
