"""Corruptions of the form that a plan states, and of notes as every score has them."""

import random
from dataclasses import replace
from itertools import groupby

from mutation_edits import (
    PITCHED,
    Corruption,
    Mutation,
    any_note,
    at,
    changed,
    edited,
    plan_of,
    sounding,
    within,
)  # fmt: skip
from mutation_songs import Song

from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, KeyChange, Note, Score, TempoChange


def cut(score: Score, bars: tuple[Bar, ...]) -> Score:
    """The score with other bars; what lies past them goes."""
    end = sum(bar.ticks for bar in bars)
    return replace(
        score,
        bars=bars,
        tracks=tuple(
            replace(t, notes=tuple(n for n in t.notes if n.end <= end)) for t in score.tracks
        ),
        chords=tuple(span for span in score.chords if span.end <= end),
        sections=tuple(s for s in score.sections if s.bar + s.bars <= len(bars)),
    )


# Form


def of_bars(song: Song, draw: random.Random) -> Corruption | None:
    bars = song.score.bars
    more = (*bars, bars[-1])
    return at(song, "bars", cut(song.score, draw.choice((more, bars[:-1]))), None)


def of_meter(song: Song, draw: random.Random) -> Corruption | None:
    bars = list(song.score.bars)
    index = draw.randrange(1 if bars[0].length else 0, len(bars))
    alike = {"4/4": Meter(2, 2), "3/4": Meter(6, 8), "6/8": Meter(3, 4)}
    bars[index] = Bar(alike[str(bars[index].meter)])
    if draw.random() < 0.3:
        index = len(bars) - 1
        bars[index] = Bar(song.score.bars[index].meter, draw.randint(1, 30))
    tick = song.score.bar_starts[index]
    return at(song, "meter", cut(song.score, tuple(bars)), tick)


def of_pickup(song: Song, draw: random.Random) -> Corruption | None:
    first = song.score.bars[0]
    if first.length is None:
        return None
    length = draw.choice([n for n in range(1, first.meter.ticks) if n != first.length])
    bars = (Bar(first.meter, length), *song.score.bars[1:])
    return at(song, "pickup", cut(song.score, bars), 0)


def of_tempo(song: Song, draw: random.Random) -> Corruption | None:
    tick = draw.randrange(song.score.ticks)
    change = TempoChange(tick, float(draw.randint(120, 180)))
    before = [c for c in song.score.tempos if c.tick != tick]
    return at(song, "tempo", replace(song.score, tempos=(*before, change)), tick)


def of_length(song: Song, draw: random.Random) -> Corruption | None:
    seconds = round(song.score.duration, 6)
    plan = replace(plan_of(song), length=seconds)
    faster = draw.choice((-1, 0.5, 20))
    tempos = tuple(replace(change, bpm=change.bpm + faster) for change in song.score.tempos)
    return at(song, "length", replace(song.score, tempos=tempos), None, plan=plan)


def of_key(song: Song, draw: random.Random) -> Corruption | None:
    tick = draw.randrange(song.score.ticks)
    held = song.score.key_at(tick)
    assert held is not None
    change = KeyChange(tick, held.transpose(draw.randint(1, 11)))
    before = [c for c in song.score.keys if c.tick != tick]
    return at(song, "key", replace(song.score, keys=(*before, change)), tick)


def of_sections(song: Song, draw: random.Random) -> Corruption | None:
    sections = list(song.score.sections)
    index = draw.randrange(len(sections))
    section = sections[index]
    way = draw.randrange(3)
    if way == 0:
        del sections[index]
    elif way == 1:
        sections[index] = replace(section, name=f"{section.name}s")
    else:
        sections[index] = replace(section, bars=section.bars - 1)
    return at(song, "sections", replace(song.score, sections=tuple(sections)), None)


