"""A folder of a user's own MIDI, MusicXML and ABC files to training shards. They need no card.

Nine pieces in ten train and one is held out, the same music always on one side. Where there are
fewer than ten, the last bars of each piece are held out instead: what they repeat of the bars
before has been learnt, so that the validation loss then says less.
"""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.atomic import write_text
from anacrusis.compose.errors import DataError

from .assemble import Compared, Prepared, Unit, compare, cut_all, write_shards
from .collect import annotated, checksums
from .cuts import Settings
from .duplicates import Division, divide, groups_of, pairs_of, write_pairs
from .loaders.clean import MIN_NOTES, cut
from .loaders.ensembles import ENSEMBLES
from .loaders.files import tune_of
from .loaders.load import load_file
from .loaders.piece import Piece, Refusal, UnitResult
from .pieces import is_whole, read_unit, unit_path, write_unit
from .processes import Progress, over_all
from .sources import file_checksum

SET = "own"
"""What shards and papers call these files."""
SUFFIXES = {
    ".mid": "game", ".midi": "game", ".musicxml": "song", ".xml": "song", ".mxl": "song",
    ".abc": "lead sheet",
}  # fmt: skip
"""The suffixes of the files that are read, and what each is learnt as."""
STYLES = tuple(ENSEMBLES)
"""The styles such files may be learnt as."""
PASSES = 4
"""How often each training piece is cut: a small folder gives more of itself."""
FEWEST = 10
"""Pieces with different music from which on whole pieces are held out."""
HELD_OUT = 0.1
MIN_BARS = 4
"""Fewest bars that are held out of a piece; one that is not twice as long trains whole."""
LEFT_OUT = "left-out.csv"


class OwnPrepared(NamedTuple):
    """What became of a folder. files: those that were read or refused.

    others: files with other suffixes. refused: files, or parts of them, that are not used.
    by_bars: whether bars were held out, not pieces.
    """

    files: int
    others: int
    shards: Prepared
    refused: tuple[Refusal, ...]
    by_bars: bool

    def counts(self, split: str) -> tuple[int, int]:
        """Pieces and examples of a split."""
        place = (SET, split)
        return self.shards.pieces.get(place, 0), self.shards.examples.get(place, 0)

    def left_out(self) -> list[str]:
        """What is not used, a line for each file or part of one, with the reason."""
        return [f"{_plain(refusal.unit)}: {refusal.reason}" for refusal in self.refused]


class _File(NamedTuple):
    """A file to read: its name below the folder, its style, and where it lies in the cache."""

    path: Path
    name: str
    style: str
    target: Path


def prepare_own(
    folder: Path,
    out: Path,
    *,
    style: str | None = None,
    context: int = 1024,
    seed: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
) -> OwnPrepared:
    """Write the shards ``out/shards`` from the files in `folder` and all folders below it.

    style: one of `STYLES`; None takes MIDI as ``game`` (a band, roles by what tracks play),
    MusicXML as ``song`` and ABC as ``lead sheet``. Files that cannot be used are listed in
    ``out/left-out.csv``. What was read is kept in ``out/pieces``. Raises `DataError` where nothing
    can be used.
    """
    if style is not None and style not in STYLES:
        raise DataError(f"style {style!r} is unknown; allowed: {', '.join(STYLES)}")
    pieces, shards = out / "pieces", out / "shards"
    paths, others = _find(folder, out)
    files = _files(folder, paths, style, pieces, workers)
    missing = [file for file in files if not is_whole(file.target)]
    over_all(_read, missing, "reading", workers, progress, len(files) - len(missing))
    units = [Unit(SET, file.target, file_checksum(file.target)) for file in files]
    refused = [refusal for unit in units for refusal in read_unit(unit.path).refused]
    _write_left_out(out / LEFT_OUT, refused)
    compared = compare(units, pieces / "signatures", workers, progress)
    if not compared.entries:
        raise DataError(
            f"none of the {len(files)} files in {folder} can be used; the first is "
            f"{_plain(refused[0].unit)}: {refused[0].reason}. {out / LEFT_OUT} lists all"
        )
    by_unit = compared.by_unit
    division = _by_pieces(compared)
    by_bars = division is None
    if division is None:
        units, by_unit, division = _by_bars(units, compared, pieces)
    settings = Settings(seed, PASSES, context)
    cuttings = cut_all(units, by_unit, division, settings, pieces / "cuts", workers, progress)
    written = write_shards(cuttings, settings, shards, {SET: 1.0}, division, [], progress)
    write_pairs(shards / "duplicates.csv", division)
    refused += [Refusal(name, reason) for name, reason in written.failed]
    refused += [Refusal(name, "the same music as another piece") for name in division.copies]
    _write_left_out(out / LEFT_OUT, refused)
    prepared = OwnPrepared(len(files), others, written, tuple(refused), by_bars)
    for split, wanted in (("train", "learn from"), ("valid", "hold out")):
        if not prepared.counts(split)[1]:
            raise DataError(
                f"{folder} has nothing to {wanted}: {len(compared.entries)} pieces are too little; "
                f"add some, of at least {2 * MIN_BARS} bars"
            )
    return prepared


