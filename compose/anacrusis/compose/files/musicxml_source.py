"""Open a MusicXML file safely: plain or compressed, bounded in size, with no entity tricks."""

import io
import os
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from ..bounded import read_bounded
from ..errors import FileFormatError
from .limits import MAX_BYTES, SPLIT, check_bytes

MAX_MARKUP = 4_000_000
"""Most ``<`` signs read: they bound the memory of the tree."""
_MAX_MEMBERS = 1000
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError,
    RuntimeError, ValueError, OverflowError,
)  # fmt: skip


def load_tree(source: str | os.PathLike[str] | bytes) -> ElementTree.Element:
    """The root element (``score-partwise``) of a .musicxml, .xml or .mxl file, or of its bytes.

    Raises `FileFormatError` where the file is missing, empty, truncated, too large, declares
    entities, or is not partwise MusicXML.
    """
    name, data = _read(source)
    if not data.strip():
        raise FileFormatError(f"{name} is empty; give a .musicxml or .mxl file")
    if data[:2] == b"PK":
        data = _unpack(name, data)
    check_bytes(len(data), name)
    if data.count(b"<") > MAX_MARKUP:
        raise FileFormatError(f"{name} has too many elements; allowed: {MAX_MARKUP // 2:,}")
    _check_prolog(name, data)
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError, MemoryError) as error:
        raise FileFormatError(
            f"{name} is not complete XML ({error}); export it again from the notation program"
        ) from None
    if root.tag.startswith("{"):
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
    return root


def _read(source: str | os.PathLike[str] | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return "the MusicXML data", source
    path = Path(source)
    try:
        return str(path), read_bounded(path, MAX_BYTES, SPLIT)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileFormatError(f"cannot read {path}: {reason}; check the name") from None


def _unpack(name: str, data: bytes) -> bytes:
    """The score inside a .mxl archive, named by its container file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if len(names) > _MAX_MEMBERS:
                raise FileFormatError(f"{name} packs {len(names)} files; allowed: {_MAX_MEMBERS}")
            inside = None
            if "META-INF/container.xml" in names:
                container = _member(name, archive, "META-INF/container.xml", 1_000_000)
                _check_prolog(name, container, root=None)
                for element in ElementTree.fromstring(container).iter():
                    if element.tag.rpartition("}")[2] == "rootfile" and inside is None:
                        inside = element.get("full-path")
            if inside is None:
                scores = [n for n in names if n.lower().endswith((".xml", ".musicxml"))]
                inside = next((n for n in scores if not n.startswith("META-INF/")), None)
            if inside is None:
                raise FileFormatError(f"{name} is an archive without a MusicXML score in it")
            return _member(name, archive, inside, MAX_BYTES)
    except (*_ZIP_ERRORS, ElementTree.ParseError) as error:
        raise FileFormatError(
            f"{name} is a damaged .mxl archive ({error}); export it again"
        ) from None


def _member(name: str, archive: zipfile.ZipFile, inside: str, limit: int) -> bytes:
    with archive.open(inside) as member:
        data = member.read(limit + 1)
    if len(data) > limit:
        raise FileFormatError(f"{name} unpacks to over {limit // 1_000_000} MB; this is refused")
    return data


class _Stop(Exception):
    """The prolog has been read."""


def _check_prolog(name: str, data: bytes, root: str | None = "score-partwise") -> None:
    """Refuse entity declarations (which can only stand before the root) and foreign roots."""
    found: list[str] = []

    def declared(*_: object) -> None:
        raise FileFormatError(f"{name} declares XML entities, which may be hostile; remove them")

    def start(tag: str, _: object) -> None:
        found.append(tag.rpartition(":")[2])
        raise _Stop

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = declared
    parser.StartElementHandler = start
    try:
        parser.Parse(data, True)
    except _Stop:
        pass
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise FileFormatError(
            f"{name} is not complete XML ({error}); export it again from the notation program"
        ) from None
    if root is None or found == [root]:
        return
    if found == ["score-timewise"]:
        raise FileFormatError(
            f"{name} is timewise MusicXML; open it in a notation program and export it as partwise"
        )
    raise FileFormatError(
        f"{name} is not a MusicXML score (its root is {found[0] if found else 'missing'!r}); "
        "allowed: score-partwise"
    )
