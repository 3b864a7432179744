"""The bars of one part as ``<measure>`` elements: attributes, directions, notes, rests, beams."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter
from statistics import median
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from ..chord import Chord
from ..key import Key
from ..meter import TICKS_PER_QUARTER
from ..score import Score, Track
from ..swing import STRAIGHT
from ..wording import one_line
from .musicxml_harmony import harmony_element
from .musicxml_notes import Slot, decimal, note_element, rest_element
from .musicxml_raw import VELOCITY
from .musicxml_rhythm import Span, beams, notate
from .musicxml_spelling import signature_alter, spell
from .musicxml_voices import Group, Piece, staves, voices

_MARKS = ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff")


class Clef(NamedTuple):
    """A clef: sign, line, and octaves it shifts."""

    sign: str
    line: int = 2
    octave: int = 0


@dataclass
class _Events:
    """What stands over a bar of this part: (tick in the bar, element), in order."""

    items: list[tuple[int, Element]] = field(default_factory=list)


class PartWriter:
    """Writes one track. leads: it carries tempi and sections; lane: it carries the chords."""

    def __init__(self, score: Score, track: Track, part: str, leads: bool, lane: bool) -> None:
        self.score = score
        self.track = track
        self.part = part
        self.leads = leads
        self.staves = staves(score, track)
        pitched = any(not other.is_drums for other in score.tracks)
        keyed = not (track.is_drums and pitched)
        self.keys: list[dict[int, Key]] = [{} for _ in score.bars]
        for change in score.keys if keyed else ():
            if change.tick < score.ticks:
                bar = score.bar_at(change.tick)
                self.keys[bar][change.tick - score.bar_starts[bar]] = change.key
        self.events = self._events(lane)
        self.clefs = _clefs(track, len(self.staves))

    def measures(self) -> list[Element]:
        """One element per bar."""
        return [self._measure(bar) for bar in range(len(self.score.bars))]

    def _measure(self, bar: int) -> Element:
        score = self.score
        pickup = score.bars[0].length is not None and len(score.bars) > 1
        measure = Element("measure", number=str(bar + (0 if pickup else 1)))
        if score.bars[bar].length is not None:
            measure.set("implicit", "yes")
        length = score.bars[bar].ticks
        changes = {tick: key for tick, key in self.keys[bar].items() if tick > 0}
        self._attributes(measure, bar, self.keys[bar].get(0))
        key = score.key_at(score.bar_starts[bar])
        first = True
        for staff, pieces in enumerate(self.staves):
            lines = voices(pieces[bar], sorted(changes), self.track.is_drums) or [[]]
            slots = [
                slot
                for index, line in enumerate(lines)
                for slot in self._slots(bar, line, staff, index, len(lines), changes)
            ]
            self._spell(slots, key, changes)
            for voice in sorted({slot.voice for slot in slots}):
                if not first:
                    backup = SubElement(measure, "backup")
                    SubElement(backup, "duration").text = str(length)
                line = [slot for slot in slots if slot.voice == voice]
                self._line(measure, line, bar, changes if first else {}, first)
                first = False
        if bar + 1 == len(score.bars):
            barline = SubElement(measure, "barline", location="right")
            SubElement(barline, "bar-style").text = "light-heavy"
        return measure

    def _attributes(self, measure: Element, bar: int, key: Key | None) -> None:
        bars = self.score.bars
        attributes = Element("attributes")
        if bar == 0:
            SubElement(attributes, "divisions").text = str(TICKS_PER_QUARTER)
        if key is not None:
            attributes.append(_key_element(key))
        if bar == 0 or bars[bar].meter != bars[bar - 1].meter:
            time = SubElement(attributes, "time")
            SubElement(time, "beats").text = str(bars[bar].meter.numerator)
            SubElement(time, "beat-type").text = str(bars[bar].meter.denominator)
        if bar == 0:
            if len(self.clefs) > 1:
                SubElement(attributes, "staves").text = str(len(self.clefs))
            for number, clef in enumerate(self.clefs, 1):
                element = SubElement(attributes, "clef")
                if len(self.clefs) > 1:
                    element.set("number", str(number))
                SubElement(element, "sign").text = clef.sign
                if clef.sign != "percussion":
                    SubElement(element, "line").text = str(clef.line)
                if clef.octave:
                    SubElement(element, "clef-octave-change").text = str(clef.octave)
        if len(attributes):
            measure.append(attributes)

    def _slots(
        self,
        bar: int,
        line: Sequence[Group],
        staff: int,
        index: int,
        count: int,
        changes: dict[int, Key],
    ) -> Iterator[Slot]:
        """The voice's values in time order: notes, rests (upper voice) and gaps (the others)."""
        meter, length, lead = (
            self.score.bars[bar].meter,
            self.score.bars[bar].ticks,
            self.score.lead(bar),
        )
        voice = staff * 4 + index + 1
        stem = "" if count == 1 else ("up" if index % 2 == 0 else "down")
        entries: list[tuple[Span, Group | None]] = []
        at = 0
        edges = [*sorted(changes), length] if index == 0 and staff == 0 else [length]
        for group in [*line, None]:
            until = length if group is None else group.start
            while at < until:
                stop = min(until, next(edge for edge in edges if edge > at))
                entries.append((Span(at + lead, stop + lead, True), None))
                at = stop
            if group is not None:
                entries.append((Span(group.start + lead, group.end + lead, False), group))
                at = group.end
        if not line and len(entries) == 1 and length == meter.ticks:
            yield Slot(0, length, voice, staff, whole=True)
            return
        written = notate([span for span, _ in entries], meter)
        flat: list[Slot] = []
        for (span, group), values in zip(entries, written, strict=True):
            if group is None and index > 0:
                flat.append(Slot(span.start - lead, span.end - lead, voice, staff, gap=True))
                continue
            for place, value in enumerate(values):
                if group is None:
                    pieces: tuple[Piece, ...] = ()
                elif self.track.is_drums:
                    pieces = _struck(group, value.end - lead) if place == 0 else ()
                else:
                    pieces = _tied(group, place, len(values))
                flat.append(
                    Slot(
                        value.start - lead,
                        value.end - lead,
                        voice,
                        staff,
                        value=value,
                        pieces=pieces,
                        stem=stem if pieces else "",
                    )
                )
        marks = beams([slot.value if slot.pieces else None for slot in flat], meter)
        for slot, mark in zip(flat, marks, strict=True):
            slot.beams = mark
        _mark_tuplets(flat)
        yield from flat

    def _spell(self, slots: Sequence[Slot], key: Key | None, changes: dict[int, Key]) -> None:
        """Names and accidentals of a staff's notes: an accidental holds to the end of the bar."""
        if self.track.is_drums:
            return
        shown: dict[tuple[str, int], int] = {}
        pending = sorted(changes.items())
        for slot in sorted(slots, key=lambda slot: (slot.start, slot.voice)):
            while pending and pending[0][0] <= slot.start:
                key = pending.pop(0)[1]
                shown.clear()
            for piece in slot.pieces:
                onset = piece.note.onset
                name = spell(piece.note.pitch, self.score.key_at(onset), self.score.chord_at(onset))
                place = (name.step, name.octave)
                current = shown.get(place, signature_alter(name.step, key))
                accidental = None
                if name.alter != current and not piece.tie_stop:
                    accidental = name.alter
                    shown[place] = name.alter
                slot.names.append((name, accidental))

    def _line(
        self,
        measure: Element,
        line: Sequence[Slot],
        bar: int,
        changes: dict[int, Key],
        first: bool,
    ) -> None:
        """One voice; the first also carries what stands over the bar, each at its tick."""
        events = list(self.events[bar].items) if first else []
        many = len(self.staves) > 1
        for index, slot in enumerate(line):
            if slot.start in changes:
                attributes = SubElement(measure, "attributes")
                attributes.append(_key_element(changes[slot.start]))
            while events and (events[0][0] < slot.end or index + 1 == len(line)):
                tick, element = events.pop(0)
                _place(element, tick - slot.start)
                measure.append(element)
            if slot.gap:
                forward = SubElement(measure, "forward")
                SubElement(forward, "duration").text = str(slot.end - slot.start)
            elif not slot.pieces:
                measure.append(rest_element(slot, many))
            else:
                for place in range(len(slot.pieces)):
                    measure.append(note_element(slot, place, self.track.is_drums, self.part, many))

    def _events(self, lane: bool) -> list[_Events]:
        score = self.score
        found = [_Events() for _ in score.bars]

        def add(tick: int, element: Element) -> None:
            bar = score.bar_at(tick)
            found[bar].items.append((tick - score.bar_starts[bar], element))

        if self.leads:
            for section in score.sections:
                add(score.bar_starts[section.bar], _direction("rehearsal", section.name))
            for change in score.tempos:
                if change.tick < score.ticks:
                    add(change.tick, self._tempo(change.tick, change.bpm))
            for tick, ratio in _swing_changes(score):
                add(tick, _swing(ratio))
        if lane:
            for tick, chord in _chord_marks(score):
                add(tick, harmony_element(chord))
        for tick, mark in self._loudness():
            add(tick, _dynamics(mark))
        for events in found:
            events.items.sort(key=lambda item: item[0])
        return found

    def _tempo(self, tick: int, bpm: float) -> Element:
        meter = self.score.bars[self.score.bar_at(tick)].meter
        dotted = meter.denominator == 8 and meter.numerator % 3 == 0 and meter.numerator > 3
        direction = Element("direction", placement="above")
        metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
        SubElement(metronome, "beat-unit").text = "quarter"
        if dotted:
            SubElement(metronome, "beat-unit-dot")
        shown = round(bpm / (1.5 if dotted else 1.0), 1)
        SubElement(metronome, "per-minute").text = f"{shown:g}"
        SubElement(direction, "sound", tempo=decimal(bpm))
        return direction

    def _loudness(self) -> Iterator[tuple[int, str]]:
        """A dynamic mark at the first note, and at the sections that are played otherwise."""
        notes = self.track.notes
        starts = [self.score.bar_starts[s.bar] for s in self.score.sections]
        edges = [*sorted({0, *starts}), self.score.ticks]
        last = ""
        for low, high in pairwise(edges):
            first, after = (
                bisect_left(notes, tick, key=attrgetter("onset")) for tick in (low, high)
            )
            inside = notes[first:after]
            if not inside:
                continue
            level = median(note.velocity for note in inside)
            mark = min(_MARKS, key=lambda name: abs(VELOCITY[name] - level))
            if mark != last:
                yield inside[0].onset, mark
            last = mark


