"""From a chart that is written back to a plan, complete."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..plan import Plan, SectionPlan
from ..rules.base import Rule, Wish
from ..rules.places import Bars, Named, bars_at
from ..tokens.vocabulary import section_label
from .chart_bars import ChartBar
from .idiom import returns_unchanged


def numbered(plan: Plan) -> Plan:
    """The plan of an open form, its bars where a rule names its one section, which will be gone."""

    def placed(rule: Rule) -> Rule:
        return replace(rule, where=Bars(1, plan.bars)) if isinstance(rule.place, Named) else rule

    rules = tuple(placed(rule) for rule in plan.rules)
    wishes = tuple(Wish(placed(wish.rule), wish.weight) for wish in plan.wishes)
    return replace(plan, rules=rules, wishes=wishes)


def charted(
    plan: Plan,
    bars: Sequence[ChartBar],
    sections: Sequence[tuple[str, int]],
    rng: np.random.Generator,
) -> Plan:
    """The plan with the chords of its bars, and, where its form is open, with these sections.

    sections: label and first bar of each. Some that come back with the chords they had become
    reprises.
    """
    return _with_sections(plan, bars, sections, rng) if plan.open_form else _with_chords(plan, bars)


def _with_sections(
    plan: Plan,
    bars: Sequence[ChartBar],
    written: Sequence[tuple[str, int]],
    rng: np.random.Generator,
) -> Plan:
    stops = [begin for _, begin in written[1:]] + [len(bars)]
    sections: list[SectionPlan] = []
    ruled = _ruled(plan)
    for (label, begin), stop in zip(written, stops, strict=True):
        chords = tuple(tuple(bar.written) for bar in bars[begin:stop])
        same = [s for s in sections if section_label(s.name) == label]
        name = f"{label} {len(same) + 1}" if same else label
        equal = same and same[0].chords == chords and stop < len(bars)
        back = equal and rng.random() < returns_unchanged(label)
        if back and not ruled.intersection(range(begin, stop)):
            sections.append(SectionPlan(name, stop - begin, reprise=same[0].name))
        else:
            sections.append(SectionPlan(name, stop - begin, chords))
    return replace(plan, sections=tuple(sections), open_form=False)


def _ruled(plan: Plan) -> set[int]:
    """The bars that rules name; they have notes of their own, not those of a reprise."""
    rules = (*plan.rules, *(wish.rule for wish in plan.wishes))
    pickup = bool(plan.pickup)
    return {
        bar - pickup
        for rule in rules
        if rule.place is not None
        for bar in bars_at(rule.place, (), plan.bars + pickup, pickup)
    }


def _with_chords(plan: Plan, bars: Sequence[ChartBar]) -> Plan:
    sections, begin = [], 0
    for section in plan.sections:
        stop = begin + section.bars
        if section.chords is not None or section.harmony_of is None:
            chords = tuple(tuple(bar.written) for bar in bars[begin:stop])
            section = replace(section, chords=chords)
        sections.append(section)
        begin = stop
    return replace(plan, sections=tuple(sections))
