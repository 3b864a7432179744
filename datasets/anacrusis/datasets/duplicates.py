"""Pieces that are in the data twice or nearly so, and the division that keeps them together.

Exact copies (a tune under two texts, a file under two names) are used once. Pieces that share their
music in part (the same hymn in two sets, a theme and its arrangement) form a group, and a group
lies in one split: nothing that is held out trains in disguise.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.atomic import write_text
from anacrusis.compose.chord import Chord
from anacrusis.compose.score import Score

from .likeness import Likeness

_SHORTEST = 24
"""With fewer notes (a drum fill, a jingle) likeness is no evidence."""
_ORDER = {"test": 0, "valid": 1, "train": 2}


class Entry(NamedTuple):
    """A piece as the search for duplicates sees it.

    own: its set says in which split it is. group: what it lies in one split with (`splits`).
    """

    id: str
    style: str
    split: str
    own: bool
    fingerprint: str | None
    group: str


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
    copies: tuple[str, ...]
    """Ids of the pieces that are not used since they are in the data twice."""
    held_out: tuple[str, ...]
    """Ids of those that would train beside a held-out piece with the same music."""


def fingerprint(score: Score) -> str | None:
    """Digest of all notes (or bars, sections and chords where there are no tracks) in any key.

    Drums count only where nothing is pitched. None where there is too little to compare.
    """
    music = _notes(score) if score.tracks else _chart(score)
    return hashlib.sha256(repr(music).encode()).hexdigest()[:16] if music else None


def _notes(score: Score) -> tuple[object, ...]:
    """All notes from the first onset on, pitches from the lowest note there; drums as they are."""
    pitched = [track for track in score.tracks if track.notes and not track.is_drums]
    notes = sorted(
        (note.onset, note.pitch) for track in pitched or score.tracks for note in track.notes
    )
    if len(notes) < _SHORTEST:
        return ()
    first, lowest = notes[0]
    base = lowest if pitched else 0
    return tuple((onset - first, pitch - base) for onset, pitch in notes)


def _chart(score: Score) -> tuple[object, ...]:
    """Bars, sections and chords, with roots from the first root."""
    if not score.sections and not score.chords:
        return ()
    sounding = [span.chord.root_class for span in score.chords if not span.chord.is_none]
    base = sounding[0] if sounding else 0
    bars = tuple((str(bar.meter), bar.length) for bar in score.bars)
    sections = tuple((section.name, section.bar, section.bars) for section in score.sections)
    chords = tuple((span.onset, span.duration, *_chord(span.chord, base)) for span in score.chords)
    return bars, sections, chords


def _chord(chord: Chord, base: int) -> tuple[str, int, int]:
    if chord.is_none:
        return "N", 0, 0
    return chord.quality, (chord.root_class - base) % 12, (chord.bass_class - base) % 12


def divide(entries: Sequence[Entry], alike: Iterable[Likeness]) -> Division:
    """Bring each group of like pieces into one split: test if a member is there, else valid.

    alike: pairs by place in `entries`. Pieces of one `Entry.group` count as alike. A piece that its
    set puts elsewhere keeps its split, but is left out where it would train beside a held-out
    likeness. Of exact copies of a style one stays: the one in test first, then valid, then train,
    then by id.
    """
    pairs = pairs_of(entries, alike)
    groups = groups_of(entries, pairs)
    held: dict[str, str] = {}
    for entry in entries:
        group = groups[entry.id]
        held[group] = min(held.get(group, "train"), entry.split, key=_ORDER.__getitem__)
    splits: dict[str, str | None] = {}
    for entry in entries:
        group = held[groups[entry.id]]
        kept = entry.split if entry.own else group
        splits[entry.id] = None if kept == "train" != group else kept
    held_out = [name for name, split in splits.items() if split is None]
    copies = _leave_out_copies(entries, splits)
    return Division(splits, pairs, tuple(sorted(copies)), tuple(sorted(held_out)))


def pairs_of(entries: Sequence[Entry], alike: Iterable[Likeness]) -> tuple[Pair, ...]:
    """Likenesses by the names of the pieces."""
    return tuple(
        Pair(entries[a.one].id, entries[a.other].id, a.kind, round(a.score, 3)) for a in alike
    )


def groups_of(entries: Sequence[Entry], pairs: Iterable[Pair]) -> dict[str, str]:
    """Id -> the first id of its group (connected pieces, by union and find)."""
    parent = {entry.id: entry.id for entry in entries}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    def join(one: str, other: str) -> None:
        low, high = sorted((root(one), root(other)))
        parent[high] = low

    members: dict[str, str] = {}
    for entry in entries:
        join(members.setdefault(entry.group, entry.id), entry.id)
    for pair in pairs:
        join(pair.one, pair.other)
    return {name: root(name) for name in parent}


def _leave_out_copies(entries: Iterable[Entry], splits: dict[str, str | None]) -> list[str]:
    """Set the split of each copy to None; return the copies."""
    copies = []
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
            copies.append(entry.id)
            continue
        kept.add(place)
        if not trains:
            held_out.add(entry.fingerprint)
    return copies


def write_pairs(path: Path, division: Division) -> None:
    """The pairs of pieces that are alike, and what became of them, as a table to read."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("one", "other", "kind", "score", "split of one", "split of other"))
    for pair in sorted(division.pairs):
        splits = (
            division.splits[pair.one] or "left out",
            division.splits[pair.other] or "left out",
        )
        table.writerow((*pair, *splits))
    write_text(path, text.getvalue())
