"""How far the model is followed: what it says, weighed where it goes on for too long.

Left to itself a model repeats itself more than people do, since each repetition makes the next one
likelier: notes on one pitch or on few, two in turn, melodies that never breathe, notes of one
length without end. Weights move probability among the tokens of one choice and leave that of the
choice as it is.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..constraints.pitchset import Mask
from ..constraints.state import State
from ..meter import TICKS_PER_QUARTER
from ..score import Note
from ..tokens.grammar import Slot
from ..tokens.vocabulary import vocabulary
from .sampler import Sampling

BREATH = 6
"""Ticks of silence that part phrases."""
LONG = 24
"""Ticks of a note that ends a phrase, too."""
FREE = 96
"""Ticks that a phrase, or notes of one length, may go on before they are weighed."""
RECENT = 7
"""Onsets of a melody whose pitches are counted."""
_SHORT = 12
"""Notes of this many ticks and longer may go on (quarters in a hymn)."""

_BEFORE_PITCH = (Slot.POSITION, Slot.VELOCITY)
Logits = npt.NDArray[np.float32]


def weighed(logits: Logits, mask: Mask, state: State, sampling: Sampling) -> Logits:
    """The logits with the weights of `sampling` on what may come now."""
    if not state.writing or state.slot is Slot.NOW or state.voice.plan.role == "drums":
        return logits
    if state.slot in _BEFORE_PITCH:
        return _other_pitches(logits, mask, state, sampling)
    if state.voice.plan.role == "melody" and state.voice.notes and sampling.phrasing != 1.0:
        weight = math.log(sampling.phrasing)
        if state.slot is Slot.PITCH:
            return _long_notes(logits, mask, state, weight)
        if state.slot in (Slot.NOTE, Slot.TRACK):
            return _breaths(logits, mask, state, weight)
    return logits


def _other_pitches(logits: Logits, mask: Mask, state: State, sampling: Sampling) -> Logits:
    """The pitches that the track struck last are weighed against the other pitches; in a melody
    also those it struck often of late, and the one that goes on swinging between two."""
    first, voice = vocabulary().start("Pitch"), state.voice
    more = np.zeros(128)
    more[voice.struck_last] = math.log(sampling.repeats)
    if voice.plan.role == "melody":
        line = recent_line(voice.notes, RECENT)
        for pitch, count in Counter(line).items():
            more[pitch] += math.log(sampling.variety) * (count - 1)
        more[swings_to(line)] += math.log(sampling.repeats)
    return _moved(logits, mask, np.arange(first, first + 128), more)


def recent_line(notes: Sequence[Note], count: int) -> list[int]:
    """The highest pitches at the last `count` onsets, in order; notes are sorted by onset."""
    tops: dict[int, int] = {}
    for note in reversed(notes):
        if note.onset not in tops and len(tops) == count:
            break
        tops[note.onset] = max(note.pitch, tops.get(note.onset, 0))
    return list(tops.values())[::-1]


def swings_to(line: Sequence[int]) -> list[int]:
    """The pitch that would go on a see-saw of the last three pitches, if they are one.

    >>> swings_to([67, 60, 62, 60]), swings_to([60, 62, 64])
    ([62], [])
    """
    before = line[-3:]
    return [before[1]] if len(before) == 3 and before[0] == before[2] != before[1] else []


def _long_notes(logits: Logits, mask: Mask, state: State, weight: float) -> Logits:
    """Notes that do not end a long phrase are weighed against those that do."""
    beyond = _beyond(state.tick - phrase_start(state.voice.notes, state.tick))
    tokens = np.arange(*vocabulary().spans["Duration"])
    short = np.arange(1, len(tokens) + 1) < LONG
    return _moved(logits, mask, tokens, short * beyond * weight)


def _breaths(logits: Logits, mask: Mask, state: State, weight: float) -> Logits:
    """Positions at which a long phrase, or equal notes, go on are weighed against all others."""
    v, notes = vocabulary(), state.voice.notes
    positions = np.arange(*v.spans["Position"])
    others = np.array([v.id("Bar"), v.id("EOS"), *range(*v.spans["Track"])])
    ticks = state.origin + np.arange(len(positions))
    last = notes[-1].onset
    goes_on = (ticks - state.voice.last_end < BREATH) & (ticks - last < LONG)
    more = goes_on * _beyond(ticks - phrase_start(notes, last))
    step, since = equal_notes(notes)
    more = more + (ticks - last == step) * _beyond(ticks - since)
    return _moved(
        logits, mask, np.concatenate((positions, others)),
        np.concatenate((more * weight, np.zeros(len(others)))),
    )  # fmt: skip


def _beyond(ticks: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Quarter notes beyond `FREE`."""
    beyond: npt.NDArray[np.float64] = np.maximum(np.asarray(ticks) - FREE, 0) / TICKS_PER_QUARTER
    return beyond


def phrase_start(notes: Sequence[Note], tick: int) -> int:
    """Where the phrase began that goes on at `tick`; there, if a breath stands before it.

    notes: those of a track, sorted by onset, none after `tick`.
    """
    start = tick
    for note in reversed(notes):
        if start - note.end >= BREATH or start - note.onset >= LONG:
            break
        start = note.onset
    return start


def equal_notes(notes: Sequence[Note]) -> tuple[int, int]:
    """Ticks from one onset to the next in the short notes of one length that go on now, and their
    first onset; (0, 0) where none do."""
    step, first = 0, notes[-1].onset
    for note in reversed(notes):
        apart = first - note.onset
        if apart and apart != (step or apart):
            break
        step, first = step or apart, note.onset
        if step >= _SHORT:
            break
    return (step, first) if 0 < step < _SHORT else (0, 0)


def _moved(
    logits: Logits, mask: Mask, among: npt.NDArray[np.intp], more: npt.NDArray[np.float64]
) -> Logits:
    """`more` added to the logits of some tokens, which together are as likely as before."""
    legal = mask[among]
    if not more[legal].any():
        return logits
    tokens = among[legal]
    moved = logits.astype(np.float64)
    moved[tokens] += more[legal]
    moved[tokens] += np.logaddexp.reduce(logits[tokens]) - np.logaddexp.reduce(moved[tokens])
    return moved.astype(np.float32)
