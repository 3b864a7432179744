"""Make scores of many origins uniform: no empty ends, no performance timing, sane limits."""

from dataclasses import replace
from itertools import pairwise

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.result import ReadResult
from anacrusis.compose.meter import MAX_NUMERATOR, Meter
from anacrusis.compose.plan import MAX_BARS
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)

MIN_NOTES = 8
TEMPO_LIMITS = (20.0, 400.0)
MAX_NOTE_TICKS = 960
"""A note longer than ten long bars is a hanging note of a broken file."""


def tidy(score: Score, timing: bool = False) -> Score:
    """The score without empty bars at its ends, tempos within limits.

    timing: keep how notes were played (their shifts), where the source is a performance. Raises
    `DataError` where too little is left.
    """
    tracks = tuple(
        replace(track, notes=merge_notes(track.notes, timing))
        for track in score.tracks
        if track.notes
    )
    if sum(len(track.notes) for track in tracks) < MIN_NOTES:
        raise DataError(f"fewer than {MIN_NOTES} notes")
    starts = score.bar_starts
    first = score.bar_at(min(track.notes[0].onset for track in tracks))
    last = max(score.bar_at(note.end - 1) for track in tracks for note in track.notes)
    low, high = TEMPO_LIMITS
    tempos = [change for change in score.tempos if low <= change.bpm <= high]
    whole = replace(score, tracks=tracks, tempos=tuple(tempos))
    return cut(whole, first, last + 1) if (first, last + 1) != (0, len(starts) - 1) else whole


def stretches(score: Score) -> list[Score]:
    """The score, or where it is longer than a plan can be, equal parts of it."""
    count = -(-len(score.bars) // MAX_BARS)
    if count == 1:
        return [score]
    edges = [len(score.bars) * place // count for place in range(count + 1)]
    return [cut(score, first, stop) for first, stop in pairwise(edges)]


def join_split_bars(score: Score) -> ReadResult:
    """Two bars that are one, written apart at a repeat sign, become one again.

    A repeat that begins with a pickup divides a bar: three beats before it, one after.
    """
    bars, number_of, joined = [score.bars[0]], [0], 0
    begins = {section.bar for section in score.sections}
    for index in range(1, len(score.bars)):
        last, bar = bars[-1], score.bars[index]
        halves = last.length is not None and bar.length is not None and last.meter == bar.meter
        whole = halves and last.ticks + bar.ticks == bar.meter.ticks
        if whole and len(bars) > 1 and index not in begins:
            bars[-1] = Bar(bar.meter)
            joined += 1
        else:
            bars.append(bar)
        number_of.append(len(bars) - 1)
    sections = (
        replace(s, bar=number_of[s.bar], bars=number_of[s.bar + s.bars - 1] + 1 - number_of[s.bar])
        for s in score.sections
    )
    losses = Losses.none().with_("bars split at a repeat, joined", joined)
    return ReadResult(replace(score, bars=tuple(bars), sections=tuple(sections)), losses)


def cut(score: Score, first: int, stop: int) -> Score:
    """Bars `first` to `stop - 1` as a score of their own; notes that begin outside are left out.

    Notes keep their places in their bars.
    """
    begin, end = score.bar_starts[first], score.bar_starts[stop]
    bars = score.bars[first:stop]
    if first > 0:
        bars = (_as_first(bars[0]), *bars[1:])
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                replace(n, onset=n.onset - begin, duration=min(n.duration, end - n.onset))
                for n in track.notes
                if begin <= n.onset < end
            ),
        )
        for track in score.tracks
    )
    tempos = {max(c.tick - begin, 0): c.bpm for c in score.tempos if c.tick < end}
    keys = {max(c.tick - begin, 0): c.key for c in score.keys if c.tick < end}
    chords = tuple(
        ChordSpan(max(c.onset, begin) - begin, min(c.end, end) - max(c.onset, begin), c.chord)
        for c in score.chords
        if c.end > begin and c.onset < end
    )
    sections = []
    for section in score.sections:
        low, high = max(section.bar, first), min(section.bar + section.bars, stop)
        if high > low:
            sections.append(Section(section.name, low - first, high - low))
    return replace(
        score,
        bars=bars,
        tracks=tracks,
        tempos=tuple(TempoChange(tick, bpm) for tick, bpm in tempos.items()),
        keys=tuple(KeyChange(tick, key) for tick, key in keys.items()),
        sections=tuple(sections),
        chords=chords,
    )


def _as_first(bar: Bar) -> Bar:
    """An inner bar as the first of a score: a short one gets the meter that lasts as long.

    Under its own meter it would be a pickup, and its notes would move to the end of the bar. That
    is left only where no meter is as short (a bar that ends within a triplet).
    """
    if bar.length is None:
        return bar
    meters = (Meter(n, d) for d, most in MAX_NUMERATOR.items() for n in range(1, most + 1))
    units = sorted(meters, key=lambda meter: abs(meter.denominator - bar.meter.denominator))
    return next((Bar(meter) for meter in units if meter.ticks == bar.length), bar)


def merge_notes(notes: tuple[Note, ...], timing: bool = False) -> tuple[Note, ...]:
    """One note per onset and pitch (the longest), no two overlapping on a pitch.

    timing: keep the notes' shifts.
    """
    found: dict[tuple[int, int], Note] = {}
    for note in notes:
        shift = note.shift if timing else 0.0
        plain = replace(note, shift=shift, duration=min(note.duration, MAX_NOTE_TICKS))
        place = (note.onset, note.pitch)
        other = found.get(place)
        if other is not None:
            plain = replace(
                plain,
                duration=max(plain.duration, other.duration),
                velocity=max(plain.velocity, other.velocity),
            )
        found[place] = plain
    merged: list[Note] = []
    sounding: dict[int, int] = {}
    for note in sorted(found.values()):
        before = sounding.get(note.pitch)
        if before is not None and merged[before].end > note.onset:
            merged[before] = replace(merged[before], duration=note.onset - merged[before].onset)
        sounding[note.pitch] = len(merged)
        merged.append(note)
    return tuple(merged)


def join_tracks(tracks: list[Track], name: str, role: str, program: int) -> Track:
    """Several tracks as one."""
    notes = tuple(sorted(note for track in tracks for note in track.notes))
    return Track(name, role, program, merge_notes(notes))
