"""What tracks that double one another owe to each other's rules.

The one that is written first writes for all: where they sound the same, each has the other's
tables, its pitches moved, and the courses that run in these bars alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from .courses import Course, Moved
from .pitchset import ALL, moved
from .terms import Terms


class Double(NamedTuple):
    """A track that sounds what another does, `interval` semitones above it, in some bars."""

    follower: int
    leader: int
    interval: int
    bars: frozenset[int]


def chained(doubles: Sequence[Double]) -> list[Double]:
    """Each two tracks that sound alike, be it by way of others."""
    found = list(doubles)
    for one in found:  # which grows meanwhile
        for other in list(found):
            for joined in _joined(one, other):
                if joined.bars and joined.follower != joined.leader and joined not in found:
                    found.append(joined)
    return found


def _joined(one: Double, other: Double) -> Iterator[Double]:
    """What two doublings with a track in common say of their other tracks."""
    bars, up, down = one.bars & other.bars, one.interval, other.interval
    if one.leader == other.follower:
        yield Double(one.follower, other.leader, up + down, bars)
    if one.leader == other.leader and one.follower < other.follower:
        yield Double(one.follower, other.follower, up - down, bars)
    if one.follower == other.follower and one.leader < other.leader:
        yield Double(one.leader, other.leader, down - up, bars)


def share_tables(terms: Mapping[int, Terms], double: Double, starts: Sequence[int]) -> None:
    """Give both tracks what either may do at a tick; starts: ticks of bar lines."""
    one, other, up = terms[double.leader], terms[double.follower], double.interval
    for bar in double.bars:  # what is held or owed over their borders only one of them has
        edges = {starts[bar]} if bar - 1 not in double.bars else set()
        edges |= {starts[bar + 1]} if bar + 1 not in double.bars else set()
        one.stops |= edges
        other.stops |= edges
    for bar in double.bars:
        ticks = range(starts[bar], starts[bar + 1])
        for tick in ticks:
            both = one.pitches_at(tick) & moved(other.pitches_at(tick), -up)
            one.narrow([tick], both)
            other.narrow([tick], moved(both, up))
            usable = one.usable[tick] and other.usable[tick]
            one.usable[tick] = other.usable[tick] = usable
            if one.plan.role == "bass" or other.plan.role == "bass":
                one.grounds.add(tick)
                other.grounds.add(tick)
        _share_rhythm(one, other, ticks)
        low, high = one.counts.get(bar, (0, 127))
        lowest, highest = other.counts.get(bar, (0, 127))
        if bar in one.counts or bar in other.counts:
            counts = max(low, lowest), min(high, highest)
            one.counts[bar] = other.counts[bar] = counts
        most = min(t.plan.polyphony for t in (one, other))
        fewest, ceiling = one.voices.get(bar, (1, 16))
        floor, top = other.voices.get(bar, (1, 16))
        voices = max(fewest, floor), min(ceiling, top, most)
        one.voices[bar] = other.voices[bar] = voices
        if voices[1] == 1 or bar in one.lined or bar in other.lined:
            one.lined.add(bar)
            other.lined.add(bar)
        if bar in one.shares or bar in other.shares:
            theirs = one.shares.get(bar, ALL) & moved(other.shares.get(bar, ALL), -up)
            one.shares[bar], other.shares[bar] = theirs, moved(theirs, up)
        hands = {(program, at + up) for program, at in other.playable.get(bar, ())}
        hands |= one.playable.get(bar, frozenset())
        if hands:
            one.playable[bar] = frozenset(hands)
            other.playable[bar] = frozenset((program, at - up) for program, at in hands)


def _share_rhythm(one: Terms, other: Terms, ticks: range) -> None:
    inside = set(ticks)
    for first, second in ((one, other), (other, one)):
        second.must |= first.must & inside
        second.stops |= first.stops & inside
        for tick in inside & first.lasts.keys():
            lasting = first.lasts[tick]
            if second.lasts.setdefault(tick, lasting) != lasting:
                first.usable[tick] = second.usable[tick] = False
        for tick in inside & first.hits.keys():
            second.must.add(tick)


def share_courses(terms: Mapping[int, Terms], double: Double, starts: Sequence[int]) -> None:
    """Give each track the courses of the other that run in their common bars alone."""
    one, other = terms[double.leader], terms[double.follower]
    theirs = [course for course in other.courses if _within(course, double, starts)]
    ours = [course for course in one.courses if _within(course, double, starts)]
    one.courses += [Moved(course, -double.interval) for course in theirs]
    other.courses += [Moved(course, double.interval) for course in ours]


def _within(course: Course, double: Double, starts: Sequence[int]) -> bool:
    bars = (bar for bar in range(len(starts) - 1) if course.start <= starts[bar] < course.end)
    return double.bars.issuperset(bars)