def of_tracks(song: Song, draw: random.Random) -> Corruption | None:
    tracks = list(song.score.tracks)
    index = draw.randrange(len(tracks) - 1)  # not the drums, whose program goes with their role
    way = draw.randrange(4)
    if way == 0:
        del tracks[index]
    elif way == 1:
        tracks[index] = replace(tracks[index], program=(tracks[index].program + 1) % 128)
    elif way == 2:
        tracks[index] = replace(tracks[index], role="pad")
    else:
        tracks[index], tracks[index + 1] = tracks[index + 1], tracks[index]
    return at(song, "tracks", replace(song.score, tracks=tuple(tracks)), None)


# Notes


def of_inside(song: Song, draw: random.Random) -> Corruption | None:
    start = song.score.bar_starts[-2]
    found = any_note(song, draw, lambda _, note: note.onset >= start)
    assert found is not None
    track, note = found
    duration = song.score.ticks - note.onset + draw.randint(1, 24)
    broken = changed(song.score, track, note, duration=duration)
    return at(song, "inside", broken, note.onset, track)


def of_section(song: Song, draw: random.Random) -> Corruption | None:
    section = draw.choice(song.score.sections[:-1])
    last = section.bar + section.bars
    start, end = song.score.bar_starts[last - 1], song.score.bar_starts[last]
    found = any_note(song, draw, lambda _, note: start <= note.onset < end)
    assert found is not None
    track, note = found
    broken = changed(song.score, track, note, duration=end - note.onset + draw.randint(1, 24))
    return at(song, "section", broken, note.onset, track)


def of_range(song: Song, draw: random.Random) -> Corruption | None:
    found = any_note(song, draw, lambda track, _: track in PITCHED)
    assert found is not None
    track, note = found
    asked = next(t for t in plan_of(song).tracks if t.name == track)
    pitch = draw.choice((asked.low - draw.randint(1, 9), asked.high + draw.randint(1, 9)))
    return at(song, "range", changed(song.score, track, note, pitch=pitch), note.onset, track)


def of_polyphony(song: Song, draw: random.Random) -> Corruption | None:
    found = any_note(song, draw, lambda track, _: track in PITCHED)
    assert found is not None
    track, note = found
    asked = next(t for t in plan_of(song).tracks if t.name == track)
    taken = {n.pitch for n in sounding(song.score, track, note.onset)}
    free = [pitch for pitch in range(40, 90) if pitch not in taken]
    more = [
        Note(note.onset, pitch, draw.randint(1, 6))
        for pitch in draw.sample(free, asked.polyphony + 1 - len(taken))
    ]
    return at(song, "polyphony", edited(song.score, track, add=more), note.onset, track)


def of_overlap(song: Song, draw: random.Random) -> Corruption | None:
    found = any_note(song, draw, lambda track, note: note.duration > 1)
    assert found is not None
    track, note = found
    onset = note.onset + draw.randrange(note.duration)
    more = Note(onset, note.pitch, draw.randint(1, 12), 70)
    return at(song, "overlap", edited(song.score, track, add=[more]), onset, track)


def of_drums(song: Song, draw: random.Random) -> Corruption | None:
    note = draw.choice(song.score.track("drums").notes)
    pitch = draw.choice((draw.randint(0, 26), draw.randint(88, 127)))
    broken = changed(song.score, "drums", note, pitch=pitch)
    return at(song, "drums", broken, note.onset, "drums")


def without(score: Score, track: str, start: int, end: int) -> Score:
    """The score without a track's notes between two ticks."""
    return edited(score, track, within(score, track, start, end))


def of_silence(song: Song, draw: random.Random) -> Corruption | None:
    bar = draw.randrange(1 if song.score.bars[0].length else 0, len(song.score.bars))
    start, end = song.score.bar_starts[bar : bar + 2]
    broken = song.score
    for track in song.score.tracks:
        broken = without(broken, track.name, start, end)
    return at(song, "silence", broken, start)


