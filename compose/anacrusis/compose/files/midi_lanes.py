"""Bars, tempo map, keys, sections and chords of a MIDI file."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from ..chord import Chord
from ..errors import FileFormatError, SymbolError
from ..key import MODES, Key
from ..meter import MAX_BAR_TICKS, Meter
from ..plan import MAX_BARS
from ..score import Bar, ChordSpan, KeyChange, Section, TempoChange
from ..swing import STRAIGHT, Swing, SwingMap
from .midi_grid import Grid, tempo, unplay
from .midi_text import (
    CHORD_STOP,
    ShortBar,
    decode,
    read_bars,
    read_short_bar,
    read_swing,
    read_word,
    tidy,
)
from .smf import (
    BEND,
    CONTROL,
    COPYRIGHT,
    CUE,
    INSTRUMENT_NAME,
    KEY_SIGNATURE,
    LYRIC,
    MARKER,
    META,
    NOTE_OFF,
    NOTE_ON,
    POLY_PRESSURE,
    PORT,
    PRESSURE,
    PROGRAM,
    TEMPO,
    TEXT,
    TIME_SIGNATURE,
    TRACK_NAME,
    MidiFile,
)

MAX_TICKS = MAX_BARS * MAX_BAR_TICKS
_SUSTAIN_PEDAL = 64


@dataclass
class Marker:
    """A marker's text, and the number of bars that follows it, where that is stated."""

    tick: int
    name: str
    bars: int | None = None


@dataclass
class Lanes:
    """What a file says about the whole piece, on the grid, in the order of the file."""

    meters: dict[int, tuple[int, int]] = field(default_factory=dict)
    short_bars: dict[int, ShortBar] = field(default_factory=dict)
    tempos: dict[int, float] = field(default_factory=dict)
    keys: dict[int, Key] = field(default_factory=dict)
    modes: dict[int, Key] = field(default_factory=dict)
    chords: dict[int, Chord | None] = field(default_factory=dict)
    markers: list[Marker] = field(default_factory=list)
    swings: dict[int, Swing] = field(default_factory=dict)
    end: int | None = None
    composer: str = ""


_IGNORED = {
    BEND: "pitch bends",
    PRESSURE: "pressure events",
    POLY_PRESSURE: "pressure events",
}
_QUIET = frozenset((TRACK_NAME, INSTRUMENT_NAME, PORT))


def read_lanes(midi: MidiFile, lost: Counter[str], uncontrolled: bool = True) -> Lanes:
    """Gather the lanes of all MIDI tracks; what a score does not hold is counted in `lost`.

    uncontrolled: whether control events are not kept either.
    """
    lanes = Lanes()
    grid = Grid(midi.division)
    events = [
        (event.tick, number, event)
        for number, chunk in enumerate(midi.chunks)
        for event in chunk.events
        if event.kind not in (NOTE_ON, NOTE_OFF, PROGRAM)
    ]
    events.sort(key=lambda entry: entry[:2])
    for tick, _, event in events:
        if event.kind != META:
            if event.kind == CONTROL:
                pedal = event.a == _SUSTAIN_PEDAL
                lost["sustain pedal events" if pedal else "controller events"] += uncontrolled
            elif event.kind in _IGNORED:
                lost[_IGNORED[event.kind]] += uncontrolled
            else:
                lost["system exclusive events"] += 1
            continue
        at = grid.nearest(tick)
        if event.a == TEMPO and len(event.data) == 3:
            _tempo(lanes, at, int.from_bytes(event.data), lost)
        elif event.a == TIME_SIGNATURE and len(event.data) >= 2:
            lanes.meters[at] = (event.data[0], 1 << event.data[1])
        elif event.a == KEY_SIGNATURE and len(event.data) >= 2:
            _key(lanes, at, event.data, lost)
        elif event.a == MARKER:
            lanes.markers.append(Marker(at, tidy(decode(event.data), lost)))
        elif event.a == TEXT:
            _text(lanes, at, decode(event.data), lost)
        elif event.a == LYRIC:
            lost["lyrics"] += 1
        elif event.a in (COPYRIGHT, CUE):
            lost["texts"] += 1
        elif event.a not in _QUIET:
            lost["other meta events"] += 1
    return lanes


