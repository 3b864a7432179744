"""Read and write scores in whatever format a file's name says."""

import os
from pathlib import Path

from ..atomic import check_overwrite
from ..bounded import open_regular
from ..errors import FileFormatError
from ..score import Score
from .losses import Losses
from .result import ReadResult

__all__ = ["READABLE", "WRITABLE", "read_score", "write_score"]

_MIDI = (".mid", ".midi")
_MUSICXML = (".musicxml", ".xml", ".mxl")
_JSON = (".json",)
READABLE = (*_MIDI, *_MUSICXML, *_JSON)
"""Suffixes that `read_score` knows."""
WRITABLE = (*_MIDI, *_MUSICXML, *_JSON)
"""Suffixes that `write_score` knows."""

_SAMPLE = 64


def read_score(path: str | os.PathLike[str], controls: bool = False) -> ReadResult:
    """Read a MIDI, MusicXML or JSON file; what it begins with decides, then its suffix.

    controls: whether tracks keep the control events of a MIDI file (pedals, bends), or count them.

    Raises `FileFormatError` for a file that is missing, a folder, empty, unreadable, or none of
    these formats; other `AnacrusisError`s as the reader of the format says.
    """
    file = Path(path)
    begin = _begin(file)
    if begin.startswith((b"MThd", b"RIFF")):
        kind: tuple[str, ...] = _MIDI
    elif begin.startswith(b"PK\x03\x04") or begin.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        kind = _MUSICXML
    elif begin.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        kind = _JSON
    else:
        kind = _kind(file, READABLE)
    if kind is _MIDI:
        from .midi_read import read_midi

        return read_midi(file, controls=controls)
    if kind is _JSON:
        from .json_file import read_json

        return ReadResult(read_json(file), Losses.none())
    from .musicxml_read import read_musicxml

    return read_musicxml(file)


def write_score(score: Score, path: str | os.PathLike[str], force: bool = False) -> Losses:
    """Write a score, atomically, in the format of the suffix; gives what the format cannot hold.

    Raises `FileFormatError` for an unknown suffix, where the file cannot be written, and where it
    exists and `force` is not set.
    """
    file = Path(path)
    kind = _kind(file, WRITABLE)
    if file.is_dir():
        raise FileFormatError(f"{file} is a folder; give the name of a file to write")
    check_overwrite(file, force, how="give force=True")
    if kind is _MIDI:
        from .midi_write import write_midi

        return write_midi(score, file)
    if kind is _JSON:
        from .json_file import write_json

        write_json(score, file)
        return Losses.none()
    from .musicxml_write import write_musicxml

    return write_musicxml(score, file)


def _kind(file: Path, allowed: tuple[str, ...]) -> tuple[str, ...]:
    suffix = file.suffix.lower()
    for kind in (_MIDI, _MUSICXML, _JSON):
        if suffix in kind:
            return kind
    raise FileFormatError(
        f"{file}: the suffix {suffix or '(none)'} is unknown; allowed: {', '.join(allowed)}; "
        "rename the file or choose one of these"
    )


def _begin(file: Path) -> bytes:
    try:
        if file.is_dir():
            raise FileFormatError(f"{file} is a folder; give the name of a file in it")
        with open_regular(file) as stream:
            begin = stream.read(_SAMPLE)
    except OSError as error:
        raise FileFormatError(
            f"cannot read {file}: {error.strerror or error}; check its name and permissions"
        ) from error
    if not begin:
        raise FileFormatError(f"{file} is empty; write or export it again")
    return begin
