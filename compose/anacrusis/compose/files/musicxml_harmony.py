"""Chord symbols of MusicXML: ``<harmony>`` elements to and from `Chord`, by one table of kinds."""

from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from ..chord import Chord
from ..errors import SymbolError
from ..spelling import spell_bass

# MusicXML kind -> its degrees in semitones above the root (W3C MusicXML 4.0, "kind-value").
# An eleventh includes the ninth; a thirteenth includes the ninth but not the eleventh, as played.
KINDS: dict[str, dict[int, int]] = {
    "major": {1: 0, 3: 4, 5: 7},
    "minor": {1: 0, 3: 3, 5: 7},
    "augmented": {1: 0, 3: 4, 5: 8},
    "diminished": {1: 0, 3: 3, 5: 6},
    "dominant": {1: 0, 3: 4, 5: 7, 7: 10},
    "major-seventh": {1: 0, 3: 4, 5: 7, 7: 11},
    "minor-seventh": {1: 0, 3: 3, 5: 7, 7: 10},
    "diminished-seventh": {1: 0, 3: 3, 5: 6, 7: 9},
    "augmented-seventh": {1: 0, 3: 4, 5: 8, 7: 10},
    "half-diminished": {1: 0, 3: 3, 5: 6, 7: 10},
    "major-minor": {1: 0, 3: 3, 5: 7, 7: 11},
    "major-sixth": {1: 0, 3: 4, 5: 7, 6: 9},
    "minor-sixth": {1: 0, 3: 3, 5: 7, 6: 9},
    "dominant-ninth": {1: 0, 3: 4, 5: 7, 7: 10, 9: 2},
    "major-ninth": {1: 0, 3: 4, 5: 7, 7: 11, 9: 2},
    "minor-ninth": {1: 0, 3: 3, 5: 7, 7: 10, 9: 2},
    "dominant-11th": {1: 0, 3: 4, 5: 7, 7: 10, 9: 2, 11: 5},
    "major-11th": {1: 0, 3: 4, 5: 7, 7: 11, 9: 2, 11: 5},
    "minor-11th": {1: 0, 3: 3, 5: 7, 7: 10, 9: 2, 11: 5},
    "dominant-13th": {1: 0, 3: 4, 5: 7, 7: 10, 9: 2, 13: 9},
    "major-13th": {1: 0, 3: 4, 5: 7, 7: 11, 9: 2, 13: 9},
    "minor-13th": {1: 0, 3: 3, 5: 7, 7: 10, 9: 2, 13: 9},
    "suspended-second": {1: 0, 2: 2, 5: 7},
    "suspended-fourth": {1: 0, 4: 5, 5: 7},
    "power": {1: 0, 5: 7},
    "pedal": {1: 0},
}
# Kinds that programs write though the standard does not name them.
_LOOSE_KINDS: dict[str, dict[int, int]] = {
    "minor-major": KINDS["major-minor"],
    "augmented-ninth": {**KINDS["augmented-seventh"], 9: 2},
    "maj69": {**KINDS["major-sixth"], 9: 2},
    "min69": {**KINDS["minor-sixth"], 9: 2},
}

# An added degree counts from the dominant chord: major and perfect, but a minor seventh.
_ADDED = {1: 0, 2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 10, 8: 0, 9: 2, 10: 4, 11: 5, 12: 7, 13: 9, 14: 10}

# Quality -> kind and the degrees that complete it: (degree, alteration, "add"/"alter"/"subtract").
_Degree = tuple[int, int, str]
_WRITTEN: dict[str, tuple[str, tuple[_Degree, ...]]] = {
    "maj": ("major", ()),
    "min": ("minor", ()),
    "dim": ("diminished", ()),
    "aug": ("augmented", ()),
    "sus4": ("suspended-fourth", ()),
    "sus2": ("suspended-second", ()),
    "5": ("power", ()),
    "maj6": ("major-sixth", ()),
    "min6": ("minor-sixth", ()),
    "7": ("dominant", ()),
    "maj7": ("major-seventh", ()),
    "min7": ("minor-seventh", ()),
    "minmaj7": ("major-minor", ()),
    "hdim7": ("half-diminished", ()),
    "dim7": ("diminished-seventh", ()),
    "aug7": ("augmented-seventh", ()),
    "maj7(#5)": ("major-seventh", ((5, 1, "alter"),)),
    "7(b5)": ("dominant", ((5, -1, "alter"),)),
    "maj7(b5)": ("major-seventh", ((5, -1, "alter"),)),
    "maj(b5)": ("major", ((5, -1, "alter"),)),
    "sus4(b7)": ("suspended-fourth", ((7, 0, "add"),)),
    "sus2(b7)": ("suspended-second", ((7, 0, "add"),)),
    "sus4(2)": ("suspended-fourth", ((2, 0, "add"),)),
    "maj7sus4": ("suspended-fourth", ((7, 1, "add"),)),
    "maj(9)": ("major", ((9, 0, "add"),)),
    "min(9)": ("minor", ((9, 0, "add"),)),
    "maj(11)": ("major", ((11, 0, "add"),)),
    "min(11)": ("minor", ((11, 0, "add"),)),
    "maj6(9)": ("major-sixth", ((9, 0, "add"),)),
    "min6(9)": ("minor-sixth", ((9, 0, "add"),)),
    "9": ("dominant-ninth", ()),
    "maj9": ("major-ninth", ()),
    "min9": ("minor-ninth", ()),
    "minmaj7(9)": ("major-minor", ((9, 0, "add"),)),
    "sus4(b7,9)": ("suspended-fourth", ((7, 0, "add"), (9, 0, "add"))),
    "7(b9)": ("dominant", ((9, -1, "add"),)),
    "7(#9)": ("dominant", ((9, 1, "add"),)),
    "7(#11)": ("dominant", ((11, 1, "add"),)),
    "7(b13)": ("dominant", ((13, -1, "add"),)),
    "7(b9,#5)": ("augmented-seventh", ((9, -1, "add"),)),
    "7(#9,#5)": ("augmented-seventh", ((9, 1, "add"),)),
    "9(#5)": ("augmented-seventh", ((9, 0, "add"),)),
    "maj7(#11)": ("major-seventh", ((11, 1, "add"),)),
    "9(#11)": ("dominant-ninth", ((11, 1, "add"),)),
    "11": ("dominant-11th", ()),
    "min11": ("minor-11th", ()),
    "13": ("dominant-13th", ()),
    "maj13": ("major-13th", ()),
    "min13": ("minor-13th", ()),
    "sus4(b7,9,13)": ("suspended-fourth", ((7, 0, "add"), (9, 0, "add"), (13, 0, "add"))),
    "7(b9,13)": ("dominant", ((9, -1, "add"), (13, 0, "add"))),
    "1": ("pedal", ()),
}


