"""Sets of pitches as integers: bit `p` stands for MIDI pitch `p`.

Look-ahead asks many small questions of sets; on integers each costs a tenth of what it does on
arrays.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

PitchSet = int
Mask = npt.NDArray[np.bool_]

PITCHES = 128
ALL: PitchSet = (1 << PITCHES) - 1
OF_CLASS: tuple[PitchSet, ...] = tuple(
    sum(1 << pitch for pitch in range(pitch_class, PITCHES, 12)) for pitch_class in range(12)
)
"""For each pitch class the pitches of all octaves."""


def pitch_set(pitches: Iterable[int]) -> PitchSet:
    """The set of some pitches."""
    found = 0
    for pitch in pitches:
        found |= 1 << pitch
    return found


def of_classes(classes: Iterable[int]) -> PitchSet:
    """The pitches of some pitch classes, in all octaves.

    >>> list(members(of_classes([0, 7])))[:4]
    [0, 7, 12, 19]
    """
    found = 0
    for pitch_class in classes:
        found |= OF_CLASS[pitch_class]
    return found


def between(low: int, high: int) -> PitchSet:
    """The pitches from `low` to `high`, both among them."""
    return (ALL >> (PITCHES - 1 - high)) & (ALL << low) if 0 <= low <= high < PITCHES else 0


def above(pitch: int) -> PitchSet:
    """The pitches higher than `pitch`; -1: all."""
    return ALL & (-1 << (pitch + 1))


def below(pitch: int) -> PitchSet:
    """The pitches lower than `pitch`; -1: none."""
    return (1 << max(pitch, 0)) - 1


def moved(pitches: PitchSet, interval: int) -> PitchSet:
    """The pitches, so many semitones higher."""
    return (pitches << interval if interval > 0 else pitches >> -interval) & ALL


def near(pitches: PitchSet) -> PitchSet:
    """The pitches one or two semitones from a member."""
    return (pitches << 1 | pitches << 2 | pitches >> 1 | pitches >> 2) & ALL


def highest(pitches: PitchSet) -> int:
    """The highest member; -1 of none."""
    return pitches.bit_length() - 1


def members(pitches: PitchSet) -> Iterator[int]:
    """The members, from the lowest."""
    while pitches:
        lowest = pitches & -pitches
        yield lowest.bit_length() - 1
        pitches ^= lowest


def to_array(bits: int, size: int = PITCHES) -> Mask:
    """Boolean [size]: whether each bit is set. size: a multiple of 8."""
    packed = np.frombuffer(bits.to_bytes(size // 8, "little"), np.uint8)
    return np.unpackbits(packed, bitorder="little").view(np.bool_)


def from_array(mask: Mask) -> int:
    """The integer of a boolean array."""
    return int.from_bytes(np.packbits(mask, bitorder="little").tobytes(), "little")
