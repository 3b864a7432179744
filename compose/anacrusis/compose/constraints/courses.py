"""Courses: what a rule remembers of a line while it is written, as small automata.

A course runs over a stretch of ticks. It has a state; each note of the line moves it on, bar lines
may, and where it ends its state must be one that may end. Pitches and intervals are all that a move
may ask for, so that look-ahead can treat them as sets (`Line`).
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple, Protocol

from .pitchset import ALL, PitchSet, moved

FAR = 127
"""An interval that no two pitches exceed."""


class Move(NamedTuple):
    """A note that a state allows: its interval from the note before, from `low` to `high`
    semitones, its pitch, and the state after it."""

    low: int
    high: int
    pitches: PitchSet
    state: Hashable


class Course(Protocol):
    """An automaton over the notes from tick `start` to `end`."""

    start: int
    end: int

    def begin(self, sounding: bool) -> Hashable:
        """The state at the start. sounding: whether a note is held into it."""
        ...

    def moves(self, state: Hashable) -> Sequence[Move]:
        """The notes that may come."""
        ...

    def cross(self, state: Hashable, sounding: bool) -> Hashable | None:
        """The state after a bar line within the course; None: it may not be crossed so.

        sounding: whether a note is held across it.
        """
        ...

    def may_end(self, state: Hashable) -> bool:
        """Whether the course may end in a state."""
        ...


class _Plain:
    """What most courses share: bar lines mean nothing, and any state may end."""

    def __init__(self, start: int, end: int, first: Hashable) -> None:
        self.start, self.end, self._begin = start, end, first

    def begin(self, sounding: bool) -> Hashable:
        """The same, whatever sounds."""
        return self._begin

    def cross(self, state: Hashable, sounding: bool) -> Hashable | None:
        """The state stays."""
        return state

    def may_end(self, state: Hashable) -> bool:
        """Any may."""
        return True


class LeapCourse(_Plain):
    """Intervals of at most `size` semitones from the second note on."""

    def __init__(self, start: int, end: int, size: int) -> None:
        super().__init__(start, end, False)
        self._first = [Move(-FAR, FAR, ALL, True)]
        self._next = [Move(-size, size, ALL, True)]

    def moves(self, state: Hashable) -> Sequence[Move]:
        """Any note at first, then near ones."""
        return self._next if state else self._first


class CountCourse(_Plain):
    """From `low` to `high` onsets; counted only as far as it matters."""

    def __init__(self, start: int, end: int, low: int, high: int, most: int) -> None:
        """most: as many onsets as there is room for; a `high` beyond it never binds."""
        super().__init__(start, end, 0)
        self._low, self._high = low, high
        self._cap = high if high < most else low

    def moves(self, state: Hashable) -> Sequence[Move]:
        """A note, while there may be one more."""
        assert isinstance(state, int)
        if self._cap == self._high and state >= self._high:
            return []
        return [Move(-FAR, FAR, ALL, min(state + 1, self._cap))]

    def may_end(self, state: Hashable) -> bool:
        """Whether there were enough."""
        assert isinstance(state, int)
        return state >= self._low


class ShapeCourse(_Plain):
    """Contours by phases: each phase allows intervals that stay in it or lead to the next.

    Phases of an arch: nothing yet, one note, risen, fallen.
    """

    def __init__(self, start: int, end: int, signs: Sequence[int]) -> None:
        """signs: directions in order, 1 up and -1 down; each must be taken at least once."""
        super().__init__(start, end, -1)
        self._signs = signs

    def moves(self, state: Hashable) -> Sequence[Move]:
        """Notes on the same level or further on in the shape."""
        assert isinstance(state, int)
        if state < 0:
            return [Move(-FAR, FAR, ALL, 0)]
        found = [Move(0, 0, ALL, state)]
        for phase in (state, state + 1):  # phase n: n directions have been taken
            if 1 <= phase <= len(self._signs):
                up = self._signs[phase - 1] > 0
                found.append(Move(*((1, FAR) if up else (-FAR, -1)), ALL, phase))
        return found

    def may_end(self, state: Hashable) -> bool:
        """Whether all directions have been taken."""
        return state == len(self._signs)


class SignsCourse(_Plain):
    """One note more than there are signs, each step in its direction."""

    def __init__(self, start: int, end: int, signs: Sequence[int]) -> None:
        super().__init__(start, end, -1)
        self._signs = signs

    def moves(self, state: Hashable) -> Sequence[Move]:
        """The next step."""
        assert isinstance(state, int)
        if state < 0:
            return [Move(-FAR, FAR, ALL, 0)]
        if state == len(self._signs):
            return []
        low, high = {1: (1, FAR), -1: (-FAR, -1), 0: (0, 0)}[self._signs[state]]
        return [Move(low, high, ALL, state + 1)]

    def may_end(self, state: Hashable) -> bool:
        """Whether every step has been taken."""
        return state == len(self._signs)


class TuneCourse(_Plain):
    """Just these pitches, in order; sets, as a pitch class may come in any octave."""

    def __init__(self, start: int, end: int, tones: Sequence[PitchSet]) -> None:
        super().__init__(start, end, 0)
        self._tones = tones

    def moves(self, state: Hashable) -> Sequence[Move]:
        """The next pitch."""
        assert isinstance(state, int)
        if state == len(self._tones):
            return []
        return [Move(-FAR, FAR, self._tones[state], state + 1)]

    def may_end(self, state: Hashable) -> bool:
        """Whether all have been played."""
        return state == len(self._tones)


class RequireCourse(_Plain):
    """Each of some sets of pitches is struck at least once. The state: which of them were."""

    def __init__(self, start: int, end: int, wanted: Sequence[PitchSet]) -> None:
        super().__init__(start, end, 0)
        self._wanted = wanted
        self._all = (1 << len(wanted)) - 1

    def moves(self, state: Hashable) -> Sequence[Move]:
        """Any note; what it adds depends on which of the sets it is in."""
        assert isinstance(state, int)
        if state == self._all:
            return [Move(-FAR, FAR, ALL, state)]
        kinds: dict[int, PitchSet] = {}
        rest = [(ALL, state)]
        for index, pitches in enumerate(self._wanted):
            if not state >> index & 1:
                rest = [
                    part
                    for held, after in rest
                    for part in ((held & pitches, after | 1 << index), (held & ~pitches, after))
                    if part[0]
                ]
        for pitches, after in rest:
            kinds[after] = kinds.get(after, 0) | pitches
        return [Move(-FAR, FAR, pitches, after) for after, pitches in kinds.items()]

    def may_end(self, state: Hashable) -> bool:
        """Whether all have come."""
        return state == self._all


class ShareCourse(_Plain):
    """At least three notes inside some pitches for each one outside, at the end.

    The state is inside - 3 * outside.
    """

    def __init__(self, start: int, end: int, inside: PitchSet, most: int) -> None:
        """most: as many onsets as there is room for."""
        super().__init__(start, end, 0)
        self._inside, self._most = inside, most

    def moves(self, state: Hashable) -> Sequence[Move]:
        """Any note from which the balance can still be made good."""
        assert isinstance(state, int)
        found = [Move(-FAR, FAR, self._inside, min(state + 1, self._most))]
        if state - 3 >= -self._most:
            found.append(Move(-FAR, FAR, ALL & ~self._inside, state - 3))
        return found

    def may_end(self, state: Hashable) -> bool:
        """Whether enough were inside."""
        assert isinstance(state, int)
        return state >= 0


class RestCourse(_Plain):
    """At most `limit` whole bars in a row without a sound; over the bars of a section.

    The state: how many silent bars came last, and whether this one has been heard.
    """

    def __init__(self, start: int, end: int, limit: int, rested: int = 0) -> None:
        """rested: silent bars that may have come before."""
        super().__init__(start, end, (rested, False))
        self.limit, self._rested = limit, rested

    def begin(self, sounding: bool) -> Hashable:
        """A note that is held into the first bar is heard there."""
        return (0, True) if sounding else (self._rested, False)

    def moves(self, state: Hashable) -> Sequence[Move]:
        """Any note; its bar is heard."""
        return [Move(-FAR, FAR, ALL, (0, True))]

    def cross(self, state: Hashable, sounding: bool) -> Hashable | None:
        """Count the bar that ends."""
        assert isinstance(state, tuple)
        silent, heard = state
        silent = 0 if heard else silent + 1
        if silent > self.limit:
            return None
        return (0, True) if sounding else (silent, False)

    def may_end(self, state: Hashable) -> bool:
        """Whether the last bars were not silent for too long."""
        return self.cross(state, False) is not None


class Moved:
    """A course of another track, its pitches moved by an interval."""

    def __init__(self, course: Course, interval: int) -> None:
        self.start, self.end = course.start, course.end
        self._course, self._interval = course, interval

    def begin(self, sounding: bool) -> Hashable:
        """As the course does."""
        return self._course.begin(sounding)

    def moves(self, state: Hashable) -> Sequence[Move]:
        """The moves of the course, at one's own pitches."""
        return [
            move._replace(pitches=self._shifted(move.pitches)) for move in self._course.moves(state)
        ]

    def _shifted(self, pitches: PitchSet) -> PitchSet:
        return ALL if pitches == ALL else moved(pitches, self._interval)

    def cross(self, state: Hashable, sounding: bool) -> Hashable | None:
        """As the course does."""
        return self._course.cross(state, sounding)

    def may_end(self, state: Hashable) -> bool:
        """As the course may."""
        return self._course.may_end(state)
