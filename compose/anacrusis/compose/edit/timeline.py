"""Bars put in and taken out of a score, with everything that stands in them or holds there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from ..score import Bar, ChordSpan, Control, KeyChange, Note, Score, Section, TempoChange, Track

Change = TypeVar("Change", bound=TempoChange | KeyChange)


class Spliced(NamedTuple):
    """A score, and for each of its bars the one that it was before, or None."""

    score: Score
    moved: tuple[int | None, ...]


class _Cut(NamedTuple):
    """Ticks `first` to `end` are taken out, `added` ticks are put in their place."""

    first: int
    end: int
    added: int

    def after(self, tick: int) -> int:
        """Where a tick from `end` on comes to stand."""
        return tick - self.end + self.first + self.added


def splice(
    score: Score,
    bar: int,
    *,
    removed: int = 0,
    added: Sequence[Bar] = (),
    section: str | None = None,
) -> Spliced:
    """Take out `removed` bars from `bar` on, and put silent ones in their place.

    Notes move with their bars; those that ring into bars that are taken out end there. Tempo, key
    and controllers are after the cut what they were; new bars have those before them, and no
    chords. section: the name of a section of the new bars; None lets the section before grow.
    """
    starts = score.bar_starts
    cut = _Cut(starts[bar], starts[bar + removed], sum(b.ticks for b in added))
    bars = (*score.bars[:bar], *added, *score.bars[bar + removed :])
    moved = (*range(bar), *[None] * len(added), *range(bar + removed, len(score.bars)))
    last = bar + removed == len(score.bars)
    spliced = replace(
        score,
        bars=bars,
        tracks=tuple(_track(track, cut) for track in score.tracks),
        tempos=_changes(score.tempos, cut, last),
        keys=_changes(score.keys, cut, last),
        sections=_sections(score.sections, bar, removed, len(added), section),
        chords=tuple(_chords(score.chords, cut)),
        plan=None,
    )
    return Spliced(spliced, moved)


def _track(track: Track, cut: _Cut) -> Track:
    notes: list[Note] = []
    for note in track.notes:
        if note.onset < cut.first:
            rings = cut.end > cut.first and note.end > cut.first
            notes.append(replace(note, duration=cut.first - note.onset) if rings else note)
        elif note.onset >= cut.end:
            notes.append(replace(note, onset=cut.after(note.onset)))
    return replace(track, notes=tuple(notes), controls=tuple(_controls(track.controls, cut)))


def _controls(controls: Sequence[Control], cut: _Cut) -> list[Control]:
    """Controllers; what was set last in the bars taken out is set where they were."""
    kept = [control for control in controls if control.tick < cut.first]
    inside = [control for control in controls if cut.first <= control.tick < cut.end]
    for control in {(control.kind, control.number): control for control in inside}.values():
        kept.append(replace(control, tick=float(cut.first)))
    shift = cut.after(0)
    return kept + [replace(c, tick=c.tick + shift) for c in controls if c.tick >= cut.end]


def _changes(changes: Sequence[Change], cut: _Cut, last: bool) -> tuple[Change, ...]:
    """Tempos or keys. last: whether nothing comes after the cut."""
    kept = [change for change in changes if change.tick < cut.first]
    held = [change for change in changes if change.tick <= cut.end]
    if not cut.first and cut.added and held:
        kept = [replace(held[-1], tick=0)]
    later = [replace(c, tick=cut.after(c.tick)) for c in changes if c.tick > cut.end]
    if held and not last:
        goes_on = replace(held[-1], tick=cut.after(cut.end))
        if not kept or replace(kept[-1], tick=goes_on.tick) != goes_on:
            kept.append(goes_on)
    return (*kept, *([] if last else later))


def _sections(
    sections: Sequence[Section], bar: int, removed: int, added: int, name: str | None
) -> tuple[Section, ...]:
    found: list[Section] = []
    stop, shift = bar + removed, added - removed
    host = max(bar - 1, 0) if added and name is None else -1  # the bar whose section grows
    for section in sections:
        first, end = section.bar, section.bar + section.bars
        head, tail = max(min(end, bar) - first, 0), max(end - max(first, stop), 0)
        if first <= host < end:
            found.append(Section(section.name, first, head + added + tail))
            host = -1
        elif head and tail and added:  # the new section stands within an old one
            found.append(Section(section.name, first, head))
            found.append(Section(section.name, stop + shift, tail))
        elif head or tail:
            begin = first if head else max(first, stop) + shift
            found.append(Section(section.name, begin, head + tail))
    if name is not None and added:
        found.append(Section(name, bar, added))
    return tuple(sorted(found, key=lambda section: section.bar))


def _chords(chords: Sequence[ChordSpan], cut: _Cut) -> list[ChordSpan]:
    found: list[ChordSpan] = []
    for span in chords:
        if span.onset < cut.first:
            end = min(span.end, cut.first)
            found.append(ChordSpan(span.onset, end - span.onset, span.chord))
        if span.end > cut.end:
            onset = max(span.onset, cut.end)
            found.append(ChordSpan(cut.after(onset), span.end - onset, span.chord))
    return found


def joined(first: Score, second: Score) -> Score:
    """Two scores with the same tracks, one after the other."""
    shift = first.ticks
    tracks = tuple(
        replace(
            a,
            notes=(*a.notes, *(replace(note, onset=note.onset + shift) for note in b.notes)),
            controls=(*a.controls, *(replace(c, tick=c.tick + shift) for c in b.controls)),
        )
        for a, b in zip(first.tracks, second.tracks, strict=True)
    )
    return replace(
        first,
        bars=(*first.bars, *second.bars),
        tracks=tracks,
        tempos=_followed(first.tempos, second.tempos, shift),
        keys=_followed(first.keys, second.keys, shift),
        sections=(
            *first.sections,
            *(replace(s, bar=s.bar + len(first.bars)) for s in second.sections),
        ),
        chords=(*first.chords, *(replace(c, onset=c.onset + shift) for c in second.chords)),
        plan=None,
    )


def _followed(first: Sequence[Change], second: Sequence[Change], shift: int) -> tuple[Change, ...]:
    """Changes of one score and then of another, without one at the border that changes nothing."""
    later = [replace(change, tick=change.tick + shift) for change in second]
    if first and later and later[0] == replace(first[-1], tick=later[0].tick):
        later = later[1:]
    return (*first, *later)


def with_chords(score: Score, first: int, end: int, spans: Sequence[ChordSpan]) -> Score:
    """The score with other chords in ticks `first` to `end`."""
    around = _chords(score.chords, _Cut(first, end, end - first))
    return replace(score, chords=(*around, *spans))
