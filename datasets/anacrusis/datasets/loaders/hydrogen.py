"""Drum patterns of the Hydrogen drum machine (``.h2pattern``): XML with one pattern per file."""

from collections import Counter
from xml.parsers import expat

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.limits import check_bytes
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.result import ReadResult
from anacrusis.compose.instruments import DRUM_KIT
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import MAX_BARS
from anacrusis.compose.score import TICKS_PER_QUARTER, Bar, Note, Score, Track

from .clean import merge_notes

_QUARTER = 48
"""Hydrogen's ticks in a quarter note."""
_DRUMS = {
    "Kick": 36, "Stick": 37, "Snare": 38, "Hand Clap": 39, "Snare Rimshot": 37, "Tom Floor": 43,
    "Tom Low": 45, "Tom Mid": 47, "Tom Hi": 50, "Hi-hat Closed": 42, "Hi-hat Pedal": 44,
    "Hi-hat Semi-Open": 46, "Hi-hat Open": 46, "Ride Bow": 51, "Ride Bell": 53, "Crash": 49,
    "Cowbell": 56, "Splash": 55, "China": 52,
}  # fmt: skip
"""What a pattern calls a drum -> the General MIDI drum."""
_STROKE = 3
"""Ticks a stroke is written to last."""


def read_pattern(data: bytes) -> ReadResult:
    """The score of a pattern: one drum track in 4/4 or 3/4, at no stated tempo.

    Patterns of three quarters whose strokes fall on the quarters of the whole more often than on
    its thirds are bars of 4/4 written in triplets (shuffle, swing), and are read as such. Raises
    `DataError` for what is no pattern, has no strokes or an odd length, or states no licence.
    """
    check_bytes(len(data), "the pattern")
    fields, strokes = _parse(data)
    if "CC BY-SA" not in fields.get("license", ""):
        raise DataError("the pattern states no CC BY-SA licence")
    size = _whole(fields.get("size", ""))
    lost: Counter[str] = Counter()
    places = [_whole(stroke.get("position", "")) for stroke in strokes]
    beat = _beat(size, places)
    notes = []
    for place, stroke in zip(places, strokes, strict=True):
        drum = _DRUMS.get(stroke.get("type", ""))
        if drum is None:
            lost["strokes on unknown drums"] += 1
        elif place < size and stroke.get("note_off") != "true":
            onset = round(place * TICKS_PER_QUARTER / beat)
            lost["strokes off the grid"] += place * TICKS_PER_QUARTER % beat > 0
            lost["strokes that sound by chance"] += _number(stroke.get("probability", "1")) < 1
            lost["leads and lags"] += _number(stroke.get("leadlag", "0")) != 0
            velocity = round(127 * _number(stroke.get("velocity", "0.8")))
            notes.append(Note(onset, drum, _STROKE, min(max(velocity, 1), 127)))
    if not notes:
        raise DataError("no strokes")
    quarters = size // beat
    meter = Meter(4, 4) if quarters % 4 == 0 else Meter(3, 4)
    bars = (Bar(meter),) * (quarters * TICKS_PER_QUARTER // meter.ticks)
    merged = merge_notes(tuple(sorted(notes)))
    inside = tuple(note for note in merged if note.onset < len(bars) * meter.ticks)
    lost["strokes on one place joined"] += len(notes) - len(inside)
    tracks = (Track("drums", "drums", DRUM_KIT, inside),)
    score = Score(bars, tracks, title=fields.get("name", ""), composer=fields.get("author", ""))
    return ReadResult(score, Losses(lost))


def _beat(size: int, places: list[int]) -> int:
    """Hydrogen ticks per quarter note of the music."""
    if size < 1 or size > MAX_BARS * 3 * _QUARTER or size % _QUARTER:
        raise DataError(f"a pattern of {size} ticks; allowed: whole quarters of {_QUARTER} ticks")
    if size % (3 * _QUARTER) == 0:
        fourth, third = size // 4, size // 3
        on_fourths = sum(place % fourth == 0 for place in places)
        on_thirds = sum(place % third == 0 for place in places)
        if on_fourths > on_thirds:
            return _QUARTER * 3 // 4
    elif size % (4 * _QUARTER):
        raise DataError(f"a pattern of {size // _QUARTER} quarters; allowed: whole bars of 3 or 4")
    return _QUARTER


def _parse(data: bytes) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The texts directly inside the pattern, and those of each of its notes."""
    fields: dict[str, str] = {}
    strokes: list[dict[str, str]] = []
    path: list[str] = []
    words: list[str] = []

    def start(name: str, _: object) -> None:
        path.append(name.rpartition(":")[2])
        words.clear()
        if path[-1] == "note":
            strokes.append({})

    def end(_: str) -> None:
        name, text = path.pop(), "".join(words).strip()[:200]
        words.clear()
        if path[-1:] == ["note"]:
            strokes[-1][name] = text
        elif path[-1:] == ["pattern"]:
            fields[name] = text

    def declared(*_: object) -> None:
        raise DataError("the file declares XML entities, which may be hostile")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = words.append
    parser.EntityDeclHandler = declared
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DataError(f"this is not complete XML: {error}") from None
    if not strokes:
        raise DataError("no strokes")
    return fields, strokes


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise DataError(f"{text[:20]!r} is no place in a pattern")
    return int(text)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -1000 <= value <= 1000:
        raise DataError(f"{text[:20]!r} is no number of a stroke")
    return value
