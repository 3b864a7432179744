"""Standard MIDI Files as events: bytes to lists of events, and back, nothing dropped.

The format is that of the MIDI Manufacturers Association, "Standard MIDI Files 1.0" (RP-001).
What the events mean for a score is decided in `midi_read` and `midi_write`.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import FileFormatError
from .limits import check_bytes, check_tracks

MAX_EVENTS = 3_000_000
MAX_TICK = 1 << 32
"""No track is longer than this many MIDI ticks: real files stay far below it."""

NOTE_OFF, NOTE_ON, POLY_PRESSURE, CONTROL, PROGRAM, PRESSURE, BEND = range(0x80, 0xF0, 0x10)
META, SYSEX, ESCAPE = 0xFF, 0xF0, 0xF7

TEXT, COPYRIGHT, TRACK_NAME, INSTRUMENT_NAME, LYRIC, MARKER, CUE = range(1, 8)
PORT, END_OF_TRACK, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x21, 0x2F, 0x51, 0x58, 0x59

_TWO_BYTES = frozenset({0xC, 0xD})
_SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}


class Event(NamedTuple):
    """One event. `kind`: status byte without its channel, or META, SYSEX, ESCAPE.

    Channel messages: `channel` 0-15 and the two data bytes `a`, `b` (0 where there is one). Meta
    events: their type in `a`. Meta and system exclusive events carry `data`.
    """

    tick: int
    kind: int
    channel: int
    a: int
    b: int
    data: bytes = b""


@dataclass(frozen=True)
class Chunk:
    """One MIDI track: its events in file order and the tick where it ends."""

    events: list[Event]
    end: int


@dataclass(frozen=True)
class MidiFile:
    """A parsed file.

    format: 0 or 1. division: ticks per quarter note. stray: bytes and chunks that belong to
    nothing (after the last track, of unknown chunks, of system messages).
    """

    format: int
    division: int
    chunks: list[Chunk]
    stray: int = 0


def parse_smf(data: bytes) -> MidiFile:
    """Read the bytes of a type 0 or type 1 file.

    Raises `FileFormatError` for files that are too large, truncated, damaged, of type 2, or timed
    in SMPTE frames. Nothing is repaired but a missing end-of-track event.
    """
    check_bytes(len(data), "the MIDI file")
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        data = data[20:]
    if not data:
        raise FileFormatError("the MIDI file is empty; export it again from its program")
    if data[:4] != b"MThd":
        raise FileFormatError(
            f"this is not a MIDI file: it begins with {data[:4]!r} instead of b'MThd'; "
            "export the piece as a Standard MIDI File"
        )
    if len(data) < 14:
        raise FileFormatError(_truncated(len(data), "its header"))
    size, kind, declared, division = struct.unpack(">IHHH", data[4:14])
    if kind not in (0, 1):
        raise FileFormatError(
            f"the MIDI file is of type {kind}; allowed: types 0 and 1; "
            "export it as type 1 (one piece, several tracks)"
        )
    if division & 0x8000:
        raise FileFormatError(
            f"the MIDI file is timed in SMPTE frames (division {division:#06x}), so it has no "
            "beats; export it with ticks per quarter note"
        )
    if division == 0 or size < 6:
        raise FileFormatError(
            f"the MIDI header is damaged (length {size}, {division} ticks per quarter note); "
            "export the file again"
        )
    return _parse_chunks(data, 8 + size, kind, declared, division)


def _parse_chunks(data: bytes, at: int, kind: int, declared: int, division: int) -> MidiFile:
    chunks: list[Chunk] = []
    stray = events = 0
    while at < len(data):
        if len(chunks) >= declared and data[at : at + 4] != b"MTrk":
            stray += 1
            break
        if at + 8 > len(data):
            raise FileFormatError(_truncated(len(data), f"the header of track {len(chunks) + 1}"))
        (length,) = struct.unpack_from(">I", data, at + 4)
        if at + 8 + length > len(data):
            raise FileFormatError(_truncated(len(data), f"track {len(chunks) + 1}"))
        if data[at : at + 4] == b"MTrk":
            check_tracks(len(chunks), "the MIDI file")
            end = at + 8 + length
            chunk, system = _parse_track(data, at + 8, end, len(chunks) + 1, MAX_EVENTS - events)
            chunks.append(chunk)
            stray += system
            events += len(chunk.events)
        else:
            stray += 1
            check_tracks(stray, "beside its tracks, the MIDI file")
        at += 8 + length
    if len(chunks) < declared:
        raise FileFormatError(
            f"the MIDI file announces {declared} tracks but holds {len(chunks)}; "
            "it was cut off: export it again"
        )
    return MidiFile(kind, division, chunks, stray)


def _parse_track(data: bytes, at: int, end: int, number: int, budget: int) -> tuple[Chunk, int]:
    """At most `budget` events of one track, and how many system messages were passed over."""
    events: list[Event] = []
    append = events.append
    tick = status = stray = 0
    try:
        while at < end:
            delta = data[at]
            if delta & 0x80:
                at, delta = _long_number(data, at, number)
            else:
                at += 1
            tick += delta
            byte = data[at]
            if byte & 0x80:
                at += 1
            elif status:
                byte = status
            else:
                raise _damaged(number, at, f"data byte {byte:#04x} without a status byte")
            if byte < 0xF0:
                status = byte
                kind, a = byte & 0xF0, data[at]
                b = 0
                at += 1
                if byte >> 4 not in _TWO_BYTES:
                    b = data[at]
                    at += 1
                if (a | b) & 0x80:
                    raise _damaged(number, at, f"data bytes {a:#04x} {b:#04x} above 0x7f")
                append(Event(tick, kind, byte & 0x0F, a, b))
            elif byte == META or byte in (SYSEX, ESCAPE):
                a = 0
                if byte == META:
                    a = data[at]
                    at += 1
                at, length = _long_number(data, at, number)
                if at + length > end:
                    raise _damaged(number, at, f"an event of {length} bytes runs past the track")
                if byte == META and a == END_OF_TRACK:
                    stray += at + length < end
                    break
                append(Event(tick, byte, 0, a, 0, data[at : at + length]))
                at += length
            else:
                stray += 1
                at += _SYSTEM_BYTES.get(byte, 0)
            if at > end:
                raise _damaged(number, at, "an event runs past the track")
            if len(events) > budget:
                raise FileFormatError(
                    f"the MIDI file has over {MAX_EVENTS} events; allowed: up to that many; "
                    "split the piece"
                )
    except IndexError:
        raise FileFormatError(_truncated(len(data), f"track {number}")) from None
    if tick > MAX_TICK:
        raise FileFormatError(
            f"track {number} lasts {tick} MIDI ticks, which no piece does; allowed: up to "
            f"{MAX_TICK}; look for a damaged delta time"
        )
    return Chunk(events, tick), stray


def _long_number(data: bytes, at: int, number: int) -> tuple[int, int]:
    """(next position, value) of a variable-length number."""
    start, value = at, 0
    while True:
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            return at, value
        if at - start > 3:
            raise _damaged(number, start, "a variable-length number of over four bytes")


def _damaged(number: int, at: int, what: str) -> FileFormatError:
    return FileFormatError(
        f"track {number} of the MIDI file is damaged at byte {at}: {what}; export the file again"
    )


def _truncated(length: int, where: str) -> str:
    return (
        f"the MIDI file ends after {length} bytes, within {where}; "
        "it was cut off: copy or export it again"
    )


def build_smf(division: int, tracks: Sequence[tuple[Sequence[Event], int]]) -> bytes:
    """The bytes of a type 1 file: for each track its events, sorted by tick, and its end tick.

    No running status, so that equal events give equal bytes whatever stands before them.
    """
    parts = [b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), division)]
    for events, end in tracks:
        body = bytearray()
        now = 0
        for event in events:
            body += _variable(event.tick - now)
            now = event.tick
            if event.kind == META:
                body += bytes((META, event.a)) + _variable(len(event.data)) + event.data
            elif event.kind >> 4 in _TWO_BYTES:
                body += bytes((event.kind | event.channel, event.a))
            else:
                body += bytes((event.kind | event.channel, event.a, event.b))
        body += _variable(max(end - now, 0)) + bytes((META, END_OF_TRACK, 0))
        parts.append(b"MTrk" + struct.pack(">I", len(body)) + bytes(body))
    return b"".join(parts)


def _variable(value: int) -> bytes:
    """A variable-length number (RP-001, at most four bytes)."""
    if not 0 <= value < 1 << 28:
        raise FileFormatError(
            f"{value} MIDI ticks lie between two events; allowed: 0 to {(1 << 28) - 1}"
        )
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))
