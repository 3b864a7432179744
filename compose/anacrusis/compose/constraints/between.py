"""Between voices: what the notes of other tracks leave to a line in the bar that is written."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial

from ..errors import ConstraintError
from ..score import Note, Score
from .compiler import Pair
from .doubled import Double
from .lookahead import Company
from .pitchset import ALL, PitchSet, between

NotesOf = Callable[[int], Sequence[Note]]


class Voicing:
    """Keeps pairs of voices apart, in order, and from moving in parallel.

    Tracks are written one after another, bar by bar, so what stands of another voice is all that
    sounds in this bar where it comes first, and what is held into the bar where it comes later.
    """

    def __init__(self, score: Score, pairs: Sequence[Pair], ranks: Mapping[int, int]) -> None:
        """ranks: track index -> rank of those that are written."""
        self._score = score
        self._starts = score.bar_starts
        self._pairs: dict[int, list[tuple[int, bool, Pair]]] = {}
        for pair in pairs:
            if pair.upper in ranks and pair.lower in ranks:
                upper, lower = ranks[pair.upper], ranks[pair.lower]
                self._pairs.setdefault(upper, []).append((lower, True, pair))
                self._pairs.setdefault(lower, []).append((upper, False, pair))
        self._sections = sorted({score.bar_starts[s.bar] for s in score.sections} | {0})

    def rules_in(self, rank: int, bar: int) -> bool:
        """Whether a voice keeps rules with others in a bar."""
        return any(bar in pair.bars for _, _, pair in self._pairs.get(rank, ()))

    def others(self, rank: int) -> set[int]:
        """The ranks that a voice keeps rules with somewhere."""
        return {other for other, _, _ in self._pairs.get(rank, ())}

    def partners(self, rank: int, bar: int) -> set[int]:
        """The ranks that a voice keeps rules with in a bar."""
        return {other for other, _, pair in self._pairs.get(rank, ()) if bar in pair.bars}

    def agrees(self, notes_of: NotesOf, rank: int, bar: int) -> bool:
        """Whether the notes that a voice has in a bar keep its rules with the others."""
        company = self.company(notes_of, rank, bar)
        start, end = self._starts[bar : bar + 2]
        origin = self._sections[bisect_right(self._sections, start) - 1]
        last: Note | None = None
        for note in [] if company is None else _from(notes_of(rank), start, origin):
            if company is not None and start <= note.onset < end:
                moved = 0 if last is None else note.pitch - last.pitch
                banned = any(
                    moved and moved % 12 == interval and pitches >> note.pitch & 1
                    for interval, pitches in company.banned(note.onset)
                )
                if banned or not company.over(note.onset, note.end) >> note.pitch & 1:
                    return False
            last = note
        return True

    def company(
        self, notes_of: NotesOf, rank: int, bar: int, ahead_of: NotesOf | None = None
    ) -> Company | None:
        """What the others leave to a voice in a bar; None where that is all.

        notes_of: the notes of a rank, in order of their onsets. ahead_of: notes of a rank that are
        given in later bars, into which the voice may hold what it writes.
        """
        rules = [row for row in self._pairs.get(rank, ()) if bar in row[2].bars]
        if not rules:
            return None
        start = self._starts[bar]
        origin = self._sections[bisect_right(self._sections, start) - 1]
        limits: list[tuple[int, int, PitchSet]] = []
        banned: dict[int, list[tuple[int, PitchSet]]] = {}
        for other, above, pair in rules:
            notes = _from(notes_of(other), start, origin)
            for index, note in enumerate(notes):
                if note.end > start and (pair.crossing or pair.apart is not None):
                    limits.append((note.onset, note.end, _leaves(note.pitch, above, pair)))
                moved = note.pitch - notes[index - 1].pitch if index else 0
                known = pair.parallels and start <= note.onset and moved
                if known and self._in_span(notes[index - 1], pair):
                    banned.setdefault(note.onset, []).append(
                        (moved % 12, _perfect(note.pitch, above))
                    )
            for note in ahead_of(other) if ahead_of is not None else ():
                if self._in_span(note, pair) and (pair.crossing or pair.apart is not None):
                    limits.append((note.onset, note.end, _leaves(note.pitch, above, pair)))
        if not limits and not banned:
            return None

        def over(tick: int, end: int) -> PitchSet:
            found = ALL
            for first, last, pitches in limits:
                if first < end and tick < last:
                    found &= pitches
            return found

        def parallel(tick: int) -> Sequence[tuple[int, PitchSet]]:
            return banned.get(tick, ())

        return Company(over, parallel)

    def _in_span(self, note: Note, pair: Pair) -> bool:
        return self._score.bar_at(note.onset) in pair.bars


def _from(notes: Sequence[Note], start: int, origin: int) -> list[Note]:
    """The notes from `start` on and the one before it, none before `origin`."""
    found = []
    for note in reversed(notes):
        if note.onset < origin:
            break
        found.append(note)
        if note.onset < start:
            break
    return found[::-1]


@lru_cache(maxsize=4096)
def _leaves(pitch: int, above: bool, pair: Pair) -> PitchSet:
    """Pitches left beside one of another voice. above: whether one's own voice is higher."""
    reach = 127 if pair.apart is None else pair.apart
    low, high = pitch - reach, pitch + reach
    if pair.crossing:
        low, high = (pitch, high) if above else (low, pitch)
    return between(max(low, 0), min(high, 127))


