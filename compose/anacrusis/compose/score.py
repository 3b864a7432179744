"""The score: the one data model every room speaks.

Bars, not seconds. Time is an integer number of ticks, 12 per quarter note, from the start of the
first bar. Everything is frozen: an edit returns a new score (`dataclasses.replace`).
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING

from .chord import Chord
from .errors import ScoreError
from .instruments import DRUM_KIT, ROLES, program_name
from .key import Key
from .meter import TICKS_PER_QUARTER, Meter

if TYPE_CHECKING:
    from .plan import Plan

__all__ = [
    "TICKS_PER_QUARTER", "Bar", "ChordSpan", "Control", "KeyChange", "Note", "Score", "Section",
    "TempoChange", "Track",
]  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A note on the grid.

    onset, duration: ticks (duration at least 1). pitch: MIDI number. velocity: 1-127.
    shift: performance timing, in ticks, to add to the onset when it is played (may be a fraction),
    before the score's swing; the grid itself never moves. cents: tuning against equal temperament.
    """

    onset: int
    pitch: int
    duration: int
    velocity: int = 80
    shift: float = 0.0
    cents: float = 0.0

    def __post_init__(self) -> None:
        if self.onset < 0 or self.duration < 1:
            raise ScoreError(
                f"note at tick {self.onset} lasting {self.duration} ticks cannot exist; "
                "onset must be at least 0 and duration at least 1"
            )
        if not (0 <= self.pitch <= 127 and 1 <= self.velocity <= 127):
            raise ScoreError(
                f"note with pitch {self.pitch} and velocity {self.velocity} cannot exist; "
                "allowed: pitch 0 to 127, velocity 1 to 127"
            )
        if (self.shift or self.cents) and not (isfinite(self.shift) and isfinite(self.cents)):
            raise ScoreError(
                f"note with shift {self.shift} and cents {self.cents} cannot exist; "
                "both must be finite numbers"
            )

    @property
    def end(self) -> int:
        """First tick after the note."""
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its meter, and its actual length in ticks where that differs (pickup, split bar)."""

    meter: Meter
    length: int | None = None

    def __post_init__(self) -> None:
        if self.length is not None and not 1 <= self.length <= self.meter.ticks:
            raise ScoreError(
                f"a bar of {self.meter} cannot last {self.length} ticks; "
                f"allowed: 1 to {self.meter.ticks}"
            )
        if self.length == self.meter.ticks:
            object.__setattr__(self, "length", None)

    @property
    def ticks(self) -> int:
        """Actual length."""
        return self.meter.ticks if self.length is None else self.length


@dataclass(frozen=True, slots=True)
class TempoChange:
    """From `tick` on, `bpm` quarter notes per minute."""

    tick: int
    bpm: float


@dataclass(frozen=True, slots=True)
class KeyChange:
    """From `tick` on, this key."""

    tick: int
    key: Key


@dataclass(frozen=True, slots=True)
class Section:
    """A named stretch of whole bars: bars `bar` to `bar + bars - 1`, counted from 0."""

    name: str
    bar: int
    bars: int


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """A chord of the chord lane, in ticks."""

    onset: int
    duration: int
    chord: Chord

    @property
    def end(self) -> int:
        """First tick after the chord."""
        return self.onset + self.duration


CONTROLS = {"control": 127, "key pressure": 127, "pressure": 127, "bend": 16383}
"""Kinds of control events, and the highest value of each."""


@dataclass(frozen=True, slots=True)
class Control:
    """A control event of a track that a file had: pedal, volume, pitch bend, pressure.

    tick: may be a fraction. kind: one of `CONTROLS`. number: of the controller, or the key that is
    pressed; 0 for others. value: a bend of 8192 is none.
    """

    tick: float
    kind: str
    number: int
    value: int

    def __post_init__(self) -> None:
        if self.kind not in CONTROLS:
            raise ScoreError(f"control {self.kind!r} is unknown; allowed: {', '.join(CONTROLS)}")
        if not (isfinite(self.tick) and self.tick >= 0 and 0 <= self.number <= 127):
            raise ScoreError(
                f"control number {self.number} at tick {self.tick} cannot exist; allowed: numbers "
                "0 to 127, ticks from 0"
            )
        if not 0 <= self.value <= CONTROLS[self.kind]:
            raise ScoreError(
                f"{self.kind} of {self.value} cannot exist; allowed: 0 to {CONTROLS[self.kind]}"
            )


@dataclass(frozen=True)
class Track:
    """One part: a name, a role, a General MIDI program (-1: drum kit) and its notes, sorted.

    controls: control events of the file it came from, sorted by tick; they are kept, not played.
    """

    name: str
    role: str = "melody"
    program: int = 0
    notes: tuple[Note, ...] = ()
    controls: tuple[Control, ...] = ()

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ScoreError(
                f"track {self.name!r}: role {self.role!r} is unknown; allowed: {', '.join(ROLES)}"
            )
        if not DRUM_KIT <= self.program <= 127:
            raise ScoreError(
                f"track {self.name!r}: program {self.program}; allowed: 0 to 127, -1 for drums"
            )
        if any(a > b for a, b in zip(self.notes, self.notes[1:], strict=False)):
            object.__setattr__(self, "notes", tuple(sorted(self.notes)))
        if any(a.tick > b.tick for a, b in zip(self.controls, self.controls[1:], strict=False)):
            object.__setattr__(self, "controls", tuple(sorted(self.controls, key=_tick)))

    @property
    def is_drums(self) -> bool:
        """Whether this is a drum kit, whose pitches name drums."""
        return self.program == DRUM_KIT

    @property
    def instrument(self) -> str:
        """General MIDI name of the instrument."""
        return program_name(self.program)


_tick = attrgetter("tick")


@dataclass(frozen=True)
class Score:
    """A piece: bars with meters, tempo map, keys, sections, chord lane, tracks, and its plan.

    swing: where an off-beat eighth is played within its beat, 0.5 straight to 0.75; notes stay on
    the grid (see `swing`). Lanes are sorted by tick; where the tempo map lacks an entry at
    tick 0 its first tempo is put there (120 quarter notes per minute where it is empty); no key is
    invented. Raises `ScoreError` where notes, chords or sections lie outside the bars, or for an
    impossible tempo or swing.
    """

    bars: tuple[Bar, ...]
    tracks: tuple[Track, ...] = ()
    tempos: tuple[TempoChange, ...] = (TempoChange(0, 120.0),)
    keys: tuple[KeyChange, ...] = ()
    sections: tuple[Section, ...] = ()
    chords: tuple[ChordSpan, ...] = ()
    title: str = ""
    composer: str = ""
    swing: float = 0.5
    plan: "Plan | None" = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.bars:
            raise ScoreError("a score needs at least one bar")
        tempos = tuple(sorted(self.tempos, key=_tick))
        if not tempos or tempos[0].tick > 0:
            tempos = (TempoChange(0, tempos[0].bpm if tempos else 120.0), *tempos)
        object.__setattr__(self, "tempos", tempos)
        object.__setattr__(self, "keys", tuple(sorted(self.keys, key=_tick)))
        object.__setattr__(self, "chords", tuple(sorted(self.chords, key=lambda s: s.onset)))
        object.__setattr__(self, "sections", tuple(sorted(self.sections, key=lambda s: s.bar)))
        for change in tempos:
            if not 1.0 <= change.bpm <= 2000.0:
                raise ScoreError(
                    f"tempo {change.bpm} is impossible; allowed: 1 to 2000 quarter notes a minute"
                )
        if not 0.5 <= self.swing <= 0.75:
            raise ScoreError(f"swing {self.swing}; allowed: 0.5 (straight) to 0.75 (dotted)")
        ticks = self.ticks
        for track in self.tracks:
            if track.notes and track.notes[-1].onset >= ticks:
                raise ScoreError(
                    f"track {track.name!r} has a note at tick {track.notes[-1].onset}, "
                    f"past the last bar's end at {ticks}"
                )
        for span in self.chords:
            if span.onset < 0 or span.duration < 1 or span.end > ticks:
                raise ScoreError(f"chord {span.chord} at tick {span.onset} lies outside the bars")
        for section in self.sections:
            if section.bar < 0 or section.bars < 1 or section.bar + section.bars > len(self.bars):
                raise ScoreError(f"section {section.name!r} lies outside the {len(self.bars)} bars")

    @cached_property
    def bar_starts(self) -> tuple[int, ...]:
        """Tick of each bar's first moment, and one entry more: the end of the last bar."""
        return tuple(accumulate((bar.ticks for bar in self.bars), initial=0))

    @property
    def ticks(self) -> int:
        """Length in ticks."""
        return self.bar_starts[-1]

    @property
    def has_pickup(self) -> bool:
        """Whether the first bar is a pickup: shorter than its meter says, and not alone."""
        return len(self.bars) > 1 and self.bars[0].length is not None

    def bar_number(self, bar: int) -> int:
        """The number of a bar, by index, as people count: from 1; a pickup is bar 0."""
        return bar if self.has_pickup else bar + 1

    def bar_at(self, tick: int) -> int:
        """Index of the bar that holds `tick` (the last bar for ticks past the end)."""
        return min(bisect_right(self.bar_starts, tick) - 1, len(self.bars) - 1)

    def position(self, tick: int) -> tuple[int, int]:
        """(bar index, metrical position in ticks within it).

        The notes of a pickup (a first bar that is too short) stand at the end of the full bar.
        """
        bar = self.bar_at(tick)
        return bar, tick - self.bar_starts[bar] + self.lead(bar)

    def lead(self, bar: int) -> int:
        """Ticks of a bar that are missing before its first moment: only a pickup has any."""
        return self.bars[0].meter.ticks - self.bars[0].ticks if bar == 0 else 0

    def key_at(self, tick: int) -> Key | None:
        """The key that holds at `tick`."""
        index = bisect_right(self.keys, tick, key=_tick) - 1
        return self.keys[index].key if index >= 0 else None

    def chord_at(self, tick: int) -> Chord | None:
        """The chord that holds at `tick`; None where the lane says nothing."""
        index = bisect_right(self._chord_onsets, tick) - 1
        if index < 0 or tick >= self.chords[index].end:
            return None
        return self.chords[index].chord

    @cached_property
    def _chord_onsets(self) -> tuple[int, ...]:
        return tuple(span.onset for span in self.chords)

    def seconds(self, tick: float) -> float:
        """Time of a tick under the tempo map, in seconds."""
        total, last = 0.0, self.tempos[0]
        for change in self.tempos[1:]:
            if change.tick >= tick:
                break
            total += (change.tick - last.tick) * 60.0 / (last.bpm * TICKS_PER_QUARTER)
            last = change
        return total + (tick - last.tick) * 60.0 / (last.bpm * TICKS_PER_QUARTER)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.seconds(self.ticks)

    def notes(self) -> Iterator[tuple[Track, Note]]:
        """All notes with their tracks, track by track."""
        for track in self.tracks:
            for note in track.notes:
                yield track, note

    def track(self, name: str) -> Track:
        """The track of this name; `ScoreError` names those there are."""
        for track in self.tracks:
            if track.name == name:
                return track
        names = ", ".join(track.name for track in self.tracks) or "none"
        raise ScoreError(f"there is no track {name!r}; tracks: {names}")
