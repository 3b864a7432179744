"""Read whole sets into the cache of parsed and analysed pieces, several files at once.

A cached unit is named after the content of the files it was read from: a changed file is read
again, and runs on other sources may share the cache.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.atomic import write_text
from anacrusis.compose.errors import DataError

from .annotate import annotate
from .cache import in_use, prune
from .loaders.files import unit_files
from .loaders.load import FAILURES, list_units, load_unit
from .loaders.piece import Refusal, UnitResult
from .pieces import is_whole, unit_path, write_unit
from .processes import Progress, over_all
from .registry import Card, card_named, companions
from .sources import file_checksum, resolve

_LISTING = "units.txt"
"""What the last run read of a set, in its folder of the cache."""


class Collected(NamedTuple):
    """The cached units of a set, and how many were read now and were there already."""

    units: tuple[Path, ...]
    read: int
    kept: int


class _Unit(NamedTuple):
    """A unit of a set, and where it lies in the cache."""

    name: str
    path: Path


def pieces_folder(card: Card, root: Path) -> Path:
    """A set's folder in the cache of pieces."""
    return root / card.name


def collect(
    name: str,
    root: Path,
    source: Path | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Collected:
    """Read set `name` into its folder below `root`, leaving out the units that lie there.

    source: as in `sources.resolve`. workers: processes. Raises `DataError`
    where the set is missing or a worker dies (what was read is kept).
    """
    card = card_named(name)
    folder = resolve(card, source)
    for other in companions(card):
        resolve(other, source)
    target = pieces_folder(card, root)
    units = _units(card, folder, target, workers)
    missing = [unit for unit in units if not is_whole(unit.path)]
    kept = len(units) - len(missing)
    over_all(partial(_read, card, folder), missing, name, workers, progress, kept)
    paths = tuple(unit.path for unit in units)
    write_listing(target, paths)
    prune(target)
    return Collected(paths, len(missing), kept)


def write_listing(folder: Path, units: Iterable[Path]) -> None:
    """Note in a set's folder of the cache which units it has; `collected` returns these."""
    write_text(folder / _LISTING, "".join(f"{path.name}\n" for path in units))


def collected(name: str, root: Path) -> tuple[Path, ...]:
    """The cached units of a set as the last run found them; none where there was none.

    Raises `DataError` where some of them have gone since.
    """
    folder = pieces_folder(card_named(name), root)
    listing = folder / _LISTING
    try:
        names = listing.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{listing} cannot be read ({error}); read {name} again") from error
    paths = tuple(folder / unit for unit in names)
    gone = sum(not in_use(path) for path in paths)
    if gone:
        raise DataError(
            f"{gone} of {len(paths)} units of {name} are no longer in {folder}; read the set again "
            f"with `anacrusis data stats {name} --from FOLDER`"
        )
    return paths


def _units(card: Card, folder: Path, target: Path, workers: int) -> list[_Unit]:
    """The units of a set, each with a path that tells the content of its files."""
    files = {unit: unit_files(card, folder, unit) for unit in list_units(card, folder)}
    digests = checksums((path for paths in files.values() for path in paths), workers)
    units = []
    for unit, paths in files.items():
        made_from = (card.kind, card.style, [digests[path] for path in paths])
        units.append(_Unit(unit, unit_path(target, unit, made_from)))
    return units


def checksums(paths: Iterable[Path], workers: int) -> dict[Path, str | None]:
    """The checksum of each file, None for one that cannot be read: its unit will be refused."""
    distinct = list(dict.fromkeys(paths))
    with ThreadPoolExecutor(workers) as pool:  # hashing does not hold the interpreter's lock
        return dict(zip(distinct, pool.map(_digest, distinct), strict=True))


def _digest(path: Path) -> str | None:
    try:
        return file_checksum(path)
    except DataError:
        return None


def _read(card: Card, folder: Path, unit: _Unit) -> None:
    write_unit(unit.path, unit.name, annotated(load_unit(card, folder, unit.name)))


def annotated(result: UnitResult) -> UnitResult:
    """What a unit gave, its pieces annotated; those that cannot be analysed are refused."""
    pieces, refused = [], list(result.refused)
    for piece in result.pieces:
        try:
            pieces.append(annotate(piece))
        except FAILURES as error:
            reason = f"analysis failed: {type(error).__name__}: {error}"
            refused.append(Refusal(piece.id, reason, len(piece.score.bars)))
    return UnitResult(tuple(pieces), tuple(refused))
