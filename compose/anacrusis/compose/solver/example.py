"""An example: the score of the notes that a search has found."""

from collections.abc import Iterable
from dataclasses import replace

from ..rules.dynamics import Dynamics
from ..score import Note, Score
from .facts import DRUM_SOUND, Facts
from .frame import LONGEST, Frame
from .loudness import STEP, USUAL, around, level
from .search import Sounding
from .statement import Given, Statement


def notes_of(found: Iterable[Sounding], facts: Facts) -> list[tuple[int, Note]]:
    """(Track, note) of what sounds.

    Notes last to the next tick of the axis; where a track needs breath, they end as soon as they
    may.
    """
    return [(one.track, Note(one.onset, one.pitch, _duration(one, facts))) for one in found]


def _duration(one: Sounding, facts: Facts) -> int:
    frame = facts.frame
    if frame.plan.tracks[one.track].role == "drums":
        bar = frame.score.bar_at(one.onset)
        return min(DRUM_SOUND, frame.starts[frame.block(bar).stop] - one.onset)
    end = facts.after(one.last)
    if not one.lasts and one.track in facts.breathing:
        end = one.last + 1
    return min(end - one.onset, LONGEST)


def score_of(
    frame: Frame, statements: Iterable[Statement], notes: Iterable[tuple[int, Note]], given: Given
) -> Score:
    """The score of the notes that were found for each bar that is written."""
    rows: dict[int, list[Note]] = {track: [] for track in range(len(frame.plan.tracks))}
    by_bar: dict[tuple[int, int], list[Note]] = {}
    for track, note in notes:
        by_bar.setdefault((track, frame.score.bar_at(note.onset)), []).append(note)
    stated = list(statements)
    loud = [s for s in stated if isinstance(s.of, Dynamics)]
    for track, row in rows.items():
        name = frame.plan.tracks[track].name
        for bar in range(len(frame.score.bars)):
            source = frame.copies.get(bar, bar)
            moved = frame.starts[bar] - frame.starts[source]
            cells = [b for b in given if b[0] == track and frame.copies.get(b[1], b[1]) == source]
            if cells:
                first = frame.starts[bar] - frame.starts[cells[0][1]]
                row += [replace(n, onset=n.onset + first) for n in given[cells[0]]]
                continue
            for note in by_bar.get((track, source), ()):
                row.append(replace(_loud(frame, loud, name, note), onset=note.onset + moved))
    tracks = tuple(
        replace(track, notes=tuple(sorted(rows[index])))
        for index, track in enumerate(frame.score.tracks)
    )
    return replace(frame.score, tracks=tracks)


def _loud(frame: Frame, loud: list[Statement], name: str, note: Note) -> Note:
    """The note with a velocity that all rules about it allow."""
    source = frame.score.bar_at(note.onset)
    allowed = frozenset((*range(STEP, 127, STEP), 127))
    for bar in range(len(frame.score.bars)):
        if frame.copies.get(bar, bar) != source:
            continue
        tick = note.onset + frame.starts[bar] - frame.starts[source]
        for statement in loud:
            if name in statement.tracks and bar in statement.bars:
                assert isinstance(statement.of, Dynamics)
                allowed &= around(level(frame, statement.of, statement.bars, tick))
    return replace(note, velocity=min(allowed, key=lambda v: abs(v - USUAL)))
