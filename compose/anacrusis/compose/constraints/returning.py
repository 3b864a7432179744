"""Music that comes back in part: what a track may do in bars in which some notes are as they were.

In a variation a bar of a track comes back as it was, or it is written anew, or it is written anew
up to a note from which on it comes back. What is written anew has none of the notes that were there
(the same pitch at the same moment), and no more than so many.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..score import Note
from ..tokens.encode import velocity_of
from ..tokens.vocabulary import vocabulary
from .chords import ChordGuarantee
from .courses import CountCourse
from .hands import playable
from .pitchset import ALL
from .terms import Cap, Terms


class Fate(NamedTuple):
    """What becomes of a bar of a track.

    notes: those it had, at their new place. until: the tick up to which it is written anew: its
    start where all comes back, its end where nothing does. most: notes that may be written. pins:
    notes before `until` that are struck again nonetheless.
    """

    notes: tuple[Note, ...]
    until: int
    most: int = 0
    pins: tuple[Note, ...] = ()

    @property
    def back(self) -> list[Note]:
        """The notes that come back."""
        return [note for note in self.notes if note.onset >= self.until]

    @property
    def gone(self) -> list[Note]:
        """The notes that do not."""
        return [note for note in self.notes if note.onset < self.until]


def pinned(terms: Terms, chords: ChordGuarantee, notes: Collection[Note]) -> list[Note]:
    """Those of some notes that must come again: the rules leave no other at their moment."""
    found: list[Note] = []
    for tick in sorted({note.onset for note in notes} & terms.must):
        here = [note for note in notes if note.onset == tick]
        for hit in terms.hits.get(tick, ()):
            meeting = [note for note in here if hit >> note.pitch & 1 and note not in found]
            found += meeting[:1]
        own = sum(1 << note.pitch for note in set(here))
        able = terms.pitches_at(tick)
        if not terms.is_drums:
            able &= chords.ground_or_tones(tick, terms.is_bass(tick))
        if tick not in terms.hits and not able & ~own:
            found += here[:1]
    return found


def may_pin(terms: Terms, chords: ChordGuarantee, note: Note) -> bool:
    """Whether a note can be struck again among others that are new: a tone of its chord can."""
    tick, able = note.onset, terms.pitches_at(note.onset)
    if tick in terms.hits or not terms.usable[tick]:
        return False
    if not terms.is_drums:
        able &= chords.ground_or_tones(tick, terms.is_bass(tick))
    return bool(able >> note.pitch & 1)


def under_fates(
    terms: Terms, chords: ChordGuarantee, fates: Mapping[int, Fate], starts: Sequence[int]
) -> Terms:
    """The terms of a track in which some bars (by number) have a fate; starts: of all bars."""
    new = replace(
        terms, usable=list(terms.usable), narrowed=dict(terms.narrowed), must=set(terms.must),
        hits=dict(terms.hits), lasts=dict(terms.lasts), stops=set(terms.stops),
        fixed=dict(terms.fixed), counts=dict(terms.counts), caps=dict(terms.caps),
        courses=list(terms.courses),
    )  # fmt: skip
    for bar, fate in fates.items():
        start, end = starts[bar], starts[bar + 1]
        _write_anew(new, chords, fate, bar, start)
        if fate.until < end:
            _bring_back(new, fate, bar, end)
    new.must_stop = sorted(({*new.must_stop} & new.must) | {t for t in new.fixed if t in new.must})
    return new


def _bring_back(terms: Terms, fate: Fate, bar: int, end: int) -> None:
    later = range(fate.until, end)
    for tick in later:
        terms.usable[tick] = False
    terms.must.difference_update(later)
    terms.stops.add(fate.until)
    if terms.is_line(bar):
        for note in fate.back:
            terms.fixed[note.onset] = note
            terms.must.add(note.onset)
            terms.usable[note.onset] = True
            terms.lasts[note.onset] = note.duration
    elif bar in terms.counts:
        low, high = terms.counts[bar]
        there = len({note.onset for note in fate.back})
        terms.counts[bar] = max(low - there, 0), max(high - there, 0)


def _write_anew(terms: Terms, chords: ChordGuarantee, fate: Fate, bar: int, start: int) -> None:
    if fate.until == start:
        return
    kept = pinned(terms, chords, fate.gone)
    for note in fate.pins:
        if note not in kept:
            kept.append(note)
            terms.must.add(note.onset)
            terms.hits[note.onset] = [*terms.hits.get(note.onset, ()), 1 << note.pitch]
            if terms.is_line(bar):
                terms.narrow([note.onset], 1 << note.pitch)
                terms.must_stop = sorted({*terms.must_stop, note.onset})
    for note in fate.gone:
        if note not in kept:
            terms.narrow([note.onset], ALL & ~(1 << note.pitch))
    for tick in {note.onset for note in kept} & terms.hits.keys():
        left = [note for note in kept if note.onset == tick]
        hits = []
        for hit in terms.hits[tick]:
            meeting = next((note for note in left if hit >> note.pitch & 1), None)
            if meeting is not None:
                left.remove(meeting)
            hits.append(hit if meeting is None else 1 << meeting.pitch)
        terms.hits[tick] = hits
    if terms.is_line(bar):
        room = sum(terms.usable[start : fate.until])
        if fate.most < room:
            terms.courses.append(CountCourse(start, fate.until, 0, fate.most, room))
    else:
        cap = Cap(start, fate.until, fate.most)
        terms.caps.update(dict.fromkeys(range(start, fate.until), cap))


def needed(terms: Terms, bar: int, ticks: range) -> int:
    """How many notes the rules ask for in a bar, at least."""
    onsets = [tick for tick in terms.must if tick in ticks]
    struck = sum(max(len(terms.hits.get(tick, ())), 1) for tick in onsets)
    fewest = terms.counts.get(bar, (0, 0))[0]
    return max(struck, fewest * (1 if terms.is_line(bar) else terms.least.get(ticks.start, 1)))


def as_loud(terms: Terms | None, note: Note) -> Note:
    """A note as loud as rules ask for, with its own velocity where they let it."""
    loud = -1 if terms is None else terms.loud.get(note.onset, -1)
    if loud >> note.velocity & 1:
        return note
    able = [v for v in map(velocity_of, range(*vocabulary().spans["Velocity"])) if loud >> v & 1]
    nearest = min(able, key=lambda v: (abs(v - note.velocity), v), default=note.velocity)
    return replace(note, velocity=nearest)


def may_return(
    terms: Terms, chords: ChordGuarantee, notes: Sequence[Note], bars: range, starts: Sequence[int]
) -> bool:
    """Whether notes, all that a track has in some bars, are what its terms and its chords let be.

    What follows what, in a line, is left to its look-ahead.
    """
    return all(_may_stand(terms, chords, note, notes) for note in notes) and all(
        _keeps_bar(terms, [n for n in notes if starts[bar] <= n.onset < starts[bar + 1]], bar,
                   range(starts[bar], starts[bar + 1]))
        for bar in bars
    )  # fmt: skip


def _may_stand(terms: Terms, chords: ChordGuarantee, note: Note, notes: Sequence[Note]) -> bool:
    """What single notes must keep: where, which pitch, how long, how loud, over which chords."""
    tick, bit = note.onset, 1 << note.pitch
    sounding = sorted({n.pitch for n in notes if n.onset <= tick < n.end})
    if not (
        (terms.usable[tick] or tick in terms.habit)
        and terms.pitches_at(tick) & bit
        and (terms.is_drums or terms.lasts.get(tick, note.duration) == note.duration)
        and terms.loud.get(tick, -1) >> note.velocity & 1
        and len(sounding) <= min(terms.most.get(tick, 127), terms.plan.polyphony)
        and len(sounding) >= terms.least.get(tick, 1)
    ):
        return False
    if terms.is_drums:
        return True
    held = any(tick < stop < note.end for stop in terms.stops)
    after = {other.pitch for other in notes if other.onset == note.end}
    return not held and chords.may_stand(note, after, terms.is_bass(tick))


def _keeps_bar(terms: Terms, notes: Sequence[Note], bar: int, ticks: range) -> bool:
    """What the notes that begin in a bar must keep together."""
    onsets = {note.onset for note in notes}
    low, high = terms.counts.get(bar, (0, 127))
    if not low <= len(onsets) <= high:
        return False
    for tick in terms.must:
        if tick in ticks and not all(
            any(n.onset == tick and hit >> n.pitch & 1 for n in notes)
            for hit in terms.hits.get(tick, [ALL])
        ):
            return False
    if bar in terms.shares:
        inside = sum(terms.shares[bar] >> note.pitch & 1 for note in notes)
        if 4 * inside < 3 * len(notes):
            return False
    for program, up in terms.playable.get(bar, ()):
        for tick in onsets:
            sounding = sorted({n.pitch + up for n in notes if n.onset <= tick < n.end})
            if not playable(program, sounding):
                return False
    return len(onsets) == len(notes) or not terms.is_line(bar)
