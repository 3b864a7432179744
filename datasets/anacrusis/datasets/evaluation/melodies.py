"""Melodies of many pieces in one suffix array, and the longest stretch a score shares with them.

A melody is the skyline of a pitched track: the highest note at each onset (Uitdenbogerd and Zobel
1999). Its elements are pairs of neighbouring notes: the interval in semitones and the ticks between
the onsets. So a stretch is known again in any key, and not in another rhythm. A match of n notes is
n - 1 equal pairs in a row.

The suffix array is made by prefix doubling (Manber and Myers 1993) that sorts only what is still
tied (Larsson and Sadakane 2007).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.score import Score, Track

TELLING = 4
"""Different pitches that a stretch needs, lest repeated notes and figures of two notes count."""

Integers = NDArray[np.int64]


class Melody(NamedTuple):
    """The skyline of a track: onsets in ticks and pitches, arrays of equal length."""

    track: str
    onsets: Integers
    pitches: Integers

    def pairs(self) -> Integers:
        """One number for each pair of neighbours: interval and ticks between."""
        return (np.diff(self.pitches) << 32) + np.diff(self.onsets)


class Match(NamedTuple):
    """A stretch of a score that an indexed piece has too; `notes` is 0 where there is none."""

    notes: int
    piece: str = ""
    track: str = ""
    """The score's track that has it."""
    onset: int = 0
    """Tick of its first note in the score."""
    piece_onset: int = 0
    """Tick of its first note in the piece."""


NOTHING = Match(0)


class Longest(NamedTuple):
    """The longest match of a score, and the longest with at least `TELLING` different pitches."""

    any: Match
    telling: Match


def melodies(score: Score) -> Iterator[Melody]:
    """The melodies of all pitched tracks that have at least two onsets."""
    for track in score.tracks:
        if not track.is_drums and track.role != "drums" and track.notes:
            melody = skyline(track)
            if len(melody.onsets) > 1:
                yield melody


def skyline(track: Track) -> Melody:
    """The highest note at each onset of a track that has notes."""
    onsets = np.array([note.onset for note in track.notes], np.int64)
    pitches = np.array([note.pitch for note in track.notes], np.int64)
    starts = np.flatnonzero(np.diff(onsets, prepend=-1))
    return Melody(track.name, onsets[starts], np.maximum.reduceat(pitches, starts))


@dataclass(frozen=True, eq=False)
class MelodyIndex:
    """All melodies one after another, each with an end that occurs once, and their suffixes sorted.

    pairs: the different pairs, sorted; a pair's number is its place. text: numbers of pairs, and
    from `len(pairs)` on the ends. order: starts of the suffixes in the order of the suffixes.
    starts: where in `text` each melody starts. pieces: the piece of each melody. onsets: for each
    element of `text` the tick of its first note.
    """

    pairs: Integers
    text: NDArray[np.int32]
    order: NDArray[np.int32]
    starts: Integers
    pieces: tuple[str, ...]
    onsets: NDArray[np.int32]

    @classmethod
    def build(cls, scores: Iterable[tuple[str, Score]]) -> "MelodyIndex":
        """Index scores, each with the id that matches are to name."""
        names: list[str] = []
        lines: list[Integers] = []
        onsets: list[NDArray[np.int32]] = []
        for name, score in scores:
            for melody in melodies(score):
                names.append(name)
                lines.append(melody.pairs())
                onsets.append(melody.onsets.astype(np.int32))
        lengths = np.array([len(line) + 1 for line in lines], np.int64)
        starts = np.cumsum(lengths) - lengths
        pairs, numbers = np.unique(
            np.concatenate([np.zeros(0, np.int64), *lines]), return_inverse=True
        )
        ends = starts + lengths - 1
        text = np.empty(int(lengths.sum()), np.int32)
        within = np.ones(len(text), bool)
        within[ends] = False
        text[within] = numbers
        text[ends] = len(pairs) + np.arange(len(lines))
        order = _suffix_array(text)
        every = np.concatenate([np.zeros(0, np.int32), *onsets])
        return cls(pairs, text, order, starts, tuple(names), every)

    def numbers(self, pairs: Integers) -> Integers:
        """The number of each pair; -1 for one that no indexed melody has."""
        if not len(self.pairs):
            return np.full(len(pairs), -1)
        place = np.minimum(np.searchsorted(self.pairs, pairs), len(self.pairs) - 1)
        return np.where(self.pairs[place] == pairs, place, -1)


