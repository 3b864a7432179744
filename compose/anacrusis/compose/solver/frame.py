"""The frame of a plan's music: bars, closed blocks of them, harmonies, where notes may begin."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from ..chord import Chord
from ..plan import Plan
from ..score import Score

SHORT = 12
"""Ticks: the longest dissonance before it resolves, and how early an anticipation may come."""
SUSPENSION = 24
"""Ticks that a suspension may last after the chord has changed."""
LONGEST = 96
"""Ticks of the longest note."""
ROOM = 6
"""Composing begins a resolution at least this long before its section ends, in ticks."""


class Harmony(NamedTuple):
    """A chord that holds from tick `start` to `end`."""

    start: int
    end: int
    chord: Chord


class Frame:
    """A plan laid out.

    strict: with the habits of composing, which is stricter than the verifier: see `solve`. home:
    for each bar the bar whose music it has (itself, or where a section is a reprise, one of its
    model). blocks: bars that are written, in stretches over whose ends no note is held. harmonies:
    the chords, cut where blocks begin. closing: bars that end the piece.
    """

    def __init__(self, plan: Plan, strict: bool) -> None:
        self.plan = plan
        self.strict = strict
        self.score = score = plan.skeleton()
        self.starts = score.bar_starts
        copied = _copied(plan, score)
        self.copies = copied
        self.home = [copied.get(bar, bar) if strict else bar for bar in range(len(score.bars))]
        cuts = [0, *(section.bar for section in score.sections), len(score.bars)]
        stretches = [range(first, stop) for first, stop in pairwise(cuts)]
        self.stretches = tuple(stretch for stretch in stretches if stretch)
        self.blocks = tuple(bars for bars in self.stretches if self.home[bars.start] == bars.start)
        last = len(score.bars) - 1
        self.closing = {self.home[last]} if strict else set()

    def place(self, name: str) -> int:
        """Index of a track."""
        return next(i for i, track in enumerate(self.plan.tracks) if track.name == name)

    def first_bar(self, section: str) -> int:
        """The first bar of the first section of a name."""
        return next(placed.bar for placed in self.score.sections if placed.name == section)

    def bars_in_words(self, bars: range) -> str:
        """Bars as people count them: the one of a pickup is bar 0."""
        first = bars.start + (not self.plan.pickup)
        return f"bar {first}" if len(bars) == 1 else f"bars {first}-{first + len(bars) - 1}"

    @cached_property
    def _runs(self) -> list[tuple[int, int, Chord | None]]:
        """Stretches of ticks with one harmony (None: no chord is stated)."""
        runs: list[tuple[int, int, Chord | None]] = []

        def add(start: int, end: int, chord: Chord | None) -> None:
            if end <= start:
                return
            if runs and _sound(runs[-1][2]) == _sound(chord):
                runs[-1] = (runs[-1][0], end, runs[-1][2])
            else:
                runs.append((start, end, chord))

        for span in self.score.chords:
            add(runs[-1][1] if runs else 0, span.onset, None)
            add(span.onset, span.end, None if span.chord.is_none else span.chord)
        add(runs[-1][1] if runs else 0, self.score.ticks, None)
        return runs

    @cached_property
    def changes(self) -> tuple[int, ...]:
        """Ticks at which the harmony differs from the one just before; tick 0 where it has one."""
        return tuple(start for start, _, chord in self._runs if start or chord is not None)

    @cached_property
    def harmonies(self) -> tuple[Harmony, ...]:
        """The chords of what is written, those that go on into another block in two."""
        found = []
        for block in self.blocks:
            first, stop = self.starts[block.start], self.starts[block.stop]
            for start, end, chord in self._runs:
                if chord is not None and start < stop and first < end:
                    found.append(Harmony(max(start, first), min(end, stop), chord))
        return tuple(found)

    def following(self, tick: int) -> int:
        """The next change of harmony after a tick; the end of the score if there is none."""
        index = bisect_right(self.changes, tick)
        return self.changes[index] if index < len(self.changes) else self.score.ticks

    def is_change(self, tick: int) -> bool:
        """Whether the harmony changes at a tick."""
        index = bisect_left(self.changes, tick)
        return index < len(self.changes) and self.changes[index] == tick

    def is_strong(self, tick: int) -> bool:
        """Whether notes of a chord are due: a strong beat, or a change of harmony."""
        bar, position = self.score.position(tick)
        return position in self.score.bars[bar].meter.strong or self.is_change(tick)

    def is_grid(self, tick: int) -> bool:
        """Whether notes may begin: on sixteenths and triplet eighths of a bar."""
        position = self.score.position(tick)[1]
        return position % 3 == 0 or position % 4 == 0

    def is_grounded(self, tick: int) -> bool:
        """Whether a bass strikes the chord's bass, if anything."""
        if self.is_change(tick):
            return True
        if not self.strict:
            return False
        bar = self.score.bar_at(tick)
        begins = tick == self.starts[self.block(bar).start]
        return begins or (bar in self.closing and tick >= self.last_change(bar))

    def last_change(self, bar: int) -> int:
        """The last change of harmony within a bar; its start where there is none."""
        start, end = self.starts[bar], self.starts[bar + 1]
        return max((t for t in self.changes if start <= t < end), default=start)

    def stand(self, bar: int) -> int:
        """Where a closing bar comes to rest, after which nothing resolves: a beat of its middle."""
        written = self.score.bars[bar]
        middle = max(beat for beat in written.meter.beats if 2 * beat <= written.ticks)
        if written.length is None:
            middle = max(middle, written.meter.strong[-1])
        return max(self.starts[bar] - self.score.lead(bar) + middle, self.last_change(bar))

    def block(self, bar: int) -> range:
        """The bars of the section that holds a bar; those of a pickup are one of their own."""
        return self._block_of[bar]

    @cached_property
    def _block_of(self) -> list[range]:
        return [stretch for stretch in self.stretches for _ in stretch]

    def closed(self, bar: int) -> int:
        """The tick by which what begins in a bar has resolved: for the verifier, any time later."""
        return self.starts[self.block(bar).stop] if self.strict else self.score.ticks

    def walls(self) -> set[int]:
        """Ticks over which no note is held: ends of sections (for composing, of a pickup too)."""
        found = {self.starts[block.stop] for block in self.stretches}
        if self.plan.pickup and not self.strict:
            found.discard(self.starts[1])
        return found

    def pieces(self, bars: Iterable[int]) -> list[tuple[int, ...]]:
        """Bars, as they are cut by blocks, where their music is written; each piece once."""
        asked = set(bars)
        found = [
            tuple(self.home[bar] for bar in stretch if bar in asked) for stretch in self.stretches
        ]
        return list(dict.fromkeys(piece for piece in found if piece))

    def written(self, tick: int) -> int:
        """The tick where the music of a tick is written: for that of a reprise, in its model."""
        bar = self.score.bar_at(tick)
        return tick - self.starts[bar] + self.starts[self.copies.get(bar, bar)]


def _sound(chord: Chord | None) -> tuple[int, str, int] | None:
    """What makes two chords the same."""
    return None if chord is None else (chord.root_class, chord.quality, chord.bass_class)


def _copied(plan: Plan, score: Score) -> dict[int, int]:
    """Bar -> the bar of a section's model whose music it has, where the section is a reprise."""
    found: dict[int, int] = {}
    first: dict[str, int] = {}
    for planned, placed in zip(plan.sections, score.sections, strict=True):
        if planned.reprise is not None:
            for offset in range(placed.bars):
                source = first[planned.reprise] + offset
                found[placed.bar + offset] = found.get(source, source)
        first.setdefault(planned.name, placed.bar)
    return found
