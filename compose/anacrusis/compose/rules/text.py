"""Rules as text: ``melody, flute: leap 7 in bars 1-8``."""

import re
from collections.abc import Callable

from ..errors import AnacrusisError, PlanError
from .base import Rule, Wish
from .counterpoint import NoCrossing, NoParallels, Spacing
from .drums import DrumPattern
from .dynamics import Dynamics
from .harmony import Cadence, Modulation
from .line import Breath, Contour, Leap, Melody
from .pitches import Avoid, Only, Range, Require, Scale, Tessitura
from .rhythm import Grid, Onsets, Rhythm, Silent
from .texture import Doubling, Playable, Voices

MAX_TEXT = 4000
_SPAN = re.compile(r"(\S+?)\s*(?:-|\u2013|\bto\b|\.\.)\s*(\S+)")


def _pair(text: str) -> tuple[str, str]:
    match = _SPAN.fullmatch(text)
    if not match:
        raise PlanError(f"{text!r} cannot be read; write the lowest and the highest, like C4-A5")
    return match[1], match[2]


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,6}", text):
        raise PlanError(f"{text!r} cannot be read; write a whole number")
    return int(text)


def _counts(text: str) -> tuple[int, ...]:
    """``3``, ``2-6``, or ``2-`` without an upper end."""
    if re.fullmatch(r"\d{1,3}", text):
        return int(text), int(text)
    if re.fullmatch(r"\d{1,3}\s*-", text):
        return (int(text.rstrip("- ")),)
    low, high = _pair(text)
    return _whole(low), _whole(high)


def _number(text: str) -> float:
    if not re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", text):
        raise PlanError(f"{text!r} cannot be read; write a number")
    return float(text)


def _scale(text: str) -> tuple[str, str]:
    tonic, _, name = text.partition(" ")
    return tonic, name.strip() or "major"


def _doubling(text: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.*\S)\s+([+-]\d{1,3})", text)
    return (match[1], int(match[2])) if match else (text, 0)


def _dynamics(text: str) -> tuple[str, ...]:
    match = re.fullmatch(r"(\w+)\s*(?:-|\u2013|<|>|\bto\b)\s*(\w+)", text)
    return (match[1], match[2]) if match else (text,)


def _modulation(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"(?:to\s+)?(?:the\s+)?(.*?)(?:\s+by\s+(\w+))?", text)
    assert match
    return match[1], match[2] or "direct"


def _one(text: str) -> tuple[str]:
    return (text,)


def _nothing(text: str) -> tuple[()]:
    if text:
        raise PlanError(f"{text!r} is not understood here; nothing follows this rule")
    return ()


_READ: dict[type[Rule], Callable[[str], tuple[object, ...]]] = {
    Cadence: lambda text: (text,) if text else (), Modulation: _modulation, Range: _pair,
    Tessitura: _pair, Only: _one, Avoid: _one, Scale: _scale, Require: _one, Onsets: _counts,
    Grid: _one, Rhythm: _one, Silent: _nothing, Leap: lambda text: (_whole(text),), Contour: _one,
    Melody: _one, Breath: lambda text: (_number(text),), Voices: _counts, Playable: _nothing,
    Doubling: _doubling, NoParallels: _nothing, NoCrossing: _nothing,
    Spacing: lambda text: (_whole(text),) if text else (), DrumPattern: _one, Dynamics: _dynamics,
}  # fmt: skip
_WORDS = sorted(((kind.word, kind) for kind in _READ), key=lambda row: -len(row[0]))


def parse_rule(text: str) -> Rule:
    """Read a rule: ``[TRACKS:] RULE [VALUES] [in PLACE]``.

    TRACKS: names with commas, or ``all``. PLACE: ``bar 5``, ``bars 5-8``, or a section. Undoes
    `str(rule)`. Raises `PlanError` that names what is not understood.

    >>> parse_rule("melody: leap 7 in bars 1-8")
    Leap(tracks=('melody',), where=Bars(first=1, last=8), semitones=7)
    >>> str(parse_rule("cadence half in bar 8"))
    'cadence half in bar 8'
    """
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise PlanError(f"rule {text!r:.60}; write it as text of up to {MAX_TEXT} characters")
    try:
        return _parse(text)
    except AnacrusisError as error:
        if str(error).startswith("rule "):
            raise
        raise PlanError(f"rule {text!r}: {error}") from error


def _parse(text: str) -> Rule:
    tracks, rest = "", text.strip()
    if ":" in rest:
        tracks, _, rest = (part.strip() for part in rest.rpartition(":"))
    rest = re.sub(r"\s+", " ", rest)
    found = [row for row in _WORDS if rest == row[0] or rest.startswith(f"{row[0]} ")]
    if not found:
        raise PlanError(f"there is no such rule; rules: {', '.join(sorted(w for w, _ in _WORDS))}")
    word, kind = found[0]
    values, where = rest[len(word) :].strip(), None
    match = re.fullmatch(r"(.*?)(?:^|\s+)in (.+)", values)
    if match:
        values, where = match[1].strip(), match[2]
    return kind(*_READ[kind](values), tracks=tracks, where=where)


def parse_wish(text: str) -> Wish:
    """Read a rule that is preferred: its text, and ``weight 3`` behind where it is not 2.

    >>> parse_wish("melody: leap 5 weight 3").weight
    3.0
    """
    match = re.fullmatch(r"(.*\S)\s+weight\s+(\d{1,3}(?:\.\d{1,6})?)\s*", text)
    return Wish(parse_rule(match[1]), float(match[2])) if match else Wish(parse_rule(text))
