"""Bring a General MIDI font from the package index, for machines that have none.

TimGM6mb by Tim Brechbill (GPL-2.0, 6 MB) travels inside the pretty_midi wheel. The wheel is
unpacked to a temporary folder by the user's own installer (so mirrors, proxies and certificates
are as configured), the font is checked against its checksum and kept; the rest is thrown away.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from anacrusis.compose import atomic
from anacrusis.compose.errors import RenderError

from .fonts import VARIABLE, Font, describe, fetched_folder, find_font

PACKAGE = "pretty_midi==0.2.11.post0"
MEMBER = "pretty_midi/TimGM6mb.sf2"
SHA256 = "82475b91a76de15cb28a104707d3247ba932e228bada3f47bba63c6b31aaf7a1"
NOTICE = "TimGM6mb by Tim Brechbill, GPL-2.0, 6 MB, from the pretty_midi wheel"

_TIMEOUT = 300.0


def fetch_font() -> Font:
    """Fetch the font into the user's data folder and describe it; at once where it is there.

    Raises `RenderError` where the package index cannot be reached or sends something else.
    """
    target = fetched_folder() / Path(MEMBER).name
    if not target.is_file():
        with tempfile.TemporaryDirectory(prefix="anacrusis-font-") as folder:
            _install(folder)
            unpacked = Path(folder) / MEMBER
            content = unpacked.read_bytes() if unpacked.is_file() else b""
        if hashlib.sha256(content).hexdigest() != SHA256:
            raise RenderError(
                f"{PACKAGE} from the package index does not hold the font it should; "
                "install a SoundFont by hand and name it with --font"
            )
        atomic.write_bytes(target, content)
    return describe(target, "fetched from the package index")


def _install(folder: str) -> None:
    """Unpack the package, without what it depends on, into a folder of its own."""
    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", "install", "--no-input", "--quiet"]
    elif uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable]
    else:
        raise RenderError(
            "there is neither pip nor uv to fetch a font with; name a .sf2 file with --font"
        )
    command += ["--no-deps", "--only-binary", ":all:", "--target", folder, PACKAGE]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RenderError(f"the font could not be fetched: {error}") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        reason = next((line for line in lines if line.startswith("ERROR")), lines[-1:] or "")
        raise RenderError(
            f"the font could not be fetched from the package index ({str(reason)[:200]}); "
            "check the connection, or name a .sf2 file with --font"
        )


def find_or_fetch_font(given: str | None = None, tell: Callable[[str], None] = print) -> Font:
    """The font `find_font` finds, else the one `fetch_font` brings; `tell` hears what is fetched.

    A font that was named (by `given` or the environment) and is wrong is an error, not fetched.
    """
    try:
        return find_font(given)
    except RenderError:
        if given or os.environ.get(VARIABLE, "").strip():
            raise
    tell(f"no SoundFont was found; fetching {NOTICE}")
    return fetch_font()
