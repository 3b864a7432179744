"""The SoundFont engine: FluidSynth plays each track on a synthesiser of its own.

A fresh synthesiser per track, dry, makes every stem bit for bit the same whatever else plays, and
the mix the plain sum of the stems. Notes are placed on FluidSynth's own raster of 64 samples (to
the nearest point, so at most 0.7 ms from where they belong, and the same point in all tracks).
"""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from anacrusis.compose.errors import RenderError
from anacrusis.compose.score import Score, Track

from .engine import BLOCK, Stereo
from .fluidsynth import DRUM_BANK, GRAIN, Synth
from .fonts import Font, find_font
from .timeline import timing

LONGEST_TAIL = 15.0
"""Seconds after the last release at which a track ends even if its font never lets go."""

_MOST_CHANNELS = 256  # what FluidSynth can hold
_HALF_CENT = 0.5


class Event(NamedTuple):
    """A key going down (velocity above 0) or up, `grain` x 64 samples after the start."""

    grain: int
    velocity: int
    channel: int
    key: int


@dataclass(frozen=True)
class Schedule:
    """A track as FluidSynth plays it: the tuning of each channel in cents, and sorted events."""

    tunings: tuple[float, ...]
    events: tuple[Event, ...]


class SoundFontEngine:
    """Plays tracks with the General MIDI sounds of one SoundFont."""

    def __init__(self, font: str | None = None) -> None:
        self.font: Font = find_font(font)
        # A silent synthesiser that holds every program once chosen, so that the samples, which
        # FluidSynth shares between synthesisers, are read and unpacked only once.
        self._warm = Synth(self.font.path, 44100, _MOST_CHANNELS)
        self._held: dict[tuple[int, int], int] = {}

    @property
    def name(self) -> str:
        """Name by which the engine is chosen."""
        return "soundfont"

    @property
    def sounds(self) -> str:
        """The font and its licence."""
        return f"{self.font.name} ({self.font.licence})"

    def stream(self, score: Score, track: Track, sample_rate: int) -> Generator[Stereo, None, None]:
        """Dry sound of one track, float32 [2, BLOCK] at a time, until its last voice is silent.

        Raises `RenderError` at once where the font has no such program.
        """
        plan = schedule(score, track, sample_rate)
        bank, program = (DRUM_BANK, 0) if track.is_drums else (0, track.program)
        synth = Synth(self.font.path, sample_rate, len(plan.tunings))
        try:
            place = self._held.setdefault((bank, program), len(self._held))
            self._warm.select(place, bank, program)
            for channel, cents in enumerate(plan.tunings):
                synth.select(channel, bank, program)
                if cents:
                    synth.tune(channel, cents)
        except RenderError as error:
            synth.close()
            raise RenderError(f"track {track.name!r}: {error}") from error
        return _play(synth, plan.events, int(LONGEST_TAIL * sample_rate))


def _play(synth: Synth, events: tuple[Event, ...], tail: int) -> Generator[Stereo, None, None]:
    """Send the events and fill blocks; `tail` is the most samples to go on after the last event."""
    with synth:
        following, start = 0, 0
        while following < len(events) or (synth.voices and start < events[-1].grain * GRAIN + tail):
            block = np.empty((2, BLOCK), np.float32)
            filled = 0
            while following < len(events):
                at = events[following].grain * GRAIN - start
                if at >= BLOCK:
                    break
                if at > filled:
                    synth.write(block, filled, at - filled)
                    filled = at
                _, velocity, channel, key = events[following]
                if velocity:
                    synth.note_on(channel, key, velocity)
                else:
                    synth.note_off(channel, key)
                following += 1
            synth.write(block, filled, BLOCK - filled)
            start += BLOCK
            yield block


def schedule(score: Score, track: Track, sample_rate: int) -> Schedule:
    """The events of a track, sorted: at one moment releases come before onsets.

    Tuning in cents is folded to the nearest semitone plus a rest within half a semitone, and each
    rest gets a channel of its own (drum keys name drums, so they are never retuned). A key struck
    again while it sounds is released first; of two equal notes struck at once the louder and
    longer counts.
    """
    onsets, releases = timing(score, track)
    first = np.rint(onsets * sample_rate / GRAIN).astype(np.int64)
    last = np.maximum(np.rint(releases * sample_rate / GRAIN).astype(np.int64), first + 1)
    tuned = [_tuned(note.pitch, 0.0 if track.is_drums else note.cents) for note in track.notes]
    if len({rest for _, rest in tuned}) > _MOST_CHANNELS:
        tuned = [(key, round(rest / _HALF_CENT) * _HALF_CENT) for key, rest in tuned]
    tunings = tuple(rest for rest, _ in Counter(rest for _, rest in tuned).most_common())
    channels = {rest: channel for channel, rest in enumerate(tunings)}

    struck: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}
    for note, (key, rest), on, off in zip(
        track.notes, tuned, first.tolist(), last.tolist(), strict=True
    ):
        strokes = struck.setdefault((channels[rest], key), {})
        loudest, longest = strokes.get(on, (0, 0))
        strokes[on] = max(loudest, note.velocity), max(longest, off)
    events: list[Event] = []
    for (channel, key), strokes in struck.items():
        order = sorted(strokes)
        for on, after in zip(order, [*order[1:], None], strict=True):
            velocity, off = strokes[on]
            events.append(Event(on, velocity, channel, key))
            events.append(Event(off if after is None else min(off, after), 0, channel, key))
    return Schedule(tunings or (0.0,), tuple(sorted(events)))


def _tuned(pitch: int, cents: float) -> tuple[int, float]:
    """Nearest key and what remains, in cents: (60, 130) is key 61 and 30 cents."""
    key = min(max(pitch + round(cents / 100.0), 0), 127)
    return key, round(100.0 * (pitch - key) + cents, 3)
