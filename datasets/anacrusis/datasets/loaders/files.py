"""Which files a unit is read from: with any of them changed it is read anew."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ..registry import Card
from ..sources import file_of
from .drums import index_of
from .pop909 import song_files
from .recordings import harmonix_files, salami_files


def unit_files(card: Card, folder: Path, unit: str) -> tuple[Path, ...]:
    """The files that `load.load_unit` reads for a unit, in fixed order; some may not be there."""
    if card.kind in _FILES:
        return _FILES[card.kind](folder, unit)
    path = file_of(folder, unit)
    return (path, tune_of(path)) if card.style == "hymn" else (path,)


def tune_of(path: Path) -> Path:
    """The ABC file from which the MIDI file of a hymn was made."""
    return path.parent.parent / "pd" / f"{path.stem}.abc"


def file_of_many(folder: Path, unit: str) -> Path:
    """The file of a unit ``FILE:PLACE``, one piece of many."""
    return folder / unit.rpartition(":")[0]


def _one_of_many(folder: Path, unit: str) -> tuple[Path, ...]:
    return (file_of_many(folder, unit),)


def _groove(folder: Path, unit: str) -> tuple[Path, ...]:
    index = index_of(folder, unit)
    return (folder / unit,) if index is None else (folder / unit, index)


_FILES: Mapping[str, Callable[[Path, str], tuple[Path, ...]]] = {
    "chorales": _one_of_many,
    "abc": _one_of_many,
    "groove": _groove,
    "pop909": song_files,
    "harmonix": harmonix_files,
    "salami": salami_files,
}
