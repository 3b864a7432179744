"""What each track of a band does: melody, counter, chords, arpeggio, pad, bass or drums."""

from dataclasses import replace
from itertools import pairwise
from statistics import fmean, median, pstdev
from typing import NamedTuple

from ..instruments import DRUM_KIT, ROLES, role_of_instrument
from ..plan import MAX_TRACKS_PER_ROLE
from ..score import TICKS_PER_QUARTER, Note, Score, Track

_PAD_PROGRAMS = frozenset(range(48, 55)) | frozenset(range(88, 104))
_LEAD_PROGRAMS = frozenset((*range(56, 88), 40, 41, 42, 52, 53, 54, 29, 30, 11, 12, 13, 22, 26))
_BASS_PROGRAMS = frozenset((*range(32, 40), 43, 58, 87))
_GUITARS = frozenset(range(24, 32))
_BASS_PITCH = 50
"""A one-voiced track whose median pitch lies below this is a bass."""
_CHORDAL = 1.75
"""Mean number of notes sounding at once from which a track plays chords."""
_SAME_NOTES = 0.9
"""Share of equal onsets and pitches from which a track doubles another."""


class RoleResult(NamedTuple):
    """The score with roles. dropped: how many tracks were left out, because they doubled another or
    were past the most of a role; drum tracks that became one are not among them."""

    score: Score
    dropped: int


class _Habits(NamedTuple):
    """What a track is like. voices: notes sounding at once, while any sounds. pitch, spread: median
    and standard deviation of its upper line, in semitones; steps: share of its intervals up to a
    whole tone. length: ticks of a note. coverage: share of bars with notes. running: even, short
    notes that leap."""

    voices: float
    pitch: float
    spread: float
    steps: float
    length: float
    coverage: float
    running: bool


def assign_roles(score: Score) -> RoleResult:
    """Give every track of a band score its role, in the order roles are written.

    Drum tracks become one. A track that doubles another note for note is dropped, as are those past
    four of a role (the ones with the fewest notes). Where a bass plays, other low lines are riffs:
    chords for a guitar, else counter-melodies. The melody is the one-voiced track that plays
    through most of the piece, in steps, within the range of a voice, loud, high and on a lead
    instrument; others that play where it rests share its role, the remaining ones are
    counter-melodies, or arpeggios where they run in even leaps.
    """
    drums = [track for track in score.tracks if track.is_drums and track.notes]
    pitched = _without_doubles([t for t in score.tracks if not t.is_drums and t.notes])
    roles: dict[int, str] = {}
    lines: list[int] = []
    for index, track in enumerate(pitched):
        role = _harmonic_role(track, habits := _habits(track, score))
        if role is None and habits.running:
            role = "arpeggio"
        if role is None:
            lines.append(index)
        else:
            roles[index] = role
    if not lines and "arpeggio" in roles.values():
        lines = [i for i, role in roles.items() if role == "arpeggio"]
    if any(pitched[i].program in _BASS_PROGRAMS for i, role in roles.items() if role == "bass"):
        for index, role in roles.items():
            program = pitched[index].program
            if role == "bass" and program not in _BASS_PROGRAMS:
                roles[index] = "chords" if program in _GUITARS else "counter"
    roles |= _line_roles(lines, pitched, score)

    tracks: list[Track] = []
    for role in ROLES:
        if role == "drums" and drums:
            notes = {(n.onset, n.pitch): n for track in drums for n in track.notes}
            tracks.append(Track("drums", "drums", DRUM_KIT, tuple(sorted(notes.values()))))
            continue
        members = [pitched[i] for i, given in sorted(roles.items()) if given == role]
        members.sort(key=lambda track: -len(track.notes))
        for place, track in enumerate(members[:MAX_TRACKS_PER_ROLE]):
            tracks.append(replace(track, name=f"{role} {place + 1}", role=role))
    present = sum(bool(track.notes) for track in score.tracks) - max(len(drums) - 1, 0)
    return RoleResult(replace(score, tracks=tuple(tracks)), present - len(tracks))


