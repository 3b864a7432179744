"""Read MusicXML (W3C MusicXML 4.0, partwise) into a `Score`.

The reader is our own because training reads thousands of files: see
docs/decisions/0003-musicxml.md. Whatever the score cannot hold is counted in `Losses`.
"""

import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple
from xml.etree.ElementTree import Element

from ..chord import Chord
from ..errors import FileFormatError
from ..score import Bar, ChordSpan, KeyChange, Note, Score, Section, TempoChange, Track
from ..swing import STRAIGHT
from .limits import check_notes, check_tracks
from .losses import Losses
from .musicxml_flow import play_order
from .musicxml_instruments import LANE_ROLE, PartInfo, give_roles, part_list
from .musicxml_meters import Pace, measure_bars, nearest_tick, paces
from .musicxml_part import PartReader
from .musicxml_raw import Jumps, RawMeasure, RawNote
from .musicxml_source import load_tree
from .result import ReadResult

__all__ = ["read_movements", "read_musicxml"]

_DEFAULT_VELOCITY = 80
_WIDEST_TIE = 48
"""Ticks between the two notes of a tie."""


class _Part(NamedTuple):
    info: PartInfo
    measures: list[RawMeasure]
    pitched: int
    unpitched: int


class _Whole(NamedTuple):
    """A file: its parts, the bars of each written measure, title and composer."""

    parts: list[_Part]
    groups: list[list[Bar]]
    title: str
    composer: str


class _Timeline(NamedTuple):
    """The played bars. starts[i]: tick where played measure order[i] begins; one entry more."""

    order: Sequence[int]
    starts: list[int]
    bars: list[Bar]
    first_bar: list[int]


def read_musicxml(
    source: str | os.PathLike[str] | bytes, expand_repeats: bool = False
) -> ReadResult:
    """Read a .musicxml, .xml or .mxl file, or the bytes of one.

    Pitches are sounding pitches, ties are one note, a part on several staves is one track. Each
    written bar is read once; with `expand_repeats`, repeats, voltas and da capo / dal segno are
    played out. Durations are rounded to 12 ticks per quarter note. A bar longer than any meter is
    read as several.

    Raises `FileFormatError` for a file that is not complete partwise MusicXML.
    """
    whole = _open(source)
    written = range(len(whole.groups))
    if expand_repeats:
        return _score(whole, play_order([_jumps(whole.parts, index) for index in written]))
    return _score(whole, written)


def read_movements(source: str | os.PathLike[str] | bytes) -> list[ReadResult]:
    """The movements of a file, each a score of its own: one begins where bars count from 1 anew.

    Otherwise as `read_musicxml`.
    """
    whole = _open(source)
    starts, last = [0], 0
    longest = max(whole.parts, key=lambda part: len(part.measures))
    for index, measure in enumerate(longest.measures):
        if measure.number.isdecimal():
            if int(measure.number) <= 1 < last:
                starts.append(index)
            last = int(measure.number)
    stops = [*starts[1:], len(whole.groups)]
    return [_score(whole, range(*stretch)) for stretch in zip(starts, stops, strict=True)]


def _open(source: str | os.PathLike[str] | bytes) -> _Whole:
    root = load_tree(source)
    infos = part_list(root)
    elements = root.findall("part")
    check_tracks(len(elements), "the MusicXML")
    parts = [_read_part(element, infos) for element in elements]
    if not any(part.measures for part in parts):
        raise FileFormatError("the MusicXML has no bars; give a score with at least one part")
    for place, differing in enumerate(paces([part.measures for part in parts])):
        if differing:
            parts[place] = _read_part(elements[place], infos, differing)
    groups = measure_bars([part.measures for part in parts])
    return _Whole(parts, groups, _title(root), _composer(root))


def _score(whole: _Whole, order: Sequence[int]) -> ReadResult:
    """The score of these measures, in this order."""
    parts, line = whole.parts, _timeline(whole.groups, order)
    losses: Counter[str] = Counter()
    for part in parts:
        for index in set(order):
            if index < len(part.measures):
                losses.update(part.measures[index].losses)
    if len(order) == len(set(order)):
        jumps = (_jumps(parts, index) for index in order)
        losses["repeats not played out"] += sum(
            jump.backward > 0 or not {"dacapo", "dalsegno"}.isdisjoint(jump.signs) for jump in jumps
        )
    written = (measure for part in parts for _, _, measure in _played(part, line))
    check_notes(sum(len(measure.notes) for measure in written), "the MusicXML")
    tracks = [_track(part, line, losses) for part in parts]
    heard = [i for i, part in enumerate(parts) if part.info.role != LANE_ROLE or tracks[i].notes]
    score = Score(
        bars=tuple(line.bars),
        tracks=give_roles([parts[i].info for i in heard], [tracks[i] for i in heard]),
        tempos=tuple(TempoChange(t, bpm) for t, bpm in _tempos(parts, line).items()),
        keys=_keys(parts, line),
        sections=_sections(parts, line),
        chords=_chords(parts, line, losses),
        title=whole.title,
        composer=whole.composer,
        swing=_swing(parts, line, losses),
    )
    return ReadResult(score, Losses(losses))


