"""Swing, as it is heard: when each note is played, and that nothing collides then."""

from collections.abc import Iterator
from typing import NamedTuple

from ..plan import Plan
from ..score import Note, Score, Track
from ..swing import SwingMap
from .planned import Finding
from .report import named

SWING_TOLERANCE = 1e-5
"""Of a beat: a MusicXML file holds a swing as a ratio of whole numbers."""
TOLERANCE = 0.02
"""Ticks: a MIDI file rounds a shift to its own grid."""
_FLAM = 0.3
"""Ticks by which an off-beat eighth may precede the last note of a triplet that it falls on."""


class Sounding(NamedTuple):
    """A note as it is played, in ticks of played time."""

    start: float
    end: float
    note: Note


def as_played(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rules ``swing``, and ``polyphony`` and ``overlap`` where notes collide only when played."""
    same = abs(score.swing - plan.swing) <= SWING_TOLERANCE
    if not same:
        message = f"the score's swing is {score.swing:g}; the plan asks for {plan.swing:g}"
        yield Finding("swing", 0, None, message)
    allowed = {track.name: track.polyphony for track in plan.tracks}
    swing = SwingMap.of(score)
    triplets = _triplets(score)
    for track in score.tracks:
        times = swing.notes(track)
        rows = zip(times.onsets.tolist(), times.ends.tolist(), track.notes, strict=True)
        heard = sorted(Sounding(*row) for row in rows)
        if same:
            yield from _misplaced(score, heard, triplets, track.name)
        yield from _struck_again(track, heard)
        if track.name in allowed and not track.is_drums:
            yield from _too_many(track, heard, allowed[track.name])


def _triplets(score: Score) -> set[int]:
    """Beats in which a track has a triplet: the second or third of it, and no off-beat eighth."""
    found = set()
    for track in score.tracks:
        places = [(note.onset, score.position(note.onset)[1] % 12) for note in track.notes]
        beats = {onset - place for onset, place in places if place in (4, 8)}
        found |= beats - {onset - place for onset, place in places if place == 6}
    return found


def _misplaced(
    score: Score, heard: list[Sounding], triplets: set[int], track: str
) -> Iterator[Finding]:
    """Notes that are not played where the swing puts them.

    Beats and triplets stay where they are; an off-beat eighth is late by the swing, though it comes
    before the last note of a triplet in its beat. All else lies between these.
    """
    for start, _, note in heard:
        bar, position = score.position(note.onset)
        place = position % 12
        beat = note.onset - place
        meter, end = score.bars[bar].meter, score.bar_starts[bar + 1]
        wanted, tolerance = float(note.onset), TOLERANCE
        if meter.has_quarter_beats and beat + 12 <= end and score.swing > 0.5:
            if place not in (0, 6) and not (place in (4, 8) and beat in triplets):
                continue
            if place == 6:
                wanted = beat + 12 * score.swing
                if beat in triplets:
                    wanted, tolerance = min(wanted, beat + 8), _FLAM
        if abs(start - wanted) > tolerance:
            late = start - note.onset
            message = f"a note is {late:.3g} ticks late; the swing makes it {wanted - note.onset:g}"
            yield Finding("swing", note.onset, track, message, (note,))


def _struck_again(track: Track, heard: list[Sounding]) -> Iterator[Finding]:
    """A pitch struck while it sounds, by notes that do not overlap on paper."""
    sounding: dict[int, Sounding] = {}
    for now in heard:
        last = sounding.get(now.note.pitch)
        if last is not None and now.start < last.end - 2 * TOLERANCE and _apart(last, now):
            message = f"{named(now.note)} is played while it still sounds in this track"
            yield Finding("overlap", now.note.onset, track.name, message, (last.note, now.note))
        if last is None or last.end < now.end:
            sounding[now.note.pitch] = now


def _too_many(track: Track, heard: list[Sounding], polyphony: int) -> Iterator[Finding]:
    """More notes played at once than allowed, of which some do not overlap on paper."""
    active: list[Sounding] = []
    for now in heard:
        active = [note for note in active if note.end - 2 * TOLERANCE > now.start]
        active.append(now)
        if len(active) > polyphony and any(_apart(note, now) for note in active[:-1]):
            message = f"{len(active)} notes are played at once; allowed: {polyphony}"
            notes = tuple(sounding.note for sounding in active)
            yield Finding("polyphony", now.note.onset, track.name, message, notes)


def _apart(one: Sounding, other: Sounding) -> bool:
    """Whether two notes do not overlap on paper."""
    return one.note.end <= other.note.onset or other.note.end <= one.note.onset
