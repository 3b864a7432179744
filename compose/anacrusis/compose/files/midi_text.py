"""What a score says in a MIDI file's text events, where MIDI itself has no word for it.

Written by `midi_write`, read by `midi_read`, plain enough for people to read and edit:

========================  =============================  ==========================================
event                     where                          meaning
========================  =============================  ==========================================
marker ``verse``          first track, a bar's start     a section begins
text ``section: 8 bars``  right after such a marker      and lasts 8 bars
text ``bar: 4/4, 12``     first track, a bar's start     a short bar (pickup, split bar): 12 of the
                                                         48 ticks of 4/4 (12 per quarter note); its
                                                         time signature says 1/4
text ``chord: Am7``       first track                    a chord, until the next one
text ``chord: stop``      first track                    the chord lane falls silent
text ``key: D dorian``    with a key signature           the mode, where it is not major or minor
text ``swing: 0.62``      first track, on a beat         from here on notes are played with an
                                                         off-beat eighth at 0.62 of its beat (a
                                                         quarter note); ``0.5`` is straight
text ``swing: 0.62 at 6`` first track, at the start      the same, and the music begins 6 ticks
                                                         into a beat
text ``swing: 0.62,       first track, on a beat         the same in beats with triplets, which are
triplets``                                               played evenly (see `swing`)
text ``composer: Name``   first track, at the start      the composer
text ``end``              first track                    the last bar ends here
text ``role: bass``       a track's start                what the track does in the music
text ``shift: -1.5``      before note-ons                these notes are played 1.5 ticks before
                                                         their place on the grid
========================  =============================  ==========================================
"""

import re
from collections import Counter
from typing import NamedTuple

from ..errors import SymbolError
from ..meter import TICKS_PER_QUARTER, Meter
from ..swing import MOST, STRAIGHT, Swing
from ..wording import has_control, one_line

CHORD_STOP = "stop"


class ShortBar(NamedTuple):
    """A bar shorter than its meter."""

    meter: Meter
    length: int


def write_word(word: str, value: object) -> bytes:
    """A text event's bytes: ``word: value``."""
    return encode(f"{word}: {value}")


def read_word(text: str) -> tuple[str, str]:
    """(word, value) of a text event; an empty word where it is free text."""
    word, colon, value = text.partition(": ")
    return (word, value) if colon and word in _WORDS else ("", text)


_WORDS = frozenset(("section", "bar", "chord", "key", "swing", "composer", "role", "shift"))


def write_short_bar(bar: ShortBar) -> str:
    """The value of a ``bar:`` text."""
    return f"{bar.meter}, {bar.length}"


def read_short_bar(value: str) -> ShortBar | None:
    """A ``bar:`` text's bar; None where it is none."""
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2}), (\d{1,3})", value)
    if not found:
        return None
    try:
        meter = Meter(int(found[1]), int(found[2]))
    except SymbolError:
        return None
    length = int(found[3])
    return ShortBar(meter, length) if 1 <= length < meter.ticks else None


def read_bars(value: str) -> int | None:
    """The number of ``"8 bars"``; None where it is none."""
    found = re.fullmatch(r"(\d{1,4}) bars?", value)
    return int(found[1]) if found else None


def write_swing(swing: Swing) -> str:
    """The value of a ``swing:`` text."""
    phase = f" at {swing.phase}" if swing.phase else ""
    return f"{swing.ratio}{phase}{', triplets' if swing.triplets else ''}"


def read_swing(value: str, tick: int) -> Swing | None:
    """A ``swing:`` text's swing; None where it says none that a score can have."""
    found = re.fullmatch(r"(0\.\d{1,20})(?: at (\d{1,2}))?(, triplets)?", value)
    if not found or not STRAIGHT <= float(found[1]) <= MOST:
        return None
    phase = int(found[2] or 0)
    if phase >= TICKS_PER_QUARTER:
        return None
    return Swing(tick, float(found[1]), found[3] is not None, phase)


def write_shift(shift: float) -> str:
    """The value of a ``shift:`` text: ticks, exact to a fortieth."""
    return f"{shift:.3f}".rstrip("0").rstrip(".")


def read_shift(value: str) -> float | None:
    """The ticks of a ``shift:`` text; None where it says none."""
    return float(value) if re.fullmatch(r"-?\d{1,6}(\.\d{1,3})?", value) else None


def encode(text: str) -> bytes:
    """Text for a meta event (UTF-8)."""
    return text.encode("utf-8", "replace")


def tidy(text: str, lost: Counter[str]) -> str:
    """A title or name as it is, or on one line without control characters, which is counted."""
    if not has_control(text):
        return text
    lost["names with control characters"] += 1
    return one_line(text)


def decode(data: bytes) -> str:
    """A meta event's text: UTF-8, or Latin-1 as the standard's first edition has it."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