def _read_part(
    element: Element, infos: dict[str, PartInfo], differing: Mapping[int, Pace] | None = None
) -> _Part:
    identity = element.get("id", "")
    info = infos.get(identity) or PartInfo(identity or "part", {}, "")
    reader = PartReader(info.name, info.instruments)
    measures = reader.read(element, differing)
    return _Part(info, measures, reader.pitched, reader.unpitched)


def _jumps(parts: Sequence[_Part], index: int) -> Jumps:
    """The repeat signs of a written measure, from whichever parts carry them."""
    found = [part.measures[index].jumps for part in parts if index < len(part.measures)]
    return Jumps(
        forward=any(j.forward for j in found),
        backward=max((j.backward for j in found), default=0),
        endings=next((j.endings for j in found if j.endings), frozenset()),
        ending_stop=any(j.ending_stop for j in found),
        signs={sign: label for j in reversed(found) for sign, label in j.signs.items()},
    )


def _timeline(groups: list[list[Bar]], order: Sequence[int]) -> _Timeline:
    lengths = (sum(bar.ticks for bar in groups[index]) for index in order)
    return _Timeline(
        order=order,
        starts=list(accumulate(lengths, initial=0)),
        bars=[bar for index in order for bar in groups[index]],
        first_bar=list(accumulate((len(groups[index]) for index in order), initial=0)),
    )


def _played(part: _Part, line: _Timeline) -> list[tuple[int, int, RawMeasure]]:
    """(start tick, end tick, measure) of each played measure that the part has."""
    return [
        (line.starts[place], line.starts[place + 1], part.measures[index])
        for place, index in enumerate(line.order)
        if index < len(part.measures)
    ]


class _Sounding(NamedTuple):
    """A note at its played place; `end` may still grow through ties."""

    onset: int
    end: int
    raw: RawNote


def _track(part: _Part, line: _Timeline, losses: Counter[str]) -> Track:
    notes = _tied(_placed(part, line, losses))
    levels = _Levels(part, line)
    merged: dict[tuple[int, int], Note] = {}
    for onset, end, raw in notes:
        velocity = raw.velocity or levels.at(onset)
        note = Note(onset, raw.pitch, end - onset, velocity, raw.shift, raw.cents)
        other = merged.get((onset, raw.pitch))
        if other is not None:
            losses["unisons merged"] += 1
            note = max(note, other, key=lambda n: (n.duration, n.velocity))
        merged[onset, raw.pitch] = note
    program = part.info.program(part.pitched, part.unpitched)
    return Track(part.info.name, "melody", program, tuple(sorted(merged.values())))


def _placed(part: _Part, line: _Timeline, losses: Counter[str]) -> list[_Sounding]:
    """Notes on the grid, in time order."""
    placed: list[_Sounding] = []
    for start, stop, measure in _played(part, line):
        for raw in measure.notes:
            finish = raw.onset + raw.duration
            onset = min(start + nearest_tick(raw.onset), stop - 1)
            end = start + nearest_tick(finish)
            if not (isinstance(raw.onset, int) and isinstance(finish, int)):
                losses["notes quantised to the grid"] += 1
            if end <= onset:
                end = onset + 1
                losses["notes lengthened to one tick"] += 1
            placed.append(_Sounding(onset, end, raw))
    placed.sort(key=lambda note: note.onset)
    return placed


def _tied(placed: list[_Sounding]) -> list[_Sounding]:
    """Ties merged: a note that a tie stops at lengthens the note of its pitch that ends there.

    A tie may also span a gap: the notes of a written-out arpeggio are tied into its chord.
    """
    notes: list[_Sounding] = []
    waiting: dict[int, list[int]] = {}
    for note in placed:
        raw = note.raw
        open_ties = waiting.setdefault(raw.pitch, [])
        if raw.tie_stop:
            fitting = [i for i in open_ties if abs(notes[i].end - note.onset) <= 1]
            if not fitting:
                fitting = [i for i in open_ties if 0 < note.onset - notes[i].end <= _WIDEST_TIE]
            if fitting:
                index = max(fitting, key=lambda i: _tie_fit(notes[i], note))
                open_ties.remove(index)
                notes[index] = notes[index]._replace(end=max(notes[index].end, note.end))
                if raw.tie_start:
                    open_ties.append(index)
                continue
        if raw.tie_start:
            open_ties[:] = [i for i in open_ties if note.onset - notes[i].end <= _WIDEST_TIE]
            open_ties.append(len(notes))
        notes.append(note)
    return notes


