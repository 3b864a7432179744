"""Random rules that a plan can state: every kind, sensible ones and tight or contradictory ones.

    from random_rules import random_rules, rule_pairs

`random_rules(draw, plan, count)` draws rules of any kind; with `kinds` it draws one of each kind
given, so that requests can go through all pairs of kinds (`rule_pairs`).
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

from anacrusis.compose.errors import PlanError
from anacrusis.compose.key import Key
from anacrusis.compose.pitch import SHARP_NAMES, class_to_name, pitch_name
from anacrusis.compose.plan import Plan, TrackPlan
from anacrusis.compose.rules import (
    RULES,
    Avoid,
    Bars,
    Breath,
    Cadence,
    Contour,
    Doubling,
    DrumPattern,
    Dynamics,
    Grid,
    Leap,
    Melody,
    Modulation,
    Named,
    NoCrossing,
    NoParallels,
    Only,
    Onsets,
    Playable,
    Range,
    Require,
    Rhythm,
    Rule,
    Scale,
    Silent,
    Spacing,
    Tessitura,
    Voices,
)
from anacrusis.compose.rules.drums import FAMILIES
from anacrusis.compose.rules.dynamics import MARKS
from anacrusis.compose.rules.harmony import CADENCES, RELATIONS, WAYS
from anacrusis.compose.rules.line import SHAPES
from anacrusis.compose.rules.pitches import SCALES
from anacrusis.compose.rules.places import Place
from anacrusis.compose.rules.texture import DOUBLINGS

TIGHT = 0.25
"""Share of rules whose values are hard to keep, or impossible beside chords and other rules."""
TRIES = 30
"""Draws of one rule before it is given up, where most places or tracks do not suit it."""
UNITS = ("1/8", "1/16", "1/4", "1/12", "3/8", "1/2")
RHYTHMS = (
    "1/4", "1/8", "1/4 1/8 1/8", "3/8 1/8 1/2", "1/2 r1/4 1/4", "1/12 1/12 1/12 r1/4", "1/16",
    "r1/8 1/8",
)  # fmt: skip
SHORT = (Contour, Melody, Require, Rhythm, Silent)
"""Rules that are mostly asked of a few bars."""

Values = tuple[object, ...]


@dataclass(frozen=True)
class Asked:
    """What one rule is drawn for: its tracks, pitches that they have in common (or nearly, where
    they have none), and whether it shall be hard to keep."""

    draw: random.Random
    plan: Plan
    names: tuple[str, ...]
    low: int
    high: int
    tight: bool

    @property
    def key(self) -> Key:
        """The plan's key, mostly."""
        if self.plan.key is not None and not self.tight:
            return self.plan.key
        return Key.from_class(self.draw.randrange(12), self.draw.choice(("major", "minor")))

    def classes(self, fewest: int, most: int) -> list[str]:
        """Tones of the key in any order, each once."""
        tones = [class_to_name(tone) for tone in self.key.scale]
        return self.draw.sample(tones, min(self.draw.randint(fewest, most), len(tones)))

    def pitches(self, fewest: int, most: int) -> list[str]:
        """Pitches anywhere about the tracks' range."""
        count = self.draw.randint(fewest, most)
        low, high = max(self.low - 5, 0), min(self.high + 5, 127)
        return [pitch_name(self.draw.randint(low, high)) for _ in range(count)]


def rule_pairs() -> list[tuple[type[Rule], type[Rule]]]:
    """Every pair of kinds, a kind with itself among them."""
    return list(combinations_with_replacement(RULES, 2))


def random_rules(
    draw: random.Random, plan: Plan, count: int, kinds: Sequence[type[Rule]] | None = None
) -> tuple[Rule, ...]:
    """Rules that a plan can state together with those it has, whether or not notes can keep them.

    `count` of any kind, or one each of the `kinds` given; a kind for which the plan has no track or
    place is left out, so there may be fewer.
    """
    wanted = [draw.choice(RULES) for _ in range(count)] if kinds is None else kinds
    asked = plan
    for kind in wanted:
        asked = _with_rule(draw, asked, kind) or asked
    return asked.rules[len(plan.rules) :]


def _with_rule(draw: random.Random, plan: Plan, kind: type[Rule]) -> Plan | None:
    """The plan with one more rule, of this kind; None where none fits."""
    suited = [
        track
        for track in plan.tracks
        if kind.of_tracks and kind.kinds in ("any", "drums" if track.role == "drums" else "pitched")
    ]
    if kind.of_tracks and len(suited) < (2 if kind is Doubling else kind.fewest):
        return None
    for _ in range(TRIES):
        names = _names(draw, kind, suited)
        about = [track for track in suited if not names or track.name in names]
        low = max((track.low for track in about), default=0)
        high = min((track.high for track in about), default=127)
        asked = Asked(draw, plan, names, *sorted((low, high)), draw.random() < TIGHT)
        try:
            rule = kind(*_VALUES[kind](asked), tracks=names, where=_place(draw, plan, kind))
            return replace(plan, rules=(*plan.rules, rule))
        except PlanError:
            continue
    return None


