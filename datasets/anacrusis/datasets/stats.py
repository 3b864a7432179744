"""How much each data set holds, and what was refused and why."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from anacrusis.compose.wording import counted

from .collect import collected
from .loaders.piece import UnitResult
from .pieces import read_unit


@dataclass
class SetStatistics:
    """Counts over one set's cached pieces."""

    name: str
    units: int = 0
    pieces: int = 0
    bars: int = 0
    fallen: Counter[str] = field(default_factory=Counter)
    """Bars that fell out, by reason."""
    uncounted: int = 0
    """Times that something fell out whose bars nobody can count."""
    notes: int = 0
    chords: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)

    @property
    def source_bars(self) -> int:
        """Bars of the source: those that were kept and those that fell out and can be counted."""
        return self.bars + self.fallen.total()

    @property
    def kept(self) -> float:
        """Share of the source's bars that were kept."""
        return self.bars / self.source_bars if self.source_bars else 0.0


def statistics(name: str, root: Path) -> SetStatistics:
    """Count what the cache below `root` holds of set `name`."""
    return count(name, map(read_unit, collected(name, root)))


def count(name: str, units: Iterable[UnitResult]) -> SetStatistics:
    """Count over what reading the units of set `name` gave."""
    found = SetStatistics(name)
    for result in units:
        found.units += 1
        for piece in result.pieces:
            found.pieces += 1
            found.bars += len(piece.score.bars)
            found.notes += sum(len(track.notes) for track in piece.score.tracks)
            found.chords += len(piece.score.chords)
            found.losses.update(piece.losses.counts)
        for refusal in result.refused:
            found.refused[_kind(refusal.reason)] += 1
            found.fallen[_kind(refusal.reason)] += refusal.bars
            found.uncounted += refusal.bars == 0
    return found


def table(sets: Iterable[SetStatistics]) -> str:
    """A Markdown table, one row per set, and the reasons for refusal below it."""
    rows = list(sets)
    lines = [
        "| set | files | pieces | bars in source | kept | notes | chords |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        lines.append(
            f"| {row.name} | {row.units} | {row.pieces} | {_source_bars(row)} "
            f"| {row.bars} ({row.kept:.2%}) | {row.notes} | {row.chords} |"
        )
    reasons = [
        f"| {row.name} | {reason} | {times} | {row.fallen[reason]} |"
        for row in rows
        for reason, times in row.refused.most_common()
    ]
    if reasons:
        lines += ["", "| set | not taken because | times | bars |", "| --- | --- | ---: | ---: |"]
        lines += reasons
    changed = [
        f"| {row.name} | {reason} | {times} |"
        for row in rows
        for reason, times in row.losses.most_common()
    ]
    if changed:
        lines += ["", "| set | not as in the source | times |", "| --- | --- | ---: |", *changed]
    return "\n".join(lines)


def _source_bars(row: SetStatistics) -> str:
    unknown = f" and {counted(row.uncounted, 'file')}" if row.uncounted else ""
    return f"{row.source_bars}{unknown}"


def _kind(reason: str) -> str:
    """A reason without the file's name and its numbers, so that like counts with like."""
    bare = re.sub(r"^\S*/[^:]*: ", "", reason)
    bare = re.sub(r"\bbar \d+ of [^:]*: ", "", bare)
    return re.sub(r"\s+", " ", bare)[:100]
