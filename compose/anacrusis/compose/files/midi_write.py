"""Write a score as a Standard MIDI File of type 1 that reads back as the same score.

What MIDI has no event for stands in text events: see `midi_text`. Equal scores give equal bytes.
"""

import os
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..atomic import write_bytes
from ..instruments import DRUM_KIT
from ..key import Key
from ..meter import MAX_NUMERATOR, Meter
from ..score import Bar, Note, Score, Track
from ..swing import STRAIGHT, Swing, SwingMap, swing_lane
from .limits import check_writable
from .losses import Losses
from .midi_channels import Strike, Voice, assign_channels
from .midi_controls import control_events
from .midi_grid import DIVISION, STEPS, Grid, microseconds, play, unplay
from .midi_text import (
    CHORD_STOP,
    ShortBar,
    encode,
    write_shift,
    write_short_bar,
    write_swing,
    write_word,
)
from .smf import (
    INSTRUMENT_NAME,
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
)

__all__ = ["MidiBytes", "midi_bytes", "write_midi"]

_CLOCKS_PER_GRID_TICK = 2
_RELEASE_VELOCITY = 64
_GRID = Grid(DIVISION)
_OFF_RANK, _PROGRAM_RANK, _CONTROL_RANK, _ON_RANK = range(4)


class MidiBytes(NamedTuple):
    """A MIDI file, and what of the score it does not hold."""

    data: bytes
    losses: Losses


class _Played(NamedTuple):
    """A note as it is played; `shift` is said in a text where the grid tick would not be found."""

    on: int
    off: int
    note: Note
    shift: int | None


def write_midi(score: Score, path: str | os.PathLike[str]) -> Losses:
    """Write a score as a MIDI file, atomically; returns what MIDI could not hold.

    480 ticks per quarter note. Tracks keep name, role and program, on channels of their own
    (drums on channel 10). Notes are played with the score's swing, and a ``swing:`` text says so.
    `Note.shift` is rounded to a fortieth of a tick (half a millisecond off
    at most, at 120 quarter notes per minute). Not held: tuning in cents, tempos under 3.58 quarter
    notes per minute, and the plan. Raises `FileFormatError` where the file cannot be written or
    more than fifteen instruments sound at once.
    """
    data, losses = midi_bytes(score)
    write_bytes(path, data)
    return losses


def midi_bytes(score: Score) -> MidiBytes:
    """The bytes that `write_midi` writes."""
    check_writable(score)
    lost: Counter[str] = Counter()
    lane = swing_lane(score)
    lost["swing of a score without beats that swing"] += score.swing != STRAIGHT and not lane
    swing = SwingMap(lane, score.ticks)
    played = [_played(track, swing, lost) for track in score.tracks]
    voices = [
        Voice(track.program, [Strike(on, off, note.pitch) for on, off, note, _ in notes])
        for track, notes in zip(score.tracks, played, strict=True)
    ]
    sounding = [index for index, voice in enumerate(voices) if voice.strikes]
    if sum(voice.program != DRUM_KIT for voice in voices) <= 15:
        sounding = list(range(len(voices)))
    channels = dict(
        zip(sounding, assign_channels([voices[index] for index in sounding]), strict=True)
    )
    programs = _program_changes(voices, channels)
    end = score.ticks * STEPS
    chunks = [(_conductor(score, lane, lost), end)]
    shared = Counter(channels.values())
    for index, (track, notes) in enumerate(zip(score.tracks, played, strict=True)):
        channel = channels.get(index)
        controls: list[Event] = []
        if channel is not None and shared[channel] == 1:
            controls = list(control_events(track, swing, channel))
        lost["control events of tracks that share a channel"] += len(track.controls) - len(controls)
        events = _track_events(track, notes, controls, channel, programs.get(index, []))
        chunks.append((events, max([end, events[-1].tick])))
    return MidiBytes(build_smf(DIVISION, chunks), Losses(lost))


