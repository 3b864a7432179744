"""Pitches as a rule names them: with an octave, or in all octaves."""

import re
from collections.abc import Iterable

from ..bounds import is_whole
from ..errors import PlanError, SymbolError
from ..pitch import name_to_class, normalise_accidentals, parse_pitch

_CLASS = re.compile(r"[A-G](?:##|#|x|bb|b)?")


def check_tones(what: str, tones: Iterable[str | int] | str, most: int) -> tuple[str, ...]:
    """Names of pitches (``C4``) and pitch classes (``F#``), as a tuple; a text is split at blanks.

    Raises `PlanError` for what is neither, and where there are none or more than `most`.

    >>> check_tones("only", "c4 e♭ 67", 6)
    ('C4', 'Eb', '67')
    """
    words = re.split(r"[\s,]+", tones) if isinstance(tones, str) else tones
    if not isinstance(words, list | tuple):
        raise PlanError(f"{what} {words!r:.60}; write names of pitches, as a text or a list")
    names = tuple(_name(what, word) for word in words if word != "")
    if not names:
        raise PlanError(f"{what} names no pitches; write them like C4 or F#")
    if len(names) > most:
        raise PlanError(f"{what} names {len(names)} pitches; allowed: up to {most}")
    for name in names:
        pitches_of(name)
    return names


def pitch_number(what: str, pitch: object) -> int:
    """MIDI number of a name like ``C4`` or of a number; `PlanError` for anything else."""
    try:
        return parse_pitch(_name(what, pitch))
    except SymbolError as error:
        raise PlanError(f"{what}: {error}") from error


def pitch_class_name(what: str, name: object) -> str:
    """The name of a pitch class like ``F#``; `PlanError` for anything else."""
    written = _name(what, name)
    if not _CLASS.fullmatch(written):
        raise PlanError(f"{what} of {name!r:.60}; write its first tone like C, F# or Bb")
    return written


def _name(what: str, pitch: object) -> str:
    """The name as it is kept: plain accidentals, a capital letter."""
    if is_whole(pitch, 0, 127):
        return str(pitch)
    if not isinstance(pitch, str):
        raise PlanError(f"{what} {pitch!r:.60} is no pitch; write it like C4, F# or 60")
    name = normalise_accidentals(pitch.strip())
    return name[:1].upper() + name[1:]


def pitches_of(name: str) -> frozenset[int]:
    """The MIDI numbers that a name stands for: one, or those of all octaves.

    >>> sorted(pitches_of("C4")), sorted(pitches_of("F#"))[:2]
    ([60], [6, 18])
    """
    if _CLASS.fullmatch(name):
        return frozenset(range(name_to_class(name), 128, 12))
    try:
        return frozenset({parse_pitch(name)})
    except SymbolError as error:
        raise PlanError(
            f"pitch {name[:40]!r} cannot be read; write it like C4, F#3 or F#"
        ) from error


def union(names: Iterable[str]) -> frozenset[int]:
    """The MIDI numbers that any of the names stands for."""
    return frozenset().union(*(pitches_of(name) for name in names))