def _names(draw: random.Random, kind: type[Rule], suited: Sequence[TrackPlan]) -> tuple[str, ...]:
    """Names of the tracks that a rule is about; none: all of them."""
    if not kind.of_tracks or (kind is not Doubling and draw.random() < 0.15):
        return ()
    if kind.fewest > 1:
        voices = draw.sample(list(suited), draw.randint(kind.fewest, min(4, len(suited))))
        return tuple(t.name for t in sorted(voices, key=lambda track: -track.high - track.low))
    count = 2 if draw.random() < 0.1 and len(suited) > 2 else 1
    return tuple(track.name for track in draw.sample(list(suited), count))


def _place(draw: random.Random, plan: Plan, kind: type[Rule]) -> Place | None:
    """The whole piece, a bar, some bars or a section; mostly few bars where that is usual."""
    first = 0 if plan.pickup else 1
    bar = draw.randint(first, plan.bars)
    if kind is Modulation:
        return Bars(bar, bar)
    choice = draw.choice(("bar", "bars", "bars", "section", "whole"))
    if kind is Cadence and choice == "whole":
        choice = "section"
    if choice == "section":
        names = [section.name for section in plan.sections]
        index = draw.randrange(len(names))
        return Named(names[index], names[: index + 1].count(names[index]))
    if choice == "whole" and (kind not in SHORT or draw.random() < 0.3):
        return None
    if choice == "bar":
        return Bars(bar, bar)
    return Bars(bar, min(plan.bars, bar + draw.randint(0, 2 if kind in SHORT else plan.bars)))


def _within(asked: Asked) -> Values:
    draw, low, high = asked.draw, asked.low, asked.high
    if asked.tight or high - low < 14:
        bottom = draw.randint(max(low - 12, 0), high)
        return bottom, min(bottom + draw.randint(0, 7), 127)
    spare = (high - low - 12) // 2
    return low + draw.randint(0, spare), high - draw.randint(0, spare)


def _counts(asked: Asked, most: int, usual: int, fewest: int) -> Values:
    if asked.tight:
        count = asked.draw.randint(fewest, most)
        return count, asked.draw.choice((count, most))
    low = asked.draw.randint(fewest, fewest + 1)
    return low, low + asked.draw.randint(1, usual)


def _scale(asked: Asked) -> Values:
    if asked.tight:
        return asked.draw.choice(SHARP_NAMES), asked.draw.choice(list(SCALES))
    return asked.key.tonic, asked.key.mode


def _contour(asked: Asked) -> Values:
    if not asked.tight:
        return (asked.draw.choice(SHAPES),)
    return ("".join(asked.draw.choice("+-=") for _ in range(asked.draw.randint(1, 12))),)


def _rhythm(asked: Asked) -> Values:
    if not asked.tight:
        return (asked.draw.choice(RHYTHMS),)
    values = [asked.draw.choice((*UNITS, "1/48", "5/16")) for _ in range(asked.draw.randint(1, 6))]
    return (" ".join(asked.draw.choice(("", "", "r")) + value for value in values),)


def _doubling(asked: Asked) -> Values:
    pitched = [track.name for track in asked.plan.tracks if track.role != "drums"]
    leaders = [name for name in pitched if name not in asked.names]
    return asked.draw.choice(leaders or pitched), asked.draw.choice(DOUBLINGS)


def _dynamics(asked: Asked) -> Values:
    levels = [*MARKS, asked.draw.randint(1, 127)] if asked.tight else list(MARKS)[1:-1]
    return asked.draw.choice(levels), asked.draw.choice((None, *levels))


def _modulation(asked: Asked) -> Values:
    key = asked.key if asked.tight else asked.draw.choice(RELATIONS)
    return key, asked.draw.choice(WAYS)


_VALUES: dict[type[Rule], Callable[[Asked], Values]] = {
    Cadence: lambda a: (a.draw.choice(CADENCES),),
    Modulation: _modulation,
    Range: _within,
    Tessitura: _within,
    Only: lambda a: (a.pitches(1, 3) if a.tight else a.classes(5, 7),),
    Avoid: lambda a: (
        (a.draw.sample(SHARP_NAMES, a.draw.randint(6, 12)),) if a.tight else (a.classes(1, 2),)
    ),
    Scale: _scale,
    Require: lambda a: (a.pitches(1, 6) if a.tight else a.classes(1, 2),),
    Onsets: lambda a: _counts(a, most=32, usual=7, fewest=0),
    Grid: lambda a: (a.draw.choice(("1", "1/48", "5/16") if a.tight else UNITS),),
    Rhythm: _rhythm,
    Silent: lambda _: (),
    Leap: lambda a: (a.draw.randint(0, 2) if a.tight else a.draw.randint(5, 12),),
    Contour: _contour,
    Melody: lambda a: (a.pitches(1, 20) if a.tight else a.classes(3, 7),),
    Breath: lambda a: (a.draw.choice((0.25, 0.5, 1.0)) if a.tight else a.draw.randint(3, 16),),
    Voices: lambda a: _counts(a, most=16, usual=3, fewest=1),
    Playable: lambda _: (),
    Doubling: _doubling,
    NoParallels: lambda _: (),
    NoCrossing: lambda _: (),
    Spacing: lambda a: (a.draw.randint(0, 5) if a.tight else a.draw.choice((12, 16, 19, 24)),),
    DrumPattern: lambda a: (a.draw.choice(list(FAMILIES)),),
    Dynamics: _dynamics,
}
