"""Read Standard MIDI Files, type 0 and 1, into scores. Nothing is lost without being counted."""

import os
from collections import Counter
from pathlib import Path

from ..bounded import read_bounded
from ..errors import AnacrusisError, FileFormatError
from ..score import Score
from .limits import MAX_BYTES, SPLIT
from .losses import Losses
from .midi_controls import read_controls
from .midi_lanes import (
    build_bars,
    build_chords,
    build_keys,
    build_sections,
    build_swing,
    build_tempos,
    read_lanes,
    straightened,
)
from .midi_notes import read_tracks
from .midi_text import decode, tidy
from .result import ReadResult
from .smf import META, NOTE_ON, TRACK_NAME, MidiFile, parse_smf

__all__ = ["read_midi"]


def read_midi(
    source: str | os.PathLike[str] | bytes, timing: bool = True, controls: bool = False
) -> ReadResult:
    """Read a MIDI file (a path, or its bytes) onto the grid of 12 ticks per quarter note.

    Each note stands at the nearest tick; with `timing` its distance from there is kept as
    `Note.shift`, in ticks. Each channel and program of each MIDI track becomes a track; channel 10
    is the drum kit. Markers become sections, ``chord:`` texts the chord lane (see `midi_text`).
    ``swing:`` texts the swing, which is taken out of the notes' times. Without a time signature the
    meter is 4/4. With `controls` each track keeps the control events of its channel; without, they
    are counted, as lyrics are.

    Raises `FileFormatError` for files that are missing, empty, over 50 MB, truncated or damaged, of
    type 2 or in SMPTE time, with a meter the grid does not hold, or with over 2,000 bars or
    1,000,000 notes.
    """
    if isinstance(source, bytes):
        return _read(parse_smf(source), timing, controls)
    path = Path(source)
    try:
        data = read_bounded(path, MAX_BYTES, SPLIT)
    except OSError as error:
        raise FileFormatError(
            f"cannot read {path}: {error.strerror or error}; give the name of a MIDI file"
        ) from error
    try:
        return _read(parse_smf(data), timing, controls)
    except AnacrusisError as error:
        raise FileFormatError(f"{path}: {error}") from error


def _read(midi: MidiFile, timing: bool, controls: bool) -> ReadResult:
    lost: Counter[str] = Counter()
    lost["stray chunks or system messages"] = midi.stray
    lanes = read_lanes(midi, lost, not controls)
    straight = straightened(midi, lanes)
    held = read_controls(straight) if controls else {}
    tracks = read_tracks(straight, timing, lost, held)
    onset = max((track.notes[-1].onset for track in tracks if track.notes), default=-1)
    end = max((note.end for track in tracks for note in track.notes), default=0)
    bars = build_bars(lanes, onset, max(end, max(lanes.chords, default=-1) + 1))
    starts = Score(bars).bar_starts
    end = starts[-1]
    score = Score(
        bars=bars,
        tracks=tracks,
        tempos=build_tempos(lanes, end, lost),
        keys=build_keys(lanes, end, lost),
        sections=build_sections(lanes, starts, lost),
        chords=build_chords(lanes, end, lost),
        title=tidy(_title(midi), lost),
        composer=lanes.composer,
        swing=build_swing(lanes, lost),
    )
    return ReadResult(score, Losses(lost))


def _title(midi: MidiFile) -> str:
    """The name of the first MIDI track, where that is not the name of a part."""
    if not midi.chunks:
        return ""
    events = midi.chunks[0].events
    if midi.format == 1 and any(event.kind == NOTE_ON for event in events):
        return ""
    names = (decode(e.data) for e in events if e.kind == META and e.a == TRACK_NAME)
    return next(names, "")
