"""Single ``<note>`` elements, their children in the order the MusicXML schema asks for."""

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement

from .musicxml_drums import drum
from .musicxml_rhythm import Value
from .musicxml_spelling import Spelling
from .musicxml_voices import Piece

_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}


@dataclass
class Slot:
    """One written value of a voice: a chord, a rest (no pieces), a whole-bar rest or a gap."""

    start: int
    end: int
    voice: int
    staff: int
    value: Value | None = None
    pieces: tuple[Piece, ...] = ()
    stem: str = ""
    gap: bool = False
    whole: bool = False
    beams: tuple[str, ...] = ()
    names: list[tuple[Spelling, int | None]] = field(default_factory=list)
    tuplet_start: bool = False
    tuplet_stop: bool = False
    tuplet_broken: bool = False


def rest_element(slot: Slot, many_staves: bool) -> Element:
    """A rest."""
    note = Element("note")
    rest = SubElement(note, "rest")
    if slot.whole:
        rest.set("measure", "yes")
    SubElement(note, "duration").text = str(slot.end - slot.start)
    SubElement(note, "voice").text = str(slot.voice)
    _value(note, slot)
    if many_staves:
        SubElement(note, "staff").text = str(slot.staff + 1)
    _tuplet(note, slot)
    return note


def note_element(slot: Slot, place: int, drums: bool, part: str, many_staves: bool) -> Element:
    """The `place`-th note of a chord."""
    piece = slot.pieces[place]
    source = piece.note
    note = Element("note", dynamics=f"{source.velocity / 0.9:.2f}")
    if source.shift and not piece.tie_stop:
        note.set("attack", decimal(source.shift))
    if piece.release:
        note.set("release", str(piece.release))
    if place:
        SubElement(note, "chord")
    accidental = None
    if drums:
        unpitched = SubElement(note, "unpitched")
        SubElement(unpitched, "display-step").text = drum(source.pitch).place[0]
        SubElement(unpitched, "display-octave").text = drum(source.pitch).place[1:]
    else:
        name, accidental = slot.names[place]
        pitch = SubElement(note, "pitch")
        SubElement(pitch, "step").text = name.step
        if name.alter or source.cents:
            SubElement(pitch, "alter").text = decimal(name.alter + source.cents / 100.0)
        SubElement(pitch, "octave").text = str(name.octave)
    SubElement(note, "duration").text = str(slot.end - slot.start)
    ties = [kind for kind, on in (("stop", piece.tie_stop), ("start", piece.tie_start)) if on]
    for kind in ties:
        SubElement(note, "tie", type=kind)
    if drums:
        SubElement(note, "instrument", id=f"{part}-I{source.pitch + 1}")
    SubElement(note, "voice").text = str(slot.voice)
    _value(note, slot, None if accidental is None else _ACCIDENTALS.get(accidental))
    if slot.stem:
        SubElement(note, "stem").text = slot.stem
    if drums and drum(source.pitch).head != "normal":
        SubElement(note, "notehead").text = drum(source.pitch).head
    if many_staves:
        SubElement(note, "staff").text = str(slot.staff + 1)
    if place == 0:
        for level, mark in enumerate(slot.beams, 1):
            SubElement(note, "beam", number=str(level)).text = mark
    notations = None
    for kind in ties:
        notations = SubElement(note, "notations") if notations is None else notations
        tied = SubElement(notations, "tied", type=kind)
        if piece.tie_number:
            tied.set("number", str(piece.tie_number))
    if place == 0:
        _tuplet(note, slot)
    return note


def _value(note: Element, slot: Slot, accidental: str | None = None) -> None:
    """Type, dots, accidental and time modification."""
    if slot.value is None:
        return
    SubElement(note, "type").text = slot.value.type
    for _ in range(slot.value.dots):
        SubElement(note, "dot")
    if accidental is not None:
        SubElement(note, "accidental").text = accidental
    if slot.value.tuplet is not None:
        modification = SubElement(note, "time-modification")
        SubElement(modification, "actual-notes").text = "3"
        SubElement(modification, "normal-notes").text = "2"


def _tuplet(note: Element, slot: Slot) -> None:
    if not (slot.tuplet_start or slot.tuplet_stop):
        return
    notations = note.find("notations")
    if notations is None:
        notations = SubElement(note, "notations")
    if slot.tuplet_start:
        bracket = "no" if slot.beams and not slot.tuplet_broken else "yes"
        SubElement(notations, "tuplet", type="start", bracket=bracket)
    if slot.tuplet_stop:
        SubElement(notations, "tuplet", type="stop")


def decimal(value: float) -> str:
    """A number as XML schema's decimal writes it: no exponent, whole numbers without a point."""
    if value == int(value):
        return str(int(value))
    text = repr(float(value))
    return f"{value:.9f}" if "e" in text else text
