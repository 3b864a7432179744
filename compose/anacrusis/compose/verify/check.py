"""`verify`: every rule a score has to keep, checked from the finished notes alone."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, pairwise

from ..plan import Plan
from ..score import Note, Score
from ..wording import counted
from . import planned
from .harmony import Line
from .lane import Lane
from .planned import Finding
from .played import as_played
from .report import NonChordTone, Report, Violation, named, place
from .rules import rules_broken, wishes_met
from .silences import silences
from .sounding import sounding, stretches
from .taken_up import taken_up

DRUM_LOW, DRUM_HIGH = 27, 87
"""Drum sounds of General MIDI level 2."""


def verify(score: Score, plan: Plan | None = None) -> Report:
    """Check a score against a plan (its own where none is given) and the chord guarantee.

    Without any plan only what the score itself states is checked: its notes lie inside it, its
    chord lane is sound, drums are drums, and the four chord rules. Where bars or meters are not the
    plan's, rules that go by the plan's ticks are left out, since none of them would line up.

    Rules: ``bars``, ``meter``, ``pickup``, ``tempo``, ``length``, ``key``, ``sections``,
    ``chords``, ``tracks``, ``inside``, ``section``, ``range``, ``polyphony``, ``overlap``,
    ``drums``, ``silence``, ``rest``, ``reprise``, ``variation``, ``swing``, ``lane``, and those of
    docs/chord-guarantee.md: ``strong``, ``non-chord tone``, ``held``, ``bass``. Those of
    `Plan.rules` go by the word that their text begins with, and the message has the whole text.
    Wishes are no rules: how far they are met is told beside (`Report.wishes`).
    """
    plan = plan or score.plan
    spans = sorted((span.onset, span.end, span.chord) for span in score.chords)
    lane = Lane(spans, score.ticks)
    lines = [Line(score, track, lane) for track in score.tracks if not track.is_drums]
    findings = list(chain(_inside(score), _overlaps(score), _drums(score), _lane(score)))
    for line in lines:
        name = line.track.name
        findings += [Finding(b.rule, b.tick, name, b.message, (b.note,)) for b in line.broken()]
    if plan is not None:
        findings += _against(score, plan, lane)
    tones = [tone for line in lines for tone in line.non_chord_tones()]
    fits = plan is not None and not any(planned.bars_differ(score, plan))
    wishes = tuple(wishes_met(score, plan, lane)) if plan is not None and fits else ()
    found = _report(score, lane, findings, tones)
    return replace(found, planned=plan is not None, wishes=wishes)


def _against(score: Score, plan: Plan, lane: Lane) -> Iterator[Finding]:
    shape = list(planned.bars_differ(score, plan))
    yield from shape
    yield from planned.tracks_differ(score, plan)
    yield from as_played(score, plan)
    yield from _texture(score, plan)
    yield from silences(score, plan)
    if shape:
        return
    yield from planned.tempo_differs(score, plan)
    yield from planned.length_differs(score, plan)
    yield from planned.key_differs(score, plan)
    yield from planned.sections_differ(score, plan)
    yield from planned.chords_differ(plan, lane)
    yield from taken_up(score, plan, lane)
    yield from planned.held_over(score, plan)
    yield from rules_broken(score, plan, lane)


def _inside(score: Score) -> Iterator[Finding]:
    for track, note in score.notes():
        if note.end > score.ticks:
            message = f"a note lasts {counted(note.end - score.ticks, 'tick')} past the last bar"
            yield Finding("inside", note.onset, track.name, message, (note,))


def _overlaps(score: Score) -> Iterator[Finding]:
    for track in score.tracks:
        by_pitch: defaultdict[int, list[Note]] = defaultdict(list)
        for note in track.notes:
            by_pitch[note.pitch].append(note)
        for notes in by_pitch.values():
            last = notes[0]
            for note in notes[1:]:
                if note.onset < last.end:
                    message = f"{named(note)} starts while it still sounds in this track"
                    yield Finding("overlap", note.onset, track.name, message, (last, note))
                last = max(last, note, key=lambda other: other.end)


def _drums(score: Score) -> Iterator[Finding]:
    for track, note in score.notes():
        if track.is_drums and not DRUM_LOW <= note.pitch <= DRUM_HIGH:
            message = f"{note.pitch} is no drum sound; allowed: {DRUM_LOW} to {DRUM_HIGH}"
            yield Finding("drums", note.onset, track.name, message, (note,))


def _lane(score: Score) -> Iterator[Finding]:
    for first, second in pairwise(score.chords):
        if second.onset < first.end:
            message = f"{second.chord} starts before {first.chord} has ended"
            yield Finding("lane", second.onset, None, message)


def _texture(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rules ``range`` (pitched tracks) and ``polyphony`` (of drums: hits at one moment)."""
    plans = {track.name: track for track in plan.tracks}
    for track in score.tracks:
        asked = plans.get(track.name)
        if asked is None:
            continue
        for note in track.notes:
            if not track.is_drums and not asked.low <= note.pitch <= asked.high:
                message = f"{named(note)} lies outside the range {asked.low} to {asked.high}"
                yield Finding("range", note.onset, track.name, message, (note,))
        for tick, notes in sounding(track):
            if len(notes) > asked.polyphony:
                message = f"{len(notes)} notes sound at once; allowed: {asked.polyphony}"
                yield Finding("polyphony", tick, track.name, message, notes)


def _report(score: Score, lane: Lane, findings: list[Finding], tones: list[NonChordTone]) -> Report:
    order = {track.name: index for index, track in enumerate(score.tracks)}
    findings.sort(key=lambda f: (f.tick, order.get(f.track or "", -1), f.rule))
    pitched = [note for track, note in score.notes() if not track.is_drums]
    covered = sum(min(end, score.ticks) - start for start, end in stretches(pitched))
    onset_bars = {score.bar_at(note.onset) for note in pitched}
    met = [note for note in pitched if lane.at(note.onset) is not None]
    inside = total = 0
    for note in pitched:
        for start, end, chord in lane.within(note.onset, note.end):
            if chord is not None:
                total += end - start
                inside += (end - start) * (note.pitch % 12 in chord.classes)
    chord_tones = sum(lane.is_tone(note.pitch, note.onset) for note in met)
    kinds = Counter(tone.kind for tone in tones)
    return Report(
        violations=tuple(
            Violation(f.rule, *place(score, f.tick), f.track, f.message, f.notes) for f in findings
        ),
        bars=len(score.bars) - score.has_pickup,
        pickup=score.has_pickup,
        notes=sum(len(track.notes) for track in score.tracks),
        coverage=covered / score.ticks,
        onset_coverage=len(onset_bars) / len(score.bars),
        chord_tone_share=chord_tones / len(met) if met else None,
        chord_tone_time=inside / total if total else None,
        non_chord_tones=dict(sorted(kinds.items())),
    )
