"""Words of a rule's text: names in quotes where they would be misread, dashes, words of a list."""

import re
from collections.abc import Collection, Sequence
from decimal import Decimal

from ..errors import PlanError
from ..wording import did_you_mean

DASH = r"[-\u2010-\u2015\u2212]"
"""A hyphen, a dash or a minus, whatever the keyboard or a word processor made of it."""
TO = rf"(?:{DASH}|\bto\b|\.\.)"
"""What stands between two ends."""
QUOTED = r'"(?:[^"]|"")*"'
"""A name in quotes; a quote that belongs to it is doubled."""
BEFORE_PLACE = ("in", "at")
_KEYWORDS = {*BEFORE_PLACE, "all", "weight", "bar", "bars"}
_STEP = re.compile(rf"(?:\+|{DASH})\d+")
_OPEN = rf"(?<![^\s,]){QUOTED}"
"""Quotes open at the start of a word; elsewhere, as in a 12" mix, they are letters."""


def written(name: str) -> str:
    """A name as it stands in a rule's text.

    >>> written("verse 2"), written("in"), written("a, b"), written('12" mix')
    ('verse 2', '"in"', '"a, b"', '"12"" mix"')
    """
    words = name.split()
    plain = (
        words
        and " ".join(words) == name
        and not re.search('[":,]', name)
        and not any(word.lower() in _KEYWORDS or _STEP.fullmatch(word) for word in words)
    )
    return name if plain else in_quotes(name)


def in_quotes(name: str) -> str:
    """The name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def unquoted(text: str) -> str:
    """The name that a text stands for; undoes `written`."""
    if re.fullmatch(QUOTED, text):
        return text[1:-1].replace('""', '"')
    return " ".join(text.split())


def split_names(text: str) -> tuple[str, ...]:
    """Names with commas between them.

    >>> split_names('flute, "a, b"')
    ('flute', 'a, b')
    """
    parts = (part.strip() for part in re.findall(rf"(?:{_OPEN}|[^,])+", text))
    return tuple(unquoted(part) for part in parts if part)


def split_words(text: str) -> list[str]:
    """Words between blanks; a name in quotes is one word."""
    return re.findall(rf"(?<!\S){QUOTED}(?!\S)|\S+", text)


def colons(text: str) -> list[int]:
    """Where colons stand that are not within quotes."""
    return [found.start() for found in re.finditer(f"{_OPEN}|:", text) if found[0] == ":"]


def check_choice(what: str, value: object, allowed: Collection[str], else_: str = "") -> None:
    """Raise `PlanError` for a value that is not among the words allowed."""
    if not isinstance(value, str) or value not in allowed:
        hint = did_you_mean(value, allowed) if isinstance(value, str) else ""
        raise PlanError(f"{what} {value!r:.60}; {hint}allowed: {', '.join(allowed)}{else_}")


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names for an error message, as many as one can read."""
    shown = ", ".join(name[:40] for name in names[:most])
    return (shown or "none") + (f" and {len(names) - most} more" if len(names) > most else "")


def plain_number(value: float) -> str:
    """The shortest text that reads back as the number, without an exponent.

    >>> plain_number(24), plain_number(0.25), plain_number(1e-6)
    ('24', '0.25', '0.000001')
    """
    return f"{Decimal(repr(float(value))):f}".removesuffix(".0")
