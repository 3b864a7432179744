"""How a track's notes sound together, and with another track's: voices, hands, doublings."""

from dataclasses import dataclass
from typing import ClassVar

from ..bounds import is_whole
from ..errors import PlanError
from ..wording import check_line
from .base import Rule
from .words import written

MOST_VOICES = 16
DOUBLINGS = (-24, -12, 0, 12, 24)


@dataclass(frozen=True)
class Voices(Rule):
    """Wherever the track strikes in the span, `low` to `high` of its notes sound.

    Notes that are held from before count with those that are struck.
    """

    word: ClassVar[str] = "voices"

    low: int
    high: int = MOST_VOICES

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (is_whole(self.high, 1, MOST_VOICES) and is_whole(self.low, 1, self.high)):
            raise PlanError(
                f"voices {self.low!r} to {self.high!r}; allowed: 1 to {MOST_VOICES}, lower first"
            )

    @property
    def _values(self) -> str:
        return f"{self.low}" if self.low == self.high else f"{self.low}-{self.high}"


@dataclass(frozen=True)
class Playable(Rule):
    """Whatever sounds together in the track can be played on its instrument, by its program.

    Looked at are the pitches that sound wherever the track strikes in the span.
    Keyboards (0-23): they divide into the lower and the higher ones, for two hands, each of up to
    five within 16 semitones (either hand may be empty).
    Guitars (24-31, strings E2 A2 D3 G3 B3 E4) and basses (32-39, strings E1 A1 D2 G2): each on a
    string of its own, at a fret 0 to 22; the frets above 0 lie within four of one another
    (highest - lowest <= 4).
    Bowed strings (violin 40 and fiddle 110: G3 D4 A4 E5; viola 41: C3 G3 D4 A4; cello 42: C2 G2 D3
    A3; contrabass 43: E1 A1 D2 G2): one pitch, or two on neighbouring strings, each from the open
    string to 24 semitones above it, and where neither string is open at most 5 apart in position
    (semitones above their open strings).
    Voices and winds (52-54, 56-79): one pitch, and the track keeps `Breath` of 24 quarter notes.
    All other instruments: anything.
    """

    word: ClassVar[str] = "playable"


@dataclass(frozen=True)
class Doubling(Rule):
    """The tracks sound what another track does, at a distance of 0, 1 or 2 octaves.

    leader: name of the other track. interval: semitones from its notes to theirs. Of the notes that
    start in the span each track has exactly the leader's: the same onsets and durations, their
    pitches moved.
    """

    word: ClassVar[str] = "doubles"

    leader: str
    interval: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_line("leader", self.leader)
        if not is_whole(self.interval, -24, 24) or self.interval not in DOUBLINGS:
            raise PlanError(
                f"doubles at {self.interval!r:.60} semitones; allowed: "
                f"{', '.join(map(str, DOUBLINGS))} (unison or octaves)"
            )
        if not self.names or self.leader in self.names:
            raise PlanError(
                f"doubles {self.leader!r}: name the tracks that double it, not itself, like "
                f"strings: doubles {written(self.leader)} -12"
            )

    @property
    def _values(self) -> str:
        leader = written(self.leader)
        return f"{leader} {self.interval:+d}" if self.interval else leader
