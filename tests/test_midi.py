"""MIDI: round trips, golden bytes, what files get wrong, and hostile bytes."""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import scores

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import AnacrusisError, FileFormatError, ScoreError
from anacrusis.compose.files.midi_channels import DRUM_CHANNEL, Strike, Voice, assign_channels
from anacrusis.compose.files.midi_grid import microseconds, tempo
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.files.midi_write import midi_bytes, write_midi
from anacrusis.compose.files.roles import assign_roles
from anacrusis.compose.files.smf import (
    CONTROL,
    END_OF_TRACK,
    KEY_SIGNATURE,
    MARKER,
    META,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    TEMPO,
    TEXT,
    TIME_SIGNATURE,
    TRACK_NAME,
    Event,
    build_smf,
    parse_smf,
)
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

OFF_GRID = "notes off the grid, kept as shift"
ASPECTS = ("bars", "tracks", "tempos", "keys", "sections", "chords", "title", "composer")


def on(tick: int, pitch: int = 60, velocity: int = 80, channel: int = 0) -> Event:
    return Event(tick, NOTE_ON, channel, pitch, velocity)


def off(tick: int, pitch: int = 60, channel: int = 0) -> Event:
    return Event(tick, NOTE_OFF, channel, pitch, 64)


def meta(tick: int, kind: int, data: bytes) -> Event:
    return Event(tick, META, 0, kind, 0, data)


def program(tick: int, number: int, channel: int = 0) -> Event:
    return Event(tick, PROGRAM, channel, number, 0)


def midi(*tracks: list[Event], division: int = 480, end: int | None = None) -> bytes:
    """A type 1 file of these tracks."""
    return build_smf(
        division,
        [(events, max((e.tick for e in events), default=0) if end is None else end)
         for events in tracks],
    )  # fmt: skip


def header(kind: int = 1, tracks: int = 1, division: int = 480) -> bytes:
    return b"MThd" + struct.pack(">IHHH", 6, kind, tracks, division)


def chunk(body: bytes) -> bytes:
    return b"MTrk" + struct.pack(">I", len(body)) + body


END = bytes((0, META, END_OF_TRACK, 0))

SMALL = Score(
    bars=(Bar(Meter(4, 4), 12), Bar(Meter(4, 4)), Bar(Meter(3, 4))),
    tracks=(
        Track("Tune", "melody", 73, (Note(9, 67, 3, 90), Note(12, 72, 24, 100, shift=-0.25))),
        Track("Kit", "drums", -1, (Note(12, 36, 3, 110),)),
    ),
    tempos=(TempoChange(0, 133.0), TempoChange(60, 90.0)),
    keys=(KeyChange(0, Key("D", "dorian")),),
    sections=(Section("verse", 1, 2),),
    chords=(ChordSpan(12, 24, Chord.parse("Dm7")), ChordSpan(48, 12, Chord.none())),
    title="Small",
    composer="Nobody",
)


