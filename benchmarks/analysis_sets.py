"""The labelled data sets, read once for all tables of `analysis.py`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zlib import crc32

import numpy as np

from anacrusis.compose.errors import AnacrusisError
from anacrusis.compose.score import Score
from anacrusis.datasets.loaders.load import list_units, load_unit
from anacrusis.datasets.loaders.piece import Piece
from anacrusis.datasets.loaders.pop909 import read_song
from anacrusis.datasets.registry import card_named
from anacrusis.datasets.sources import resolve


@dataclass
class Sets:
    """Pieces by set. every: read one unit in so many. Units are read when first asked for."""

    data: Path
    every: int = 1
    _read: dict[tuple[str, str], tuple[Piece, ...]] = field(default_factory=dict)
    """(set, unit) -> its pieces."""

    def pieces(self, name: str, every: int = 1) -> list[Piece]:
        """The pieces of a set, one unit in `every` (times `self.every`)."""
        card = card_named(name)
        folder = resolve(card, self.data)
        found: list[Piece] = []
        for unit in list_units(card, folder)[:: every * self.every]:
            if (name, unit) not in self._read:
                self._read[name, unit] = load_unit(card, folder, unit).pieces
            found += self._read[name, unit]
        return found

    def second_labels(self) -> dict[str, Score]:
        """The POP909 songs by piece id, with the sections of the second annotator."""
        card = card_named("pop909")
        folder = resolve(card, self.data)
        scores: dict[str, Score] = {}
        for unit in list_units(card, folder)[:: self.every]:
            try:
                scores[f"pop909/{Path(unit).stem}"] = read_song(folder, unit, labels=2).score
            except AnacrusisError:
                continue
        return scores


def held_out(piece: Piece) -> bool:
    """Whether a piece is in the half on which nothing was fitted."""
    if piece.id.startswith("pop909/"):
        return int(piece.id.split("/")[1]) % 2 == 0
    return crc32(piece.id.encode()) % 2 == 1


def bare(score: Score) -> Score:
    """The score without keys, chords and sections: what the analysis may see."""
    return replace(score, keys=(), chords=(), sections=())


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers are aligned to the right."""
    body = [[f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row]
            for row in rows]  # fmt: skip
    line = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(head), line, *body])


def spread(values: Sequence[float]) -> str:
    """10th, 50th and 90th percentile."""
    return " / ".join(f"{value:.2f}" for value in np.percentile(values, (10, 50, 90)))
