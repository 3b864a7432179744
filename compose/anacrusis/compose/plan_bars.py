"""The bars of a plan: the meter, key and tempo that hold in each of them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .errors import PlanError
from .key import Key
from .meter import Meter
from .plan_section import ChangeAt, SectionPlan
from .rules.base import Rule
from .rules.harmony import Modulation
from .rules.places import Bars


class BarPlan(NamedTuple):
    """A full bar of a plan.

    section: index of its section. place: its own, within the section, from 0. key, tempo: what
    holds; None where the plan leaves it open. new_key, new_tempo: whether it is stated at this bar.
    """

    section: int
    place: int
    meter: Meter
    key: Key | None
    tempo: float | None
    new_key: bool
    new_tempo: bool


def section_changes(sections: Iterable[SectionPlan]) -> list[tuple[ChangeAt, ...]]:
    """What changes within each section: its own changes, else those of its model."""
    known: dict[str, tuple[ChangeAt, ...]] = {}
    found = []
    for section in sections:
        changes = section.changes
        if not changes and section.model is not None:
            changes = known.get(section.model, ())
        known.setdefault(section.name, changes)
        found.append(changes)
    return found


def section_meters(meter: Meter, sections: Sequence[SectionPlan]) -> list[list[Meter]]:
    """For each section the meters of its bars, in a plan that begins in `meter`."""
    found: list[list[Meter]] = []
    for section, changes in zip(sections, section_changes(sections), strict=True):
        meter = section.meter or meter
        found.append([])
        turns = {change.bar: change.meter for change in changes}
        for bar in range(1, section.bars + 1):
            meter = turns.get(bar) or meter
            found[-1].append(meter)
    return found


def bar_plans(
    sections: Sequence[SectionPlan],
    meter: Meter,
    key: Key | None = None,
    tempo: float | None = None,
    rules: Iterable[Rule] = (),
) -> tuple[BarPlan, ...]:
    """The full bars of a plan that begins in this meter, key and tempo.

    A modulation among the rules sets the key from its bar on; where it names a relation and the key
    before is open, so is the new one. Raises `PlanError` where it is at odds with a key that is
    stated for its bar.
    """
    rows: list[BarPlan] = []
    moves = _modulations(rules)
    meters = section_meters(meter, sections)
    for index, changes in enumerate(section_changes(sections)):
        section = sections[index]
        turns = {change.bar: change for change in changes}
        for place in range(section.bars):
            turn = turns.get(place + 1) if place else section
            stated = None if turn is None else turn.key
            held, move = stated or key, moves.get(len(rows) + 1)
            if move is not None:
                held = _target(move, key, stated)
            paced = None if turn is None else turn.tempo
            new_key = stated is not None or (move is not None and held is not None)
            key, tempo = held, paced or tempo
            row = (index, place, meters[index][place], key, tempo, new_key, paced is not None)
            rows.append(BarPlan(*row))
    return tuple(rows)


def _modulations(rules: Iterable[Rule]) -> dict[int, Modulation]:
    """Number of a full bar -> the modulation there."""
    found: dict[int, Modulation] = {}
    for rule in rules:
        if not isinstance(rule, Modulation):
            continue
        assert isinstance(rule.place, Bars)
        bar = rule.place.first
        if bar < 2:
            raise PlanError(
                f"rule {str(rule)!r}: there is no key before; state the key of the plan, and "
                "modulate in bar 2 or later"
            )
        first = found.setdefault(bar, rule)
        if first.key != rule.key:
            raise PlanError(
                f"rules {str(first)!r} and {str(rule)!r} contradict each other; leave one out"
            )
    return found


def _target(move: Modulation, before: Key | None, stated: Key | None) -> Key | None:
    """The key a modulation leads to; None where that depends on a key that is open."""
    target = move.key if isinstance(move.key, Key) else None
    if before is not None:
        target = move.target(before)
    if stated is not None and target not in (None, stated):
        raise PlanError(
            f"rule {str(move)!r} leads to {target}, but the plan states {stated} for that bar; "
            "leave one out"
        )
    target = stated or target
    if before is not None and target is not None and _same(before, target):
        raise PlanError(
            f"rule {str(move)!r} leads to {target}, but the music is in {before} already; name "
            "another key"
        )
    return target


def _same(first: Key, second: Key) -> bool:
    """Whether two keys sound the same, however they are spelled."""
    return (first.tonic_class, first.mode) == (second.tonic_class, second.mode)
