"""Read whole sets into the cache of parsed and analysed pieces, several files at once."""

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.errors import DataError

from .annotate import annotate
from .loaders.load import list_units, load_unit
from .loaders.piece import Refusal, UnitResult
from .pieces import FORMAT, unit_path, write_unit
from .registry import Card, card_named, companions
from .sources import resolve

Progress = Callable[[str, int, int], None]
"""Called with the set's name, units done and units in all."""


class Collected(NamedTuple):
    """A set's cache folder, and how many units were read now and were there already."""

    folder: Path
    read: int
    kept: int


def pieces_folder(card: Card, root: Path) -> Path:
    """A set's folder in the cache of pieces: a changed archive or format gets another."""
    state = hashlib.sha256(f"{card.sha256} {card.pattern} {FORMAT}".encode()).hexdigest()
    return root / f"{card.name}-{state[:12]}"


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
    target.mkdir(parents=True, exist_ok=True)
    units = list_units(card, folder)
    missing = [unit for unit in units if not unit_path(target, unit).exists()]
    done = len(units) - len(missing)
    if progress:
        progress(name, done, len(units))
    for count, _ in enumerate(_run(card, folder, target, missing, workers), done + 1):
        if progress:
            progress(name, count, len(units))
    return Collected(target, len(missing), done)


def _run(card: Card, folder: Path, target: Path, units: list[str], workers: int) -> Iterable[str]:
    if workers <= 1 or len(units) < 4:
        for unit in units:
            yield _do(card, folder, target, unit)
        return
    with ProcessPoolExecutor(min(workers, os.cpu_count() or 1)) as pool:
        jobs = {pool.submit(_do, card, folder, target, unit): unit for unit in units}
        for job in as_completed(jobs):
            try:
                yield job.result()
            except (OSError, BrokenProcessPool) as error:
                raise DataError(
                    f"reading {jobs[job]} stopped ({error}); check memory and disk space, then run "
                    "it again: what was read is kept"
                ) from error


def _do(card: Card, folder: Path, target: Path, unit: str) -> str:
    result = load_unit(card, folder, unit)
    pieces, refused = [], list(result.refused)
    for piece in result.pieces:
        try:
            pieces.append(annotate(piece))
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            refused.append(Refusal(unit, f"analysis failed: {type(error).__name__}: {error}"))
    write_unit(target, unit, UnitResult(tuple(pieces), tuple(refused)))
    return unit
