"""Cached pieces to training shards: divide into train, valid and test, cut into examples, write.

The division hashes a piece's group (the folder it lies in, so that the songs of a cycle stay on one
side), or is the set's own where it has one. It never depends on order, machine or seed.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from anacrusis.compose.errors import DataError, TokenError
from anacrusis.compose.model.shards import MAX_SHIFT, ShardWriter
from anacrusis.compose.tokens.examples import Example, examples_of
from anacrusis.compose.tokens.vocabulary import vocabulary

from .collect import Progress, collect, pieces_folder
from .duplicates import Entry, duplicates, fingerprint
from .loaders.piece import Piece
from .performance import write_performance
from .pieces import read_unit
from .registry import NOT_READ, PERFORMED, card_named

VALID_SHARE = 0.04
TEST_SHARE = 0.04
_DIVISION = 1544
"""Chosen so that every set, also the small ones, has pieces on each side."""


class Prepared(NamedTuple):
    """What was written: pieces and examples by (set, split), duplicates left out, failures, and
    how many notes the table of performances has.
    """

    pieces: Mapping[tuple[str, str], int]
    examples: Mapping[tuple[str, str], int]
    duplicates: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    played: int = 0


class Job(NamedTuple):
    """A cached unit of a set."""

    source: str
    path: Path


Result = TypeVar("Result")


class _Cut(NamedTuple):
    source: str
    split: str
    examples: list[Example]
    failure: tuple[str, str] | None


def split_of(piece: Piece) -> str:
    """``train``, ``valid`` or ``test`` for a piece.

    >>> from anacrusis.compose.meter import Meter
    >>> from anacrusis.compose.score import Bar, Score
    >>> split_of(Piece("set/composer/cycle/song", Score((Bar(Meter()),)), "song", split="test"))
    'test'
    """
    if piece.split is not None:
        return piece.split
    group = group_of(piece.id)
    place = (
        int.from_bytes(hashlib.sha256(f"{_DIVISION} {group}".encode()).digest()[:8], "big") / 2**64
    )
    if place < TEST_SHARE:
        return "test"
    return "valid" if place < TEST_SHARE + VALID_SHARE else "train"


def group_of(piece_id: str) -> str:
    """What must stay on one side of the division: a multi-movement work, else the piece itself.

    Scores lie in folders by composer, work and movement; the work is the group.

    >>> group_of("lieder/scores/Schubert/Winterreise/1_Gute_Nacht/lc1"), group_of("midi/a/b")
    ('lieder/scores/Schubert/Winterreise', 'midi/a/b')
    """
    parts = piece_id.split("/")
    return "/".join(parts[:4]) if len(parts) == 6 and parts[1] == "scores" else piece_id


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
    played, the table ``performance`` in the folder says how (see `performance`). Raises `DataError`
    for a set that must not train, before any work is done.
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
        Job(card.name, path)
        for card in cards
        for path in sorted(pieces_folder(card, pieces).glob("*.json.gz"))
    ]
    twice = duplicates(_over_all(_entries, jobs, "duplicates", workers, progress))
    work = partial(_cut_unit, seed=seed, passes=passes, context=context, left_out=twice)
    words = vocabulary()
    counted: dict[tuple[str, str], int] = {}
    written: dict[tuple[str, str], int] = {}
    failed: list[tuple[str, str]] = []
    with ShardWriter(
        out,
        vocab_size=len(words),
        vocab_hash=words.digest,
        pad_id=words.id("PAD"),
        weights={card.name: card.weight for card in cards},
        transpose=np.stack([words.transpose_table(n) for n in range(-MAX_SHIFT, MAX_SHIFT + 1)]),
    ) as writer:
        for cut in _over_all(work, jobs, "examples", workers, progress):
            if cut.failure is not None:
                failed.append(cut.failure)
                continue
            place = (cut.source, cut.split)
            counted[place] = counted.get(place, 0) + 1
            for example in cut.examples:
                if len(example.ids) >= 2:
                    writer.add(
                        cut.split, example.ids, example.ticks, cut.source,
                        (example.low, example.high),
                    )  # fmt: skip
                    written[place] = written.get(place, 0) + 1
    played = [job for job in jobs if card_named(job.source).kind in PERFORMED]
    notes = 0
    if played:
        pieces_played = (piece for job in played for piece in read_unit(job.path).pieces)
        kept = ((piece, split_of(piece)) for piece in pieces_played if piece.id not in twice)
        notes = write_performance(out / "performance", kept)
    return Prepared(counted, written, tuple(sorted(twice)), tuple(failed), notes)


def _over_all(
    work: Callable[[Job], list[Result]],
    jobs: list[Job],
    label: str,
    workers: int,
    progress: Progress | None,
) -> Iterator[Result]:
    """Apply `work` to every job, in order, in several processes, a few jobs ahead at a time."""
    done = 0
    if workers <= 1:
        for job in jobs:
            yield from work(job)
            done += 1
            if progress:
                progress(label, done, len(jobs))
        return
    with ProcessPoolExecutor(workers) as pool:
        stream = iter(jobs)
        while chunk := list(islice(stream, 32 * workers)):
            for found in pool.map(work, chunk, chunksize=4):
                yield from found
                done += 1
                if progress:
                    progress(label, done, len(jobs))


def _entries(job: Job) -> list[Entry]:
    return [
        Entry(piece.id, piece.style, split_of(piece), fingerprint(piece.score))
        for piece in read_unit(job.path).pieces
    ]


def _cut_unit(
    job: Job, seed: int, passes: int, context: int, left_out: frozenset[str]
) -> list[_Cut]:
    source, path = job
    cuts = []
    for piece in read_unit(path).pieces:
        if piece.id in left_out:
            continue
        split = split_of(piece)
        digest = hashlib.sha256(f"{seed} {piece.id}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        times = passes if split == "train" else 1
        try:
            found = examples_of(piece.score, piece.style, rng, context, times)
        except (TokenError, ArithmeticError, LookupError, ValueError) as error:
            cuts.append(_Cut(source, split, [], (piece.id, f"{type(error).__name__}: {error}")))
        else:
            cuts.append(_Cut(source, split, found, None))
    return cuts
