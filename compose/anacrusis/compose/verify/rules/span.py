"""The stretch of a score in which a rule holds."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from ...rules.base import Rule
from ...score import Note, Score, Track
from ..lane import Lane
from ..planned import Finding
from ..sounding import sounding


@dataclass(frozen=True)
class Span:
    """A rule with its tracks and bars in a score.

    bars: indices of the score's bars. tracks: those the rule is about, in its order. cuts: ticks at
    which sections begin or end; a rule on what follows what begins anew there.
    """

    rule: Rule
    score: Score
    lane: Lane
    bars: range
    tracks: tuple[Track, ...]
    cuts: tuple[int, ...] = ()

    @property
    def start(self) -> int:
        """First tick."""
        return self.score.bar_starts[self.bars.start]

    @property
    def end(self) -> int:
        """First tick after the span."""
        return self.score.bar_starts[self.bars.stop]

    def notes(self, track: Track) -> tuple[Note, ...]:
        """Notes of a track that start in the span."""
        return starting(track, self.start, self.end)

    def blocks(self, track: Track) -> list[list[Note]]:
        """The same notes, those of each section by themselves."""
        groups = groupby(self.notes(track), key=lambda note: self.block(note.onset))
        return [list(notes) for _, notes in groups]

    def block(self, tick: int) -> int:
        """A number that two ticks share when no section begins or ends between them."""
        return bisect_right(self.cuts, tick)

    def by_bar(self, track: Track) -> Iterator[tuple[int, tuple[Note, ...]]]:
        """Each bar of the span, and the notes of a track that start in it."""
        bounds = self.score.bar_starts
        for bar in self.bars:
            yield bar, starting(track, bounds[bar], bounds[bar + 1])

    def strikes(self, track: Track) -> Iterator[tuple[int, tuple[Note, ...]]]:
        """Each tick of the span at which a track strikes, and what sounds of it there."""
        for tick, notes in sounding(track):
            if self.start <= tick < self.end:
                yield tick, notes

    def broken(
        self, tick: int, track: Track | None, message: str, notes: tuple[Note, ...] = ()
    ) -> Finding:
        """The rule is broken at a tick."""
        said = f"{message}; the plan asks for {str(self.rule)!r}"
        return Finding(self.rule.word, tick, track.name if track else None, said, notes)


def starting(track: Track, start: int, end: int) -> tuple[Note, ...]:
    """Notes of a track with start <= onset < end, in ticks."""
    first, last = (bisect_left(track.notes, t, key=attrgetter("onset")) for t in (start, end))
    return track.notes[first:last]
