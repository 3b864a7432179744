"""Data sets to training shards: read, divide into train, valid and test, cut, write."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from anacrusis.compose.atomic import write_text
from anacrusis.compose.errors import DataError
from anacrusis.compose.model.shards import MAX_SHIFT, ShardWriter, is_made_from
from anacrusis.compose.tokens.vocabulary import vocabulary

from .collect import Progress, collect, pieces_folder
from .cuts import Settings, cut_path, cut_unit, read_cuts
from .duplicates import Division, Entry, divide
from .likeness import likenesses
from .performance import open_performance, write_performance
from .pieces import read_unit
from .registry import NOT_READ, PERFORMED, Card, card_named
from .signatures import Signature, read_signatures, signature_path, write_signatures
from .sources import file_checksum
from .splits import drawn_split


class Prepared(NamedTuple):
    """What was written: pieces and examples by (set, split), duplicates left out, failures, and
    how many notes the table of performances has.
    """

    pieces: Mapping[tuple[str, str], int]
    examples: Mapping[tuple[str, str], int]
    duplicates: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    current: bool
    """Whether the shards were up to date already."""
    pairs: int
    """Pairs of pieces with the same music; ``duplicates.csv`` lists them."""
    played: int = 0
    """Rows of the performance table."""


class Job(NamedTuple):
    """A cached unit of a set, and the digest of its file."""

    source: str
    path: Path
    digest: str


class _Cutting(NamedTuple):
    """What a process needs to cut a unit."""

    unit: Path
    division: tuple[tuple[str, str | None], ...]
    target: Path


Task = TypeVar("Task")
Result = TypeVar("Result")


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
    cards = [card_named(name) for name in sets]
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
    for card in cards:
        collect(card.name, pieces, source, workers, progress)
    jobs = [
        Job(card.name, path, file_checksum(path))
        for card in cards
        for path in sorted(pieces_folder(card, pieces).glob("*.json.gz"))
    ]
    division, by_unit = _divide(jobs, pieces / "signatures", workers, progress)
    settings = Settings(seed, passes, context)
    cuttings = []
    for job, names in zip(jobs, by_unit, strict=True):
        splits = tuple((name, division.splits[name]) for name in names)
        target = cut_path(pieces / "cuts", job.digest, splits, settings)
        cuttings.append(_Cutting(job.path, splits, target))
    missing = [cutting for cutting in cuttings if not cutting.target.exists()]
    for _ in _over_all(partial(_cut, settings=settings), missing, "examples", workers, progress):
        pass
    cuts = [(job.source, cutting.target) for job, cutting in zip(jobs, cuttings, strict=True)]
    prepared = _write_shards(cuts, out, cards, division, progress)
    played = [cutting for job, cutting in zip(jobs, cuttings, strict=True) if _is_played(job)]
    if played:
        prepared = prepared._replace(played=_write_played(played, out, prepared.current))
    _write_pairs(out / "duplicates.csv", division)
    for path in set((pieces / "cuts").glob("*.npz")) - {cutting.target for cutting in cuttings}:
        path.unlink()  # of settings or pieces that are no more
    return prepared


def _divide(
    jobs: list[Job], folder: Path, workers: int, progress: Progress | None
) -> tuple[Division, list[list[str]]]:
    """The split of each piece, likenesses considered, and the pieces of each unit."""
    tasks = [(job.path, signature_path(folder, job.digest)) for job in jobs]
    missing = [(unit, target) for unit, target in tasks if not target.exists()]
    for _ in _over_all(_sign, missing, "duplicates", workers, progress):
        pass
    units = [read_signatures(target) for _, target in tasks]
    for path in set(folder.glob("*.npz")) - {target for _, target in tasks}:
        path.unlink()
    signatures = [signature for unit in units for signature in unit]
    entries = [_entry(signature) for signature in signatures]
    alike = likenesses([signature.grams for signature in signatures])
    return divide(entries, alike), [[s.id for s in unit] for unit in units]


def _entry(piece: Signature) -> Entry:
    split = piece.own or drawn_split(piece.group)
    own = piece.own is not None
    return Entry(piece.id, piece.style, split, own, piece.fingerprint, piece.group)


def _sign(task: tuple[Path, Path]) -> None:
    write_signatures(*task)


def _write_pairs(path: Path, division: Division) -> None:
    """The pairs of pieces that are alike, and what became of them, as a table to read."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("one", "other", "kind", "score", "split of one", "split of other"))
    for pair in sorted(division.pairs):
        splits = (
            division.splits[pair.one] or "left out",
            division.splits[pair.other] or "left out",
        )
        table.writerow((*pair, *splits))
    write_text(path, text.getvalue())


def _is_played(job: Job) -> bool:
    return card_named(job.source).kind in PERFORMED


def _write_played(cuttings: list[_Cutting], out: Path, current: bool) -> int:
    """Write the table of what was played, unless it is there with shards that are up to date."""
    folder = out / "performance"
    if current and folder.is_dir():
        return len(open_performance(folder).columns["pitch"])
    splits = {name: split for cutting in cuttings for name, split in cutting.division}
    pieces = (piece for cutting in cuttings for piece in read_unit(cutting.unit).pieces)
    kept = ((piece, split) for piece in pieces if (split := splits[piece.id]) is not None)
    return write_performance(folder, kept)


def _write_shards(
    cuts: list[tuple[str, Path]],
    out: Path,
    cards: list[Card],
    division: Division,
    progress: Progress | None,
) -> Prepared:
    """Bring all cuts together in the shard folder `out`, unless it holds just these."""
    weights = {card.name: card.weight for card in cards}
    made_from = repr(([path.name for _, path in cuts], weights))
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
                )
            )
        for done, (source, path) in enumerate(cuts, 1):
            for piece in read_cuts(path):
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
                progress("shards", done, len(cuts))
    pairs = len(division.pairs)
    return Prepared(counted, written, division.left_out, tuple(failed), current, pairs)


def _over_all(
    work: Callable[[Task], Result],
    tasks: list[Task],
    label: str,
    workers: int,
    progress: Progress | None,
) -> Iterator[Result]:
    """Apply `work` to every task, in order, in several processes, a few tasks ahead at a time."""
    done = 0
    if workers <= 1:
        for task in tasks:
            yield work(task)
            done += 1
            if progress:
                progress(label, done, len(tasks))
        return
    with ProcessPoolExecutor(workers) as pool:
        stream = iter(tasks)
        while chunk := list(islice(stream, 32 * workers)):
            for found in pool.map(work, chunk, chunksize=4):
                yield found
                done += 1
                if progress:
                    progress(label, done, len(tasks))


def _cut(cutting: _Cutting, settings: Settings) -> Path:
    return cut_unit(cutting.unit, cutting.division, settings, cutting.target)
