"""Chorales as pitch grids: one row per sixteenth note, one column per voice.

The grid does not tell a held note from a repeated one: equal neighbours within a bar are one note.
Nor has it bar lines: meter and pickup are those under which long notes fall on strong beats best.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from anacrusis.compose.errors import DataError
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, TempoChange, Track

from .ensembles import SATB
from .unchanged import while_unchanged

ROW_TICKS = 3
_QUARTER = 4
CHOIR = 52
TEMPO = 84.0
_RARE_METER, _RARE_PICKUP = 0.7, 0.25
"""Chorales in three are rare, and most begin with one quarter or on the downbeat."""


@while_unchanged
def read_grids(path: Path) -> dict[str, list[list[list[float]]]]:
    """The file's splits, each a list of grids `[rows, 4]`; -1 or nothing is a rest."""
    try:
        table = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if not isinstance(table, dict) or not all(isinstance(grids, list) for grids in table.values()):
        raise DataError(f"{path} is not a table of splits with lists of chorales")
    return table


def chorale_score(grid: Sequence[Sequence[float]]) -> Score:
    """A grid as a four-part score, soprano to bass. Raises `DataError` for a malformed grid."""
    if len(grid) < 4 * _QUARTER or any(len(row) != len(SATB) for row in grid):
        raise DataError("a grid of four voices and at least four quarter notes was expected")
    columns = [[int(row[v]) if row[v] == row[v] else -1 for row in grid] for v in range(4)]
    if any(pitch > 127 for column in columns for pitch in column):
        raise DataError("a pitch above 127")
    meter, pickup = find_meter(columns)
    bars = [Bar(meter, pickup * ROW_TICKS)] if pickup else []
    rest = len(grid) - pickup
    rows_per_bar = meter.ticks // ROW_TICKS
    bars += [Bar(meter)] * (rest // rows_per_bar)
    if rest % rows_per_bar:
        bars.append(Bar(meter, rest % rows_per_bar * ROW_TICKS))
    tracks = tuple(
        Track(name, role, CHOIR, _notes(column, pickup, rows_per_bar))
        for (name, role), column in zip(SATB, columns, strict=True)
    )
    return Score(tuple(bars), tracks, (TempoChange(0, TEMPO),))


def _notes(column: list[int], pickup: int, rows_per_bar: int) -> tuple[Note, ...]:
    notes = []
    begin = 0
    for row in range(1, len(column) + 1):
        barline = row == pickup or (row > pickup and (row - pickup) % rows_per_bar == 0)
        if row == len(column) or column[row] != column[begin] or barline:
            if column[begin] > 0:
                notes.append(Note(begin * ROW_TICKS, column[begin], (row - begin) * ROW_TICKS, 80))
            begin = row
    return tuple(notes)


def find_meter(columns: list[list[int]]) -> tuple[Meter, int]:
    """Meter (4/4 or 3/4) and pickup in rows that fit a chorale best.

    Evidence for a strong beat: a note of a half note or longer begins in the soprano or the bass;
    a voice is held into a dissonance to which others move (a suspension); the last chord begins.
    Evidence against it: no more than one voice moves.
    """
    quarters = len(columns[0]) // _QUARTER
    evidence = [0.0] * quarters
    lengths = [_run_lengths(column) for column in columns]
    for quarter in range(quarters):
        row = quarter * _QUARTER
        soprano, bass = lengths[0].get(row, 0), lengths[3].get(row, 0)
        evidence[quarter] += min(soprano // _QUARTER - 1, 2) if soprano >= 8 else 0.0
        evidence[quarter] += 0.5 if bass >= 8 else 0.0
        moves = sum(row in voice for voice in lengths)
        if 0 < moves < 4 and row:
            evidence[quarter] += 0.5 * _dissonant([column[row] for column in columns])
        if moves <= 1:
            evidence[quarter] -= 0.5
    last = max(max(voice) for voice in lengths) // _QUARTER
    evidence[min(last, quarters - 1)] += 3.0

    best, chosen = float("-inf"), (Meter(4, 4), 0)
    total = sum(evidence) / max(quarters, 1)
    for meter, strength in ((Meter(4, 4), (1.0, 0.0, 0.6, 0.0)), (Meter(3, 4), (1.0, 0.0, 0.0))):
        n = len(strength)
        mean = sum(strength) / n
        for pickup in range(n):
            fit = sum(
                (strength[(quarter - pickup) % n] - mean) * (value - total)
                for quarter, value in enumerate(evidence)
            )
            fit *= _RARE_METER if n == 3 else 1.0
            fit *= 1.0 if pickup in (0, 1) else _RARE_PICKUP
            if fit > best:
                best, chosen = fit, (meter, pickup * _QUARTER)
    return chosen


def _run_lengths(column: list[int]) -> dict[int, int]:
    """Start row of each run of equal pitches, and how many rows it lasts."""
    runs: dict[int, int] = {0: 1}
    start = 0
    for row in range(1, len(column)):
        if column[row] != column[start]:
            start = row
        runs[start] = row - start + 1
    return runs


def _dissonant(pitches: list[int]) -> bool:
    """Whether two of the voices stand in a second or a seventh."""
    sounding = [pitch for pitch in pitches if pitch > 0]
    return any(
        (a - b) % 12 in (1, 2, 10, 11) for i, a in enumerate(sounding) for b in sounding[i + 1 :]
    )