class TestRoundTrip:
    @settings(max_examples=150, deadline=None)
    @given(scores())
    def test_score_comes_back(self, score: Score) -> None:
        data, lost = midi_bytes(score)
        assert not lost
        read, losses = read_midi(data)
        for aspect in ASPECTS:
            assert getattr(read, aspect) == getattr(score, aspect), aspect
        assert set(losses.counts) <= {OFF_GRID}
        assert midi_bytes(read).data == data

    @settings(max_examples=50, deadline=None)
    @given(scores(unisons=True, cents=True))
    def test_nothing_is_lost_uncounted(self, score: Score) -> None:
        data, lost = midi_bytes(score)
        read, _ = read_midi(data)
        assert read.bars == score.bars
        cents = sum(note.cents != 0 for _, note in score.notes())
        assert lost.counts.get("tunings in cents", 0) == cents
        struck = [[(n.onset, n.pitch) for n in t.notes] for t in score.tracks]
        assert struck == [[(n.onset, n.pitch) for n in t.notes] for t in read.tracks]
        if "notes within a longer one of their pitch, ends exchanged" not in lost.counts:
            spans = [sorted((n.onset, n.pitch, n.duration) for n in t.notes) for t in score.tracks]
            assert spans == [
                sorted((n.onset, n.pitch, n.duration) for n in t.notes) for t in read.tracks
            ]

    @settings(max_examples=50, deadline=None)
    @given(scores())
    def test_another_program_finds_the_same_notes(self, score: Score) -> None:
        symusic = pytest.importorskip("symusic")
        read = symusic.Score.from_midi(midi_bytes(score).data)
        found = sorted(
            (n.time, n.duration, n.pitch, n.velocity, -1 if t.is_drum else t.program)
            for t in read.tracks
            for n in t.notes
        )
        assert found == sorted(
            (round(40 * (n.onset + n.shift)), 40 * n.duration, n.pitch, n.velocity, t.program)
            for t, n in score.notes()
        )
        assert [microseconds(t.qpm) for t in read.tempos] == [
            microseconds(t.bpm) for t in score.tempos
        ]
        assert [m.text for m in read.markers] == [s.name for s in score.sections]

    @pytest.mark.parametrize("per_quarter", [1 << 23, 500_000, 451_128, 500_001, 30_000, 333_333])
    def test_tempo_keeps_its_microseconds(self, per_quarter: int) -> None:
        assert microseconds(tempo(per_quarter)) == per_quarter
        found = read_midi(midi([meta(0, TEMPO, per_quarter.to_bytes(3)), on(0), off(480)])).score
        assert microseconds(found.tempos[0].bpm) == per_quarter

    def test_golden_bytes(self) -> None:
        assert midi_bytes(SMALL).data.hex(" ") == GOLDEN
        assert read_midi(bytes.fromhex(GOLDEN)).score == SMALL

    def test_other_programs_see_the_bars(self) -> None:
        events = parse_smf(midi_bytes(SMALL).data).chunks[0].events
        meters = [(e.tick, e.data[0]) for e in events if e.a == TIME_SIGNATURE]
        assert meters == [(0, 1), (480, 4), (2400, 3)]

    def test_empty_tracks_keep_name_role_and_program(self) -> None:
        tracks = tuple(Track(f"part {i}", "pad", 88 + i % 8) for i in range(20))
        score = Score((Bar(Meter()),), (*tracks, Track("kit", "drums", -1)))
        assert read_midi(midi_bytes(score).data).score.tracks == score.tracks

    def test_over_fifteen_instruments_in_turn(self) -> None:
        tracks = tuple(
            Track(f"part {i}", "melody", 3 * i, (Note(12 * i, 60, 6), Note(12 * i + 3, 64, 3)))
            for i in range(40)
        )
        score = Score((Bar(Meter()),) * 10, tracks)
        data, lost = midi_bytes(score)
        assert not lost
        assert read_midi(data).score.tracks == tracks
        assert _programs_sounding(data) == sorted(
            (note.onset * 40, note.pitch, track.program) for track, note in score.notes()
        )

    def test_over_fifteen_instruments_at_once(self) -> None:
        tracks = tuple(Track(str(i), "melody", i, (Note(0, 60, 6),)) for i in range(16))
        with pytest.raises(FileFormatError, match=r"16 pitched tracks.*fifteen.*merge tracks"):
            midi_bytes(Score((Bar(Meter()),), tracks))

    def test_written_atomically(self, tmp_path: Path) -> None:
        write_midi(SMALL, tmp_path / "deep" / "small.mid")
        assert [p.name for p in (tmp_path / "deep").iterdir()] == ["small.mid"]
        assert read_midi(tmp_path / "deep" / "small.mid").score == SMALL

    def test_more_bars_than_can_be_read(self) -> None:
        with pytest.raises(ScoreError, match=r"2001 bars; allowed in a file: up to 2000"):
            midi_bytes(Score((Bar(Meter()),) * 2001))

    def test_what_midi_does_not_hold_is_counted(self) -> None:
        score = Score(
            bars=(Bar(Meter()),),
            tracks=(
                Track("a", "melody", 0, (Note(0, 60, 12, shift=-1.0), Note(3, 60, 3, cents=50.0))),
            ),
            tempos=(TempoChange(0, 2.0),),
            keys=(KeyChange(0, Key("G#")),),
            chords=(ChordSpan(0, 24, Chord("C")), ChordSpan(12, 12, Chord("D"))),
        )
        assert dict(midi_bytes(score).losses.counts) == {
            "notes played before the start": 1,
            "tunings in cents": 1,
            "notes within a longer one of their pitch, ends exchanged": 2,
            "tempos too slow for MIDI": 1,
            "keys of over seven accidentals, respelled": 1,
            "chords that overlap the next": 1,
        }


