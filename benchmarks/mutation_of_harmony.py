"""Corruptions of cadences, modulations, the chord lane, and the rules of the chord guarantee."""

import random
from bisect import bisect_right
from dataclasses import replace

from mutation_edits import (
    PITCHED,
    Corruption,
    Mutation,
    any_note,
    at,
    changed,
    told,
    with_chord,
    within,
)  # fmt: skip
from mutation_songs import Song

from anacrusis.compose.chord import Chord
from anacrusis.compose.pitch import SHARP_NAMES
from anacrusis.compose.rules import Bars, Cadence, Modulation
from anacrusis.compose.score import KeyChange, Note, Score


def of_cadence(song: Song, draw: random.Random) -> Corruption | None:
    kind, bar = draw.choice(song.cadences)
    score = song.score
    count = bar + (0 if score.bars[0].length else 1)
    rule = Cadence(kind, where=Bars(count, count))
    end = score.bar_starts[bar + 1]
    last = max((s for s in score.chords if s.onset < end), key=lambda span: span.onset)
    before = max((s for s in score.chords if s.onset < last.onset), key=lambda span: span.onset)
    way = draw.randrange(4)
    if way == 0:
        broken = with_chord(score, last, replace(last, chord=last.chord.transpose(6)))
    elif way == 1:
        fifth = last.chord.classes[2]
        chord = Chord(last.chord.root, last.chord.quality, SHARP_NAMES[fifth])
        broken = with_chord(score, last, replace(last, chord=chord))
    elif way == 2:
        broken = with_chord(score, before, replace(before, duration=draw.randint(1, 11)))
    else:
        broken = with_chord(score, last)
    return told(song, rule, broken, score.bar_starts[bar])


def of_modulation(song: Song, draw: random.Random) -> Corruption | None:
    bar, before, after = song.turn
    score = song.score
    count = bar + (0 if score.bars[0].length else 1)
    tick = score.bar_starts[bar]
    last = max((s for s in score.chords if s.onset < tick), key=lambda span: span.onset)
    raised = {"minor": (9, 11)}
    fits = all(
        pitch_class in key.scale or (pitch_class - key.tonic_class) % 12 in raised.get(key.mode, ())
        for key in (before, after)
        for pitch_class in last.chord.classes
    )
    others = tuple(change for change in score.keys if change.tick != tick)
    way = draw.randrange(4)
    if way == 3 and fits:
        # A semitone above the new tonic, a major triad is in no key.
        foreign = Chord(SHARP_NAMES[(after.tonic_class + 1) % 12])
        broken = with_chord(score, last, replace(last, chord=foreign))
    elif way == 0:
        broken = replace(score, keys=(*others, KeyChange(tick + draw.randint(1, 40), after)))
    elif way == 1:
        broken = replace(score, keys=(*others, KeyChange(tick - draw.randint(1, 20), after)))
    else:
        wrong = after.transpose(draw.randint(1, 11))
        broken = replace(score, keys=(*others, KeyChange(tick, wrong)))
    how = "pivot" if fits and (way == 3 or draw.random() < 0.5) else "direct"
    rule = Modulation(after, how, where=Bars(count, count))
    return told(song, rule, broken, tick)


def of_chords(song: Song, draw: random.Random) -> Corruption | None:
    span = draw.choice(song.score.chords)
    other = replace(span, chord=span.chord.transpose(draw.randint(1, 11)))
    broken = with_chord(song.score, span, *draw.choice(((), (other,))))
    return at(song, "chords", broken, span.onset)


def of_lane(song: Song, draw: random.Random) -> Corruption | None:
    index = draw.randrange(len(song.score.chords) - 1)
    span, after = song.score.chords[index : index + 2]
    longer = replace(span, duration=span.duration + draw.randint(1, after.duration))
    return at(song, "lane", with_chord(song.score, span, longer), after.onset)


def changes(score: Score) -> dict[int, Chord]:
    """Ticks at which the chord changes, and the new chord."""
    found: dict[int, Chord] = {}
    held = None
    for span in score.chords:
        sound = (span.chord.root_class, span.chord.quality, span.chord.bass_class)
        if sound != held:
            found[span.onset] = span.chord
        held = sound
    return found


def foreign(score: Score, draw: random.Random, note: Note, tick: int) -> int:
    """A pitch near a note's that is no tone of the chord at a tick."""
    chord = score.chord_at(tick)
    assert chord is not None
    near = range(note.pitch - 6, note.pitch + 7)
    return draw.choice([pitch for pitch in near if pitch % 12 not in chord.classes])


def is_strong(score: Score, tick: int) -> bool:
    """Whether a tick is a strong beat."""
    bar = bisect_right(score.bar_starts, tick) - 1
    return tick - score.bar_starts[bar] in score.bars[bar].meter.strong


def of_strong(song: Song, draw: random.Random) -> Corruption | None:
    turns = changes(song.score)

    def fits(track: str, note: Note) -> bool:
        strong = note.onset in turns or is_strong(song.score, note.onset)
        return track in PITCHED and strong and song.score.chord_at(note.onset) is not None

    found = any_note(song, draw, fits)
    if found is None:
        return None
    track, note = found
    pitch = foreign(song.score, draw, note, note.onset)
    return at(song, "strong", changed(song.score, track, note, pitch=pitch), note.onset, track)


def leads_on(score: Score, track: str, pitch: int, end: int) -> bool:
    """Whether a note of the track that starts at a tick is a step away from a pitch."""
    return any(abs(n.pitch - pitch) in (1, 2) for n in within(score, track, end, end + 1))


def of_non_chord_tone(song: Song, draw: random.Random) -> Corruption | None:
    turns = changes(song.score)

    def fits(track: str, note: Note) -> bool:
        near = range(note.onset, note.onset + 13)
        weak = not is_strong(song.score, note.onset) and not any(t in turns for t in near)
        return track in PITCHED and weak and song.score.chord_at(note.onset) is not None

    found = any_note(song, draw, fits)
    if found is None:
        return None
    track, note = found
    pitch = foreign(song.score, draw, note, note.onset)
    if leads_on(song.score, track, pitch, note.end):
        return None
    broken = changed(song.score, track, note, pitch=pitch)
    return at(song, "non-chord tone", broken, note.onset, track)


def of_held(song: Song, draw: random.Random) -> Corruption | None:
    change, chord = draw.choice(sorted(changes(song.score).items(), key=lambda row: row[0])[1:])

    def fits(track: str, note: Note) -> bool:
        return track in PITCHED and note.end == change and note.pitch % 12 not in chord.classes

    found = any_note(song, draw, fits)
    if found is None:
        return None
    track, note = found
    end = change + draw.randint(1, 40)
    if end > song.score.ticks or leads_on(song.score, track, note.pitch, end):
        return None
    broken = changed(song.score, track, note, duration=end - note.onset)
    return at(song, "held", broken, change, track)


def of_bass(song: Song, draw: random.Random) -> Corruption | None:
    turns = changes(song.score)
    found = any_note(song, draw, lambda track, note: track == "bass" and note.onset in turns)
    if found is None:
        return None
    _, note = found
    broken = changed(song.score, "bass", note, pitch=note.pitch + draw.randint(1, 11))
    return at(song, "bass", broken, note.onset, "bass")


MUTATIONS: dict[str, Mutation] = {
    "cadence": of_cadence, "modulate": of_modulation, "chords": of_chords, "lane": of_lane,
    "strong": of_strong, "non-chord tone": of_non_chord_tone, "held": of_held, "bass": of_bass,
}  # fmt: skip
"""What breaks each of these rules."""
