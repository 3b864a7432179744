"""Drum performances: snapped to the grid, pads of an electronic kit named as General MIDI drums."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.errors import DataError, SymbolError
from anacrusis.compose.instruments import DRUM_KIT
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, TempoChange, Track

from .snap import snap
from .unchanged import while_unchanged

# Rims and edges of the kit the performances were recorded on -> the General MIDI drum.
_PADS = {22: 42, 26: 46, 40: 38, 50: 48, 47: 45, 58: 43, 55: 49, 52: 57, 59: 51}


class Performance(NamedTuple):
    """What the index file says about a performance; title: its style, and whether it is a fill."""

    tempo: float
    meter: Meter
    split: str
    title: str = ""


def index_of(folder: Path, unit: str) -> Path | None:
    """The set's ``info.csv``: in the nearest folder above the unit, within the set's."""
    for parent in Path(unit).parents:
        path = folder / parent / "info.csv"
        if path.is_file():
            return path
    return None


@while_unchanged
def read_index(path: Path) -> dict[str, Performance]:
    """The set's ``info.csv``, by file name below its folder."""
    found = {}
    names = {"train": "train", "validation": "valid", "test": "test"}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                meter = Meter.parse(row["time_signature"].replace("-", "/"))
                found[row["midi_filename"]] = Performance(
                    float(row["bpm"]), meter, names[row["split"]],
                    f"{row['style']}, {row['beat_type']}",
                )  # fmt: skip
    except (OSError, KeyError, ValueError, SymbolError) as error:
        raise DataError(f"{path} is not the index of the drum set: {error}") from error
    return found


def groove_score(score: Score, performance: Performance) -> Score:
    """A performance on the grid: one drum track, whole bars of the stated meter and tempo.

    What was played beside the grid stays as each stroke's shift. Of strokes on one drum that fall
    on one place the loudest is kept.
    """
    strokes = [note for _, note in score.notes()]
    places = [max(note.onset + note.shift, 0.0) for note in strokes]
    found: dict[tuple[int, int], Note] = {}
    for onset, place, note in zip(snap(places), places, strokes, strict=True):
        pitch = _PADS.get(note.pitch, note.pitch)
        other = found.get((onset, pitch))
        if other is None or note.velocity > other.velocity:
            found[onset, pitch] = Note(onset, pitch, 3, note.velocity, round(place - onset, 3))
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
        title=performance.title,
    )
