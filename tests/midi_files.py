"""MIDI files made event by event, and a small score."""

import struct

from anacrusis.compose.chord import Chord
from anacrusis.compose.files.smf import (
    END_OF_TRACK,
    META,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    Event,
    build_smf,
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
