"""Sections against those that two people marked in each POP909 song."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from analysis_sets import Sets, bare, held_out, spread, table

from anacrusis.compose.analysis.sections import analyse_sections
from anacrusis.compose.score import Score, Section, Track

Division = Callable[[Score], Sequence[Section]]


def boundary_scores(
    found: Sequence[Section], marked: Sequence[Section], tolerance: int
) -> tuple[float, float, float]:
    """Precision, recall and F1 of the boundaries inside the labelled stretch.

    Each boundary counts once; the first and last of the stretch, which all know, do not.
    """
    first, last = marked[0].bar, marked[-1].bar + marked[-1].bars
    ours = [section.bar for section in found if first < section.bar < last]
    theirs = [section.bar for section in marked[1:]]
    hits, i, j = 0, 0, 0
    while i < len(ours) and j < len(theirs):
        if abs(ours[i] - theirs[j]) <= tolerance:
            hits, i, j = hits + 1, i + 1, j + 1
        elif ours[i] < theirs[j]:
            i += 1
        else:
            j += 1
    precision, recall = hits / max(len(ours), 1), hits / max(len(theirs), 1)
    if not theirs:
        return (float(not ours), 1.0, float(not ours))
    return precision, recall, 2 * hits / max(len(ours) + len(theirs), 1)


def label_score(found: Sequence[Section], marked: Sequence[Section]) -> float:
    """F1 of the pairs of bars that bear the same name (Levy & Sandler 2008); primes count not."""
    first, last = marked[0].bar, marked[-1].bar + marked[-1].bars
    ours, theirs = (
        {bar: section.name.rstrip("'") for section in sections
         for bar in range(section.bar, section.bar + section.bars)}
        for sections in (found, marked)
    )  # fmt: skip
    both = hits = 0
    for a, b in combinations(range(first, last), 2):
        same, wanted = ours.get(a, a) == ours.get(b, b), theirs[a] == theirs[b]
        both += same + wanted
        hits += same and wanted
    return 2 * hits / max(both, 1)


def merged(score: Score) -> Score:
    """All tracks as one, so that no role tells the melody."""
    notes = tuple(sorted({note for _, note in score.notes()}))
    return replace(score, tracks=(Track("piano", "chords", 0, notes),))


def every(bars: int) -> Callable[[Score, int], list[Section]]:
    """A boundary every so many bars from the first labelled one on."""

    def divide(score: Score, first: int) -> list[Section]:
        return [Section("A", bar, bars) for bar in range(first, len(score.bars), bars)]

    return divide


def report(sets: Sets) -> str:
    """The table of boundaries and labels."""
    second = sets.second_labels()
    songs = [(piece, held_out(piece)) for piece in sets.pieces("pop909")]
    lines = []
    for annotator in (1, 2):
        rows: dict[str, list[tuple[float, ...]]] = {}
        for piece, held in songs:
            score = piece.score if annotator == 1 else second.get(piece.id, piece.score)
            marked = score.sections
            if not marked:
                continue
            half = "analysis, even numbers" if held else "analysis, odd numbers (fitted)"
            divisions: dict[str, Sequence[Section]] = {half: analyse_sections(bare(score)).sections}
            if held:
                divisions["analysis, all tracks as one"] = analyse_sections(
                    merged(bare(score))
                ).sections
                for bars in (4, 8):
                    divisions[f"every {bars} bars"] = every(bars)(score, marked[0].bar)
                other = second.get(piece.id) if annotator == 1 else piece.score
                if other is not None and other.sections and other.bars == score.bars:
                    divisions["the other annotator"] = other.sections
            for name, found in divisions.items():
                rows.setdefault(name, []).append((
                    *boundary_scores(found, marked, 1), boundary_scores(found, marked, 0)[2],
                    label_score(found, marked),
                ))  # fmt: skip
        order = sorted(rows, key=lambda name: -float(np.mean([row[2] for row in rows[name]])))
        lines.append(f"Annotator {annotator}:\n\n" + table(
            ("division", "songs", "precision", "recall", "F1", "F1 10/50/90 %", "F1 exact bar",
             "labels F1"),
            [(name, len(rows[name]), *(float(v) for v in np.mean(rows[name], axis=0)[:3]),
              spread([row[2] for row in rows[name]]),
              *(float(v) for v in np.mean(rows[name], axis=0)[3:])) for name in order],
        ))  # fmt: skip
    return "\n\n".join(lines)
