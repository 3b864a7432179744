"""Rules that a piece keeps, read off it: what a composer might have asked for to get such music.

    from derived_rules import derived_rules, written

`written` is the piece as composing could have written it; `derived_rules` are kept by its notes,
which the verifier confirms. What composing never writes is a `Stricter`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise

from anacrusis.compose.constraints.meter import composing_grid
from anacrusis.compose.constraints.state import section_ends
from anacrusis.compose.decoding.fill import planned
from anacrusis.compose.errors import PlanError
from anacrusis.compose.instruments import DRUM_PITCHES
from anacrusis.compose.pitch import SHARP_NAMES
from anacrusis.compose.plan import Plan, SectionPlan
from anacrusis.compose.rules import (
    Bars,
    Contour,
    Dynamics,
    Grid,
    Leap,
    NoCrossing,
    Only,
    Onsets,
    Range,
    Rule,
    Silent,
    Voices,
)
from anacrusis.compose.rules.dynamics import TOLERANCE
from anacrusis.compose.rules.line import SHAPES
from anacrusis.compose.rules.rhythm import MOST_ONSETS, ticks_of
from anacrusis.compose.score import Note, Score, Track
from anacrusis.compose.tokens.encode import track_slots, velocity_of, velocity_token
from anacrusis.compose.tokens.vocabulary import DRUM_DURATION, MAX_DURATION
from anacrusis.compose.verify import verify

PHRASE = 2
"""Bars of which a contour is stated."""
_UNITS = ("1", "1/2", "1/4", "1/8", "1/16", "1/12", "1/24", "1/48")


class Stricter(Exception):
    """Why composing would never have written a piece."""


def written(score: Score) -> Score:
    """The piece as tokens hold it: velocities in steps, notes that end with their section, and no
    longer than a token says.

    Raises `Stricter` for what composing leaves out by habit.
    """
    if len({bar.meter for bar in score.bars}) > 1 or any(bar.length for bar in score.bars):
        raise Stricter("several meters, or a pickup")
    slots, left = track_slots(score.tracks)
    if left:
        raise Stricter("more than four tracks of a role")
    ends = section_ends(score)
    tracks = [slot.track for slot in sorted(slots, key=lambda slot: slot.place)]
    tracks = [_written(track, score, ends.tolist()) for track in tracks if track.notes]
    if len(set().union(*(_heard(score, track) for track in tracks))) < len(score.bars):
        raise Stricter("a silent bar")
    return replace(score, tracks=tuple(tracks), plan=None)


def _written(track: Track, score: Score, ends: list[int]) -> Track:
    grid, notes = composing_grid(score.bars[0].meter.ticks), []
    sounding: dict[int, int] = {}
    for note in sorted(track.notes):
        bar, position = score.position(note.onset)
        if not grid[position]:
            raise Stricter("an onset off the grid of sixteenths and triplet eighths")
        if track.is_drums and not DRUM_PITCHES[0] <= note.pitch <= DRUM_PITCHES[1]:
            raise Stricter("a drum outside General MIDI")
        if sounding.get(note.pitch, 0) > note.onset:
            raise Stricter("a pitch struck again while it sounds")
        longest = DRUM_DURATION if track.is_drums else min(MAX_DURATION, ends[bar] - note.onset)
        velocity = velocity_of(velocity_token(note.velocity))
        ticks = longest if track.is_drums else min(note.duration, longest)
        notes.append(Note(note.onset, note.pitch, ticks, velocity))
        sounding[note.pitch] = notes[-1].end
    return replace(track, notes=tuple(notes), controls=())


def plan_of(score: Score, style: str, rules: tuple[Rule, ...] = ()) -> Plan:
    """A plan of the tracks of a piece, as wide and as thick as their notes, and of its bars."""
    tracks = tuple(planned(track, score) for track in score.tracks)
    names = Counter(track.name for track in tracks)
    if max(names.values()) > 1:
        tracks = tuple(replace(t, name=f"{t.role} {place}") for place, t in enumerate(tracks))
    section = SectionPlan("piece", len(score.bars))
    return Plan(
        (section,), tracks, key=score.key_at(0), meter=score.bars[0].meter, style=style, rules=rules
    )


def derived_rules(score: Score, plan: Plan) -> tuple[Rule, ...]:
    """What the notes of a piece keep, of twelve kinds of rules; `plan`: that of `plan_of`."""
    rules: list[Rule] = []
    lines = []
    for track, asked in zip(score.tracks, plan.tracks, strict=True):
        bars: list[list[Note]] = [[] for _ in score.bars]
        for note in track.notes:
            bars[score.bar_at(note.onset)].append(note)
        rules += _rhythm(score, track, asked.name, bars)
        if asked.role != "drums":
            voices = _voices(track)
            rules += _pitches(track, asked.name, voices)
            if max(voices) == 1:
                lines.append(asked.name)
                rules += _line(track, asked.name, bars)
    rules += [NoCrossing(tracks=pair) for pair in combinations(lines, 2)]
    named = tuple(
        replace(track, name=asked.name)
        for track, asked in zip(score.tracks, plan.tracks, strict=True)
    )
    return tuple(rule for rule in rules if _is_kept(rule, replace(score, tracks=named), plan))


def _is_kept(rule: Rule, score: Score, plan: Plan) -> bool:
    try:
        asked = replace(plan, rules=(rule,))
    except PlanError:
        return False
    broken = {violation.rule for violation in verify(replace(score, sections=()), asked).violations}
    return type(rule).word not in broken


def _rhythm(score: Score, track: Track, name: str, bars: list[list[Note]]) -> Iterator[Rule]:
    counts = [len({note.onset for note in bar}) for bar in bars]
    if max(counts) <= MOST_ONSETS:
        yield Onsets(min(counts), max(counts), tracks=name)
    places = {score.position(note.onset)[1] for note in track.notes}
    for unit in _UNITS:
        if all(place % ticks_of("grid", unit) == 0 for place in places):
            yield Grid(unit, tracks=name)
            break
    loud = [note.velocity for note in track.notes]
    if max(loud) - min(loud) <= 2 * TOLERANCE:
        yield Dynamics(max(1, min(loud) + (max(loud) - min(loud)) // 2), tracks=name)
    sounding = _heard(score, track)
    for bar in range(len(bars)):
        if bar not in sounding:
            yield Silent(tracks=name, where=Bars(bar + 1, bar + 1))


def _heard(score: Score, track: Track) -> set[int]:
    """The bars in which a track sounds."""
    return {
        bar
        for note in track.notes
        for bar in range(score.bar_at(note.onset), score.bar_at(min(note.end, score.ticks) - 1) + 1)
    }


def _voices(track: Track) -> list[int]:
    """How many notes sound at each onset."""
    onsets = sorted({note.onset for note in track.notes})
    return [sum(n.onset <= tick < n.end for n in track.notes) for tick in onsets]


def _pitches(track: Track, name: str, voices: list[int]) -> Iterator[Rule]:
    pitches = [note.pitch for note in track.notes]
    yield Range(min(pitches), max(pitches), tracks=name)
    classes = sorted({pitch % 12 for pitch in pitches})
    yield Only(tuple(SHARP_NAMES[one] for one in classes), tracks=name)
    yield Voices(min(voices), min(max(voices), 16), tracks=name)


def _line(track: Track, name: str, bars: list[list[Note]]) -> Iterator[Rule]:
    pitches = [note.pitch for note in track.notes]
    leaps = [abs(b - a) for a, b in pairwise(pitches)]
    if leaps:
        yield Leap(max(leaps), tracks=name)
    for first in range(0, len(bars) - PHRASE + 1, PHRASE):
        place = Bars(first + 1, first + PHRASE)
        for shape in SHAPES:
            yield Contour(shape, tracks=name, where=place)
