"""Training examples: windows of a piece, with controls and attributes drawn at random.

Which notes are events and which are anticipated controls is drawn anew for each window, so that
one next-token model learns free writing, accompaniment and infilling (Thickstun et al. 2023).
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..score import Score
from .encode import AHEAD, Encoded, encode

MODES = ("free", "tracks", "bars", "notes")
"""What may be given ahead in a window: nothing, whole tracks, spans of bars, single notes."""
_MODE_SHARES = (0.70, 0.15, 0.10, 0.05)
_ATTRIBUTE_SHARES = {"density": 0.8, "register": 0.5, "polyphony": 0.3}
_SILENT_SHARE = 0.15
"""Share of windows that name tracks which do not sound in them; in the others a named track plays,
so that composing, which names what is to play, meets what it has learnt."""

_MIN_PLAN_BARS = 4
FARTHEST_DRAWN = 6
_HEADER_ROOM = 60  # tokens kept free for the header of a window


class Window(NamedTuple):
    """A stretch of a piece as a document, the bar after it, and which notes were given ahead."""

    encoded: Encoded
    stop: int
    locked: Mapping[int, Collection[int]]


class Example(NamedTuple):
    """One training sequence. ids: uint16 [n]; ticks: int32 [n]; low, high: legal transpositions."""

    ids: npt.NDArray[np.uint16]
    ticks: npt.NDArray[np.int32]
    low: int
    high: int


def shift_range(score: Score) -> tuple[int, int]:
    """Transpositions (semitones, six down to five up) that keep all pitches within 0-127."""
    pitches = [note.pitch for track, note in score.notes() if not track.is_drums]
    if not pitches:
        return (-FARTHEST_DRAWN, FARTHEST_DRAWN - 1) if score.chords else (0, 0)
    return max(-FARTHEST_DRAWN, -min(pitches)), min(FARTHEST_DRAWN - 1, 127 - max(pitches))


def draw_locked(
    score: Score, start: int, stop: int, rng: np.random.Generator, mode: str | None = None
) -> Mapping[int, Collection[int]]:
    """Draw which notes of bars `start` to `stop - 1` are given ahead: track -> note indices.

    mode: one of `MODES`; None draws it too.
    """
    mode = mode or rng.choice(MODES, p=_MODE_SHARES)
    sounding = [i for i, track in enumerate(score.tracks) if track.notes]
    if mode == "free" or not sounding:
        return {}
    if mode == "tracks":
        if len(sounding) < 2:
            return {}
        count = int(rng.integers(1, len(sounding)))
        chosen = rng.choice(sounding, size=count, replace=False)
        return {int(i): range(len(score.tracks[i].notes)) for i in chosen}
    locked: dict[int, list[int]] = {}
    share = float(rng.uniform(0.1, 0.8))
    bars_locked = rng.random(stop - start) < share
    for i in sounding:
        notes = score.tracks[i].notes
        if mode == "notes":
            keep = rng.random(len(notes)) < share / 2
            locked[i] = [int(k) for k in np.flatnonzero(keep)]
        else:
            bars = (score.bar_at(note.onset) - start for note in notes)
            count = len(bars_locked)
            locked[i] = [k for k, b in enumerate(bars) if 0 <= b < count and bars_locked[b]]
    return locked


def window(
    score: Score,
    style: str,
    start: int,
    context: int,
    counts: npt.NDArray[np.int64],
    rng: np.random.Generator,
    *,
    ahead: int = AHEAD,
    mode: str | None = None,
) -> Window:
    """One window from bar `start` of about `context + 1` tokens.

    counts: int64 [bars], tokens of each bar; they choose where the window ends. ahead: how many
    bars before its bar a control is written. mode: as in `draw_locked`. What is drawn does not
    depend on `ahead`.
    """
    room = context + 1 - _HEADER_ROOM
    total = np.cumsum(counts[start:])
    stop = start + max(1, int(np.searchsorted(total, room)))
    stop = min(stop, len(score.bars))
    if rng.random() >= _SILENT_SHARE:
        score = _sounding(score, start, stop)

    def stated(track: int, attribute: str) -> bool:
        return bool(rng.random() < _ATTRIBUTE_SHARES[attribute])

    locked = draw_locked(score, start, stop, rng, mode)
    encoded = encode(
        score, style, start=start, stop=stop, ahead=ahead, locked=locked, stated=stated
    )
    return Window(encoded, stop, locked)


def _sounding(score: Score, start: int, stop: int) -> Score:
    """The score without the tracks that have no onset in bars `start` to `stop - 1`."""
    begin, end = score.bar_starts[start], score.bar_starts[stop]
    tracks = tuple(
        track for track in score.tracks if any(begin <= note.onset < end for note in track.notes)
    )
    return replace(score, tracks=tracks) if tracks else score


def examples_of(
    score: Score, style: str, rng: np.random.Generator, context: int = 1024, passes: int = 2
) -> list[Example]:
    """All training sequences of a piece: windows over its bars, and its plan where it has one.

    The first pass starts at the first bar, later ones at a random bar, so that windows differ.
    """
    low, high = shift_range(score)
    found: list[Example] = []

    def add(encoded: Encoded) -> None:
        ids, ticks = encoded.ids[: context + 1], encoded.ticks[: context + 1]
        found.append(Example(ids, ticks, low, high))

    if any(track.notes for track in score.tracks):
        whole = encode(score, style)
        ends = np.append(whole.bars[1:], len(whole.ids))
        counts = (ends - whole.bars).astype(np.int64)
        for index in range(passes):
            limit = max(1, min(len(score.bars) // 2, 16))
            bar = 0 if index == 0 else int(rng.integers(0, limit))
            while bar < len(score.bars):
                encoded, bar, _ = window(score, style, bar, context, counts, rng)
                add(encoded)
    plan = plan_document(score, style)
    if plan is not None:
        add(plan)
    return found


def plan_document(score: Score, style: str) -> Encoded | None:
    """The plan of a piece: sections, keys and chords, or of a form without notes the form alone.

    A plan with chords names a key in its first bar, a form alone names none in any: so form is
    learnt from both, and harmony only where there is some. None for a piece that has neither.
    """
    if len(score.bars) < _MIN_PLAN_BARS:
        return None
    if score.chords:
        keyed = any(change.tick < score.bar_starts[1] for change in score.keys)
        return encode(score, style, plan=True) if keyed else None
    if not score.sections or any(track.notes for track in score.tracks):
        return None
    return encode(replace(score, keys=()), style, plan=True)
