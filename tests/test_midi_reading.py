"""MIDI files of others: what they get wrong, hostile bytes, roles."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from midi_files import END, OFF_GRID, chunk, header, meta, midi, off, on, program
from strategies import scores

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import AnacrusisError, FileFormatError
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.files.midi_write import midi_bytes
from anacrusis.compose.files.roles import assign_roles
from anacrusis.compose.files.smf import (
    CONTROL,
    KEY_SIGNATURE,
    MARKER,
    TEMPO,
    TEXT,
    TIME_SIGNATURE,
    TRACK_NAME,
    Event,
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
        with pytest.raises(FileFormatError, match=r"large\.mid is over 50000 kB; split the piece"):
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
