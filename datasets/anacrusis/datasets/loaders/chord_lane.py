"""The chord lane of a source that says where chords change."""

from collections.abc import Sequence

from anacrusis.compose.chord import Chord
from anacrusis.compose.score import ChordSpan


def chord_lane(changes: Sequence[tuple[int, Chord]], end: int) -> tuple[ChordSpan, ...]:
    """Chords that last until the next one, the last until `end`; equal neighbours are one.

    changes: ticks, ascending, and the chord from there on; of several at one tick the last holds.
    """
    spans: list[ChordSpan] = []
    stops = [*(tick for tick, _ in changes[1:]), end]
    for (tick, chord), stop in zip(changes, stops, strict=False):
        if stop <= tick:
            continue
        if spans and spans[-1].chord == chord:
            spans[-1] = ChordSpan(spans[-1].onset, stop - spans[-1].onset, chord)
        else:
            spans.append(ChordSpan(tick, stop - tick, chord))
    return tuple(spans)
