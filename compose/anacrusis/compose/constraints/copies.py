"""Copies: a track that doubles another writes just the notes that stand there already."""

from collections.abc import Collection
from typing import NamedTuple

from ..score import Note
from .between import Doublings, NotesOf
from .durations import only
from .state import State


class Due(NamedTuple):
    """A note still to be written: its onset, pitch and duration."""

    onset: int
    pitch: int
    duration: int


class Copies:
    """What a track has still to write in a bar in which it doubles another."""

    def __init__(self, doublings: Doublings) -> None:
        self._doublings = doublings

    def due(self, state: State, rank: int) -> list[Due] | None:
        """The notes left, in order; None where the track doubles no other in this bar."""
        found = self._doublings.leader(rank, state.bar)
        if found is None:
            return None
        leader, interval = found
        wanted = [
            Due(note.onset, note.pitch + interval, note.duration) for note in _of_bar(state, leader)
        ]
        return sorted(wanted)[len(_of_bar(state, rank)) :]

    def durations(self, state: State) -> int:
        """The duration of the next note, as a set."""
        due = self.due(state, state.rank)
        return only(due[0].duration) if due else 0

    def alike(self, rank: int, bar: int) -> set[int]:
        """The tracks that sound the same as one in a bar."""
        found = self._doublings.leader(rank, bar)
        lead = rank if found is None else found[0]
        return {lead, *(other for other, _ in self.followers(lead, bar))} - {rank}

    def same(self, notes_of: NotesOf, ranks: Collection[int], bar: int, span: range) -> bool:
        """Whether those of some tracks that sound alike in a bar, of some ticks, have the same
        notes there.
        """
        for rank in ranks:
            found = self._doublings.leader(rank, bar)
            if found is None:
                continue
            lead, interval = found
            wanted, own = (
                {Due(n.onset, n.pitch + by, n.duration) for n in notes_of(one) if n.onset in span}
                for one, by in ((lead, interval), (rank, 0))
            )
            if wanted != own:
                return False
        return True

    def writer(self, rank: int, bar: int) -> int:
        """The track that writes what a track plays in a bar: itself, or the one that it doubles."""
        found = self._doublings.leader(rank, bar)
        return rank if found is None else found[0]

    def followers(self, rank: int, bar: int) -> list[tuple[int, int]]:
        """Later tracks that repeat this one, with their intervals to it."""
        return self._doublings.followers(rank, bar)


def _of_bar(state: State, rank: int) -> list[Note]:
    """The notes of a track that start in the bar being written."""
    start, found = state.skeleton.bar_starts[state.bar], []
    for note in reversed(state.voices[rank].notes):
        if note.onset < start:
            break
        found.append(note)
    return found
