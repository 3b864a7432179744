"""Terms: what rules ask of one track, tick by tick, before any note is written.

Rules about single notes become tables: which pitches may be struck at a tick, whether any may,
whether one must, how long it lasts, how loud it is. Rules about what follows what become courses.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from ..plan import TrackPlan
from ..score import Note
from .courses import CountCourse, Course
from .hands import Hands
from .pitchset import ALL, PitchSet


class Cap(NamedTuple):
    """At most `most` notes are struck from tick `start` to `end`."""

    start: int
    end: int
    most: int


@dataclass
class Terms:
    """What is asked of a track.

    reach: the pitches of its range. usable: for each tick whether a note may be struck at all (the
    grid, the rules' grids, rhythms and silences).
    """

    plan: TrackPlan
    reach: PitchSet
    usable: list[bool]
    starts: Sequence[int] = ()
    """Ticks of bar lines, the end of the piece last."""
    narrowed: dict[int, PitchSet] = field(default_factory=dict)
    """Tick -> pitches, where rules leave fewer than the range."""
    must: set[int] = field(default_factory=set)
    """Ticks at which a note must be struck."""
    hits: dict[int, list[PitchSet]] = field(default_factory=dict)
    """Tick -> sets of pitches, one of each of which must be struck."""
    lasts: dict[int, int] = field(default_factory=dict)
    """Tick -> how long a note that is struck there lasts."""
    stops: set[int] = field(default_factory=set)
    """Ticks over which no note may be held."""
    must_stop: list[int] = field(default_factory=list)
    """The ticks of `must`, sorted, where one note sounds at a time."""
    fixed: dict[int, Note] = field(default_factory=dict)
    """Tick -> the note that is given there, in bars that are not written."""
    loud: dict[int, int] = field(default_factory=dict)
    """Tick -> the velocities, as a set, where rules name them."""
    counts: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Bar -> fewest and most onsets."""
    caps: dict[int, Cap] = field(default_factory=dict)
    """Tick -> the cap on the notes about it, in bars in which several may sound."""
    voices: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Bar -> fewest and most notes sounding at an onset."""
    most: dict[int, int] = field(default_factory=dict)
    """Tick -> most notes sounding, where rules say."""
    least: dict[int, int] = field(default_factory=dict)
    """Tick -> fewest notes sounding at an onset, where rules say."""
    shares: dict[int, PitchSet] = field(default_factory=dict)
    """Bar -> the pitches of which three quarters of its notes are."""
    wanted: list[tuple[range, list[PitchSet]]] = field(default_factory=list)
    """Bars, and the sets of pitches of each of which one must be struck there."""
    playable: dict[int, frozenset[Hands]] = field(default_factory=dict)
    """Bar -> whose hands must reach what sounds."""
    breaths: list[tuple[int, int, int]] = field(default_factory=list)
    """First tick, end, and the longest stretch without a breath."""
    grounds: set[int] = field(default_factory=set)
    """Ticks at which it doubles a bass."""
    closes: bool = True
    """Whether the last notes of the piece ring to its end, as a matter of habit."""
    habit: set[int] = field(default_factory=set)
    """Ticks at which notes could be struck but for that."""
    courses: list[Course] = field(default_factory=list)
    """Rules on what follows what."""
    lined: set[int] = field(default_factory=set)
    """Bars in which one note sounds at a time."""

    def is_bass(self, tick: int) -> bool:
        """Whether the track strikes the bass of a chord where it changes, as a bass does."""
        return self.plan.role == "bass" or tick in self.grounds

    @property
    def contradicted(self) -> bool:
        """Whether a note must be struck where none may be, or of no pitch, or too many at once."""
        return any(
            not self.usable[tick]
            or len(self.hits.get(tick, ())) > self.plan.polyphony
            or not all(hit & self.pitches_at(tick) for hit in self.hits.get(tick, [ALL]))
            for tick in self.must
        )

    @property
    def is_drums(self) -> bool:
        """Whether its pitches are drums, which chords say nothing about."""
        return self.plan.role == "drums"

    def is_line(self, bar: int) -> bool:
        """Whether one note sounds at a time in a bar."""
        return bar in self.lined

    def pitches_at(self, tick: int) -> PitchSet:
        """The pitches that may be struck at a tick, as far as rules on single notes go."""
        return self.narrowed.get(tick, ALL) & self.reach

    @cached_property
    def _stops(self) -> list[int]:
        return sorted({*self.stops, *self.must_stop, len(self.usable) - 1})

    def stop(self, tick: int) -> int:
        """The first tick after `tick` over which nothing may be held."""
        return self._stops[bisect_right(self._stops, tick)]

    def open_up(self, grid: Sequence[bool]) -> None:
        """Leave out the habit that the last notes of the piece ring to its end."""
        for tick in self.habit:
            self.usable[tick] = grid[tick]
        self.closes, self.habit = False, set()

    def as_line(self, starts: Sequence[int]) -> "Terms":
        """The same asked of a track that plays one note at a time; starts: ticks of bar lines."""
        bars = range(len(starts) - 1)
        courses = list(self.courses)
        for bar in set(self.counts) - self.lined:
            room = sum(self.usable[starts[bar] : starts[bar + 1]])
            courses.append(CountCourse(starts[bar], starts[bar + 1], *self.counts[bar], room))
        return replace(self, courses=courses, lined=set(bars), must_stop=sorted(self.must))

    def crowded(self, tick: int, promised: Collection[int]) -> bool:
        """Whether the bar of a tick has no room for an onset beside those that are promised."""
        bar = bisect_right(self.starts, tick) - 1
        if bar not in self.counts or tick in promised:
            return False
        inside = sum(self.starts[bar] <= other < self.starts[bar + 1] for other in promised)
        return inside >= self.counts[bar][1]

    def narrow(self, ticks: Sequence[int], pitches: PitchSet) -> None:
        """Leave only some pitches at some ticks."""
        for tick in ticks:
            self.narrowed[tick] = self.narrowed.get(tick, ALL) & pitches
