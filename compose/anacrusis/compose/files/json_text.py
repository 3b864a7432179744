"""JSON text for people: strict when read, short entries on one line when written."""

import json
import math
from typing import Any

from ..errors import FileFormatError, ScoreError
from .limits import check_bytes

_WIDTH = 96


def parse_json(text: str) -> Any:
    """Read JSON as RFC 8259 has it.

    Raises `FileFormatError` for what is not JSON, and for what readers disagree on: a key given
    twice, NaN, infinities and numbers beyond a double; also for over 50 MB, and for brackets nested
    too deep for the parser.
    """
    check_bytes(len(text), "the JSON")
    if not text.strip():
        raise FileFormatError("the JSON is empty; write the score again")
    try:
        return json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        raise FileFormatError(
            f"this is not JSON: {error.msg} in line {error.lineno}, column {error.colno}; "
            "correct it there, or write the file again"
        ) from None
    except (ValueError, RecursionError) as error:
        raise FileFormatError(
            f"this is not JSON that can be read: {error}; write the file again"
        ) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise FileFormatError(f"the JSON key {twice[:40]!r} is given twice; keep one of them")
    return found


def _no_constant(name: str) -> float:
    raise FileFormatError(f"the JSON holds {name}; allowed: numbers only; correct it")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise FileFormatError(f"the JSON number {digits[:40]} is too large; allowed: a double")
    return number


def format_json(value: Any) -> str:
    """JSON text that ends in a line break: what fits stands on one line, keys keep their order.

    Raises `ScoreError` for text that is not Unicode.

    >>> print(format_json({"a": [[0, 60], [12, 62]], "b": "x"}), end="")
    {"a": [[0, 60], [12, 62]], "b": "x"}
    """
    out: list[str] = []
    try:
        _format(value, "", "", out)
        text = "".join(out) + "\n"
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ScoreError(
            f"{error.object[error.start - 10 : error.end]!r} is not Unicode text; rename it"
        ) from None
    return text


def _format(value: Any, before: str, indent: str, out: list[str]) -> None:
    """Append `value`, which `before` (its key) precedes on the line, to `out`."""
    if not isinstance(value, dict | list) or len(value) <= _WIDTH:
        line = json.dumps(value, ensure_ascii=False, allow_nan=False)
        small = len(line) + len(before) + len(indent) <= _WIDTH
        if small or not isinstance(value, dict | list):
            out.append(before + line)
            return
    deeper = indent + "  "
    pairs = (
        [(json.dumps(key, ensure_ascii=False) + ": ", item) for key, item in value.items()]
        if isinstance(value, dict)
        else [("", item) for item in value]
    )
    out.append(before + ("{" if isinstance(value, dict) else "["))
    for index, (name, item) in enumerate(pairs):
        out.append(("," if index else "") + "\n" + deeper)
        _format(item, name, deeper, out)
    out.append("\n" + indent + ("}" if isinstance(value, dict) else "]"))
