"""What of a track sounds together."""

from collections import defaultdict
from collections.abc import Iterator

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
