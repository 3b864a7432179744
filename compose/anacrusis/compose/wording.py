"""Words for people: counts with their noun, and titles and names that fit on one line."""

import difflib
import re
from collections.abc import Iterable

from .errors import PlanError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""Control characters, line ends, halves of surrogate pairs and what XML never allows."""


def counted(count: int, noun: str) -> str:
    """A number and its noun, in the plural where it is not one.

    >>> counted(1, "bar"), counted(2, "bar"), counted(0, "note")
    ('1 bar', '2 bars', '0 notes')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def bars_in_words(full: int, pickup: bool) -> str:
    """How long a piece is, as musicians count: full bars, and a pickup that is none of them.

    >>> bars_in_words(32, True), bars_in_words(1, False)
    ('32 bars and a pickup', '1 bar')
    """
    return counted(full, "bar") + (" and a pickup" if pickup else "")


def has_control(text: str) -> bool:
    """Whether a text holds characters that no title or name should."""
    return _CONTROL.search(text) is not None


def one_line(text: str) -> str:
    """Text without control characters, blanks run together.

    >>> one_line("Ferry\\nat dusk\\x00 ")
    'Ferry at dusk'
    """
    return " ".join(_CONTROL.sub(lambda found: " " * found[0].isspace(), text).split())


def shortened(text: str, limit: int = 80) -> str:
    """The text in quotes for an error message, cut where it is long.

    >>> shortened("leap 7"), shortened("only C D E F", 6)
    ("'leap 7'", "'only C'...")
    """
    return repr(text) if len(text) <= limit else f"{text[:limit]!r}..."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean X? `` where a known word is close, else nothing."""
    near = difflib.get_close_matches(word[:60].lower(), list(known), n=1)
    return f"did you mean {near[0]}? " if near else ""


def check_line(what: str, text: str) -> None:
    """Raise `PlanError` where a title or name is no text, or not on one line."""
    if not isinstance(text, str):
        raise PlanError(f"{what} is {text!r}; write it as text")
    if has_control(text):
        raise PlanError(
            f"{what} {text[:40]!r} holds control characters or line ends; write it on one line "
            "without them"
        )
