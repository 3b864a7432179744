"""Which pitches: range, tessitura, sets of pitches, scales, pitches that must come."""

from dataclasses import dataclass
from typing import ClassVar

from ..errors import PlanError
from ..key import MODES
from ..pitch import name_to_class, parse_pitch, pitch_name
from .base import Rule
from .tones import check_tones, pitch_class_name, pitch_number, pitches_of, union
from .words import check_choice

SCALES: dict[str, tuple[int, ...]] = MODES | {
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
    "half-whole": (0, 1, 3, 4, 6, 7, 9, 10),
    "whole-half": (0, 2, 3, 5, 6, 8, 9, 11),
    "chromatic": tuple(range(12)),
}
"""Scale -> semitones above its tonic. The octatonic ones go by their first step."""


@dataclass(frozen=True)
class PitchRule(Rule):
    """Every note in the span has one of some pitches."""

    @property
    def allowed(self) -> frozenset[int]:
        """MIDI numbers of the pitches."""
        return frozenset(range(128))


@dataclass(frozen=True)
class _Between(Rule):
    """low, high: names like ``C4``, or MIDI numbers."""

    low: str | int
    high: str | int

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = pitch_number(self.word, self.low), pitch_number(self.word, self.high)
        if low > high:
            raise PlanError(f"{self.word} {self.low} to {self.high} holds no notes; swap them")
        object.__setattr__(self, "low", pitch_name(low))
        object.__setattr__(self, "high", pitch_name(high))

    @property
    def _values(self) -> str:
        return f"{self.low}-{self.high}"

    @property
    def within(self) -> frozenset[int]:
        """MIDI numbers from the lowest to the highest."""
        return frozenset(range(parse_pitch(self.low), parse_pitch(self.high) + 1))


@dataclass(frozen=True)
class Range(_Between, PitchRule):
    """Every note in the span lies from `low` to `high`, both allowed."""

    word: ClassVar[str] = "range"

    @property
    def allowed(self) -> frozenset[int]:
        """MIDI numbers of the pitches."""
        return self.within


@dataclass(frozen=True)
class Tessitura(_Between):
    """In each bar at least three quarters of the track's notes lie from `low` to `high`.

    Counted are the notes that start in the bar; outside notes * 3 <= inside notes.
    """

    word: ClassVar[str] = "tessitura"


@dataclass(frozen=True)
class _Tones(Rule):
    """tones: names of pitches (``C4``) or pitch classes (``F#``), one text or several."""

    most: ClassVar[int] = 128
    """How many names it takes."""

    tones: tuple[str, ...] | str

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "tones", check_tones(self.word, self.tones, self.most))

    @property
    def named(self) -> tuple[str, ...]:
        """The names, one each."""
        assert isinstance(self.tones, tuple)
        return self.tones

    @property
    def _values(self) -> str:
        return " ".join(self.named)


@dataclass(frozen=True)
class Only(_Tones, PitchRule):
    """Every note in the span has one of these pitches or pitch classes."""

    word: ClassVar[str] = "only"

    @property
    def allowed(self) -> frozenset[int]:
        """MIDI numbers of the pitches."""
        return union(self.named)


@dataclass(frozen=True)
class Avoid(_Tones, PitchRule):
    """No note in the span has one of these pitches or pitch classes."""

    word: ClassVar[str] = "avoid"

    @property
    def allowed(self) -> frozenset[int]:
        """MIDI numbers of the pitches."""
        return frozenset(range(128)) - union(self.named)


@dataclass(frozen=True)
class Require(_Tones):
    """Each of these pitches or pitch classes is struck at least once in the span, by each track.

    At most six.
    """

    word: ClassVar[str] = "require"
    most: ClassVar[int] = 6

    @property
    def wanted(self) -> tuple[frozenset[int], ...]:
        """For each name the MIDI numbers that satisfy it."""
        return tuple(pitches_of(name) for name in self.named)


@dataclass(frozen=True)
class Scale(PitchRule):
    """Every note in the span belongs to a scale.

    tonic: a pitch class. scale: one of `SCALES`; sets of one's own are written with `Only`.
    """

    word: ClassVar[str] = "scale"

    tonic: str
    scale: str = "major"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "tonic", pitch_class_name(self.word, self.tonic))
        check_choice("scale", self.scale, SCALES, "; or name its tones with only")

    @property
    def _values(self) -> str:
        return f"{self.tonic} {self.scale}"

    @property
    def allowed(self) -> frozenset[int]:
        """MIDI numbers of the pitches."""
        tonic = name_to_class(self.tonic)
        classes = {(tonic + step) % 12 for step in SCALES[self.scale]}
        return frozenset(pitch for pitch in range(128) if pitch % 12 in classes)
