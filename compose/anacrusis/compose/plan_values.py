"""Single values of a plan file: lines, numbers, shares."""

import re
from collections.abc import Callable

from .errors import PlanError
from .plan_section import VARIED
from .wording import check_line

_SPREAD = 0.1
"""How far a share that is given as one number may be missed."""
_SHARE = r"(?:0?\.\d{1,6}|[01](?:\.\d{0,6})?)"
_BAND = re.compile(rf"({_SHARE})(?:\s*(?:-|\u2013|to|\.\.)\s*({_SHARE}))?")
_VARIATION = re.compile(rf"(.*\S)\s*=\s*vary\s*\(\s*(.*[^\s,])\s*,\s*({_BAND.pattern})\s*\)")
_PLAIN_VARIATION = re.compile(r"(.*\S)\s*=\s*vary\s*\(\s*(.*\S)\s*\)")


def line(what: str) -> Callable[[str], str]:
    """Text on one line; the line end of a YAML block is no part of it."""

    def read(text: str) -> str:
        text = text.rstrip("\n")
        check_line(what, text)
        return text

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number between two others."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,20}", text) or not low <= int(text) <= high:
            raise PlanError(
                f"{text!r} cannot be taken; allowed: a whole number from {low} to {high}"
            )
        return int(text)

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """A number between two others, also with ``bpm`` behind it."""

    def read(text: str) -> float:
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{0,20})?)(?:\s*bpm)?", text)
        if not match or not low <= float(match[1]) <= high:
            raise PlanError(f"{text!r} cannot be taken; allowed: a number from {low:g} to {high:g}")
        return float(match[1])

    return read


def band(text: str) -> tuple[float, float]:
    """The lowest and highest share: ``0.2-0.4``, or ``0.3`` for the same.

    >>> band("0.3"), band("0.5-1")
    ((0.2, 0.4), (0.5, 1.0))
    """
    match = _BAND.fullmatch(text.strip())
    if not match:
        raise PlanError(f"change {text!r} cannot be read; write a share like 0.3, or 0.2-0.4")
    low, high = float(match[1]), float(match[2] or match[1])
    if match[2] is None:
        low, high = (round(min(max(x, 0), 1), 6) for x in (low - _SPREAD, high + _SPREAD))
    return low, high


def variation(text: str) -> tuple[str, str, tuple[float, float]] | None:
    """The name, model and band of ``A' = vary(A, 0.3)``; None for other text.

    >>> variation("A' = vary(A, 0.3)")
    ("A'", 'A', (0.2, 0.4))
    """
    match = _VARIATION.fullmatch(text.strip())
    if match:
        return match[1], match[2], band(match[3])
    match = _PLAIN_VARIATION.fullmatch(text.strip())
    return None if match is None else (match[1], match[2], VARIED)
