"""How many notes sound together, and tracks that double another one."""

from collections import Counter
from collections.abc import Iterator

from ...rules.texture import Doubling, Voices
from ...score import Note
from ...wording import counted
from ..planned import Finding
from ..report import named
from .span import Span


def voices(rule: Voices, span: Span) -> Iterator[Finding]:
    """Onsets at which too few or too many notes sound."""
    for track in span.tracks:
        for tick, notes in span.strikes(track):
            if not rule.low <= len(notes) <= rule.high:
                message = f"{counted(len(notes), 'note')} at once"
                yield span.broken(tick, track, message, notes)


def not_doubled(rule: Doubling, span: Span) -> Iterator[Finding]:
    """Notes of the leader that are not doubled, and notes that double none."""
    leader = next((track for track in span.score.tracks if track.name == rule.leader), None)
    if leader is None:
        return

    def row(note: Note, moved: int = 0) -> tuple[int, int, int]:
        return note.onset, note.duration, note.pitch + moved

    led = span.notes(leader)
    for track in span.tracks:
        found = Counter(row(note) for note in span.notes(track))
        for note in led:
            if found[row(note, rule.interval)] > 0:
                found[row(note, rule.interval)] -= 1
            else:
                message = f"{named(note)} of {rule.leader} is not doubled as it is"
                yield span.broken(note.onset, track, message, (note,))
        for note in span.notes(track):
            if found[row(note)] > 0:
                found[row(note)] -= 1
                message = f"{named(note)} doubles no note of {rule.leader}"
                yield span.broken(note.onset, track, message, (note,))
