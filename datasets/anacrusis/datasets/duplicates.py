"""Pieces that are in the data twice or nearly so, and the division that keeps them together.

Exact copies (a tune under two texts, a file under two names) are used once. Pieces that share their
music in part (the same hymn in two sets, a theme and its arrangement) form a group, and a group
lies in one split: nothing that is held out trains in disguise.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from anacrusis.compose.score import Score

from .likeness import Likeness

_LENGTH = 200
"""Notes that are compared for exact copies."""
_SHORTEST = 24
"""With fewer notes (a drum fill, a jingle) likeness is no evidence."""
_ORDER = {"test": 0, "valid": 1, "train": 2}


class Entry(NamedTuple):
    """A piece as the search for duplicates sees it. own: its set says in which split it is."""

    id: str
    style: str
    split: str
    own: bool
    fingerprint: str | None


class Pair(NamedTuple):
    """Two pieces with the same music. kind: ``copy`` or ``tune``; score: 0 to 1 (`likeness`)."""

    one: str
    other: str
    kind: str
    score: float


class Division(NamedTuple):
    """Each piece's split, None for one that is left out; what was found alike."""

    splits: Mapping[str, str | None]
    pairs: tuple[Pair, ...]

    @property
    def left_out(self) -> tuple[str, ...]:
        """Ids of the pieces that are not used."""
        return tuple(sorted(name for name, split in self.splits.items() if split is None))


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


def divide(entries: Sequence[Entry], alike: Iterable[Likeness]) -> Division:
    """Bring each group of like pieces into one split: test if a member is there, else valid.

    alike: pairs by place in `entries`. A piece that its set puts elsewhere keeps its split, but is
    left out where it would train beside a held-out likeness. Of exact copies of a style one stays:
    the one in test first, then valid, then train, then by id.
    """
    pairs = tuple(
        Pair(entries[a.one].id, entries[a.other].id, a.kind, round(a.score, 3)) for a in alike
    )
    groups = _groups([entry.id for entry in entries], pairs)
    held: dict[str, str] = {}
    for entry in entries:
        group = groups[entry.id]
        held[group] = min(held.get(group, "train"), entry.split, key=_ORDER.__getitem__)
    splits: dict[str, str | None] = {}
    for entry in entries:
        group = held[groups[entry.id]]
        kept = entry.split if entry.own else group
        splits[entry.id] = None if kept == "train" != group else kept
    _leave_out_copies(entries, splits)
    return Division(splits, pairs)


def _groups(names: Sequence[str], pairs: Iterable[Pair]) -> dict[str, str]:
    """Name -> the first name of its group (connected pieces, by union and find)."""
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for pair in pairs:
        low, high = sorted((root(pair.one), root(pair.other)))
        parent[high] = low
    return {name: root(name) for name in names}


def _leave_out_copies(entries: Iterable[Entry], splits: dict[str, str | None]) -> None:
    used = [entry for entry in entries if splits[entry.id] is not None]
    kept: set[tuple[str, str]] = set()
    held_out: set[str] = set()
    for entry in sorted(used, key=lambda e: (_ORDER[splits[e.id] or ""], e.id)):
        if entry.fingerprint is None:
            continue
        place = (entry.fingerprint, entry.style)
        trains = splits[entry.id] == "train"
        if place in kept or (trains and entry.fingerprint in held_out):
            splits[entry.id] = None
            continue
        kept.add(place)
        if not trains:
            held_out.add(entry.fingerprint)
