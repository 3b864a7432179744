"""Marks of a measure: dynamics, tempos, the signs of jumps; and what is read past.

A tempo is a number where the file has one (``sound``, ``metronome``), else that of a word such as
Allegro. What no score holds (lyrics, articulations, slurs, wedges, other words ...) is counted.
"""

import math
import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from ..meter import TICKS_PER_QUARTER, Meter
from ..swing import MOST, STRAIGHT
from .musicxml_raw import QUARTERS, VELOCITY, Dynamic, RawMeasure, Time

_ACCENTS = {"sf", "sfz", "sffz", "fz", "rf", "rfz", "fp", "pf", "sfp", "sfpp", "sfzp"}
_ACCENT_VELOCITY = 112

TEMPO_WORDS = {
    "grave": 42, "larghetto": 63, "largo": 48, "lento": 54, "adagietto": 72, "adagio": 60,
    "andantino": 88, "andante": 80, "moderato": 104, "allegretto": 112, "allegro": 132,
    "vivacissimo": 168, "vivace": 152, "prestissimo": 200, "presto": 176,
    "langsam": 56, "ruhig": 66, "gehend": 80, "mäßig": 96, "mässig": 96, "bewegt": 116,
    "lebhaft": 138, "rasch": 144, "schnell": 152,
    "lent": 56, "lentement": 56, "modéré": 96, "animé": 126, "vif": 144,
    "slow": 60, "moderate": 100, "lively": 132, "fast": 152,
}  # fmt: skip
"""Tempo word -> beats per minute, in the middle of what metronomes print beside it."""

_BEFORE = r"(?:molto|poco|un poco|un peu|assez|très|tres|sehr|ziemlich|etwas|very|medium)\s+"
_TEMPO_WORD = re.compile(
    rf"(?:{_BEFORE})?({'|'.join(sorted(TEMPO_WORDS, key=len, reverse=True))})(?:ly)?\b"
)
_GRADUAL = re.compile(r"\b(rit|riten|rall|accel|allarg|slarg|string|calando|smorz)")
_TREMOLOS = {
    "single": "tremolos read as one note",
    "start": "tremolos between two notes read as one change",
}
_READ_PAST = {
    "syllables of lyrics": "lyric",
    "slurs": "slur",
    "staccato marks": "staccato staccatissimo spiccato",
    "tenuto marks": "tenuto detached-legato",
    "accents": "accent strong-accent soft-accent stress unstress",
    "fermatas": "fermata",
    "breath marks and caesuras": "breath-mark caesura",
    "scoops, plops, doits and falls": "scoop plop doit falloff",
    "other articulations": "other-articulation",
    "ornaments read as the main note":
        "trill-mark turn delayed-turn inverted-turn delayed-inverted-turn vertical-turn "
        "inverted-vertical-turn shake mordent inverted-mordent schleifer haydn other-ornament",
    "arpeggiated notes played together": "arpeggiate",
    "glissandi and slides": "glissando slide",
    "bowings": "up-bow down-bow",
    "fingerings": "fingering pluck thumb-position heel toe fingernails",
    "frets and strings": "fret string",
    "playing techniques":
        "harmonic open-string double-tongue triple-tongue stopped snap-pizzicato hammer-on "
        "pull-off bend tap hole arrow handbell brass-bend flip smear open half-muted harmon-mute "
        "golpe other-technical",
    "other notations": "other-notation",
    "wedges (crescendo, diminuendo)": "wedge",
    "pedal marks": "pedal",
    "dynamics of other signs": "other-dynamics",
    "other directions":
        "bracket symbol harp-pedals damp damp-all eyeglasses string-mute scordatura image "
        "principal-voice percussion accordion-registration other-direction",
    "figured basses": "figured-bass",
    "chord diagrams": "frame",
    "signs that repeat beats or bars": "beat-repeat measure-repeat",
}  # fmt: skip
"""What is counted -> the elements that are read past. What says nothing more than others do (the
line of a trill, the dashes after a word) or is not heard (an octave line) is not among them."""
_COUNTED_AS = {tag: name for name, tags in _READ_PAST.items() for tag in tags.split()}
_ENDS = frozenset(("stop", "continue", "discontinue", "resume"))
"""What spans several notes is counted where it begins."""
FAMILIES = frozenset(("articulations", "ornaments", "technical"))
"""Elements of ``notations`` that hold marks."""
_SAYS = frozenset(("tempo", "segno", "coda", "dacapo", "dalsegno", "tocoda", "fine"))
"""What a ``sound`` says for the words beside it."""


def velocity_of(text: str) -> int:
    """MIDI velocity of a ``dynamics`` attribute, a percentage of velocity 90; 0 if unreadable."""
    try:
        return min(127, max(1, round(float(text) * 0.9)))
    except (ValueError, OverflowError):
        return 0


