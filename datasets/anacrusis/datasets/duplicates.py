"""Pieces that are in the data twice: a tune under two texts, a file under two names."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from anacrusis.compose.score import Score

_LENGTH = 200
"""Notes that are compared."""
_SHORTEST = 24
"""With fewer notes (a drum fill, a jingle) likeness is no evidence."""


class Entry(NamedTuple):
    """A piece as the search for duplicates sees it."""

    id: str
    style: str
    split: str
    fingerprint: str | None


def fingerprint(score: Score) -> str | None:
    """Digest of the busiest track's first notes, the same in every key; None for short pieces."""
    if not score.tracks:
        return None
    notes = max((track.notes for track in score.tracks), key=len)[:_LENGTH]
    if len(notes) < _SHORTEST:
        return None
    first = notes[0]
    steps = [(note.onset - first.onset, note.pitch - first.pitch) for note in notes]
    return hashlib.sha256(str(steps).encode()).hexdigest()[:16]


def duplicates(entries: Iterable[Entry]) -> frozenset[str]:
    """Ids to leave out: of equal pieces of a style one stays, and none trains if one is held out.

    Of equal pieces the one in test is kept first, then valid, then train, then by id.
    """
    order = {"test": 0, "valid": 1, "train": 2}
    held_out: set[str] = set()
    kept: set[tuple[str, str]] = set()
    dropped: set[str] = set()
    for entry in sorted(entries, key=lambda e: (order[e.split], e.id)):
        if entry.fingerprint is None:
            continue
        place = (entry.fingerprint, entry.style)
        if place in kept or (entry.split == "train" and entry.fingerprint in held_out):
            dropped.add(entry.id)
            continue
        kept.add(place)
        if entry.split != "train":
            held_out.add(entry.fingerprint)
    return frozenset(dropped)
