"""The mix: what each track's level, place and reverb are, and the strip that applies them.

A mix is the plain sum of its stems. Each stem carries its own share of the reverb, which is linear,
so nothing is lost when stems are taken apart and put together again.
"""

import math
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from anacrusis.compose.bounded import read_bounded
from anacrusis.compose.errors import FileFormatError, RenderError
from anacrusis.compose.instruments import ROLES
from anacrusis.compose.score import Score

from .engine import Stereo
from .reverb import Reverb, Room

_MAX_BYTES = 1_000_000
"""Largest preset read."""

Record = TypeVar("Record", "RoleMix", Room)


@dataclass(frozen=True, slots=True)
class RoleMix:
    """Level, place and reverb of a role.

    level_db: decibels against the melody. pan: -1 left to 1 right. spread: how far apart several
    tracks of the role stand, 0 to 1. send_db: decibels into the reverb (-inf: none).
    """

    level_db: float = 0.0
    pan: float = 0.0
    spread: float = 0.5
    send_db: float = -math.inf

    def __post_init__(self) -> None:
        if not (-1.0 <= self.pan <= 1.0 and 0.0 <= self.spread <= 1.0):
            raise RenderError(
                f"pan {self.pan} with spread {self.spread} cannot be mixed; "
                "allowed: pan -1 to 1, spread 0 to 1"
            )
        if not (self.level_db <= 24.0 and self.send_db <= 24.0):
            raise RenderError(
                f"level {self.level_db} dB with send {self.send_db} dB cannot be mixed; "
                "allowed: at most 24"
            )


@dataclass(frozen=True)
class MixPreset:
    """A mix for every role, and the room they stand in."""

    roles: dict[str, RoleMix]
    room: Room


def load_preset(name: str = "default") -> MixPreset:
    """A preset by name, or from a TOML file of the same form as ``presets/default.toml``.

    A file that leaves roles out takes the default's for them. Raises `RenderError` where the file
    is missing, is no TOML, or holds a key, role or value that is not allowed.
    """
    if name == "default":
        return _default()
    path = Path(name)
    try:
        text = read_bounded(path, _MAX_BYTES, "a preset is a short text").decode("utf-8")
    except (OSError, UnicodeDecodeError, FileFormatError) as error:
        raise RenderError(
            f"mix preset {name!r} cannot be read ({error}); give 'default' or a TOML file"
        ) from error
    return _parse(text, str(path), _default())


@lru_cache(maxsize=1)
def _default() -> MixPreset:
    text = (files("anacrusis.render") / "presets" / "default.toml").read_text("utf-8")
    roles: dict[str, RoleMix] = {role: RoleMix() for role in ROLES}
    nothing = MixPreset(roles, Room())
    return _parse(text, "presets/default.toml", nothing)


def _parse(text: str, where: str, base: MixPreset) -> MixPreset:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RenderError(f"{where} is not TOML: {error}") from error
    _only(data, {"room", "role"}, where)
    given = data.get("role", {})
    if not isinstance(given, dict):
        raise RenderError(f"{where}: 'role' must be a table, as in [role.melody]")
    _only(given, set(ROLES), f"{where}, role")
    roles = {
        role: _record(RoleMix, given[role], f"{where}, role.{role}") if role in given else mix
        for role, mix in base.roles.items()
    }
    room = _record(Room, data["room"], f"{where}, room") if "room" in data else base.room
    return MixPreset(roles, room)


def _record(kind: type[Record], table: Any, where: str) -> Record:
    if not isinstance(table, dict):
        raise RenderError(f"{where} must be a table of numbers")
    _only(table, {field.name for field in fields(kind)}, where)
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise RenderError(f"{where}: {key} is {value!r}; it must be a number")
    return kind(**{key: float(value) for key, value in table.items()})


def _only(table: dict[str, Any], allowed: set[str], where: str) -> None:
    for key in table:
        if key not in allowed:
            raise RenderError(f"{where}: {key!r} is unknown; allowed: {', '.join(sorted(allowed))}")


class Strip:
    """One track's way into the mix: level, place, reverb. Keeps its state from block to block."""

    def __init__(self, gain_db: float, pan: float, send_db: float, reverb: Reverb) -> None:
        level = _linear(gain_db)
        angle = (pan + 1.0) * math.pi / 4.0  # constant power: 0 dB in the middle, +3 dB at a side
        power = level * math.sqrt(2.0)
        self._sides = np.array([[power * math.cos(angle)], [power * math.sin(angle)]], np.float32)
        self._send = np.float32(_linear(send_db))
        self._tail = reverb.start() if self._send > 0 else None

    def process(self, block: Stereo) -> Stereo:
        """A stem's block, float32 [2, BLOCK], from the engine's dry block of the same shape."""
        placed: Stereo = block * self._sides
        if self._tail is not None:
            placed += self._tail.process((placed[0] + placed[1]) * (self._send * np.float32(0.5)))
        return placed

    @property
    def ringing(self) -> bool:
        """Whether the reverb still sounds when nothing more comes in."""
        return self._tail is not None and self._tail.ringing


def strips(
    score: Score, evening: Sequence[float], preset: MixPreset, sample_rate: int
) -> list[Strip]:
    """A strip for each track of the score, in order; tracks of one role stand side by side.

    evening: decibels that even out each track's instrument (`level.evening_gain`).
    """
    reverb = Reverb(preset.room, sample_rate)
    count = Counter(track.role for track in score.tracks)
    seen: Counter[str] = Counter()
    made = []
    for track, even in zip(score.tracks, evening, strict=True):
        mix, last = preset.roles[track.role], count[track.role] - 1
        place = 2.0 * seen[track.role] / last - 1.0 if last else 0.0  # -1 first, 1 last
        seen[track.role] += 1
        pan = min(max(mix.pan + place * mix.spread, -1.0), 1.0)
        made.append(Strip(even + mix.level_db, pan, mix.send_db, reverb))
    return made


def _linear(decibels: float) -> float:
    return math.pow(10.0, decibels / 20.0)
