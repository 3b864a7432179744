"""Choices among chords beside rules on notes: others are tried where the first leave no way."""

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from ..plan import Plan

TRIED = 64
"""Combinations of stated choices that are tried."""
DRAWN = 8
"""Charts that are drawn anew where the model is free to choose."""


def others(plan: Plan) -> Iterator[Plan]:
    """The plan again, its choices among chords made in one way after the other; where it has none,
    as it is, so that what it leaves open can be drawn anew.

    All ways where there are up to `TRIED`, in an order that depends on the seed.
    """
    places = [
        (number, bar, place, at.options)
        for number, section in enumerate(plan.sections)
        for bar, row in enumerate(section.chords or ())
        for place, at in enumerate(row)
        if at.others
    ]
    if not places:
        yield from [plan] * DRAWN
        return
    draw = random.Random(plan.seed)
    options = [chords for *_, chords in places]
    if math.prod(map(len, options)) <= TRIED:
        ways = list(product(*options))
        draw.shuffle(ways)
    else:
        ways = [tuple(map(draw.choice, options)) for _ in range(TRIED)]
    for way in ways:
        sections = list(plan.sections)
        for (number, bar, place, _), chord in zip(places, way, strict=True):
            section = sections[number]
            assert section.chords is not None
            rows = [list(row) for row in section.chords]
            rows[bar][place] = replace(rows[bar][place], chord=chord, others=())
            sections[number] = replace(section, chords=tuple(map(tuple, rows)))
        yield replace(plan, sections=tuple(sections))
