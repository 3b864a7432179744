"""What of a track sounds together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ..score import Note, Track


def sounding(track: Track) -> Iterator[tuple[int, tuple[Note, ...]]]:
    """Each onset of a track, in ticks, and the notes that sound there.

    Those that are held come before those that start; of drums only the latter count.
    """
    active: list[Note] = []
    starting: defaultdict[int, list[Note]] = defaultdict(list)
    for note in track.notes:
        starting[note.onset].append(note)
    for tick, notes in starting.items():
        held = [] if track.is_drums else [note for note in active if note.end > tick]
        active = held + notes
        yield tick, tuple(active)


def stretches(notes: Iterable[Note]) -> list[tuple[int, int]]:
    """Stretches of ticks in which at least one of the notes sounds, in order."""
    found: list[tuple[int, int]] = []
    for start, end in sorted((note.onset, note.end) for note in notes):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
