"""How loud an instrument is by nature, so that a mix means the same with every font and engine.

In one font the flute is 8 dB louder than the piano at the same velocity, in another it is softer.
A track's instrument is heard alone on some of the track's own notes at one velocity, and the
difference to `REFERENCE` evens it out before the role's level is applied. Velocities and chords
are left as they are, so the composer's dynamics remain.
"""

from contextlib import closing
from dataclasses import replace

from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Score, TempoChange, Track

from .engine import Engine
from .loudness import SILENCE, LoudnessMeter

REFERENCE = -23.0
"""LUFS to which every instrument is evened out."""

MOST_CORRECTION = 15.0
"""Decibels by which an instrument is evened out at most, up or down."""

_VELOCITY = 80
_NOTES, _DRUM_NOTES = 12, 32
_LONGEST_NOTE = 24  # ticks


def evening_gain(engine: Engine, score: Score, track: Track, sample_rate: int) -> float:
    """Decibels that bring a track's instrument to `REFERENCE`; 0 where it makes no sound."""
    if not track.notes:
        return 0.0
    meter = LoudnessMeter(sample_rate)
    trial = _phrase(score, track)
    with closing(engine.stream(trial, trial.tracks[0], sample_rate)) as stream:
        for block in stream:
            meter.add(block)
    loudness = meter.lufs()
    if loudness == SILENCE:
        return 0.0
    return min(max(REFERENCE - loudness, -MOST_CORRECTION), MOST_CORRECTION)


def _phrase(score: Score, track: Track) -> Score:
    """Some of the track's notes, evenly chosen, one after another at one velocity."""
    count = min(_DRUM_NOTES if track.is_drums else _NOTES, len(track.notes))
    notes, onset = [], 0
    for index in range(count):
        note = track.notes[index * len(track.notes) // count]
        length = min(note.duration, _LONGEST_NOTE)
        notes.append(replace(note, onset=onset, duration=length, velocity=_VELOCITY, shift=0.0))
        onset += length
    meter = Meter(4, 4)
    bars = tuple(Bar(meter) for _ in range(-(-onset // meter.ticks)))
    tempo = min(max(score.tempos[0].bpm, 40.0), 240.0)
    return Score(bars, (replace(track, notes=tuple(notes)),), (TempoChange(0, tempo),))