def _tied(group: Group, place: int, count: int) -> tuple[Piece, ...]:
    """The group's pieces for one of the values it is written as."""
    return tuple(
        piece._replace(
            tie_stop=piece.tie_stop or place > 0,
            tie_start=piece.tie_start or place + 1 < count,
        )
        for piece in group.pieces
    )


def _struck(group: Group, end: int) -> tuple[Piece, ...]:
    """A drum hit as one value that ends at `end`: rests follow it where a tie would."""
    return tuple(piece._replace(release=piece.release + group.end - end) for piece in group.pieces)


def _mark_tuplets(slots: Sequence[Slot]) -> None:
    """From the first to the last value of each triplet; a bracket where no beam holds it."""
    windows: dict[tuple[int, int], list[Slot]] = {}
    for slot in slots:
        if slot.value is not None and slot.value.tuplet is not None:
            windows.setdefault(slot.value.tuplet, []).append(slot)
    for members in windows.values():
        members[0].tuplet_start = True
        members[-1].tuplet_stop = True
        members[0].tuplet_broken = not all(slot.beams for slot in members)


def _chord_marks(score: Score) -> Iterator[tuple[int, Chord | None]]:
    """Onsets of the chords, and None where the lane falls silent."""
    spans = sorted(score.chords, key=lambda span: span.onset)
    for span, after in zip(spans, [*spans[1:], None], strict=False):
        yield span.onset, span.chord
        if span.end < (score.ticks if after is None else after.onset):
            yield span.end, None


