"""Whether what an edit wrote keeps the rules, by the independent verifier."""

from dataclasses import replace

from ..plan import Plan
from ..score import Note, Score, Track
from ..verify import verify
from ..verify.report import Violation


def faults(before: Score, after: Score, plan: Plan | None = None) -> tuple[Violation, ...]:
    """The violations in a score of notes that it had not before an edit.

    plan: None takes the score's own. What given notes break, or what breaks because of them, is no
    fault of the notes that are new.
    """
    same_bars = before.bars == after.bars
    had = {_known(before, track, note, same_bars) for track, note in before.notes()}
    tracks = {track.name: track for track in after.tracks}

    def is_new(violation: Violation) -> bool:
        track = tracks.get(violation.track or "")
        return track is not None and all(
            _known(after, track, note, same_bars) not in had for note in violation.notes
        )

    return tuple(v for v in verify(after, plan).violations if v.notes and is_new(v))


def _known(score: Score, track: Track, note: Note, same_bars: bool) -> tuple[str, Note]:
    """What a note is known by: where bars have moved, by its place within its bar."""
    if same_bars:
        return track.name, note
    return track.name, replace(note, onset=note.onset - score.bar_starts[score.bar_at(note.onset)])
