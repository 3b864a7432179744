"""What an instrument's hands can play (`Playable`), as facts."""

from typing import NamedTuple

from ..meter import TICKS_PER_QUARTER
from .facts import ALL, Facts, pitch_set

KEYBOARDS = range(0, 24)
HANDS = 2
"""Keys that two hands always reach: one each."""
WINDS = frozenset({*range(52, 55), *range(56, 80)})
BREATH = 24 * TICKS_PER_QUARTER


class Strings(NamedTuple):
    """Open strings (pitches), places on each, width of the hand, and whether they are bowed."""

    tuning: tuple[int, ...]
    places: int
    width: int
    bowed: bool = False


_GUITAR = Strings((40, 45, 50, 55, 59, 64), 22, 4)
_BASS = Strings((28, 33, 38, 43), 22, 4)
_VIOLIN = Strings((55, 62, 69, 76), 24, 5, True)
STRINGS: dict[int, Strings] = {
    **dict.fromkeys(range(24, 32), _GUITAR),
    **dict.fromkeys(range(32, 40), _BASS),
    40: _VIOLIN,
    41: Strings((48, 55, 62, 69), 24, 5, True),
    42: Strings((36, 43, 50, 57), 24, 5, True),
    43: Strings((28, 33, 38, 43), 24, 5, True),
    110: _VIOLIN,
}
"""Program -> its strings."""


def say_playable(facts: Facts, number: int, track: int, bars: list[int]) -> int | None:
    """A track can be played in these bars; the ticks of a breath, for instruments that need it."""
    program = facts.frame.plan.tracks[track].program
    if program in WINDS:
        for bar in bars:
            facts.say("most", number, track, bar, 1)
        return BREATH
    alone = facts.most(track)
    if program in KEYBOARDS and alone > HANDS:
        facts.say("ordered", track)
        for bar in bars:
            facts.say("hands", number, track, bar)
    elif program in STRINGS:
        _say_strings(facts, number, track, bars, STRINGS[program], alone)
    return None


def _say_strings(
    facts: Facts, number: int, track: int, bars: list[int], strings: Strings, alone: int
) -> None:
    fits = {
        (tone + place, index, place)
        for index, tone in enumerate(strings.tuning)
        for place in range(strings.places + 1)
    }
    others = ALL & ~pitch_set(pitch for pitch, _, _ in fits)
    for bar in bars:
        for tick in facts.ticks(bar):
            facts.refuse(number, track, tick, others)
    if alone == 1:
        return
    for bar in bars:
        facts.say("most", number, track, bar, 2 if strings.bowed else len(strings.tuning))
        facts.say("strings", number, track, bar, strings.width)
    for pitch, index, place in fits:
        facts.say("fits", track, pitch, index, place)
    for index in range(len(strings.tuning)):
        facts.say("course", track, index)
    if strings.bowed:
        facts.say("bowed", track)