class HarmonyResult(NamedTuple):
    """A chord read from ``<harmony>``, None where it has none; `loss` says what was not kept."""

    chord: Chord | None
    loss: str | None = None


def read_harmony(element: Element) -> HarmonyResult:
    """The chord of a ``<harmony>`` element.

    A hidden ``none`` ends the chord before it without stating N.C. Extensions that the table of
    qualities does not hold are left off, from the highest, and reported as a loss.
    """
    kind = (element.findtext("kind") or "").strip()
    if kind == "none":
        return HarmonyResult(None if element.get("print-object") == "no" else Chord.none())
    step = element.findtext("root/root-step")
    if step is None:
        return HarmonyResult(None, "chord symbols without a root")
    root = _name(step, element.findtext("root/root-alter"))
    degrees = dict(KINDS.get(kind) or _LOOSE_KINDS.get(kind, {}))
    if root is None or not degrees:
        return HarmonyResult(None, "chord symbols of an unknown kind")
    if not _apply_degrees(element, degrees):
        return HarmonyResult(None, "chord symbols with an unreadable degree")
    bass_step = element.findtext("bass/bass-step")
    bass = None if bass_step is None else _name(bass_step, element.findtext("bass/bass-alter"))
    loss = None if bass_step is None or bass else "slash basses that cannot be read"
    chord = Chord(root)
    while (found := Chord.from_classes(0, frozenset(i % 12 for i in degrees.values()))) is None:
        if max(degrees) <= 5:
            return HarmonyResult(None, "chord symbols outside the table of qualities")
        del degrees[max(degrees)]
        loss = "chord extensions outside the table of qualities"
    if bass is not None and Chord(bass).root_class == chord.root_class:
        bass = None
    inversion = (element.findtext("inversion") or "").strip()
    if bass is None and inversion in ("1", "2", "3"):
        chord = Chord(root, found.quality)
        if int(inversion) < len(chord.classes):
            bass = spell_bass(chord, chord.classes[int(inversion)])
    return HarmonyResult(Chord(root, found.quality, bass), loss)


def _apply_degrees(element: Element, degrees: dict[int, int]) -> bool:
    for degree in element.iterfind("degree"):
        try:
            value = int(degree.findtext("degree-value", ""))
            alter = int(degree.findtext("degree-alter", "0"))
        except ValueError:
            return False
        if value not in _ADDED or abs(alter) > 2:
            return False
        action = (degree.findtext("degree-type") or "add").strip()
        lower = value - 7 if value > 7 and value not in degrees else value
        if action == "subtract":
            degrees.pop(value if value in degrees else lower, None)
        elif action == "alter" and (value in degrees or lower in degrees):
            target = value if value in degrees else lower
            degrees[target] += alter
        else:
            degrees[value] = _ADDED[value] + alter
    return True


def _name(step: str, alter: str | None) -> str | None:
    try:
        shift = round(float(alter or 0))
        name = step.strip() + ("#" * shift if shift > 0 else "b" * -shift)
        Chord(name)
    except (ValueError, OverflowError, SymbolError):
        return None
    return name


def harmony_element(chord: Chord | None) -> Element:
    """The ``<harmony>`` of a chord; None ends the chord before it (hidden).

    The text shown is the suffix of our own lead-sheet symbol, so programs print what we print.
    """
    harmony = Element("harmony")
    if chord is None or chord.is_none:
        if chord is None:
            harmony.set("print-object", "no")
        _named(harmony, "root", "C", text="")
        SubElement(harmony, "kind", text="" if chord is None else "N.C.").text = "none"
        return harmony
    kind, degrees = _WRITTEN[chord.quality]
    _named(harmony, "root", chord.root)
    symbol = str(Chord(chord.root, chord.quality))
    SubElement(harmony, "kind", text=symbol[len(chord.root) :]).text = kind
    if chord.bass is not None:
        _named(harmony, "bass", chord.bass)
    for value, alter, action in degrees:
        degree = SubElement(harmony, "degree", {"print-object": "no"})
        SubElement(degree, "degree-value").text = str(value)
        SubElement(degree, "degree-alter").text = str(alter)
        SubElement(degree, "degree-type").text = action
    return harmony


def _named(harmony: Element, place: str, name: str, **attributes: str) -> None:
    element = SubElement(harmony, place)
    SubElement(element, f"{place}-step", attributes).text = name[0]
    alter = sum({"#": 1, "x": 2, "b": -1}[sign] for sign in name[1:])
    if alter:
        SubElement(element, f"{place}-alter").text = str(alter)