def _tempo(lanes: Lanes, tick: int, microseconds: int, lost: Counter[str]) -> None:
    bpm = tempo(microseconds) if microseconds else 0.0
    if not 1.0 <= bpm <= 2000.0:
        lost["impossible tempos"] += 1
        return
    if lanes.tempos.get(tick, bpm) != bpm:
        lost["tempo changes within one tick"] += 1
    lanes.tempos[tick] = bpm


def _key(lanes: Lanes, tick: int, data: bytes, lost: Counter[str]) -> None:
    fifths = int.from_bytes(data[:1], signed=True)
    if not -7 <= fifths <= 7 or data[1] > 1:
        lost["key signatures that name no key"] += 1
        return
    lanes.keys[tick] = Key.from_fifths(fifths, "minor" if data[1] else "major")


def _text(lanes: Lanes, tick: int, text: str, lost: Counter[str]) -> None:
    word, value = read_word(text)
    if word == "chord":
        try:
            lanes.chords[tick] = None if value == CHORD_STOP else Chord.parse(value)
        except SymbolError:
            lost["chords that cannot be read"] += 1
    elif word == "bar" and (short := read_short_bar(value)) is not None:
        lanes.short_bars[tick] = short
    elif word == "section" and lanes.markers and lanes.markers[-1].tick == tick:
        lanes.markers[-1].bars = read_bars(value)
    elif word == "key" and value.rpartition(" ")[2] in MODES:
        try:
            lanes.modes[tick] = Key.parse(value)
        except SymbolError:
            lost["texts"] += 1
    elif word == "swing" and (swing := read_swing(value, tick)) is not None:
        lanes.swings[tick] = swing
    elif word == "composer":
        lanes.composer = tidy(value, lost)
    elif text == "end":
        lanes.end = tick
    elif word not in ("role", "shift"):
        lost["texts"] += 1


def straightened(midi: MidiFile, lanes: Lanes) -> MidiFile:
    """The file with all events where they would stand if its ``swing:`` texts said straight."""
    if not lanes.swings:
        return midi
    grid = Grid(midi.division)
    last = min(grid.nearest(max(chunk.end for chunk in midi.chunks)), MAX_TICKS)
    lane = tuple(swing for tick, swing in sorted(lanes.swings.items()) if tick < last)
    swing = SwingMap(lane, last)
    chunks = []
    for chunk in midi.chunks:
        ticks = np.array([*(event.tick for event in chunk.events), chunk.end], np.int64)
        *moved, end = unplay(swing, ticks, midi.division).tolist()
        events = [e._replace(tick=tick) for e, tick in zip(chunk.events, moved, strict=True)]
        chunks.append(replace(chunk, events=events, end=end))
    return replace(midi, chunks=chunks)


def build_swing(lanes: Lanes, lost: Counter[str]) -> float:
    """The swing of the piece: a score has one."""
    ratios = [s.ratio for _, s in sorted(lanes.swings.items()) if s.ratio != STRAIGHT]
    lost["changes of swing"] += len(set(ratios[1:]) - set(ratios[:1]))
    return ratios[0] if ratios else STRAIGHT


def build_bars(lanes: Lanes, onset: int, end: int) -> tuple[Bar, ...]:
    """Bars from the first tick to `end`, so that `onset`, the last note's, lies within them.

    A time signature that comes inside a bar cuts that bar short; one that repeats the meter does
    not. Raises `FileFormatError` for meters the grid does not hold, and for over 2,000 bars.
    """
    exact = lanes.end if lanes.end is not None and lanes.end > onset else None
    end = exact or max(end, 1)
    if end > MAX_TICKS:
        raise FileFormatError(
            f"the music goes on for {end // 48} whole notes; allowed: up to {MAX_BARS} bars; "
            "split the piece, or look for a stray event far behind its end"
        )
    meter: tuple[int, int] = (4, 4)
    changes: list[tuple[int, tuple[int, int]]] = []
    for tick, found in sorted(lanes.meters.items()):
        if found != meter:
            changes.append((tick, found))
            meter = found
    meter, tick, index = (4, 4), 0, 0
    bars: list[Bar] = []
    while tick < end:
        while index < len(changes) and changes[index][0] <= tick:
            meter = changes[index][1]
            index += 1
        short = lanes.short_bars.get(tick)
        held = short.meter if short else _supported(meter, len(bars) + 1)
        length = short.length if short else held.ticks
        if index < len(changes):
            length = min(length, changes[index][0] - tick)
        if exact is not None:
            length = min(length, exact - tick)
        bars.append(Bar(held, length))
        tick += length
        if len(bars) > MAX_BARS:
            raise FileFormatError(
                f"the MIDI file has over {MAX_BARS} bars; allowed: up to that many; split the piece"
            )
    return tuple(bars)


