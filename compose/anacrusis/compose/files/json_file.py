"""Scores as JSON: the whole score and its plan, readable, versioned, checked by a schema.

The schema stands beside this file (``score.schema.json``, JSON Schema draft 2020-12).
"""

import json
import os
from functools import lru_cache
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..atomic import write_text
from ..bounded import read_bounded
from ..chord import Chord
from ..errors import FileFormatError
from ..meter import Meter
from ..plan import MAX_BARS
from ..score import (
    Bar,
    ChordSpan,
    Control,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)
from ..swing import STRAIGHT
from .json_text import format_json, parse_json
from .limits import MAX_BYTES, MAX_ENTRIES, SPLIT, check_notes, check_tracks, check_writable
from .plan_json import key_from_text, located, plan_from_data, plan_to_data

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

__all__ = [
    "FORMAT", "VERSION", "read_json", "read_text", "score_from_data", "score_from_json",
    "score_to_data", "score_to_json", "write_json",
]  # fmt: skip

FORMAT = "anacrusis-score"
VERSION = 1

_MAX_TICK = 192_000
_MESSAGE = 300
_LIMITS = ((0, _MAX_TICK), (0, 127), (1, _MAX_TICK), (1, 127))
_EXTRAS = {"shift": 192_000, "cents": 12_800}


def score_to_json(score: Score) -> str:
    """The score and its plan as JSON text; equal scores give equal text.

    Raises `ScoreError` for what could not be read again: over 2,000 bars or 1,000,000 notes, NaN,
    names that are not Unicode text.

    >>> from anacrusis.compose.score import Bar, Score
    >>> score_from_json(score_to_json(Score((Bar(Meter(6, 8)),)))).bars[0].meter
    Meter(numerator=6, denominator=8)
    """
    return format_json(score_to_data(score))


def score_to_data(score: Score) -> dict[str, Any]:
    """The score and its plan as JSON values; see `score_to_json`."""
    check_writable(score)
    data: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "title": score.title,
        "composer": score.composer,
        "bars": [_bars_to_data(bar, len(list(run))) for bar, run in groupby(score.bars)],
        "tempos": [[change.tick, change.bpm] for change in score.tempos],
        "keys": [[change.tick, str(change.key)] for change in score.keys],
        "sections": [{"name": s.name, "bar": s.bar, "bars": s.bars} for s in score.sections],
        "chords": [[span.onset, span.duration, str(span.chord)] for span in score.chords],
        "tracks": [_track_to_data(track) for track in score.tracks],
    }
    if score.swing != STRAIGHT:
        data["swing"] = score.swing
    if score.plan is not None:
        data["plan"] = plan_to_data(score.plan)
    return data


def _track_to_data(track: Track) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": track.name,
        "role": track.role,
        "program": track.program,
        "notes": [_note_to_data(note) for note in track.notes],
    }
    if track.controls:
        data["controls"] = [[c.tick, c.kind, c.number, c.value] for c in track.controls]
    return data


def _bars_to_data(bar: Bar, count: int) -> dict[str, Any]:
    data: dict[str, Any] = {"meter": str(bar.meter), "bars": count}
    return data if bar.length is None else data | {"length": bar.length}


def _note_to_data(note: Note) -> list[Any]:
    extras = {}
    if note.shift:
        extras["shift"] = note.shift
    if note.cents:
        extras["cents"] = note.cents
    row: list[Any] = [note.onset, note.pitch, note.duration, note.velocity]
    return [*row, extras] if extras else row


def score_from_json(text: str) -> Score:
    """The score, with its plan, of JSON text.

    Raises `FileFormatError` that says where in the file what is wrong: text that is not JSON,
    another format or a later version, whatever the schema does not allow, unreadable symbols.
    """
    return score_from_data(parse_json(text))


def score_from_data(data: Any) -> Score:
    """The score of JSON values; see `score_from_json`."""
    try:
        notes = _check(data)
    except RecursionError:
        raise FileFormatError(
            "the JSON is nested far deeper than a score is; write the score again"
        ) from None
    tracks = []
    for index, (track, rows) in enumerate(zip(data["tracks"], notes, strict=True)):
        with located(f"tracks[{index}]"):
            name, role = _text(track["name"]), track["role"]
            controls = tuple(
                Control(float(tick), kind, int(number), int(value))
                for tick, kind, number, value in track.get("controls", ())
            )
            tracks.append(Track(name, role, int(track["program"]), rows, controls))
    keys = []
    for index, (tick, key) in enumerate(data.get("keys", [])):
        with located(f"keys[{index}]"):
            keys.append(KeyChange(int(tick), key_from_text(key)))
    chords = []
    for index, (onset, duration, symbol) in enumerate(data.get("chords", [])):
        with located(f"chords[{index}]"):
            chords.append(ChordSpan(int(onset), int(duration), Chord.parse(symbol)))
    bars = _bars(data["bars"])
    plan = plan_from_data(data["plan"]) if "plan" in data else None
    with located("the score"):
        return Score(
            bars=bars,
            tracks=tuple(tracks),
            tempos=tuple(TempoChange(int(t), float(bpm)) for t, bpm in data.get("tempos", [])),
            keys=tuple(keys),
            sections=tuple(
                Section(_text(s["name"]), int(s["bar"]), int(s["bars"]))
                for s in data.get("sections", [])
            ),
            chords=tuple(chords),
            title=_text(data.get("title", "")),
            composer=_text(data.get("composer", "")),
            swing=float(data.get("swing", STRAIGHT)),
            plan=plan,
        )


