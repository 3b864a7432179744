"""Sets of durations as integers: bit `d - 1` stands for `d` ticks."""

from ..tokens.vocabulary import MAX_DURATION

ANY = (1 << MAX_DURATION) - 1


def up_to(longest: int) -> int:
    """The durations from one tick to `longest`; none where it is less than one."""
    return (1 << min(max(longest, 0), MAX_DURATION)) - 1


def only(ticks: int) -> int:
    """A single duration; none where no token holds it."""
    return 1 << (ticks - 1) if 1 <= ticks <= MAX_DURATION else 0
