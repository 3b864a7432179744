"""Facts: what some statements ask of some bars and tracks, as the model's files read it."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from itertools import pairwise

from ..instruments import DRUM_PITCHES
from ..rules.drums import HAT, KICK, SNARE
from ..rules.line import GAP
from .frame import LONGEST, Frame
from .statement import Given, Statement

ALL = (1 << 128) - 1
"""All pitches, as a set: bit P stands for pitch P."""
EIGHTH = 6
"""Ticks."""
DRUM_SOUND = 3
"""Ticks that a drum rings."""


def pitch_set(pitches: Iterable[int]) -> int:
    """Pitches as the bits of an integer."""
    found = 0
    for pitch in pitches:
        found |= 1 << pitch
    return found


def members(pitches: int) -> list[int]:
    """The pitches of a set, from the lowest."""
    return [pitch for pitch in range(128) if pitches >> pitch & 1]


class Level(Enum):
    """How finely examples are looked for: a coarse one suffices, only FULL proves that none exists.

    BEATS: notes of chords on beats, and where a statement needs them. EIGHTHS: on eighths, any
    notes. FULL: the whole grid.
    """

    BEATS = 0
    EIGHTHS = 1
    FULL = 2


class Facts:
    """Gathers facts about bars of a frame, for some of its tracks.

    hard: statements that hold; what they do not let begin is left out of the model. open: those
    that may be taken back; each is told by its number. given: notes that are given. extra:
    ticks that statements name. levels: of the tracks.
    """

    def __init__(
        self,
        frame: Frame,
        statements: Sequence[Statement],
        bars: Sequence[int],
        tracks: Sequence[int],
        hard: Collection[int],
        open_: Collection[int],
        given: Given,
        levels: Mapping[int, Level],
        extra: Collection[int] = (),
    ) -> None:
        self.frame, self.statements = frame, statements
        self.bars, self.tracks = tuple(bars), tuple(tracks)
        self.hard, self.open = frozenset(hard), frozenset(open_)
        self.given = given
        self._given = {(track, frame.copies.get(bar, bar)) for track, bar in given}
        self._bars = frozenset(bars)
        self._lines: list[str] = []
        self._refused: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self._banned: dict[tuple[int, int], int] = {}
        self.levels = levels
        self._finest = max(levels.values(), key=lambda level: level.value)
        self.closed = frame.closed(self.bars[-1])
        self.extra = frozenset(extra)
        self.axis = self._axis()
        self.reach = dict.fromkeys(tracks, ALL)
        self.breathing: set[int] = set()
        self.doubled: list[tuple[int, int]] = []
        self.loud: dict[tuple[int, int], list[tuple[int, frozenset[int]]]] = {}

    # Time

    def _axis(self) -> list[int]:
        frame = self.frame
        found = set(self.extra) | set(frame.changes)
        for bar in self.bars:
            start, end = frame.starts[bar], frame.starts[bar + 1]
            found |= {start, end}
            for tick in range(start, end):
                if frame.is_grid(tick) and self.is_fine(tick, self._finest):
                    found.add(tick)
        ends = {frame.starts[bar + 1] for bar in self.bars}
        return sorted(t for t in found if t in ends or frame.score.bar_at(t) in self._bars)

    def is_fine(self, tick: int, level: Level) -> bool:
        """Whether notes begin at a tick of the grid, at a level."""
        if level is Level.FULL or self.frame.is_strong(tick):
            return True
        bar, position = self.frame.score.position(tick)
        if level is Level.EIGHTHS:
            return position % EIGHTH == 0
        return position in self.frame.score.bars[bar].meter.beats

    def ticks(self, bar: int) -> list[int]:
        """The ticks of the axis in a bar."""
        return self.between(self.frame.starts[bar], self.frame.starts[bar + 1])

    def between(self, start: int, end: int) -> list[int]:
        """The ticks of the axis with start <= tick < end."""
        return self.axis[bisect_left(self.axis, start) : bisect_left(self.axis, end)]

    def before(self, tick: int) -> int:
        """The last tick of the axis before one; -1 where it is the first."""
        index = bisect_left(self.axis, tick)
        return self.axis[index - 1] if index else -1

    def after(self, tick: int) -> int:
        """The first tick of the axis after one; the tick itself where it is the last."""
        index = bisect_right(self.axis, tick)
        return self.axis[index] if index < len(self.axis) else tick

    def up_to(self, tick: int) -> int:
        """The last tick of the axis that is not after one."""
        return self.axis[bisect_right(self.axis, tick) - 1]

    def has(self, bar: int) -> bool:
        """Whether a bar is among those that are modelled."""
        return bar in self._bars

    # What is said

    def say(self, name: str, *values: int | str) -> None:
        """A fact."""
        self._lines.append(f"{name}({','.join(map(str, values))}).")

    def refuse(self, statement: int, track: int, tick: int, pitches: int) -> None:
        """A statement does not let these pitches begin at a tick, or where its music is written."""
        cell = (track, self.frame.written(tick))
        if statement in self.hard:
            self._banned[cell] = self._banned.get(cell, 0) | pitches
        else:
            self._refused.setdefault(cell, []).append((statement, pitches))

    def ban(self, track: int, tick: int, pitches: int = ALL) -> None:
        """Nothing lets these pitches begin at a tick."""
        self._banned[track, tick] = self._banned.get((track, tick), 0) | pitches

    def is_given(self, track: int, bar: int) -> bool:
        """Whether the notes of a track that begin in a bar are given."""
        return (track, self.frame.copies.get(bar, bar)) in self._given

    def most(self, track: int) -> int:
        """How many notes of a track sound at once at most, as far as that is sure."""
        plan = self.frame.plan.tracks[track]
        kinds = {s.kind for n in self.hard for s in [self.statements[n]] if s.of == plan}
        return plan.polyphony if "polyphony" in kinds else 16

    # The program

    def text(self) -> str:
        """Everything that was said, as a program."""
        frame, plans = self.frame, self.frame.plan.tracks
        self._time()
        for _ in self.doubled:  # along chains of them
            for pair in self.doubled:
                if self.breathing & set(pair):
                    self.breathing |= set(pair)
        for track in self.breathing:
            self.say("gaps", track)
        spans = {}
        for track in self.tracks:
            drums = plans[track].role == "drums"
            self.say("track", track)
            if self.levels[track] is Level.BEATS:
                self.say("plain", track)
            self.say("drum" if drums else "pitched", track)
            candidates = _drums(self, track) if drums else self.reach[track]
            seen = 0
            for bar in self.bars:
                if not frame.strict and bar in frame.copies:
                    continue
                for tick in self.ticks(bar):
                    allowed = candidates & ~self._banned.get((track, tick), 0)
                    if allowed:
                        self._may(track, tick, allowed)
                        seen |= allowed
            if seen:
                spans[track] = members(seen)
                self.say("top", track, spans[track][-1])
                for pitch in range(spans[track][0], spans[track][-1] + 1):
                    self.say("key", track, pitch)
        if spans:
            self.say("highest", max(span[-1] for span in spans.values()))
            self.say("lowest", min(span[0] for span in spans.values()))
        self._lines += [f"on({s})." for s in sorted(self.hard)]
        self._lines += [f"open({s})." for s in sorted(self.open)]
        return "\n".join(self._lines)

    def _may(self, track: int, tick: int, allowed: int) -> None:
        self.say("may", track, tick, _pool(allowed))
        self.say("live", track, tick)
        for statement, pitches in self._refused.get((track, tick), ()):
            if allowed & pitches:
                self.say("refuses", statement, track, tick, _pool(allowed & pitches))

    def _time(self) -> None:
        frame = self.frame
        for first, second in pairwise([-1, *self.axis]):
            self.say("next", first, second)
        self.say("final", self.axis[-1])
        if frame.plan.pickup and not frame.strict:
            self.say("upbeat", frame.starts[1])
        walls = frame.walls()
        if self.axis[0] not in walls and self.axis[0] > 0:
            self.say("entering", self.axis[0])
        if self.axis[-1] not in walls or self.axis[-1] != self.closed:
            self.say("leaving", self.axis[-1])
        for tick in self.axis:
            self.say("time", tick)
            bar = frame.score.bar_at(tick)
            if bar in self._bars and tick != self.axis[-1]:
                self.say("bar", tick, bar)
                if tick == frame.starts[bar]:
                    self.say("first", tick, bar)
            if tick in walls:
                self.say("wall", tick)
                if tick == frame.score.ticks:
                    continue
            self._close(tick)
            late = bisect_left(self.axis, tick + LONGEST)
            if late < len(self.axis):
                self.say("too_long", tick, self.axis[late])
            if not frame.strict and bar in frame.copies and bar in self._bars:
                model = frame.copies[bar]
                self.say("copy", tick - frame.starts[bar] + frame.starts[model], tick)

    def _close(self, tick: int) -> None:
        """Ticks that are too near to be apart."""
        for after in self.between(tick + 1, tick + DRUM_SOUND):
            self.say("near", tick, after)
        for after in self.between(tick + 1, tick + 1 + GAP):
            self.say("soon", tick, after)
        for after in self.between(tick, tick + GAP):
            self.say("soon_after", tick, after)


def _pool(pitches: int) -> str:
    return "(" + ";".join(map(str, members(pitches))) + ")"


def _drums(facts: Facts, track: int) -> int:
    """Drums that stand for all: two of each kind within the track's reach, and those given."""
    low, high = DRUM_PITCHES
    reach = facts.reach[track] & pitch_set(range(low, high + 1))
    other = frozenset(range(128)) - KICK - SNARE - HAT
    found = pitch_set(n.pitch for (x, _), notes in facts.given.items() if x == track for n in notes)
    for kind in (KICK, SNARE, HAT, other):
        found |= pitch_set(members(reach & pitch_set(kind))[:2])
    return found
