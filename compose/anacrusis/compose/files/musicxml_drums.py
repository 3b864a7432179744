"""Drum notation: where each General MIDI drum stands on the staff, and with which note head.

Places follow the common drum-set key (Weinberg, "Standardized Drumset Notation", 1994).
"""

from typing import NamedTuple


class Drum(NamedTuple):
    """A drum's name, its place on a treble staff (``"C5"``) and its note head."""

    name: str
    place: str
    head: str = "normal"


_DRUMS = {
    35: Drum("acoustic bass drum", "E4"), 36: Drum("bass drum", "F4"),
    37: Drum("side stick", "C5", "x"), 38: Drum("snare drum", "C5"),
    39: Drum("hand clap", "E5", "x"), 40: Drum("electric snare", "C5"),
    41: Drum("low floor tom", "G4"), 42: Drum("closed hi-hat", "G5", "x"),
    43: Drum("high floor tom", "A4"), 44: Drum("pedal hi-hat", "D4", "x"),
    45: Drum("low tom", "B4"), 46: Drum("open hi-hat", "G5", "circle-x"),
    47: Drum("low-mid tom", "D5"), 48: Drum("high-mid tom", "D5"),
    49: Drum("crash cymbal 1", "A5", "x"), 50: Drum("high tom", "E5"),
    51: Drum("ride cymbal 1", "F5", "x"), 52: Drum("chinese cymbal", "B5", "x"),
    53: Drum("ride bell", "F5", "diamond"), 54: Drum("tambourine", "B4", "triangle"),
    55: Drum("splash cymbal", "B5", "x"), 56: Drum("cowbell", "E5", "triangle"),
    57: Drum("crash cymbal 2", "C6", "x"), 58: Drum("vibraslap", "C5", "slash"),
    59: Drum("ride cymbal 2", "F5", "x"), 60: Drum("high bongo", "E5"),
    61: Drum("low bongo", "D5"), 62: Drum("mute high conga", "E5", "x"),
    63: Drum("open high conga", "E5"), 64: Drum("low conga", "D5"),
    65: Drum("high timbale", "E5"), 66: Drum("low timbale", "D5"),
    67: Drum("high agogo", "F5", "triangle"), 68: Drum("low agogo", "D5", "triangle"),
    69: Drum("cabasa", "C5", "x"), 70: Drum("maracas", "C5", "x"),
    71: Drum("short whistle", "F5"), 72: Drum("long whistle", "F5"),
    73: Drum("short guiro", "C5", "slash"), 74: Drum("long guiro", "C5", "slash"),
    75: Drum("claves", "E5", "x"), 76: Drum("high wood block", "E5", "triangle"),
    77: Drum("low wood block", "D5", "triangle"), 78: Drum("mute cuica", "E5", "x"),
    79: Drum("open cuica", "E5"), 80: Drum("mute triangle", "A5", "triangle"),
    81: Drum("open triangle", "A5", "triangle"),
}  # fmt: skip


def drum(pitch: int) -> Drum:
    """The drum of a MIDI number; one outside General MIDI stands in the middle of the staff."""
    return _DRUMS.get(pitch) or Drum(f"drum {pitch}", "B4")
