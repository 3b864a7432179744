"""Corruptions of rules about pitches, rhythm and dynamics: each finds one that a song keeps."""

import random
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

from mutation_edits import (
    PITCHED,
    Corruption,
    Mutation,
    Place,
    changed,
    edited,
    place,
    played,
    told,
    within,
)  # fmt: skip
from mutation_songs import Song

from anacrusis.compose.pitch import SHARP_NAMES, pitch_name
from anacrusis.compose.rules import (
    Avoid,
    Dynamics,
    Grid,
    Only,
    Onsets,
    Range,
    Require,
    Rhythm,
    Rule,
    Scale,
    Silent,
    Tessitura,
)  # fmt: skip
from anacrusis.compose.score import Note

_SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "major pentatonic": (0, 2, 4, 7, 9), "half-whole": (0, 1, 3, 4, 6, 7, 9, 10),
    "whole-half": (0, 2, 3, 5, 6, 8, 9, 11), "melodic minor": (0, 2, 3, 5, 7, 9, 11),
}  # fmt: skip


def other_pitch(draw: random.Random, note: Note, allowed: set[int]) -> int | None:
    """A pitch near a note's that is among some."""
    near = [
        p for p in range(max(0, note.pitch - 12), min(127, note.pitch + 12) + 1) if p in allowed
    ]
    return draw.choice(near) if near else None


# Pitches


def of_range(song: Song, draw: random.Random) -> Corruption | None:
    found = played(song, draw, PITCHED)
    if found is None:
        return None
    track, span, notes = found
    low, high = min(n.pitch for n in notes), max(n.pitch for n in notes)
    note = draw.choice(notes)
    pitch = draw.choice((low - draw.randint(1, 12), high + draw.randint(1, 12)))
    rule = Range(low, high, tracks=track, where=span.where)
    return told(song, rule, changed(song.score, track, note, pitch=pitch), note.onset, track)


