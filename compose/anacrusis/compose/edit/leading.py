"""What hangs together over bar lines: notes that ring, that must be resolved, and rests.

Where bars are written anew because their harmony changes, bars beside them may depend on it.
"""

from collections.abc import Collection, Sequence

from ..plan import Plan
from ..rules.places import bars_at
from ..rules.texture import Doubling
from ..score import Note, Score, Track
from ..verify.lane import same_harmony
from .places import Cell, Cells


def hanging_on(score: Score, cells: Cells, resting: Collection[str] = ()) -> Cells:
    """The bars beside some bars, of their tracks, that cannot stay as they are without them.

    A bar before is among them where one of its notes rings into them, or ends as they begin and is
    no tone of its chord. A bar after, where no note of its track begins in it: then it sounds by
    what rings into it, or, for tracks whose rests are counted (`resting`), it is part of a rest. So
    may a bar before be for these, in which nothing of them sounds.
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
                if name in resting and not _sounds_in(score, track, bar - 1):
                    beside.add(bar - 1)
            end = min((border for border in borders if border > bar), default=len(score.bars))
            for later in range(bar + 1, min(_last_heard(score, track, bar) + 1, end)):
                beside |= {later} - begin
            if bar + 1 < end and bar + 1 not in begin and name in resting:
                beside.add(bar + 1)
            todo += beside - bars
            bars |= beside
        found |= {(name, bar) for bar in bars}
    return frozenset(found) - cells


def falling_silent(score: Score, cells: Cells, resting: Collection[str]) -> Cells:
    """The bars after some bars, of their tracks, that are heard only by what rings into them.

    Where that goes a track rests there, which counts for those of `resting`, and for all where no
    other track sounds.
    """
    found: set[Cell] = set()
    for track in score.tracks:
        begin = {score.bar_at(note.onset) for note in track.notes}
        for name, bar in cells:
            later = range(bar + 1, _last_heard(score, track, bar) + 1) if name == track.name else ()
            for after in later:
                others = (other for other in score.tracks if (other.name, after) not in cells)
                alone = not any(
                    _sounds_in(score, other, after) for other in others if other is not track
                )
                if after not in begin and (alone or name in resting):
                    found.add((name, after))
    return frozenset(found) - cells


def _sounds_in(score: Score, track: Track, bar: int) -> bool:
    """Whether a track sounds in a bar."""
    start, end = score.bar_starts[bar], score.bar_starts[bar + 1]
    return any(note.onset < end and note.end > start for note in track.notes)


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


def _last_heard(score: Score, track: Track, bar: int) -> int:
    """The last bar into which a note rings that begins in a bar."""
    start, end = score.bar_starts[bar], score.bar_starts[bar + 1]
    ends = [note.end for note in track.notes if start <= note.onset < end]
    return score.bar_at(max(ends) - 1) if ends else bar


def doubling(plan: Plan, layout: Score, cells: Collection[Cell]) -> Cells:
    """The bars of tracks that double others, by a rule, in some bars of these.

    layout: the bars and sections of the plan.
    """
    found = set(cells)
    rules = [rule for rule in plan.rules if isinstance(rule, Doubling)]
    for _ in rules:  # a track that doubles may be doubled
        for rule in rules:
            bars = bars_at(rule.place, layout.sections, len(layout.bars), bool(plan.pickup))
            led = {bar for name, bar in found if name == rule.leader and bar in bars}
            found |= {(name, bar) for name in rule.names for bar in led}
    return frozenset(found) - frozenset(cells)


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
