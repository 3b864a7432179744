"""Whether a rule fits the plan that states it: its tracks, its bars, and what they are."""

from typing import TYPE_CHECKING

from ..errors import PlanError
from ..score import Score
from .base import Rule
from .drums import DrumPattern
from .line import Contour, Melody
from .pitches import Require
from .places import bars_at
from .texture import Doubling

if TYPE_CHECKING:
    from ..plan import Plan

_WHOLE = (Contour, Melody, Require)
"""Rules about a span as a whole, which cannot be handed on to the music that a reprise repeats."""


def check_rule(rule: Rule, plan: "Plan", layout: Score) -> None:
    """Raise `PlanError` where a plan has not what its rule names.

    layout: the bars and sections of the plan.
    """
    if not isinstance(rule, Rule):
        raise PlanError(f"rule {rule!r:.60} is no rule; write one, or read it with parse_rule")
    try:
        bars = bars_at(rule.place, layout.sections, len(layout.bars), bool(plan.pickup))
    except PlanError as error:
        raise PlanError(f"rule {str(rule)!r}: {error}") from error
    rule.concerns(plan.tracks)
    if isinstance(rule, DrumPattern):
        for bar in bars:
            if layout.bars[bar].length is None:
                rule.groove(layout.bars[bar].meter)
    if isinstance(rule, Doubling):
        leader = next((t for t in plan.tracks if t.name == rule.leader), None)
        if leader is None or leader.role == "drums":
            names = ", ".join(t.name for t in plan.tracks if t.role != "drums")
            raise PlanError(
                f"rule {str(rule)!r}: there is no pitched track {rule.leader!r}; tracks: {names}"
            )
    if isinstance(rule, _WHOLE):
        _check_whole(rule, plan, layout, bars)


def _check_whole(rule: Rule, plan: "Plan", layout: Score, bars: range) -> None:
    for planned, placed in zip(plan.sections, layout.sections, strict=True):
        touched = placed.bar < bars.stop and bars.start < placed.bar + placed.bars
        if touched and planned.reprise is not None:
            raise PlanError(
                f"rule {str(rule)!r} reaches into section {planned.name!r}, whose music is that of "
                f"{planned.reprise!r}; say it of {planned.reprise!r}, or of bars before the reprise"
            )
