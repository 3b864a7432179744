"""What is written in one part, measure by measure: plain records, at exact times, unmerged."""

import math
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from ..chord import Chord
from ..errors import FileFormatError
from ..key import Key

Time = int | Fraction
"""An exact time in ticks; a fraction where it is off the grid."""

VELOCITY = {
    "pppppp": 5, "ppppp": 8, "pppp": 10, "ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80,
    "f": 96, "ff": 112, "fff": 126, "ffff": 127, "fffff": 127, "ffffff": 127, "n": 1,
}  # fmt: skip
"""Dynamic mark -> MIDI velocity, as notation programs play them."""


QUARTERS = {
    "maxima": 32.0, "long": 16.0, "breve": 8.0, "whole": 4.0, "half": 2.0, "quarter": 1.0,
    "eighth": 0.5, "16th": 0.25, "32nd": 0.125, "64th": 0.0625, "128th": 0.03125,
}  # fmt: skip
"""Note type -> its value in quarters."""


class RawNote(NamedTuple):
    """A written note. onset, duration: exact ticks within the measure; velocity 0: not stated."""

    onset: Time
    duration: Time
    pitch: int
    cents: float
    velocity: int
    voice: str
    tie_start: bool
    tie_stop: bool
    tie_number: str
    shift: float


class Dynamic(NamedTuple):
    """A dynamic: from `onset` on, or (accent) for the notes at `onset` alone."""

    onset: Time
    velocity: int
    accent: bool


@dataclass
class Jumps:
    """The repeat signs of a measure."""

    forward: bool = False
    backward: int = 0
    endings: frozenset[int] = frozenset()
    ending_stop: bool = False
    signs: dict[str, str] = field(default_factory=dict)


@dataclass
class RawMeasure:
    """A written measure of one part. Times are exact ticks from the measure's first moment.

    meter: (numerator, denominator) where one is stated. word_tempos: of words alone (Allegro).
    losses: what of the measure is not kept.
    """

    number: str
    length: Time = 0
    meter: tuple[int, int] | None = None
    senza_misura: bool = False
    notes: list[RawNote] = field(default_factory=list)
    keys: list[tuple[Time, Key]] = field(default_factory=list)
    tempos: list[tuple[Time, float]] = field(default_factory=list)
    swings: list[tuple[Time, float]] = field(default_factory=list)
    word_tempos: list[tuple[Time, float]] = field(default_factory=list)
    dynamics: list[Dynamic] = field(default_factory=list)
    chords: list[tuple[Time, Chord | None]] = field(default_factory=list)
    mark: str = ""
    jumps: Jumps = field(default_factory=Jumps)
    losses: Counter[str] = field(default_factory=Counter)


class Instrument(NamedTuple):
    """An instrument of the part list. channel, program, drum: from 0, as in MIDI; -1 if unsaid."""

    channel: int = -1
    program: int = -1
    drum: int = -1
    sound: str = ""


_LARGEST = 10**12
_DIGITS = 40


def number(text: str | None, where: str) -> Time:
    """An exact number of the file; `FileFormatError` names the place."""
    cleaned = (text or "").strip()
    try:
        value = float(cleaned)
        if abs(value) <= _LARGEST and len(cleaned) <= _DIGITS:
            return int(value) if value.is_integer() else Fraction(cleaned)
    except ValueError:
        value = math.nan
    reason = (
        "is not a number"
        if math.isnan(value)
        else f"is too large or too long; allowed: up to {_LARGEST}, in at most {_DIGITS} digits"
    )
    raise FileFormatError(f"{where}: {cleaned[:20]!r} {reason}; the MusicXML is damaged")
