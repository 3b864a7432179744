"""The part list: names, General MIDI programs, drum sounds, and the role each part takes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from ..errors import SymbolError
from ..instruments import DRUM_KIT, ROLES, parse_instrument, program_name
from ..score import Track
from .musicxml_raw import Instrument
from .roles import assign_roles

ROLE_FIELD = "anacrusis-role"
"""Name of the miscellaneous field in which a part carries its role."""
LANE_ROLE = "lane"
"""The role of a part that only carries the chords of a score without tracks."""
_DRUM_CHANNEL = 9
_VOICE = 52
_VOICES = range(52, 55)


@dataclass(frozen=True)
class PartInfo:
    """A part of the list: its name, its instruments by identifier, its role ("" where unsaid)."""

    name: str
    instruments: Mapping[str, Instrument]
    role: str

    @property
    def is_voice(self) -> bool:
        """Whether a person sings it."""
        return any(i.sound.startswith("voice.") for i in self.instruments.values())

    def program(self, pitched: int, unpitched: int) -> int:
        """General MIDI program of a part with so many pitched and unpitched notes."""
        first = next(iter(self.instruments.values()), Instrument())
        channels = {i.channel for i in self.instruments.values()}
        drums = bool(channels) and channels == {_DRUM_CHANNEL}
        if (drums and not pitched) or unpitched > pitched or self.role == "drums":
            return DRUM_KIT
        if self.is_voice and first.program not in _VOICES:
            return _VOICE
        if 0 <= first.program <= 127:
            return first.program
        return _program_by_name(self.name)


def _program_by_name(name: str) -> int:
    cleaned = re.sub(r"[^a-z ]+", " ", name.lower())
    words = [" ".join(cleaned.split()), *cleaned.split()]
    for word in words:
        try:
            program = parse_instrument(word)
        except SymbolError:
            continue
        if program != DRUM_KIT:
            return program
    return 0


def part_list(root: Element) -> dict[str, PartInfo]:
    """The parts by identifier, each with a name of its own."""
    found: dict[str, PartInfo] = {}
    names: set[str] = set()
    for part in root.iterfind("part-list/score-part"):
        instruments = _instruments(part)
        name = " ".join((part.findtext("part-name") or "").split())
        if not name:
            name = " ".join((part.findtext("score-instrument/instrument-name") or "").split())
        if not name:
            first = next(iter(instruments.values()), Instrument())
            name = program_name(first.program) if 0 <= first.program <= 127 else "part"
        unique, copy = name, 2
        while unique in names:
            unique, copy = f"{name} {copy}", copy + 1
        names.add(unique)
        role = ""
        for field in part.iterfind("identification/miscellaneous/miscellaneous-field"):
            text = (field.text or "").strip()
            if field.get("name") == ROLE_FIELD and text in (*ROLES, LANE_ROLE):
                role = text
        found[part.get("id", "")] = PartInfo(unique, instruments, role)
    return found


def _instruments(part: Element) -> dict[str, Instrument]:
    found: dict[str, Instrument] = {}
    for element in part.iterfind("score-instrument"):
        sound = (element.findtext("instrument-sound") or "").strip()
        found[element.get("id", "")] = Instrument(sound=sound)
    for element in part.iterfind("midi-instrument"):
        identity = element.get("id", "")
        found[identity] = found.get(identity, Instrument())._replace(
            channel=_from_one(element.findtext("midi-channel"), 16),
            program=_from_one(element.findtext("midi-program"), 128),
            drum=_from_one(element.findtext("midi-unpitched"), 128),
        )
    return found


def _from_one(text: str | None, largest: int) -> int:
    """A number that MusicXML counts from 1 and MIDI from 0; -1 where there is none."""
    cleaned = (text or "").strip()
    if not re.fullmatch(r"[0-9]{1,3}", cleaned):
        return -1
    return int(cleaned) - 1 if 1 <= int(cleaned) <= largest else -1


def give_roles(infos: Sequence[PartInfo], tracks: Sequence[Track]) -> tuple[Track, ...]:
    """The tracks with the roles the file states, or else those they seem to play."""
    return tuple(
        replace(track, role=info.role) if info.role in ROLES else track
        for info, track in zip(infos, assign_roles(tuple(tracks)), strict=True)
    )
