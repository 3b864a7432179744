"""Find the FluidSynth library, in this order.

1. The file that the environment variable ``ANACRUSIS_FLUIDSYNTH`` names.
2. The system's own library (Debian's ``libfluidsynth3``, Homebrew's ``fluid-synth``, ...).
3. The one that the pygame-ce wheel carries for its own use (Linux and macOS).

The first that loads and is version 2 or newer is taken. It is bound here through ctypes; the
reason stands in docs/decisions/0004-fluidsynth.md.
"""

import ctypes
import ctypes.util
import os
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from anacrusis.compose.errors import RenderError

VARIABLE = "ANACRUSIS_FLUIDSYNTH"
OLDEST = (2, 0, 0)

_SYSTEM_NAMES = {
    "linux": ("libfluidsynth.so.3", "libfluidsynth.so.2", "libfluidsynth.so"),
    "darwin": (
        "libfluidsynth.dylib",
        "/opt/homebrew/lib/libfluidsynth.dylib",
        "/usr/local/lib/libfluidsynth.dylib",
        "/opt/local/lib/libfluidsynth.dylib",
    ),
    "win32": ("libfluidsynth-3.dll", "fluidsynth-3.dll", "libfluidsynth.dll", "fluidsynth.dll"),
}

ADVICE = {
    "linux": "run `pip install pygame-ce`, or `sudo apt install libfluidsynth3`",
    "darwin": "run `pip install pygame-ce`, or `brew install fluid-synth`",
    "win32": (
        "run `choco install fluidsynth`, or download it from fluidsynth.org, "
        f"and set {VARIABLE} to its libfluidsynth-3.dll"
    ),
}
"""What to do where there is no library, by platform."""


@dataclass(frozen=True, slots=True)
class Library:
    """A loaded FluidSynth: where it was found, its version, and the ctypes handle."""

    path: str
    source: str
    version: tuple[int, int, int]
    handle: ctypes.CDLL = field(repr=False)


def advice() -> str:
    """What to do on this platform to get the library."""
    return ADVICE.get(sys.platform, ADVICE["linux"])


def find_library() -> Library:
    """The FluidSynth library to use, loaded once; `RenderError` says what to do where none is."""
    return _find(os.environ.get(VARIABLE, "").strip())


@lru_cache(maxsize=4)
def _find(named: str) -> Library:
    tried: list[str] = []
    for source, path in _candidates(named):
        try:
            handle = ctypes.CDLL(path)
            version = _version(handle)
        except (OSError, AttributeError) as error:
            tried.append(f"{path} ({error})")
            continue
        if version >= OLDEST:
            return Library(path, source, version, handle)
        tried.append(f"{path} (version {'.'.join(map(str, version))} is older than 2.0)")
    if named:
        raise RenderError(
            f"{VARIABLE} names {tried[0]}, which is no FluidSynth library that loads here; "
            "give the path of one, or unset the variable"
        )
    raise RenderError(f"FluidSynth is missing; to get it, {advice()}")


def _candidates(named: str) -> list[tuple[str, str]]:
    """(source, path) of every library to try, in the documented order."""
    if named:
        return [(f"named by {VARIABLE}", named)]
    names = _SYSTEM_NAMES.get(sys.platform, _SYSTEM_NAMES["linux"])
    found = [("the system", name) for name in names]
    if sys.platform == "win32":
        located = (ctypes.util.find_library(Path(name).stem) for name in names)
        found += [("the system", path) for path in located if path]
    return found + [("the pygame-ce wheel", str(path)) for path in _bundled()]


def _bundled() -> list[Path]:
    """The library files inside an installed pygame-ce, which is not imported for this."""
    try:
        spec = find_spec("pygame")
    except (ImportError, ValueError):
        return []
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    return [
        path
        for folder in (package.parent / "pygame_ce.libs", package / ".dylibs", package)
        for path in sorted(folder.glob("libfluidsynth*"))
    ]


def _version(handle: ctypes.CDLL) -> tuple[int, int, int]:
    parts = [ctypes.c_int() for _ in range(3)]
    handle.fluid_version(*(ctypes.byref(part) for part in parts))
    return parts[0].value, parts[1].value, parts[2].value
