"""Read a data set file by file; a file that cannot be used is listed with its reason.

A unit is what is read at once: one source file, or one piece of a file of many.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from anacrusis.compose.errors import AnacrusisError, DataError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.score import Score

from ..registry import NOT_READ, Card
from .abc_pickup import pickup_ticks, with_pickup
from .abc_read import read_abc
from .abc_words import tunes_of
from .charts import parse_chart
from .chorales import chorale_score, read_grids
from .clean import tidy
from .drums import groove_score, read_index
from .ensembles import ENSEMBLES
from .hydrogen import read_pattern
from .piece import SPLITS, Piece, Refusal, UnitResult
from .pop909 import read_song
from .regrid import needs_regrid, regrid

_REHEARSAL_MARKS = ("song", "quartet")
"""Styles whose marks are for rehearsing (A, B, C ... as they come) and do not name the form."""


def list_units(card: Card, folder: Path) -> list[str]:
    """Names of a set's units, sorted. Raises `DataError` where there is none."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.glob(card.pattern))
    if card.kind == "chorales":
        return [
            f"{file}:{split}/{number:03d}"
            for file in files
            for split, grids in read_grids(folder / file).items()
            for number in range(len(grids))
        ]
    if card.kind == "abc":
        return [
            f"{file}:{number:03d}" for file in files for number in range(len(_tunes(folder / file)))
        ]
    if not files:
        raise DataError(f"{folder} has no {card.pattern}; it is not the set {card.name}")
    return files


def load_unit(card: Card, folder: Path, unit: str) -> UnitResult:
    """Read one unit. What is wrong in the file never raises: it is a refusal with a reason."""
    if card.kind in NOT_READ:
        return UnitResult((), (Refusal(unit, NOT_READ[card.kind]),))
    try:
        pieces = (_read(card, folder, unit),)
    except AnacrusisError as error:
        return UnitResult((), (Refusal(unit, _first_line(error)),))
    except (RecursionError, MemoryError, ArithmeticError, LookupError, TypeError, ValueError,
            AttributeError, OSError, RuntimeError) as error:  # fmt: skip
        reason = f"unexpected {type(error).__name__}: {_first_line(error)}"
        return UnitResult((), (Refusal(unit, reason),))
    return UnitResult(pieces, ())


def _read(card: Card, folder: Path, unit: str) -> Piece:
    path = folder / unit
    if card.kind == "chorales":
        return _chorale(card, folder, unit)
    if card.kind == "charts":
        result = parse_chart(path.read_text("utf-8", errors="replace"))
        return Piece(_id(card, unit), result.score, card.style, result.losses)
    if card.kind == "abc":
        return _tune(card, folder, unit)
    if card.kind == "hydrogen":
        score, losses = read_pattern(path.read_bytes())
        return Piece(_id(card, unit), score, card.style, losses)
    if card.kind == "groove":
        return _groove(card, folder, unit)
    if card.kind == "pop909":
        score, losses = read_song(folder, unit)
        song = tidy(score, timing=True)
        return Piece(f"{card.name}/{path.stem}", song, card.style, losses, labelled=True)
    score, losses = _read_file(path)
    tune = folder / "pd" / f"{path.stem}.abc"
    if card.style == "hymn" and tune.is_file():
        score = with_pickup(score, pickup_ticks(tune.read_text("latin-1")))
    if card.style == "game" and needs_regrid(score):
        found = regrid(score)
        if found is None:
            raise DataError("no steady beat can be found")
        score, losses = found, losses.with_("beats found by analysis")
    if card.style != "lead sheet":
        score = replace(score, chords=())
    if card.style in _REHEARSAL_MARKS:
        score = replace(score, sections=())
    ensemble = ENSEMBLES[card.style](score)
    uniform = tidy(ensemble.score)
    if not uniform.title:
        uniform = replace(uniform, title=path.stem.replace("_", " "))
    return Piece(_id(card, unit), uniform, card.style, losses + ensemble.losses)


def _read_file(path: Path) -> tuple[Score, Losses]:
    """Read MIDI or MusicXML by suffix."""
    if path.suffix.lower() in (".mid", ".midi"):
        from anacrusis.compose.files.midi_read import read_midi

        return read_midi(path)
    from anacrusis.compose.files.musicxml_read import read_musicxml

    return read_musicxml(path)


def _chorale(card: Card, folder: Path, unit: str) -> Piece:
    file, _, place = unit.rpartition(":")
    split, _, number = place.partition("/")
    score = chorale_score(read_grids(folder / file)[split][int(number)])
    own = split if split in SPLITS else None
    return Piece(f"{card.name}/{place}", tidy(score), card.style, Losses.none(), own)


@lru_cache(maxsize=2)
def _tunes(path: Path) -> list[str]:
    return tunes_of(path.read_text("latin-1"))


def _tune(card: Card, folder: Path, unit: str) -> Piece:
    file, _, number = unit.rpartition(":")
    score, losses = read_abc(_tunes(folder / file)[int(number)])
    sheet = ENSEMBLES[card.style](score)
    name = f"{card.name}/{Path(file).stem}/{number}"
    return Piece(name, tidy(sheet.score), card.style, losses + sheet.losses, labelled=True)


def _groove(card: Card, folder: Path, unit: str) -> Piece:
    index = next((path for path in folder.rglob("info.csv")), None)
    if index is None:
        raise DataError("the set has no info.csv")
    name = (folder / unit).relative_to(index.parent).as_posix()
    performance = read_index(index).get(name)
    if performance is None:
        raise DataError("not listed in info.csv")
    score, losses = _read_file(folder / unit)
    drums = tidy(groove_score(score, performance), timing=True)
    return Piece(_id(card, unit), drums, card.style, losses, performance.split)


def _id(card: Card, unit: str) -> str:
    return f"{card.name}/{Path(unit).with_suffix('').as_posix()}"


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
