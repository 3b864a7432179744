"""Read one ``<part>``: the cursor, divisions, notes, attributes, directions and barlines."""

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from xml.etree.ElementTree import Element

from ..chord import Chord
from ..errors import FileFormatError, SymbolError
from ..key import Key
from ..meter import TICKS_PER_QUARTER, Meter
from .musicxml_harmony import read_harmony
from .musicxml_marks import (
    FAMILIES,
    count_marks,
    read_direction,
    read_dynamics,
    read_sound,
    velocity_of,
)
from .musicxml_meters import Pace
from .musicxml_raw import QUARTERS, Instrument, RawMeasure, RawNote, Time, number

_STEP = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MODES = {"ionian": "major", "aeolian": "minor", "none": "major", "": "major"}
MAX_BAR = 20_000
"""Longest bar read, in ticks (over 400 whole notes)."""
MAX_METER = 16
"""Longest meter, in whole notes: 28/4 has seven."""


class PartReader:
    """Reads the measures of one part."""

    def __init__(self, name: str, instruments: Mapping[str, Instrument]) -> None:
        self.name = name
        self.instruments = instruments
        self.divisions: Time = 1
        self.transpose: dict[str, int] = {}
        self.pitched = 0
        self.unpitched = 0
        self.where = name
        self.measure = RawMeasure("")
        self.cursor: Time = 0
        self.previous: Time = 0
        self.longest: Time = 0
        self.meter = Meter()
        self.pace: Pace | None = None

    def read(self, part: Element, paces: Mapping[int, Pace] | None = None) -> list[RawMeasure]:
        """All measures, in written order; those in `paces` (by index) by their note values.

        Where parts differ in meter, notation programs write a mixture of durations: notes at the
        part's own pace, rests at the score's.
        """
        paces = paces or {}
        return [
            self._measure(element, paces.get(index))
            for index, element in enumerate(part.iterfind("measure"))
        ]

    def _ticks(self, units: Time) -> Time:
        """Exact ticks of a number of divisions."""
        whole, rest = divmod(units * TICKS_PER_QUARTER, self.divisions)
        if not rest:
            return int(whole)
        return Fraction(units * TICKS_PER_QUARTER) / self.divisions

    def _measure(self, element: Element, pace: Pace | None = None) -> RawMeasure:
        self.measure = measure = RawMeasure(element.get("number", ""))
        self.pace = pace
        self.where = f"part {self.name!r}, bar {measure.number}"
        self.cursor = self.previous = self.longest = 0
        for child in element:
            tag = child.tag
            if tag == "note":
                self._note(child)
            elif tag == "backup":
                self.cursor = 0 if pace else self.cursor - self._duration(child)
                if self.cursor < 0:
                    self.cursor = 0
                    self.measure.losses["backups past the bar line"] += 1
            elif tag == "forward":
                self.cursor += self._duration(child)
                self.longest = max(self.longest, self.cursor)
            elif tag == "attributes":
                self._attributes(child)
            elif tag == "direction":
                read_direction(child, self._offset(child), measure, self.meter)
            elif tag == "sound":
                read_sound(child, self._ticks(self.cursor), measure)
            elif tag == "harmony":
                self._harmony(child)
            elif tag == "barline":
                self._barline(child)
            else:
                count_marks((child,), measure)
        measure.length = self._ticks(self.longest)
        if pace and measure.length > pace.common:  # it is written at the common pace after all
            return self._measure(element)
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
                    elif mark.tag in FAMILIES:
                        count_marks(mark, self.measure)
                    elif mark.tag == "dynamics":
                        at = self._ticks(self.previous if chord else self.cursor)
                        read_dynamics(mark, at, None, self.measure)
                    else:
                        count_marks((mark,), self.measure)
            elif tag == "lyric":
                count_marks((child,), self.measure)
        if grace is not None:
            if not rest:
                self.measure.losses["grace notes dropped"] += 1
            return
        length = number(duration, f"{self.where}, note without a duration")
        if length < 0:
            raise FileFormatError(f"{self.where}: a duration of {length}; the MusicXML is damaged")
        if self.pace:
            length = self._paced(note, length, self.pace)
        start = self.previous if chord else self.cursor
        if not chord:
            self.previous = self.cursor
            self.cursor += length
        self.longest = max(self.longest, start + length)
        if rest:
            return
        if cue:
            self.measure.losses["cue notes dropped"] += 1
            return
        loud = note.get("dynamics")
        if loud is not None:
            velocity = velocity_of(loud)
        if pitch is not None:
            sounding, cents = self._pitch(pitch, staff)
            self.pitched += 1
        elif unpitched is not None:
            sounding, cents = self._drum(instrument), 0.0
            self.unpitched += 1
            if sounding < 0:
                self.measure.losses["unpitched notes without a drum sound dropped"] += 1
                return
        else:
            self.measure.losses["notes without a pitch dropped"] += 1
            return
        if not 0 <= sounding <= 127:
            self.measure.losses["notes outside the MIDI range dropped"] += 1
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

    def _paced(self, note: Element, written: Time, pace: Pace) -> Time:
        """Duration by the note's value, stretched from the part's own bar to the common one."""
        value = QUARTERS.get((note.findtext("type") or "").strip())
        if value is None:  # a rest for the whole bar
            if note.find("rest") is None:
                return written
            return self.divisions * Fraction(pace.common) / TICKS_PER_QUARTER
        quarters = Fraction(value)
        dots = min(len(note.findall("dot")), 4)
        quarters *= 2 - Fraction(1, 2**dots)
        actual = number(note.findtext("time-modification/actual-notes", "1"), self.where)
        normal = number(note.findtext("time-modification/normal-notes", "1"), self.where)
        if actual > 0 and normal > 0:
            quarters *= Fraction(normal) / actual
        return quarters * self.divisions * Fraction(pace.common) / pace.own

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
            elif tag == "measure-style":
                count_marks(child, self.measure)

    def _key(self, key: Element) -> None:
        text = key.findtext("fifths")
        if text is None:
            self.measure.losses["key signatures that are not traditional"] += 1
            return
        fifths = int(number(text, self.where))
        mode = (key.findtext("mode") or "").strip().lower()
        mode = _MODES.get(mode, mode)
        if mode not in ("major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian"):
            self.measure.losses["key modes read as major"] += 1
            mode = "major"
        if (shift := self.transpose.get("", self.transpose.get("1", 0))) or abs(fifths) > 7:
            fifths = (fifths + 7 * shift + 5) % 12 - 5
        self.measure.keys.append((self._ticks(self.cursor), Key.from_fifths(fifths, mode)))

    def _time(self, time: Element) -> None:
        if self.cursor > 0:
            self.measure.losses["meter changes inside a bar"] += 1
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
        total = sum(count * (finest // unit) for count, unit in pairs)
        if not 0 < total <= MAX_METER * finest:
            raise FileFormatError(
                f"{self.where}: the meter {total}/{finest} is impossible; allowed: up to "
                f"{MAX_METER} whole notes"
            )
        self.measure.meter = (total, finest)
        try:
            self.meter = Meter(total, finest)
        except SymbolError:
            self.meter = Meter()

    def _offset(self, element: Element) -> Time:
        """Tick at which a direction or chord symbol stands."""
        text = element.findtext("offset")
        at = self.cursor if text is None else self.cursor + number(text, self.where)
        return self._ticks(max(0, at))

    def _harmony(self, element: Element) -> None:
        count_marks(element, self.measure)
        chord, loss = read_harmony(element)
        if loss is not None:
            self.measure.losses[loss] += 1
        shift = self.transpose.get("", self.transpose.get("1", 0))
        if chord is not None and shift % 12:
            chord = chord.transpose(shift, flats="b" in chord.root)
        self.measure.chords.append((self._offset(element), chord))

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
            self.measure.losses["chord symbols without a place, spread"] += len(row) - 1
            step = Fraction(end - onset) / len(row)
            unit = TICKS_PER_QUARTER if step >= TICKS_PER_QUARTER else 1
            for k, chord in enumerate(row):
                placed.append((onset + unit * math.floor(k * step / unit + Fraction(1, 2)), chord))
        self.measure.chords = placed

    def _barline(self, barline: Element) -> None:
        count_marks(barline, self.measure)
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
