"""The chord lane as pieces of time in which one harmony sounds."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..chord import Chord


class Piece(NamedTuple):
    """A stretch of ticks with one chord; None where the lane is silent or says N.C."""

    start: int
    end: int
    chord: Chord | None


def same_harmony(first: Chord | None, second: Chord | None) -> bool:
    """Whether two chords sound alike: root, quality and bass, however they are spelled."""
    if first is None or second is None or first.is_none or second.is_none:
        return _silent(first) and _silent(second)
    return (first.root_class, first.quality, first.bass_class) == (
        second.root_class, second.quality, second.bass_class,
    )  # fmt: skip


def _silent(chord: Chord | None) -> bool:
    return chord is None or chord.is_none


class Lane:
    """Chords over time; neighbouring spans of the same harmony are one piece.

    spans: (start, end, chord), sorted by start. `changes` holds the ticks at which the harmony
    differs from the one just before, tick 0 included.
    """

    def __init__(self, spans: Iterable[tuple[int, int, Chord | None]], ticks: int) -> None:
        self.pieces: list[Piece] = []
        reached = 0
        for start, end, chord in (*spans, (ticks, ticks, None)):
            if start > reached:
                self._add(reached, start, None)
            self._add(max(start, reached), end, chord)
            reached = max(reached, end)
        self.changes = [piece.start for piece in self.pieces]

    def _add(self, start: int, end: int, chord: Chord | None) -> None:
        if end <= start:
            return
        chord = None if _silent(chord) else chord
        last = self.pieces[-1] if self.pieces else None
        if last is not None and same_harmony(last.chord, chord):
            self.pieces[-1] = Piece(last.start, end, last.chord)
        else:
            self.pieces.append(Piece(start, end, chord))

    def at(self, tick: int) -> Chord | None:
        """The chord at a tick; None where everything is free."""
        index = bisect_right(self.changes, tick) - 1
        return self.pieces[index].chord if index >= 0 and tick < self.pieces[index].end else None

    def changes_between(self, after: int, before: int) -> list[int]:
        """Ticks of harmony changes with after < tick < before."""
        return self.changes[bisect_right(self.changes, after) : bisect_left(self.changes, before)]

    def within(self, start: int, end: int) -> Iterator[Piece]:
        """The pieces between two ticks, cut to fit."""
        first = max(bisect_right(self.changes, start) - 1, 0)
        for index in range(first, bisect_left(self.changes, end)):
            piece = self.pieces[index]
            if piece.end > start:
                yield Piece(max(piece.start, start), min(piece.end, end), piece.chord)

    def is_tone(self, pitch: int, tick: int) -> bool:
        """Whether a pitch belongs to the chord at a tick; anything does where none is stated."""
        chord = self.at(tick)
        return chord is None or pitch % 12 in chord.classes
