"""Songs that keep every rule, made by hand-written recipes: what `mutation.py` corrupts.

No model writes them and nothing of the verifier is used: their notes are chord tones that end where
the chord does, so that the chord guarantee holds by construction, and two of their voices go in
thirds, fourths, tritones and sixths, so that they have no parallels.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from anacrusis.compose.chord import Chord
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.pitch import class_to_name
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.score import Note, Score

TRACKS = (
    TrackPlan("flute", "melody", 73, 67, 91, 1),
    TrackPlan("clarinet", "counter", 71, 58, 86, 1),
    TrackPlan("oboe", "counter", 68, 55, 79, 1),
    TrackPlan("piano", "chords", 0, 45, 81, 3),
    TrackPlan("guitar", "arpeggio", 24, 45, 76, 1),
    TrackPlan("bass", "bass", 33, 28, 50, 1),
    TrackPlan("drums", "drums", -1, 35, 59, 3),
)
CLOSE = (3, 4, 5, 6, 8, 9)
"""Semitones from the flute down to the clarinet: no fifth, octave or unison."""
_QUALITY = {(4, 7): "maj", (3, 7): "min", (3, 6): "dim"}


class Song(NamedTuple):
    """A score with its plan, and what is known of it.

    cadences: kind, and index of the bar, of each. turn: index of the bar in which it modulates, and
    the keys before and after.
    """

    score: Score
    cadences: tuple[tuple[str, int], ...]
    turn: tuple[int, Key, Key]


def song(draw: random.Random) -> Song:
    """A song of four sections: a verse, a chorus in another key, the verse again, a variation."""
    meter = Meter.parse(draw.choice(("4/4", "4/4", "3/4", "6/8")))
    pickup = draw.choice((0, 6, 12))
    home = Key.from_class(draw.randrange(12), draw.choice(("major", "minor")))
    away = draw.choice(_related(home))
    kind = draw.choice(("authentic", "plagal", "deceptive"))
    verse = SectionPlan("verse", draw.randint(2, 4), None)
    chorus = SectionPlan("chorus", draw.randint(2, 4), None, key=away, tempo=96.0)
    verse = replace(verse, chords=_harmony(draw, verse.bars, home, meter, "half"))
    chorus = replace(chorus, chords=_harmony(draw, chorus.bars, away, meter, kind))
    plan = Plan(
        (
            verse,
            chorus,
            SectionPlan("verse again", verse.bars, reprise="verse", key=home, tempo=110.0),
            SectionPlan("other chorus", chorus.bars, vary="chorus", key=away, change=(0.0, 1.0)),
        ),
        TRACKS,
        key=home,
        meter=meter,
        tempo=110.0,
        pickup=pickup,
        swing=draw.choice((0.5, 0.62)) if meter.has_quarter_beats else 0.5,
    )
    score = _with_notes(draw, plan)
    first = bool(pickup)
    ends = [first + verse.bars, first + verse.bars + chorus.bars]
    ends += [ends[1] + verse.bars, ends[1] + verse.bars + chorus.bars]
    cadences = tuple(zip(("half", kind, "half", kind), (end - 1 for end in ends), strict=True))
    return Song(score, cadences, (ends[0], home, away))


def _related(key: Key) -> tuple[Key, ...]:
    """Keys that music goes to: relative, parallel, dominant, subdominant."""
    mode = "minor" if key.mode == "major" else "major"
    relative = Key.from_class(key.tonic_class + (3 if mode == "major" else 9), mode)
    parallel = Key.from_class(key.tonic_class, mode)
    return relative, parallel, key.transpose(7), key.transpose(5)


def _triad(key: Key, degree: int) -> Chord:
    """The triad of a degree (from 0); the fifth one is major, as the leading note has it."""
    root, third, fifth = (key.scale[(degree + step) % 7] for step in (0, 2, 4))
    shape = ((third - root) % 12, (fifth - root) % 12)
    return Chord(class_to_name(root), "maj" if degree == 4 else _QUALITY[shape])


def _harmony(
    draw: random.Random, bars: int, key: Key, meter: Meter, cadence: str
) -> tuple[tuple[ChordAt, ...], ...]:
    degrees = draw.choices((0, 1, 2, 3, 5), k=bars)
    degrees[-2:] = {"half": (3, 4), "authentic": (4, 0), "plagal": (3, 0), "deceptive": (4, 5)}[
        cadence
    ]
    groups = []
    for bar, degree in enumerate(degrees):
        chords = [ChordAt(0, _triad(key, degree))]
        if bar < bars - 2 and len(meter.strong) > 1 and draw.random() < 0.4:
            other = _triad(key, draw.choice([d for d in (0, 1, 3, 5) if d != degree]))
            chords.append(ChordAt(meter.strong[1], other))
        groups.append(tuple(chords))
    return tuple(groups)


def _with_notes(draw: random.Random, plan: Plan) -> Score:
    score = plan.skeleton()
    starts, first = score.bar_starts, bool(plan.pickup)
    parts: dict[str, list[Note]] = {track.name: [] for track in plan.tracks}
    begins: dict[str, int] = {}
    tick = starts[first]
    if plan.pickup:
        parts["flute"].append(Note(0, 79, plan.pickup, 80))
    for section, stretch in zip(plan.sections, score.sections, strict=True):
        begins[section.name] = tick
        end = starts[stretch.bar + stretch.bars]
        if section.model is None:
            for name, note in _section(draw, score, tick, end, section.name == "chorus"):
                parts[name].append(note)
        else:
            begin = begins[section.model]
            for notes in parts.values():
                model = [n for n in notes if begin <= n.onset < begin + end - tick]
                notes += [replace(note, onset=note.onset + tick - begin) for note in model]
        if section.vary is not None:
            _vary(draw, parts, score, tick)
        tick = end
    tracks = tuple(replace(track, notes=tuple(sorted(parts[track.name]))) for track in score.tracks)
    return replace(score, tracks=tracks)


def _section(
    draw: random.Random, score: Score, start: int, end: int, loud: bool
) -> Iterator[tuple[str, Note]]:
    """Notes of a section: of all tracks but the guitar in the softer one."""
    level = 96 if loud else 70
    bounds = sorted({span.onset for span in score.chords if start <= span.onset < end} | {end})
    for begin, stop in pairwise(bounds):
        chord = score.chord_at(begin)
        assert chord is not None
        for onset, duration in _rhythm(draw, begin, stop):
            high = draw.choice(_tones(chord, 72, 86))
            low = draw.choice([high - step for step in CLOSE
                               if (high - step) % 12 in chord.classes])  # fmt: skip
            loudness = level + draw.randint(-3, 3)
            yield "flute", Note(onset, high, duration, loudness)
            yield "clarinet", Note(onset, low, duration, level + draw.randint(-3, 3))
            yield "oboe", Note(onset, high - 12, duration, loudness)
        for pitch in _chord(draw, chord):
            yield "piano", Note(begin, pitch, stop - begin, level + draw.randint(-3, 3))
        yield "bass", Note(begin, _tones(Chord(chord.root, "1"), 29, 45)[0], 6, level)
        if stop - begin > 12:
            low = draw.choice(_tones(chord, 29, 47))
            yield "bass", Note(begin + 12, low, stop - begin - 12, level)
        if loud:
            for onset in range(begin, stop, 6):
                yield "guitar", Note(onset, draw.choice(_tones(chord, 50, 72)), 6, level)
    for bar, begin in enumerate(score.bar_starts[:-1]):
        if start <= begin < end:
            for place, pitch in _groove(draw, score.bars[bar].meter):
                yield "drums", Note(begin + 3 * place, pitch, 3, level)


def _tones(chord: Chord, low: int, high: int) -> list[int]:
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in chord.classes]


def _chord(draw: random.Random, chord: Chord) -> list[int]:
    """Three neighbouring tones."""
    tones = _tones(chord, 48, 76)
    first = draw.randrange(len(tones) - 2)
    return tones[first : first + 3]


def _rhythm(draw: random.Random, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Onsets and durations in eighths, with a rest now and then but never at the beginning."""
    tick = start
    while tick < end:
        duration = min(draw.choice((6, 6, 12, 12, 18, 24)), end - tick)
        if tick == start or draw.random() < 0.85:
            yield tick, duration
        tick += duration