def write_json(score: Score, path: str | os.PathLike[str]) -> None:
    """Write the score as a JSON file, atomically."""
    write_text(path, score_to_json(score))


def read_json(path: str | os.PathLike[str]) -> Score:
    """Read a JSON file; see `score_from_json`. Errors name the file."""
    text = read_text(path)
    with located(str(Path(path))):
        return score_from_json(text)


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a JSON file, of up to 50 MB."""
    file = Path(path)
    try:
        return read_bounded(file, MAX_BYTES, SPLIT).decode("utf-8")
    except OSError as error:
        raise FileFormatError(
            f"cannot read {file}: {error.strerror or error}; give the name of a JSON score"
        ) from error
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None


@lru_cache(maxsize=1)
def _validator() -> "Validator":
    from jsonschema import Draft202012Validator

    schema = resources.files("anacrusis.compose.files").joinpath("score.schema.json")
    return Draft202012Validator(json.loads(schema.read_text("utf-8")))


def _check(data: Any) -> list[tuple[Note, ...]]:
    """Check everything against the schema; gives the notes of each track.

    Notes are checked by hand, to the same rules: the schema takes 60 microseconds for each.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise FileFormatError(
            f'the JSON is not a score: it does not begin with "format": "{FORMAT}"; '
            "write it with this program"
        )
    if data.get("version") != VERSION:
        raise FileFormatError(
            f"the score has version {str(data.get('version'))[:20]}; allowed: {VERSION}; "
            "update the program, or write the score again"
        )
    for name, value in data.items():
        if isinstance(value, list) and len(value) > MAX_ENTRIES:
            raise FileFormatError(
                f"{name} has {len(value)} entries; allowed: up to {MAX_ENTRIES}; split the piece"
            )
    tracks = data.get("tracks")
    if not isinstance(tracks, list):
        tracks = []
    rows = [track.get("notes") if isinstance(track, dict) else None for track in tracks]
    emptied = [
        track | {"notes": []} if isinstance(found, list) else track
        for track, found in zip(tracks, rows, strict=True)
    ]
    checked = data | {"tracks": emptied} if tracks else data
    error = next(_validator().iter_errors(checked), None)
    if error is not None:
        path = error.json_path.removeprefix("$").removeprefix(".") or "the score"
        message = error.message
        if len(message) > _MESSAGE:
            message = f"{message[: _MESSAGE // 2]} ... {message[-_MESSAGE // 2 :]}"
        raise FileFormatError(f"{path}: {message}; correct it there")
    check_tracks(len(rows), "the score")
    lists = [found for found in rows if isinstance(found, list)]
    check_notes(sum(map(len, lists)), "the score")
    return [_notes(found, index) for index, found in enumerate(lists)]


def _notes(rows: list[Any], track: int) -> tuple[Note, ...]:
    notes = []
    for index, row in enumerate(rows):
        note = note_from_data(row)
        if note is None:
            raise FileFormatError(
                f"tracks[{track}].notes[{index}]: {json.dumps(row)[:80]} is not a note; write "
                f"[onset 0 to {_MAX_TICK}, pitch 0 to 127, duration 1 to {_MAX_TICK}, velocity 1 "
                'to 127], and after these if need be {"shift": ticks, "cents": tuning}'
            )
        notes.append(note)
    return tuple(notes)


def note_from_data(row: Any) -> Note | None:
    """The note of a JSON value that the schema's definition of a note allows; None of another."""
    if not isinstance(row, list) or not 4 <= len(row) <= 5:
        return None
    extras = row[4] if len(row) == 5 else {}
    if not isinstance(extras, dict) or not extras.keys() <= _EXTRAS.keys():
        return None
    for value, (low, high) in zip(row[:4], _LIMITS, strict=True):
        if type(value) is not int and not (type(value) is float and value.is_integer()):
            return None
        if not low <= value <= high:
            return None
    for name, value in extras.items():
        if type(value) not in (int, float) or abs(value) > _EXTRAS[name]:
            return None
    onset, pitch, duration, velocity = map(int, row[:4])
    shift, cents = float(extras.get("shift", 0.0)), float(extras.get("cents", 0.0))
    return Note(onset, pitch, duration, velocity, shift, cents)


def _bars(runs: list[dict[str, Any]]) -> tuple[Bar, ...]:
    bars: list[Bar] = []
    for index, run in enumerate(runs):
        with located(f"bars[{index}]"):
            length = int(run["length"]) if "length" in run else None
            bars += [Bar(Meter.parse(run["meter"]), length)] * int(run.get("bars", 1))
        if len(bars) > MAX_BARS:
            raise FileFormatError(
                f"the score has over {MAX_BARS} bars; allowed: up to that many; split the piece"
            )
    return tuple(bars)


def _text(text: str) -> str:
    """A name, which must be Unicode text (JSON can write halves of characters)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise FileFormatError(f"the name {text[:40]!r} is not Unicode text; rename it") from None
    return text