def _tie_fit(first: _Sounding, second: _Sounding) -> tuple[bool, bool, bool, int]:
    """How well two notes of one pitch fit as the ends of a tie; the larger, the better."""
    return (
        first.raw.tie_number == second.raw.tie_number,
        first.raw.voice == second.raw.voice,
        first.end == second.onset,
        -first.onset,
    )


class _Levels:
    """Velocity of a part over time, from its dynamic marks."""

    def __init__(self, part: _Part, line: _Timeline) -> None:
        lasting: dict[int, int] = {}
        self.accents: dict[int, int] = {}
        for start, _, measure in _played(part, line):
            for mark in measure.dynamics:
                target = self.accents if mark.accent else lasting
                target[start + nearest_tick(mark.onset)] = mark.velocity
        self.ticks = sorted(lasting)
        self.values = [lasting[tick] for tick in self.ticks]

    def at(self, tick: int) -> int:
        if tick in self.accents:
            return self.accents[tick]
        index = bisect_right(self.ticks, tick) - 1
        return self.values[index] if index >= 0 else _DEFAULT_VELOCITY


def _tempos(parts: Sequence[_Part], line: _Timeline) -> dict[int, float]:
    """Tick -> tempo; a number goes before a word, an upper part before a lower one."""
    found: dict[int, float] = {}
    for words in (True, False):
        for part in reversed(parts):
            for start, _, measure in _played(part, line):
                for at, bpm in measure.word_tempos if words else measure.tempos:
                    found[start + nearest_tick(at)] = bpm
    return {tick: bpm for tick, bpm in found.items() if tick < line.starts[-1]}


def _swing(parts: Sequence[_Part], line: _Timeline, losses: Counter[str]) -> float:
    """The first swing that is stated, for all bars that can swing: a score has one."""
    found = {0: STRAIGHT}
    for part in reversed(parts):
        for start, _, measure in _played(part, line):
            found |= {start + nearest_tick(at): ratio for at, ratio in measure.swings}
    ratio = next((found[tick] for tick in sorted(found) if found[tick] != STRAIGHT), STRAIGHT)
    if ratio != STRAIGHT:
        ticks = sorted(found)
        starts = accumulate((bar.ticks for bar in line.bars), initial=0)
        for start, bar in zip(starts, line.bars, strict=False):
            here = found[ticks[bisect_right(ticks, start) - 1]]
            losses["bars of another swing"] += bar.meter.has_quarter_beats and here != ratio
    return ratio


def _keys(parts: Sequence[_Part], line: _Timeline) -> tuple[KeyChange, ...]:
    """The keys of the first part that states any and is no drum part."""
    keyed = [p for p in parts if any(m.keys for m in p.measures)]
    pitched = [p for p in keyed if not p.unpitched or p.pitched]
    for part in (pitched or keyed)[:1]:
        found = {
            start + nearest_tick(at): key
            for start, _, measure in _played(part, line)
            for at, key in measure.keys
        }
        before = [key for measure in part.measures[: line.order[0]] for _, key in measure.keys]
        if before:  # a movement need not state the key of the one before again
            found.setdefault(0, before[-1])
        return tuple(KeyChange(t, key) for t, key in found.items() if t < line.starts[-1])
    return ()


def _sections(parts: Sequence[_Part], line: _Timeline) -> tuple[Section, ...]:
    """From each rehearsal mark to the next."""
    marks: list[tuple[int, str]] = []
    for place, index in enumerate(line.order):
        present = (part.measures[index] for part in parts if index < len(part.measures))
        name = next((measure.mark for measure in present if measure.mark), "")
        if name:
            marks.append((line.first_bar[place], name))
    ends = [bar for bar, _ in marks[1:]] + [len(line.bars)]
    return tuple(
        Section(name, bar, end - bar) for (bar, name), end in zip(marks, ends, strict=False)
    )


def _chords(parts: Sequence[_Part], line: _Timeline, losses: Counter[str]) -> tuple[ChordSpan, ...]:
    """Each chord symbol until the next; of two at one time the first part's counts."""
    found: dict[int, Chord | None] = {}
    for part in parts:
        for start, _, measure in _played(part, line):
            for at, chord in measure.chords:
                tick = start + nearest_tick(at)
                if tick >= line.starts[-1]:
                    losses["chord symbols past the end"] += 1
                elif found.setdefault(tick, chord) != chord:
                    losses["second chord symbols at one time"] += 1
    ticks = sorted(found)
    ends = [*ticks[1:], line.starts[-1]]
    return tuple(
        ChordSpan(tick, end - tick, chord)
        for tick, end in zip(ticks, ends, strict=False)
        if (chord := found[tick]) is not None
    )


def _title(root: Element) -> str:
    title = root.findtext("movement-title") or root.findtext("work/work-title") or ""
    return " ".join(title.split())


def _composer(root: Element) -> str:
    names = (
        " ".join("".join(creator.itertext()).split())
        for creator in root.iterfind("identification/creator")
        if creator.get("type") == "composer"
    )
    return ", ".join(name for name in names if name)
