"""Uniform tracks for the ensembles the model learns: song, quartet, hymn, lead sheet, band."""

from collections.abc import Callable
from dataclasses import replace
from statistics import fmean

from anacrusis.compose.analysis.roles import assign_roles
from anacrusis.compose.errors import DataError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.result import ReadResult
from anacrusis.compose.plan import MAX_TRACKS_PER_ROLE
from anacrusis.compose.score import Score, Track

from .clean import join_tracks

_UNPITCHED = frozenset((113, *range(115, 128)))
"""Programs of General MIDI whose notes are no pitches: agogo, woodblock, taiko, effects."""
_EVEN = 80
"""Velocity of notes that nobody played."""
PIANO, CHURCH_ORGAN, VOICE, FLUTE = 0, 19, 52, 73
_KEYBOARDS = frozenset((*range(8), *range(16, 24), 46))
_KEYBOARD_NAMES = ("piano", "klavier", "clavier", "pianoforte", "organ", "orgel", "harp", "guitar")
QUARTET = (
    ("violin 1", "melody", 40), ("violin 2", "counter", 40), ("viola", "counter", 41),
    ("cello", "bass", 42),
)  # fmt: skip
SATB = (
    ("soprano", "melody"), ("alto", "counter"), ("tenor", "counter"), ("bass", "bass"),
)  # fmt: skip


def as_song(score: Score) -> ReadResult:
    """Voices as melody and counter, all keyboard staves as one chords track, the rest counter.

    Without a keyboard the last of three or more voices is the bass.
    """
    sounding = _sounding(score)
    keyboard = [track for track in sounding if _is_keyboard(track)]
    others = [track for track in sounding if not _is_keyboard(track) and not track.is_drums]
    tracks = []
    for place, track in enumerate(others):
        sung = track.program in (*range(52, 55), 0) or "voice" in track.name.lower()
        tracks.append(
            Track(
                "voice" if place == 0 else f"part {place + 1}",
                "melody" if place == 0 else "counter",
                VOICE if sung else track.program,
                track.notes,
            )
        )
    kept = tracks[: 1 + MAX_TRACKS_PER_ROLE]
    losses = Losses.none().with_("tracks dropped", len(tracks) - len(kept))
    if keyboard:
        program = keyboard[0].program if keyboard[0].program in _KEYBOARDS else PIANO
        kept.append(join_tracks(keyboard, "piano", "chords", program))
    elif len(kept) > 2:
        kept[-1] = replace(kept[-1], role="bass")
    return ReadResult(replace(score, tracks=tuple(kept)), losses)


def as_quartet(score: Score) -> ReadResult:
    """Violin 1, violin 2, viola, cello from the string parts, in score order.

    A fifth staff (an ossia, a divided part) is joined to the neighbour with its instrument; one of
    four may be silent for a movement.
    """
    parts = [track for track in score.tracks if not _is_keyboard(track)]
    if len(parts) > len(QUARTET):
        parts = [track for track in parts if track.notes]
    joined = 0
    while len(parts) > len(QUARTET):
        least = min(range(len(parts)), key=lambda i: len(parts[i].notes))
        near = [i for i in (least - 1, least + 1) if 0 <= i < len(parts)]
        target = max(near, key=lambda i: parts[i].program == parts[least].program)
        part = parts[target]
        parts[target] = join_tracks([part, parts[least]], part.name, part.role, part.program)
        del parts[least]
        joined += 1
    if len(parts) != len(QUARTET):
        raise DataError(f"{len(parts)} string parts, not four")
    tracks = tuple(
        Track(name, role, program, part.notes)
        for (name, role, program), part in zip(QUARTET, parts, strict=True)
    )
    losses = Losses.none().with_("divided parts joined", joined)
    return ReadResult(replace(score, tracks=tracks), losses)


def as_hymn(score: Score) -> ReadResult:
    """One to six voices from the highest to the lowest: up to four are named as a choir's.

    Nobody played them: the loudness in the files is that of a program, and all notes get one.
    """
    voices = [track for track in _sounding(score) if not track.is_drums]
    if not 1 <= len(voices) <= 6:
        raise DataError(f"{len(voices)} voices; 1 to 6 make a hymn")
    voices.sort(key=lambda track: -fmean(note.pitch for note in track.notes))
    names = {1: (0,), 2: (0, 3), 3: (0, 1, 3), 4: (0, 1, 2, 3)}.get(len(voices))
    tracks = []
    for place, voice in enumerate(voices):
        if names is not None:
            name, role = SATB[names[place]]
        else:
            last = place == len(voices) - 1
            role = "melody" if place == 0 else "bass" if last else "counter"
            name = f"voice {place + 1}"
        notes = tuple(replace(note, velocity=_EVEN) for note in voice.notes)
        tracks.append(Track(name, role, CHURCH_ORGAN, notes))
    return ReadResult(replace(score, tracks=tuple(tracks)), Losses.none())


def as_lead_sheet(score: Score) -> ReadResult:
    """The melody over the sheet's own chords; refused where it has no chords."""
    if not any(not span.chord.is_none for span in score.chords):
        raise DataError("no chord symbols")
    parts = [track for track in _sounding(score) if not track.is_drums]
    if not parts:
        raise DataError("no melody")
    tracks = (Track("melody", "melody", FLUTE, parts[0].notes),)
    losses = Losses.none().with_("tracks dropped", len(parts) - 1)
    return ReadResult(replace(score, tracks=tracks), losses)


def as_band(score: Score) -> ReadResult:
    """A game or rock band: roles by what each track plays.

    Woodblocks, taikos and noises on a channel for pitches are neither parts nor drums of a kit:
    they are dropped.
    """
    parts = tuple(
        track for track in score.tracks if track.is_drums or track.program not in _UNPITCHED
    )
    result = assign_roles(replace(score, tracks=parts))
    if not result.score.tracks:
        raise DataError("no tracks")
    losses = Losses.none().with_("tracks dropped", result.dropped)
    unpitched = len(score.tracks) - len(parts)
    return ReadResult(result.score, losses.with_("tracks of percussion and noises", unpitched))


ENSEMBLES: dict[str, Callable[[Score], ReadResult]] = {
    "song": as_song,
    "quartet": as_quartet,
    "hymn": as_hymn,
    "lead sheet": as_lead_sheet,
    "game": as_band,
}
"""Style -> how its tracks are made uniform."""


def _sounding(score: Score) -> list[Track]:
    return [track for track in score.tracks if track.notes]


def _is_keyboard(track: Track) -> bool:
    name = track.name.lower()
    if any(word in name for word in ("voice", "sopran", "tenor", "violin", "cello", "alto")):
        return False
    return any(word in name for word in _KEYBOARD_NAMES) or track.program in _KEYBOARDS