def _meta(tick: int, kind: int, data: bytes) -> Event:
    return Event(tick, META, 0, kind, 0, data)


def _conductor(score: Score, lane: tuple[Swing, ...], lost: Counter[str]) -> list[Event]:
    """Title, composer, meters, keys, swing, tempos, sections, chords and the end."""
    events = [_meta(0, TRACK_NAME, encode(score.title))] if score.title else []
    if score.composer:
        events.append(_meta(0, TEXT, write_word("composer", score.composer)))
    events += _meters(score)
    for change in score.keys:
        events += _key(change.tick * STEPS, change.key, lost)
    for swing in lane:
        text = write_word("swing", write_swing(swing))
        events.append(_meta(swing.tick * STEPS, TEXT, text))
    for tempo in score.tempos:
        value = microseconds(tempo.bpm)
        lost["tempos too slow for MIDI"] += abs(60e6 / value - tempo.bpm) > 0.01 * tempo.bpm
        events.append(_meta(tempo.tick * STEPS, TEMPO, value.to_bytes(3)))
    for section in score.sections:
        tick = score.bar_starts[section.bar] * STEPS
        length = f"{section.bars} bar{'s' if section.bars > 1 else ''}"
        events.append(_meta(tick, MARKER, encode(section.name)))
        events.append(_meta(tick, TEXT, write_word("section", length)))
    events += _chords(score, lost)
    events.append(_meta(score.ticks * STEPS, TEXT, b"end"))
    return sorted(events, key=lambda event: event.tick)


def _meters(score: Score) -> list[Event]:
    """A time signature where the meter changes, and at and after every short bar."""
    events: list[Event] = []
    written: Meter | None = None
    for start, bar in zip(score.bar_starts, score.bars, strict=False):
        shown = _shown_meter(bar)
        if shown != written:
            clocks = _CLOCKS_PER_GRID_TICK * (*shown.beats, shown.ticks)[1]
            data = (shown.numerator, shown.denominator.bit_length() - 1, min(clocks, 255), 8)
            events.append(_meta(start * STEPS, TIME_SIGNATURE, bytes(data)))
        written = shown
        if bar.length is not None:
            text = write_short_bar(ShortBar(bar.meter, bar.length))
            events.append(_meta(start * STEPS, TEXT, write_word("bar", text)))
            written = None
    return events


