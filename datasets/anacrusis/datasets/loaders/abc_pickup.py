"""How long the pickup of an ABC tune is: a MIDI file made from it has lost that.

Follows the ABC standard 2.1: note lengths are multiples of ``L:``, a tuplet ``(3`` puts three notes
in the time of two.
"""

import re
from dataclasses import replace
from fractions import Fraction

from anacrusis.compose.errors import SymbolError
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import TICKS_PER_QUARTER, Bar, Score

_TOKEN = re.compile(
    r"""(?P<tuplet>\((?P<count>[2-9])(?::[\d:]*)?)
      | (?P<note>(?:\[[^\]|:]*\]|[=^_]*[A-Ga-gzx][,']*))(?P<top>\d*)(?P<slashes>/*)(?P<bottom>\d*)
      | (?P<broken>[<>]+)
      | (?P<bar>\|)""",
    re.VERBOSE,
)
_TUPLET_TIME = {2: 3, 3: 2, 4: 3, 5: 2, 6: 2, 7: 2, 8: 3, 9: 2}


def pickup_ticks(abc: str) -> int:
    """Ticks of music before the first bar line of the tune's first voice; 0 for a full bar."""
    meter, unit = Meter(4, 4), None
    for line in abc.splitlines():
        field = re.match(r"([A-Za-z]):\s*([^%]*)", line)
        if field and field[1] == "M":
            try:
                meter = Meter.parse(field[2].strip())
            except SymbolError:
                return 0
        elif field and field[1] == "L":
            unit = Fraction(field[2].strip())
        elif line.strip() and not line.startswith("%") and not field:
            music = re.sub(r"\[[A-Za-z]:[^\]]*\]|![^!]*!|\+[^+]*\+|\"[^\"]*\"|\{[^}]*\}", "", line)
            length = _first_bar(music.partition("%")[0], unit or _usual_unit(meter))
            if length:
                ticks = length * 4 * TICKS_PER_QUARTER
                whole = ticks.denominator == 1 and ticks < meter.ticks
                return int(ticks) if whole else 0
    return 0


def _usual_unit(meter: Meter) -> Fraction:
    return Fraction(1, 8 if meter.numerator / meter.denominator >= 0.75 else 16)


def _first_bar(music: str, unit: Fraction) -> Fraction:
    """Length of the music before the first bar line that has music before it, in whole notes."""
    total, factor, left = Fraction(0), Fraction(1), 0
    for found in _TOKEN.finditer(music):
        if found["bar"]:
            if total:
                return total
        elif found["tuplet"]:
            left = int(found["count"])
            factor = Fraction(_TUPLET_TIME[left], left)
        elif found["note"]:
            length = Fraction(int(found["top"] or 1))
            if found["slashes"]:
                length /= int(found["bottom"]) if found["bottom"] else 2 ** len(found["slashes"])
            total += length * unit * (factor if left else 1)
            left = max(left - 1, 0)
    return Fraction(0)


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
