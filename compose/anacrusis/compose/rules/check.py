"""Whether a rule fits the plan that states it: its tracks, its bars, and what they are."""

from typing import TYPE_CHECKING

from ..errors import PlanError
from ..plan_bars import bar_plans
from ..score import Score
from ..wording import did_you_mean, shortened
from .base import Rule, Wish
from .drums import DrumPattern
from .harmony import Modulation
from .line import Contour, Melody
from .pitches import Require
from .places import bars_at
from .texture import Doubling
from .words import listed

if TYPE_CHECKING:
    from ..plan import Plan

MAX_RULES = 500
"""Rules and wishes of a plan, together."""
_WHOLE = (Contour, Melody, Require)
"""Rules about a span as a whole, which cannot be handed on to the music that a reprise repeats."""


def check_rules(plan: "Plan") -> None:
    """Raise `PlanError` where one of a plan's rules or wishes does not fit it.

    Modulations must agree with one another and with the keys that the plan states.
    """
    for name, given in (("rules", plan.rules), ("wishes", plan.wishes)):
        if not isinstance(given, tuple):
            raise PlanError(f"{name} is {given!r:.60}; a plan has a tuple of them")
    count = len(plan.rules) + len(plan.wishes)
    if count > MAX_RULES:
        raise PlanError(f"the plan has {count} rules; allowed: up to {MAX_RULES}")
    for wish in plan.wishes:
        if not isinstance(wish, Wish):
            raise PlanError(f"wish {wish!r:.60} is no Wish; write one, or read it with parse_wish")
        if isinstance(wish.rule, Modulation):
            raise PlanError(
                f"wish {shortened(str(wish))}: a key is stated, not preferred; state "
                "the modulation as a rule"
            )
    if count:
        layout = plan.layout
        for rule in (*plan.rules, *(wish.rule for wish in plan.wishes)):
            check_rule(rule, plan, layout)
        bar_plans(plan.sections, plan.meter, plan.key, rules=plan.rules)


def check_rule(rule: Rule, plan: "Plan", layout: Score) -> None:
    """Raise `PlanError` where a plan has not what its rule names.

    layout: the bars and sections of the plan.
    """
    if not isinstance(rule, Rule):
        raise PlanError(f"rule {rule!r:.60} is no rule; write one, or read it with parse_rule")
    try:
        _check(rule, plan, layout)
    except PlanError as error:
        raise PlanError(f"rule {shortened(str(rule))}: {error}") from error


def _check(rule: Rule, plan: "Plan", layout: Score) -> None:
    bars = bars_at(rule.place, layout.sections, len(layout.bars), bool(plan.pickup))
    rule.concerns(plan.tracks)
    if isinstance(rule, DrumPattern):
        full = (layout.bars[bar] for bar in bars if layout.bars[bar].length is None)
        for meter in dict.fromkeys(bar.meter for bar in full):
            rule.groove(meter)
    if isinstance(rule, Doubling):
        pitched = [track.name for track in plan.tracks if track.role != "drums"]
        if rule.leader not in pitched:
            raise PlanError(
                f"there is no pitched track {rule.leader!r} to double; "
                f"{did_you_mean(rule.leader, pitched)}tracks: {listed(pitched)}; octaves are "
                "written +12 or -12 behind the name"
            )
    if isinstance(rule, _WHOLE):
        _check_whole(plan, layout, bars)


def _check_whole(plan: "Plan", layout: Score, bars: range) -> None:
    for planned, placed in zip(plan.sections, layout.sections, strict=True):
        touched = placed.bar < bars.stop and bars.start < placed.bar + placed.bars
        if touched and planned.reprise is not None:
            raise PlanError(
                f"it reaches into section {planned.name!r}, whose music is that of "
                f"{planned.reprise!r}; say it of {planned.reprise!r}, or of bars before the reprise"
            )
