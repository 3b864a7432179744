"""What the search for duplicates knows of each cached unit, on disk, so that it is found once."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from .cache import named_after, read_table, reading, write_table
from .duplicates import fingerprint
from .ngrams import NGrams, ngrams
from .pieces import read_unit
from .splits import group_of

FORMAT = 3
"""Raised whenever a piece's n-grams or fingerprint change."""
_COLUMNS = ("gram", "line", "place", "pitch", "melodic")


class Signature(NamedTuple):
    """A piece as it is compared.

    own: the split that its set puts it in, if it does. group: as in `splits.group_of`.
    """

    id: str
    style: str
    own: str | None
    group: str
    fingerprint: str | None
    grams: NGrams


def signature_path(root: Path, unit: str) -> Path:
    """Where the signatures of a unit lie, named after the digest of its file."""
    return root / f"{named_after(FORMAT, unit)}.npz"


def write_signatures(unit: Path, target: Path) -> None:
    """Write the signatures of a unit's pieces to `target`, whole or not at all."""
    pieces = read_unit(unit).pieces
    grams = [ngrams(piece.score) for piece in pieces]
    head = [(p.id, p.style, p.split, group_of(p), fingerprint(p.score)) for p in pieces]
    sizes = [[len(g.gram), len(g.melodic)] for g in grams]
    empty = ngrams_of_nothing()
    columns = {
        name: np.concatenate([getattr(g, name) for g in (empty, *grams)]) for name in _COLUMNS
    }
    write_table(target, [head, sizes], columns)


def read_signatures(path: Path) -> list[Signature]:
    """The signatures in a file. Raises `DamagedFile`."""
    found: list[Signature] = []
    with reading(path):
        (head, sizes), columns = read_table(path)
        at = line = 0
        for (name, style, own, group, digest), (grams, lines) in zip(head, sizes, strict=True):
            gram, number, place, pitch = (columns[c][at : at + grams] for c in _COLUMNS[:4])
            part = NGrams(gram, number, place, pitch, columns["melodic"][line : line + lines])
            found.append(Signature(name, style, own, group, digest, part))
            at, line = at + grams, line + lines
    return found


def ngrams_of_nothing() -> NGrams:
    """No n-grams."""
    nothing = np.zeros(0, np.int32)
    return NGrams(nothing.astype(np.uint64), nothing, nothing, nothing, np.zeros(0, bool))
