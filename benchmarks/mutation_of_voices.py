"""Corruptions of rules about lines, textures, counterpoint and drum patterns."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from mutation_edits import (
    LINES,
    Corruption,
    Mutation,
    Place,
    changed,
    edited,
    new_music,
    place,
    played,
    sounding,
    told,
    within,
)  # fmt: skip
from mutation_songs import Song

from anacrusis.compose.pitch import SHARP_NAMES, pitch_name
from anacrusis.compose.rules import (
    Breath,
    Contour,
    Doubling,
    DrumPattern,
    Leap,
    Melody,
    NoCrossing,
    NoParallels,
    Playable,
    Spacing,
    Voices,
)  # fmt: skip
from anacrusis.compose.score import Note

VOICES = ("flute", "clarinet", "bass")

# Lines


def neighbours(song: Song, track: str, span: Place) -> Iterator[tuple[Note, Note]]:
    """Each two notes of a line that follow one another in one section."""
    for section in song.score.sections:
        bounds = song.score.bar_starts
        start, end = bounds[section.bar], bounds[section.bar + section.bars]
        notes = within(song.score, track, max(start, span.start), min(end, span.end))
        yield from pairwise(notes)


def of_leap(song: Song, draw: random.Random) -> Corruption | None:
    track, span = draw.choice(LINES), place(song.score, draw)
    pairs = list(neighbours(song, track, span))
    if not pairs:
        return None
    most = max(abs(second.pitch - first.pitch) for first, second in pairs)
    first, second = draw.choice(pairs)
    leap = most + draw.randint(1, 5)
    pitch = first.pitch + (leap if first.pitch + leap < 128 else -leap)
    rule = Leap(most, tracks=track, where=span.where)
    return told(song, rule, changed(song.score, track, second, pitch=pitch), second.onset, track)


def of_contour(song: Song, draw: random.Random) -> Corruption | None:
    track, span = draw.choice(LINES), new_music(song.score, draw, most=4)
    notes = within(song.score, track, span.start, span.end)
    if not 2 <= len(notes) <= 65:
        return None
    steps = [second.pitch - first.pitch for first, second in pairwise(notes)]
    if min(steps) >= 0 and max(steps) > 0:
        shape = "up"
    elif max(steps) <= 0 and min(steps) < 0:
        shape = "down"
    else:
        shape = " ".join("+" if step > 0 else "-" if step < 0 else "=" for step in steps)
    rule = Contour(shape, tracks=track, where=span.where)
    if shape not in ("up", "down") and draw.random() < 0.3:
        return told(song, rule, edited(song.score, track, [draw.choice(notes)]), None, track)
    index = draw.randrange(len(steps))
    first, second = notes[index], notes[index + 1]
    wrong = -1 if shape == "up" or steps[index] > 0 else 1
    pitch = first.pitch + wrong * draw.randint(1, 7)
    return told(song, rule, changed(song.score, track, second, pitch=pitch), second.onset, track)


def of_melody(song: Song, draw: random.Random) -> Corruption | None:
    track, span = draw.choice(LINES), new_music(song.score, draw, most=4)
    notes = within(song.score, track, span.start, span.end)
    if not notes:
        return None
    tones = [draw.choice((pitch_name(n.pitch), SHARP_NAMES[n.pitch % 12])) for n in notes]
    rule = Melody(tuple(tones), tracks=track, where=span.where)
    note = draw.choice(notes)
    way = draw.randrange(3)
    if way == 0:
        return told(song, rule, edited(song.score, track, [note]), None, track)
    if way == 1:
        onset = draw.choice([t for t in range(span.start, span.end)
                             if t not in {n.onset for n in notes}])  # fmt: skip
        more = edited(song.score, track, add=[Note(onset, note.pitch, 1)])
        return told(song, rule, more, None, track)
    pitch = note.pitch + draw.choice((-1, 1)) * draw.randint(1, 11)
    return told(song, rule, changed(song.score, track, note, pitch=pitch), note.onset, track)


def of_breath(song: Song, draw: random.Random) -> Corruption | None:
    track, span = draw.choice(LINES), place(song.score, draw)
    stretches: list[list[Note]] = []
    notes = within(song.score, track, span.start, span.end)
    if not notes:
        return None
    follows = {second: first for first, second in neighbours(song, track, span)}
    for note in notes:
        before = follows.get(note)
        if before is not None and note.onset - before.end < 3:
            stretches[-1].append(note)
        else:
            stretches.append([note])
    longest = max(stretches, key=lambda stretch: stretch[-1].end - stretch[0].onset)
    length = longest[-1].end - longest[0].onset
    rule = Breath(length / 12, tracks=track, where=span.where)
    more = longest[-1].duration + draw.randint(1, 12)
    broken = changed(song.score, track, longest[-1], duration=more)
    return told(song, rule, broken, longest[0].onset, track)


# Texture, counterpoint, drums


def of_voices(song: Song, draw: random.Random) -> Corruption | None:
    found = played(song, draw, ("piano", "piano", "flute", "bass"))
    if found is None:
        return None
    track, span, notes = found
    counts = {note.onset: len(sounding(song.score, track, note.onset)) for note in notes}
    low, high = min(counts.values()), max(counts.values())
    rule = Voices(low, high, tracks=track, where=span.where)
    if low > 1 and draw.random() < 0.5:
        onset = draw.choice([onset for onset, count in counts.items() if count == low])
        gone = draw.choice([note for note in notes if note.onset == onset])
        return told(song, rule, edited(song.score, track, [gone]), onset, track)
    onset = draw.choice([onset for onset, count in counts.items() if count == high])
    pitches = {note.pitch for note in sounding(song.score, track, onset)}
    pitch = draw.choice([p for p in range(40, 90) if p not in pitches])
    more = Note(onset, pitch, draw.randint(1, 12))
    return told(song, rule, edited(song.score, track, add=[more]), onset, track)


def of_playable(song: Song, draw: random.Random) -> Corruption | None:
    found = played(song, draw, ("piano", "guitar", "bass", "flute", "clarinet"))
    if found is None:
        return None
    track, span, notes = found
    note = draw.choice(notes)
    rule = Playable(tracks=track, where=span.where)
    impossible = {
        # A third hand; two tones that only the lowest string has; a second tone in one breath.
        "piano": (note.pitch - 24, note.pitch + 24, note.pitch + 48),
        "guitar": (40, draw.randint(41, 44)),
        "bass": (28, draw.randint(29, 32)),
    }.get(track, (note.pitch - draw.randint(1, 12),))
    if track in ("flute", "clarinet") and draw.random() < 0.3:
        broken = changed(song.score, track, note, duration=24 * 12 + 1)
        return told(song, rule, broken, None, track)
    more = [Note(note.onset, pitch, note.duration) for pitch in impossible]
    return told(song, rule, edited(song.score, track, add=more), note.onset, track)


def of_doubling(song: Song, draw: random.Random) -> Corruption | None:
    span = place(song.score, draw)
    notes = within(song.score, "oboe", span.start, span.end)
    rule = Doubling("flute", -12, tracks="oboe", where=span.where)
    if not notes:
        return None
    note = draw.choice(notes)
    way = draw.randrange(4)
    if way == 0:
        broken = edited(song.score, "oboe", [note])
    elif way == 1:
        broken = changed(song.score, "oboe", note, pitch=note.pitch + draw.choice((-12, -1, 1, 12)))
    elif way == 2:
        broken = changed(song.score, "oboe", note, duration=note.duration + draw.choice((-1, 1)))
    else:
        broken = edited(song.score, "oboe", add=[replace(note, pitch=note.pitch + 5)])
    return told(song, rule, broken, note.onset, "oboe")


def of_no_parallels(song: Song, draw: random.Random) -> Corruption | None:
    span = place(song.score, draw)
    moving = [(a, c) for a, c in neighbours(song, "flute", span) if a.pitch != c.pitch]
    if not moving:
        return None
    a, c = draw.choice(moving)
    below = {note.onset: note for note in song.score.track("clarinet").notes}
    interval = draw.choice((7, 12, 19, 0))
    old = [below[a.onset], below[c.onset]]
    new = [replace(old[0], pitch=a.pitch - interval), replace(old[1], pitch=c.pitch - interval)]
    rule = NoParallels(tracks=("flute", "clarinet"), where=span.where)
    return told(song, rule, edited(song.score, "clarinet", old, new), c.onset, "flute")


def _meeting(song: Song, draw: random.Random, span: Place) -> tuple[int, int, Note, Note] | None:
    """Two voices (places in `VOICES`) and a note of each that sound together in a span."""
    upper = draw.randrange(2)
    lower = draw.randrange(upper + 1, 3)
    notes = within(song.score, VOICES[upper], span.start, span.end)
    if not notes:
        return None
    note = draw.choice(notes)
    others = [
        other
        for other in within(song.score, VOICES[lower], span.start, span.end)
        if other.onset < note.end and note.onset < other.end
    ]
    return (upper, lower, note, draw.choice(others)) if others else None


def of_no_crossing(song: Song, draw: random.Random) -> Corruption | None:
    span = place(song.score, draw)
    found = _meeting(song, draw, span)
    if found is None:
        return None
    upper, _, note, other = found
    broken = changed(song.score, VOICES[upper], note, pitch=other.pitch - draw.randint(1, 9))
    rule = NoCrossing(tracks=VOICES, where=span.where)
    return told(song, rule, broken, max(note.onset, other.onset), VOICES[upper])


def of_spacing(song: Song, draw: random.Random) -> Corruption | None:
    span = place(song.score, draw)
    names = VOICES if draw.random() < 0.5 else VOICES[:2]
    found = _meeting(song, draw, span)
    if found is None or found[1] != found[0] + 1 or found[1] >= len(names):
        return None
    semitones = 0
    for index, (upper, lower) in enumerate(pairwise(names)):
        extra = 12 if len(names) == 3 and index == 1 else 0
        for note in within(song.score, upper, span.start, span.end):
            for other in within(song.score, lower, span.start, span.end):
                if other.onset < note.end and note.onset < other.end:
                    semitones = max(semitones, note.pitch - other.pitch - extra)
    index, _, note, other = found
    extra = 12 if len(names) == 3 and index == 1 else 0
    pitch = other.pitch + semitones + extra + draw.randint(1, 5)
    if pitch > 127:
        return None
    broken = changed(song.score, names[index], note, pitch=pitch)
    rule = Spacing(semitones, tracks=names, where=span.where)
    return told(song, rule, broken, max(note.onset, other.onset), names[index])


def of_drums(song: Song, draw: random.Random) -> Corruption | None:
    span = place(song.score, draw)
    bar = draw.choice(span.bars)
    start = song.score.bar_starts[bar]
    rule = DrumPattern("rock", tracks="drums", where=span.where)
    if draw.random() < 0.5:
        # No rock beat has kick or snare on the second sixteenth.
        hit = Note(start + 3, draw.choice((35, 36, 38, 40)), 3)
        return told(song, rule, edited(song.score, "drums", add=[hit]), hit.onset, "drums")
    must = {"4/4": (0, 4, 12), "3/4": (0, 4, 8), "6/8": (0, 6)}[str(song.score.bars[bar].meter)]
    tick = start + 3 * draw.choice(must)
    gone = [n for n in within(song.score, "drums", tick, tick + 1) if n.pitch in (36, 38)]
    return told(song, rule, edited(song.score, "drums", gone), tick, "drums")


MUTATIONS: dict[str, Mutation] = {
    "leap": of_leap, "contour": of_contour, "pitches": of_melody, "breath": of_breath,
    "voices": of_voices, "playable": of_playable, "doubles": of_doubling,
    "no parallels": of_no_parallels, "no crossing": of_no_crossing, "spacing": of_spacing,
    "drums (pattern)": of_drums,
}  # fmt: skip
"""What breaks each kind of rule."""
