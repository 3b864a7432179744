"""Read what a SoundFont says of itself, and refuse files that are none (SoundFont 2.04, RIFF)."""

import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from anacrusis.compose.errors import RenderError

_TEXTS = {b"INAM": "name", b"ICOP": "copyright", b"IENG": "author"}
_LONGEST_TEXT = 65536


class FontInfo(NamedTuple):
    """Texts of a font's INFO chunk (empty where it has none)."""

    name: str = ""
    copyright: str = ""
    author: str = ""


def read_info(path: Path) -> FontInfo:
    """Name, copyright and author of a SoundFont 2 or 3 file.

    Checks that the file is a RIFF ``sfbk`` whose three parts (INFO, samples, presets) lie within
    it; raises `RenderError` where it is not.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _read(file, size, path)
    except OSError as error:
        raise RenderError(
            f"the SoundFont {path} cannot be read ({error.strerror}); choose another with --font"
        ) from error


def _read(file: BinaryIO, size: int, path: Path) -> FontInfo:
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise RenderError(
            f"{path} is not a SoundFont; give a .sf2 or .sf3 file with --font"
            if size
            else f"the SoundFont {path} is empty; choose another with --font"
        )
    texts: dict[str, str] = {}
    parts: set[bytes] = set()
    while (position := file.tell()) + 12 <= size:
        tag, length, kind = struct.unpack("<4sI4s", file.read(12))
        if tag != b"LIST" or length < 4 or position + 8 + length > size:
            break
        parts.add(kind)
        if kind == b"INFO":
            texts = _texts(file.read(min(length - 4, 16 * _LONGEST_TEXT)))
        # A part of odd length is followed by a byte of padding, which some .sf3 writers leave out.
        end = position + 8 + length
        file.seek(end)
        file.seek(end + (length % 2 and file.read(4) != b"LIST"))
    if not parts >= {b"INFO", b"sdta", b"pdta"}:
        raise RenderError(f"the SoundFont {path} is cut short or damaged; fetch it again")
    return FontInfo(**texts)


def _texts(chunk: bytes) -> dict[str, str]:
    found, position = {}, 0
    while position + 8 <= len(chunk):
        tag, length = struct.unpack_from("<4sI", chunk, position)
        if tag in _TEXTS:
            text = chunk[position + 8 : position + 8 + length].split(b"\0")[0]
            found[_TEXTS[tag]] = text.decode("utf-8", "replace").strip()
        position += 8 + length + length % 2
    return found
