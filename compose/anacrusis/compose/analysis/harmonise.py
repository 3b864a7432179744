"""Chords for a melody alone.

One voice seldom spells its chords, so what is usual in the key decides with it: a hidden Markov
model (after Raphael & Stoddard 2004, "Functional harmonic analysis using probabilistic models")
whose states are the chords of the key. All numbers were counted in the lead sheets of OpenEWLD that
are in the public domain.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..chord import Chord
from ..key import Key
from ..roman import roman_to_chord
from ..score import TICKS_PER_QUARTER, ChordSpan, Score
from .keys import estimate_key
from .profiles import Segments, in_silent_bars, pitched_notes, segment_profiles

# Per mille of the beats that each chord of a major and of a minor key holds.
_MAJOR = {
    "I": 434, "V7": 186, "IV": 89, "ii": 48, "II7": 45, "V": 44, "vi": 35, "VI7": 20, "I7": 16,
    "III7": 12, "iv": 10, "iii": 9, "III": 6,
}  # fmt: skip
_MINOR = {
    "i": 327, "V7": 115, "III": 105, "iv": 69, "I": 69, "VI": 49, "V": 35, "VII7": 34, "VII": 31,
    "IV": 31, "IV7": 29, "I7": 28, "v": 13, "III7": 10,
}  # fmt: skip
_MOTION = (0.79, 1.33, 0.65, 0.32, 0.69, 1.87, 0.75, 1.04, 0.48, 0.83, 0.37, 0.98)
"""How much likelier than by chance a root moves up by so many semitones: best by a fourth."""
_CHANGE = (0.08, 0.08, 0.27, 0.66)
"""Chance of a new chord within a beat, at a beat, a strong beat, a bar's start."""
# Chance of each chord tone, root first, per melody note over a chord.
_TONES = {
    "maj": (0.308, 0.270, 0.255), "min": (0.225, 0.302, 0.214), "7": (0.237, 0.141, 0.286, 0.114),
}  # fmt: skip
_SCALE_TONE, _CHROMATIC_TONE = 0.046, 0.004
_MELODY_WEIGHT = 1.4
"""How much a melody note of one quarter says, against how usual a chord is."""
_ONSET = 0.3
"""Quarters that a note on the beat counts more."""
_PRIOR_PER_BEAT = 0.1
_MOTION_WEIGHT = 0.8


class _Chords(NamedTuple):
    """A key's chords; log chances: share `[n]`, motion `[n, n]` from row to column, tones
    `[n, 12]`."""

    chords: list[Chord]
    share: NDArray[np.float64]
    motion: NDArray[np.float64]
    tones: NDArray[np.float64]


def harmonise(score: Score, key: Key | None = None) -> tuple[ChordSpan, ...]:
    """Chords for the notes of a score, of which most beats hold only one.

    key: one key for the whole score; None takes the score's own keys, or estimates one. Bars in
    which nothing sounds get no chord.
    """
    segments = segment_profiles(score)
    if key is None and not score.keys:
        key = estimate_key(score)
    keys = [key or score.key_at(int(tick)) or score.keys[0].key for tick in segments.starts]
    firsts = [i for i, key in enumerate(keys) if i == 0 or key != keys[i - 1]]
    heard = _heard(score, segments)
    path: list[Chord] = []
    for first, after in zip(firsts, [*firsts[1:], len(keys)], strict=True):
        path += _best_chords(heard[first:after], segments.level[first:after], keys[first])
    return _spans(score, segments, path)


def _spans(score: Score, segments: Segments, path: list[Chord]) -> tuple[ChordSpan, ...]:
    """One span for each run of a chord."""
    spans: list[ChordSpan] = []
    silent = in_silent_bars(score, segments)
    for index in np.flatnonzero(~silent):
        start, end = int(segments.starts[index]), int(segments.ends[index])
        if spans and spans[-1].chord == path[index] and spans[-1].end == start:
            start = spans.pop().onset
        spans.append(ChordSpan(start, end - start, path[index]))
    return tuple(spans)


def _heard(score: Score, segments: Segments) -> NDArray[np.float64]:
    """How long each pitch class sounds in each segment, `[n, 12]` quarters, more on the beat."""
    heard = segments.profile * (segments.ends - segments.starts)[:, None] / TICKS_PER_QUARTER
    notes = pitched_notes(score)
    segment = np.searchsorted(segments.starts, notes[:, 0], side="right") - 1
    on_beat = segments.starts[segment] == notes[:, 0]
    np.add.at(heard, (segment[on_beat], notes[on_beat, 2] % 12), _ONSET)
    return heard


def _best_chords(notes: NDArray[np.float64], level: NDArray[np.int64], key: Key) -> list[Chord]:
    """The likeliest chord of each segment of a stretch in one key (Viterbi 1967)."""
    states = _chords_of(key)
    heard = _MELODY_WEIGHT * notes @ states.tones.T + _PRIOR_PER_BEAT * states.share
    n, count = heard.shape
    came_from = np.zeros((n, count), dtype=np.int64)
    total = states.share + heard[0]
    for index in range(1, n):
        change = _CHANGE[level[index]]
        moved = total[:, None] + _MOTION_WEIGHT * (states.motion + np.log(change))
        np.fill_diagonal(moved, total + _MOTION_WEIGHT * np.log(1 - change))
        came_from[index] = moved.argmax(axis=0)
        total = moved.max(axis=0) + heard[index]
    path = [int(total.argmax())]
    for index in range(n - 1, 0, -1):
        path.append(int(came_from[index, path[-1]]))
    return [states.chords[state] for state in reversed(path)]


@lru_cache(maxsize=64)
def _chords_of(key: Key) -> _Chords:
    minor = 3 in {(tone - key.tonic_class) % 12 for tone in key.scale}
    mode = Key(key.tonic, "minor" if minor else "major")
    table = _MINOR if minor else _MAJOR
    chords = [roman_to_chord(numeral, mode) for numeral in table]
    share = np.array(list(table.values()), dtype=float)
    share /= share.sum()
    roots = np.array([chord.root_class for chord in chords])
    motion = share[None, :] * np.array(_MOTION)[(roots[None, :] - roots[:, None]) % 12]
    np.fill_diagonal(motion, 0.0)
    motion /= motion.sum(axis=1, keepdims=True)
    np.fill_diagonal(motion, 1.0)
    scale = {*mode.scale, (mode.tonic_class + 11) % 12}
    tones = np.array(
        [[_SCALE_TONE if tone in scale else _CHROMATIC_TONE for tone in range(12)] for _ in chords]
    )
    for row, chord in zip(tones, chords, strict=True):
        row[list(chord.classes)] = _TONES[chord.quality]
    tones /= tones.sum(axis=1, keepdims=True)
    return _Chords(chords, np.log(share), np.log(motion), np.log(tones))