def _groove(draw: random.Random, meter: Meter) -> list[tuple[int, int]]:
    """A rock beat: sixteenths and drums."""
    kick, snare, hat = 36, 38, 42
    must = {
        "4/4": [(0, kick), (4, snare), (12, snare), *((p, hat) for p in (0, 4, 8, 12))],
        "3/4": [(0, kick), (4, snare), (8, snare), *((p, hat) for p in (0, 4, 8))],
        "6/8": [(0, kick), (6, snare), (0, hat), (6, hat)],
    }[str(meter)]
    may = [(10, kick), (2, hat)]
    return must + [hit for hit in may if draw.random() < 0.5]


def _vary(draw: random.Random, parts: dict[str, list[Note]], score: Score, start: int) -> None:
    """Give some of the piano's notes from a tick on another octave's, or another tone's, pitch."""
    notes = parts["piano"]
    onsets = sorted({note.onset for note in notes if note.onset >= start})
    for onset in draw.sample(onsets, max(1, len(onsets) // 2)):
        chord = score.chord_at(onset)
        assert chord is not None
        old = [note for note in notes if note.onset == onset]
        taken = {note.pitch for note in old}
        free = [pitch for pitch in _tones(chord, 48, 76) if pitch not in taken]
        note = draw.choice(old)
        notes.remove(note)
        notes.append(replace(note, pitch=draw.choice(free)))
