"""A plan as JSON values, and back. What a plan leaves open is left out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ..chord import Chord
from ..errors import AnacrusisError, FileFormatError
from ..key import MODES, Key
from ..meter import Meter
from ..plan import ChangeAt, ChordAt, Plan, SectionPlan, TrackPlan
from ..plan_section import VARIED
from ..rules.base import Rule, Wish
from ..rules.text import parse_rule, parse_wish

Demand = TypeVar("Demand", Rule, Wish)


def plan_to_data(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, keys in a fixed order."""
    return _stated(
        {
            "title": plan.title,
            "style": plan.style,
            "key": None if plan.key is None else str(plan.key),
            "meter": str(plan.meter),
            "tempo": plan.tempo,
            "pickup": plan.pickup,
            "swing": plan.swing,
            "seed": plan.seed,
            "open_form": plan.open_form or None,
            "length": plan.length,
            "sections": [_section_to_data(section) for section in plan.sections],
            "tracks": [_track_to_data(track) for track in plan.tracks],
            "rules": [str(rule) for rule in plan.rules] or None,
            "prefer": [str(wish) for wish in plan.wishes] or None,
        }
    )


def _stated(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


def _section_to_data(section: SectionPlan) -> dict[str, Any]:
    chords = section.chords
    return _stated(
        {
            "name": section.name,
            "bars": section.bars,
            "key": None if section.key is None else str(section.key),
            "meter": None if section.meter is None else str(section.meter),
            "tempo": section.tempo,
            "reprise": section.reprise,
            "vary": section.vary,
            "change": None if section.vary is None else list(section.change),
            "changes": [_change_to_data(change) for change in section.changes] or None,
            "chords": None
            if chords is None
            else [[[at.tick, *map(str, at.options)] for at in bar] for bar in chords],
        }
    )


def _change_to_data(change: ChangeAt) -> dict[str, Any]:
    return _stated(
        {
            "bar": change.bar,
            "key": None if change.key is None else str(change.key),
            "meter": None if change.meter is None else str(change.meter),
            "tempo": change.tempo,
        }
    )


def _track_to_data(track: TrackPlan) -> dict[str, Any]:
    return _stated(
        {
            "name": track.name,
            "role": track.role,
            "program": track.program,
            "low": track.low,
            "high": track.high,
            "polyphony": track.polyphony,
            "density": track.density,
            "register": track.register,
            "rest": track.rest,
        }
    )


def plan_from_data(data: dict[str, Any], path: str = "plan") -> Plan:
    """The plan of JSON values that fit the schema.

    Raises `FileFormatError` with the place in the file for a symbol that cannot be read or a plan
    that cannot be met.
    """
    sections = [
        _section_from_data(section, f"{path}.sections[{index}]")
        for index, section in enumerate(data["sections"])
    ]
    tracks = []
    for index, track in enumerate(data["tracks"]):
        where = f"{path}.tracks[{index}]"
        numbers = {n: int(value) for n, value in track.items() if n not in ("name", "role")}
        with located(where):
            tracks.append(TrackPlan(track["name"], track["role"], **numbers))
    rules = _demands(data, "rules", parse_rule, path)
    wishes = _demands(data, "prefer", parse_wish, path)
    with located(path):
        return Plan(
            sections=tuple(sections),
            tracks=tuple(tracks),
            title=data.get("title", "Untitled"),
            key=_optional_key(data),
            meter=Meter.parse(data.get("meter", "4/4")),
            tempo=data.get("tempo"),
            style=data.get("style", "game"),
            swing=data.get("swing", 0.5),
            pickup=int(data.get("pickup", 0)),
            seed=int(data.get("seed", 0)),
            open_form=data.get("open_form", False),
            length=data.get("length"),
            rules=rules,
            wishes=wishes,
        )


def _demands(
    data: dict[str, Any], name: str, parse: Callable[[str], Demand], path: str
) -> tuple[Demand, ...]:
    found = []
    for index, text in enumerate(data.get(name, ())):
        with located(f"{path}.{name}[{index}]"):
            found.append(parse(text))
    return tuple(found)


def _section_from_data(data: dict[str, Any], path: str) -> SectionPlan:
    chords = None
    if "chords" in data:
        bars = []
        for number, bar in enumerate(data["chords"]):
            with located(f"{path}.chords[{number}]"):
                bars.append(tuple(_chord_from_data(*at) for at in bar))
        chords = tuple(bars)
    with located(path):
        return SectionPlan(
            name=data["name"],
            bars=int(data["bars"]),
            chords=chords,
            key=_optional_key(data),
            meter=Meter.parse(data["meter"]) if "meter" in data else None,
            tempo=data.get("tempo"),
            reprise=data.get("reprise"),
            changes=tuple(_change_from_data(change) for change in data.get("changes", ())),
            vary=data.get("vary"),
            change=(data["change"][0], data["change"][1]) if "change" in data else VARIED,
        )


def _chord_from_data(tick: int, chord: str, *others: str) -> ChordAt:
    return ChordAt(int(tick), Chord.parse(chord), tuple(Chord.parse(other) for other in others))


def _change_from_data(data: dict[str, Any]) -> ChangeAt:
    return ChangeAt(
        int(data["bar"]),
        _optional_key(data),
        Meter.parse(data["meter"]) if "meter" in data else None,
        data.get("tempo"),
    )


def _optional_key(data: dict[str, Any]) -> Key | None:
    return key_from_text(data["key"]) if "key" in data else None


def key_from_text(text: str) -> Key:
    """The key of its full name (also one of over seven accidentals), or as `Key.parse` reads it."""
    tonic, _, mode = text.partition(" ")
    return Key(tonic, mode) if mode in MODES else Key.parse(text)


@contextmanager
def located(path: str) -> Iterator[None]:
    """Say where in the file: an `AnacrusisError` within becomes ``path: message``."""
    try:
        yield
    except AnacrusisError as error:
        raise FileFormatError(f"{path}: {error}") from error