def _find(folder: Path, out: Path) -> tuple[list[Path], int]:
    """The files to read, and how many others there are.

    Hidden files are passed over, and what the run itself writes, where `out` lies in the folder.
    """
    if not folder.is_dir():
        state = "is not a folder" if folder.exists() else "does not exist"
        raise DataError(f"{folder} {state}; give a folder of MIDI, MusicXML or ABC files")
    found, others = list[Path](), 0
    own = out.resolve()
    written = [own]
    if folder.resolve().is_relative_to(own):  # the music is beside what the run writes
        written = [own / name for name in ("pieces", "shards", "weights", "tensorboard")]
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not path.is_file():
            continue
        real = path.resolve()
        if any(real.is_relative_to(place) for place in written):
            continue
        if path.suffix.lower() in SUFFIXES:
            found.append(path)
        else:
            others += 1
    if not found:
        raise DataError(
            f"{folder} holds no file to learn from ({others} of other kinds); "
            f"put files with the suffix {', '.join(SUFFIXES)} there"
        )
    return found, others


def _files(
    folder: Path, paths: list[Path], style: str | None, pieces: Path, workers: int
) -> list[_File]:
    """The files with their styles, and where each lies in the cache by what it holds."""
    tunes = {path: tune_of(path) for path in paths if style == "hymn" and tune_of(path).is_file()}
    digests = checksums([*paths, *tunes.values()], workers)
    files = []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        own = style or SUFFIXES[path.suffix.lower()]
        made_from = (SET, own, digests[path], digests[tunes[path]] if path in tunes else None)
        files.append(_File(path, name, own, unit_path(pieces, name, made_from)))
    return files


def _read(file: _File) -> None:
    result = annotated(load_file(file.path, f"{SET}/{file.name}", file.style))
    write_unit(file.target, file.name, result)


def _by_pieces(compared: Compared) -> Division | None:
    """One piece in ten held out, with all that shares its music; None where there are too few."""
    entries = [entry._replace(split="train") for entry in compared.entries]
    groups = groups_of(entries, pairs_of(entries, compared.alike))
    sizes = Counter(groups.values())
    if len(sizes) < FEWEST:
        return None
    wanted, held = round(HELD_OUT * len(entries)), set[str]()
    for group in sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).digest()):
        if sizes[group] <= wanted:
            held.add(group)
            wanted -= sizes[group]
    drawn = (e._replace(split="valid") if groups[e.id] in held else e for e in entries)
    return divide(list(drawn), compared.alike)


def _by_bars(
    units: list[Unit], compared: Compared, folder: Path
) -> tuple[list[Unit], list[list[str]], Division]:
    """The last bars of each piece held out: units of parted pieces, their ids, the division."""
    whole = divide([entry._replace(split="train") for entry in compared.entries], compared.alike)
    parted: list[Unit] = []
    splits: dict[str, str | None] = {}
    by_unit: list[list[str]] = []
    for unit in units:
        kept = [piece for piece in read_unit(unit.path).pieces if piece.id not in whole.copies]
        parts = [part for piece in kept for part in _parted(piece)]
        target = unit_path(folder, "parted", (unit.digest, [part.id for part in parts]))
        write_unit(target, "parted", UnitResult(tuple(parts), ()))
        parted.append(Unit(SET, target, file_checksum(target)))
        by_unit.append([part.id for part in parts])
        splits |= {part.id: part.split for part in parts}
    return parted, by_unit, Division(splits, (), whole.copies, ())


def _parted(piece: Piece) -> list[Piece]:
    """A piece as its first bars, which train, and its last, a tenth, which are held out."""
    bars = len(piece.score.bars)
    edge = bars - max(MIN_BARS, round(HELD_OUT * bars))
    if edge >= MIN_BARS:
        first, last = cut(piece.score, 0, edge), cut(piece.score, edge, bars)
        if all(sum(len(t.notes) for t in part.tracks) >= MIN_NOTES for part in (first, last)):
            return [
                replace(piece, id=f"{piece.id}/bars 1-{edge}", score=first, split="train"),
                replace(piece, id=f"{piece.id}/bars {edge + 1}-{bars}", score=last, split="valid"),
            ]
    return [replace(piece, split="train")]


def _write_left_out(path: Path, refused: Iterable[Refusal]) -> None:
    """List what is not used and why, as a table to read."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("file", "reason", "bars"))
    table.writerows((_plain(unit), reason, bars or "") for unit, reason, bars in refused)
    write_text(path, text.getvalue())


def _plain(unit: str) -> str:
    """The name of a file in the user's folder."""
    return unit.removeprefix(f"{SET}/")
