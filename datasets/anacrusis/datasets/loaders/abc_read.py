"""A tune in ABC notation as a score: repeats and parts played out, bars completed, chord lane."""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import NamedTuple

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import DataError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.musicxml_flow import play_order
from anacrusis.compose.files.musicxml_raw import Jumps
from anacrusis.compose.files.result import ReadResult
from anacrusis.compose.plan import MAX_BARS
from anacrusis.compose.score import (
    TICKS_PER_QUARTER,
    Bar,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)

from .abc_tune import Measure, Tune, parse_tune
from .chord_lane import chord_lane

_WHOLE = 4 * TICKS_PER_QUARTER


class _Turn(NamedTuple):
    """A measure that is played: which time it is, from 0, and whether a part begins with it."""

    measure: Measure
    time: int
    begins: str | None


@dataclass
class _Lanes:
    """What the score is made of, as it grows."""

    bars: list[Bar] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    chords: list[tuple[int, Chord]] = field(default_factory=list)
    keys: list[KeyChange] = field(default_factory=list)
    parts: list[tuple[int, str]] = field(default_factory=list)
    tied: dict[int, int] = field(default_factory=dict)
    """Pitch of a tied note -> its place in `notes`."""
    tick: int = 0


def read_abc(text: str) -> ReadResult:
    """The score of one tune, as it is played: one track, the chord symbols, its parts as sections.

    Two bars that are incomplete at a repeat or between parts and make a whole bar together become
    one. Where a bar has several chords for one place, they are taken in turn as it is repeated.
    Raises `DataError` for a tune that cannot be read, or plays more than 2,000 bars.
    """
    tune = parse_tune(text)
    lost = Counter(tune.lost)
    lanes = _Lanes()
    for turn in _played(tune, lost):
        _add(lanes, turn, lost)
        if len(lanes.bars) > MAX_BARS:
            raise DataError(f"the tune plays more than {MAX_BARS} bars")
    if not lanes.bars:
        raise DataError("its order and its endings leave no bar to play")
    inner = lanes.bars[1:-1]
    lost["incomplete bars"] += sum(bar.length is not None for bar in inner)
    bars = tuple(lanes.bars)
    score = Score(
        bars=bars,
        tracks=(Track("melody", "melody", 0, tuple(lanes.notes)),),
        tempos=(TempoChange(0, tune.tempo or 120.0),),
        keys=tuple(lanes.keys),
        sections=_sections(lanes, Score(bars).bar_starts),
        chords=chord_lane(lanes.chords, lanes.tick),
        title=tune.title,
        composer=tune.composer,
    )
    return ReadResult(score, Losses(lost))


def _played(tune: Tune, lost: Counter[str]) -> list[_Turn]:
    """The measures in the order they are played, part by part.

    Without an order the parts are played as they are written: a label that comes back begins a part
    of its own. An order names labels, and means all that is written under them.
    """
    written: list[tuple[str | None, list[Measure]]] = [
        (label, list(run)) for label, run in groupby(tune.measures, key=lambda one: one.part)
    ]
    known = {label for label, _ in written if label is not None}
    if tune.order and known:
        parts: dict[str | None, list[Measure]] = {}
        for label, run in written:
            parts.setdefault(label, []).extend(run)
        named = [label for label in tune.order if label in parts]
        lost["parts that the order names and the tune lacks"] += len(tune.order) - len(named)
        lost["parts left out by the order"] += len(known - set(named))
        order = [*([None] if None in parts else []), *named]
        written = [(label, parts[label]) for label in order]
    turns: list[_Turn] = []
    for label, measures in written:
        times = Counter[int]()
        for place in play_order([_jumps(measure) for measure in measures]):
            begins = label if not times else None
            turns.append(_Turn(measures[place], times[place], begins))
            times[place] += 1
        if len(turns) > 4 * MAX_BARS:
            raise DataError(f"the tune plays more than {MAX_BARS} bars")
    return turns


def _jumps(measure: Measure) -> Jumps:
    return Jumps(measure.forward, 2 * measure.backward, measure.endings, measure.ending_stop)


def _add(lanes: _Lanes, turn: _Turn, lost: Counter[str]) -> None:
    """Append a measure's bars, notes, chords and key."""
    measure, start = turn.measure, lanes.tick
    if turn.begins is not None:
        lanes.parts.append((start, turn.begins))
    if measure.key is not None and (not lanes.keys or lanes.keys[-1].key != measure.key):
        lanes.keys.append(KeyChange(start, measure.key))
    length = max(round(measure.length * _WHOLE), 1)
    _add_bars(lanes, measure, length, lost)
    lanes.tick += length
    held, lanes.tied = lanes.tied, {}
    for note in measure.notes:
        exact = note.onset * _WHOLE
        onset = start + min(round(exact), length - 1)
        end = max(start + round((note.onset + note.length) * _WHOLE), onset + 1)
        lost["notes off the grid"] += exact.denominator > 1
        place = held.pop(note.pitch, None)
        if place is None or lanes.notes[place].end != onset:
            place = len(lanes.notes)
            lanes.notes.append(Note(onset, note.pitch, end - onset))
        else:
            longer = end - lanes.notes[place].onset
            lanes.notes[place] = replace(lanes.notes[place], duration=longer)
        if note.tied:
            held[note.pitch] = place
    lanes.tied = {pitch: i for pitch, i in held.items() if lanes.notes[i].end == lanes.tick}
    for since, chords in measure.chords:
        tick = min(start + round(since * _WHOLE), lanes.tick - 1)
        lanes.chords.append((tick, chords[min(turn.time, len(chords) - 1)]))


def _add_bars(lanes: _Lanes, measure: Measure, length: int, lost: Counter[str]) -> None:
    """Bars for so many ticks; what completes an incomplete bar before it is joined to that."""
    meter, bars = measure.meter, lanes.bars
    before = bars[-1] if len(bars) > 1 else None
    if before and before.length and before.meter == meter and before.length + length == meter.ticks:
        bars[-1] = Bar(meter)
        return
    whole, rest = divmod(length, meter.ticks)
    lost["bars that are too long, divided"] += whole > 1 or (whole == 1 and rest > 0)
    bars += [Bar(meter)] * whole
    if rest:
        bars.append(Bar(meter, rest))


def _sections(lanes: _Lanes, starts: tuple[int, ...]) -> tuple[Section, ...]:
    """The parts; one that begins within a bar (with its pickup) begins with the next."""
    begins = [
        (label, next((bar for bar, start in enumerate(starts[:-1]) if start >= tick), None))
        for tick, label in lanes.parts
    ]
    known = [(label, bar) for label, bar in begins if bar is not None]
    ends = [*(bar for _, bar in known[1:]), len(starts) - 1]
    return tuple(
        Section(label, bar, end - bar)
        for (label, bar), end in zip(known, ends, strict=False)
        if end > bar
    )
