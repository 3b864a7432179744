"""Cached units to a shard folder: compare, cut, write. What sets and a user's own files share."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from anacrusis.compose.errors import DataError
from anacrusis.compose.model.shards import MAX_SHIFT, ShardWriter, is_made_from
from anacrusis.compose.tokens.vocabulary import vocabulary

from .cache import in_use, read_or_make
from .cuts import Settings, cut_path, cut_unit, read_cuts
from .duplicates import Division, Entry, divide
from .likeness import Likeness, likenesses
from .loaders.piece import Piece
from .pieces import read_unit
from .processes import Progress, over_all
from .signatures import Signature, read_signatures, signature_path, write_signatures
from .splits import drawn_split


class Prepared(NamedTuple):
    """What was written: pieces and examples by (set, split); pieces that were left out as copies,
    or beside a held-out piece with the same music; those that could not be cut, with the reason.
    """

    pieces: Mapping[tuple[str, str], int]
    examples: Mapping[tuple[str, str], int]
    copies: tuple[str, ...]
    held_out: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    current: bool
    """Whether the shards were up to date already."""
    pairs: int
    """Pairs of pieces with the same music; ``duplicates.csv`` lists them."""
    played: int = 0
    """Rows of the performance table."""


class Unit(NamedTuple):
    """A cached unit of a source, and the digest of its file."""

    source: str
    path: Path
    digest: str


class Cutting(NamedTuple):
    """A unit, the split of each of its pieces (None: left out), and where its examples lie."""

    unit: Unit
    division: tuple[tuple[str, str | None], ...]
    target: Path


class Compared(NamedTuple):
    """The pieces of all units with the splits that are theirs alone, and what is alike among them.

    by_unit: the ids of each unit's pieces.
    """

    entries: list[Entry]
    alike: list[Likeness]
    by_unit: list[list[str]]


def compare(
    units: list[Unit], folder: Path, workers: int = 1, progress: Progress | None = None
) -> Compared:
    """Find pieces with the same music; what was found out of each unit is kept in `folder`."""
    tasks = [(unit.path, signature_path(folder, unit.digest)) for unit in units]
    missing = [(unit, target) for unit, target in tasks if not in_use(target)]
    over_all(_sign, missing, "duplicates", workers, progress)
    by_unit = [
        read_or_make(target, read_signatures, partial(write_signatures, unit))
        for unit, target in tasks
    ]
    signatures = [signature for unit in by_unit for signature in unit]
    _check_names(signatures)
    alike = likenesses([signature.grams for signature in signatures])
    entries = [_entry(signature) for signature in signatures]
    return Compared(entries, alike, [[s.id for s in unit] for unit in by_unit])


def divided_pieces(
    units: list[Unit],
    folder: Path,
    splits: Collection[str],
    workers: int = 1,
    progress: Progress | None = None,
) -> Iterator[tuple[Piece, str]]:
    """The pieces of some splits, each with its split, in the division that shards are made by.

    folder: as in `compare`.
    """
    compared = compare(units, folder, workers, progress)
    division = divide(compared.entries, compared.alike)
    for done, (unit, names) in enumerate(zip(units, compared.by_unit, strict=True), 1):
        if any(division.splits[name] in splits for name in names):
            for piece in read_unit(unit.path).pieces:
                split = division.splits[piece.id]
                if split is not None and split in splits:
                    yield piece, split
        if progress:
            progress("pieces", done, len(units))


def cut_all(
    units: Sequence[Unit],
    by_unit: Sequence[Sequence[str]],
    division: Division,
    settings: Settings,
    folder: Path,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[Cutting]:
    """Cut the examples of each unit into `folder`, unless they lie there.

    by_unit: the ids of each unit's pieces.
    """
    cuttings = []
    for unit, names in zip(units, by_unit, strict=True):
        splits = tuple((name, division.splits[name]) for name in names)
        target = cut_path(folder, unit.digest, splits, settings)
        cuttings.append(Cutting(unit, splits, target))
    missing = [cutting for cutting in cuttings if not in_use(cutting.target)]
    over_all(partial(_cut, settings=settings), missing, "examples", workers, progress)
    return cuttings


def write_shards(
    cuttings: list[Cutting],
    settings: Settings,
    out: Path,
    weights: Mapping[str, float],
    division: Division,
    unchecked: list[str],
    progress: Progress | None,
) -> Prepared:
    """Bring all cuts together in the shard folder `out`, unless it holds just these."""
    made_from = repr(([cutting.target.name for cutting in cuttings], dict(weights), unchecked))
    digest = hashlib.sha256(made_from.encode()).hexdigest()
    current = is_made_from(out, digest)
    words = vocabulary()
    counted: dict[tuple[str, str], int] = {}
    written: dict[tuple[str, str], int] = {}
    failed: list[tuple[str, str]] = []
    with ExitStack() as stack:
        writer = None
        if not current:
            table = [words.transpose_table(n) for n in range(-MAX_SHIFT, MAX_SHIFT + 1)]
            writer = stack.enter_context(
                ShardWriter(
                    out,
                    vocab_size=len(words),
                    vocab_hash=words.digest,
                    pad_id=words.id("PAD"),
                    weights=weights,
                    transpose=np.stack(table),
                    made_from=digest,
                    unchecked=unchecked,
                )
            )
        for done, cutting in enumerate(cuttings, 1):
            source = cutting.unit.source
            make = partial(cut_unit, cutting.unit.path, cutting.division, settings)
            for piece in read_or_make(cutting.target, read_cuts, make):
                if piece.failure is not None:
                    failed.append((piece.id, piece.failure))
                    continue
                place = (source, piece.split)
                counted[place] = counted.get(place, 0) + 1
                for ids, ticks, low, high in piece.examples:
                    if len(ids) >= 2:
                        written[place] = written.get(place, 0) + 1
                        if writer is not None:
                            writer.add(piece.split, ids, ticks, source, (low, high))
            if progress:
                progress("shards", done, len(cuttings))
    pairs = len(division.pairs)
    left_out = (division.copies, division.held_out)
    return Prepared(counted, written, *left_out, tuple(failed), current, pairs)


def _check_names(pieces: list[Signature]) -> None:
    twice = [name for name, times in Counter(piece.id for piece in pieces).items() if times > 1]
    if twice:
        raise DataError(
            f"{len(twice)} piece names are those of several pieces, such as {twice[0]}; each file "
            "of a set needs a name of its own, rename one or take it out"
        )


def _entry(piece: Signature) -> Entry:
    split = piece.own or drawn_split(piece.group)
    own = piece.own is not None
    return Entry(piece.id, piece.style, split, own, piece.fingerprint, piece.group)


def _sign(task: tuple[Path, Path]) -> None:
    write_signatures(*task)


def _cut(cutting: Cutting, settings: Settings) -> None:
    cut_unit(cutting.unit.path, cutting.division, settings, cutting.target)
