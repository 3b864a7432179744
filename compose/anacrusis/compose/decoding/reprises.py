"""Which bars repeat the music of which, where a plan brings sections back."""

from ..plan import Plan
from ..score import Score


def reprised_bars(plan: Plan, skeleton: Score) -> dict[int, int]:
    """Bar -> the earlier bar whose music it repeats, the first of all that are alike.

    skeleton: a score with the bars and sections of the plan.
    """
    copied: dict[int, int] = {}
    first: dict[str, int] = {}
    for planned, placed in zip(plan.sections, skeleton.sections, strict=True):
        if planned.reprise is not None:
            for offset in range(placed.bars):
                source = first[planned.reprise] + offset
                copied[placed.bar + offset] = copied.get(source, source)
        first.setdefault(planned.name, placed.bar)
    return copied