def _programs_sounding(data: bytes) -> list[tuple[int, int, int]]:
    """(tick, pitch, program) of every note-on, as a player with sixteen channels hears it."""
    events = sorted(
        ((e.tick, e.kind == NOTE_ON, e) for c in parse_smf(data).chunks for e in c.events),
        key=lambda entry: entry[:2],
    )
    now, heard = [0] * 16, []
    for tick, _, event in events:
        if event.kind == PROGRAM:
            now[event.channel] = event.a
        elif event.kind == NOTE_ON:
            heard.append((tick, event.a, now[event.channel]))
    return sorted(heard)


class TestChannels:
    def test_drums_on_channel_ten(self) -> None:
        voices = [Voice(-1, []), Voice(0, []), Voice(-1, []), Voice(0, [])]
        assert assign_channels(voices) == [DRUM_CHANNEL, 0, DRUM_CHANNEL, 1]

    def test_one_pitch_twice_needs_two_channels(self) -> None:
        voices = [Voice(0, [Strike(0, 40, 60)])] * 15 + [Voice(0, [Strike(20, 60, 60)])]
        with pytest.raises(FileFormatError, match="16 pitched tracks"):
            assign_channels(voices)
        other = [Voice(0, [Strike(0, 40, 40 + i)]) for i in range(20)]
        assert set(assign_channels(other)) == {0}