def _supported(meter: tuple[int, int], bar: int) -> Meter:
    numerator, denominator = meter
    try:
        if denominator > 64:
            raise SymbolError(
                f"a meter of {denominator.bit_length() - 1} halvings is not supported"
            )
        return Meter(numerator, denominator)
    except SymbolError as error:
        raise FileFormatError(f"bar {bar} of the MIDI file: {error}; rewrite that bar") from None


def build_tempos(lanes: Lanes, end: int, lost: Counter[str]) -> tuple[TempoChange, ...]:
    """The tempo map; 120 quarter notes per minute until the first tempo, as RP-001 says."""
    lost["changes after the last bar"] += sum(tick >= end for tick in lanes.tempos)
    kept = {0: 120.0} | {tick: bpm for tick, bpm in lanes.tempos.items() if tick < end}
    return tuple(TempoChange(tick, bpm) for tick, bpm in sorted(kept.items()))


def build_keys(lanes: Lanes, end: int, lost: Counter[str]) -> tuple[KeyChange, ...]:
    """The keys; a stated mode replaces the major or minor key of the same signature."""
    lost["changes after the last bar"] += sum(tick >= end for tick in lanes.keys)
    changes = []
    for tick, key in sorted(lanes.keys.items()):
        mode = lanes.modes.get(tick)
        if tick < end:
            held = mode if mode is not None and mode.fifths == key.fifths else key
            changes.append(KeyChange(tick, held))
    return tuple(changes)


def build_chords(lanes: Lanes, end: int, lost: Counter[str]) -> tuple[ChordSpan, ...]:
    """The chord lane: each chord until the next one, a stop, or the end."""
    lost["changes after the last bar"] += sum(tick >= end for tick in lanes.chords)
    starts = [(tick, chord) for tick, chord in sorted(lanes.chords.items()) if tick < end]
    ends = [*(tick for tick, _ in starts), end][1:]
    return tuple(
        ChordSpan(tick, stop - tick, chord)
        for (tick, chord), stop in zip(starts, ends, strict=True)
        if chord is not None
    )


def build_sections(
    lanes: Lanes, starts: tuple[int, ...], lost: Counter[str]
) -> tuple[Section, ...]:
    """Sections from markers; `starts`: the bars' starts and the end of the last.

    A marker within a bar means the nearest bar line. Without a stated length a section lasts until
    the next marker in a later bar.
    """
    last = len(starts) - 1
    placed: list[tuple[int, Marker]] = []
    for marker in sorted(lanes.markers, key=lambda marker: marker.tick):
        bar = min(bisect_left(starts, marker.tick), last)
        bar -= bar > 0 and marker.tick - starts[bar - 1] <= starts[bar] - marker.tick
        if starts[bar] != marker.tick:
            lost["markers moved to a bar line"] += 1
        same_bar = bool(placed) and placed[-1][0] == bar and marker.bars is None
        blank = marker.bars is None and not marker.name.strip()
        if bar >= last or same_bar or blank or len(placed) >= MAX_BARS:
            lost["markers dropped"] += 1
            continue
        placed.append((bar, marker))
    sections: list[Section] = []
    following = after = last
    for bar, marker in reversed(placed):
        following = after if after > bar else following
        after = bar
        bars = marker.bars or following - bar
        name = marker.name if marker.bars else marker.name.strip()
        sections.append(Section(name, bar, min(bars, last - bar)))
    return tuple(reversed(sections))
