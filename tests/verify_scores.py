"""Small scores for the verifier: two bars of 4/4, which have 48 ticks each, strong at 0 and 24."""

from anacrusis.compose.chord import Chord
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    Note,
    Score,
    Track,
)
from anacrusis.compose.verify import verify

C, D, E, F, G, A, B = 60, 62, 64, 65, 67, 69, 71
FOUR = Meter(4, 4)


def lane(text):
    """Chords at ticks: ``"0 C, 48 G, 72 -"``; each lasts until the next, ``-`` is silence."""
    points = [entry.split() for entry in text.split(",")]
    ticks = [int(tick) for tick, _ in points]
    ends = [*ticks[1:], 96]
    return tuple(
        ChordSpan(tick, end - tick, Chord.parse(symbol))
        for tick, end, (_, symbol) in zip(ticks, ends, points, strict=True)
        if symbol != "-"
    )


def two_bars(chords, *notes, role="melody", program=0):
    """Two bars of 4/4 with one track of (onset, pitch, duration)."""
    track = Track("line", role, program, tuple(Note(o, p, d) for o, p, d in notes))
    return Score((Bar(FOUR),) * 2, (track,), chords=lane(chords))


def rules(score, plan=None):
    return [violation.rule for violation in verify(score, plan).violations]
