"""Parsed and analysed pieces on disk, so that parsing is done once.

One gzipped JSON file per source unit, written whole: a run that is killed goes on where it stopped.
Columns of integers instead of objects keep the files small and quick to read.
"""

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from anacrusis.compose.atomic import write_bytes
from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import DataError
from anacrusis.compose.files.losses import Losses
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

from .cache import in_use, named_after, reading
from .loaders.piece import Piece, Refusal, UnitResult

FORMAT = 9
"""Raised whenever reading or analysis changes what a piece holds: older caches are read anew."""


_BEGIN = f'{{"format":{FORMAT},'.encode()


def unit_path(folder: Path, unit: str, made_from: object = None) -> Path:
    """Where a unit's file lies in a set's cache folder.

    made_from: all on which what is read depends, beside the name; its text tells it.
    """
    return folder / f"{named_after(FORMAT, unit, made_from)}.json.gz"


def write_unit(path: Path, unit: str, result: UnitResult) -> None:
    """Write what one unit gave."""
    table = {
        "format": FORMAT,
        "unit": unit,
        "pieces": [_piece_table(piece) for piece in result.pieces],
        "refused": [list(refusal) for refusal in result.refused],
    }
    text = json.dumps(table, separators=(",", ":"), ensure_ascii=False)
    write_bytes(path, gzip.compress(text.encode(), 4, mtime=0))


def read_unit(path: Path) -> UnitResult:
    """Read a unit's file. Raises `DamagedFile` where it is corrupt or of another format."""
    with reading(path):
        table = json.loads(gzip.decompress(path.read_bytes()))
        if table["format"] != FORMAT:
            raise DataError(f"it has format {table['format']}, expected {FORMAT}")
        pieces = tuple(_piece(row) for row in table["pieces"])
        refused = tuple(
            Refusal(str(unit), str(reason), int(bars)) for unit, reason, bars in table["refused"]
        )
    return UnitResult(pieces, refused)


def is_whole(path: Path) -> bool:
    """Whether a unit's file is there, undamaged and of this format; its pieces are not parsed."""
    try:
        return in_use(path) and gzip.decompress(path.read_bytes()).startswith(_BEGIN)
    except (OSError, EOFError, zlib.error):
        return False


def _piece_table(piece: Piece) -> dict[str, Any]:
    score = piece.score
    return {
        "id": piece.id,
        "style": piece.style,
        "split": piece.split,
        "labelled": piece.labelled,
        "losses": dict(sorted(piece.losses.counts.items())),
        "title": score.title,
        "composer": score.composer,
        "bars": _runs([[str(bar.meter), bar.length] for bar in score.bars]),
        "tempos": [[change.tick, change.bpm] for change in score.tempos],
        "keys": [[change.tick, str(change.key)] for change in score.keys],
        "sections": [[section.name, section.bar, section.bars] for section in score.sections],
        "chords": [
            [span.onset, span.duration, span.chord.root, span.chord.quality, span.chord.bass]
            for span in score.chords
        ],
        "tracks": [
            {
                "name": track.name,
                "role": track.role,
                "program": track.program,
                "onset": _differences([note.onset for note in track.notes]),
                "pitch": [note.pitch for note in track.notes],
                "duration": [note.duration for note in track.notes],
                "velocity": [note.velocity for note in track.notes],
                "shift": _shifts(track),
            }
            for track in score.tracks
        ],
    }


def _piece(row: dict[str, Any]) -> Piece:
    tracks = []
    for track in row["tracks"]:
        onset, notes = 0, []
        columns = (track["onset"], track["pitch"], track["duration"], track["velocity"])
        shifts = track["shift"] or [0.0] * len(track["onset"])
        for step, pitch, duration, velocity, shift in zip(*columns, shifts, strict=True):
            onset += step
            notes.append(Note(onset, pitch, duration, velocity, shift))
        tracks.append(Track(track["name"], track["role"], track["program"], tuple(notes)))
    bars: list[Bar] = []
    for (meter, length), count in row["bars"]:
        bars += [Bar(Meter.parse(meter), length)] * count
    score = Score(
        bars=tuple(bars),
        tracks=tuple(tracks),
        tempos=tuple(TempoChange(tick, bpm) for tick, bpm in row["tempos"]),
        keys=tuple(KeyChange(tick, Key.parse(key)) for tick, key in row["keys"]),
        sections=tuple(Section(*section) for section in row["sections"]),
        chords=tuple(
            ChordSpan(onset, duration, Chord(root, quality, bass))
            for onset, duration, root, quality, bass in row["chords"]
        ),
        title=row["title"],
        composer=row["composer"],
    )
    losses = Losses(row["losses"])
    return Piece(row["id"], score, row["style"], losses, row["split"], row["labelled"])


def _shifts(track: Track) -> list[float]:
    """Played timing of a track's notes; nothing for a track that is written, not played."""
    return [note.shift for note in track.notes] if any(n.shift for n in track.notes) else []


def _runs(values: list[Any]) -> list[list[Any]]:
    """Equal neighbours as [value, count]."""
    runs: list[list[Any]] = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1][1] += 1
        else:
            runs.append([value, 1])
    return runs


def _differences(values: list[int]) -> list[int]:
    return [b - a for a, b in zip([0, *values], values, strict=False)]
