"""Score to tokens.

A document: ``BOS Style`` (``Plan`` for a plan without notes), the tracks with their instruments,
the `Ahead` blocks of the first bars, then bar by bar ``Bar Ahead <controls> Now <notes>``, ``EOS``.
The block after the ``Bar`` of bar b holds what is known of bar b + `ahead`: section, key, tempo,
meter, chords and locked notes (Thickstun et al. 2023, anticipation, here in metrical time).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ..chord import Chord
from ..errors import TokenError
from ..files.losses import Losses
from ..instruments import DRUM_PITCHES, ROLES
from ..plan import MAX_TRACKS_PER_ROLE, STYLES
from ..score import KeyChange, Note, Score, Section, TempoChange, Track
from .attributes import measure
from .vocabulary import (
    DRUM_DURATION,
    MAX_DURATION,
    TEMPOS,
    VELOCITY_STEP,
    section_label,
    tempo_step,
    vocabulary,
)

Change = TypeVar("Change", TempoChange, KeyChange)

AHEAD = 1
"""How many bars before its bar a control is written."""


class Encoded(NamedTuple):
    """ids: uint16 [n]. ticks: int32 [n], the moment of the score each token speaks of, counted from
    the start of the first encoded bar. bars: int32 [bars], where each ``Bar`` token stands.
    losses: what was quantised or dropped (title and names of tracks aside)."""

    ids: npt.NDArray[np.uint16]
    ticks: npt.NDArray[np.int32]
    bars: npt.NDArray[np.int32]
    losses: Losses


class TrackSlot(NamedTuple):
    """A track of a document: its place in the score and its ``Track`` token's value."""

    place: int
    track: Track
    label: str


def track_slots(tracks: Collection[Track]) -> tuple[list[TrackSlot], list[Track]]:
    """Tracks in document order (by role, then as they come), and those there is no token for."""
    slots, left_out = [], []
    for role in ROLES:
        ordinal = 0
        for index, track in enumerate(tracks):
            if track.role == role:
                ordinal += 1
                if ordinal > MAX_TRACKS_PER_ROLE:
                    left_out.append(track)
                else:
                    slots.append(TrackSlot(index, track, f"{role}{ordinal}"))
    return slots, left_out


def chord_tokens(chord: Chord) -> list[int]:
    """Root, quality and, if inverted, bass."""
    v = vocabulary()
    if chord.is_none:
        return [v.id("ChordQuality", "N")]
    ids = [v.id("ChordRoot", chord.root_class), v.id("ChordQuality", chord.quality)]
    if chord.bass is not None:
        ids.append(v.id("ChordBass", chord.bass_class))
    return ids


