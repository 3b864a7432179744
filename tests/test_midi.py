"""MIDI: round trips, golden bytes, channels."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from midi_files import ASPECTS, OFF_GRID, SMALL, meta, midi, off, on
from strategies import scores

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import FileFormatError, ScoreError
from anacrusis.compose.files.midi_channels import DRUM_CHANNEL, Strike, Voice, assign_channels
from anacrusis.compose.files.midi_grid import microseconds, tempo
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.files.midi_write import midi_bytes, write_midi
from anacrusis.compose.files.smf import (
    NOTE_ON,
    PROGRAM,
    TEMPO,
    TIME_SIGNATURE,
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
    TempoChange,
    Track,
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
