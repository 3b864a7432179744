"""Courses followed along the notes of a track, though these may break them."""

from collections.abc import Hashable, Sequence

from ..constraints.courses import Course, Move
from ..constraints.pitchset import PITCHES, PitchSet, between
from ..score import Note

LATE = 2 / 3
"""Share of a place after which notes that bring a course to its end are preferred."""


class Followed:
    """A course, and where it stands after the notes of a track."""

    def __init__(self, course: Course) -> None:
        self.start, self.end = course.start, course.end
        self._course = course
        self._seen: list[tuple[Note, Hashable, int | None]] = []
        self._lacking: dict[Hashable, int] = {}

    def open(self, notes: Sequence[Note], tick: int) -> PitchSet:
        """The pitches that may be struck at a tick."""
        state, last = self._stand(notes)
        moves = self._course.moves(state)
        late = tick - self.start >= LATE * (self.end - self.start)
        if late and not self._course.may_end(state):
            moves = [move for move in moves if move.state != state]
        found = 0
        for move in moves:
            found |= _reached(move, last)
        return found

    def full(self, notes: Sequence[Note]) -> bool:
        """Whether no note may come any more."""
        return not self._course.moves(self._stand(notes)[0])

    def lacking(self, notes: Sequence[Note]) -> int:
        """How many notes must come before the course may end."""
        state = self._stand(notes)[0]
        if state not in self._lacking:
            states, count = {state}, 0
            while states and not any(map(self._course.may_end, states)):
                states = {move.state for each in states for move in self._course.moves(each)}
                count += 1
            self._lacking[state] = count
        return self._lacking[state]

    def _stand(self, notes: Sequence[Note]) -> tuple[Hashable, int | None]:
        """The state, and the pitch of the last note within the course."""
        seen = self._seen
        del seen[len(notes) :]
        while seen and seen[-1][0] is not notes[len(seen) - 1]:
            seen.pop()  # notes that have been taken back
        state, last = seen[-1][1:] if seen else (self._course.begin(False), None)
        for note in notes[len(seen) :]:
            if self.start <= note.onset < self.end:
                state, last = self._after(state, last, note.pitch), note.pitch
            seen.append((note, state, last))
        return state, last

    def _after(self, state: Hashable, last: int | None, pitch: int) -> Hashable:
        """The state after a note; where it breaks the course, as if it had moved on."""
        moves = self._course.moves(state)
        for move in moves:
            if _reached(move, last) >> pitch & 1:
                return move.state
        return moves[0].state if moves else state


def _reached(move: Move, last: int | None) -> PitchSet:
    """The pitches that a move leads to."""
    if last is None:
        return move.pitches
    return move.pitches & between(max(last + move.low, 0), min(last + move.high, PITCHES - 1))
