"""How long the pickup of an ABC tune is: a MIDI file made from it has lost that."""

from dataclasses import replace

from anacrusis.compose.errors import AnacrusisError
from anacrusis.compose.score import TICKS_PER_QUARTER, Bar, Score

from .abc_tune import parse_tune


def pickup_ticks(abc: str) -> int:
    """Ticks of music before the first bar line of the tune's first voice; 0 for a full bar."""
    try:
        tune = parse_tune(abc)
    except AnacrusisError:
        return 0
    if tune.free:
        return 0
    first = tune.measures[0]
    ticks = first.length * 4 * TICKS_PER_QUARTER
    return int(ticks) if ticks.denominator == 1 and ticks < first.meter.ticks else 0


def with_pickup(score: Score, ticks: int) -> Score:
    """The score with its bar lines moved so that the first bar lasts `ticks`.

    Scores that change meter stay as they are.
    """
    meters = {bar.meter for bar in score.bars}
    meter = score.bars[0].meter
    if ticks <= 0 or len(meters) > 1 or any(bar.length for bar in score.bars):
        return score
    count = -(-(score.ticks - ticks) // meter.ticks)
    return replace(score, bars=(Bar(meter, ticks), *(Bar(meter),) * count), sections=())
