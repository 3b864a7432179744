"""A tune in ABC notation as written measures: notes, chord symbols, repeats, endings, parts."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import DataError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter

from .abc_words import (
    BODY_FIELDS,
    FIELD,
    MEMBER,
    TUPLET_TIME,
    WORD,
    chord_of,
    key_of,
    length_of,
    lines_of,
    meter_of,
    natural_pitch,
    parts_of,
    signature,
    unit_of,
    usual_unit,
)

_LONGEST_MEASURE = 16
"""Whole notes."""
_MOST_MEASURES = 5000


@dataclass
class AbcNote:
    """Onset within the measure and length, in whole notes; tied: to the next note of its pitch."""

    onset: Fraction
    length: Fraction
    pitch: int
    tied: bool = False


@dataclass
class Measure:
    """What stands between two bar lines.

    chords: onset, and the chord of each time the measure is played (the last for all that follow).
    forward, backward: repeat signs at its begin and its end. endings: the passes of the bracket
    that begins here; ending_stop: the bracket ends with it.
    """

    meter: Meter
    key: Key | None
    part: str | None
    notes: list[AbcNote] = field(default_factory=list)
    chords: list[tuple[Fraction, list[Chord]]] = field(default_factory=list)
    length: Fraction = Fraction(0)
    forward: bool = False
    backward: bool = False
    endings: frozenset[int] = frozenset()
    ending_stop: bool = False


@dataclass
class Tune:
    """A tune: title, tempo in quarter notes per minute or None, order of parts, measures.

    free: the meter is free; its measures then say 4/4.
    """

    title: str = ""
    composer: str = ""
    tempo: float | None = None
    free: bool = False
    order: list[str] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)


def parse_tune(text: str) -> Tune:
    """Read one tune: of several voices the first.

    Accidentals hold for their letter until the bar line, in all octaves. Raises `DataError` for a
    meter, key or length that cannot be read, and where no music is left.
    """
    reader = _Reader()
    for line in lines_of(text):
        found = FIELD.match(line)
        if found and (not reader.in_body or found[1] in BODY_FIELDS):
            reader.read_field(found[1], found[2].strip())
        elif reader.in_body:
            reader.read_music(line)
    reader.close_measure()
    if not reader.tune.measures:
        raise DataError("no music")
    return reader.tune


class _Reader:
    """Where reading stands."""

    def __init__(self) -> None:
        self.tune = Tune()
        self.in_body = False
        self.meter = Meter(4, 4)
        self.unit: Fraction | None = None
        self.key: Key | None = None
        self.part: str | None = None
        self.voice: str | None = None
        self.silent = False
        self.measure = self.new_measure()
        self.accidentals: dict[str, int] = {}
        self.last: list[AbcNote] = []
        self.last_length = Fraction(0)
        self.after_broken = Fraction(1)
        self.tuplet = (Fraction(1), 0)
        self.endings: frozenset[int] = frozenset()
        self.same_place = False

    def new_measure(self) -> Measure:
        return Measure(self.meter, self.key, self.part)

    def read_field(self, name: str, value: str) -> None:
        tune = self.tune
        if name == "T":
            tune.title = tune.title or value
        elif name == "C":
            tune.composer = tune.composer or value
        elif name == "M":
            meter = meter_of(value)
            tune.free = tune.free or meter is None
            self.change(meter=meter or Meter(4, 4))
        elif name == "L":
            self.unit = unit_of(value)
        elif name == "K":
            self.change(key=key_of(value))
            self.in_body = True
            self.unit = self.unit or usual_unit(self.meter)
        elif name == "Q":
            tune.tempo = tune.tempo or _tempo(value)
        elif name == "Y" or (name == "P" and not self.in_body):
            tune.order = parts_of(value)
        elif name == "P":
            self.close_measure()
            self.part = value[:30]
            self.measure = self.new_measure()
        elif name == "V":
            label = (value.split() or [""])[0]
            if self.in_body:
                self.voice = self.voice or label
                self.silent = label != self.voice
        elif name == "w":
            tune.lost["lines of lyrics"] += 1

    def change(self, meter: Meter | None = None, key: Key | None = None) -> None:
        """A new meter or key, from the next measure on where this one has begun."""
        if meter is not None:
            self.meter = meter
        else:
            self.key = key
        if not self.measure.length:
            self.measure.meter, self.measure.key = self.meter, self.key

    def read_music(self, line: str) -> None:
        for found in WORD.finditer(line):
            kind = found.lastgroup or "other"
            if not self.silent or kind == "field":
                _ACTIONS[kind](self, found)

    def on_quoted(self, found: re.Match[str]) -> None:
        symbol = found[0][1:-1]
        chord = chord_of(symbol)
        if chord is None:
            known = symbol[:1] in ("^", "_", "<", ">", "@")
            self.tune.lost["annotations" if known else "chord symbols not understood"] += 1
            return
        place = self.measure.length
        if self.same_place and self.measure.chords:
            self.measure.chords[-1][1].append(chord)
        else:
            self.measure.chords.append((place, [chord]))
        self.same_place = True

    def on_decoration(self, found: re.Match[str]) -> None:
        self.tune.lost["decorations"] += 1

    def on_grace(self, found: re.Match[str]) -> None:
        self.tune.lost["grace notes"] += max(len(MEMBER.findall(found[0])), 1)

    def on_field(self, found: re.Match[str]) -> None:
        self.read_field(found[0][1], found[0][3:-1].strip())

    def on_ending(self, found: re.Match[str]) -> None:
        if self.measure.length:
            self.close_measure()
        self.stop_ending()
        self.endings = _passes(found["passes"])
        self.measure.endings = self.endings

    def on_bar(self, found: re.Match[str]) -> None:
        line = found[0]
        self.close_measure()
        measures = self.tune.measures
        begin = len(line) - len(line.lstrip(":"))
        end = len(line) - len(line.rstrip(":"))
        if begin and measures:
            measures[-1].backward = True
        if end or (begin == len(line)):
            self.measure.forward = True
        if begin or end or len(line) > 1:
            self.stop_ending()

    def stop_ending(self) -> None:
        if self.endings and self.tune.measures:
            self.tune.measures[-1].ending_stop = True
        self.endings = frozenset()

    def on_tuplet(self, found: re.Match[str]) -> None:
        count = int(found["count"])
        compound = self.meter.denominator >= 8 and self.meter.numerator % 3 == 0
        usual = 3 if count in (5, 7, 9) and compound else TUPLET_TIME[count]
        if len(found["time"] or "") > 2 or len(found["notes"] or "") > 2:
            raise DataError(f"the tuplet {found[0][:12]!r} cannot be read")
        time, notes = int(found["time"] or usual), int(found["notes"] or count)
        self.tuplet = (Fraction(time or usual, count), notes)

    def on_note(self, found: re.Match[str]) -> None:
        self.write([found["pitch"]], length_of(found["note_length"]))

    def on_chord(self, found: re.Match[str]) -> None:
        members = list(MEMBER.finditer(found["members"] or found["plus"]))
        length = length_of(members[0]["length"]) * length_of(found["chord_length"])
        self.write([member["note"] for member in members], length)
        for note, member in zip(self.last, members, strict=True):
            note.tied = bool(member["tie"])

    def on_rest(self, found: re.Match[str]) -> None:
        length = length_of(found["rest_length"])
        if found["rest_kind"] != "y":
            self.write([], length)

    def on_bars_rest(self, found: re.Match[str]) -> None:
        count = int(found[0][1:3] or 1)
        self.measure.length += Fraction(count * self.meter.numerator, self.meter.denominator)
        self.check_length()

    def on_broken(self, found: re.Match[str]) -> None:
        short = Fraction(1, 2 ** min(len(found[0]), 3))
        now, self.after_broken = (2 - short, short) if found[0][0] == ">" else (short, 2 - short)
        more = self.last_length * (now - 1)
        for note in self.last:
            note.length += more
        self.measure.length += more
        self.last_length += more

    def on_tie(self, found: re.Match[str]) -> None:
        for note in self.last:
            note.tied = True

    def on_ornament(self, found: re.Match[str]) -> None:
        self.tune.lost["ornaments and articulations"] += 1

    def on_slur(self, found: re.Match[str]) -> None:
        self.tune.lost["slurs"] += found[0] == "("

    def on_blank(self, found: re.Match[str]) -> None:
        pass

    def on_other(self, found: re.Match[str]) -> None:
        self.tune.lost["signs not understood"] += 1

    def write(self, words: list[str], length: Fraction) -> None:
        """Add a rest, a note or a chord at the place where reading stands."""
        factor, left = self.tuplet
        total = length * (self.unit or usual_unit(self.meter)) * self.after_broken
        if left:
            total *= factor
            self.tuplet = (factor, left - 1)
        self.after_broken = Fraction(1)
        before, self.last = self.last, []
        for word in words:
            pitch = self.pitch(word, before)
            self.last.append(AbcNote(self.measure.length, total, pitch))
        self.measure.notes += self.last
        self.measure.length += total
        self.last_length = total
        self.same_place = False
        self.check_length()

    def pitch(self, word: str, before: list[AbcNote]) -> int:
        letter, natural, stated = natural_pitch(word)
        if stated is not None:
            self.accidentals[letter] = stated
        change = self.accidentals.get(letter, signature(self.key).get(letter, 0))
        if letter not in self.accidentals and not self.measure.length:
            held = (note.pitch for note in before if note.tied)
            change = next((p - natural for p in held if abs(p - natural) <= 1), change)
        pitch = natural + change
        if not 0 <= pitch <= 127:
            raise DataError(f"the note {word[:12]!r} is out of range")
        return pitch

    def check_length(self) -> None:
        if self.measure.length > _LONGEST_MEASURE:
            raise DataError(f"a bar is longer than {_LONGEST_MEASURE} whole notes")

    def close_measure(self) -> None:
        """End the measure where it holds music; an empty one hands its signs on."""
        self.accidentals = {}
        self.same_place = False
        if not self.measure.length:
            return
        self.last_length = Fraction(0)
        self.tune.measures.append(self.measure)
        if len(self.tune.measures) > _MOST_MEASURES:
            raise DataError(f"more than {_MOST_MEASURES} bars")
        self.measure = self.new_measure()


_ACTIONS: dict[str, Callable[[_Reader, re.Match[str]], None]] = {
    "quoted": _Reader.on_quoted,
    "decoration": _Reader.on_decoration,
    "grace": _Reader.on_grace,
    "field": _Reader.on_field,
    "ending": _Reader.on_ending,
    "bar": _Reader.on_bar,
    "tuplet": _Reader.on_tuplet,
    "chord": _Reader.on_chord,
    "note": _Reader.on_note,
    "rest": _Reader.on_rest,
    "bars_rest": _Reader.on_bars_rest,
    "broken": _Reader.on_broken,
    "tie": _Reader.on_tie,
    "ornament": _Reader.on_ornament,
    "slur": _Reader.on_slur,
    "blank": _Reader.on_blank,
    "other": _Reader.on_other,
}


def _passes(text: str) -> frozenset[int]:
    """The numbers of an ending: ``1``, ``1,3``, ``1-3``."""
    found: set[int] = set()
    for word in text.split(","):
        numbers = [int(number[:2]) for number in re.findall(r"\d+", word)]
        if numbers:
            found.update(range(numbers[0], max(numbers[-1], numbers[0]) + 1))
    return frozenset(found)


def _tempo(text: str) -> float | None:
    """Quarter notes per minute of a ``Q:`` field; None where it is words."""
    found = re.search(r"(?:(\d{1,2})/(\d{1,2})\s*=\s*)?(\d{2,3})\b", text)
    if not found:
        return None
    beat = Fraction(int(found[1]), int(found[2]) or 1) if found[1] else Fraction(1, 4)
    bpm = float(int(found[3]) * beat * 4)
    return bpm if 20 <= bpm <= 400 else None