def of_rest(song: Song, draw: random.Random) -> Corruption | None:
    track = draw.choice(song.score.tracks).name
    longest = 0
    bounds = song.score.bar_starts
    for section in song.score.sections:
        silent = [
            not within(song.score, track, bounds[bar], bounds[bar + 1])
            for bar in range(section.bar, section.bar + section.bars)
        ]
        runs = [len(list(run)) for is_silent, run in groupby(silent) if is_silent]
        longest = max([longest, *runs])
    long = [section for section in song.score.sections if section.bars > longest]
    if not long:
        return None
    section = draw.choice(long)
    start, end = bounds[section.bar], bounds[section.bar + section.bars]
    plan = plan_of(song)
    tracks = tuple(replace(t, rest=longest) if t.name == track else t for t in plan.tracks)
    broken = without(song.score, track, start, end)
    return at(song, "rest", broken, start, track, replace(plan, tracks=tracks))


def of_reprise(song: Song, draw: random.Random) -> Corruption | None:
    section = song.score.sections[2]
    bounds = song.score.bar_starts
    start, end = bounds[section.bar], bounds[section.bar + section.bars]
    found = any_note(song, draw, lambda _, note: start <= note.onset < end)
    assert found is not None
    track, note = found
    way = draw.randrange(4)
    if way == 0:
        broken = edited(song.score, track, [note])
    elif way == 1:
        broken = changed(song.score, track, note, pitch=note.pitch + draw.choice((-12, 1, 12)))
    elif way == 2:
        broken = changed(song.score, track, note, velocity=note.velocity + draw.choice((-1, 1)))
    else:
        broken = changed(song.score, track, note, duration=note.duration + 1)
    return at(song, "reprise", broken, note.onset, track)


def of_variation(song: Song, draw: random.Random) -> Corruption | None:
    model, varied = song.score.sections[1], song.score.sections[3]
    bounds = song.score.bar_starts
    first = (bounds[model.bar], bounds[model.bar + model.bars])
    again = (bounds[varied.bar], bounds[varied.bar + varied.bars])
    plan = plan_of(song)
    # Half of the piano's chords have one other note, so some notes differ and most do not.
    part = replace(plan.sections[3], change=(0.001, 0.5))
    plan = replace(plan, sections=(*plan.sections[:3], part))
    to_the_model = draw.random() < 0.5
    broken = song.score
    for track in song.score.tracks:
        old = within(song.score, track.name, *again)
        if to_the_model:
            notes = within(song.score, track.name, *first)
            new = [replace(note, onset=note.onset + again[0] - first[0]) for note in notes]
        else:
            new = [replace(note, onset=note.onset + 1) for note in old]
        broken = edited(broken, track.name, old, new)
    return at(song, "variation", broken, again[0], plan=plan)


def of_swing(song: Song, draw: random.Random) -> Corruption | None:
    if draw.random() < 0.5:
        swing = 0.5 if song.score.swing > 0.5 else draw.choice((0.6, 2 / 3, 0.75))
        return at(song, "swing", replace(song.score, swing=swing), 0)
    found = any_note(song, draw, lambda track, _: True)
    assert found is not None
    track, note = found
    late = replace(note, shift=draw.choice((-1.0, 0.5, 1.0)) if note.onset else 1.0)
    if song.score.swing > 0.5 and note.onset % 6:
        return None  # nothing says where a sixteenth of a swung beat is
    return at(song, "swing", edited(song.score, track, [note], [late]), note.onset, track)


MUTATIONS: dict[str, Mutation] = {
    "bars": of_bars, "meter": of_meter, "pickup": of_pickup, "tempo": of_tempo,
    "length": of_length, "key": of_key, "sections": of_sections, "tracks": of_tracks,
    "inside": of_inside, "section": of_section, "range": of_range, "polyphony": of_polyphony,
    "overlap": of_overlap, "drums": of_drums, "silence": of_silence, "rest": of_rest,
    "reprise": of_reprise, "variation": of_variation, "swing": of_swing,
}  # fmt: skip
"""What breaks each of these rules."""
