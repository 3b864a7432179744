"""Find a General MIDI SoundFont, in this order, and say its licence.

1. The file given (``--font``), then the one that ``ANACRUSIS_SOUNDFONT`` names.
2. Any font in the user's own folder (`fonts_folder`).
3. The best known font in the system's folders.
4. The font inside an installed pretty_midi (``pip install "anacrusis[font]"``).
5. The same font as `fetch_font` brought it earlier.

Fonts are data that is read at run time; none is part of this package. The choice is explained in
docs/decisions/0005-soundfont.md.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.errors import RenderError

from .sf2 import read_info

VARIABLE = "ANACRUSIS_SOUNDFONT"
SUFFIXES = (".sf2", ".sf3")


class KnownFont(NamedTuple):
    """A free General MIDI font: how its name begins (letters and digits only) and its licence."""

    begins: str
    title: str
    licence: str


KNOWN = (
    KnownFont("musescoregeneral", "MuseScore General", "MIT"),
    KnownFont("fluidr3mono", "FluidR3Mono GM", "MIT"),
    KnownFont("fluidr3", "FluidR3 GM", "MIT"),
    KnownFont("generaluser", "GeneralUser GS", "GeneralUser GS licence 2.0"),
    KnownFont("timgm6mb", "TimGM6mb", "GPL-2.0"),
)
"""Free fonts, best first."""

_DEFAULT_NAMES = ("default-gm", "default")


@dataclass(frozen=True, slots=True)
class Font:
    """A SoundFont to play with: its file, name, licence, and how it was found."""

    path: Path
    name: str
    licence: str
    source: str


def data_folder() -> Path:
    """The user's folder for this program's data, by the platform's custom."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "anacrusis"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "anacrusis"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "anacrusis"


def fonts_folder() -> Path:
    """Where a user puts fonts for this program to prefer."""
    return data_folder() / "fonts"


def fetched_folder() -> Path:
    """Where `fetch_font` puts the font it brings."""
    return data_folder() / "fetched"


def system_folders() -> tuple[Path, ...]:
    """Where systems keep SoundFonts."""
    home = Path.home()
    if sys.platform == "win32":
        return (Path("C:/soundfonts"), Path("C:/ProgramData/soundfonts"))
    if sys.platform == "darwin":
        return (
            home / "Library/Audio/Sounds/Banks",
            Path("/Library/Audio/Sounds/Banks"),
            Path("/opt/homebrew/share/soundfonts"),
            Path("/usr/local/share/soundfonts"),
        )
    return (
        home / ".local/share/soundfonts",
        Path("/usr/local/share/soundfonts"),
        Path("/usr/share/sounds/sf3"),
        Path("/usr/share/sounds/sf2"),
        Path("/usr/share/soundfonts"),
    )


def find_font(given: str | os.PathLike[str] | None = None) -> Font:
    """The font to play with; `RenderError` where one was named but is no font, or none is found."""
    for source, name in (("--font", given), (VARIABLE, os.environ.get(VARIABLE, "").strip())):
        if name:
            path = Path(name).expanduser()
            if not path.is_file():
                raise RenderError(
                    f"{source} names the SoundFont {path}, which does not exist; "
                    "give the path of a .sf2 or .sf3 file"
                )
            return describe(path, f"named by {source}")
    for source, paths in (
        ("your fonts folder", _fonts_in(fonts_folder())),
        ("the system", _ranked(path for f in system_folders() for path in _fonts_in(f))),
        ("the installed pretty_midi", _bundled()),
        ("fetched earlier", _fonts_in(fetched_folder())),
    ):
        for path in paths:
            return describe(path, source)
    raise RenderError(
        "no General MIDI SoundFont was found; run `anacrusis doctor --fetch-font` to fetch "
        "TimGM6mb (GPL-2.0, 6 MB) from the package index, or `sudo apt install "
        f"fluidr3mono-gm-soundfont` (MIT), or put a .sf2 file into {fonts_folder()}"
    )


def describe(path: Path, source: str) -> Font:
    """Name and licence of a font file; `RenderError` where it is none."""
    info = read_info(path)
    known = _known(info.name) or _known(path.resolve().stem)
    if known:
        return Font(path, known.title, known.licence, source)
    licence = info.copyright.splitlines()[0][:100] if info.copyright else "licence unknown"
    return Font(path, info.name or path.stem, licence, source)


def _known(name: str) -> KnownFont | None:
    letters = "".join(character for character in name.lower() if character.isalnum())
    return next((font for font in KNOWN if letters.startswith(font.begins)), None)


def _fonts_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _is_font(path))
    except OSError:
        return []


def _is_font(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _ranked(paths: Iterable[Path]) -> list[Path]:
    """Those that are known to be General MIDI fonts, best first; then the system's default."""
    ranked: list[tuple[int, Path]] = []
    for path in paths:
        known = _known(path.resolve().stem)
        if known:
            ranked.append((KNOWN.index(known), path))
        elif path.stem.lower() in _DEFAULT_NAMES:
            ranked.append((len(KNOWN), path))
    return [path for _, path in sorted(ranked)]


def _bundled() -> list[Path]:
    """The font inside an installed pretty_midi, which is not imported for this."""
    try:
        spec = find_spec("pretty_midi")
    except (ImportError, ValueError):
        return []
    if spec is None or spec.origin is None:
        return []
    return _fonts_in(Path(spec.origin).parent)
