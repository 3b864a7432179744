"""What the corruptions of `mutation.py` have in common: places, and edits of scores."""

import random
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from mutation_songs import Song

from anacrusis.compose.plan import Plan
from anacrusis.compose.rules import Rule
from anacrusis.compose.score import ChordSpan, Note, Score

PITCHED = ("flute", "clarinet", "oboe", "piano", "guitar", "bass")
LINES = ("flute", "clarinet", "oboe", "guitar", "bass")
"""Tracks of a song: all but the drums, and those that play one note at a time."""


class Corruption(NamedTuple):
    """A score that keeps its plan, the same with one rule broken, and how that must be reported.

    rule: its name. text: what the message must hold. bar, track: where; None where that is open.
    """

    kept: Score
    broken: Score
    rule: str
    text: str
    bar: int | None
    track: str | None


Mutation = Callable[[Song, random.Random], Corruption | None]
"""Corrupts a song; None where this one offers no place for it."""


class Place(NamedTuple):
    """A stretch of bars: how a rule names it, indices of its bars, and its ticks."""

    where: str | None
    bars: range
    start: int
    end: int


def number(score: Score, tick: int) -> int:
    """The number of the bar at a tick, as people count."""
    return bisect_right(score.bar_starts, tick) - (1 if score.bars[0].length else 0)


def place(score: Score, draw: random.Random, most: int = 99) -> Place:
    """Some bars of a song without its pickup, at most so many of them: its sections, or others."""
    first = 1 if score.bars[0].length else 0
    sections = [section for section in score.sections if section.bars <= most]
    if sections and draw.random() < 0.3:
        section = draw.choice(sections)
        bars, where = range(section.bar, section.bar + section.bars), section.name
    else:
        begin = draw.randrange(first, len(score.bars))
        stop = draw.randint(begin + 1, min(len(score.bars), begin + most))
        bars = range(begin, stop)
        where = f"bars {begin + 1 - first}-{stop - first}"
    return Place(where, bars, score.bar_starts[bars.start], score.bar_starts[bars.stop])


def new_music(score: Score, draw: random.Random, most: int = 99) -> Place:
    """The same, but only of bars that take nothing up from before."""
    verse, chorus = score.sections[:2]
    first, stop = verse.bar, chorus.bar + chorus.bars
    begin = draw.randrange(first, stop)
    end = draw.randint(begin + 1, min(stop, begin + most))
    offset = 0 if score.bars[0].length else 1
    where = f"bars {begin + offset}-{end - 1 + offset}"
    return Place(where, range(begin, end), score.bar_starts[begin], score.bar_starts[end])


def within(score: Score, track: str, start: int, end: int) -> list[Note]:
    """Notes of a track that start between two ticks."""
    return [note for note in score.track(track).notes if start <= note.onset < end]


def edited(
    score: Score, track: str, remove: Iterable[Note] = (), add: Iterable[Note] = ()
) -> Score:
    """The score with other notes in one track."""
    gone = list(remove)
    notes = [note for note in score.track(track).notes if note not in gone]
    tracks = tuple(
        replace(t, notes=tuple(sorted([*notes, *add]))) if t.name == track else t
        for t in score.tracks
    )
    return replace(score, tracks=tracks)


def changed(score: Score, track: str, note: Note, **values: int) -> Score:
    """The score with one note altered."""
    return edited(score, track, [note], [replace(note, **values)])


def ruled(song: Song, rule: Rule) -> Score:
    """The song, whose plan also states a rule."""
    assert song.score.plan is not None
    return replace(song.score, plan=replace(song.score.plan, rules=(rule,)))


def told(
    song: Song,
    rule: Rule,
    broken: Score,
    tick: int | None,
    track: str | None = None,
) -> Corruption:
    """A corruption of a rule that the plan states, at a tick."""
    kept = ruled(song, rule)
    bar = None if tick is None else number(song.score, tick)
    return Corruption(kept, replace(broken, plan=kept.plan), rule.word, repr(str(rule)), bar, track)


def played(
    song: Song, draw: random.Random, tracks: tuple[str, ...], fresh: bool = False
) -> tuple[str, Place, list[Note]] | None:
    """A track, a place, and the notes of the track there, if it has any."""
    track = draw.choice(tracks)
    span = (new_music if fresh else place)(song.score, draw)
    notes = within(song.score, track, span.start, span.end)
    return (track, span, notes) if notes else None


def sounding(score: Score, track: str, tick: int) -> list[Note]:
    """Notes of a track that sound at a tick."""
    return [note for note in score.track(track).notes if note.onset <= tick < note.end]


def with_chord(score: Score, old: ChordSpan, *new: ChordSpan) -> Score:
    """The score with another chord in place of one of its lane."""
    return replace(score, chords=tuple(s for s in score.chords if s is not old) + new)


def plan_of(song: Song) -> Plan:
    """The plan of a song, which has one."""
    assert song.score.plan is not None
    return song.score.plan


def at(
    song: Song, rule: str, broken: Score, tick: int | None, track: str | None = None,
    plan: Plan | None = None,
) -> Corruption:  # fmt: skip
    """A corruption of the song, or of the song under another plan that it keeps."""
    plan = plan or plan_of(song)
    bar = None if tick is None else number(song.score, tick)
    kept, spoilt = replace(song.score, plan=plan), replace(broken, plan=plan)
    return Corruption(kept, spoilt, rule, "", bar, track)


def any_note(
    song: Song, draw: random.Random, fits: Callable[[str, Note], bool]
) -> tuple[str, Note] | None:
    """A track, and one of its notes that fits."""
    rows = [(t.name, note) for t in song.score.tracks for note in t.notes if fits(t.name, note)]
    return draw.choice(rows) if rows else None
