"""Whether a value is a number within bounds, whatever a caller in Python may have given."""

import math
from typing import SupportsFloat, SupportsIndex

MAX_SEED = 2**63 - 1
"""Seeds are whole numbers from 0 to this."""


def is_whole(value: object, low: float, high: float = math.inf) -> bool:
    """Whether a value is an integer (of Python or NumPy) from `low` to `high`.

    >>> is_whole(8, 1, 16), is_whole(8.0, 1, 16), is_whole("8", 1, 16), is_whole(True, 1, 16)
    (True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        return False
    return low <= value.__index__() <= high


def is_number(value: object, low: float, high: float) -> bool:
    """Whether a value is a real number from `low` to `high`.

    >>> is_number(92, 20, 400), is_number(0.5, 0, 1), is_number("fast", 20, 400)
    (True, True, False)
    """
    if isinstance(value, bool) or not isinstance(value, SupportsFloat):
        return False
    try:
        return low <= float(value) <= high
    except (TypeError, ValueError, OverflowError):
        return False
