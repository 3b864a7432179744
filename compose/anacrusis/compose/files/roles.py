"""What each track of a file does in the music, judged by its name, instrument and notes."""

import re
from dataclasses import replace
from typing import NamedTuple

from ..instruments import role_of_instrument
from ..meter import TICKS_PER_QUARTER
from ..score import Track

# Words in track names, as parts are usually called.
_NAMED = (
    (re.compile(r"(?i)\b(melody|lead|vocals?|voice|soprano|solo)\b"), "melody"),
    (re.compile(r"(?i)\b(bass|contrabass|cello bass)\b"), "bass"),
    (re.compile(r"(?i)\b(counter|counter ?melody|bridge|alto|tenor|harmony vocals?)\b"), "counter"),
    (re.compile(r"(?i)\b(arp|arpeggio|arpeggiator)\b"), "arpeggio"),
    (re.compile(r"(?i)\b(pad|pads)\b"), "pad"),
    (re.compile(r"(?i)\b(chords?|rhythm|comping|accompaniment)\b"), "chords"),
)

MONOPHONIC = 0.9
"""Share of note onsets that sound alone from which a part counts as one voice."""


class Texture(NamedTuple):
    """How a track sounds: share of lone notes, mean pitch, notes per quarter, mean length, leaps.

    length: quarter notes. leaps: share of steps from note to note of three semitones or more.
    """

    alone: float
    pitch: float
    density: float
    length: float
    leaps: float


def texture(track: Track) -> Texture:
    """Measure a track with at least one note."""
    notes = track.notes
    alone, sounding, leaps = 0, -1, 0
    for index, note in enumerate(notes):
        follows = index + 1 < len(notes) and notes[index + 1].onset < note.onset + 2
        alone += note.onset >= sounding - 1 and not follows
        sounding = max(sounding, note.end)
        leaps += index > 0 and abs(note.pitch - notes[index - 1].pitch) > 2
    total = len(notes)
    span = max(sounding - notes[0].onset, 1) / TICKS_PER_QUARTER
    return Texture(
        alone / total,
        sum(note.pitch for note in notes) / total,
        total / span,
        sum(note.duration for note in notes) / total / TICKS_PER_QUARTER,
        leaps / max(total - 1, 1),
    )


def assign_roles(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    """The same tracks with the role each seems to play; names, programs and notes are kept.

    A drum kit is drums, a name such as "Bass" or "Melody" is believed, and a bass instrument is a
    bass. Then, if there is none yet, the highest single line is the melody and the lowest line
    below middle C the bass; other single lines are counters, or arpeggios where they are broken
    chords on a chord instrument; what sounds in chords keeps its instrument's role.
    """
    roles: dict[int, str] = {}
    textures: dict[int, Texture] = {}
    for index, track in enumerate(tracks):
        if track.is_drums:
            roles[index] = "drums"
        elif (named := _role_of_name(track.name)) is not None:
            roles[index] = named
        elif role_of_instrument(track.program) == "bass":
            roles[index] = "bass"
        if track.notes and not track.is_drums:
            textures[index] = texture(track)
    open_parts = [index for index in textures if index not in roles]
    if "bass" not in roles.values() and len(textures) > 1:
        lowest = min(textures, key=lambda index: textures[index].pitch)
        if lowest in open_parts and textures[lowest].pitch < 52 and textures[lowest].alone > 0.5:
            roles[lowest] = "bass"
    open_parts = [index for index in open_parts if index not in roles]
    if "melody" not in roles.values() and open_parts:
        single = [index for index in open_parts if textures[index].alone >= MONOPHONIC]
        best = max(single or open_parts, key=lambda i: _melody_score(tracks[i], textures[i]))
        if single or len(textures) == 1 or role_of_instrument(tracks[best].program) == "melody":
            roles[best] = "melody"
    return tuple(
        replace(track, role=roles.get(index) or _other_role(track, textures.get(index)))
        for index, track in enumerate(tracks)
    )


def _role_of_name(name: str) -> str | None:
    return next((role for pattern, role in _NAMED if pattern.search(name)), None)


def _melody_score(track: Track, texture: Texture) -> float:
    """High, moving by step, on a lead instrument, and there for more than a few notes."""
    lead = 12.0 if role_of_instrument(track.program) == "melody" else 0.0
    brief = 24.0 if len(track.notes) < 8 else 0.0
    return texture.pitch + lead - brief - 12.0 * texture.leaps - 12.0 * max(texture.density - 3, 0)


def _other_role(track: Track, texture: Texture | None) -> str:
    usual = role_of_instrument(track.program)
    if texture is None:
        return usual
    if texture.alone >= MONOPHONIC:
        broken = texture.leaps > 0.5 and texture.density >= 1.5
        return "arpeggio" if broken and usual != "melody" else "counter"
    if usual == "pad" or (usual == "melody" and texture.length >= 2.0):
        return "pad"
    return "chords"