def velocity_token(velocity: int) -> int:
    """Token of the nearest velocity step."""
    steps = min(max(round(velocity / VELOCITY_STEP), 1), 127 // VELOCITY_STEP + 1)
    return vocabulary().start("Velocity") + steps - 1


def velocity_of(token: int) -> int:
    """MIDI velocity of a ``Velocity`` token."""
    return min(127, (token - vocabulary().start("Velocity") + 1) * VELOCITY_STEP)


def duration_tokens(ticks: int) -> list[int]:
    """One token, or several whose durations add up."""
    start = vocabulary().start("Duration")
    whole, rest = divmod(ticks, MAX_DURATION)
    return [start + MAX_DURATION - 1] * whole + ([start + rest - 1] if rest else [])


_onset = attrgetter("onset")


def _latest(changes: Sequence[Change], begin: int, end: int) -> Change | None:
    """The last change in [begin, end), of changes sorted by tick."""
    place = bisect_left(changes, end, key=attrgetter("tick")) - 1
    return changes[place] if place >= 0 and changes[place].tick >= begin else None


class Given(NamedTuple):
    """What is known of a score before it is written.

    bars: track index -> bars that are given whole, also where they are silent. notes: track index
    -> indices of single notes that are given in other bars.
    """

    bars: Mapping[int, Collection[int]] = {}
    notes: Mapping[int, Collection[int]] = {}


NOTHING = Given()


class Encoder:
    """Writes the parts of a document. One encoder serves one score and one stretch of its bars."""

    def __init__(
        self,
        score: Score,
        *,
        start: int = 0,
        stop: int | None = None,
        ahead: int = AHEAD,
        given: Given = NOTHING,
    ) -> None:
        self.score, self.ahead, self.start = score, ahead, start
        self.stop = len(score.bars) if stop is None else stop
        self.slots, left_out = track_slots(score.tracks)
        self.counts: Counter[str] = Counter()
        for track in left_out:
            self.counts["tracks beyond four per role"] += 1
            self.counts["notes of tracks beyond four per role"] += len(track.notes)
        self.origin = score.bar_starts[start] - score.lead(start)
        self.ids: list[int] = []
        self.ticks: list[int] = []
        self._v = vocabulary()
        self._notes: list[list[tuple[int, int, Note]]] = [[] for _ in score.bars]
        self._told: list[list[tuple[int, int, Note]]] = [[] for _ in score.bars]
        self.given = given
        begin = score.bar_starts[start]
        end = score.bar_starts[min(self.stop + ahead, len(score.bars))]
        for rank, slot in enumerate(self.slots):
            notes, whole = slot.track.notes, given.bars.get(slot.place, ())
            single = given.notes.get(slot.place, ())
            first = bisect_left(notes, begin, key=_onset)
            for index in range(first, bisect_left(notes, end, key=_onset)):
                note = notes[index]
                if slot.track.is_drums and not DRUM_PITCHES[0] <= note.pitch <= DRUM_PITCHES[1]:
                    self.counts["drum outside General MIDI"] += 1
                    continue
                bar, position = score.position(note.onset)
                told = bar in whole or index in single
                (self._told if told else self._notes)[bar].append((position, rank, note))

    def put(self, tokens: Collection[int], tick: int) -> None:
        """Append tokens that speak of a tick of the score."""
        self.ids += tokens
        self.ticks += [tick - self.origin] * len(tokens)

    def header(
        self,
        style: str,
        *,
        plan: bool = False,
        attributes: Callable[[TrackSlot], Sequence[int]] = lambda slot: (),
    ) -> None:
        """``BOS Style [Plan]`` and the tracks, each with the tokens of its stated attributes."""
        v = self._v
        if style not in STYLES:
            raise TokenError(f"style {style!r} is unknown; allowed: {', '.join(STYLES)}")
        tokens = [v.id("BOS"), v.id("Style", style)]
        if plan:
            tokens.append(v.id("Plan"))
        for slot in () if plan else self.slots:
            tokens += [v.id("Track", slot.label), v.id("Program", slot.track.program)]
            tokens += attributes(slot)
        self.put(tokens, self.origin)

    def block(self, bar: int) -> None:
        """The ``Ahead`` block that tells of `bar`; at a window's start it tells the whole state."""
        v, score = self._v, self.score
        if bar >= len(score.bars):
            self.put([v.id("Ahead"), v.id("End")], score.ticks)
            return
        begin, end = score.bar_starts[bar], score.bar_starts[bar + 1]
        tokens = [v.id("Ahead")]
        section = self._section(bar)
        if section is not None:
            tokens.append(v.id("Section", section_label(section.name)))
        since = 0 if bar == self.start else begin
        key_change = _latest(score.keys, since, end)
        if key_change is not None:
            key = key_change.key
            tokens += [v.id("KeyTonic", key.tonic_class), v.id("KeyMode", key.mode)]
        tempo = _latest(score.tempos, since, end)
        if tempo is not None:
            tokens.append(v.start("Tempo") + tempo_step(tempo.bpm))
        written = score.bars[bar]
        tokens.append(v.id("TimeSig", str(written.meter)))
        if written.length is not None:
            tokens += duration_tokens(written.length)
        self.put(tokens, begin - score.lead(bar))
        self._chords(begin, end)
        for rank, slot in enumerate(self.slots):
            notes = [event for event in self._told[bar] if event[1] == rank]
            whole = bar in self.given.bars.get(slot.place, ())
            if notes or whole:
                opening = [v.id("Track", slot.label), *([] if whole else [v.id("Partly")])]
                self.put(opening, begin - score.lead(bar))
                self._line(bar, slot, notes)

    def _section(self, bar: int) -> Section | None:
        """The section that begins with a bar, or at a window's start the one that it cuts."""
        sections = self.score.sections
        place = bisect_left(sections, bar, key=attrgetter("bar"))
        if bar == self.start:
            for section in sections[:place]:
                if bar < section.bar + section.bars:
                    return section
        begins = place < len(sections) and sections[place].bar == bar
        return sections[place] if begins else None

    def _chords(self, begin: int, end: int) -> None:
        spans = self.score.chords
        first, last = (bisect_left(spans, tick, key=_onset) for tick in (begin, end))
        for onset in sorted({begin} | {span.onset for span in spans[first:last]}):
            chord = self.score.chord_at(onset)
            if chord is not None:
                _, position = self.score.position(onset)
                start = self._v.start("Position")
                self.put([start + position, *chord_tokens(chord)], onset)

    def bar(self, bar: int, *, plan: bool = False) -> None:
        """``Bar``, the block of a later bar, ``Now`` and this bar's notes."""
        v = self._v
        begin = self.score.bar_starts[bar] - self.score.lead(bar)
        self.put([v.id("Bar")], begin)
        if plan:
            self.block(bar)
            return
        self.block(bar + self.ahead)
        self.put([v.id("Now")], begin)
        for rank, slot in enumerate(self.slots):
            notes = [event for event in self._notes[bar] if event[1] == rank]
            if notes:
                self.put([v.id("Track", slot.label)], begin)
                self._line(bar, slot, notes)

    def _line(self, bar: int, slot: TrackSlot, events: list[tuple[int, int, Note]]) -> None:
        """The notes of a track in a bar."""
        v = self._v
        begin = self.score.bar_starts[bar] - self.score.lead(bar)
        position = velocity = -1
        drums = slot.track.is_drums
        for at, _, note in sorted(events):
            tokens = []
            if at != position:
                tokens.append(v.start("Position") + at)
                position = at
            if velocity != (wanted := velocity_token(note.velocity)):
                tokens.append(wanted)
                velocity = wanted
            if drums:
                tokens.append(v.id("PitchDrum", note.pitch))
                self.counts["drum duration"] += note.duration != DRUM_DURATION
            else:
                tokens += [v.start("Pitch") + note.pitch, *duration_tokens(note.duration)]
            self.counts["velocity quantised"] += velocity_of(velocity) != note.velocity
            self.counts["performance timing or tuning"] += bool(note.shift or note.cents)
            self.put(tokens, begin + at)

    def count_lanes(self) -> None:
        """Count what the lanes of the whole score hold that tokens do not."""
        score = self.score
        self.counts["swing"] += score.swing != 0.5
        self.counts["tempo quantised"] += sum(
            TEMPOS[tempo_step(c.bpm)] != c.bpm for c in score.tempos
        )
        starts = set(score.bar_starts)
        self.counts["tempo or key change inside a bar"] += sum(
            tick not in starts
            for tick in (*(c.tick for c in score.tempos), *(c.tick for c in score.keys))
        )
        self.counts["section name"] += sum(section_label(s.name) != s.name for s in score.sections)
        sections = sorted(score.sections, key=lambda section: section.bar)
        marks = [section.bar for section in sections[1:]] + [len(score.bars)]
        self.counts["section ends before the next"] += sum(
            s.bar + s.bars != mark for s, mark in zip(sections, marks, strict=False)
        )
        ends = [span.onset for span in score.chords[1:]] + [score.ticks]
        self.counts["chord ends before the next"] += sum(
            span.end < end for span, end in zip(score.chords, ends, strict=False)
        )

    def result(self) -> Encoded:
        """Everything written so far."""
        ids = np.asarray(self.ids, np.uint16)
        losses = Losses({reason: n for reason, n in self.counts.items() if n})
        bars = np.flatnonzero(ids == self._v.id("Bar")).astype(np.int32)
        return Encoded(ids, np.asarray(self.ticks, np.int32), bars, losses)


def attribute_tokens(density: int | None, register: int | None, polyphony: int | None) -> list[int]:
    """Tokens of the attributes that are stated."""
    v = vocabulary()
    named = (("NoteDensity", density), ("Register", register), ("Polyphony", polyphony))
    return [v.id(kind, value) for kind, value in named if value is not None]


def encode(
    score: Score,
    style: str = "game",
    *,
    start: int = 0,
    stop: int | None = None,
    ahead: int = AHEAD,
    plan: bool = False,
    given: Given = NOTHING,
    stated: Callable[[int, str], bool] | None = None,
) -> Encoded:
    """Encode bars `start` to `stop - 1` of a score as one document.

    plan: sections and chords only. given: what is written ahead, as controls.
    stated: whether to write an attribute of a track (by index). ``EOS`` ends the document
    only where the score ends. Raises `TokenError` for an unknown style.
    """
    encoder = Encoder(score, start=start, stop=stop, ahead=ahead, given=NOTHING if plan else given)
    begin, end = score.bar_starts[encoder.start], score.bar_starts[encoder.stop]

    def attributes(slot: TrackSlot) -> list[int]:
        if stated is None:
            return []
        notes = [note for note in slot.track.notes if begin <= note.onset < end]
        found = measure(notes, end - begin)
        if found is None:
            return []
        return attribute_tokens(
            found.density if stated(slot.place, "density") else None,
            found.register if stated(slot.place, "register") else None,
            found.polyphony if stated(slot.place, "polyphony") else None,
        )

    encoder.header(style, plan=plan, attributes=attributes)
    if not plan:
        for bar in range(start, start + ahead):
            encoder.block(bar)
    for bar in range(encoder.start, encoder.stop):
        encoder.bar(bar, plan=plan)
    if encoder.stop == len(score.bars):
        encoder.put([vocabulary().id("EOS")], score.ticks)
    encoder.count_lanes()
    return encoder.result()