class TestReading:
    def test_meter_change_inside_a_bar_cuts_it(self) -> None:
        data = midi(
            [meta(0, TIME_SIGNATURE, b"\4\2\x18\x08"), meta(960, TIME_SIGNATURE, b"\3\2\x18\x08")],
            [on(0), off(2400)],
        )
        assert read_midi(data).score.bars == (Bar(Meter(4, 4), 24), Bar(Meter(3, 4)))

    def test_repeated_meter_cuts_nothing(self) -> None:
        signature = b"\4\2\x18\x08"
        data = midi(
            [meta(0, TIME_SIGNATURE, signature), meta(960, TIME_SIGNATURE, signature)],
            [on(0), off(3840)],
        )
        assert read_midi(data).score.bars == (Bar(Meter(4, 4)),) * 2

    def test_short_first_meter_is_read_as_written(self) -> None:
        data = midi(
            [meta(0, TIME_SIGNATURE, b"\1\2\x18\x08"), meta(480, TIME_SIGNATURE, b"\4\2\x18\x08")],
            [on(0), off(480), on(480), off(2400)],
        )
        assert read_midi(data).score.bars == (Bar(Meter(1, 4)), Bar(Meter(4, 4)))

    def test_no_meter_is_common_time(self) -> None:
        assert read_midi(midi([on(0), off(1921)])).score.bars == (Bar(Meter(4, 4)),)

    @pytest.mark.parametrize("signature", [(4, 0), (17, 3), (5, 5), (0, 2), (4, 255)])
    def test_meter_the_grid_does_not_hold(self, signature: tuple[int, int]) -> None:
        data = midi([meta(1920, TIME_SIGNATURE, bytes((*signature, 24, 8)))], [on(0), off(4000)])
        with pytest.raises(AnacrusisError, match=r"bar 2 .*not supported"):
            read_midi(data)

    def test_unused_meter_after_the_end_does_no_harm(self) -> None:
        data = midi([meta(19200, TIME_SIGNATURE, b"\x11\3\x18\x08")], [on(0), off(480)])
        assert read_midi(data).score.bars == (Bar(Meter(4, 4)),)

    @pytest.mark.parametrize(
        ("events", "notes", "reason"),
        [
            ([on(0), off(480), off(500)], [(0, 12)], "note-offs without a note"),
            ([on(0), meta(960, TEXT, b"x")], [(0, 24)], "notes without an end"),
            ([on(480), off(480)], [(12, 1)], "notes of no length"),
            ([on(0), on(480, velocity=0)], [(0, 12)], None),
            ([on(0), on(240), off(480), off(960)], [(0, 12), (6, 18)], "overlapping on one pitch"),
            ([on(0), on(480), off(480), off(960)], [(0, 12), (12, 12)], None),
            ([on(0), off(8)], [(0, 1)], "note lengths moved"),
        ],
    )
    def test_odd_notes_are_kept_and_counted(
        self, events: list[Event], notes: list[tuple[int, int]], reason: str | None
    ) -> None:
        score, losses = read_midi(midi(events))
        assert [(n.onset, n.duration) for n in score.tracks[0].notes] == notes
        counted = " ".join(r for r in losses.counts if r != "texts")
        assert reason in counted if reason else not counted

    def test_timing_is_kept_as_shift(self) -> None:
        data = midi([on(490), off(960)])
        score, losses = read_midi(data)
        assert score.tracks[0].notes == (Note(12, 60, 12, 80, 0.25),)
        assert losses.counts[OFF_GRID] == 1
        exact, losses = read_midi(data, timing=False)
        assert exact.tracks[0].notes == (Note(12, 60, 12, 80),)
        assert losses.counts["notes moved to the grid"] == 1

    def test_coarse_files_are_rounded_without_a_shift(self) -> None:
        score, losses = read_midi(midi([on(33), off(67), on(67), off(100)], division=100))
        assert score.tracks[0].notes == (Note(4, 60, 4, 80), Note(8, 60, 4, 80))
        assert not losses

    def test_channels_and_programs_become_tracks(self) -> None:
        events = [
            meta(0, TRACK_NAME, b"all"),
            program(0, 40),
            on(0),
            off(480),
            program(480, 73),
            on(480),
            off(960),
            on(960, 36, 100, 9),
            off(970, 36, 9),
        ]
        tracks = read_midi(midi(events)).score.tracks
        assert [(t.name, t.program, len(t.notes)) for t in tracks] == [
            ("all violin", 40, 1),
            ("all flute", 73, 1),
            ("all drums", -1, 1),
        ]

    def test_program_may_stand_in_another_track(self) -> None:
        data = midi([program(0, 42, 3)], [on(0, channel=3), off(480, channel=3)])
        assert read_midi(data).score.tracks[0].program == 42

    def test_type_0(self) -> None:
        data = bytearray(midi([meta(0, TRACK_NAME, b"Song"), on(0), off(480)]))
        data[9] = 0
        score = read_midi(bytes(data)).score
        assert (score.title, score.tracks[0].name) == ("Song", "acoustic grand piano")

    def test_running_status_and_odd_events(self) -> None:
        body = (
            b"\x00\x90\x3c\x50" b"\x60\x3c\x00"  # running status
            b"\x00\xf0\x03\x01\x02\xf7"  # system exclusive
            b"\x00\xff\x7f\x02\x00\x00"  # sequencer's own
            b"\x00\xb0\x40\x7f" b"\x00\x07\x64"  # pedal, volume
            b"\x00\xe0\x00\x40" b"\x00\xd0\x10"  # pitch bend, pressure
        )  # fmt: skip
        score, losses = read_midi(header() + chunk(body + END) + b"XXXX\0\0\0\0")
        assert score.tracks[0].notes == (Note(0, 60, 2, 80, 0.0),)
        assert dict(losses.counts) == {
            "note lengths moved to the grid": 1,
            "system exclusive events": 1,
            "other meta events": 1,
            "sustain pedal events": 1,
            "controller events": 1,
            "pitch bends": 1,
            "pressure events": 1,
            "stray chunks or system messages": 1,
        }

    def test_markers_of_other_programs(self) -> None:
        data = midi(
            [meta(0, MARKER, b"Intro "), meta(1930, MARKER, b"Verse"), meta(5760, MARKER, b"Coda")],
            [on(0), off(7680)],
        )
        score, losses = read_midi(data)
        assert score.sections == (
            Section("Intro", 0, 1),
            Section("Verse", 1, 2),
            Section("Coda", 3, 1),
        )
        assert not losses

    def test_sections_of_stated_length_may_overlap(self) -> None:
        sections = (Section("A", 0, 3), Section("B", 0, 1), Section("C", 1, 2), Section("D", 2, 1))
        score = Score((Bar(Meter()),) * 3, sections=sections)
        assert read_midi(midi_bytes(score).data).score.sections == sections

    def test_chord_texts(self) -> None:
        texts = [(0, b"chord: Am7"), (960, b"chord: N.C."), (1440, b"chord: H\xf6"), (1920, b"la")]
        data = midi([meta(tick, TEXT, text) for tick, text in texts], [on(0), off(1920)])
        score, losses = read_midi(data)
        assert score.chords == (ChordSpan(0, 24, Chord("A", "min7")), ChordSpan(24, 24, Chord("N")))
        assert dict(losses.counts) == {"chords that cannot be read": 1, "texts": 1}

    def test_keys(self) -> None:
        data = midi(
            [
                meta(0, KEY_SIGNATURE, b"\xfd\x01"),
                meta(1920, KEY_SIGNATURE, b"\x00\x00"),
                meta(1920, TEXT, b"key: D dorian"),
                meta(3840, KEY_SIGNATURE, b"\x09\x00"),
            ],
            [on(0), off(7680)],
        )
        score, losses = read_midi(data)
        assert score.keys == (KeyChange(0, Key("C", "minor")), KeyChange(48, Key("D", "dorian")))
        assert losses.counts["key signatures that name no key"] == 1

    def test_first_tempo_is_120(self) -> None:
        data = midi([meta(960, TEMPO, b"\x0f\x42\x40"), meta(1920, TEMPO, b"\0\0\0")], [on(0)])
        score, losses = read_midi(data)
        assert score.tempos[0] == TempoChange(0, 120.0)
        assert losses.counts["impossible tempos"] == 1

    def test_silence_is_one_bar(self) -> None:
        assert read_midi(midi([])).score == Score((Bar(Meter(4, 4)),))

    def test_names_in_latin_1(self) -> None:
        data = midi([meta(0, TRACK_NAME, b"Fl\xf6te\x00"), on(0), off(480)])
        assert read_midi(data).score.tracks[0].name == "Flöte"

    def test_control_characters_in_names_are_left_out_and_counted(self) -> None:
        head = [meta(0, TRACK_NAME, b"Fer\x00ry\r\nat dusk\x1b"), meta(0, MARKER, b"A\x07")]
        head += [meta(0, TEXT, b"composer: N\x01N")]
        part = [meta(0, TRACK_NAME, b"flute\x00"), on(0), off(480)]
        score, losses = read_midi(midi(head, part))
        assert (score.title, score.composer, score.sections[0].name, score.tracks[0].name) == (
            "Ferry at dusk", "NN", "A", "flute"
        )  # fmt: skip
        assert losses.counts["names with control characters"] == 4

    def test_controllers_do_not_change_notes(self) -> None:
        plain = read_midi(midi([on(0), off(480)])).score
        pedal = Event(0, CONTROL, 0, 64, 127)
        assert read_midi(midi([pedal, on(0), off(480)])).score == plain


