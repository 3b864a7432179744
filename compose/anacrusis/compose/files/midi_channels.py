"""Which MIDI channel each track plays on: sixteen there are, one of them the drum kit's."""

from collections.abc import Sequence
from typing import NamedTuple

from ..errors import FileFormatError
from ..instruments import DRUM_KIT

DRUM_CHANNEL = 9
"""Channel 10, counted from 0."""
_PITCHED = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)


class Strike(NamedTuple):
    """A note as it is played, in MIDI ticks."""

    on: int
    off: int
    pitch: int


class Voice(NamedTuple):
    """A track that needs a channel: its program and its notes, sorted by the tick they begin."""

    program: int
    strikes: Sequence[Strike]


def assign_channels(voices: Sequence[Voice]) -> list[int]:
    """A channel for each voice, so that every note sounds with its own program.

    Up to fifteen pitched voices get one each. Beyond that, voices of one program share a channel
    where they never hold the same pitch at once, and other voices where they never sound together
    (the program then changes between them). Raises `FileFormatError` where that is not enough.
    """
    pitched = [index for index, voice in enumerate(voices) if voice.program != DRUM_KIT]
    channels = [DRUM_CHANNEL] * len(voices)
    if len(pitched) <= len(_PITCHED):
        for index, channel in zip(pitched, _PITCHED, strict=False):
            channels[index] = channel
        return channels
    members: dict[int, list[int]] = {}
    for index in pitched:
        program = voices[index].program
        same = [c for c, held in members.items() if voices[held[0]].program == program]
        free = [channel for channel in _PITCHED if channel not in members][:1]
        for channel in (*same, *free, *members):
            held = members.get(channel, [])
            if all(_compatible(voices[index], voices[other]) for other in held):
                members.setdefault(channel, []).append(index)
                channels[index] = channel
                break
        else:
            raise FileFormatError(
                f"{len(pitched)} pitched tracks need more than the {len(_PITCHED)} channels a MIDI "
                "file has; allowed: fifteen instruments sounding at once; merge tracks, or save "
                "as JSON"
            )
    return channels


def _compatible(a: Voice, b: Voice) -> bool:
    if a.program != b.program:
        return _apart(a.strikes, b.strikes)
    one, other = _by_pitch(a), _by_pitch(b)
    return all(_apart(one[pitch], other[pitch]) for pitch in one.keys() & other.keys())


def _by_pitch(voice: Voice) -> dict[int, list[Strike]]:
    found: dict[int, list[Strike]] = {}
    for strike in voice.strikes:
        found.setdefault(strike.pitch, []).append(strike)
    return found


def _apart(a: Sequence[Strike], b: Sequence[Strike]) -> bool:
    """Whether no note of `a` sounds together with, or touches, a note of `b`."""
    ends = [-1, -1]
    for strike, side in sorted([*((strike, 0) for strike in a), *((strike, 1) for strike in b)]):
        if strike.on <= ends[1 - side]:
            return False
        ends[side] = max(ends[side], strike.off)
    return True
