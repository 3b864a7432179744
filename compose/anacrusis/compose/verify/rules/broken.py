"""`rules_broken`, `wishes_met`: each rule of a plan, with the check that belongs to it."""

from collections.abc import Callable, Iterator
from typing import Any

from ...errors import PlanError
from ...plan import Plan
from ...rules.base import Rule
from ...rules.counterpoint import NoCrossing, NoParallels, Spacing
from ...rules.drums import DrumPattern
from ...rules.dynamics import Dynamics
from ...rules.harmony import Cadence, Modulation
from ...rules.line import Breath, Contour, Leap, Melody
from ...rules.pitches import Avoid, Only, Range, Require, Scale, Tessitura
from ...rules.places import bars_at
from ...rules.rhythm import Grid, Onsets, Rhythm, Silent
from ...rules.texture import Doubling, Playable, Voices
from ...score import Score
from ..lane import Lane
from ..planned import Finding
from ..report import WishMet
from . import counterpoint, drums, dynamics, harmony, line, pitches, playable, rhythm, texture
from .span import Span

Check = Callable[[Any, Span], Iterator[Finding]]
CHECKS: dict[type[Rule], Check] = {
    Cadence: harmony.cadence,
    Modulation: harmony.modulation,
    Range: pitches.outside_range,
    Tessitura: pitches.outside_tessitura,
    Only: pitches.outside_tones,
    Avoid: pitches.avoided_tones,
    Scale: pitches.outside_scale,
    Require: pitches.missing_tones,
    Onsets: rhythm.onsets,
    Grid: rhythm.off_grid,
    Rhythm: rhythm.another_rhythm,
    Silent: rhythm.not_silent,
    Leap: line.leaps,
    Contour: line.another_contour,
    Melody: line.another_melody,
    Breath: line.without_breath,
    Voices: texture.voices,
    Playable: playable.unplayable,
    Doubling: texture.not_doubled,
    NoParallels: counterpoint.parallels,
    NoCrossing: counterpoint.crossings,
    Spacing: counterpoint.gaps,
    DrumPattern: drums.another_groove,
    Dynamics: dynamics.off_the_curve,
}
"""Kind of rule -> what finds where it is broken."""


def rules_broken(score: Score, plan: Plan, lane: Lane) -> Iterator[Finding]:
    """Where a score breaks the rules of its plan; each finding has the name and text of its rule.

    score: its bars are the plan's. Where it has no sections, those of the plan hold. A track or
    section that it lacks is passed over here: rules ``tracks`` and ``sections`` report it.
    """
    for rule in plan.rules:
        span = _span(rule, score, plan, lane)
        if span is not None:
            yield from _broken(span)


def wishes_met(score: Score, plan: Plan, lane: Lane) -> Iterator[WishMet]:
    """How far each wish of a plan is met: its rule, checked as those that are demanded are."""
    for wish in plan.wishes:
        span = _span(wish.rule, score, plan, lane)
        if span is not None:
            bars = {score.bar_at(finding.tick) for finding in _broken(span)}
            yield WishMet(str(wish), len(span.bars), len(bars))


def _broken(span: Span) -> Iterator[Finding]:
    """Where the rule of a span is broken."""
    if span.rule.one_at_a_time:
        yield from line.together(span)
    yield from CHECKS[type(span.rule)](span.rule, span)


def _span(rule: Rule, score: Score, plan: Plan, lane: Lane) -> Span | None:
    """Where a rule holds; None where the score has not its section."""
    sections = score.sections or plan.layout.sections
    cuts = sorted(
        {
            score.bar_starts[bar]
            for section in sections
            for bar in (section.bar, section.bar + section.bars)
        }
    )
    try:
        bars = bars_at(rule.place, sections, len(score.bars), bool(plan.pickup))
    except PlanError:
        return None
    named = {track.name: track for track in score.tracks}
    asked = [plan.tracks[index].name for index in rule.concerns(plan.tracks)]
    tracks = tuple(named[name] for name in asked if name in named)
    return Span(rule, score, lane, bars, tracks, tuple(cuts))