class TestRefused:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "empty"),
            (b"RIFF\0\0\0\0WAVEfmt ", "not a MIDI file.*b'RIFF'"),
            (b"MThd\0\0", "ends after 6 bytes"),
            (header(kind=2), "type 2; allowed: types 0 and 1"),
            (header(division=0xE728), "SMPTE.*ticks per quarter"),
            (header(division=0), "header is damaged"),
            (header(tracks=2) + chunk(END), "announces 2 tracks but holds 1"),
            (header() + chunk(END)[:-1], "within track 1"),
            (header() + chunk(b"\x00\x3c\x40" + END), "without a status byte"),
            (header() + chunk(b"\x00\x90\x3c\x90" + END), "above 0x7f"),
            (header() + chunk(b"\xff\xff\xff\xff\x00\x90\x3c\x40"), "variable-length"),
            (header() + chunk(b"\x00\xff\x01\x7f" + END), "runs past the track"),
            (header() + chunk(b"\x00\x90\x3c") + chunk(END), "runs past the track"),
        ],
    )
    def test_damaged_bytes(self, data: bytes, message: str) -> None:
        with pytest.raises(FileFormatError, match=message):
            read_midi(data)

    def test_absurd_delta_times(self) -> None:
        body = b"\x00\x90\x3c\x40\x10\x80\x3c\x40" + b"\xff\xff\xff\x7f\x90\x3c\x40" * 20
        with pytest.raises(FileFormatError, match="MIDI ticks, which no piece does"):
            read_midi(header() + chunk(body + END))
        body = b"\x00\x90\x3c\x40\xff\xff\xff\x7f\x80\x3c\x40"
        with pytest.raises(FileFormatError, match="whole notes; allowed: up to 2000 bars"):
            read_midi(header() + chunk(body + END))

    def test_too_many_bars(self) -> None:
        data = midi([meta(0, TIME_SIGNATURE, b"\1\4\x18\x08")], [on(0), off(480 * 1000)])
        with pytest.raises(FileFormatError, match="over 2000 bars"):
            read_midi(data)

    def test_files_that_are_none(self, tmp_path: Path) -> None:
        with pytest.raises(FileFormatError, match=r"cannot read .*gone\.mid: No such file"):
            read_midi(tmp_path / "gone.mid")
        with pytest.raises(FileFormatError, match="cannot read"):
            read_midi(tmp_path)
        (tmp_path / "bad.mid").write_bytes(b"nonsense")
        with pytest.raises(FileFormatError, match=r"bad\.mid: this is not a MIDI file"):
            read_midi(tmp_path / "bad.mid")

    def test_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "large.mid"
        with path.open("wb") as stream:
            stream.truncate(50_000_001)
        with pytest.raises(FileFormatError, match="50000001 bytes; allowed: up to 50000000"):
            read_midi(path)


