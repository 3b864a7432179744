"""How notes were played, as a table on disk: velocity and timing of every note, memory-mapped.

A set of performances gives two views of one piece. The score view is the notes on the grid. The
performance view adds what the player did: `Note.velocity`, and `Note.shift`, the ticks by which the
note came later than written. The table holds both beside each other, one row per note, so that a
model of expression can learn the second from the first.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.atomic import atomic_folder
from anacrusis.compose.errors import DataError
from anacrusis.compose.instruments import ROLES
from anacrusis.compose.score import TICKS_PER_QUARTER

from .loaders.piece import SPLITS, Piece
from .registry import card_named

FORMAT = 1
META = "performance.json"
COLUMNS: Mapping[str, tuple[str, str]] = {
    "piece": ("<i4", "place in the list of pieces"),
    "bar": ("<i4", "bar, from 0"),
    "position": ("<i2", "ticks from the bar's first moment (in a pickup: of the full bar)"),
    "role": ("u1", "place in the list of roles"),
    "pitch": ("u1", "MIDI number; for drums the General MIDI drum"),
    "duration": ("<i4", "ticks"),
    "velocity": ("u1", "1 to 127"),
    "shift": ("<f4", "ticks by which it was played later than written"),
    "tempo": ("<f4", "quarter notes per minute"),
    "split": ("u1", "place in the list of splits"),
}
"""Column -> NumPy type and what it means. Each lies in a file of its own, ``NAME.npy``."""


class PerformanceTable(NamedTuple):
    """An open table: columns of equal length, memory-mapped, and what their numbers stand for.

    Rows are sorted by piece, then by bar, position, role and pitch. pieces: ids; titles: theirs.
    """

    columns: dict[str, NDArray[Any]]
    pieces: tuple[str, ...]
    titles: tuple[str, ...]

    def rows(self, split: str) -> NDArray[np.int64]:
        """Row numbers of a split: ``train``, ``valid`` or ``test``."""
        if split not in SPLITS:
            raise DataError(f"split {split!r} is unknown; allowed: {', '.join(SPLITS)}")
        return np.flatnonzero(self.columns["split"] == SPLITS.index(split))


def write_performance(folder: Path, pieces: Iterable[tuple[Piece, str]]) -> int:
    """Write a table of performed pieces, each with its split; returns the number of rows.

    Pieces without a shift (nothing was played) are left out. Raises `DataError` for a piece of a
    set that must not train, before anything is written.
    """
    parts: list[NDArray[np.float64]] = []
    kept: list[Piece] = []
    for piece, split in pieces:
        if not any(note.shift for _, note in piece.score.notes()):
            continue
        card = card_named(piece.id.partition("/")[0])
        if not card.may_train:
            raise DataError(
                f"{piece.id}: {card.name} is for benchmarks only and must not be in a table that "
                "trains; leave it out"
            )
        parts.append(np.array(sorted(_rows(piece, len(kept), SPLITS.index(split)))))
        kept.append(piece)
    table = np.concatenate(parts) if parts else np.zeros((0, len(COLUMNS)))
    meta = {
        "format": FORMAT,
        "ticks_per_quarter": TICKS_PER_QUARTER,
        "rows": len(table),
        "columns": {name: {"type": kind, "is": what} for name, (kind, what) in COLUMNS.items()},
        "roles": ROLES,
        "splits": SPLITS,
        "pieces": [piece.id for piece in kept],
        "titles": [piece.score.title for piece in kept],
    }
    with atomic_folder(folder, META) as temporary:
        for place, (name, (kind, _)) in enumerate(COLUMNS.items()):
            np.save(temporary / f"{name}.npy", table[:, place].astype(kind))
        (temporary / META).write_text(json.dumps(meta, indent=1, ensure_ascii=False), "utf-8")
    return len(table)


def open_performance(folder: Path) -> PerformanceTable:
    """Open a table without reading it into memory; `DataError` where it is missing or damaged."""
    try:
        meta = json.loads((folder / META).read_text("utf-8"))
        if meta["format"] != FORMAT:
            raise DataError(f"{folder} has format {meta['format']}, expected {FORMAT}; prepare it")
        columns = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r" if meta["rows"] else None)
            for name in COLUMNS
        }
        pieces, titles = tuple(meta["pieces"]), tuple(meta["titles"])
        sound = all(
            column.shape == (meta["rows"],) and column.dtype == np.dtype(COLUMNS[name][0])
            for name, column in columns.items()
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise DataError(
            f"{folder} is no performance table ({error}); `anacrusis data prepare` writes one"
        ) from error
    if not sound:
        raise DataError(f"{folder} is damaged: its columns differ from {META}; prepare it again")
    return PerformanceTable(columns, pieces, titles)


def _rows(piece: Piece, place: int, split: int) -> Iterable[tuple[float, ...]]:
    score = piece.score
    for track, note in score.notes():
        bar, position = score.position(note.onset)
        change = bisect_right(score.tempos, note.onset, key=attrgetter("tick")) - 1
        yield (
            place, bar, position, ROLES.index(track.role), note.pitch, note.duration,
            note.velocity, note.shift, score.tempos[change].bpm, split,
        )  # fmt: skip
