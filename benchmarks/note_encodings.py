"""Other ways to write the notes of a document, as changes of the shipped tokens and back.

Only the music is written otherwise: the notes between ``Now`` and the end of the bar. Header and
controls stay, with the notes that are given. A `Document` is ids and ticks; `ENCODINGS` holds for
each name how a bar is written.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from anacrusis.compose.tokens.vocabulary import vocabulary


class Document(NamedTuple):
    """ids: uint16 [n]; ticks: int32 [n]."""

    ids: npt.NDArray[np.uint16]
    ticks: npt.NDArray[np.int32]


class Written(NamedTuple):
    """A note as tokens. velocity is -1 where the encoding has none. sound: pitch, durations."""

    position: int
    track: int
    velocity: int
    sound: tuple[int, ...]
    tick: int


Tokens = Iterator[tuple[int, int]]
"""Tokens, each with its tick."""


def in_order(
    notes: Sequence[Written],
    *,
    velocity: str = "changes",
    place: str = "changes",
    track_first: bool = False,
) -> Tokens:
    """Notes in a row, each after what is said of it.

    velocity: said where it ``changes`` in its track, ``always`` or ``never``. place: where position
    and track are said, at ``changes`` or ``always``. track_first: the track, then its positions.
    """
    position = track = -1
    first = vocabulary().start("Position")
    velocities: dict[int, int] = {}
    for note in notes:
        again = place == "always"
        moved, changed = note.position != position or again, note.track != track or again
        if track_first:
            if changed:  # its tick must not tell the position that comes after it
                yield note.track, note.tick - (note.position - first)
            spoken = [note.position] * (moved or changed)
        else:
            spoken = [note.position] * moved + [note.track] * (moved or changed)
        if velocity == "always" or (
            velocity == "changes" and velocities.get(note.track) != note.velocity
        ):
            spoken.append(note.velocity)
        position, track, velocities[note.track] = note.position, note.track, note.velocity
        for token in (*spoken, *note.sound):
            yield token, note.tick


def velocities_last(notes: Sequence[Written]) -> Tokens:
    """All notes without velocities, then the velocity of each, in the same order."""
    yield from by_track(notes, velocity="never")
    for note in sorted(notes, key=lambda note: note.track):
        yield note.velocity, note.tick


def by_track(
    notes: Sequence[Written], *, velocity: str = "changes", place: str = "changes"
) -> Tokens:
    """Track after track, each with its notes from the first position to the last."""
    ordered = sorted(notes, key=lambda note: note.track)
    yield from in_order(ordered, velocity=velocity, place=place, track_first=True)


@dataclass(frozen=True)
class Encoding:
    """What an encoding is, how it writes a group of notes, and whether velocities follow them."""

    said: str
    write: Callable[[Sequence[Written]], Tokens]
    velocities_last: bool = False


ENCODINGS = {
    "shipped": Encoding("track by track; velocity and position where they change", by_track),
    "no-velocity": Encoding("no velocities", lambda notes: by_track(notes, velocity="never")),
    "velocity-last": Encoding(
        "a bar's velocities after its notes", velocities_last, velocities_last=True
    ),
    "velocity-always": Encoding(
        "velocity before every note", lambda notes: by_track(notes, velocity="always")
    ),
    "place-always": Encoding(
        "track and position before every note", lambda notes: by_track(notes, place="always")
    ),
    "by-position": Encoding("position by position, tracks where they change", in_order),
    "by-position-always": Encoding(
        "position and track before every note", lambda notes: in_order(notes, place="always")
    ),
}
"""Name -> encoding. All but ``no-velocity`` say all that the shipped one says."""


def encoded(document: Document, name: str) -> Document:
    """A document of the shipped encoding in another."""
    return _rewritten(document, ENCODINGS["shipped"], ENCODINGS[name].write)


def shipped(document: Document, name: str) -> Document:
    """The inverse of `encoded`, for encodings with velocities."""
    return _rewritten(document, ENCODINGS[name], by_track)


def without_velocities(document: Document) -> Document:
    """The document with the ``Velocity`` tokens of its music taken out."""
    keep = ~vocabulary().mask("Velocity")[document.ids]
    for begin, end, notes in _stretches(document, ENCODINGS["shipped"]):
        if notes is None:
            keep[begin:end] = True
    return Document(document.ids[keep], document.ticks[keep])


def cut_to_fit(document: Document, room: int) -> Document | None:
    """The whole bars, from the first on, of which no encoding has more than `room` tokens.

    room: at most the longest that a document of the shards may be. A bar is whole where its end
    (``Bar`` or ``EOS``) stands, or where the document ends before it is full. None where not even
    the first bar fits.
    """
    v = vocabulary()
    bars = np.flatnonzero(document.ids == v.id("Bar"))
    ends = [int(place) + 1 for place in bars[1:]]
    if len(document.ids) < room or document.ids[-1] == v.id("EOS"):
        ends.append(len(document.ids))
    if len(bars) == 0 or not ends:
        return None
    sizes = []
    for begin, end in zip([0, *ends], ends, strict=False):
        # A piece from one Bar token to the next holds whole groups of notes.
        piece = Document(document.ids[begin:end], document.ticks[begin:end])
        sizes.append([len(encoded(piece, name).ids) for name in ENCODINGS])
    totals = np.cumsum(sizes, axis=0).max(axis=1)
    whole = int(np.searchsorted(totals, room, side="right"))
    if whole == 0:
        return None
    end = ends[whole - 1]
    return Document(document.ids[:end], document.ticks[:end])


def _rewritten(
    document: Document, now: Encoding, write: Callable[[Sequence[Written]], Tokens]
) -> Document:
    ids: list[int] = []
    ticks: list[int] = []
    for begin, end, notes in _stretches(document, now):
        if notes is None:
            ids += document.ids[begin:end].tolist()
            ticks += document.ticks[begin:end].tolist()
        else:
            for token, tick in write(notes):
                ids.append(token)
                ticks.append(tick)
    return Document(np.array(ids, np.uint16), np.array(ticks, np.int32))


def _stretches(
    document: Document, now: Encoding
) -> Iterator[tuple[int, int, list[Written] | None]]:
    """Stretches of a document: (begin, end, the notes of a bar or None)."""
    v = vocabulary()
    at = 0
    for begin in (np.flatnonzero(document.ids == v.id("Now")) + 1).tolist():
        yield at, begin, None
        closing = np.flatnonzero(v.mask("Bar", "EOS")[document.ids[begin:]])
        at = begin + int(closing[0]) if len(closing) else len(document.ids)
        yield begin, at, _notes(document, begin, at, now)
    yield at, len(document.ids), None


def _notes(document: Document, begin: int, end: int, now: Encoding) -> list[Written]:
    """The notes of a group, by position, track and as they come."""
    v = vocabulary()
    position = track = -1
    velocities: dict[int, int] = {}
    late: list[int] = []
    notes: list[Written] = []
    ids, ticks = document.ids[begin:end].tolist(), document.ticks[begin:end].tolist()
    for token, tick in zip(ids, ticks, strict=True):
        kind = v.type(token)
        if kind == "Position":
            position = token
        elif kind == "Track":
            track = token
        elif kind == "Velocity":
            velocities[track] = token
            late.append(token)
        elif kind == "Duration":
            notes[-1] = notes[-1]._replace(sound=(*notes[-1].sound, token))
        else:
            notes.append(Written(position, track, velocities.get(track, -1), (token,), tick))
    if now.velocities_last:
        pairs = zip(notes, late, strict=True)
        notes = [note._replace(velocity=velocity) for note, velocity in pairs]
    return sorted(notes, key=lambda note: (note.position, note.track))
