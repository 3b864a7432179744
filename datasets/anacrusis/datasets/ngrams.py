"""A piece as the set of its n-grams, by which the same music is known again in any key.

Three kinds of line give them:

- **melody**: the highest, and the lowest, note at each onset of a track (the skyline), as intervals
  without rhythm (Downie 1999, Uitdenbogerd and Zobel 1999), so that a tune is known in other note
  values and other settings. A pitch that is struck again counts once: sources differ in what they
  hold and what they repeat.
- **texture**: all notes of a track at each onset, with their rhythm in proportions.
- **chords**: of a chart without notes, roots and qualities. Its loops come in any order and key,
  so that their place and pitch say nothing; they are 0.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.chord import QUALITIES
from anacrusis.compose.score import ChordSpan, Score, Track

MELODY, TEXTURE, CHORDS = 8, 6, 12
"""Steps of an n-gram of each kind. Chords are few and go in loops: it takes more of them."""
OSTINATO = 32
"""Notes within which a melodic n-gram comes three times where it is a figure of accompaniment."""
_BASE = 0x9E3779B97F4A7C15
_QUALITY = {quality: index for index, quality in enumerate(QUALITIES)}

Integers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


class NGrams(NamedTuple):
    """The distinct n-grams of the lines of a piece: arrays of equal length, line by line.

    gram: 64-bit hash. line: number of the line within the piece. place: index within the line of
    its first note where it comes first. pitch: that note. melodic: for each
    line (a shorter array), whether it is a melody.
    """

    gram: Hashes
    line: Integers
    place: Integers
    pitch: Integers
    melodic: NDArray[np.bool_]


class _Line(NamedTuple):
    gram: Hashes
    place: Integers
    pitch: Integers
    melodic: bool


def ngrams(score: Score) -> NGrams:
    """The n-grams of all pitched tracks, or of the chords where there are no tracks."""
    pitched = [track for track in score.tracks if track.notes and not track.is_drums]
    lines = [line for track in pitched for line in _lines(score, track)]
    if not score.tracks:
        lines = [_chord_line(score.chords)]
    lines = [line for line in lines if len(line.gram)]
    sizes = [len(line.gram) for line in lines]
    return NGrams(
        np.concatenate([np.zeros(0, np.uint64), *(line.gram for line in lines)]),
        np.repeat(np.arange(len(lines)), sizes),
        np.concatenate([np.zeros(0, np.int64), *(line.place for line in lines)]),
        np.concatenate([np.zeros(0, np.int64), *(line.pitch for line in lines)]),
        np.array([line.melodic for line in lines], bool),
    )


def _lines(score: Score, track: Track) -> Iterator[_Line]:
    """Melodies (the lowest notes only where they are not the highest) and texture of a track."""
    onsets = np.array([note.onset for note in track.notes])
    pitches = np.array([note.pitch for note in track.notes])
    starts = np.flatnonzero(np.diff(onsets, prepend=-1))
    top, bottom = np.maximum.reduceat(pitches, starts), np.minimum.reduceat(pitches, starts)
    for line in (top, bottom)[: 1 + bool(np.any(top != bottom))]:
        moving = line[np.diff(line, prepend=-1) != 0]
        yield _line(moving, _mixed(np.diff(moving)), MELODY, melodic=True)
    beat = _on_beat(score, onsets[starts])
    if not np.all(beat):
        moving = top[beat]
        moving = moving[np.diff(moving, prepend=-1) != 0]
        yield _line(moving, _mixed(np.diff(moving)), MELODY, melodic=True)
    between = np.diff(onsets[starts])
    if len(between) > 1:
        above = pitches - np.repeat(bottom, np.diff(starts, append=len(pitches)))
        shapes = np.add.reduceat(_mixed(above), starts)
        unit = np.gcd(between[1:], between[:-1])
        proportions = _mixed((between[1:] // unit << 32) + between[:-1] // unit)
        steps = _mixed(np.diff(bottom)) + shapes[:-1]
        texture = _line(bottom, _mixed(steps[:-1] + proportions), TEXTURE, melodic=False)
        yield texture._replace(place=np.zeros_like(texture.place))


def _on_beat(score: Score, onsets: Integers) -> NDArray[np.bool_]:
    starts = np.array(score.bar_starts)
    bars = np.searchsorted(starts, onsets, side="right") - 1
    beats = np.array([bar.meter.beats[1] if len(bar.meter.beats) > 1 else 12 for bar in score.bars])
    lead = np.zeros(len(starts), np.int64)
    lead[0] = score.lead(0)
    inside = onsets - starts[bars] + lead[bars]
    found: NDArray[np.bool_] = inside % beats[np.minimum(bars, len(beats) - 1)] == 0
    return found


def _chord_line(chords: tuple[ChordSpan, ...]) -> _Line:
    sounding = [span.chord for span in chords if not span.chord.is_none]
    roots = np.array([chord.root_class for chord in sounding], np.int64)
    kinds = np.array([_QUALITY[chord.quality] for chord in sounding], np.int64)
    moving = np.ones(len(roots), bool)
    moving[1:] = (np.diff(roots) != 0) | (np.diff(kinds) != 0)
    roots, kinds = roots[moving], kinds[moving]
    steps = np.diff(roots) % 12 + 12 * (kinds[1:] + len(QUALITIES) * kinds[:-1])
    grams = _line(roots, _mixed(steps), CHORDS, melodic=False).gram
    nowhere = np.zeros(len(grams), np.int64)
    return _Line(grams, nowhere, nowhere, melodic=False)


def _line(pitches: Integers, steps: Hashes, length: int, *, melodic: bool) -> _Line:
    """Each distinct window of `length` steps, where it comes first."""
    if len(steps) < length:
        nothing = np.zeros(0, np.int64)
        return _Line(nothing.astype(np.uint64), nothing, nothing, melodic)
    powers = np.array([pow(_BASE, k, 2**64) for k in range(length)], np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(steps, length)
    grams = (windows * powers).sum(axis=1)
    order = np.argsort(grams, kind="stable")
    ordered = grams[order]
    first = np.diff(ordered, prepend=~ordered[:1]) != 0
    if melodic:
        again = np.zeros(len(order), bool)
        again[:-2] = (ordered[2:] == ordered[:-2]) & (order[2:] - order[:-2] <= OSTINATO)
        run = np.cumsum(first) - 1
        first &= ~(np.bincount(run, again) > 0)[run]
    places = order[first]
    return _Line(grams[places], places, pitches[places], melodic)


def _mixed(values: Integers | Hashes) -> Hashes:
    """The bits of each value spread over all 64 (SplitMix64), so that sums of them can stand."""
    mixed = values.astype(np.uint64) + np.uint64(_BASE)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
