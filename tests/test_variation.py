"""Variations change as much of their model as the plan asks for, whatever the model writes."""

from dataclasses import replace

import numpy as np
import pytest
from mock_model import MockModel, random_plan, random_taste

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.errors import ConflictError, ConstraintError
from anacrusis.compose.plan import Plan, SectionPlan
from anacrusis.compose.verify import verify


def varied_plan(rng: np.random.Generator) -> Plan:
    """A random plan with variations, of reprises and of variations among them."""
    plan = random_plan(rng)
    sections = [replace(plan.sections[0], bars=plan.sections[0].bars)]
    names = [section.name for section in plan.sections]
    sections = list(plan.sections)
    for index in range(int(rng.integers(1, 3))):
        source = plan.section(str(rng.choice(names))) if not index else sections[-1]
        low = float(rng.choice([0.1, 0.2, 0.3, 0.5, 0.0]))
        high = min(low + float(rng.choice([0.2, 0.2, 0.3, 0.5])), 1.0)
        meter = plan.bar_plans[first_bar(plan, source.name)].meter if not index else None
        how = {"vary": source.name, "change": (low, high)}
        if index and rng.random() < 0.5:
            how = {"reprise": source.name}
        sections.append(SectionPlan(f"v{index}", source.bars, meter=meter, **how))
    return replace(plan, sections=tuple(sections))


def first_bar(plan: Plan, name: str) -> int:
    """The first bar of a section, pickups not counted."""
    before = 0
    for section in plan.sections:
        if section.name == name:
            return before
        before += section.bars
    raise AssertionError(name)


@pytest.mark.parametrize("seed", range(40))
def test_random_plans_are_kept(seed):
    rng = np.random.default_rng((seed, 11))
    plan = varied_plan(rng)
    model = MockModel(seed, random_taste(rng), skeleton=plan.skeleton())
    score = compose(plan, model=model)
    report = verify(score, plan)
    assert report.ok, report
