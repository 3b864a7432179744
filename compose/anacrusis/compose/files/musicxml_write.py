"""Write a `Score` as MusicXML 4.0 that notation programs open and people can read.

Sounding pitch throughout, one part per track, complete bars. Written by hand rather than through a
library: see docs/decisions/0003-musicxml.md.
"""

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..atomic import write_bytes
from ..instruments import program_name
from ..score import Score, Track
from ..swing import STRAIGHT
from ..wording import one_line
from .losses import Losses
from .musicxml_bars import PartWriter
from .musicxml_drums import drum
from .musicxml_instruments import LANE_ROLE, ROLE_FIELD

__all__ = ["musicxml_bytes", "write_musicxml"]

_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
    '<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>'
    "</rootfiles></container>\n"
)
_DRUM_CHANNEL = 10


def write_musicxml(score: Score, path: str | os.PathLike[str]) -> Losses:
    """Write a score to a .musicxml file (or .mxl, compressed), whole or not at all.

    Returns what a bar of music cannot show: notes that sound past the last bar line are cut there.
    Reading the file back gives the same notes, bars, chords, tempi, keys, swing (to a millionth)
    and sections, where the sections follow one another without a gap. Raises `FileFormatError`
    where it cannot be written.
    """
    data = musicxml_bytes(score)
    if Path(path).suffix.lower() == ".mxl":
        data = _packed(data)
    write_bytes(path, data)
    cut = sum(note.end > score.ticks for _, note in score.notes())
    swings = any(bar.meter.has_quarter_beats for bar in score.bars)
    unsaid = score.swing != STRAIGHT and not swings
    return Losses(
        {
            "notes cut at the last bar line": cut,
            "control events": sum(len(track.controls) for track in score.tracks),
            "swing of a score without beats that swing": unsaid,
        }
    )


def musicxml_bytes(score: Score) -> bytes:
    """The text of the .musicxml file."""
    root = Element("score-partwise", version="4.0")
    if score.title:
        SubElement(SubElement(root, "work"), "work-title").text = one_line(score.title)
    identification = SubElement(root, "identification")
    if score.composer:
        creator = SubElement(identification, "creator", type="composer")
        creator.text = one_line(score.composer)
    encoding = SubElement(identification, "encoding")
    SubElement(encoding, "software").text = "Anacrusis"
    listing = SubElement(root, "part-list")
    tracks = score.tracks or (Track("Chords"),)
    channels = _channels(tracks)
    lane = next((i for i, track in enumerate(tracks) if not track.is_drums), 0)
    for index, track in enumerate(tracks):
        role = track.role if score.tracks else LANE_ROLE
        _list_part(listing, f"P{index + 1}", track, role, channels[index])
        part = SubElement(root, "part", id=f"P{index + 1}")
        writer = PartWriter(score, track, f"P{index + 1}", leads=index == 0, lane=index == lane)
        part.extend(writer.measures())
    indent(root)
    return (_DOCTYPE + tostring(root, encoding="unicode") + "\n").encode("utf-8")


def _channels(tracks: tuple[Track, ...]) -> list[int]:
    """MIDI channels from 1, drums on the tenth; with more parts than channels they are reused."""
    melodic: Iterator[int] = iter(range(len(tracks)))
    free = [channel for channel in range(1, 17) if channel != _DRUM_CHANNEL]
    return [
        _DRUM_CHANNEL if track.is_drums else free[next(melodic) % len(free)] for track in tracks
    ]


def _list_part(listing: Element, part: str, track: Track, role: str, channel: int) -> None:
    entry = SubElement(listing, "score-part", id=part)
    fields = SubElement(SubElement(entry, "identification"), "miscellaneous")
    SubElement(fields, "miscellaneous-field", name=ROLE_FIELD).text = role
    SubElement(entry, "part-name").text = one_line(track.name)
    if track.is_drums:
        sounds = sorted({note.pitch for note in track.notes}) or [38]
        names = {f"{part}-I{pitch + 1}": drum(pitch).name for pitch in sounds}
        unpitched = {f"{part}-I{pitch + 1}": pitch + 1 for pitch in sounds}
    else:
        names = {f"{part}-I1": program_name(track.program)}
        unpitched = {}
    for identity, name in names.items():
        instrument = SubElement(entry, "score-instrument", id=identity)
        SubElement(instrument, "instrument-name").text = name
    for identity in names:
        midi = SubElement(entry, "midi-instrument", id=identity)
        SubElement(midi, "midi-channel").text = str(channel)
        SubElement(midi, "midi-program").text = str(max(track.program, 0) + 1)
        if identity in unpitched:
            SubElement(midi, "midi-unpitched").text = str(unpitched[identity])


def _packed(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("META-INF/container.xml", _CONTAINER.encode()),
            ("score.musicxml", data),
        ):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
