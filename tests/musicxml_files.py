"""MusicXML made by hand, and a score with everything in it."""

from anacrusis.compose.chord import Chord
from anacrusis.compose.files.musicxml_read import read_musicxml
from anacrusis.compose.files.musicxml_write import musicxml_bytes
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
