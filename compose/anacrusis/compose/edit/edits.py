"""Edits as values: each is plain data, made with a song, kept in its history, made again later.

An edit holds all that its result depends on, the seed among it: the same edits on the same song
give the same notes.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

from ..errors import AnacrusisError, EditError
from ..files.json_file import score_from_data, score_to_data
from ..files.plan_json import plan_from_data, plan_to_data
from ..plan import Plan
from ..score import Score
from .moment import Moment
from .places import Selection
from .write import Composer

_KINDS: dict[str, type["Edit"]] = {}


@dataclass(frozen=True)
class Edit:
    """A change of a song."""

    word: ClassVar[str] = ""
    """Its name in a history."""

    def __init_subclass__(cls) -> None:
        if cls.word:
            _KINDS[cls.word] = cls

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """The song after the edit. Raises `AnacrusisError` where it cannot be made."""
        raise NotImplementedError

    def __str__(self) -> str:
        """The edit on one line, for people: ``transpose piano: bars 5-8, semitones 2``."""
        words = [self.word]
        for field in sorted(fields(self), key=lambda field: field.kw_only is True):
            value = getattr(self, field.name)
            if isinstance(value, Selection):
                words.insert(1, str(value))
            elif isinstance(value, Plan | Score):
                words.insert(1, repr(value.title))
            elif value is not None and value != field.default and value != ():
                said = ", ".join(map(str, value)) if isinstance(value, tuple) else value
                words.append(f"{field.name} {said}")
        return ", ".join(words).replace(", ", " ", 1)

    def to_data(self) -> dict[str, Any]:
        """As JSON values: ``{"edit": "transpose", "where": ..., "semitones": 2}``."""
        data: dict[str, Any] = {"edit": self.word}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.default is MISSING or value != field.default:
                data[field.name] = _to_data(value)
        return data


@dataclass(frozen=True, kw_only=True)
class Written(Edit):
    """An edit that writes notes.

    seed: what is drawn. temperature: below 1 safer, above 1 wilder. top_p: share of probability to
    draw from.
    """

    seed: int = 0
    temperature: float = 1.0
    top_p: float = 0.95

    def by(self, composer: Composer) -> Composer:
        """Who writes, as daringly as the edit says."""
        return composer._replace(temperature=self.temperature, top_p=self.top_p)


def edit_from_data(data: Any) -> Edit:
    """Undoes `Edit.to_data`. Raises `EditError` for what is no edit."""
    if not isinstance(data, Mapping) or data.get("edit") not in _KINDS:
        word = data.get("edit") if isinstance(data, Mapping) else data
        raise EditError(f"{str(word)[:40]!r} is no edit; allowed: {', '.join(_KINDS)}")
    kind = _KINDS[data["edit"]]
    known = {field.name for field in fields(kind)}
    unknown = data.keys() - known - {"edit"}
    if unknown:
        raise EditError(f"edit {kind.word}: {min(map(str, unknown))[:40]!r} is unknown")
    try:
        values = {name: _from_data(name, data[name]) for name in known & data.keys()}
        return kind(**values)
    except AnacrusisError as error:
        raise EditError(f"edit {kind.word}: {error}") from error
    except (TypeError, ValueError, KeyError, LookupError, AttributeError) as error:
        raise EditError(f"edit {kind.word} cannot be read: {error!r:.120}") from error


def _to_data(value: Any) -> Any:
    if isinstance(value, Selection):
        return value.to_data()
    if isinstance(value, Plan):
        return plan_to_data(value)
    if isinstance(value, Score):
        return score_to_data(value)
    return [_to_data(one) for one in value] if isinstance(value, tuple) else value


def _from_data(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "where":
        return Selection.from_data(value)
    if name == "locks":
        return tuple(Selection.from_data(one) for one in value)
    if name == "plan":
        return plan_from_data(value)
    if name == "score":
        return score_from_data(value)
    return tuple(value) if isinstance(value, list) else value
