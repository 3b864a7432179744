"""The grammar of a document: which token types may follow, as a small state machine.

It knows form only (what follows what, positions and pitches in ascending order), no music.
The decoder masks with it, and the reader of tokens checks with it.
"""

from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .vocabulary import MAX_DURATION, vocabulary


class Slot(Enum):
    """What has just been written, so what may come."""

    START = auto()
    BOS = auto()
    STYLE = auto()
    PLAN = auto()
    TRACK_NAME = auto()
    PROGRAM = auto()
    DENSITY = auto()
    REGISTER = auto()
    POLYPHONY = auto()
    BAR = auto()
    AHEAD = auto()
    SECTION = auto()
    TONIC = auto()
    KEY = auto()
    TEMPO = auto()
    METER = auto()
    LENGTH = auto()
    END = auto()
    CHORD_POSITION = auto()
    ROOT = auto()
    QUALITY = auto()
    BASS = auto()
    NO_CHORD = auto()
    NOW = auto()
    POSITION = auto()
    TRACK = auto()
    PARTLY = auto()
    VELOCITY = auto()
    PITCH = auto()
    NOTE = auto()
    DONE = auto()


_FOLLOWERS: dict[Slot, tuple[str, ...]] = {
    Slot.START: ("BOS",),
    Slot.BOS: ("Style",),
    Slot.STYLE: ("Plan", "Track", "Ahead", "Bar"),
    Slot.PLAN: ("Bar",),
    Slot.TRACK_NAME: ("Program",),
    Slot.PROGRAM: ("NoteDensity", "Register", "Polyphony", "Track", "Ahead", "Bar"),
    Slot.DENSITY: ("Register", "Polyphony", "Track", "Ahead", "Bar"),
    Slot.REGISTER: ("Polyphony", "Track", "Ahead", "Bar"),
    Slot.POLYPHONY: ("Track", "Ahead", "Bar"),
    Slot.BAR: ("Ahead", "Now"),
    Slot.AHEAD: ("Section", "KeyTonic", "Tempo", "TimeSig", "End"),
    Slot.SECTION: ("KeyTonic", "Tempo", "TimeSig"),
    Slot.TONIC: ("KeyMode",),
    Slot.KEY: ("Tempo", "TimeSig"),
    Slot.TEMPO: ("TimeSig",),
    Slot.METER: ("Duration", "Position", "Track", "Now", "Bar", "Ahead", "EOS"),
    Slot.LENGTH: ("Position", "Track", "Now", "Bar", "Ahead", "EOS"),
    Slot.END: ("Now", "Ahead", "Bar", "EOS"),
    Slot.CHORD_POSITION: ("ChordRoot", "ChordQuality"),
    Slot.ROOT: ("ChordQuality",),
    Slot.QUALITY: ("ChordBass", "Position", "Track", "Now", "Bar", "Ahead", "EOS"),
    Slot.BASS: ("Position", "Track", "Now", "Bar", "Ahead", "EOS"),
    Slot.NO_CHORD: ("Position", "Track", "Now", "Bar", "Ahead", "EOS"),
    Slot.NOW: ("Track", "Bar", "EOS"),
    Slot.TRACK: ("Position", "Partly", "Track", "Now", "Bar", "Ahead"),
    Slot.PARTLY: ("Position",),
    Slot.POSITION: ("Velocity", "Pitch", "PitchDrum"),
    Slot.VELOCITY: ("Pitch", "PitchDrum"),
    Slot.PITCH: ("Duration",),
    Slot.NOTE: ("Velocity", "Pitch", "PitchDrum", "Position", "Track", "Bar", "EOS"),
    Slot.DONE: (),
}

