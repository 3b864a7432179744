"""Meter: bar length, beats and strong beats, on the grid of 12 ticks per quarter note."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .errors import SymbolError

TICKS_PER_QUARTER = 12
"""The composing grid: sixteenths (3 ticks) and eighth-note triplets (4 ticks) are exact."""

_WHOLE = 4 * TICKS_PER_QUARTER
MAX_NUMERATOR = {2: 4, 4: 8, 8: 15, 16: 15}
"""Meters the grid holds: denominator -> largest numerator. No bar is longer than 96 ticks."""
MAX_BAR_TICKS = 96

# How asymmetric meters divide into beats, in denominator units (the common reading of each).
_ASYMMETRIC = {
    5: (3, 2),
    7: (2, 2, 3),
    8: (3, 3, 2),
    10: (3, 3, 2, 2),
    11: (3, 3, 3, 2),
    13: (3, 3, 3, 2, 2),
    14: (3, 3, 3, 3, 2),
}


@dataclass(frozen=True, order=True)
class Meter:
    """A time signature, for example ``Meter(6, 8)``.

    Raises `SymbolError` for meters the grid does not hold.

    >>> Meter.parse("7/8").ticks, Meter(7, 8).beats, Meter(4, 4).strong
    (42, (0, 12, 24), (0, 24))
    """

    numerator: int = 4
    denominator: int = 4

    def __post_init__(self) -> None:
        limit = MAX_NUMERATOR.get(self.denominator, 0)
        if not 1 <= self.numerator <= limit:
            allowed = ", ".join(f"1/{d} to {n}/{d}" for d, n in MAX_NUMERATOR.items())
            raise SymbolError(
                f"meter {self.numerator}/{self.denominator} is not supported; allowed: {allowed}"
            )

    @staticmethod
    def parse(text: str) -> "Meter":
        """Read ``"6/8"``; ``"C"`` and ``"C|"`` mean 4/4 and 2/2."""
        cleaned = str(text).strip()
        cleaned = {"C": "4/4", "C|": "2/2"}.get(cleaned, cleaned)
        match = re.fullmatch(r"(\d{1,3})\s*/\s*(\d{1,3})", cleaned)
        if not match:
            raise SymbolError(f"meter {text!r} cannot be read; write it like 4/4, 3/4 or 6/8")
        return Meter(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def unit(self) -> int:
        """Ticks of one denominator unit."""
        return _WHOLE // self.denominator

    @property
    def ticks(self) -> int:
        """Ticks of a full bar."""
        return self.numerator * self.unit

    @cached_property
    def beats(self) -> tuple[int, ...]:
        """Onsets of the felt beats: quarters in 4/4, dotted quarters in 6/8, 2+2+3 in 7/8."""
        n = self.numerator
        if self.denominator >= 8 and n in _ASYMMETRIC:
            groups = _ASYMMETRIC[n]
        elif self.denominator >= 8 and n > 3 and n % 3 == 0:
            groups = (3,) * (n // 3)
        elif self.denominator >= 8 and n % 2 == 0:
            groups = (2,) * (n // 2)
        else:
            groups = (1,) * n
        onsets, tick = [], 0
        for group in groups:
            onsets.append(tick)
            tick += group * self.unit
        return tuple(onsets)

    @property
    def has_quarter_beats(self) -> bool:
        """Whether every beat is one or more whole quarter notes, whose halves can swing.

        >>> [str(m) for m in map(Meter.parse, ("4/4", "2/2", "6/8", "7/8")) if m.has_quarter_beats]
        ['4/4', '2/2']
        """
        return all(tick % TICKS_PER_QUARTER == 0 for tick in (*self.beats, self.ticks))

    @cached_property
    def strong(self) -> tuple[int, ...]:
        """Onsets of the metrically strong beats.

        The downbeat; the third of four beats; each group's start in asymmetric meters (5/4 counts
        as 3+2, 7/4 as 4+3, 6/4 as 3+3); every second beat of longer even bars.
        """
        beats = self.beats
        n = len(beats)
        if self.denominator >= 8 and self.numerator in _ASYMMETRIC:
            return beats
        if self.denominator < 8 and n in (5, 7):
            return (beats[0], beats[3 if n == 5 else 4])
        if n % 3 == 0 and n > 3:
            return beats[::3]
        if n >= 4 and n % 2 == 0:
            return beats[::2]
        if self.denominator >= 8 and n == 2:
            return beats
        return beats[:1]


@lru_cache(maxsize=1)
def all_meters() -> tuple[Meter, ...]:
    """Every meter the grid holds, ordered by denominator and numerator."""
    return tuple(Meter(n, d) for d, top in MAX_NUMERATOR.items() for n in range(1, top + 1))