def _swing_changes(score: Score) -> Iterator[tuple[int, float]]:
    """(tick, swing) where bars begin to swing, and where they no longer do."""
    now = STRAIGHT
    for start, bar in zip(score.bar_starts, score.bars, strict=False):
        ratio = score.swing if bar.meter.has_quarter_beats else STRAIGHT
        if ratio != now:
            yield start, ratio
        now = ratio


def _swing(ratio: float) -> Element:
    """What playback needs to know, and a word for those who read."""
    direction = _direction("words", "Straight" if ratio == STRAIGHT else "Swing")
    swing = SubElement(SubElement(direction, "sound"), "swing")
    if ratio == STRAIGHT:
        SubElement(swing, "straight")
        return direction
    share = Fraction(ratio).limit_denominator(1000)
    SubElement(swing, "first").text = str(share.numerator)
    SubElement(swing, "second").text = str(share.denominator - share.numerator)
    SubElement(swing, "swing-type").text = "eighth"
    return direction


def _key_element(key: Key) -> Element:
    element = Element("key")
    SubElement(element, "fifths").text = str(key.fifths)
    SubElement(element, "mode").text = key.mode
    return element


def _direction(kind: str, text: str) -> Element:
    direction = Element("direction", placement="above")
    SubElement(SubElement(direction, "direction-type"), kind).text = one_line(text)
    return direction


def _dynamics(mark: str) -> Element:
    direction = Element("direction", placement="below")
    SubElement(SubElement(SubElement(direction, "direction-type"), "dynamics"), mark)
    return direction


def _place(element: Element, offset: int) -> None:
    """Put an event `offset` ticks after the note that follows it."""
    if not offset:
        return
    shift = Element("offset")
    shift.text = str(offset)
    if element.tag == "direction":
        shift.set("sound", "yes")
        sound = element.find("sound")
        place = len(element) if sound is None else list(element).index(sound)
        element.insert(place, shift)
    else:
        element.append(shift)


_LOW = (42, 47, 57, 58, 70)
"""Cello, timpani, trombone, tuba and bassoon, which read the bass clef up to higher notes."""
_LOW_UP_TO = 64


def _clefs(track: Track, count: int) -> list[Clef]:
    if track.is_drums:
        return [Clef("percussion")]
    if count == 2:
        return [Clef("G"), Clef("F", 4)]
    if 24 <= track.program <= 31:
        return [Clef("G", 2, -1)]
    if 32 <= track.program <= 39 or track.program == 43:
        return [Clef("F", 4, -1)]
    if track.program == 41:
        return [Clef("C", 3)]
    pitches = sorted(note.pitch for note in track.notes) or [72]
    middle = median(pitches)
    if middle < (_LOW_UP_TO if track.program in _LOW else 57):
        return [Clef("F", 4)]
    if middle >= 86:
        return [Clef("G", 2, 1)]
    return [Clef("G")]
