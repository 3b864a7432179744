"""Read a data set file by file; a file that cannot be used is listed with its reason.

A unit is what is read at once: one source file, or one piece of a file of many.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.errors import AnacrusisError, DataError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.files.result import ReadResult
from anacrusis.compose.score import Score

from ..registry import NOT_READ, Card
from ..sources import file_of, set_files
from .abc_pickup import pickup_ticks, with_pickup
from .abc_read import read_abc
from .abc_words import tunes_of
from .charts import parse_chart
from .chorales import chorale_score, read_grids
from .clean import join_split_bars, stretches, tidy
from .drums import groove_score, index_of, read_index
from .ensembles import ENSEMBLES
from .files import file_of_many, tune_of
from .hydrogen import read_pattern
from .piece import SPLITS, Piece, Refusal, UnitResult
from .pop909 import read_song
from .recordings import harmonix_song, salami_song
from .regrid import needs_regrid, regrid
from .snap import as_played
from .unchanged import while_unchanged

_REHEARSAL_MARKS = ("song", "quartet")
"""Styles whose marks are for rehearsing (A, B, C ... as they come) and do not name the form."""
FAILURES = (
    AnacrusisError, RecursionError, MemoryError, ArithmeticError, LookupError, TypeError,
    ValueError, AttributeError, OSError, RuntimeError,
)  # fmt: skip
"""What reading or analysing a damaged file may raise."""


def list_units(card: Card, folder: Path) -> list[str]:
    """Names of a set's units, sorted by file. Raises `DataError` where there is no file of it."""
    files = sorted(set_files(card, folder))
    if not files:
        raise DataError(f"{folder} has no {card.pattern}; it is not the set {card.name}")
    if card.kind in NOT_READ:
        return files
    units_of = READERS[card.kind].units
    return [unit for file in files for unit in units_of(folder, file)]


def load_unit(card: Card, folder: Path, unit: str) -> UnitResult:
    """Read one unit. What is wrong in the file never raises: it is a refusal with a reason."""
    if card.kind in NOT_READ:
        return UnitResult((), (Refusal(unit, NOT_READ[card.kind]),))
    try:
        return READERS[card.kind].read(card, folder, unit)
    except FAILURES as error:
        return UnitResult((), (Refusal(unit, _reason(error, folder), bars_written(folder / unit)),))


def bars_written(path: Path) -> int:
    """Bars of a MusicXML file that cannot be read: the measures of its first part; else 0."""
    try:
        text = path.read_bytes() if path.suffix == ".musicxml" else b""
    except OSError:
        return 0
    return text.partition(b"</part>")[0].count(b"<measure ")


def load_file(path: Path, name: str, style: str) -> UnitResult:
    """Read a MIDI, MusicXML or ABC file that belongs to no set: `load_unit` for a user's own file.

    name: what its pieces are called, followed by the movement or tune where there are several.
    """
    try:
        found = _pieces(path, name, style, path.parent)
    except FAILURES as error:
        found = UnitResult((), (Refusal(name, _reason(error, path.parent), bars_written(path)),))
    twice = f"{path.name}: "  # the name stands before the reason already
    refused = (one._replace(reason=one.reason.removeprefix(twice)) for one in found.refused)
    return found._replace(refused=tuple(refused))


def _movements(card: Card, folder: Path, unit: str) -> UnitResult:
    """The movements of a file of a notation program or sequencer."""
    return _pieces(file_of(folder, unit), _id(card, unit), card.style, folder)


def _pieces(path: Path, called: str, style: str, folder: Path) -> UnitResult:
    """The pieces of a file. folder: the set's, which reasons leave out."""
    movements = _movements_of(path)
    pieces: list[Piece] = []
    refused: list[Refusal] = []
    for number, movement in enumerate(movements, 1):
        name = f"{called}/{number}" if len(movements) > 1 else called
        bars = 0
        try:
            read = movement()
            bars = len(read.score.bars)
            found = _uniform(style, path, read)
        except FAILURES as error:
            refused.append(Refusal(name, _reason(error, folder), bars))
            continue
        parts = stretches(found.score)
        for place, score in enumerate(parts, 1):
            identity = f"{name}/part{place}" if len(parts) > 1 else name
            losses = found.losses if place == 1 else Losses.none()
            pieces.append(Piece(identity, score, style, losses))
        empty = found.bars - len(found.score.bars)
        if empty:
            refused.append(Refusal(name, "bars without notes at the ends", empty))
    return UnitResult(tuple(pieces), tuple(refused))


class _Uniform(NamedTuple):
    """A score made uniform. bars: how many it had before those at its ends fell off."""

    score: Score
    losses: Losses
    bars: int


def _uniform(style: str, path: Path, read: ReadResult) -> _Uniform:
    """A score of a notation program or sequencer as the model learns it."""
    score, losses = read
    tune = tune_of(path)
    if style == "hymn" and tune.is_file():
        score = with_pickup(score, pickup_ticks(tune.read_text("latin-1")))
    if style == "game" and needs_regrid(score):
        found = regrid(score)
        if found is None:
            raise DataError("no steady beat can be found")
        score, losses = found, losses.with_("beats found by analysis")
    if style != "lead sheet":
        score = replace(score, chords=())
    if style in _REHEARSAL_MARKS:
        score = replace(score, sections=())
    ensemble = ENSEMBLES[style](score)
    joined = join_split_bars(ensemble.score)
    tidied = tidy(joined.score)
    if not tidied.title:
        tidied = replace(tidied, title=path.stem.replace("_", " "))
    losses = losses + ensemble.losses + joined.losses
    return _Uniform(tidied, losses, len(joined.score.bars))


