"""Data sets to training shards: read, divide into train, valid and test, cut, write."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from anacrusis.compose.errors import DataError

from .assemble import Cutting, Prepared, Unit, compare, cut_all, divided_pieces, write_shards
from .cache import prune
from .collect import collect
from .cuts import Settings
from .duplicates import divide, write_pairs
from .loaders.piece import SPLITS, Piece
from .performance import COLUMNS, META, open_performance, write_performance
from .pieces import read_unit
from .processes import Progress
from .registry import NOT_READ, PERFORMED, Card, card_named
from .sources import file_checksum, is_checked, resolve


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
    benchmark: bool = False,
    progress: Progress | None = None,
) -> Prepared:
    """Write the shard folder `out` from data sets, parsing what the cache `pieces` lacks.

    source: where the sets lie, as in `sources.resolve`. passes: how often each training piece is
    cut, each time with other windows and controls; valid and test are cut once. Where a set was
    played and may train, the table ``performance`` in the folder says how (see `performance`). What
    was read and cut before is taken from the cache, and shards that are up to date stay. benchmark:
    sets for benchmarks only may be among them, for weights that are not given away; all sets then
    weigh the same. Raises `DataError` for a set that must not train, before any work is done.
    """
    cards = [card_named(name) for name in dict.fromkeys(sets)]
    _check(cards, source, benchmark)
    units = _units(cards, pieces, source, workers, progress)
    compared = compare(units, pieces / "signatures", workers, progress)
    division = divide(compared.entries, compared.alike)
    settings = Settings(seed, passes, context)
    cuttings = cut_all(
        units, compared.by_unit, division, settings, pieces / "cuts", workers, progress
    )
    unchecked = [card.name for card in cards if not is_checked(resolve(card, source))]
    weights = {card.name: 1.0 if benchmark else card.weight for card in cards}
    prepared = write_shards(cuttings, settings, out, weights, division, unchecked, progress)
    played = [
        cutting
        for cutting in cuttings
        if (card := card_named(cutting.unit.source)).kind in PERFORMED and card.may_train
    ]
    if played:
        prepared = prepared._replace(played=_write_played(played, out, prepared.current))
    write_pairs(out / "duplicates.csv", division)
    for folder in ("signatures", "cuts"):
        prune(pieces / folder)
    return prepared


def used_pieces(
    sets: Iterable[str],
    pieces: Path,
    *,
    source: Path | None = None,
    workers: int = 1,
    benchmark: bool = False,
    progress: Progress | None = None,
) -> Iterator[tuple[Piece, str]]:
    """The pieces that `prepare` uses of sets, each with its split, in the same division."""
    cards = [card_named(name) for name in dict.fromkeys(sets)]
    _check(cards, source, benchmark)
    units = _units(cards, pieces, source, workers, progress)
    yield from divided_pieces(units, pieces / "signatures", SPLITS, workers, progress)


def _units(
    cards: list[Card], pieces: Path, source: Path | None, workers: int, progress: Progress | None
) -> list[Unit]:
    """The units of the sets in the cache; what it lacks is read."""
    return [
        Unit(card.name, path, file_checksum(path))
        for card in cards
        for path in collect(card.name, pieces, source, workers, progress).units
    ]


def _check(cards: list[Card], source: Path | None, benchmark: bool) -> None:
    """Raise `DataError` unless every set may train, or be measured with, and is there."""
    if not cards:
        raise DataError("no data sets were named; name at least one")
    for card in cards:
        if not card.holds_pieces:
            raise DataError(
                f"{card.name} is {NOT_READ[card.kind]}: `data prepare` and `train` take scores. "
                "Leave it out; `data list` shows its licence and attribution"
            )
        if not card.may_train and not benchmark:
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


def _write_played(cuttings: list[Cutting], out: Path, current: bool) -> int:
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
