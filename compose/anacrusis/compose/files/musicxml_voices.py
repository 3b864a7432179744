"""Staves and voices: a track's notes cut into bars and shared out so that each voice is one line.

A note that crosses a bar line is cut there and tied. Notes with the same onset and end form a
chord. Where more than four voices would be needed the bar is written as one line of tied chords,
so nothing is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ..score import Note, Score, Track

MAX_VOICES = 4
_KEYBOARDS = {*range(0, 9), *range(16, 24), 46}
_MIDDLE = 60
_OPEN_GAP = 9
"""Semitones that the free room beside a bar's notes counts for, when its hands are told apart."""


class Piece(NamedTuple):
    """A note's part within a bar, in ticks of the bar.

    tie_number: 0, or it tells ties of one pitch apart. release: ticks that the note sounds on
    (or, below 0, stops short) after the value it is written as; only drums have any.
    """

    start: int
    end: int
    note: Note
    tie_stop: bool
    tie_start: bool
    tie_number: int
    release: int = 0


@dataclass(frozen=True)
class Group:
    """A chord (or one note) of a voice: its pieces start and end together."""

    start: int
    end: int
    pieces: tuple[Piece, ...]

    @property
    def height(self) -> float:
        """Mean pitch."""
        return sum(piece.note.pitch for piece in self.pieces) / len(self.pieces)


def staves(score: Score, track: Track) -> list[list[list[Piece]]]:
    """Pieces of each bar of each staff: one staff, or two for a keyboard that plays on both."""
    if track.is_drums:
        return [_drum_hits(score, track)]
    places = _staff_of(score, track)
    count = max(places, default=0) + 1
    cut: list[list[list[Piece]]] = [[[] for _ in score.bars] for _ in range(count)]
    numbers = _tie_numbers(track.notes)
    for note, place, number in zip(track.notes, places, numbers, strict=True):
        end = min(note.end, score.ticks)
        first = score.bar_at(note.onset)
        for bar in range(first, score.bar_at(end - 1) + 1):
            low, high = score.bar_starts[bar], score.bar_starts[bar + 1]
            cut[place][bar].append(
                Piece(
                    max(note.onset, low) - low,
                    min(end, high) - low,
                    note,
                    note.onset < low,
                    end > high,
                    number,
                )
            )
    return cut


def _drum_hits(score: Score, track: Track) -> list[list[Piece]]:
    """Drum notes as one line: each is written up to the next hit, or to the end of its beat.

    How long a drum sounds says nothing to a player, so ties and short rests are spared; the true
    duration is kept as a release.
    """
    onsets = sorted({note.onset for note in track.notes})
    following = dict(zip(onsets, [*onsets[1:], score.ticks], strict=False))
    bars: list[list[Piece]] = [[] for _ in score.bars]
    for note in track.notes:
        bar = score.bar_at(note.onset)
        low, lead = score.bar_starts[bar], score.lead(bar)
        position = note.onset - low + lead
        beat = next(
            (tick for tick in score.bars[bar].meter.beats if tick > position),
            score.bars[bar].meter.ticks,
        )
        room = min(following[note.onset], score.bar_starts[bar + 1])
        end = max(min(note.end, room), min(room, low + beat - lead))
        release = min(note.end, score.ticks) - end
        bars[bar].append(Piece(note.onset - low, end - low, note, False, False, 0, release))
    return bars


def _staff_of(score: Score, track: Track) -> list[int]:
    """Staff (0 upper, 1 lower) of each note; all 0 for an instrument on one staff."""
    pitches = [note.pitch for note in track.notes]
    if (
        track.program not in _KEYBOARDS
        or not pitches
        or min(pitches) >= _MIDDLE - 5
        or max(pitches) <= _MIDDLE + 4
        or max(pitches) - min(pitches) <= 19
    ):
        return [0] * len(pitches)
    bars: dict[int, list[int]] = {}
    for index, note in enumerate(track.notes):
        bars.setdefault(score.bar_at(note.onset), []).append(index)
    places = [0] * len(pitches)
    for indices in bars.values():
        split = _hands(sorted({pitches[i] for i in indices}))
        for i in indices:
            places[i] = int(pitches[i] < split)
    return places