def _movements_of(path: Path) -> list[Callable[[], ReadResult]]:
    """The movements of a MIDI or MusicXML file, or the tunes of an ABC file, each to be read."""
    suffix = path.suffix.lower()
    if suffix in (".mid", ".midi"):
        return [partial(read_midi, path)]
    if suffix == ".abc":
        tunes = _tunes(path)
        if not tunes:
            raise DataError("no tune: each begins with a line X: and its number")
        return [partial(read_abc, tune) for tune in tunes]
    from anacrusis.compose.files.musicxml_read import read_movements

    return [partial(ReadResult._make, read) for read in read_movements(path)]


def _whole(folder: Path, file: str) -> list[str]:
    return [file]


def _chorales(folder: Path, file: str) -> list[str]:
    splits = read_grids(folder / file).items()
    return [
        f"{file}:{split}/{number:03d}" for split, grids in splits for number in range(len(grids))
    ]


def _chorale(card: Card, folder: Path, unit: str) -> Piece:
    place = unit.rpartition(":")[2]
    split, _, number = place.partition("/")
    score = chorale_score(read_grids(file_of_many(folder, unit))[split][int(number)])
    own = split if split in SPLITS else None
    losses = Losses.none().with_("meters and bars found by analysis")
    return Piece(f"{card.name}/{place}", tidy(score), card.style, losses, own)


@while_unchanged
def _tunes(path: Path) -> list[str]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return tunes_of("\n".join(text.splitlines()))


def _numbered(folder: Path, file: str) -> list[str]:
    return [f"{file}:{number:03d}" for number in range(len(_tunes(folder / file)))]


def _tune(card: Card, folder: Path, unit: str) -> Piece:
    file, number = file_of_many(folder, unit), unit.rpartition(":")[2]
    score, losses = read_abc(_tunes(file)[int(number)])
    sheet = ENSEMBLES[card.style](score)
    name = f"{card.name}/{file.stem}/{number}"
    return Piece(name, tidy(sheet.score), card.style, losses + sheet.losses, labelled=True)


def _groove(card: Card, folder: Path, unit: str) -> Piece:
    index = index_of(folder, unit)
    if index is None:
        raise DataError("the set has no info.csv")
    name = (folder / unit).relative_to(index.parent).as_posix()
    performance = read_index(index).get(name)
    if performance is None:
        raise DataError("not listed in info.csv")
    score, losses = read_midi(folder / unit)
    drums = tidy(groove_score(score, performance), timing=True)
    return Piece(_id(card, unit), drums, card.style, as_played(losses), performance.split)


def _chart(card: Card, folder: Path, unit: str) -> Piece:
    score, losses = parse_chart((folder / unit).read_text("utf-8", errors="replace"))
    return Piece(_id(card, unit), score, card.style, losses)


def _pattern(card: Card, folder: Path, unit: str) -> Piece:
    score, losses = read_pattern((folder / unit).read_bytes())
    return Piece(_id(card, unit), score, card.style, losses)


def _song(card: Card, folder: Path, unit: str) -> Piece:
    score, losses = read_song(folder, unit)
    song = tidy(score, timing=True)
    return Piece(f"{card.name}/{Path(unit).stem}", song, card.style, losses, labelled=True)


def _recording(read: Callable[[Path, str], ReadResult]) -> Callable[[Card, Path, str], UnitResult]:
    def piece(card: Card, folder: Path, unit: str) -> Piece:
        score, losses = read(folder, unit)
        return Piece(_id(card, unit), score, card.style, losses)

    return _single(piece)


def _single(read: Callable[[Card, Path, str], Piece]) -> Callable[[Card, Path, str], UnitResult]:
    """A reader of units that are one piece each."""
    return lambda card, folder, unit: UnitResult((read(card, folder, unit),), ())


def _id(card: Card, unit: str) -> str:
    return f"{card.name}/{Path(unit).with_suffix('').as_posix()}"


def _reason(error: BaseException, folder: Path) -> str:
    """The first line of an error, files named from the set's folder on, as on every machine."""
    text = str(error).strip().replace(f"{folder}/", "")
    line = text.splitlines()[0] if text else type(error).__name__
    return (
        line if isinstance(error, AnacrusisError) else f"unexpected {type(error).__name__}: {line}"
    )


class Reader(NamedTuple):
    """How a kind of set is read. units: those of a file, by the file's name below the folder."""

    units: Callable[[Path, str], list[str]]
    read: Callable[[Card, Path, str], UnitResult]


READERS = {
    "musicxml": Reader(_whole, _movements),
    "midi": Reader(_whole, _movements),
    "groove": Reader(_whole, _single(_groove)),
    "chorales": Reader(_chorales, _single(_chorale)),
    "charts": Reader(_whole, _single(_chart)),
    "abc": Reader(_numbered, _single(_tune)),
    "pop909": Reader(_whole, _single(_song)),
    "hydrogen": Reader(_whole, _single(_pattern)),
    "harmonix": Reader(_whole, _recording(harmonix_song)),
    "salami": Reader(_whole, _recording(salami_song)),
}
"""One reader for each kind of `registry.READ`."""
