"""Sets of annotated recordings: where the files of a song are, its title and artist."""

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.result import ReadResult

from .beats import beats_score
from .phrases import phrases_score

_LAYERS = ("functions", "uppercase", "lowercase")
_ANNOTATORS = ("textfile1", "textfile2")


def harmonix_song(folder: Path, unit: str) -> ReadResult:
    """A song of the Harmonix Set; `unit` is its file of segments, below the set's folder."""
    path = folder / unit
    row = _index(folder / "dataset" / "metadata.csv", "File").get(path.stem, {})
    return beats_score(
        _text(path.parent.parent / "beats_and_downbeats" / path.name),
        _text(path),
        row.get("Time Signature", "4|4"),
        row.get("Title", path.stem),
        row.get("Artist", ""),
    )


def salami_song(folder: Path, unit: str) -> ReadResult:
    """A recording of SALAMI; `unit` is the folder of its annotations, layer by layer.

    The first annotator whose phrases fit whole bars is followed. Raises `DataError` with what is
    wrong with the first annotation where none fits.
    """
    song = (folder / unit).parent.name
    row = _index(folder / "metadata" / "metadata.csv", "SONG_ID").get(song, {})
    title, artist = (row.get(name, "").replace("_", " ") for name in ("SONG_TITLE", "ARTIST"))
    refusal: DataError | None = None
    for annotator in _ANNOTATORS:
        paths = [folder / unit / f"{annotator}_{layer}.txt" for layer in _LAYERS]
        if all(path.is_file() for path in paths):
            try:
                functions, letters, phrases = map(_text, paths)
                return phrases_score(functions, letters, phrases, title or song, artist)
            except DataError as error:
                refusal = refusal or error
    raise refusal or DataError("no annotation of all three layers")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}") from error


@lru_cache(maxsize=4)
def _index(path: Path, key: str) -> Mapping[str, Mapping[str, str]]:
    """Rows of a table of songs, by the value of a column; empty where there is no table."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            return {row[key]: row for row in csv.DictReader(file) if row.get(key)}
    except (OSError, csv.Error):
        return {}
