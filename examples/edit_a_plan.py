"""Read a plan, give its chorus other chords, compose it and check the result.

python examples/edit_a_plan.py [PLAN.yaml]
"""

import sys
from dataclasses import replace

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.plan import Plan
from anacrusis.compose.plan_file import example_plan, parse_plan, plan_text, read_plan
from anacrusis.compose.progression import parse_progression
from anacrusis.compose.verify import report_text, verify


def with_chords(plan: Plan, name: str, chords: str) -> Plan:
    """The plan with other chords in one section (and wherever its music comes back)."""
    meter = plan.section(name).meter or plan.meter
    changed = parse_progression(chords, plan.section(name).bars, meter, plan.key)
    sections = (replace(s, chords=changed) if s.name == name else s for s in plan.sections)
    return replace(plan, sections=tuple(sections))


def main(file: str | None = None) -> None:
    plan = parse_plan(example_plan()) if file is None else read_plan(file)
    plan = with_chords(plan, "chorus", "F | G/F | Em7 | Am A7")
    print(plan_text(plan))
    score = compose(plan)
    print(report_text(verify(score)))


if __name__ == "__main__":
    main(*sys.argv[1:2])
