"""Drum performances: snapped to the grid, pads of an electronic kit named as General MIDI drums."""

import csv
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.errors import DataError, SymbolError
from anacrusis.compose.instruments import DRUM_KIT
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import TICKS_PER_QUARTER, Bar, Note, Score, TempoChange, Track

# Rims and edges of the kit the performances were recorded on -> the General MIDI drum.
_PADS = {22: 42, 26: 46, 40: 38, 50: 48, 47: 45, 58: 43, 55: 49, 52: 57, 59: 51}
_STRAIGHT = (0, 3, 6, 9, 12)
_TRIPLET = (0, 4, 8, 12)
_TRIPLET_GAIN = 0.6
"""Triplets are read where they fit at least this much better than sixteenths."""


class Performance(NamedTuple):
    """What the index file says about a performance."""

    tempo: float
    meter: Meter
    split: str


@lru_cache(maxsize=4)
def read_index(path: Path) -> dict[str, Performance]:
    """The set's ``info.csv``, by file name below its folder."""
    found = {}
    names = {"train": "train", "validation": "valid", "test": "test"}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                meter = Meter.parse(row["time_signature"].replace("-", "/"))
                found[row["midi_filename"]] = Performance(
                    float(row["bpm"]), meter, names[row["split"]]
                )
    except (OSError, KeyError, ValueError, SymbolError) as error:
        raise DataError(f"{path} is not the index of the drum set: {error}") from error
    return found


def groove_score(score: Score, performance: Performance) -> Score:
    """A performance on the grid: one drum track, whole bars of the stated meter and tempo.

    Each beat is read as sixteenths or as triplets, whichever its strokes fit better.
    """
    strokes: dict[int, list[tuple[float, Note]]] = {}
    for _, note in score.notes():
        place = max(note.onset + note.shift, 0.0)
        strokes.setdefault(int(place + 1.5) // TICKS_PER_QUARTER, []).append((place, note))
    found: dict[tuple[int, int], Note] = {}
    for beat, members in strokes.items():
        base = beat * TICKS_PER_QUARTER
        offsets = [place - base for place, _ in members]
        grid: tuple[int, ...] = _STRAIGHT
        if _misfit(offsets, _TRIPLET) < _TRIPLET_GAIN * _misfit(offsets, _STRAIGHT):
            grid = _TRIPLET
        for offset, (_, note) in zip(offsets, members, strict=True):
            onset = base + _nearest(offset, grid)
            pitch = _PADS.get(note.pitch, note.pitch)
            other = found.get((onset, pitch))
            velocity = max(note.velocity, other.velocity if other else 1)
            found[onset, pitch] = Note(onset, pitch, 3, velocity)
    notes = tuple(sorted(found.values()))
    if not notes:
        raise DataError("no strokes")
    bars = notes[-1].onset // performance.meter.ticks + 1
    return replace(
        score,
        bars=(Bar(performance.meter),) * bars,
        tracks=(Track("drums", "drums", DRUM_KIT, notes),),
        tempos=(TempoChange(0, performance.tempo),),
        keys=(),
        sections=(),
        chords=(),
    )


def _nearest(offset: float, grid: tuple[int, ...]) -> int:
    return min(grid, key=lambda tick: abs(tick - offset))


def _misfit(offsets: list[float], grid: tuple[int, ...]) -> float:
    return sum(min(abs(offset - tick) for tick in grid) ** 2 for offset in offsets)
