"""Chord analysis: which chord each beat of a score stands for.

Each beat is a bag of pitch classes. A chord explains a bag by the probability it gives to its own
tones, and to the few others; its bass likewise. The best path through the beats (Viterbi 1967)
pays for every change of chord, least at bar starts and most within a beat, as harmonic rhythm does.
After the template methods of Pardo & Birmingham 2002, "Algorithms for chordal analysis".
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..chord import Chord
from ..key import Key
from ..score import ChordSpan, Score
from ..spelling import spell_chord
from .harmonise import harmonise
from .path import best_path
from .profiles import NO_BASS, Segments, in_silent_bars, segment_profiles

# quality: semitones, probability of each tone, cost of choosing it in each beat.
# The rest of the probability is shared by the tones outside the chord.
_TEMPLATES: dict[str, tuple[tuple[int, ...], tuple[float, ...], float]] = {
    "maj": ((0, 4, 7), (0.33, 0.27, 0.25), 0.0),
    "min": ((0, 3, 7), (0.33, 0.27, 0.25), 0.0),
    "dim": ((0, 3, 6), (0.31, 0.27, 0.27), 0.70),
    "aug": ((0, 4, 8), (0.30, 0.27, 0.28), 0.60),
    "7": ((0, 4, 7, 10), (0.27, 0.22, 0.18, 0.20), 0.25),
    "min7": ((0, 3, 7, 10), (0.27, 0.22, 0.18, 0.20), 0.45),
    "maj7": ((0, 4, 7, 11), (0.27, 0.22, 0.18, 0.20), 0.60),
    "hdim7": ((0, 3, 6, 10), (0.25, 0.22, 0.20, 0.20), 0.35),
    "dim7": ((0, 3, 6, 9), (0.23, 0.22, 0.21, 0.21), 0.40),
    "sus4": ((0, 5, 7), (0.31, 0.27, 0.27), 1.00),
}
_BASS_PROBABILITY = (0.60, 0.15, 0.10, 0.06)
_SYMMETRIC = {"dim7": 0.22, "aug": 0.27}
"""Chords whose every tone could be the root: the bass says little about them."""
_BASS_FOREIGN = 0.015
_MASS = 2.4
"""How strongly one full beat of chord speaks."""
_BASS_WEIGHT = 0.9
_ONE_VOICE = 1.1
"""Mean number of voices below which a score is a melody alone."""
_CHROMATIC = 0.18
"""Cost per beat of a chord tone outside the key."""
_CHANGE = np.array((4.5, 2.6, 1.7, 1.0))
"""Cost of a change by metrical level: within a beat, at a beat, strong beat, bar start."""


class _Vocabulary(NamedTuple):
    roots: NDArray[np.int64]
    qualities: list[str]
    tones: NDArray[np.bool_]
    log_tone: NDArray[np.float64]
    log_bass: NDArray[np.float64]
    cost: NDArray[np.float64]


@lru_cache(maxsize=1)
def _vocabulary() -> _Vocabulary:
    roots, qualities, tones, log_tone, log_bass, cost = [], [], [], [], [], []
    for quality, (intervals, probabilities, price) in _TEMPLATES.items():
        for root in range(12):
            tone = np.full(12, (1.0 - sum(probabilities)) / (12 - len(intervals)))
            bass = np.full(12, _BASS_FOREIGN)
            for place, (interval, p) in enumerate(zip(intervals, probabilities, strict=True)):
                tone[(root + interval) % 12] = p
                bass[(root + interval) % 12] = _SYMMETRIC.get(quality, _BASS_PROBABILITY[place])
            member = np.zeros(12, dtype=bool)
            member[[(root + i) % 12 for i in intervals]] = True
            roots.append(root)
            qualities.append(quality)
            tones.append(member)
            log_tone.append(np.log(tone))
            log_bass.append(np.log(bass))
            cost.append(price)
    return _Vocabulary(
        np.array(roots),
        qualities,
        np.array(tones),
        np.array(log_tone),
        np.array(log_bass),
        np.array(cost),
    )


def analyse_chords(score: Score, key: Key | None = None) -> tuple[ChordSpan, ...]:
    """The chords of a score's pitched tracks, in order, spelled in the key.

    key: one key for the whole score; None takes the score's own keys, where it has any. Bars in
    which nothing sounds are left out of the lane. A melody alone is harmonised. A slash bass is
    written only where a chord tone other than the root lies lowest from the chord's first moment
    to the end of its first beat.
    """
    segments = segment_profiles(score)
    mass = segments.profile.sum(axis=1)
    if not mass.any():
        return ()
    if mass[mass > 0].mean() < _ONE_VOICE:
        return harmonise(score, key)
    keys = [key or score.key_at(int(tick)) for tick in segments.starts]
    path = best_path(_emissions(segments, keys), _CHANGE[segments.level])
    spans: list[ChordSpan] = []
    silent = in_silent_bars(score, segments)
    states = _resolve_diminished(path, keys)
    begin = 0
    for index in range(1, len(path) + 1):
        if index < len(path) and path[index] == path[begin] and silent[index] == silent[begin]:
            continue
        if not silent[begin]:
            start, end = int(segments.starts[begin]), int(segments.ends[index - 1])
            chord = _spell(states[begin], int(segments.onset_bass[begin]), keys[begin])
            spans.append(ChordSpan(start, end - start, chord))
        begin = index
    return tuple(spans)


def _emissions(segments: Segments, keys: list[Key | None]) -> NDArray[np.float64]:
    """Log-likelihood of each segment under each chord, `[n, chords]`."""
    vocabulary = _vocabulary()
    mass = segments.profile.sum(axis=1, keepdims=True)
    presence = np.minimum(mass, 1.0)
    share = segments.profile / np.maximum(mass, 1e-9)
    value = _MASS * presence * (share @ vocabulary.log_tone.T)
    value += _BASS_WEIGHT * (segments.bass @ vocabulary.log_bass.T)
    value -= presence * vocabulary.cost
    chromatic: dict[Key, NDArray[np.float64]] = {}
    for row, key in enumerate(keys):
        if key is not None:
            if key not in chromatic:
                outside = np.ones(12, dtype=bool)
                outside[list(key.scale)] = False
                if key.mode == "minor":
                    outside[(key.tonic_class + 11) % 12] = False
                chromatic[key] = _CHROMATIC * (vocabulary.tones & outside).sum(axis=1)
            value[row] -= presence[row] * chromatic[key]
    return np.asarray(value)


def _resolve_diminished(path: NDArray[np.int64], keys: list[Key | None]) -> list[int]:
    """Name each diminished seventh by its leading tone: that of the next root, else of the key."""
    vocabulary = _vocabulary()
    first = vocabulary.qualities.index("dim7")
    states = [int(state) for state in path]
    following: int | None = None
    for index in range(len(states) - 1, -1, -1):
        state = states[index]
        if vocabulary.qualities[state] != "dim7":
            following = int(vocabulary.roots[state])
            continue
        root = int(vocabulary.roots[state])
        key = keys[index]
        targets = [] if following is None else [following]
        targets += [] if key is None else [key.tonic_class, (key.tonic_class + 7) % 12]
        for target in targets:
            if (target - 1 - root) % 3 == 0:
                root = (target - 1) % 12
                break
        states[index] = first + root
    return states


def _spell(state: int, onset_bass: int, key: Key | None) -> Chord:
    vocabulary = _vocabulary()
    root, quality = int(vocabulary.roots[state]), vocabulary.qualities[state]
    bass = None
    if onset_bass != NO_BASS and vocabulary.tones[state, onset_bass]:
        bass = onset_bass
    return spell_chord(root, quality, bass, key)
