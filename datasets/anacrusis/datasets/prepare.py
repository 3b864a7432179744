"""Data sets to training shards: read, divide into train, valid and test, cut, write."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from anacrusis.compose.errors import DataError
from anacrusis.compose.model.shards import MAX_SHIFT, ShardWriter, is_made_from
from anacrusis.compose.tokens.vocabulary import vocabulary

from .cache import in_use, prune, read_or_make
from .collect import collect
from .cuts import Settings, cut_path, cut_unit, read_cuts
from .duplicates import Division, Entry, divide, write_pairs
from .likeness import likenesses
from .performance import COLUMNS, META, open_performance, write_performance
from .pieces import read_unit
from .processes import Progress, over_all
from .registry import NOT_READ, PERFORMED, Card, card_named
from .signatures import Signature, read_signatures, signature_path, write_signatures
from .sources import file_checksum, is_checked, resolve
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
    """A cached unit of a set, and the digest of its file."""

    source: str
    path: Path
    digest: str


class _Cutting(NamedTuple):
    """A unit, the split of each of its pieces (None: left out), and where its examples lie."""

    unit: Unit
    division: tuple[tuple[str, str | None], ...]
    target: Path


def prepare(
    sets: Iterable[str],
    pieces: Path,
    out: Path,
    *,
    source: Path | None = None,
    workers: int = 1,
    seed: int = 0,
    passes: int = 2,
    context: int = 1024,
    progress: Progress | None = None,
) -> Prepared:
    """Write the shard folder `out` from data sets, parsing what the cache `pieces` lacks.

    source: where the sets lie, as in `sources.resolve`. passes: how often each training piece is
    cut, each time with other windows and controls; valid and test are cut once. Where a set was
    played, the table ``performance`` in the folder says how (see `performance`). What was read and
    cut before is taken from the cache, and shards that are up to date stay. Raises `DataError` for
    a set that must not train, before any work is done.
    """
    cards = [card_named(name) for name in dict.fromkeys(sets)]
    _check(cards, source)
    units = [
        Unit(card.name, path, file_checksum(path))
        for card in cards
        for path in collect(card.name, pieces, source, workers, progress).units
    ]
    division, by_unit = divide_units(units, pieces / "signatures", workers, progress)
    settings = Settings(seed, passes, context)
    cuttings = []
    for unit, names in zip(units, by_unit, strict=True):
        splits = tuple((name, division.splits[name]) for name in names)
        target = cut_path(pieces / "cuts", unit.digest, splits, settings)
        cuttings.append(_Cutting(unit, splits, target))
    missing = [cutting for cutting in cuttings if not in_use(cutting.target)]
    over_all(partial(_cut, settings=settings), missing, "examples", workers, progress)
    unchecked = [card.name for card in cards if not is_checked(resolve(card, source))]
    prepared = _write_shards(cuttings, settings, out, cards, division, unchecked, progress)
    played = [cutting for cutting in cuttings if card_named(cutting.unit.source).kind in PERFORMED]
    if played:
        prepared = prepared._replace(played=_write_played(played, out, prepared.current))
    write_pairs(out / "duplicates.csv", division)
    for folder in ("signatures", "cuts"):
        prune(pieces / folder)
    return prepared


def _check(cards: list[Card], source: Path | None) -> None:
    """Raise `DataError` unless every set may train and is there."""
    if not cards:
        raise DataError("no data sets were named; name at least one")
    for card in cards:
        if not card.holds_pieces:
            raise DataError(
                f"{card.name} is {NOT_READ[card.kind]}: `data prepare` and `train` take scores. "
                "Leave it out; `data list` shows its licence and attribution"
            )
        if not card.may_train:
            raise DataError(
                f"{card.name} is for benchmarks only ({card.licence}); weights that are trained on "
                "it must not be given away. Leave it out"
            )
    missing = []
    for card in cards:
        try:
            resolve(card, source)
        except DataError as error:
            missing.append(f"{card.name}: {error}")
    if len(missing) > 1:
        raise DataError(f"{len(missing)} sets are missing:\n" + "\n".join(missing))


def divide_units(
    units: list[Unit], folder: Path, workers: int, progress: Progress | None
) -> tuple[Division, list[list[str]]]:
    """The split of each piece, likenesses considered, and the pieces of each unit.

    folder: where the signatures of units lie; those that are missing are written.
    """
    tasks = [(unit.path, signature_path(folder, unit.digest)) for unit in units]
    missing = [(unit, target) for unit, target in tasks if not in_use(target)]
    over_all(_sign, missing, "duplicates", workers, progress)
    by_unit = [
        read_or_make(target, read_signatures, partial(write_signatures, unit))
        for unit, target in tasks
    ]
    signatures = [signature for unit in by_unit for signature in unit]
    _check_names(signatures)
    entries = [_entry(signature) for signature in signatures]
    alike = likenesses([signature.grams for signature in signatures])
    return divide(entries, alike), [[s.id for s in unit] for unit in by_unit]


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


def _cut(cutting: _Cutting, settings: Settings) -> None:
    cut_unit(cutting.unit.path, cutting.division, settings, cutting.target)


def _write_played(cuttings: list[_Cutting], out: Path, current: bool) -> int:
    """Write the table of what was played, unless it is there with shards that are up to date."""
    folder = out / "performance"
    if current:
        try:
            return len(open_performance(folder).columns["pitch"])
        except DataError:
            _clear_damaged(folder)
    splits = {name: split for cutting in cuttings for name, split in cutting.division}
    pieces = (piece for cutting in cuttings for piece in read_unit(cutting.unit.path).pieces)
    kept = ((piece, split) for piece in pieces if (split := splits[piece.id]) is not None)
    return write_performance(folder, kept)


def _clear_damaged(folder: Path) -> None:
    """Take the columns out of a table that has lost its description: nothing else would mark it."""
    if not (folder / META).is_file():
        for name in COLUMNS:
            (folder / f"{name}.npy").unlink(missing_ok=True)


def _write_shards(
    cuttings: list[_Cutting],
    settings: Settings,
    out: Path,
    cards: list[Card],
    division: Division,
    unchecked: list[str],
    progress: Progress | None,
) -> Prepared:
    """Bring all cuts together in the shard folder `out`, unless it holds just these."""
    weights = {card.name: card.weight for card in cards}
    made_from = repr(([cutting.target.name for cutting in cuttings], weights, unchecked))
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
