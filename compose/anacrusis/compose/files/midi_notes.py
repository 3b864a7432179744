"""Notes of a MIDI file: note-on and note-off events paired into tracks of one instrument each."""

from bisect import bisect_right
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import NamedTuple

from ..instruments import DRUM_KIT, GM_NAMES, ROLES, program_name
from ..score import Note, Track
from .limits import check_notes, check_tracks
from .midi_channels import DRUM_CHANNEL
from .midi_controls import Controls
from .midi_grid import Grid
from .midi_text import decode, read_shift, read_word, tidy
from .roles import assign_roles
from .smf import (
    INSTRUMENT_NAME,
    META,
    NOTE_OFF,
    NOTE_ON,
    PORT,
    PROGRAM,
    SYSEX,
    TEXT,
    TRACK_NAME,
    Chunk,
    MidiFile,
)

_NAME_LENGTH = 100
_PROGRAMS = {program_name(number): number for number in range(DRUM_KIT, len(GM_NAMES))}


class _Sounding(NamedTuple):
    """A note that has begun: where, how loud, for which part, and its stated shift."""

    tick: int
    velocity: int
    part: tuple[int, int]
    shift: float | None


@dataclass
class _Parts:
    """What one MIDI track holds: its words, notes by (channel, program), and where it plays."""

    port: int = 0
    channel: int = 0
    name: str | None = None
    instrument: str = ""
    roles: list[str] = field(default_factory=list)
    notes: dict[tuple[int, int], list[Note]] = field(default_factory=dict)


def read_tracks(
    midi: MidiFile, timing: bool, lost: Counter[str], controls: Controls
) -> tuple[Track, ...]:
    """The tracks of a file, one per MIDI track, channel and program; empty ones left out.

    controls: those of each channel, which its tracks get. What cannot be kept is counted in `lost`.
    Tracks that do not say their role get one from `assign_roles`. Raises `FileFormatError` for over
    a million notes.
    """
    grid = Grid(midi.division)
    programs = _programs_by_channel(midi)
    parts, total = [], 0
    for chunk in midi.chunks:
        parts.append(_read_chunk(chunk, grid, programs, timing, lost))
        total += sum(len(notes) for notes in parts[-1].notes.values())
        check_notes(total, "the MIDI file")
    tracks = _named_tracks(parts, midi.format == 1, controls, lost)
    kept = {(one.port, channel) for one in parts for channel, _ in one.notes}
    kept |= {(one.port, one.channel) for one in parts if len(one.roles) == 1}
    lost["control events of channels without notes"] += sum(
        len(found) for where, found in controls.items() if where not in kept
    )
    return tracks


def _programs_by_channel(midi: MidiFile) -> dict[tuple[int, int], tuple[list[int], list[int]]]:
    """(port, channel) -> ticks and programs of all its program changes, whatever track has them."""
    changes: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for chunk in midi.chunks:
        port = 0
        for event in chunk.events:
            if event.kind == PROGRAM:
                changes.setdefault((port, event.channel), []).append((event.tick, event.a))
            elif event.kind == META and event.a == PORT and event.data:
                port = event.data[0]
    ordered = {where: sorted(found, key=lambda pair: pair[0]) for where, found in changes.items()}
    return {
        where: ([tick for tick, _ in found], [program for _, program in found])
        for where, found in ordered.items()
    }


