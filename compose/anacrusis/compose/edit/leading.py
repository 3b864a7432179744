"""What hangs together over bar lines: notes that ring, that must be resolved, and rests.

Where bars are written anew because their harmony changes, bars beside them may depend on it.
"""

from collections.abc import Collection, Sequence

from ..score import Note, Score, Track
from ..verify.lane import same_harmony
from .places import Cell, Cells


def hanging_on(score: Score, cells: Cells, resting: Collection[str] = ()) -> Cells:
    """The bars beside some bars, of their tracks, that cannot stay as they are without them.

    A bar before is among them where one of its notes rings into them, or ends as they begin and is
    no tone of its chord. A bar after, where no note of its track begins in it: then it sounds by
    what rings into it, or, for tracks whose rests are counted (`resting`), it is part of a rest.
    Sections are closed blocks: nothing hangs on over their ends.
    """
    found: set[Cell] = set()
    tracks = {track.name: track for track in score.tracks}
    borders = {section.bar for section in score.sections}
    borders |= {section.bar + section.bars for section in score.sections}
    for name in {name for name, _ in cells}:
        track, bars = tracks[name], {bar for other, bar in cells if other == name}
        begin = {score.bar_at(note.onset) for note in track.notes}
        todo = sorted(bars)
        while todo:
            bar = todo.pop()
            beside: set[int] = set()
            if bar not in borders and bar:
                beside |= _leading(score, track, bar)
            after = bar + 1
            if after not in borders and after < len(score.bars) and after not in begin:
                rings = _rings(track.notes, score.bar_starts[after])
                beside |= {after} if rings or name in resting else set()
            todo += beside - bars
            bars |= beside
        found |= {(name, bar) for bar in bars}
    return frozenset(found) - cells


def _leading(score: Score, track: Track, bar: int) -> set[int]:
    """The bars before in which a note begins that leads into a bar."""
    start = score.bar_starts[bar]
    found: set[int] = set()
    for note in track.notes:
        if note.onset >= start:
            break
        if note.end > start or (note.end == start and _unresolved(score, track, note)):
            found.add(score.bar_at(note.onset))
    return found


def _unresolved(score: Score, track: Track, note: Note) -> bool:
    """Whether a note ends outside its chord, so that another resolves it."""
    chord = score.chord_at(note.end - 1)
    outside = chord is not None and not chord.is_none and note.pitch % 12 not in chord.classes
    return outside and not track.is_drums


def _rings(notes: Sequence[Note], tick: int) -> bool:
    return any(note.onset < tick < note.end for note in notes)


def basses_turned(old: Score, new: Score, moved: Sequence[int | None] | None = None) -> Cells:
    """The bars, of bass tracks, at whose start the harmony now changes and did not before.

    Where the harmony goes on over a bar line a bass may play any tone of it; where it changes, the
    bass of the chord. moved: for each new bar the old one that it was; None: they are the same.
    """
    basses = [track.name for track in new.tracks if track.role == "bass"]
    found: set[Cell] = set()
    for bar, before in enumerate(range(len(old.bars)) if moved is None else moved):
        if before is not None and _turns(new, bar) and not _turns(old, before):
            found |= {(name, bar) for name in basses}
    return frozenset(found)


def _turns(score: Score, bar: int) -> bool:
    """Whether the harmony changes at the start of a bar."""
    tick = score.bar_starts[bar]
    return bar == 0 or not same_harmony(score.chord_at(tick - 1), score.chord_at(tick))
