"""Hypothesis strategies for rules: any that can be stated, and those that fit a plan."""

from dataclasses import replace

from hypothesis import strategies as st
from random_rules import random_rules
from strategies import keys, names, plans

from anacrusis.compose.pitch import FLAT_NAMES, SHARP_NAMES
from anacrusis.compose.plan import Plan
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
    Only,
    Onsets,
    Range,
    Require,
    Rhythm,
    Rule,
    Scale,
    Spacing,
    Tessitura,
    Voices,
    Wish,
)
from anacrusis.compose.rules.drums import FAMILIES
from anacrusis.compose.rules.dynamics import MARKS
from anacrusis.compose.rules.harmony import CADENCES, RELATIONS, WAYS
from anacrusis.compose.rules.line import SHAPES
from anacrusis.compose.rules.pitches import SCALES
from anacrusis.compose.rules.texture import DOUBLINGS

_TRAPS = (
    "all", "in", "at", "bar 5", "bars 1-8", "weight 3", "chorus 2", "a, b", "a: leap 7", "", " ",
    " x ", "a  b", 'say "hi"', '"', '""', '"a"', "+12", "x -12", "x −12", "12", "leap 7",
    "leap 7 in bar 3", "no parallels", "verse weight 2", "doubles", "ALL", "\u3000",
    "a\u00a0b", "'",
)  # fmt: skip
"""Names that a careless reader takes for something else."""


def rule_names() -> st.SearchStrategy[str]:
    """Names of tracks and sections, among them such as are hard to read."""
    return names() | st.sampled_from(_TRAPS) | st.text('ab",: ', max_size=6)


def bars() -> st.SearchStrategy[Bars]:
    """A bar, or some."""
    return st.tuples(st.integers(0, 2000), st.integers(0, 9)).map(lambda b: Bars(b[0], sum(b)))


def places() -> st.SearchStrategy[Bars | Named]:
    """Bars and sections."""
    return bars() | st.builds(Named, rule_names(), st.just(1) | st.integers(1, 9999))


def _tones(most: int) -> st.SearchStrategy[tuple[str, ...]]:
    octaves = st.sampled_from(["", "", "-1", "0", "4", "8"])
    spelled = st.tuples(st.sampled_from((*SHARP_NAMES, *FLAT_NAMES, "E#", "Abb")), octaves)
    named = spelled.map("".join).filter(lambda name: name != "Cb-1")
    return st.lists(named | st.integers(0, 127).map(str), min_size=1, max_size=most).map(tuple)


def _ends(low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda e: tuple(sorted(e)))


_UNITS = st.sampled_from(["1/8", "1/4", "3/16", "1/12", "1/48", "1", "8", "7/24", "2/4"])
_LEVELS = st.sampled_from(list(MARKS)) | st.integers(1, 127)
_SIGNS = st.text("+-=", min_size=1, max_size=64)
_VALUES = {
    Cadence: st.tuples(st.sampled_from(CADENCES)),
    Modulation: st.tuples(st.sampled_from(RELATIONS) | keys(), st.sampled_from(WAYS)),
    Range: _ends(0, 127),
    Tessitura: _ends(0, 127),
    Only: st.tuples(_tones(20)),
    Avoid: st.tuples(_tones(20)),
    Scale: st.tuples(st.sampled_from((*SHARP_NAMES, *FLAT_NAMES)), st.sampled_from(list(SCALES))),
    Require: st.tuples(_tones(6)),
    Onsets: _ends(0, 32),
    Grid: st.tuples(_UNITS),
    Rhythm: st.tuples(
        st.lists(st.tuples(st.sampled_from(["", "r"]), _UNITS).map("".join), max_size=12).map(
            lambda values: " ".join((*values, "1/4"))
        )
    ),
    Leap: st.tuples(st.integers(0, 127)),
    Contour: st.tuples(st.sampled_from(SHAPES) | _SIGNS),
    Melody: st.tuples(_tones(40)),
    Breath: st.tuples(st.floats(0.25, 1000) | st.integers(1, 1000)),
    Voices: _ends(1, 16),
    Doubling: st.tuples(rule_names(), st.sampled_from(DOUBLINGS)),
    Spacing: st.tuples(st.integers(0, 127)),
    DrumPattern: st.tuples(st.sampled_from(list(FAMILIES))),
    Dynamics: st.tuples(_LEVELS, st.none() | _LEVELS),
}


@st.composite
def any_rules(draw: st.DrawFn) -> Rule:
    """Rules of every kind with any values, whether a plan could have them or not."""
    kind = draw(st.sampled_from(RULES))
    values = draw(_VALUES.get(kind, st.just(())))
    tracks: list[str] = []
    if kind.of_tracks:
        fewest = 1 if kind is Doubling else 0
        tracks = draw(st.lists(rule_names(), min_size=fewest, max_size=4, unique=True))
    if kind is Doubling:
        tracks = [name for name in tracks if name != values[0]] or [values[0] + "x"]
    if kind is Modulation:
        where: Bars | Named | None = draw(bars().map(lambda b: Bars(b.first, b.first)))
    else:
        where = draw(places() if kind is Cadence else st.none() | places())
    return kind(*values, tracks=tuple(tracks), where=where)


def any_wishes() -> st.SearchStrategy[Wish]:
    """Wishes for such rules."""
    return st.builds(Wish, any_rules(), st.floats(1e-6, 20) | st.integers(1, 20))


def rules_for(plan: Plan, most: int = 4) -> st.SearchStrategy[tuple[Rule, ...]]:
    """Rules that the plan can state, up to so many."""
    return st.builds(
        lambda draw, count: random_rules(draw, plan, count),
        st.randoms(use_true_random=False),
        st.integers(0, most),
    )


@st.composite
def plans_with_rules(draw: st.DrawFn) -> Plan:
    """Valid plans with rules and wishes."""
    plan = draw(plans())
    weights = st.sampled_from([0.5, 2.0, 3.25, 20.0])
    wished = (rule for rule in draw(rules_for(plan)) if not isinstance(rule, Modulation))
    wishes = tuple(Wish(rule, draw(weights)) for rule in wished)
    return replace(plan, rules=(*plan.rules, *draw(rules_for(plan))), wishes=wishes)
