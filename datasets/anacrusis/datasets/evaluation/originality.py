"""How much of a melody stands in the training data: of composed songs, and of held-out music.

Of each song the longest melodic stretch that a training piece has too (see `melodies`). People
quote as well, so held-out pieces are measured in the same way: the test split, none of which is
alike to what trains (see `duplicates`). Longer music has longer matches, so no more than the first
`BARS` bars of a piece count.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np

from anacrusis.compose.plan import Plan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.score import Score

from .comparison import band
from .melodies import Longest, MelodyIndex, longest_match, melodies
from .pictures import as_png, blank

BARS = 32
"""Bars of a song; of a held-out piece its first ones."""
TRACKS = {
    "game": "melody,arpeggio,pad,bass,drums",
    "song": "melody,piano",
    "quartet": "violin,violin,viola,cello",
    "hymn": "melody,counter,counter,bass",
    "lead sheet": "melody",
}
"""The tracks of the songs of each style that has melodies."""
METERS = ("4/4", "3/4", "6/8")
COMPOSED, HELD_OUT = "composed", "held out"


class Row(NamedTuple):
    """A measured piece. kind: `COMPOSED` or `HELD_OUT`."""

    kind: str
    style: str
    piece: str
    longest: Longest


def plans(count: int, seed: int = 0) -> Iterator[Plan]:
    """Plans of songs: styles and meters in turn, the seeds from `seed` on; the rest is open."""
    spread = list(product(METERS, TRACKS.items()))
    for number in range(count):
        meter, (style, tracks) = spread[number % len(spread)]
        yield plan_from_line(
            bars=BARS, meter=meter, style=style, tracks=tracks, seed=seed + number
        )  # fmt: skip


def measure(
    index: MelodyIndex,
    kind: str,
    pieces: Iterable[tuple[str, str, Score]],
    progress: Callable[[int], None] | None = None,
) -> list[Row]:
    """Measure pieces, given as (id, style, score), by their first `BARS` bars.

    Pieces without a melody are left out.
    """
    rows = []
    for done, (name, style, score) in enumerate(pieces, 1):
        opening = first_bars(score)
        if next(melodies(opening), None) is not None:
            rows.append(Row(kind, style, name, longest_match(index, opening)))
        if progress is not None:
            progress(done)
    return rows


def first_bars(score: Score, bars: int = BARS) -> Score:
    """The score without the notes that start after its first bars."""
    if len(score.bars) <= bars:
        return score
    end = score.bar_starts[bars]
    tracks = (
        replace(track, notes=tuple(note for note in track.notes if note.onset < end))
        for track in score.tracks
    )
    return replace(score, tracks=tuple(tracks))


def table(rows: Sequence[Row]) -> str:
    """Markdown: the deciles and the maximum of the longest matches, in notes.

    Over all styles each of them counts the same, however many pieces it has.
    """
    lines = [
        "| pieces | number | any match: 10 %, 50 %, 90 % | maximum "
        "| telling match: 10 %, 50 %, 90 % | maximum |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind in (COMPOSED, HELD_OUT):
        of_kind = [row for row in rows if row.kind == kind]
        styles = sorted({row.style for row in of_kind})
        for label, style in ((kind, None), *((f"{kind}, {style}", style) for style in styles)):
            members = [row for row in of_kind if style in (None, row.style)]
            group = [row.longest for row in members]
            counts = Counter(row.style for row in members)
            shares = [1 / counts[row.style] / len(counts) for row in members]
            if group:
                every = _spread([longest.any.notes for longest in group], shares)
                telling = _spread([longest.telling.notes for longest in group], shares)
                lines.append(f"| {label} | {len(group):,} | {every} | {telling} |")
    return "\n".join(lines)


def _spread(lengths: Sequence[int], shares: Sequence[float]) -> str:
    found = band(lengths, shares)
    return f"{found.low:.0f}, {found.middle:.0f}, {found.high:.0f} | {max(lengths)}"


def listing(rows: Sequence[Row]) -> str:
    """CSV: every piece with its longest matches and where they are found."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    head = ("notes", "of", "track", "tick", "tick there")
    names = [f"{kind} {name}" for kind in ("any", "telling") for name in head]
    writer.writerow(["kind", "style", "piece", *names])
    for row in rows:
        writer.writerow([row.kind, row.style, row.piece, *row.longest.any, *row.longest.telling])
    return buffer.getvalue()


def figure(rows: Sequence[Row]) -> bytes:
    """PNG: histograms of the longest telling matches. Needs matplotlib (the `report` extra)."""
    import matplotlib as mpl

    lengths = {
        kind: [row.longest.telling.notes for row in rows if row.kind == kind]
        for kind in (COMPOSED, HELD_OUT)
    }
    top = max((max(found) for found in lengths.values() if found), default=1)
    edges = np.arange(-0.5, min(top, 40) + 1.5).tolist()
    with mpl.rc_context({"font.size": 9}):
        page = blank(7.2, 3.2)
        axes = page.add_subplot()
        for (kind, found), colour in zip(lengths.items(), ("#c0392b", "#4878a8"), strict=True):
            if found:
                weights = [100 / len(found)] * len(found)
                capped = np.minimum(found, edges[-1] - 0.5)
                axes.hist(capped, edges, weights=weights, alpha=0.6, color=colour, label=kind)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("notes of the longest telling match (the last: this many or more)")
        axes.set_ylabel("% of pieces")
        axes.legend(frameon=False)
        return as_png(page)