_AFTER: dict[str, Slot] = {
    "Plan": Slot.PLAN, "Program": Slot.PROGRAM, "NoteDensity": Slot.DENSITY,
    "Register": Slot.REGISTER, "Polyphony": Slot.POLYPHONY, "Bar": Slot.BAR, "Ahead": Slot.AHEAD,
    "Section": Slot.SECTION, "KeyTonic": Slot.TONIC, "KeyMode": Slot.KEY, "Tempo": Slot.TEMPO,
    "TimeSig": Slot.METER, "End": Slot.END, "ChordRoot": Slot.ROOT, "ChordBass": Slot.BASS,
    "Now": Slot.NOW, "Velocity": Slot.VELOCITY, "Pitch": Slot.PITCH, "PitchDrum": Slot.NOTE,
    "Partly": Slot.PARTLY, "BOS": Slot.BOS, "EOS": Slot.DONE, "Style": Slot.STYLE,
}  # fmt: skip


def followers() -> dict[str, frozenset[str]]:
    """Token type -> the types that may come after it, wherever in a document it stands."""
    places = {kind: {slot} for kind, slot in _AFTER.items()}
    places |= {
        "Track": {Slot.TRACK_NAME, Slot.TRACK},
        "Position": {Slot.CHORD_POSITION, Slot.POSITION},
        "ChordQuality": {Slot.QUALITY, Slot.NO_CHORD},
        "Duration": {Slot.LENGTH, Slot.NOTE},
    }
    found = {
        kind: frozenset(name for slot in slots for name in _FOLLOWERS[slot])
        for kind, slots in places.items()
    }
    return found | {"Duration": found["Duration"] | {"Duration"}}


@lru_cache(maxsize=1)
def _slot_masks() -> dict[Slot, npt.NDArray[np.bool_]]:
    v = vocabulary()
    masks = {slot: v.mask(*kinds) for slot, kinds in _FOLLOWERS.items()}
    no_chord = v.id("ChordQuality", "N")
    masks[Slot.ROOT][no_chord] = False
    masks[Slot.CHORD_POSITION][v.start("ChordQuality") : v.spans["ChordQuality"].stop] = False
    masks[Slot.CHORD_POSITION][no_chord] = True
    return masks


@lru_cache(maxsize=1024)
def _declared(tracks: tuple[int, ...], after: int) -> npt.NDArray[np.bool_]:
    """Of all ``Track`` tokens, those among some that come after one."""
    first, stop = vocabulary().spans["Track"]
    found = np.zeros(stop - first, bool)
    found[[track - first for track in tracks if track > after]] = True
    return found


