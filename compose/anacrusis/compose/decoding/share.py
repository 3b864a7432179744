"""A share of the notes, drawn at random: which parts of some music are to change.

Subset sums are found with sets of bits: which sums the first parts can reach. Going back from a
sum, each part is drawn among what leaves a sum that the parts before it reach.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np


class Part(NamedTuple):
    """Music that changes together.

    options: how many notes change in each of the ways it may be changed: 0 first where it may stay
    as it was, last all of it. liking: how much rather than others it is
    changed as a whole. bars: where it is.
    """

    options: tuple[int, ...]
    liking: float
    bars: range


def in_band(changed: int, total: int, band: tuple[float, float]) -> bool:
    """Whether so many of all notes are a share within a band."""
    return band[0] <= (changed / total if total else 0.0) <= band[1]


def slack(changed: int, total: int, high: float) -> int | None:
    """How many notes may come in addition, each a change, without too much changing; None: any."""
    if high >= 1:
        return None
    share = Fraction(high)
    more = int((share * total - changed) / (1 - share))
    while more > 0 and (changed + more) / (total + more) > high:
        more -= 1
    return more


def draw_share(
    parts: Sequence[Part],
    total: int,
    band: tuple[float, float],
    rng: np.random.Generator,
    whole: bool,
    nearest: float | None = None,
) -> list[int] | None:
    """Which option of each part is taken, so that the notes that change are a share in the band.

    total: notes in all. whole: parts change as wholes or not at all, but those that would be more
    than half of it. nearest: the share that is come as near to as can be; None: the middle of the
    band. None where no choice reaches the band.

    >>> rng = np.random.default_rng(0)
    >>> parts = [Part((0, n), 1.0, range(n, n + 1)) for n in (1, 3, 5)]
    >>> draw_share(parts, 9, (0.4, 0.5), rng, True)
    [1, 1, 0]
    """
    order = rng.permutation(len(parts)).tolist()
    wanted = total * (sum(band) / 2 if nearest is None else nearest)
    large = {place for place, part in enumerate(parts) if part.options[-1] > wanted / 2}
    allowed = [_allowed(parts[place], whole and place not in large) for place in order]
    reach = [1]
    for place, options in zip(order, allowed, strict=True):
        found = 0
        for option in options:
            found |= reach[-1] << parts[place].options[option]
        reach.append(found)
    sums = [s for s in range(total + 1) if reach[-1] >> s & 1 and in_band(s, total, band)]
    if not sums:
        return None
    left = min(sums, key=lambda s: (abs(s - wanted), s))
    taken = [0] * len(parts)
    room = sum(parts[place].options[-1] for place in order)
    used: set[int] = set()
    for index in reversed(range(len(order))):
        part, before = parts[order[index]], reach[index]
        able = [
            option
            for option in allowed[index]
            if left >= part.options[option] and before >> (left - part.options[option]) & 1
        ]
        share = left / room if room else 0.0
        split = 1.0 if order[index] in large else 0.2
        weights = np.array([_weight(part, option, share, used, split) for option in able]) + 1e-9
        option = able[int(rng.choice(len(able), p=weights / weights.sum()))]
        if part.options[option]:
            used.update(part.bars)
        taken[order[index]] = option
        left -= part.options[option]
        room -= part.options[-1]
    return taken


def _allowed(part: Part, whole: bool) -> list[int]:
    """The options of a part, each number of notes once."""
    last = len(part.options) - 1
    if whole:
        return [last] if part.options[0] else sorted({0, last})
    counts = enumerate(part.options)
    return list({count: option for option, count in reversed(list(counts))}.values())


def _weight(part: Part, option: int, share: float, used: set[int], split: float) -> float:
    """How readily an option is drawn where so much is left to change.

    split: how readily a part is changed in part, beside as a whole.
    """
    fresh = 1.0 if used.isdisjoint(part.bars) else 0.5
    changes = min(share * part.liking * fresh, 0.95)
    if not part.options[option]:
        return 1 - changes
    whole = option == len(part.options) - 1
    return changes * (1 - 0.75 * split) if whole else split * changes / len(part.options)