def read_direction(direction: Element, at: Time, measure: RawMeasure, meter: Meter) -> None:
    """Read a ``direction`` at tick `at` of a measure into its record; `meter` holds there."""
    sound = direction.find("sound")
    dynamics = None
    known = len(measure.tempos)
    if sound is not None:
        dynamics = sound.get("dynamics")
        accents = {mark.tag for mark in direction.iterfind("direction-type/dynamics/*")}
        read_sound(sound, at, measure, lasting=not accents & _ACCENTS)
    words = ""
    said = sound is not None and (
        not _SAYS.isdisjoint(sound.keys()) or sound.find("swing") is not None
    )
    for kind in direction.iterfind("direction-type"):
        for child in kind:
            if child.tag == "rehearsal":
                text = " ".join("".join(child.itertext()).split())
                if measure.mark and text != measure.mark:
                    measure.losses["second rehearsal marks of a bar"] += 1
                measure.mark = measure.mark or text
            elif child.tag == "metronome" and len(measure.tempos) == known:
                _metronome(child, at, measure)
            elif child.tag == "dynamics":
                read_dynamics(child, at, dynamics, measure)
            elif child.tag == "words":
                words += f" {child.text or ''}"
            else:
                count_marks((child,), measure)
    if words.strip() and len(measure.tempos) == known:
        _tempo_words(words, at, measure, meter, said)


def read_dynamics(marks: Element, at: Time, sound: str | None, measure: RawMeasure) -> None:
    """Read the marks of a ``dynamics`` element; `sound`: the velocity its direction states."""
    for mark in marks:
        if mark.tag in _ACCENTS:
            loud = _ACCENT_VELOCITY if sound is None else velocity_of(sound)
            measure.dynamics.append(Dynamic(at, loud, True))
            if mark.tag in ("fp", "sfp", "sfzp", "pf"):
                after = VELOCITY["f" if mark.tag == "pf" else "p"]
                measure.dynamics.append(Dynamic(at, after, False))
        elif mark.tag in VELOCITY and sound is None:
            measure.dynamics.append(Dynamic(at, VELOCITY[mark.tag], False))
        else:
            count_marks((mark,), measure)


def read_sound(sound: Element, at: Time, measure: RawMeasure, lasting: bool = True) -> None:
    """Read the tempo, the signs and (where it is `lasting`) the loudness of a ``sound``."""
    tempo = sound.get("tempo")
    if tempo is not None:
        _tempo(tempo, 1.0, at, measure)
    for swing in sound.iterfind("swing"):
        _swing(swing, at, measure)
    for sign in ("segno", "coda", "dacapo", "dalsegno", "tocoda", "fine"):
        value = sound.get(sign)
        if value is not None and value != "no":
            measure.jumps.signs[sign] = value
    loud = sound.get("dynamics")
    if lasting and loud is not None and (found := velocity_of(loud)):
        measure.dynamics.append(Dynamic(at, found, False))


def count_marks(marks: Iterable[Element], measure: RawMeasure) -> None:
    """Count those marks that are read past."""
    for mark in marks:
        if mark.tag == "tremolo":
            name = _TREMOLOS.get(mark.get("type", "single"))
        elif mark.get("type") in _ENDS or (mark.tag == "lyric" and mark.find("text") is None):
            continue
        else:
            name = _COUNTED_AS.get(mark.tag)
        if name is not None:
            measure.losses[name] += 1


def _swing(swing: Element, at: Time, measure: RawMeasure) -> None:
    """Add where off-beat eighths fall from here on: at first / (first + second) of their beat."""
    ratio = STRAIGHT
    if swing.find("straight") is None:
        try:
            first, second = (float(swing.findtext(name) or "") for name in ("first", "second"))
            ratio = first / (first + second)
        except (ValueError, ZeroDivisionError):
            ratio = math.nan
        if (swing.findtext("swing-type") or "eighth").strip() != "eighth":
            measure.losses["swing of other notes than eighths"] += 1
            return
        if not STRAIGHT <= ratio <= MOST:
            measure.losses["swing outside 1:1 to 3:1"] += 1
            return
    measure.swings.append((at, ratio))


def _metronome(metronome: Element, at: Time, measure: RawMeasure) -> None:
    unit = QUARTERS.get((metronome.findtext("beat-unit") or "").strip())
    text = metronome.findtext("per-minute")
    found = re.search(r"\d{1,4}([.,]\d{1,6})?", text or "")
    if unit is None or found is None:
        measure.losses["metronome marks without a tempo"] += 1
        return
    dots = len(metronome.findall("beat-unit-dot"))
    _tempo(found[0].replace(",", "."), unit * (2.0 - 0.5 ** min(dots, 4)), at, measure)


def _tempo(text: str, unit: float, at: Time, measure: RawMeasure) -> None:
    """Add a tempo of so many units (in quarters) a minute."""
    try:
        bpm = float(text) if unit == 1.0 else round(float(text) * unit, 6)
    except (ValueError, OverflowError):
        bpm = 0.0
    if 1.0 <= bpm <= 2000.0:
        measure.tempos.append((at, bpm))
    else:
        measure.losses["tempo marks outside 1 to 2000"] += 1


def _tempo_words(words: str, at: Time, measure: RawMeasure, meter: Meter, said: bool) -> None:
    """Add the tempo of words that begin with one: Allegro, Poco adagio, Sehr langsam.

    said: whether a ``sound`` says what other words mean; else they are counted.
    """
    text = " ".join(words.lower().split())
    found = _TEMPO_WORD.match(text)
    if found is not None:
        beat = meter.ticks / len(meter.beats) / TICKS_PER_QUARTER
        measure.word_tempos.append((at, TEMPO_WORDS[found[1]] * beat))
    elif _GRADUAL.search(text):
        measure.losses["gradual changes of tempo not played"] += 1
    elif not said:
        measure.losses["text directions"] += 1