def longest_match(index: MelodyIndex, score: Score) -> Longest:
    """The longest stretches of a score's melodies that indexed melodies have too.

    Of equal lengths the first is returned.
    """
    best, telling = NOTHING, NOTHING
    for melody in melodies(score):
        lengths, found = _extents(index, index.numbers(melody.pairs()))
        for place in np.argsort(-lengths, kind="stable").tolist():
            notes = int(lengths[place]) + 1
            if notes == 1 or notes <= telling.notes:
                break
            if notes > best.notes:
                best = _match(index, melody, place, notes, int(found[place]))
            if len(set(melody.pitches[place : place + notes].tolist())) >= TELLING:
                telling = _match(index, melody, place, notes, int(found[place]))
                break
    return Longest(best, telling)


def _match(index: MelodyIndex, melody: Melody, place: int, notes: int, found: int) -> Match:
    line = int(np.searchsorted(index.starts, found, side="right")) - 1
    here, there = int(melody.onsets[place]), int(index.onsets[found])
    return Match(notes, index.pieces[line], melody.track, here, there)


def _extents(index: MelodyIndex, numbers: Integers) -> tuple[Integers, Integers]:
    """For each start in `numbers`, how many elements the text has in a row too, and where.

    All starts go on at once, element by element: each holds the interval of suffixes that begin
    with what it has matched, and narrows it by binary search.
    """
    count = len(numbers)
    low, high = np.zeros(count, np.int64), np.full(count, len(index.order))
    lengths = np.zeros(count, np.int64)
    going, done = np.arange(count), 0
    while len(going := going[going + done < count]):
        wanted = numbers[going + done]
        left = _bound(index, low[going], high[going], done, wanted)
        right = _bound(index, left, high[going], done, wanted + 1)
        goes_on = left < right
        going = going[goes_on]
        low[going], high[going] = left[goes_on], right[goes_on]
        done += 1
        lengths[going] = done
    places = index.order[np.minimum(low, len(index.order) - 1)] if len(index.order) else low
    return lengths, places.astype(np.int64)


def _bound(
    index: MelodyIndex, low: Integers, high: Integers, offset: int, wanted: Integers
) -> Integers:
    """First suffix in [low, high) whose element at `offset` is not less than `wanted`."""
    low, high = low.copy(), high.copy()
    while np.any(open_ := low < high):
        middle = (low + high) // 2
        at = index.order[np.where(open_, middle, 0)].astype(np.int64) + offset
        less = index.text[np.where(open_, at, 0)] < wanted
        low = np.where(open_ & less, middle + 1, low)
        high = np.where(open_ & ~less, middle, high)
    return low


def _suffix_array(text: NDArray[np.int32]) -> NDArray[np.int32]:
    """Starts of the suffixes, sorted. The last element must occur once."""
    count = len(text)
    order = np.argsort(text, kind="stable")
    first = np.diff(text[order], prepend=-1) != 0
    slots, rank = np.arange(count), np.empty(count, np.int64)
    length = 1
    while len(slots):
        # A suffix's rank is the slot of the first suffix that begins with the same `length`.
        heads = np.flatnonzero(first)
        sizes = np.diff(heads, append=len(slots))
        rank[order[slots]] = np.repeat(slots[heads], sizes)
        tied = np.repeat(sizes > 1, sizes)
        slots = slots[tied]
        at = order[slots]
        # Tied suffixes go on: what ends within `length` ends in an element of its own.
        key = rank[at] * count + rank[at + length]
        sorting = np.argsort(key, kind="stable")
        order[slots] = at[sorting]
        first = np.diff(key[sorting], prepend=-1) != 0
        length *= 2
    return order.astype(np.int32)
