"""A section of a plan: its bars, its chords, and the key, meter and tempo that change within it."""

from dataclasses import dataclass

from .bounds import is_number, is_whole
from .chord import Chord
from .errors import PlanError
from .key import Key
from .meter import Meter
from .wording import check_line, counted

MAX_BARS = 2000
MAX_OPTIONS = 24
"""Most chords that a place may leave to be chosen among."""
VARIED = (0.2, 0.4)
"""The share of notes that a variation changes where it is not stated."""


@dataclass(frozen=True, slots=True)
class ChordAt:
    """A chord at a tick within its bar; others: chords that the model may choose in its place."""

    tick: int
    chord: Chord
    others: tuple[Chord, ...] = ()

    def __post_init__(self) -> None:
        if len(self.others) >= MAX_OPTIONS:
            raise PlanError(
                f"a choice among {len(self.options)} chords; allowed: up to {MAX_OPTIONS}"
            )

    @property
    def options(self) -> tuple[Chord, ...]:
        """Every chord that may stand here."""
        return (self.chord, *self.others)


@dataclass(frozen=True, slots=True)
class ChangeAt:
    """From a bar of a section on (counted from 1) another key, meter or tempo; None goes on.

    The first bar has none: what begins there is said of the section.
    """

    bar: int
    key: Key | None = None
    meter: Meter | None = None
    tempo: float | None = None

    def __post_init__(self) -> None:
        if not is_whole(self.bar, 2, MAX_BARS):
            raise PlanError(
                f"a change in bar {self.bar!r}; allowed: bar 2 on, counted within the section "
                "(what begins with bar 1 is said of the section itself)"
            )
        if self.key is None and self.meter is None and self.tempo is None:
            raise PlanError(f"the change in bar {self.bar} is empty; give key, meter or tempo")
        if self.tempo is not None:
            check_tempo(f"the change in bar {self.bar}", self.tempo)


@dataclass(frozen=True)
class SectionPlan:
    """A section of whole bars.

    chords: one entry per bar, each the chords of that bar (the first at tick 0 unless the chord
    before goes on); None leaves the harmony to the model. key, meter, tempo: None keeps what came
    before. reprise: name of an earlier section whose music comes back note for note.

    changes: what changes within the section; without any, a reprise or variation has those of its
    model. vary: name of an earlier section of which this is a variation, in the same bars and
    meters, and under the same chords unless it has its own. change: how much of it is changed, from
    lowest to highest share, 0 to 1. Of each track, A and B are the notes of the model and of the
    variation as (onset within the section, pitch), and its edits are max(|A|, |B|) - |A and B|; the
    edits of all tracks, divided by the sum of all max(|A|, |B|), lie in that band.
    """

    name: str
    bars: int
    chords: tuple[tuple[ChordAt, ...], ...] | None = None
    key: Key | None = None
    meter: Meter | None = None
    tempo: float | None = None
    reprise: str | None = None
    changes: tuple[ChangeAt, ...] = ()
    vary: str | None = None
    change: tuple[float, float] = VARIED

    def __post_init__(self) -> None:
        check_line("section", self.name)
        where = f"section {self.name!r}"
        if not is_whole(self.bars, 1, MAX_BARS):
            raise PlanError(f"{where}: bars is {self.bars!r}; allowed: 1 to {MAX_BARS}")
        if self.tempo is not None:
            check_tempo(where, self.tempo)
        if self.chords is not None and len(self.chords) != self.bars:
            raise PlanError(
                f"{where} has chords for {counted(len(self.chords), 'bar')} but "
                f"{counted(self.bars, 'bar')}; give one chord group per bar"
            )
        places = [change.bar for change in self.changes]
        if places != sorted(set(places)) or (places and places[-1] > self.bars):
            raise PlanError(
                f"{where}: changes in bars {', '.join(map(str, places))}; allowed: each bar once, "
                f"in order, 2 to {self.bars}"
            )
        if self.reprise is not None and self.vary is not None:
            raise PlanError(
                f"{where} both reprises {self.reprise!r} and varies {self.vary!r}; keep one"
            )
        low, high = self.change
        if not (is_number(low, 0, 1) and is_number(high, low, 1)):
            raise PlanError(
                f"{where}: change {low!r} to {high!r}; allowed: shares from 0 to 1, the lower one "
                "first"
            )

    @property
    def model(self) -> str | None:
        """The section whose music this one brings back or varies."""
        return self.vary if self.reprise is None else self.reprise

    @property
    def harmony_of(self) -> str | None:
        """The section whose chords this one has."""
        return self.vary if self.reprise is None and self.chords is None else self.reprise

    @property
    def is_bare(self) -> bool:
        """Whether it says no more than a number of bars."""
        stated = (self.chords, self.key, self.meter, self.tempo, self.model)
        return all(value is None for value in stated) and not self.changes


def check_tempo(where: str, tempo: float) -> None:
    """Raise `PlanError` for a tempo that no plan may have."""
    if not is_number(tempo, 20, 400):
        raise PlanError(f"{where}: tempo {tempo!r}; allowed: 20 to 400 quarter notes per minute")
