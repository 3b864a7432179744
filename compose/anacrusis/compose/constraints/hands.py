"""What hands can play: whether pitches that sound together lie within reach on an instrument."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from .pitchset import ALL, PitchSet, between, members, moved

WIND_BREATH = 24
"""Quarter notes after which a wind player breathes."""
HAND = 16
"""Semitones that a hand spans on a keyboard: a tenth."""
FINGERS = 5
FRETS = 22
GRASP = 4
"""Frets that a hand covers beside the first."""
GUITAR = (40, 45, 50, 55, 59, 64)
BASS = (28, 33, 38, 43)
BOWED = {
    40: (55, 62, 69, 76),
    41: (48, 55, 62, 69),
    42: (36, 43, 50, 57),
    43: (28, 33, 38, 43),
    110: (55, 62, 69, 76),
}
POSITIONS = 24
STOP = 5
"""Semitones between the fingers of a double stop, along the strings."""


def is_wind(program: int) -> bool:
    """Whether breath sounds it: voices, brass, reeds and pipes."""
    return 52 <= program <= 54 or 56 <= program <= 79


def compass(program: int) -> PitchSet:
    """The pitches that an instrument with strings has; all pitches for any other."""
    if program in BOWED:
        return between(BOWED[program][0], BOWED[program][-1] + POSITIONS)
    if 24 <= program < 40:
        strings = GUITAR if program < 32 else BASS
        return between(strings[0], strings[-1] + FRETS)
    return ALL


def playable(program: int, pitches: Sequence[int]) -> bool:
    """Whether pitches, sorted, can sound together on an instrument.

    >>> playable(0, [36, 40, 43, 60, 64, 67]), playable(0, [36, 48, 60, 72, 84])
    (True, False)
    >>> playable(40, [55, 62]), playable(40, [56, 76]), playable(24, [40, 47, 52, 56, 59, 64])
    (True, False, True)
    """
    if len(pitches) < 2:
        return True
    if program < 24:
        return any(
            _in_one_hand(pitches[:cut]) and _in_one_hand(pitches[cut:])
            for cut in range(len(pitches) + 1)
        )
    if program < 40:
        return _on_frets(tuple(pitches), GUITAR if program < 32 else BASS)
    if program in BOWED:
        return len(pitches) == 2 and _double_stop(pitches, BOWED[program])
    return not is_wind(program)


def _in_one_hand(pitches: Sequence[int]) -> bool:
    return len(pitches) <= FINGERS and (not pitches or pitches[-1] - pitches[0] <= HAND)


@lru_cache(maxsize=100_000)
def _on_frets(pitches: tuple[int, ...], strings: tuple[int, ...]) -> bool:
    """Whether each pitch finds a string of its own within one grasp."""
    if len(pitches) > len(strings):
        return False
    return any(
        _placed(pitches, strings, frozenset(), lowest) for lowest in range(1, FRETS + 1 - GRASP + 1)
    )


def _placed(
    pitches: tuple[int, ...], strings: tuple[int, ...], used: frozenset[int], lowest: int
) -> bool:
    if not pitches:
        return True
    for string, opened in enumerate(strings):
        fret = pitches[0] - opened
        held = fret == 0 or lowest <= fret <= min(lowest + GRASP, FRETS)
        if string not in used and held and _placed(pitches[1:], strings, used | {string}, lowest):
            return True
    return False


def _double_stop(pitches: Sequence[int], strings: Sequence[int]) -> bool:
    for low, high in pairwise(strings):
        for first, second in ((pitches[0], pitches[1]), (pitches[1], pitches[0])):
            one, other = first - low, second - high
            within = 0 <= one <= POSITIONS and 0 <= other <= POSITIONS
            if within and (not one or not other or abs(one - other) <= STOP):
                return True
    return False


Hands = tuple[int, int]
"""Who plays: an instrument (General MIDI program), so many semitones above a track's pitches."""


def reachable(hands: Iterable[Hands], sounding: Sequence[int], among: PitchSet) -> PitchSet:
    """Those pitches that all hands can play beside what sounds."""
    found = among & ALL
    for program, up in hands if sounding else ():
        theirs = tuple(pitch + up for pitch in sounding)
        found = moved(_reachable(program, theirs, moved(found, up)), -up)
    return found


@lru_cache(maxsize=10_000)
def _reachable(program: int, sounding: tuple[int, ...], among: PitchSet) -> PitchSet:
    found = 0
    for pitch in members(among):
        if playable(program, sorted({*sounding, pitch})):
            found |= 1 << pitch
    return found
