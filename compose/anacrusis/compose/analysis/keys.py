"""Key estimation by pitch-class profile.

Krumhansl & Schmuckler's method (Krumhansl 1990, "Cognitive Foundations of Musical Pitch") with the
profiles of Albrecht & Shanahan 2013, "The use of large corpora to train a new type of key-finding
algorithm". Where a signature is known, its major and relative minor are preferred. A piece is cut
where its key changes by the best path through its bars (Viterbi 1967).
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..key import Key
from ..score import KeyChange, Score
from .bars import melody_line
from .path import best_path
from .profiles import pitch_class_weights, pitched_notes, segment_profiles

# Relative frequency of each scale degree, tonic first (Albrecht & Shanahan 2013, table 1).
MAJOR_PROFILE = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR_PROFILE = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)

_SIGNATURE_BONUS = 0.25
"""What the printed signature is worth, as correlation."""
_ENDING_BONUS = 0.05
"""What it is worth that the tonic is the last bass note, or the last melody note."""
_MODULATION = 60.0
"""Log-likelihood that a change of key must gain, counted in quarter notes of one voice."""
_LOUDEST = 1.3
"""A pitch class counts for no more than this many voices in a beat."""


def _profile_table() -> NDArray[np.float64]:
    """`[24, 12]` probability of each class: majors from C up, then minors."""
    rows = [np.roll(p, tonic) for p in (MAJOR_PROFILE, MINOR_PROFILE) for tonic in range(12)]
    return np.array(rows)


@lru_cache(maxsize=1)
def _profiles() -> NDArray[np.float64]:
    """The profiles standardised, `[24, 12]`."""
    table = _profile_table()
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
    final: tuple[int, ...] = ()
    if isinstance(source, Score):
        weights = pitch_class_weights(source, start, end)
        final = _last_notes(source, start, source.ticks if end is None else end)
    else:
        weights = np.asarray(source, dtype=np.float64)
    if not weights.any():
        return Key.from_fifths(fifths or 0)
    value = key_correlations(weights)
    for pitch_class in final:
        value[[pitch_class, 12 + pitch_class]] += _ENDING_BONUS
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


def analyse_keys(score: Score) -> tuple[KeyChange, ...]:
    """The keys of a score from its notes alone: the first from tick 0, others at bar lines.

    Each stretch between two changes is named by `estimate_key`.
    """
    segments = segment_profiles(score)
    bar_of = np.searchsorted(score.bar_starts, segments.starts, side="right") - 1
    quarters = (segments.ends - segments.starts)[:, None] / 12
    weights = np.zeros((len(score.bars), 12))
    np.add.at(weights, bar_of, np.minimum(segments.profile, _LOUDEST) * quarters)
    path = best_path(weights @ np.log(_profile_table()).T, _MODULATION)
    changes: list[KeyChange] = []
    firsts = [0, *(int(bar) + 1 for bar in np.flatnonzero(np.diff(path)))]
    for bar, after in zip(firsts, [*firsts[1:], len(path)], strict=True):
        start, end = score.bar_starts[bar], score.bar_starts[after]
        key = estimate_key(score, start=start, end=end)
        if not changes or changes[-1].key != key:
            changes.append(KeyChange(start, key))
    return tuple(changes)


def _last_notes(score: Score, start: int, end: int) -> tuple[int, ...]:
    """Pitch classes of the lowest note that sounds at the end of the stretch, and of the last
    melody note."""
    notes = pitched_notes(score)
    inside = notes[(notes[:, 0] < end) & (notes[:, 1] > start)]
    if not len(inside):
        return ()
    final = inside[np.minimum(inside[:, 1], end) == np.minimum(inside[:, 1], end).max()]
    line = melody_line(score)
    sung = line.pitches[(line.onsets >= start) & (line.onsets < end)]
    return int(final[:, 2].min()) % 12, *(int(pitch) % 12 for pitch in sung[-1:])
