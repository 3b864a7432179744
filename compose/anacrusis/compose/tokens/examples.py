"""Training examples: windows of a piece, with controls and attributes drawn at random.

Which notes are events and which are anticipated controls is drawn anew for each window, so that
one next-token model learns free writing, accompaniment and infilling (Thickstun et al. 2023).
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..score import Score
from .encode import AHEAD, NOTHING, Encoded, Given, encode

MODES = ("free", "tracks", "bars", "lines", "notes")
"""What may be given ahead in a window: nothing, whole tracks, all but spans of bars, all but spans
of bars of some tracks, single notes."""
_MODE_SHARES = (0.62, 0.13, 0.08, 0.12, 0.05)
_ATTRIBUTE_SHARES = {"density": 0.8, "register": 0.5, "polyphony": 0.3}
_SILENT_SHARE = 0.15
"""Share of windows that name tracks which do not sound in them; in the others a named track plays,
so that composing, which names what is to play, meets what it has learnt."""

_MIN_PLAN_BARS = 4
FARTHEST_DRAWN = 6
_HEADER_ROOM = 60  # tokens kept free for the header of a window


class Window(NamedTuple):
    """A stretch of a piece as a document, the bar after it, and what was given ahead."""

    encoded: Encoded
    stop: int
    given: Given


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


def draw_given(
    score: Score, start: int, stop: int, rng: np.random.Generator, mode: str | None = None
) -> Given:
    """Draw what of bars `start` to `stop - 1` is given ahead. mode: of `MODES`; None draws it."""
    mode = mode or rng.choice(MODES, p=_MODE_SHARES)
    sounding = [i for i, track in enumerate(score.tracks) if track.notes]
    everything = range(len(score.bars))
    if mode == "free" or not sounding or (mode in ("tracks", "lines") and len(sounding) < 2):
        return NOTHING
    if mode == "notes":
        share = float(rng.uniform(0.05, 0.4))
        kept = {i: rng.random(len(score.tracks[i].notes)) < share for i in sounding}
        return Given(notes={i: np.flatnonzero(keep).tolist() for i, keep in kept.items()})
    some = rng.choice(sounding, size=int(rng.integers(1, max(len(sounding), 2))), replace=False)
    if mode == "tracks":
        return Given(bars={int(i): everything for i in some})
    hidden = _spans(start, stop, rng)
    outside = [bar for bar in everything if bar not in hidden]
    open_tracks = set(some.tolist() if mode == "lines" else range(len(score.tracks)))
    return Given(
        bars={i: outside if i in open_tracks else everything for i in range(len(score.tracks))}
    )


def _spans(start: int, stop: int, rng: np.random.Generator) -> set[int]:
    """One or two spans of bars, each at most half of the stretch."""
    found: set[int] = set()
    for _ in range(int(rng.integers(1, 3))):
        length = int(rng.integers(1, max((stop - start) // 2, 1) + 1))
        first = int(rng.integers(start, stop - length + 1))
        found |= set(range(first, first + length))
    return found


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
    bars before its bar a control is written. mode: as in `draw_given`. What is drawn does not
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

    given = draw_given(score, start, stop, rng, mode)
    encoded = encode(score, style, start=start, stop=stop, ahead=ahead, given=given, stated=stated)
    return Window(encoded, stop, given)


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
