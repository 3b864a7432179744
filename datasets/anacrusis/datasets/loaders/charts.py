"""Chord charts in the format of the McGill Billboard project: bars of Harte chords by section.

One line per phrase: a time, an optional section label, bars between ``|``. Within a bar chords
stand evenly, ``.`` repeats the one before, ``(3/4)`` changes one bar's meter, ``x4`` repeats the
phrase.
"""

import re
from dataclasses import dataclass, field
from statistics import median

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import DataError, SymbolError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.result import ReadResult
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.pitch import name_to_class
from anacrusis.compose.score import Bar, ChordSpan, KeyChange, Score, Section, TempoChange

from .chord_lane import chord_lane

_NO_BARS = {"silence", "end", "noise", "applause", "talking", "fade in", "fadein"}
_USUAL_TEMPO = (40.0, 220.0)


@dataclass
class _Chart:
    bars: list[Bar] = field(default_factory=list)
    chords: list[tuple[int, Chord]] = field(default_factory=list)
    starts: list[tuple[str, int]] = field(default_factory=list)
    lines: list[tuple[float, int]] = field(default_factory=list)
    tick: int = 0
    unread: int = 0


def parse_chart(text: str) -> ReadResult:
    """The score of a chart (no tracks), and what could not be read.

    The key's tonic is the annotated one, its mode that of the chords on it; the tempo is the median
    of the timed phrases. Raises `DataError` where no chord is left or the meter is unsupported.
    """
    chart = _Chart()
    meter, tonics = Meter(4, 4), list[tuple[int, str]]()
    title = artist = ""
    for line in text.splitlines():
        header = re.fullmatch(r"#\s*(\w+):\s*(.*)", line.strip())
        if header:
            name, value = header[1], header[2].strip()
            if name == "metre":
                meter = _meter(value)
            elif name == "tonic":
                tonics.append((chart.tick, value))
            elif name == "title":
                title = value
            elif name == "artist":
                artist = value
            continue
        timed = re.match(r"\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?)\s+(.*)", line)
        if timed:
            _read_phrase(chart, float(timed[1]), timed[2], meter)
    if not any(not chord.is_none for _, chord in chart.chords):
        raise DataError("no chords")
    spans = chord_lane(chart.chords, chart.tick)
    return ReadResult(
        Score(
            bars=tuple(chart.bars),
            tempos=(TempoChange(0, _tempo(chart)),),
            keys=_keys(tonics, spans, chart.tick),
            sections=_sections(chart),
            chords=spans,
            title=title,
            composer=artist,
        ),
        Losses.none().with_("chords simplified or unknown", chart.unread),
    )


def _meter(text: str) -> Meter:
    try:
        return Meter.parse(text)
    except SymbolError as error:
        raise DataError(str(error)) from error


def _read_phrase(chart: _Chart, time: float, body: str, meter: Meter) -> None:
    head, bar, rest = body.partition("|")
    labels = [word.strip() for word in head.split(",")]
    labels = [word for word in labels if word and not word.startswith("(")]
    chart.lines.append((time, chart.tick))
    if not bar:
        return
    if labels:
        named = [word for word in labels if not re.fullmatch(r"[A-Z]+'*", word)]
        name = named[0] if named else labels[0]
        if name.lower() not in _NO_BARS:
            chart.starts.append((name.lower(), len(chart.bars)))
    music, _, tail = rest.rpartition("|")
    times = re.match(r"\s*x(\d+)", tail)
    bars = [text.split() for text in music.split("|")]
    for _ in range(min(int(times[1]), 64) if times else 1):
        for tokens in bars:
            _read_bar(chart, tokens, meter)


def _read_bar(chart: _Chart, tokens: list[str], meter: Meter) -> None:
    if tokens and re.fullmatch(r"\(\d+/\d+\)", tokens[0]):
        meter = _meter(tokens[0][1:-1])
    symbols = [token for token in tokens if not token.startswith("(")]
    places = _places(len(symbols), meter)
    for token, place in zip(symbols, places, strict=False):
        if token == ".":
            continue
        chart.chords.append((chart.tick + place, _chord(chart, token)))
    if not symbols:
        chart.chords.append((chart.tick, Chord.none()))
    chart.bars.append(Bar(meter))
    chart.tick += meter.ticks


def _places(count: int, meter: Meter) -> list[int]:
    """Where so many chords fall in a bar: evenly, on the beats."""
    if count <= 1:
        return [0]
    beats = meter.beats
    if count >= len(beats):
        even = meter.ticks / count
        return list(beats) if count == len(beats) else [round(i * even) for i in range(count)]
    return [beats[i * len(beats) // count] for i in range(count)]


def _chord(chart: _Chart, token: str) -> Chord:
    if token in ("N", "&pause"):
        return Chord.none()
    bare = re.sub(r"\(.*?\)", "", token)
    for attempt, text in enumerate((token, bare, bare.partition("/")[0])):
        try:
            chord = Chord.parse(text)
        except SymbolError:
            continue
        chart.unread += attempt > 0
        return chord
    chart.unread += 1
    return Chord.none()


def _sections(chart: _Chart) -> tuple[Section, ...]:
    starts = [(name, bar) for name, bar in chart.starts if bar < len(chart.bars)]
    if not starts:
        return ()
    if starts[0][1] > 0:
        starts.insert(0, ("intro", 0))
    ends = [bar for _, bar in starts[1:]] + [len(chart.bars)]
    return tuple(
        Section(name, bar, end - bar)
        for (name, bar), end in zip(starts, ends, strict=True)
        if end > bar
    )


def _tempo(chart: _Chart) -> float:
    """Quarters per minute: the median over the phrases."""
    found = []
    for (time, tick), (later, end) in zip(chart.lines, chart.lines[1:], strict=False):
        if later > time and end > tick:
            found.append((end - tick) / 12 * 60 / (later - time))
    low, high = _USUAL_TEMPO
    usual = [tempo for tempo in found if low <= tempo <= high]
    return round(median(usual), 1) if usual else 120.0


def _keys(
    tonics: list[tuple[int, str]], spans: tuple[ChordSpan, ...], ticks: int
) -> tuple[KeyChange, ...]:
    changes = []
    ends = [tick for tick, _ in tonics[1:]] + [ticks]
    for (tick, tonic), end in zip(tonics, ends, strict=True):
        root = name_to_class(tonic)
        minor = major = 0
        for span in spans:
            if tick <= span.onset < end and span.chord.root_class == root:
                minor += span.duration * ((root + 3) % 12 in span.chord.classes)
                major += span.duration * ((root + 4) % 12 in span.chord.classes)
        mode = "minor" if minor > major else "major"
        key = Key(tonic, mode)
        if end > tick:
            changes.append(
                KeyChange(tick, key if abs(key.fifths) <= 6 else Key.from_class(root, mode))
            )
    return tuple(changes)