@lru_cache(maxsize=512)
def _perfect(pitch: int, above: bool) -> PitchSet:
    """Pitches at a unison, fifth or octave from one of another voice."""
    found = 0
    for own in range(128):
        distance = own - pitch if above else pitch - own
        if distance % 12 in (0, 7):
            found |= 1 << own
    return found


class Doublings:
    """Which tracks sound the same, octaves apart, in which bars: the one written first leads."""

    def __init__(
        self,
        doubles: Sequence[Double],
        ranks: Mapping[int, int],
        given: Callable[[int, int], bool],
    ) -> None:
        """given: (bar, rank) -> whether its notes are given there; such a track leads."""
        self._leads: dict[tuple[int, int], tuple[int, int]] = {}  # rank, bar -> leader, interval
        self._followers: dict[tuple[int, int], list[tuple[int, int]]] = {}
        rows = [d for d in doubles if d.follower in ranks and d.leader in ranks]
        for bar in sorted(set().union(*(d.bars for d in rows))):
            here = [d for d in rows if bar in d.bars]
            for rank, lead, interval in _joined(here, ranks, partial(given, bar)):
                self._leads[rank, bar] = lead, interval
                self._followers.setdefault((lead, bar), []).append((rank, interval))

    def leader(self, rank: int, bar: int) -> tuple[int, int] | None:
        """The earlier track that a track repeats in a bar, and its interval to it."""
        return self._leads.get((rank, bar))

    def others(self, rank: int) -> set[int]:
        """The ranks that a track sounds alike with somewhere."""
        pairs = [(other, lead) for (other, _), (lead, _) in self._leads.items()]
        return {b if a == rank else a for a, b in pairs if rank in (a, b)}

    def any_in(self, rank: int, bar: int) -> bool:
        """Whether a track doubles another in a bar, or is doubled."""
        return (rank, bar) in self._leads or bool(self.followers(rank, bar))

    def followers(self, rank: int, bar: int) -> list[tuple[int, int]]:
        """The later tracks that repeat a track in a bar, with their intervals to it."""
        return self._followers.get((rank, bar), [])


def _joined(
    doubles: Sequence[Double], ranks: Mapping[int, int], leads: Callable[[int], bool]
) -> Iterator[tuple[int, int, int]]:
    """Each rank that doubles another, the one of those that sound alike which leads, its interval.

    leads: whether a rank goes before those that come earlier.
    """
    near: dict[int, list[tuple[int, int]]] = {}
    for double in doubles:
        follower, leader = ranks[double.follower], ranks[double.leader]
        near.setdefault(leader, []).append((follower, double.interval))
        near.setdefault(follower, []).append((leader, -double.interval))
    done: set[int] = set()
    for first in sorted(near, key=lambda rank: (not leads(rank), rank)):
        if first in done:
            continue
        distances = {first: 0}
        waiting = [first]
        while waiting:
            rank = waiting.pop()
            for other, interval in near[rank]:
                distance = distances[rank] + interval
                if other not in distances:
                    distances[other] = distance
                    waiting.append(other)
                elif distances[other] != distance:
                    raise ConstraintError(
                        "tracks double one another at two intervals at once; drop one of these "
                        "rules, or let them hold in different bars"
                    )
        done |= distances.keys()
        yield from (
            (rank, first, distance) for rank, distance in distances.items() if rank != first
        )
