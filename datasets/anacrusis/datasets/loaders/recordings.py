"""Sets of annotated recordings: where the files of a song are, its title and artist."""

import csv
from collections.abc import Mapping
from pathlib import Path

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.result import ReadResult

from .beats import beats_score
from .phrases import phrases_score
from .unchanged import while_unchanged

_LAYERS = ("functions", "uppercase", "lowercase")
_ANNOTATORS = ("textfile1", "textfile2")


def harmonix_song(folder: Path, unit: str) -> ReadResult:
    """A song of the Harmonix Set; `unit` is its file of segments, below the set's folder."""
    segments, beats, index = harmonix_files(folder, unit)
    row = _row(index, "File", segments.stem)
    return beats_score(
        _text(beats),
        _text(segments),
        row.get("Time Signature", "4|4"),
        row.get("Title", segments.stem),
        row.get("Artist", ""),
    )


def harmonix_files(folder: Path, unit: str) -> tuple[Path, Path, Path]:
    """Segments, beats, and the table of songs."""
    path = folder / unit
    beats = path.parent.parent / "beats_and_downbeats" / path.name
    return path, beats, folder / "dataset" / "metadata.csv"


def salami_song(folder: Path, unit: str) -> ReadResult:
    """A recording of SALAMI; `unit` is the folder of its annotations, layer by layer.

    The first annotator whose phrases fit whole bars is followed. Raises `DataError` with what is
    wrong with the first annotation where none fits.
    """
    song = (folder / unit).parent.name
    *annotations, index = salami_files(folder, unit)
    row = _row(index, "SONG_ID", song)
    title, artist = (row.get(name, "").replace("_", " ") for name in ("SONG_TITLE", "ARTIST"))
    refusal: DataError | None = None
    for first in range(0, len(annotations), len(_LAYERS)):
        paths = annotations[first : first + len(_LAYERS)]
        if all(path.is_file() for path in paths):
            try:
                functions, letters, phrases = map(_text, paths)
                return phrases_score(functions, letters, phrases, title or song, artist)
            except DataError as error:
                refusal = refusal or error
    raise refusal or DataError("no annotation of all three layers")


def salami_files(folder: Path, unit: str) -> tuple[Path, ...]:
    """The layers of the first annotator, those of the second, and the table of recordings."""
    layers = (
        folder / unit / f"{annotator}_{layer}.txt" for annotator in _ANNOTATORS for layer in _LAYERS
    )
    return *layers, folder / "metadata" / "metadata.csv"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}") from error


def _row(path: Path, key: str, value: str) -> Mapping[str, str]:
    """The row of a table of songs that has a value in a column; empty where there is none."""
    return next((row for row in _rows(path) if row.get(key) == value), {})


@while_unchanged
def _rows(path: Path) -> tuple[Mapping[str, str], ...]:
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            return tuple(csv.DictReader(file))
    except (OSError, csv.Error):
        return ()
