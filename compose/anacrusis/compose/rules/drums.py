"""Families of drum patterns: which hits a groove has, and where kick and snare may be."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from ..errors import PlanError
from ..meter import Meter
from .base import Rule
from .words import check_choice

KICK = frozenset({35, 36})
SNARE = frozenset({37, 38, 39, 40})
HAT = frozenset({42, 44, 46, 51, 53, 59, 70, 82})
"""Hi-hats, rides, and the shakers that take their place."""


class Groove(NamedTuple):
    """A bar of a family in one meter, in sixteenths from the bar's start.

    kick, snare, hat: where one of these must be struck. kick_too, snare_too: where they may be,
    beside; nowhere else. Hats and all other drums are free.
    """

    kick: tuple[int, ...]
    snare: tuple[int, ...]
    hat: tuple[int, ...] = ()
    kick_too: tuple[int, ...] = ()
    snare_too: tuple[int, ...] = ()


_EIGHTHS = tuple(range(0, 16, 2))
_ALL = tuple(range(16))
FAMILIES: dict[str, dict[str, Groove]] = {
    "rock": {
        "4/4": Groove((0,), (4, 12), (0, 4, 8, 12), (2, 3, 6, 7, 8, 10, 11, 14, 15)),
        "3/4": Groove((0,), (4, 8), (0, 4, 8), (2, 3, 6, 10, 11)),
        "6/8": Groove((0,), (6,), (0, 6), (2, 4, 8, 10)),
        "12/8": Groove((0,), (6, 18), (0, 6, 12, 18), (4, 10, 12, 14, 16, 22)),
    },
    "four on the floor": {
        "4/4": Groove((0, 4, 8, 12), (4, 12), (2, 6, 10, 14), (), (15,)),
    },
    "half time": {
        "4/4": Groove((0,), (8,), (0, 4, 8, 12), (2, 3, 5, 6, 10, 11, 13, 14, 15)),
    },
    "backbeat": {
        "4/4": Groove((), (4, 12), (), _ALL, ()),
        "2/4": Groove((), (4,), (), tuple(range(8)), ()),
        "6/8": Groove((), (6,), (), tuple(range(12)), ()),
    },
    "bossa": {
        "4/4": Groove((0, 8), (), _EIGHTHS, (6, 14), (0, 3, 6, 10, 12, 13)),
    },
    "train": {
        "4/4": Groove((0, 8), (4, 12), (), (4, 12, 14), _ALL),
        "2/4": Groove((0,), (4,), (), (4, 6), tuple(range(8))),
    },
    "waltz": {
        "3/4": Groove((0,), (4, 8), (), (10,), ()),
        "6/8": Groove((0,), (4, 8), (), (6, 10), ()),
    },
    "march": {
        "4/4": Groove((0, 8), (4, 12), (), (), _ALL),
        "2/4": Groove((0,), (4,), (), (), tuple(range(8))),
    },
    "disco": {
        "4/4": Groove((0, 4, 8, 12), (4, 12), (2, 6, 10, 14), (), ()),
    },
}  # fmt: skip
"""Family -> meter -> the bar. After common teaching patterns; a sixteenth is 3 ticks."""


@dataclass(frozen=True)
class DrumPattern(Rule):
    """Each full bar of the span is a groove of a family (see `FAMILIES`).

    In each bar the hits it must have are there, and kick and snare are nowhere but where the family
    has or allows them. Raises `PlanError` for a family that the meter of a bar has none of (when
    the plan is made).
    """

    word: ClassVar[str] = "drums"
    kinds: ClassVar[str] = "drums"

    family: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("drum pattern", self.family, FAMILIES)

    def groove(self, meter: Meter) -> Groove:
        """The bar of the family in a meter."""
        found = FAMILIES[self.family].get(str(meter))
        if found is None:
            raise PlanError(
                f"drum pattern {self.family!r} in {meter}; it is known in "
                f"{', '.join(FAMILIES[self.family])}"
            )
        return found

    @property
    def _values(self) -> str:
        return self.family