def _harmonic_role(track: Track, habits: _Habits) -> str | None:
    """Bass, pad or chords; None for a single line."""
    if track.program in range(32, 40) or (habits.pitch < _BASS_PITCH and habits.voices < _CHORDAL):
        return "bass"
    if habits.voices >= _CHORDAL:
        long = habits.length >= 1.5 * TICKS_PER_QUARTER
        return "pad" if track.program in _PAD_PROGRAMS and long else "chords"
    if track.program in _PAD_PROGRAMS and habits.length >= 3 * TICKS_PER_QUARTER:
        return "pad"
    return None


def _line_roles(lines: list[int], tracks: list[Track], score: Score) -> dict[int, str]:
    """Which of the single lines are melody, and which accompany it."""
    if not lines:
        return {}

    def weight(index: int) -> float:
        track = tracks[index]
        habits = _habits(track, score)
        lead = track.program in _LEAD_PROGRAMS or role_of_instrument(track.program) == "melody"
        loud = fmean(note.velocity for note in track.notes) / 127
        song = habits.coverage + 1.7 * habits.steps - habits.spread / 4.5
        return song + 0.3 * lead + (habits.pitch - 60) / 48 + loud

    first = max(lines, key=weight)
    roles = {first: "melody"}
    sung = _bars_with_notes(tracks[first], score)
    for index in sorted(lines, key=weight, reverse=True):
        if index == first:
            continue
        bars = _bars_with_notes(tracks[index], score)
        if len(bars & sung) <= 0.25 * len(bars):
            roles[index] = "melody"
            sung |= bars
        else:
            roles[index] = "counter"
    return roles


def _habits(track: Track, score: Score) -> _Habits:
    notes = track.notes
    upper: dict[int, int] = {}
    for note in notes:
        upper[note.onset] = max(note.pitch, upper.get(note.onset, 0))
    gaps = [b - a for a, b in pairwise(upper)]
    line = list(upper.values())
    intervals = [abs(b - a) for a, b in pairwise(line)]
    short = sum(gap <= TICKS_PER_QUARTER // 2 for gap in gaps) / max(len(gaps), 1)
    even = short > 0.8 and bool(gaps) and gaps.count(round(median(gaps))) > 0.7 * len(gaps)
    leaps = sum(abs(b.pitch - a.pitch) >= 3 for a, b in pairwise(notes)) / max(len(notes) - 1, 1)
    return _Habits(
        voices=sum(note.duration for note in notes) / _sounding_ticks(notes),
        pitch=float(median(note.pitch for note in notes)),
        spread=pstdev(line),
        steps=sum(interval <= 2 for interval in intervals) / max(len(intervals), 1),
        length=fmean(note.duration for note in notes),
        coverage=len(_bars_with_notes(track, score)) / len(score.bars),
        running=even and leaps > 0.55,
    )


def _sounding_ticks(notes: tuple[Note, ...]) -> int:
    """Ticks in which at least one of the notes, sorted by onset, sounds."""
    total, until = 0, 0
    for note in notes:
        total += max(note.end - max(note.onset, until), 0)
        until = max(until, note.end)
    return total


def _bars_with_notes(track: Track, score: Score) -> set[int]:
    return {score.bar_at(note.onset) for note in track.notes}


def _without_doubles(tracks: list[Track]) -> list[Track]:
    """The tracks less those that repeat another's notes (unison doublings)."""
    kept: list[Track] = []
    seen: list[set[tuple[int, int]]] = []
    for track in sorted(tracks, key=lambda track: -len(track.notes)):
        notes = {_place(note) for note in track.notes}
        if any(len(notes & other) >= _SAME_NOTES * len(notes) for other in seen):
            continue
        kept.append(track)
        seen.append(notes)
    order = {id(track): index for index, track in enumerate(tracks)}
    return sorted(kept, key=lambda track: order[id(track)])


def _place(note: Note) -> tuple[int, int]:
    return note.onset, note.pitch