def _read_chunk(
    chunk: Chunk,
    grid: Grid,
    programs: dict[tuple[int, int], tuple[list[int], list[int]]],
    timing: bool,
    lost: Counter[str],
) -> _Parts:
    """Pair note-ons and note-offs, first on with first off where one pitch sounds twice."""
    parts = _Parts()
    sounding: dict[tuple[int, int], deque[_Sounding]] = {}
    own: dict[int, int] = {}
    port, stated = 0, None
    for event in chunk.events:
        tick, kind, channel, pitch, velocity, data = event
        if kind < SYSEX:
            parts.channel = channel
        if kind == NOTE_ON and velocity:
            program = own.get(channel)
            if channel == DRUM_CHANNEL:
                program = DRUM_KIT
            elif program is None:
                program = _program_at(programs.get((port, channel)), tick)
            shift = stated[1] if stated is not None and stated[0] == tick else None
            parts.notes.setdefault((channel, program), [])
            sounding.setdefault((channel, pitch), deque()).append(
                _Sounding(tick, velocity, (channel, program), shift)
            )
        elif kind in (NOTE_ON, NOTE_OFF):
            queue = sounding.get((channel, pitch))
            if not queue:
                lost["note-offs without a note"] += 1
                continue
            begun = queue.popleft()
            if queue and queue[0].tick < tick:
                lost["notes overlapping on one pitch, paired first on with first off"] += 1
            _add_note(parts, begun, pitch, tick, grid, timing, lost)
        elif kind == PROGRAM:
            if channel == DRUM_CHANNEL:
                lost["drum kits other than the standard kit"] += event.a != 0
            else:
                own[channel] = event.a
        elif kind == META:
            if pitch == PORT and data:
                parts.port = port = data[0]
            elif pitch == TRACK_NAME and parts.name is None:
                parts.name = decode(data)
            elif pitch == INSTRUMENT_NAME:
                parts.instrument = decode(data)
            elif pitch == TEXT:
                word, value = read_word(decode(data))
                if word == "role" and value in ROLES:
                    parts.roles.append(value)
                elif word == "shift" and (said := read_shift(value)) is not None:
                    stated = (tick, said)
    for (_, pitch), queue in sounding.items():
        for begun in queue:
            lost["notes without an end, ended with their track"] += 1
            _add_note(parts, begun, pitch, chunk.end, grid, timing, lost)
    return parts


def _program_at(changes: tuple[list[int], list[int]] | None, tick: int) -> int:
    if changes is None:
        return 0
    index = bisect_right(changes[0], tick) - 1
    return changes[1][index] if index >= 0 else 0


def _add_note(
    parts: _Parts,
    begun: _Sounding,
    pitch: int,
    end: int,
    grid: Grid,
    timing: bool,
    lost: Counter[str],
) -> None:
    onset = grid.nearest(begun.tick)
    duration = grid.nearest(end) - onset
    if begun.shift is not None and (stated := grid.unshifted(begun.tick, begun.shift)) >= 0:
        onset, duration = stated, grid.nearest(end - begun.tick)
    elif grid.audible(begun.tick, onset):
        lost["notes off the grid, kept as shift" if timing else "notes moved to the grid"] += 1
    if end == begun.tick:
        lost["notes of no length, made one tick long"] += 1
    elif grid.changed(end - begun.tick, max(duration, 1)):
        lost["note lengths moved to the grid"] += 1
    shift = grid.deviation(begun.tick, onset) if timing else 0.0
    parts.notes[begun.part].append(Note(onset, pitch, max(duration, 1), begun.velocity, shift))


def _named_tracks(
    chunks: list[_Parts], named: bool, controls: Controls, lost: Counter[str]
) -> tuple[Track, ...]:
    """Tracks with names and roles; `named`: whether MIDI tracks' names are those of parts."""
    tracks: list[Track] = []
    stated: list[bool] = []
    taken: dict[str, int] = {}
    for parts in chunks:
        says_role = len(parts.roles) == 1
        if says_role and len(parts.notes) <= 1:
            tracks.append(_own_track(parts, tidy(parts.name or "", lost), controls))
            stated.append(True)
            taken.setdefault(tracks[-1].name, 1)
            continue
        for (channel, program), notes in parts.notes.items():
            if not notes:
                continue
            base = _clean(tidy(parts.name or "", lost)) if named else ""
            if len(parts.notes) > 1 or not base:
                base = f"{base} {program_name(program)}".strip()
            name = _free_name(base, taken)
            held = controls.get((parts.port, channel), ())
            tracks.append(Track(name, "melody", program, tuple(sorted(notes)), held))
            stated.append(False)
        check_tracks(len(tracks), "the MIDI file")
    guessed = assign_roles(tuple(tracks))
    return tuple(t if said else g for t, g, said in zip(tracks, guessed, stated, strict=True))


def _own_track(parts: _Parts, name: str, controls: Controls) -> Track:
    """A track as `midi_write` writes it, which may hold no notes yet."""
    role = parts.roles[0]
    held = controls.get((parts.port, parts.channel), ())
    for (_, program), notes in parts.notes.items():
        return Track(name, role, program, tuple(sorted(notes)), held)
    return Track(name, role, _PROGRAMS.get(parts.instrument, 0), (), held)


def _clean(name: str) -> str:
    return "".join(c if c.isprintable() else " " for c in name).strip()[:_NAME_LENGTH].strip()


def _free_name(base: str, taken: dict[str, int]) -> str:
    """`base`, with a number where it is taken; `taken` counts how often each name was asked for."""
    name = base
    while name in taken:
        taken[base] += 1
        name = f"{base} {taken[base]}"
    taken[name] = 1
    return name
