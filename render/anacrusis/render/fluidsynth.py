"""The handful of FluidSynth functions this room needs, as one small class.

FluidSynth mixes in blocks of `GRAIN` samples and notes begin at such a block's edge, so events are
sent, and sound is asked for, in whole grains.
"""

import ctypes
from collections import deque
from ctypes import c_char_p, c_double, c_float, c_int, c_void_p
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.errors import RenderError

from .library import find_library

GRAIN = 64
"""Samples FluidSynth computes at once (FLUID_BUFSIZE)."""

DRUM_BANK = 128
"""The bank of percussion presets in a SoundFont (SoundFont 2.04, section 7.2)."""

GAIN = 0.5
"""Synthesiser gain: a loud single note peaks near 0.3; float output cannot clip."""

_FINE_TUNE = 52  # generator number of fineTune, in cents (SoundFont 2.04, section 8.1.2)
_SEVENTH_ORDER = 7  # the best of FluidSynth's interpolators; 20 % slower than its default
_POLYPHONY = 256
_LEVELS = 5  # panic, error, warning, info, debug

_PROTOTYPES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "new_fluid_settings": (c_void_p, ()),
    "delete_fluid_settings": (None, (c_void_p,)),
    "fluid_settings_setint": (c_int, (c_void_p, c_char_p, c_int)),
    "fluid_settings_setnum": (c_int, (c_void_p, c_char_p, c_double)),
    "new_fluid_synth": (c_void_p, (c_void_p,)),
    "delete_fluid_synth": (None, (c_void_p,)),
    "fluid_synth_sfload": (c_int, (c_void_p, c_char_p, c_int)),
    "fluid_synth_program_select": (c_int, (c_void_p, c_int, c_int, c_int, c_int)),
    "fluid_synth_set_interp_method": (c_int, (c_void_p, c_int, c_int)),
    "fluid_synth_set_gen": (c_int, (c_void_p, c_int, c_int, c_float)),
    "fluid_synth_noteon": (c_int, (c_void_p, c_int, c_int, c_int)),
    "fluid_synth_noteoff": (c_int, (c_void_p, c_int, c_int)),
    "fluid_synth_get_active_voice_count": (c_int, (c_void_p,)),
    "fluid_synth_write_float": (
        c_int, (c_void_p, c_int, c_void_p, c_int, c_int, c_void_p, c_int, c_int)
    ),
}  # fmt: skip

_LOG = ctypes.CFUNCTYPE(None, c_int, c_char_p, c_void_p)
_complaints: deque[str] = deque(maxlen=8)


def _keep(level: int, message: bytes | None, data: object) -> None:
    """Log function of the library: keeps what it says for our own error, prints nothing."""
    if message:
        _complaints.append(message.decode("utf-8", "replace").strip())


_KEEP = _LOG(_keep)  # held here for as long as the library may call it


@lru_cache(maxsize=4)
def _bind(handle: ctypes.CDLL) -> ctypes.CDLL:
    for name, (result, arguments) in _PROTOTYPES.items():
        function = getattr(handle, name)
        function.restype, function.argtypes = result, arguments
    handle.fluid_set_log_function.restype = c_void_p
    handle.fluid_set_log_function.argtypes = (c_int, _LOG, c_void_p)
    for level in range(_LEVELS):
        handle.fluid_set_log_function(level, _KEEP, None)
    return handle


class Synth:
    """One synthesiser holding one font, its own reverb and chorus off. Use as a context manager.

    Raises `RenderError` where the font cannot be loaded.
    """

    def __init__(self, font: Path, sample_rate: int, channels: int = 1) -> None:
        self._settings = self._synth = None
        self._library = _bind(find_library().handle)
        self._settings = self._library.new_fluid_settings()
        self.font = font
        numbers = {b"synth.sample-rate": float(sample_rate), b"synth.gain": GAIN}
        integers = {
            b"synth.reverb.active": 0,
            b"synth.chorus.active": 0,
            b"synth.polyphony": _POLYPHONY,
            b"synth.midi-channels": 16 * -(-channels // 16),
            b"synth.cpu-cores": 1,
            b"synth.threadsafe-api": 0,
            b"synth.lock-memory": 0,
            b"synth.dynamic-sample-loading": 1,  # only the chosen program's samples are read
        }
        for name, number in numbers.items():
            self._library.fluid_settings_setnum(self._settings, name, number)
        for name, integer in integers.items():
            self._library.fluid_settings_setint(self._settings, name, integer)
        _complaints.clear()
        self._synth = self._library.new_fluid_synth(self._settings)
        if not self._synth:
            self.close()
            raise RenderError(f"FluidSynth cannot start at {sample_rate} Hz; use 44100 or 48000")
        self._library.fluid_synth_set_interp_method(self._synth, -1, _SEVENTH_ORDER)
        self._font_id = self._library.fluid_synth_sfload(self._synth, bytes_of(font), 0)
        if self._font_id < 0:
            self.close()
            raise RenderError(
                f"the SoundFont {font} cannot be loaded{_said()}; "
                "it is damaged or of another format: choose another with --font"
            )

    def select(self, channel: int, bank: int, program: int) -> None:
        """Give a channel its sound; `RenderError` where the font has no such preset."""
        _complaints.clear()
        chosen = self._library.fluid_synth_program_select(
            self._synth, channel, self._font_id, bank, program
        )
        if chosen != 0:
            what = "drum kit" if bank == DRUM_BANK else f"program {program}"
            raise RenderError(
                f"the SoundFont {self.font.name} has no {what}{_said()}; "
                "choose another instrument, or a General MIDI font with --font"
            )

    def tune(self, channel: int, cents: float) -> None:
        """Tune all notes of a channel by `cents`."""
        self._library.fluid_synth_set_gen(self._synth, channel, _FINE_TUNE, cents)

    def note_on(self, channel: int, key: int, velocity: int) -> None:
        """Begin a note. A key without a sound in the font stays silent."""
        self._library.fluid_synth_noteon(self._synth, channel, key, velocity)

    def note_off(self, channel: int, key: int) -> None:
        """Release a note."""
        self._library.fluid_synth_noteoff(self._synth, channel, key)

    @property
    def voices(self) -> int:
        """How many voices sound, releases included."""
        return int(self._library.fluid_synth_get_active_voice_count(self._synth))

    def write(self, buffer: NDArray[np.float32], start: int, count: int) -> None:
        """Fill samples `start` to `start + count` of `buffer`, contiguous float32 [2, samples]."""
        address, length = buffer.ctypes.data, buffer.shape[1]
        if not (buffer.flags.c_contiguous and 0 <= start <= start + count <= length):
            raise ValueError("the buffer must be contiguous and hold the samples asked for")
        self._library.fluid_synth_write_float(
            self._synth, count, address, start, 1, address, length + start, 1
        )

    def close(self) -> None:
        """Free the synthesiser; safe to call twice."""
        if self._synth:
            self._library.delete_fluid_synth(self._synth)
        if self._settings:
            self._library.delete_fluid_settings(self._settings)
        self._synth = self._settings = None

    def __del__(self) -> None:
        """Free a synthesiser that was made but never played."""
        self.close()

    def __enter__(self) -> Self:
        """Enter a block that closes the synthesiser at its end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Free the synthesiser."""
        self.close()


def bytes_of(path: Path) -> bytes:
    """A path as FluidSynth takes it: UTF-8 (on every platform, Windows included)."""
    return str(path).encode("utf-8", "surrogateescape")


def _said() -> str:
    """The library's last words, in brackets."""
    return f" ({_complaints[-1]})" if _complaints else ""