def _hands(pitches: Sequence[int]) -> float:
    """Where a bar divides into two hands: at a wide gap, near middle C, or not at all."""
    line = [pitches[0] - _OPEN_GAP, *pitches, pitches[-1] + _OPEN_GAP]
    middles = {(low + high) / 2: high - low for low, high in pairwise(line)}
    return max(middles, key=lambda middle: middles[middle] - 0.7 * abs(middle - _MIDDLE + 0.5))


def _tie_numbers(notes: Sequence[Note]) -> list[int]:
    """A number above 0 for notes that overlap another of their pitch, so that ties stay apart."""
    numbers = [0] * len(notes)
    sounding: dict[int, list[int]] = {}
    for index, note in enumerate(notes):
        held = [i for i in sounding.get(note.pitch, ()) if notes[i].end >= note.onset]
        if held:
            used = {numbers[i] for i in held}
            numbers[index] = next(n for n in range(1, len(used) + 2) if n not in used)
        sounding[note.pitch] = [*held, index]
    return numbers


def voices(
    pieces: Sequence[Piece], cuts: Sequence[int] = (), drums: bool = False
) -> list[list[Group]]:
    """Lines of a bar's pieces, the first the highest: at most `MAX_VOICES`, each without overlap.

    Pieces are also cut at the ticks of `cuts`, and tied, or in a drum part written shorter.
    """
    for cut in cuts:
        pieces = [part for piece in pieces for part in _cut(piece, cut, drums)]
    gathered: dict[tuple[int, int], list[Piece]] = {}
    for piece in pieces:
        gathered.setdefault((piece.start, piece.end), []).append(piece)
    groups = [
        Group(start, end, tuple(sorted(found, key=lambda piece: piece.note.pitch)))
        for (start, end), found in sorted(gathered.items())
    ]
    lines: list[list[Group]] = [[] for _ in range(MAX_VOICES)]
    for group in sorted(groups, key=lambda g: (g.start, -g.height)):
        wanted = _preference(group, groups)
        free = [v for v in wanted if not lines[v] or lines[v][-1].end <= group.start]
        if not free:
            return [_one_line(pieces)]
        lines[free[0]].append(group)
    while lines and not lines[-1]:
        lines.pop()
    if len(lines) > 1 and not lines[0]:
        del lines[0]
    return lines


def _preference(group: Group, groups: Sequence[Group]) -> tuple[int, ...]:
    """Voices to try in order: the upper for a group over those it overlaps, else the lower."""
    overlapping = [
        other for other in groups
        if other is not group and other.start < group.end and group.start < other.end
    ]  # fmt: skip
    above = any(other.height > group.height for other in overlapping)
    below = any(other.height <= group.height for other in overlapping)
    if not above:
        return (0, 2, 1, 3)
    return (1, 3, 0, 2) if not below else (2, 1, 3, 0)


def _cut(piece: Piece, tick: int, drums: bool) -> list[Piece]:
    if not piece.start < tick < piece.end:
        return [piece]
    if drums:
        return [piece._replace(end=tick, release=piece.release + piece.end - tick)]
    return [piece._replace(end=tick, tie_start=True), piece._replace(start=tick, tie_stop=True)]


def _one_line(pieces: Sequence[Piece]) -> list[Group]:
    """The pieces as one line of chords, tied wherever one goes on while another changes."""
    edges = sorted({tick for piece in pieces for tick in (piece.start, piece.end)})
    line = []
    for start, end in pairwise(edges):
        chord = tuple(
            piece._replace(
                start=start,
                end=end,
                tie_stop=piece.tie_stop or piece.start < start,
                tie_start=piece.tie_start or piece.end > end,
            )
            for piece in sorted(pieces, key=lambda piece: (piece.note.pitch, piece.note.onset))
            if piece.start <= start and piece.end >= end
        )
        if chord:
            line.append(Group(start, end, chord))
    return line
