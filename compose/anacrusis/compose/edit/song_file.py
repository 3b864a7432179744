"""Songs as JSON: the score, and beside it what is locked, the history, and what can be undone.

A score file with one key more, ``song``; everything that reads scores reads it. What the song was
before each edit is saved as what differs, so that undoing needs neither model nor weights.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..atomic import write_text
from ..errors import AnacrusisError, FileFormatError
from ..files.json_file import read_text, score_from_data, score_to_data
from ..files.json_text import format_json, parse_json
from ..files.plan_json import located
from .edits import Edit, edit_from_data
from .moment import Moment
from .places import Selection, numbers_text, parse_numbers

_KEY = "song"


class Saved(NamedTuple):
    """What is saved of a song: see `Song`."""

    now: Moment
    edits: tuple[Edit, ...]
    past: tuple[Moment, ...]
    undone: tuple[tuple[Edit, Moment], ...]


def write_song(saved: Saved, path: str | os.PathLike[str]) -> None:
    """Write a song, atomically; equal songs give equal bytes."""
    write_text(path, format_json(song_to_data(saved)))


def read_song(path: str | os.PathLike[str]) -> Saved | None:
    """The song of a JSON file; None for a file that is another, or has a score alone.

    Raises `FileFormatError` for a history that cannot be read.
    """
    if Path(path).suffix.lower() != ".json":
        return None
    text = read_text(path)
    with located(str(Path(path))):
        data = parse_json(text)
        if not isinstance(data, dict) or _KEY not in data:
            return None
        return song_from_data(data)


def song_to_data(saved: Saved) -> dict[str, Any]:
    """The song as JSON values."""
    now = _moment_to_data(saved.now)
    score = {name: value for name, value in now.items() if name not in ("locks", "style")}
    song: dict[str, Any] = {
        "style": now["style"],
        "locks": now["locks"],
        "history": [edit.to_data() for edit in saved.edits],
    }
    later, past = now, []
    for moment in reversed(saved.past):
        before = _moment_to_data(moment)
        past.append(_patch(later, before))
        later = before
    if past:
        song["past"] = past[::-1]
    earlier, undone = now, []
    for edit, moment in saved.undone:
        after = _moment_to_data(moment)
        undone.append({"edit": edit.to_data(), "then": _patch(earlier, after)})
        earlier = after
    if undone:
        song["undone"] = undone
    return score | {_KEY: song}


def song_from_data(data: dict[str, Any]) -> Saved:
    """Undoes `song_to_data`."""
    song = data[_KEY]
    score = {name: value for name, value in data.items() if name != _KEY}
    try:
        now = score | {"style": song["style"], "locks": song["locks"]}
        edits = tuple(edit_from_data(edit) for edit in song["history"])
        later, past = now, []
        for patch in reversed(song.get("past", [])):
            later = _patched(later, patch)
            past.append(_moment_from_data(later))
        earlier, undone = now, []
        for entry in song.get("undone", []):
            earlier = _patched(earlier, entry["then"])
            undone.append((edit_from_data(entry["edit"]), _moment_from_data(earlier)))
        saved = Saved(_moment_from_data(now), edits, tuple(past[::-1]), tuple(undone))
    except AnacrusisError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise FileFormatError(
            f"the history of the song cannot be read ({error!r:.80}); open a copy saved before, or "
            f"remove {_KEY!r} from the file"
        ) from None
    if not edits or len(saved.past) != len(edits) - 1:
        raise FileFormatError(
            f"the song has {len(edits)} edits, but {len(saved.past)} moments before them; open a "
            f"copy saved before, or remove {_KEY!r} from the file"
        )
    return saved


def _moment_to_data(moment: Moment) -> dict[str, Any]:
    score = moment.score
    locks: dict[str, str] = {}
    for track in score.tracks:
        bars = [score.bar_number(bar) for name, bar in moment.locks if name == track.name]
        if bars:
            locks[track.name] = numbers_text(bars)
    return score_to_data(score) | {"style": moment.style, "locks": locks}


def _moment_from_data(data: dict[str, Any]) -> Moment:
    score = score_from_data(
        {name: value for name, value in data.items() if name not in ("locks", "style")}
    )
    cells: set[tuple[str, int]] = set()
    for name, bars in data["locks"].items():
        cells |= Selection((str(name),), parse_numbers(str(bars))).cells(score)
    return Moment(score, frozenset(cells), str(data["style"]))


def _patch(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The keys whose values differ, as they are after; of as many tracks only those that differ."""
    keys = [*after, *(name for name in before if name not in after)]
    found = {name: after.get(name) for name in keys if before.get(name) != after.get(name)}
    ours, theirs = before["tracks"], after["tracks"]
    if "tracks" in found and len(ours) == len(theirs):
        rows: Sequence[tuple[Any, Any]] = list(zip(ours, theirs, strict=True))
        found["tracks"] = {str(i): new for i, (old, new) in enumerate(rows) if old != new}
    return found


def _patched(before: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    found = before | patch
    if isinstance(patch.get("tracks"), dict):
        tracks = list(before["tracks"])
        for place, track in patch["tracks"].items():
            tracks[int(place)] = track
        found["tracks"] = tracks
    return {name: value for name, value in found.items() if value is not None}
