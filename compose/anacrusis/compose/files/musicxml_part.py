"""Read one ``<part>``: the cursor, divisions, notes, attributes, directions and barlines."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from xml.etree.ElementTree import Element

from ..chord import Chord
from ..errors import FileFormatError
from ..key import Key
from ..score import TICKS_PER_QUARTER
from ..swing import MOST, STRAIGHT
from .musicxml_harmony import read_harmony
from .musicxml_raw import VELOCITY, Dynamic, Instrument, RawMeasure, RawNote, Time, number

_STEP = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_UNIT = {
    "maxima": 32.0, "long": 16.0, "breve": 8.0, "whole": 4.0, "half": 2.0, "quarter": 1.0,
    "eighth": 0.5, "16th": 0.25, "32nd": 0.125, "64th": 0.0625,
}  # fmt: skip
_MODES = {"ionian": "major", "aeolian": "minor", "none": "major", "": "major"}
_ACCENTS = {"sf", "sfz", "sffz", "fz", "rf", "rfz", "fp", "pf", "sfp", "sfpp", "sfzp"}
_ACCENT_VELOCITY = 112
MAX_BAR = 20_000
"""Longest bar read, in ticks (over 400 whole notes)."""


class PartReader:
    """Reads the measures of one part. `losses` counts what is not kept."""

    def __init__(
        self, name: str, instruments: Mapping[str, Instrument], losses: Counter[str]
    ) -> None:
        self.name = name
        self.instruments = instruments
        self.losses = losses
        self.divisions: Time = 1
        self.transpose: dict[str, int] = {}
        self.pitched = 0
        self.unpitched = 0
        self.where = name
        self.measure = RawMeasure("")
        self.cursor: Time = 0
        self.previous: Time = 0
        self.longest: Time = 0

    def read(self, part: Element) -> list[RawMeasure]:
        """All measures, in written order."""
        return [self._measure(element) for element in part.iterfind("measure")]

    def _ticks(self, units: Time) -> Time:
        """Exact ticks of a number of divisions."""
        whole, rest = divmod(units * TICKS_PER_QUARTER, self.divisions)
        if not rest:
            return int(whole)
        return Fraction(units * TICKS_PER_QUARTER) / self.divisions

    def _measure(self, element: Element) -> RawMeasure:
        self.measure = measure = RawMeasure(element.get("number", ""))
        self.where = f"part {self.name!r}, bar {measure.number}"
        self.cursor = self.previous = self.longest = 0
        for child in element:
            tag = child.tag
            if tag == "note":
                self._note(child)
            elif tag == "backup":
                self.cursor -= self._duration(child)
                if self.cursor < 0:
                    self.cursor = 0
                    self.losses["backups past the bar line"] += 1
            elif tag == "forward":
                self.cursor += self._duration(child)
                self.longest = max(self.longest, self.cursor)
            elif tag == "attributes":
                self._attributes(child)
            elif tag == "direction":
                self._direction(child)
            elif tag == "sound":
                self._sound(child, self.cursor)
            elif tag == "harmony":
                self._harmony(child)
            elif tag == "barline":
                self._barline(child)
        measure.length = self._ticks(self.longest)
        self._spread_chords()
        if measure.length > MAX_BAR:
            raise FileFormatError(
                f"{self.where} lasts {int(measure.length) // TICKS_PER_QUARTER} quarter notes; "
                f"allowed: {MAX_BAR // TICKS_PER_QUARTER}"
            )
        return measure

    def _duration(self, element: Element) -> Time:
        value = number(element.findtext("duration", ""), self.where)
        if value < 0:
            raise FileFormatError(f"{self.where}: a duration of {value}; the MusicXML is damaged")
        return value

    def _note(self, note: Element) -> None:  # one pass over the children, for speed
        pitch = unpitched = duration = grace = None
        chord = cue = rest = False
        voice = staff = "1"
        instrument = ""
        ties: set[str] = set()
        tied: set[str] = set()
        velocity = 0
        tie_number = ""
        for child in note:
            tag = child.tag
            if tag == "pitch":
                pitch = child
            elif tag == "duration":
                duration = child.text
            elif tag == "chord":
                chord = True
            elif tag == "voice":
                voice = child.text or "1"
            elif tag == "staff":
                staff = child.text or "1"
            elif tag == "tie":
                ties.add(child.get("type", ""))
            elif tag == "rest":
                rest = True
            elif tag == "grace":
                grace = child
            elif tag == "cue":
                cue = True
            elif tag == "unpitched":
                unpitched = child
            elif tag == "instrument":
                instrument = child.get("id", "")
            elif tag == "notations":
                for mark in child:
                    if mark.tag == "tied":
                        tied.add(mark.get("type", ""))
                        tie_number = mark.get("number", tie_number)
                    elif mark.tag == "dynamics":
                        self._marks(mark, self.previous if chord else self.cursor, None)
        if grace is not None:
            if not rest:
                self.losses["grace notes dropped"] += 1
            return
        length = number(duration, f"{self.where}, note without a duration")
        if length < 0:
            raise FileFormatError(f"{self.where}: a duration of {length}; the MusicXML is damaged")
        start = self.previous if chord else self.cursor
        if not chord:
            self.previous = self.cursor
            self.cursor += length
        self.longest = max(self.longest, start + length)
        if rest:
            return
        if cue:
            self.losses["cue notes dropped"] += 1
            return
        loud = note.get("dynamics")
        if loud is not None:
            velocity = _velocity(loud)
        if pitch is not None:
            sounding, cents = self._pitch(pitch, staff)
            self.pitched += 1
        elif unpitched is not None:
            sounding, cents = self._drum(instrument), 0.0
            self.unpitched += 1
            if sounding < 0:
                self.losses["unpitched notes without a drum sound dropped"] += 1
                return
        else:
            self.losses["notes without a pitch dropped"] += 1
            return
        if not 0 <= sounding <= 127:
            self.losses["notes outside the MIDI range dropped"] += 1
            return
        ties = ties or tied
        shift, release = note.get("attack"), note.get("release")
        sounding_length = length
        if release is not None:
            sounding_length = max(0, length + number(release, self.where))
        self.measure.notes.append(
            RawNote(
                self._ticks(start),
                self._ticks(sounding_length),
                sounding,
                cents,
                velocity,
                voice,
                bool(ties & {"start", "continue"}),
                bool(ties & {"stop", "continue"}),
                tie_number,
                0.0 if shift is None else float(self._ticks(number(shift, self.where))),
            )
        )

    def _pitch(self, pitch: Element, staff: str) -> tuple[int, float]:
        step = (pitch.findtext("step") or "").strip()
        if step not in _STEP:
            raise FileFormatError(f"{self.where}: {step[:9]!r} is not a pitch; allowed: A to G")
        octave = int(number(pitch.findtext("octave"), self.where))
        alter = number(pitch.findtext("alter", "0") or "0", self.where)
        shift = self.transpose.get(staff, self.transpose.get("", 0))
        natural = 12 * (octave + 1) + _STEP[step] + shift
        if isinstance(alter, int):
            return natural + alter, 0.0
        return natural + round(alter), round(float(alter - round(alter)) * 100.0, 6)

    def _drum(self, instrument: str) -> int:
        found = self.instruments.get(instrument)
        if found is None and len(self.instruments) == 1:
            found = next(iter(self.instruments.values()))
        return -1 if found is None else found.drum

    def _attributes(self, attributes: Element) -> None:
        for child in attributes.iterfind("transpose"):  # the key, written before it, needs it
            semitones = number(child.findtext("chromatic", "0"), self.where)
            octaves = number(child.findtext("octave-change", "0"), self.where)
            self.transpose[child.get("number", "")] = int(semitones) + 12 * int(octaves)
        for child in attributes:
            tag = child.tag
            if tag == "divisions":
                value = number(child.text, self.where)
                if value <= 0:
                    raise FileFormatError(f"{self.where}: {value} divisions; allowed: 1 or more")
                scale = Fraction(value) / self.divisions
                if scale != 1:
                    self.cursor, self.previous, self.longest = (
                        t * scale for t in (self.cursor, self.previous, self.longest)
                    )
                self.divisions = value
            elif tag == "key" and child.get("number", "1") == "1":
                self._key(child)
            elif tag == "time" and child.get("number", "1") == "1":
                self._time(child)

    def _key(self, key: Element) -> None:
        text = key.findtext("fifths")
        if text is None:
            self.losses["key signatures that are not traditional"] += 1
            return
        fifths = int(number(text, self.where))
        mode = (key.findtext("mode") or "").strip().lower()
        mode = _MODES.get(mode, mode)
        if mode not in ("major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian"):
            self.losses["key modes read as major"] += 1
            mode = "major"
        if (shift := self.transpose.get("", self.transpose.get("1", 0))) or abs(fifths) > 7:
            fifths = (fifths + 7 * shift + 5) % 12 - 5
        self.measure.keys.append((self._ticks(self.cursor), Key.from_fifths(fifths, mode)))

    def _time(self, time: Element) -> None:
        if self.cursor > 0:
            self.losses["meter changes inside a bar"] += 1
            return
        if time.find("senza-misura") is not None:
            self.measure.senza_misura = True
            return
        pairs: list[tuple[int, int]] = []  # beats, beat type
        beats = [t.text or "" for t in time.iterfind("beats")]
        types = [t.text or "" for t in time.iterfind("beat-type")]
        for above, below in zip(beats, types, strict=False):
            if re.fullmatch(r"\s*\d{1,3}(\s*\+\s*\d{1,3}){0,9}\s*", above):
                count = sum(int(part) for part in above.split("+"))
                pairs.append((count, int(number(below, self.where))))
        if not pairs or any(unit not in (1, 2, 4, 8, 16, 32, 64) for _, unit in pairs):
            raise FileFormatError(f"{self.where}: the meter cannot be read; allowed: 2/4, 6/8, ...")
        finest = max(unit for _, unit in pairs)
        self.measure.meter = (sum(count * (finest // unit) for count, unit in pairs), finest)

    def _offset(self, element: Element) -> Time:
        text = element.findtext("offset")
        return self.cursor if text is None else max(0, self.cursor + number(text, self.where))

    def _direction(self, direction: Element) -> None:
        at = self._offset(direction)
        sound = direction.find("sound")
        tempo = dynamics = None
        if sound is not None:
            tempo, dynamics = sound.get("tempo"), sound.get("dynamics")
            accents = {mark.tag for mark in direction.iterfind("direction-type/dynamics/*")}
            self._sound(sound, at, lasting=not accents & _ACCENTS)
        for kind in direction.iterfind("direction-type"):
            for child in kind:
                if child.tag == "rehearsal":
                    text = " ".join("".join(child.itertext()).split())
                    if self.measure.mark and text != self.measure.mark:
                        self.losses["second rehearsal marks of a bar"] += 1
                    self.measure.mark = self.measure.mark or text
                elif child.tag == "metronome" and tempo is None:
                    self._metronome(child, at)
                elif child.tag == "dynamics":
                    self._marks(child, at, dynamics)

    def _marks(self, marks: Element, at: Time, sound: str | None) -> None:
        for mark in marks:
            if mark.tag in _ACCENTS:
                velocity = _ACCENT_VELOCITY if sound is None else _velocity(sound)
                self.measure.dynamics.append(Dynamic(self._ticks(at), velocity, True))
                if mark.tag in ("fp", "sfp", "sfzp", "pf"):
                    after = VELOCITY["f" if mark.tag == "pf" else "p"]
                    self.measure.dynamics.append(Dynamic(self._ticks(at), after, False))
            elif mark.tag in VELOCITY and sound is None:
                self.measure.dynamics.append(Dynamic(self._ticks(at), VELOCITY[mark.tag], False))

    def _sound(self, sound: Element, at: Time, lasting: bool = True) -> None:
        at = max(0, at)
        tempo = sound.get("tempo")
        if tempo is not None:
            self._tempo(tempo, None, at)
        for swing in sound.iterfind("swing"):
            self._swing(swing, at)
        for sign in ("segno", "coda", "dacapo", "dalsegno", "tocoda", "fine"):
            value = sound.get(sign)
            if value is not None and value != "no":
                self.measure.jumps.signs[sign] = value
        loud = sound.get("dynamics")
        if lasting and loud is not None and (velocity := _velocity(loud)):
            self.measure.dynamics.append(Dynamic(self._ticks(at), velocity, False))

    def _swing(self, swing: Element, at: Time) -> None:
        """Off-beat eighths at first / (first + second) of their beat."""
        ratio = STRAIGHT
        if swing.find("straight") is None:
            first = number(swing.findtext("first"), self.where)
            second = number(swing.findtext("second"), self.where)
            if first <= 0 or second <= 0:
                raise FileFormatError(
                    f"{self.where}: a swing of {first} to {second}; allowed: 1 or more, 2 to 1"
                )
            ratio = float(Fraction(first) / Fraction(first + second))
            if (swing.findtext("swing-type") or "eighth").strip() != "eighth":
                self.losses["swing of other notes than eighths"] += 1
                return
            if not STRAIGHT <= ratio <= MOST:
                self.losses["swing outside 1:1 to 3:1"] += 1
                return
        self.measure.swings.append((self._ticks(at), ratio))

    def _metronome(self, metronome: Element, at: Time) -> None:
        unit = _UNIT.get((metronome.findtext("beat-unit") or "").strip())
        text = metronome.findtext("per-minute")
        found = re.search(r"\d{1,4}([.,]\d{1,6})?", text or "")
        if unit is None or found is None:
            self.losses["metronome marks without a tempo"] += 1
            return
        dots = len(metronome.findall("beat-unit-dot"))
        self._tempo(found[0].replace(",", "."), unit * (2.0 - 0.5 ** min(dots, 4)), at)

    def _tempo(self, text: str, unit: float | None, at: Time) -> None:
        try:
            bpm = float(text) if unit is None else round(float(text) * unit, 6)
        except ValueError:
            bpm = 0.0
        if 1.0 <= bpm <= 2000.0:
            self.measure.tempos.append((self._ticks(at), bpm))
        else:
            self.losses["tempo marks outside 1 to 2000"] += 1

    def _harmony(self, element: Element) -> None:
        chord, loss = read_harmony(element)
        if loss is not None:
            self.losses[loss] += 1
        shift = self.transpose.get("", self.transpose.get("1", 0))
        if chord is not None and shift % 12:
            chord = chord.transpose(shift, flats="b" in chord.root)
        self.measure.chords.append((self._ticks(self._offset(element)), chord))

    def _spread_chords(self) -> None:
        """Chord symbols written in a row before one note share the time until the next, evenly.

        Some programs write no offsets; whole quarters are kept where there is room for them.
        """
        chords = self.measure.chords
        onsets = sorted({at for at, _ in chords})
        if len(onsets) == len(chords):
            return
        ends = [*onsets[1:], max(self.measure.length, onsets[-1])]
        placed: list[tuple[Time, Chord | None]] = []
        for onset, end in zip(onsets, ends, strict=True):
            row = list(dict.fromkeys(chord for at, chord in chords if at == onset))
            self.losses["chord symbols without a place, spread"] += len(row) - 1
            step = Fraction(end - onset) / len(row)
            unit = TICKS_PER_QUARTER if step >= TICKS_PER_QUARTER else 1
            for k, chord in enumerate(row):
                placed.append((onset + unit * math.floor(k * step / unit + Fraction(1, 2)), chord))
        self.measure.chords = placed

    def _barline(self, barline: Element) -> None:
        jumps = self.measure.jumps
        repeat = barline.find("repeat")
        if repeat is not None:
            if repeat.get("direction") == "forward":
                jumps.forward = True
            else:
                jumps.backward = int(number(repeat.get("times", "2"), self.where))
        ending = barline.find("ending")
        if ending is not None:
            found = re.findall(r"\d{1,2}", ending.get("number", ""))
            if ending.get("type") == "start":
                jumps.endings = frozenset(int(n) for n in found) or frozenset({1})
            else:
                jumps.ending_stop = True


def _velocity(text: str) -> int:
    """MIDI velocity of a ``dynamics`` attribute, a percentage of velocity 90; 0 if unreadable."""
    try:
        return min(127, max(1, round(float(text) * 0.9)))
    except (ValueError, OverflowError):
        return 0
