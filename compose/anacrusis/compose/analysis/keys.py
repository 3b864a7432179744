"""Key estimation by pitch-class profile.

Krumhansl & Schmuckler's method (Krumhansl 1990, "Cognitive Foundations of Musical Pitch") with the
profiles of Albrecht & Shanahan 2013, "The use of large corpora to train a new type of key-finding
algorithm". Where a signature is known, its major and relative minor are preferred.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..key import Key
from ..score import Score
from .profiles import pitch_class_weights, pitched_notes

# Relative frequency of each scale degree, tonic first (Albrecht & Shanahan 2013, table 1).
MAJOR_PROFILE = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR_PROFILE = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)

_SIGNATURE_BONUS = 0.25
"""What the printed signature is worth, as correlation."""
_ENDING_BONUS = 0.15
"""What it is worth that the tonic is the last bass note."""


@lru_cache(maxsize=1)
def _profiles() -> NDArray[np.float64]:
    """`[24, 12]` standardised profiles: majors from C up, then minors."""
    rows = [np.roll(p, tonic) for p in (MAJOR_PROFILE, MINOR_PROFILE) for tonic in range(12)]
    table = np.array(rows)
    table = table - table.mean(axis=1, keepdims=True)
    return np.asarray(table / np.linalg.norm(table, axis=1, keepdims=True))


def key_correlations(weights: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of a pitch-class histogram `[12]` with each key `[24]`: majors, then minors."""
    centred = np.asarray(weights, dtype=np.float64) - np.mean(weights)
    norm = float(np.linalg.norm(centred))
    return np.zeros(24) if norm == 0 else np.asarray(_profiles() @ (centred / norm))


def estimate_key(
    source: Score | Sequence[float] | NDArray[np.float64],
    *,
    fifths: int | None = None,
    start: int = 0,
    end: int | None = None,
) -> Key:
    """The key of a score (or of its ticks `start` to `end`), or of a histogram `[12]`.

    fifths: the printed signature, if one can be trusted. Music without pitches gives the major
    key of the signature, or C major.

    >>> str(estimate_key([4, 0, 2, 0, 3, 1, 0, 3, 0, 1, 0, 1]))
    'C major'
    >>> str(estimate_key([0] * 12, fifths=-1))
    'F major'
    """
    last_bass: int | None = None
    if isinstance(source, Score):
        weights = pitch_class_weights(source, start, end)
        last_bass = _last_bass(source, start, source.ticks if end is None else end)
    else:
        weights = np.asarray(source, dtype=np.float64)
    if not weights.any():
        return Key.from_fifths(fifths or 0)
    value = key_correlations(weights)
    if last_bass is not None:
        value[[last_bass, 12 + last_bass]] += _ENDING_BONUS
    if fifths is not None:
        tonic = 7 * fifths % 12
        value[[tonic, 12 + (tonic + 9) % 12]] += _SIGNATURE_BONUS
    best = int(value.argmax())
    mode = "major" if best < 12 else "minor"
    if fifths is not None:
        written = Key.from_fifths(fifths, mode)
        if written.tonic_class == best % 12:
            return written
    return Key.from_class(best % 12, mode)


def _last_bass(score: Score, start: int, end: int) -> int | None:
    """Pitch class of the lowest note that sounds at the end of the stretch."""
    notes = pitched_notes(score)
    inside = notes[(notes[:, 0] < end) & (notes[:, 1] > start)]
    if not len(inside):
        return None
    final = inside[np.minimum(inside[:, 1], end) == np.minimum(inside[:, 1], end).max()]
    return int(final[:, 2].min()) % 12
