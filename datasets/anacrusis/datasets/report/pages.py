"""A Markdown page per set, with its pictures, and an index of all sets."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.atomic import write_bytes, write_text
from anacrusis.compose.errors import DataError

from ..collect import collected
from ..loaders.piece import Piece
from ..pieces import read_unit
from ..registry import Card, card_named
from ..stats import SetStatistics, count, table
from .profile import Profile, profile, summary

BARS = 20
"""Bars engraved of each set."""


class Report(NamedTuple):
    """The pages that were written, the index first, and the counts of all sets that were named."""

    pages: list[Path]
    counts: list[SetStatistics]


def write_report(names: Iterable[str], pieces: Path, folder: Path) -> Report:
    """Write the pages of sets that have been read into the cache `pieces`.

    Sets of which nothing was read have no page; without any set there is no index. Raises
    `DataError` where the `report` extra is not installed.
    """
    _check_extra()
    written, rows = [], []
    for name in names:
        units = [read_unit(path) for path in collected(name, pieces)]
        rows.append(count(name, units))
        if units:
            found = [piece for unit in units for piece in unit.pieces]
            written.append(_write_page(card_named(name), rows[-1], found, folder))
    if not written:
        return Report([], rows)
    index = folder / "index.md"
    write_text(index, _index([row for row in rows if row.units]))
    return Report([index, *written], rows)


def _check_extra() -> None:
    try:
        import matplotlib  # noqa: F401
        import resvg_py  # noqa: F401
        import verovio  # noqa: F401
    except ImportError as error:
        raise DataError(
            f"the report needs {error.name}; install the extra: pip install 'anacrusis[report]'"
        ) from error


def _write_page(card: Card, counts: SetStatistics, found: list[Piece], folder: Path) -> Path:
    from .engraving import draw_bars, engrave
    from .plots import figure

    shape = profile(found)
    lines = _head(card, counts)
    if found:
        write_bytes(folder / f"{card.name}.png", figure(shape))
        lines += [*_numbers(shape), "", f"![Distributions]({card.name}.png)"]
    if shape.has_notes:
        score, drawn = draw_bars(found, BARS)
        write_bytes(folder / f"{card.name}-bars.png", engrave(score))
        lines += ["", f"## {len(drawn)} bars, drawn at random", ""]
        lines += [f"![Engraved bars]({card.name}-bars.png)", ""]
        lines += [
            f"{number}. {piece.partition('/')[2]}, bar {bar}"
            for number, (piece, bar) in enumerate(drawn, 1)
        ]
    elif found:
        lines += _examples(found)
    page = folder / f"{card.name}.md"
    write_text(page, "\n".join(lines) + "\n")
    return page


def _head(card: Card, counts: SetStatistics) -> list[str]:
    use = "trains" if card.may_train else "for benchmarks only"
    lines = [
        f"# {card.title}",
        "",
        f"{card.holds}",
        "",
        "| | |",
        "| --- | --- |",
        f"| name | `{card.name}` |",
        f"| source | [{card.repository}]({card.repository}) at `{card.commit[:12]}` |",
        f"| licence | {card.licence} ({card.licence_stated}) |",
        f"| attribution | {card.attribution} |",
        f"| tier | {card.tier}, {use} |",
        "",
        "## What was read",
        "",
        table([counts]),
        "",
    ]
    return lines


def _numbers(shape: Profile) -> list[str]:
    lines = ["## What it is like", "", "| | median (least to most) |", "| --- | --- |"]
    return lines + [f"| {what} | {value} |" for what, value in summary(shape)]


def _examples(found: Sequence[Piece]) -> list[str]:
    """The beginnings of a few pieces that have no notes: their form and chords."""
    lines = ["", "## Some pieces", ""]
    for piece in found[:: max(len(found) // 8, 1)][:8]:
        score = piece.score
        form = " ".join(f"{section.name}:{section.bars}" for section in score.sections)
        chords = " ".join(str(span.chord) for span in score.chords[:12])
        text = "; ".join(part for part in (form, chords and f"{chords} ...") if part)
        lines.append(f"- {score.title or piece.id}: {text}")
    return lines


def _index(rows: Sequence[SetStatistics]) -> str:
    links = "\n".join(f"- [{card_named(row.name).title}]({row.name}.md)" for row in rows)
    total = sum(row.pieces for row in rows), sum(row.bars for row in rows)
    notes = sum(row.notes for row in rows)
    return (
        "# What the data sets hold\n\n"
        "Written by `anacrusis data stats --report FOLDER` from what was read. Twenty bars of each "
        "set are engraved as they were read: into uniform tracks, with keys and chords that the "
        "analysis found where the source has none.\n\n"
        f"{total[0]:,} pieces, {total[1]:,} bars, {notes:,} notes.\n\n"
        f"{links}\n\n{table(rows)}\n"
    )