@dataclass
class Grammar:
    """The state of a document being written or read.

    `header` ends with the first ``Ahead`` or ``Bar``; `controls` is true inside an ``Ahead`` block.
    """

    slot: Slot = Slot.START
    header: bool = True
    plan: bool = False
    controls: bool = False
    position: int = -1
    track: int = -1
    pitch: int = -1
    in_notes: bool = False  # past the chords of a block
    open_duration: bool = False

    def __post_init__(self) -> None:
        self.programs: dict[int, bool] = {}  # Track token -> is a drum kit
        self.velocities: dict[int, int] = {}  # Track token -> its Velocity token in this bar

    def allowed(self) -> npt.NDArray[np.bool_]:
        """Boolean [vocabulary]: tokens that may come next."""
        v, slot = vocabulary(), self.slot
        mask = _slot_masks()[slot].copy()
        if slot in (Slot.START, Slot.BOS, Slot.PITCH):
            return mask
        if slot in (Slot.STYLE, Slot.PROGRAM, Slot.DENSITY, Slot.REGISTER, Slot.POLYPHONY):
            mask[v.start("Track") : max(self.programs, default=v.start("Track") - 1) + 1] = False
            return mask
        start = v.start("Position")
        mask[start : start + self.position + 1] = False
        if slot in (Slot.QUALITY, Slot.BASS, Slot.NO_CHORD, Slot.METER, Slot.LENGTH, Slot.END):
            self._mask_after_controls(mask)
        if slot is Slot.BAR:
            mask[v.id("Now")] = not self.plan
        if slot is Slot.TRACK:
            self._mask_after_track(mask)
        if slot not in (Slot.POSITION, Slot.VELOCITY):
            tracks = v.spans["Track"]
            mask[tracks.start : tracks.stop] &= _declared(tuple(self.programs), self.track)
        if slot in (Slot.POSITION, Slot.VELOCITY, Slot.NOTE):
            self._mask_pitches(mask)
        if slot is Slot.NOTE:
            if self.controls:
                mask[v.id("Bar")] = mask[v.id("EOS")] = False
                self._mask_after_controls(mask)
            if self.open_duration:
                mask |= v.mask("Duration")
        return mask

    def _mask_after_controls(self, mask: npt.NDArray[np.bool_]) -> None:
        """After a control, what closes the block depends on where the block stands."""
        v = vocabulary()
        mask[v.id("Now")] = not self.header and not self.plan
        mask[v.id("Ahead")] = self.header
        mask[v.id("Bar")] = self.header or self.plan
        mask[v.id("EOS")] = self.plan and not self.header

    def _mask_after_track(self, mask: npt.NDArray[np.bool_]) -> None:
        """A track that is given whole may be silent; one that is written has a note."""
        if self.controls:
            self._mask_after_controls(mask)
        else:
            position = slice(*vocabulary().spans["Position"])
            positions = mask[position].copy()
            mask[:] = False
            mask[position] = positions

    def _mask_pitches(self, mask: npt.NDArray[np.bool_]) -> None:
        """Pitches upwards from the last, of the track's kind, and a velocity only if it changes."""
        v = vocabulary()
        if self.track in self.velocities:
            mask[self.velocities[self.track]] = False
        drums = self.programs.get(self.track, False)
        used, unused = ("PitchDrum", "Pitch") if drums else ("Pitch", "PitchDrum")
        start, stop = v.spans[unused]
        mask[start:stop] = False
        if self.slot is not Slot.POSITION and self.pitch >= 0:
            mask[v.start(used) : max(self.pitch, v.start(used))] = False
        if self.slot is Slot.POSITION and self.track not in self.velocities:
            start, stop = v.spans[used]
            mask[start:stop] = False

    def step(self, token: int) -> None:
        """Write a token; it must be one that `allowed` admits."""
        v = vocabulary()
        kind = v.type(token)
        if kind == "Track":
            if self.header and not self.controls:
                self.programs[token] = False
                self.slot = Slot.TRACK_NAME
            else:
                self.slot = Slot.TRACK
                self.in_notes = True
            self.track, self.position, self.pitch = token, -1, -1
        elif kind == "Program":
            self.programs[self.track] = v.value(token) == -1
            self.slot = Slot.PROGRAM
        elif kind == "Duration":
            if self.slot is Slot.METER:
                self.slot = Slot.LENGTH
            else:
                self.slot = Slot.NOTE
                self.open_duration = token == v.start("Duration") + MAX_DURATION - 1
            return
        elif kind == "Position":
            self.position, self.pitch = token - v.start("Position"), -1
            noted = self.in_notes or not self.controls
            self.slot = Slot.POSITION if noted else Slot.CHORD_POSITION
        elif kind == "ChordQuality":
            self.slot = Slot.NO_CHORD if v.value(token) == "N" else Slot.QUALITY
        else:
            self._enter(kind)
            self.slot = _AFTER[kind]
        if kind == "Velocity":
            self.velocities[self.track] = token
        if kind in ("Pitch", "PitchDrum"):
            self.pitch = token
        self.open_duration = False

    def _enter(self, kind: str) -> None:
        if kind in ("Bar", "Ahead", "Now"):
            self.position, self.track, self.pitch = -1, -1, -1
            self.controls, self.in_notes = kind == "Ahead", False
            self.velocities = {}
        if kind == "Bar":
            self.header = False
        if kind == "Plan":
            self.plan = True

    def __repr__(self) -> str:
        return f"Grammar({self.slot.name}, position {self.position})"
