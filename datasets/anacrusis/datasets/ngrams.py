"""A piece as the set of its n-grams, by which the same music is known again in any key.

Three kinds of line give them:

- **melody**: the highest and the lowest note at each onset of a track (the skyline), and the top
  notes on the beats, as intervals without rhythm (Downie 1999, Uitdenbogerd and Zobel 1999): a
  tune is known in other note values, in other settings, with passing notes. A pitch that is
  struck again counts once: sources differ in what they hold and what they repeat.
- **texture**: all notes of a track at each onset, with their rhythm in proportions.
- **chords**: of a chart without notes, roots and qualities.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from anacrusis.compose.chord import QUALITIES
from anacrusis.compose.score import ChordSpan, Score, Track

MELODY, TEXTURE, CHORDS = 8, 6, 12
"""Steps of an n-gram of each kind. Chords are few and go in loops: it takes more of them."""
PITCHES = 4
"""Different pitches of a melodic n-gram: with fewer it is a trill or a figure of accompaniment."""
_BASE = 0x9E3779B97F4A7C15
_QUALITY = {quality: index for index, quality in enumerate(QUALITIES)}

Integers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


class NGrams(NamedTuple):
    """The distinct n-grams of the lines of a piece: arrays of equal length, line by line.

    gram: 64-bit hash. line: number of the line within the piece. place: index within the line of
    its first note where it comes first; 0 throughout for textures and chords, whose figures come
    in any order. pitch: that note; 0 for chords, whose loops come in any key. melodic: for each
    line (a shorter array), whether it is a melody.
    """

    gram: Hashes
    line: NDArray[np.int32]
    place: NDArray[np.int32]
    pitch: NDArray[np.int32]
    melodic: NDArray[np.bool_]


class _Line(NamedTuple):
    gram: Hashes
    place: Integers
    pitch: Integers
    melodic: bool


def ngrams(score: Score) -> NGrams:
    """The n-grams of all pitched tracks, or of the chords where there are no tracks."""
    pitched = [track for track in score.tracks if track.notes and not track.is_drums]
    lines = [_chord_line(score.chords)] if not score.tracks else []
    if pitched:
        beats = _beats(score)
        lines += [line for track in pitched for line in _lines(track, beats)]
    lines = [line for line in lines if len(line.gram)]
    return NGrams(
        np.concatenate([np.zeros(0, np.uint64), *(line.gram for line in lines)]),
        np.repeat(np.arange(len(lines), dtype=np.int32), [len(line.gram) for line in lines]),
        np.concatenate([np.zeros(0, int), *(line.place for line in lines)]).astype(np.int32),
        np.concatenate([np.zeros(0, int), *(line.pitch for line in lines)]).astype(np.int32),
        np.array([line.melodic for line in lines], bool),
    )


def _beats(score: Score) -> Integers:
    """The ticks of all beats."""
    first = -score.lead(0)
    starts = zip(score.bars, (first, *score.bar_starts[1:-1]), strict=True)
    return np.array([start + beat for bar, start in starts for beat in bar.meter.beats], np.int64)


def _lines(track: Track, beats: Integers) -> Iterator[_Line]:
    onsets = np.array([note.onset for note in track.notes], np.int64)
    pitches = np.array([note.pitch for note in track.notes], np.int64)
    starts = np.flatnonzero(np.diff(onsets, prepend=-1))
    onsets, sizes = onsets[starts], np.diff(starts, append=len(pitches))
    top, bottom = np.maximum.reduceat(pitches, starts), np.minimum.reduceat(pitches, starts)
    yield _melody(top)
    if np.any(bottom != top):
        yield _melody(bottom)
    on_beat = np.isin(onsets, beats)
    if not np.all(on_beat):
        yield _melody(top[on_beat])
    yield _texture(onsets, bottom, pitches - np.repeat(bottom, sizes), starts)


def _melody(pitches: Integers) -> _Line:
    pitches = pitches[np.diff(pitches, prepend=-1) != 0]
    grams, places = _windows(_mixed(np.diff(pitches)), MELODY)
    if len(places):
        notes = np.sort(sliding_window_view(pitches, MELODY + 1)[places], axis=1)
        various = np.count_nonzero(np.diff(notes, axis=1), axis=1) + 1 >= PITCHES
        grams, places = grams[various], places[various]
    return _Line(grams, places, pitches[places], melodic=True)


def _texture(onsets: Integers, bottom: Integers, above: Integers, starts: Integers) -> _Line:
    """above: semitones of each note above the lowest at its onset."""
    between = np.diff(onsets)
    unit = np.gcd(between[1:], between[:-1])
    proportions = _mixed((between[1:] // unit << 32) + between[:-1] // unit)
    chords = np.add.reduceat(_mixed(above), starts)
    steps = _mixed(np.diff(bottom)) + chords[:-1]
    grams, places = _windows(_mixed(steps[:-1] + proportions), TEXTURE)
    return _Line(grams, np.zeros_like(places), bottom[places], melodic=False)


def _chord_line(chords: tuple[ChordSpan, ...]) -> _Line:
    sounding = [span.chord for span in chords if not span.chord.is_none]
    roots = np.array([chord.root_class for chord in sounding], np.int64)
    kinds = np.array([_QUALITY[chord.quality] for chord in sounding], np.int64)
    moving = np.ones(len(roots), bool)
    moving[1:] = (np.diff(roots) != 0) | (np.diff(kinds) != 0)
    roots, kinds = roots[moving], kinds[moving]
    steps = np.diff(roots) % 12 + 12 * (kinds[1:] + len(QUALITIES) * kinds[:-1])
    grams, places = _windows(_mixed(steps), CHORDS)
    return _Line(grams, np.zeros_like(places), np.zeros_like(places), melodic=False)


def _windows(steps: Hashes, length: int) -> tuple[Hashes, Integers]:
    """Hash of each distinct window of `length` steps, and where it comes first."""
    if len(steps) < length:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    powers = np.array([pow(_BASE, k, 2**64) for k in range(length)], np.uint64)
    return np.unique((sliding_window_view(steps, length) * powers).sum(axis=1), return_index=True)


def _mixed(values: Integers | Hashes) -> Hashes:
    """The bits of each value spread over all 64 (SplitMix64), so that sums tell them apart."""
    mixed = values.astype(np.uint64) + np.uint64(_BASE)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