def of_tessitura(song: Song, draw: random.Random) -> Corruption | None:
    found = played(song, draw, PITCHED)
    if found is None:
        return None
    track, span, notes = found
    low, high = min(n.pitch for n in notes), max(n.pitch for n in notes)
    starts = song.score.bar_starts
    bars = [within(song.score, track, starts[bar], starts[bar + 1]) for bar in span.bars]
    bar = draw.choice([bar for bar in bars if bar])
    moved = draw.sample(bar, len(bar) // 4 + 1)
    outside = [replace(note, pitch=high + draw.randint(1, 9)) for note in moved]
    rule = Tessitura(low, high, tracks=track, where=span.where)
    return told(song, rule, edited(song.score, track, moved, outside), bar[0].onset, track)


def _one_moved(
    song: Song,
    draw: random.Random,
    found: tuple[str, Place, list[Note]],
    rule: Rule,
    to: set[int],
) -> Corruption | None:
    track, _, notes = found
    note = draw.choice(notes)
    pitch = other_pitch(draw, note, to)
    if pitch is None:
        return None
    broken = changed(song.score, track, note, pitch=pitch)
    return told(song, rule, broken, note.onset, track)


def of_only(song: Song, draw: random.Random) -> Corruption | None:
    found = played(song, draw, PITCHED)
    if found is None:
        return None
    track, span, notes = found
    if draw.random() < 0.5:
        names = {pitch_name(note.pitch) for note in notes}
        others = set(range(128)) - {note.pitch for note in notes}
    else:
        classes = {note.pitch % 12 for note in notes}
        names = {SHARP_NAMES[pitch_class] for pitch_class in classes}
        others = {pitch for pitch in range(128) if pitch % 12 not in classes}
    rule = Only(tuple(sorted(names)), tracks=track, where=span.where)
    return _one_moved(song, draw, found, rule, others)


def of_avoid(song: Song, draw: random.Random) -> Corruption | None:
    found = played(song, draw, PITCHED)
    if found is None:
        return None
    track, span, notes = found
    free = sorted(set(range(12)) - {note.pitch % 12 for note in notes})
    if not free:
        return None
    chosen = draw.sample(free, min(len(free), draw.randint(1, 3)))
    rule = Avoid(tuple(SHARP_NAMES[c] for c in chosen), tracks=track, where=span.where)
    to = {pitch for pitch in range(128) if pitch % 12 in chosen}
    return _one_moved(song, draw, found, rule, to)


def of_scale(song: Song, draw: random.Random) -> Corruption | None:
    found = played(song, draw, PITCHED)
    if found is None:
        return None
    track, span, notes = found
    classes = {note.pitch % 12 for note in notes}
    fits = [
        (tonic, name)
        for name, steps in _SCALES.items()
        for tonic in range(12)
        if classes <= {(tonic + step) % 12 for step in steps}
    ]
    if not fits:
        return None
    tonic, name = draw.choice(fits)
    inside = {(tonic + step) % 12 for step in _SCALES[name]}
    rule = Scale(SHARP_NAMES[tonic], name, tracks=track, where=span.where)
    to = {pitch for pitch in range(128) if pitch % 12 not in inside}
    return _one_moved(song, draw, found, rule, to)


def of_require(song: Song, draw: random.Random) -> Corruption | None:
    found = played(song, draw, PITCHED, fresh=True)
    if found is None:
        return None
    track, span, notes = found
    classes = sorted({note.pitch % 12 for note in notes})
    wanted = draw.sample(classes, min(len(classes), draw.randint(1, 3)))
    gone = [note for note in notes if note.pitch % 12 == wanted[0]]
    moved = [replace(note, pitch=note.pitch + draw.choice((-1, 1))) for note in gone]
    rule = Require(tuple(SHARP_NAMES[c] for c in wanted), tracks=track, where=span.where)
    return told(song, rule, edited(song.score, track, gone, moved), span.start, track)


# Rhythm and dynamics


def of_onsets(song: Song, draw: random.Random) -> Corruption | None:
    track, span = draw.choice((*PITCHED, "drums")), place(song.score, draw)
    starts = song.score.bar_starts
    bars = {bar: within(song.score, track, starts[bar], starts[bar + 1]) for bar in span.bars}
    counts = {bar: len({note.onset for note in notes}) for bar, notes in bars.items()}
    low, high = min(counts.values()), max(counts.values())
    rule = Onsets(low, high, tracks=track, where=span.where)
    if low and draw.random() < 0.5:
        bar = draw.choice([bar for bar in bars if counts[bar] == low])
        onset = draw.choice(bars[bar]).onset
        gone = [note for note in bars[bar] if note.onset == onset]
        return told(song, rule, edited(song.score, track, gone), starts[bar], track)
    bar = draw.choice([bar for bar in bars if counts[bar] == high])
    taken = {note.onset for note in bars[bar]}
    onset = draw.choice([t for t in range(starts[bar], starts[bar + 1]) if t not in taken])
    more = Note(onset, 60, 1)
    return told(song, rule, edited(song.score, track, add=[more]), starts[bar], track)


def of_grid(song: Song, draw: random.Random) -> Corruption | None:
    found = played(song, draw, (*PITCHED, "drums"))
    if found is None:
        return None
    track, span, notes = found
    units = {"1/2": 24, "1/4": 12, "1/8": 6, "1/16": 3}
    places = [song.score.position(note.onset)[1] for note in notes]
    fits = [unit for unit, ticks in units.items() if all(place % ticks == 0 for place in places)]
    note = draw.choice(notes)
    late = draw.randint(1, units[fits[0]] - 1)
    if note.onset + late >= span.end:
        return None
    rule = Grid(fits[0], tracks=track, where=span.where)
    broken = changed(song.score, track, note, onset=note.onset + late)
    return told(song, rule, broken, note.onset + late, track)


def of_rhythm(song: Song, draw: random.Random) -> Corruption | None:
    track, span = draw.choice((*PITCHED, "drums")), place(song.score, draw, most=3)
    notes = within(song.score, track, span.start, span.end)
    if not notes:
        return None
    words, tick = [], span.start
    by_onset: defaultdict[int, list[Note]] = defaultdict(list)
    for note in notes:
        by_onset[note.onset].append(note)
    for onset, struck in by_onset.items():
        lengths = {note.duration for note in struck}
        if onset < tick or len(lengths) > 1:
            return None
        words += [f"r{Fraction(onset - tick, 48)}"] * (onset > tick)
        words.append(str(Fraction(struck[0].duration, 48)))
        tick = onset + struck[0].duration
    if tick > span.end:
        return None
    words += [f"r{Fraction(span.end - tick, 48)}"] * (tick < span.end)
    rule = Rhythm(" ".join(words), tracks=track, where=span.where)
    note = draw.choice(notes)
    way = draw.choice((0, 3)) if track == "drums" else draw.randrange(4)  # hits have no length
    score = song.score
    if way == 0:
        broken, at = edited(score, track, by_onset[note.onset]), note.onset
    elif way == 1 and note.duration > 1:
        broken, at = changed(score, track, note, duration=note.duration - 1), note.onset
    elif way == 2:
        broken, at = changed(score, track, note, duration=note.duration + 1), note.onset
    else:
        free = [t for t in range(span.start, span.end) if t not in by_onset]
        at = draw.choice(free)
        broken = edited(score, track, add=[Note(at, 60, 1)])
    return told(song, rule, broken, at, track)


def of_silent(song: Song, draw: random.Random) -> Corruption | None:
    track, span = draw.choice(("guitar", "guitar", "bass", "flute")), place(song.score, draw)
    notes = song.score.track(track).notes
    if any(note.onset < span.end and note.end > span.start for note in notes):
        return None
    rule = Silent(tracks=track, where=span.where)
    before = [note for note in notes if note.onset < span.start]
    if before and draw.random() < 0.5:
        late = max(before, key=lambda note: note.onset)
        duration = span.start - late.onset + draw.randint(1, span.end - span.start)
        broken = changed(song.score, track, late, duration=duration)
        return told(song, rule, broken, span.start, track)
    onset = draw.randrange(span.start, span.end)
    return told(song, rule, edited(song.score, track, add=[Note(onset, 60, 6)]), onset, track)


def of_dynamics(song: Song, draw: random.Random) -> Corruption | None:
    found = played(song, draw, (*PITCHED, "drums"))
    if found is None:
        return None
    track, span, notes = found
    soft, loud = min(n.velocity for n in notes), max(n.velocity for n in notes)
    if loud - soft > 12:
        return None
    first = (soft + loud) // 2
    last = first + draw.choice((-2, 0, 2))
    rule = Dynamics(first, last, tracks=track, where=span.where)
    note = draw.choice(notes)
    # The whole curve lies between its two ends.
    velocity = draw.choice((min(first, last) - 9, max(first, last) + 9))
    broken = changed(
        song.score, track, note, velocity=velocity + draw.choice((0, velocity > first))
    )
    return told(song, rule, broken, note.onset, track)


MUTATIONS: dict[str, Mutation] = {
    "range (rule)": of_range, "tessitura": of_tessitura, "only": of_only, "avoid": of_avoid,
    "scale": of_scale, "require": of_require, "onsets": of_onsets, "grid": of_grid,
    "rhythm": of_rhythm, "silent": of_silent, "dynamics": of_dynamics,
}  # fmt: skip
"""What breaks each kind of rule."""