def _shown_meter(bar: Bar) -> Meter:
    """The meter other programs should see: for a short bar that of its length, if there is one."""
    if bar.length is not None:
        for denominator in (bar.meter.denominator, *MAX_NUMERATOR):
            unit = Meter(1, denominator).ticks
            if bar.length % unit == 0 and bar.length // unit <= MAX_NUMERATOR[denominator]:
                return Meter(bar.length // unit, denominator)
    return bar.meter


def _key(tick: int, key: Key, lost: Counter[str]) -> list[Event]:
    if not -7 <= key.fifths <= 7:
        lost["keys of over seven accidentals, respelled"] += 1
        key = Key.from_class(key.tonic_class, key.mode)
    signature = bytes((key.fifths & 0xFF, int(key.mode == "minor")))
    events = [_meta(tick, KEY_SIGNATURE, signature)]
    if key.mode not in ("major", "minor"):
        events.append(_meta(tick, TEXT, write_word("key", key)))
    return events


def _chords(score: Score, lost: Counter[str]) -> list[Event]:
    events: list[Event] = []
    spans = sorted(score.chords, key=lambda span: span.onset)
    lost["chords that overlap the next"] += sum(a.end > b.onset for a, b in pairwise(spans))
    for index, span in enumerate(spans):
        events.append(_meta(span.onset * STEPS, TEXT, write_word("chord", span.chord)))
        follows = spans[index + 1].onset if index + 1 < len(spans) else score.ticks
        if span.end < follows:
            events.append(_meta(span.end * STEPS, TEXT, write_word("chord", CHORD_STOP)))
    return events


def _played(track: Track, swing: SwingMap, lost: Counter[str]) -> list[_Played]:
    """The notes in MIDI ticks, in the order they are struck."""
    begun = []
    for note in track.notes:
        place = note.onset * STEPS + round(note.shift * STEPS)
        lost["tunings in cents"] += note.cents != 0
        lost["notes played before the start"] += place < 0
        begun.append(max(place, 0))
    onsets = np.array(begun, np.int64)
    lengths = np.array([note.duration * STEPS for note in track.notes], np.int64)
    ons, offs = play(swing, onsets), play(swing, onsets + lengths)
    heard_ons, heard_offs = (unplay(swing, ticks, DIVISION).tolist() for ticks in (ons, offs))
    notes: list[_Played] = []
    rows = zip(track.notes, ons.tolist(), offs.tolist(), heard_ons, heard_offs, strict=True)
    for note, on, off, heard_on, heard_off in rows:
        found = _GRID.nearest(heard_on) == note.onset and _GRID.nearest(heard_off) == note.end
        notes.append(_Played(on, off, note, None if found else heard_on - note.onset * STEPS))
    notes.sort(key=lambda played: (played.on, played.shift is not None, played.shift, played.off))
    by_pitch: dict[int, list[int]] = {}
    for played in notes:
        by_pitch.setdefault(played.note.pitch, []).append(played.off)
    for ends in by_pitch.values():
        swapped = sum(a != b for a, b in zip(ends, sorted(ends), strict=True))
        lost["notes within a longer one of their pitch, ends exchanged"] += swapped
    return notes


def _program_changes(
    voices: list[Voice], channels: dict[int, int]
) -> dict[int, list[tuple[int, int]]]:
    """For each voice the (tick, program) changes it must send: one, unless it shares a channel."""
    members: dict[int, list[int]] = {}
    for index, channel in channels.items():
        if voices[index].program != DRUM_KIT:
            members.setdefault(channel, []).append(index)
    changes: dict[int, list[tuple[int, int]]] = {}
    for sharing in members.values():
        if len({voices[index].program for index in sharing}) == 1:
            changes |= {index: [(0, voices[index].program)] for index in sharing}
            continue
        now = None
        strikes = ((strike, index) for index in sharing for strike in voices[index].strikes)
        for strike, index in sorted(strikes):
            if voices[index].program != now:
                now = voices[index].program
                changes.setdefault(index, []).append((strike.on, now))
    return changes


def _track_events(
    track: Track,
    notes: list[_Played],
    controls: list[Event],
    channel: int | None,
    programs: list[tuple[int, int]],
) -> list[Event]:
    """Name, instrument, role, program, controls and notes.

    At one tick note-offs come first, note-ons last.
    """
    head = [
        _meta(0, TRACK_NAME, encode(track.name)),
        _meta(0, INSTRUMENT_NAME, encode(track.instrument)),
        _meta(0, TEXT, write_word("role", track.role)),
    ]
    if channel is None:
        return head
    ranked = [
        (tick, _PROGRAM_RANK, Event(tick, PROGRAM, channel, number, 0)) for tick, number in programs
    ]
    ranked += [(event.tick, _CONTROL_RANK, event) for event in controls]
    said: tuple[int, int | None] = (-1, None)
    for on, off, note, shift in notes:
        if shift is not None and (on, shift) != said:
            text = write_word("shift", write_shift(shift / STEPS))
            ranked.append((on, _ON_RANK, _meta(on, TEXT, text)))
            said = (on, shift)
        struck = Event(on, NOTE_ON, channel, note.pitch, note.velocity)
        released = Event(off, NOTE_OFF, channel, note.pitch, _RELEASE_VELOCITY)
        ranked += [(on, _ON_RANK, struck), (off, _OFF_RANK, released)]
    ranked.sort(key=lambda entry: entry[:2])
    return head + [event for _, _, event in ranked]
