"""Pitches as a rule names them: with an octave, or in all octaves."""

import re
from collections.abc import Iterable

from ..errors import PlanError, SymbolError
from ..pitch import name_to_class, normalise_accidentals, parse_pitch


def check_tones(what: str, tones: Iterable[str] | str) -> tuple[str, ...]:
    """Names of pitches (``C4``) and pitch classes (``F#``), as a tuple; a text is split at blanks.

    Raises `PlanError` for what is neither, and where there are none.
    """
    words = re.split(r"[\s,]+", tones.strip()) if isinstance(tones, str) else list(tones)
    names = tuple(normalise_accidentals(str(word)) for word in words if str(word))
    if not names:
        raise PlanError(f"{what} names no pitches; write them like C4 or F#")
    for name in names:
        pitches_of(name)
    return names


def pitches_of(name: str) -> frozenset[int]:
    """The MIDI numbers that a name stands for: one, or those of all octaves.

    >>> sorted(pitches_of("C4")), sorted(pitches_of("F#"))[:2]
    ([60], [6, 18])
    """
    if re.fullmatch(r"[A-G](?:##|#|x|bb|b)?", name):
        return frozenset(range(name_to_class(name), 128, 12))
    try:
        return frozenset({parse_pitch(name)})
    except SymbolError as error:
        raise PlanError(f"pitch {name!r} cannot be read; write it like C4, F#3 or F#") from error


def union(names: Iterable[str]) -> frozenset[int]:
    """The MIDI numbers that any of the names stands for."""
    return frozenset().union(*(pitches_of(name) for name in names))
