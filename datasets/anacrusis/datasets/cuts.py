"""Examples cut from cached units, on disk: only what has changed is cut again.

A cut file is named after everything it was made from: the unit's bytes, the division of its pieces,
the settings, the vocabulary. One `.npz` holds the examples of a unit end to end.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from anacrusis.compose.errors import AnacrusisError
from anacrusis.compose.tokens.examples import Example, examples_of
from anacrusis.compose.tokens.vocabulary import vocabulary

from .cache import named_after, read_table, reading, write_table
from .pieces import read_unit

FORMAT = 1
"""Raised whenever cutting changes what examples a piece gives."""


class Settings(NamedTuple):
    """How pieces are cut: see `prepare.prepare`."""

    seed: int
    passes: int
    context: int


class CutPiece(NamedTuple):
    """The examples of one piece, or why there are none."""

    id: str
    split: str
    examples: tuple[Example, ...]
    failure: str | None


def cut_path(
    root: Path, unit: str, division: Iterable[tuple[str, str | None]], settings: Settings
) -> Path:
    """Where the cuts of a unit lie.

    unit: digest of the unit's file. division: each of its pieces and its split; None leaves it out.
    """
    name = named_after(FORMAT, unit, tuple(division), settings, vocabulary().digest)
    return root / f"{name}.npz"


def cut_unit(
    unit: Path, division: Iterable[tuple[str, str | None]], settings: Settings, target: Path
) -> Path:
    """Cut the pieces of a unit and write them to `target`, whole or not at all."""
    splits = dict(division)
    pieces = []
    for piece in read_unit(unit).pieces:
        split = splits[piece.id]
        if split is None:
            continue
        digest = hashlib.sha256(f"{settings.seed} {piece.id}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        passes = settings.passes if split == "train" else 1
        try:
            found = examples_of(piece.score, piece.style, rng, settings.context, passes)
        except (AnacrusisError, ArithmeticError, LookupError, ValueError) as error:
            pieces.append(CutPiece(piece.id, split, (), f"{type(error).__name__}: {error}"))
        else:
            pieces.append(CutPiece(piece.id, split, tuple(found), None))
    _write(target, pieces)
    return target


def _write(path: Path, pieces: list[CutPiece]) -> None:
    examples = [example for piece in pieces for example in piece.examples]
    head = [(piece.id, piece.split, len(piece.examples), piece.failure) for piece in pieces]
    columns = {
        "ids": np.concatenate([np.zeros(0, np.uint16), *(example.ids for example in examples)]),
        "ticks": np.concatenate([np.zeros(0, np.int32), *(example.ticks for example in examples)]),
        "offsets": np.cumsum([0, *(len(example.ids) for example in examples)], dtype=np.int64),
        "shifts": np.array([(e.low, e.high) for e in examples], np.int8).reshape(-1, 2),
    }
    write_table(path, head, columns, compress=True)


def read_cuts(path: Path) -> list[CutPiece]:
    """The pieces of a cut file. Raises `DamagedFile`."""
    with reading(path):
        head, columns = read_table(path)
        ids, ticks, offsets = columns["ids"], columns["ticks"], columns["offsets"]
        shifts = columns["shifts"].tolist()
        examples = [
            Example(ids[begin:end], ticks[begin:end], low, high)
            for begin, end, (low, high) in zip(offsets[:-1], offsets[1:], shifts, strict=True)
        ]
        pieces, at = [], 0
        for name, split, count, failure in head:
            pieces.append(CutPiece(name, split, tuple(examples[at : at + count]), failure))
            at += count
    return pieces