class TestFuzz:
    @staticmethod
    def survives(data: bytes) -> None:
        try:
            score, _ = read_midi(data)
        except AnacrusisError as error:
            assert str(error)
        else:
            assert len(score.bars) <= 2000
            assert read_midi(midi_bytes(score).data).score.bars == score.bars

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=200))
    def test_random_tracks(self, body: bytes) -> None:
        self.survives(header() + chunk(body))
        self.survives(body)
        self.survives(b"MThd" + body)

    @settings(max_examples=150, deadline=None)
    @given(scores(), st.data())
    def test_mutated_files(self, score: Score, draw: st.DataObject) -> None:
        data = bytearray(midi_bytes(score).data)
        for _ in range(draw.draw(st.integers(1, 4))):
            data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
        self.survives(bytes(data))
        cut = bytes(data[: draw.draw(st.integers(0, len(data) - 1))])
        self.survives(cut)

    @settings(max_examples=50, deadline=None)
    @given(scores(), st.data())
    def test_truncated_files_are_refused(self, score: Score, draw: st.DataObject) -> None:
        data = midi_bytes(score).data
        with pytest.raises(FileFormatError):
            read_midi(data[: draw.draw(st.integers(0, len(data) - 1))])


class TestRoles:
    @staticmethod
    def line(name: str, program: int, pitch: int, step: int = 1, length: int = 12) -> Track:
        notes = (Note(length * i, pitch + step * (i % 3), length) for i in range(16))
        return Track(name, "melody", program, tuple(notes))

    def test_band(self) -> None:
        chords = tuple(Note(48 * i, p, 48) for i in range(4) for p in (60, 64, 67))
        tracks = (
            self.line("", 33, 36),
            Track("", "melody", 0, chords),
            self.line("", 73, 76),
            self.line("", 71, 64),
            Track("", "melody", -1, (Note(0, 36, 3),)),
            self.line("", 24, 52, step=5, length=3),
            Track("", "melody", 89, chords),
        )
        roles = [track.role for track in assign_roles(tracks)]
        assert roles == ["bass", "chords", "melody", "counter", "drums", "arpeggio", "pad"]

    def test_names_are_believed(self) -> None:
        named = ("Melody", "Bass guitar", "Bridge", "Warm Pad", "Rhythm guitar")
        tracks = tuple(self.line(name, 0, 60) for name in named)
        roles = [track.role for track in assign_roles(tracks)]
        assert roles == ["melody", "bass", "counter", "pad", "chords"]

    def test_lowest_voice_is_the_bass(self) -> None:
        tracks = tuple(self.line("", 0, pitch) for pitch in (72, 65, 55, 45))
        roles = [track.role for track in assign_roles(tracks)]
        assert roles == ["melody", "counter", "counter", "bass"]

    def test_nothing_else_changes(self) -> None:
        tracks = (self.line("a", 3, 60), Track("b", "pad", 9))
        for before, after in zip(tracks, assign_roles(tracks), strict=True):
            assert (before.name, before.program, before.notes) == (
                after.name,
                after.program,
                after.notes,
            )
        assert assign_roles(()) == ()


