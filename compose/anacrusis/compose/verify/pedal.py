"""Pedal points: a tone that stays while the chords change away from it and come back."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from ..score import Note, Track
from .lane import Lane

BREAK = 12
"""Ticks (a quarter note) of silence after which a pitch that is struck again begins anew."""


class Pedals:
    """The tones of a track that are held or struck again, and when they belong to the harmony.

    A tone goes on where its pitch is struck again, at most `BREAK` ticks after it has ended, and
    nothing else of the track has begun between. While it is outside the chord it is a pedal point
    where it was a tone of a chord before, and is one again later, without having stopped.
    """

    def __init__(self, track: Track, lane: Lane) -> None:
        onsets = sorted({note.onset for note in track.notes})
        by_pitch: defaultdict[int, list[Note]] = defaultdict(list)
        for note in track.notes:
            by_pitch[note.pitch].append(note)
        self._tones: dict[Note, tuple[int, int]] = {}
        for notes in by_pitch.values():
            for tone in _tones(notes, onsets):
                inside = [
                    piece.start
                    for note in tone
                    for piece in lane.within(note.onset, note.end)
                    if piece.chord is not None and note.pitch % 12 in piece.chord.classes
                ]
                if inside:
                    self._tones.update(dict.fromkeys(tone, (inside[0], inside[-1])))

    def covers(self, note: Note, tick: int) -> bool:
        """Whether a note that is outside the chord at a tick is a pedal point there."""
        first, last = self._tones.get(note, (tick, tick))
        return first < tick < last


def _tones(notes: list[Note], onsets: list[int]) -> Iterator[list[Note]]:
    """Notes of one pitch, those together that are one tone struck again.

    onsets: ticks at which the track strikes, sorted.
    """
    tone: list[Note] = []
    for note in notes:
        if tone:
            end = tone[-1].end
            between = bisect_left(onsets, note.onset) - bisect_left(onsets, end)
            if note.onset - end > BREAK or between > 0:
                yield tone
                tone = []
        tone.append(note)
    yield tone
