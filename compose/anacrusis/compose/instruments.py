"""Instruments: General MIDI programs, roles, and the range each role and instrument plays in."""

import re
from functools import lru_cache
from typing import NamedTuple

from .errors import SymbolError

ROLES = ("melody", "counter", "chords", "arpeggio", "pad", "bass", "drums")
"""What a track does in the music, in the order tracks are written."""

_FAMILIES = """
acoustic grand piano|bright acoustic piano|electric grand piano|honky-tonk piano
electric piano 1|electric piano 2|harpsichord|clavinet
celesta|glockenspiel|music box|vibraphone
marimba|xylophone|tubular bells|dulcimer
drawbar organ|percussive organ|rock organ|church organ
reed organ|accordion|harmonica|bandoneon
nylon guitar|steel guitar|jazz guitar|clean guitar
muted guitar|overdriven guitar|distortion guitar|guitar harmonics
acoustic bass|fingered bass|picked bass|fretless bass
slap bass 1|slap bass 2|synth bass 1|synth bass 2
violin|viola|cello|contrabass
tremolo strings|pizzicato strings|harp|timpani
strings|slow strings|synth strings 1|synth strings 2
choir aahs|voice oohs|synth voice|orchestra hit
trumpet|trombone|tuba|muted trumpet
french horn|brass section|synth brass 1|synth brass 2
soprano sax|alto sax|tenor sax|baritone sax
oboe|english horn|bassoon|clarinet
piccolo|flute|recorder|pan flute
blown bottle|shakuhachi|whistle|ocarina
square lead|saw lead|calliope lead|chiff lead
charang lead|voice lead|fifths lead|bass and lead
new age pad|warm pad|polysynth pad|choir pad
bowed pad|metallic pad|halo pad|sweep pad
rain fx|soundtrack fx|crystal fx|atmosphere fx
brightness fx|goblins fx|echoes fx|sci-fi fx
sitar|banjo|shamisen|koto
kalimba|bagpipe|fiddle|shanai
tinkle bell|agogo|steel drums|woodblock
taiko drum|melodic tom|synth drum|reverse cymbal
guitar fret noise|breath noise|seashore|bird tweet
telephone ring|helicopter|applause|gunshot
"""

GM_NAMES: tuple[str, ...] = tuple(
    name for line in _FAMILIES.strip().splitlines() for name in line.split("|")
)
"""General MIDI level 1 names by program number 0-127."""

DRUM_KIT = -1
"""The program number that stands for the drum kit (as in MidiTok)."""

DRUM_PITCHES = (27, 87)
"""Lowest and highest drum of General MIDI 2."""

_ALIASES = {
    "piano": 0, "grand piano": 0, "electric piano": 4, "rhodes": 4, "organ": 16, "hammond": 16,
    "guitar": 24, "acoustic guitar": 24, "electric guitar": 27, "bass": 33, "electric bass": 33,
    "double bass": 32, "upright bass": 32, "synth bass": 38, "string ensemble": 48,
    "choir": 52, "voice": 52, "soprano": 52, "horn": 60, "brass": 61, "saxophone": 65, "sax": 65,
    "synth lead": 80, "lead": 80, "synth pad": 89, "pad": 89, "synth": 81, "vibes": 11,
    "drums": DRUM_KIT, "drum kit": DRUM_KIT, "percussion": DRUM_KIT, "cembalo": 6,
    "violin 1": 40, "violin 2": 40, "violin i": 40, "violin ii": 40, "violoncello": 42,
}  # fmt: skip

# Sounding ranges in MIDI numbers, after the usual orchestration charts (comfortable, not extreme).
_PROGRAM_RANGE: dict[range, tuple[int, int]] = {
    range(0, 8): (28, 100), range(8, 16): (53, 96), range(16, 24): (36, 96),
    range(24, 32): (40, 84), range(32, 40): (28, 55), range(40, 41): (55, 96),
    range(41, 42): (48, 84), range(42, 43): (36, 76), range(43, 44): (28, 60),
    range(44, 52): (36, 88), range(52, 56): (48, 79), range(56, 57): (54, 82),
    range(57, 58): (40, 72), range(58, 59): (29, 55), range(59, 60): (54, 82),
    range(60, 61): (41, 77), range(61, 64): (40, 82), range(64, 65): (56, 87),
    range(65, 66): (49, 80), range(66, 67): (44, 75), range(67, 68): (37, 68),
    range(68, 69): (58, 88), range(69, 70): (52, 81), range(70, 71): (34, 72),
    range(71, 72): (50, 88), range(72, 73): (74, 102), range(73, 80): (60, 96),
    range(80, 88): (48, 96), range(88, 96): (40, 88),
}  # fmt: skip


class RoleDefault(NamedTuple):
    """What a track of a role is when the plan does not say."""

    program: int
    low: int
    high: int
    polyphony: int
    rest: int


_ROLE_DEFAULTS = {
    "melody": RoleDefault(73, 60, 84, 1, 1),
    "counter": RoleDefault(71, 52, 79, 1, 2),
    "chords": RoleDefault(0, 43, 79, 5, 1),
    "arpeggio": RoleDefault(24, 45, 81, 2, 2),
    "pad": RoleDefault(48, 48, 79, 4, 2),
    "bass": RoleDefault(33, 28, 52, 1, 0),
    "drums": RoleDefault(DRUM_KIT, 35, 59, 4, 0),
}


def role_default(role: str) -> RoleDefault:
    """Program, range and polyphony of a role; `SymbolError` for an unknown role."""
    if role not in _ROLE_DEFAULTS:
        raise SymbolError(f"role {role!r} is unknown; allowed: {', '.join(ROLES)}")
    return _ROLE_DEFAULTS[role]


def program_range(program: int) -> tuple[int, int]:
    """Lowest and highest sounding pitch an instrument plays comfortably."""
    for programs, limits in _PROGRAM_RANGE.items():
        if program in programs:
            return limits
    return (35, 81) if program == DRUM_KIT else (36, 96)


def program_name(program: int) -> str:
    """General MIDI name of a program; ``"drums"`` for `DRUM_KIT`."""
    return "drums" if program == DRUM_KIT else GM_NAMES[program]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, int]:
    return {name: number for number, name in enumerate(GM_NAMES)} | _ALIASES


def parse_instrument(text: str | int) -> int:
    """Program number of a General MIDI name, a usual short name, or a number 0-127.

    >>> parse_instrument("cello"), parse_instrument("drums"), parse_instrument(73)
    (42, -1, 73)
    """
    names = _by_name()
    if isinstance(text, int) and not isinstance(text, bool):
        if 0 <= text <= 127 or text == DRUM_KIT:
            return text
        raise SymbolError(f"program {text} is not in General MIDI; allowed: 0 to 127, or drums")
    cleaned = re.sub(r"[\s_]+", " ", str(text).strip().lower())
    if cleaned in names:
        return names[cleaned]
    import difflib

    near = difflib.get_close_matches(cleaned, names, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "use a General MIDI name or 0 to 127"
    raise SymbolError(f"instrument {text!r} is unknown; {hint}")


def role_of_instrument(program: int) -> str:
    """The role an instrument takes when nothing else is said."""
    if program == DRUM_KIT or 112 <= program <= 119:
        return "drums" if program == DRUM_KIT else "chords"
    if 32 <= program <= 39 or program in (43, 58):
        return "bass"
    if program in range(24, 32) or program in range(0, 8) or program in range(16, 24):
        return "chords"
    if program in range(44, 56) or program in range(88, 104):
        return "pad"
    return "melody"