GOLDEN = (
    "4d 54 68 64 00 00 00 06 00 01 00 03 01 e0 4d 54 72 6b 00 00 00 d1 00 ff 03 05 53 6d 61 6c "
    "6c 00 ff 01 10 63 6f 6d 70 6f 73 65 72 3a 20 4e 6f 62 6f 64 79 00 ff 58 04 01 02 18 08 00 "
    "ff 01 0c 62 61 72 3a 20 34 2f 34 2c 20 31 32 00 ff 59 02 00 00 00 ff 01 0d 6b 65 79 3a 20 "
    "44 20 64 6f 72 69 61 6e 00 ff 51 03 06 e2 38 83 60 ff 58 04 04 02 18 08 00 ff 06 05 76 65 "
    "72 73 65 00 ff 01 0f 73 65 63 74 69 6f 6e 3a 20 32 20 62 61 72 73 00 ff 01 0a 63 68 6f 72 "
    "64 3a 20 44 6d 37 87 40 ff 01 0b 63 68 6f 72 64 3a 20 73 74 6f 70 83 60 ff 01 0b 63 68 6f "
    "72 64 3a 20 4e 2e 43 2e 83 60 ff 58 04 03 02 18 08 00 ff 51 03 0a 2c 2b 00 ff 01 0b 63 68 "
    "6f 72 64 3a 20 73 74 6f 70 8b 20 ff 01 03 65 6e 64 00 ff 2f 00 4d 54 72 6b 00 00 00 3b 00 "
    "ff 03 04 54 75 6e 65 00 ff 04 05 66 6c 75 74 65 00 ff 01 0c 72 6f 6c 65 3a 20 6d 65 6c 6f "
    "64 79 00 c0 49 82 68 90 43 5a 6e 90 48 64 0a 80 43 40 87 36 80 48 40 92 6a ff 2f 00 4d 54 "
    "72 6b 00 00 00 2d 00 ff 03 03 4b 69 74 00 ff 04 05 64 72 75 6d 73 00 ff 01 0b 72 6f 6c 65 "
    "3a 20 64 72 75 6d 73 83 60 99 24 6e 78 89 24 40 99 28 ff 2f 00"
)
