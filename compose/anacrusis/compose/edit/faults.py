"""Whether what an edit wrote keeps the rules, by the independent verifier."""

from collections.abc import Sequence
from dataclasses import replace

from ..errors import EditError
from ..plan import Plan
from ..score import Note, Score
from ..verify import verify
from ..verify.report import Violation
from .places import index_of


def faults(
    before: Score,
    after: Score,
    plan: Plan | None = None,
    *,
    moved: Sequence[int | None] | None = None,
) -> tuple[Violation, ...]:
    """The violations in a score that it had not before an edit.

    plan: None takes the score's own. moved: for each bar the old one that it was, None for bars
    that are new (`Moment.moved`); without it the bars are the same, else `EditError`.

    Of violations that name notes count those of which all notes of their track are new: a note is
    old that stands at the same place of the bar that this bar was. What given notes break, or what
    breaks because of them, is no fault of the notes that are new. Of those that name none (what is
    missing in a track, or silence) count those that their bar had not. What is said of the harmony
    alone is stated, not written.
    """
    if moved is None:
        if before.bars != after.bars:
            raise EditError("the bars are not those before; say which they were (moved)")
        moved = range(len(before.bars))
    had = {(track.name, *_placed(before, note)) for track, note in before.notes()}
    tracks = {track.name: set(track.notes) for track in after.tracks}
    known = {
        (found.rule, found.track, index_of(before, found.bar))
        for found in verify(before, before.plan or plan or after.plan).violations
        if not found.notes
    }

    def is_new(name: str, note: Note) -> bool:
        bar, placed = _placed(after, note)
        was = moved[bar]
        return was is None or (was < len(before.bars) and (name, was, placed) not in had)

    def counts(found: Violation) -> bool:
        if found.notes:
            name = found.track or ""
            own = [note for note in found.notes if note in tracks.get(name, ())]
            return bool(own) and all(is_new(name, note) for note in own)
        was = moved[index_of(after, found.bar)]
        written = was is None or (
            was < len(before.bars) and (found.rule, found.track, was) not in known
        )
        return written and (found.track is not None or found.rule == "silence")

    return tuple(found for found in verify(after, plan).violations if counts(found))


def _placed(score: Score, note: Note) -> tuple[int, Note]:
    """A note's bar, and the note with its onset counted from there."""
    bar = score.bar_at(note.onset)
    return bar, replace(note, onset=note.onset - score.bar_starts[bar])
