"""The chord lane of a score being edited: what bars have, what is stated, what the model writes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..chord import Chord
from ..decoding.chart import complete
from ..decoding.compose import CHART_SAMPLING
from ..decoding.sampler import Model
from ..key import Key
from ..plan import Plan, TrackPlan
from ..plan_section import ChordAt, SectionPlan
from ..progression import parse_progression
from ..score import ChordSpan, Score
from .timeline import with_chords

_NEAR = 8
"""Bars on either side of which the model is told the chords."""


def bar_chords(score: Score, bar: int, opening: bool = False) -> tuple[ChordAt, ...]:
    """The chords that begin in a bar; where the lane falls silent, N.C.

    opening: whether to say also the chord that is held into the bar.
    """
    start, end = score.bar_starts[bar], score.bar_starts[bar + 1]
    ticks = {tick for span in score.chords for tick in (span.onset, span.end) if start < tick < end}
    begins = any(start in (span.onset, span.end) for span in score.chords)
    if opening or begins:
        ticks.add(start)
    found: list[ChordAt] = []
    before = None if opening else score.chord_at(start - 1)
    for tick in sorted(ticks):
        chord = score.chord_at(tick)
        if opening or chord != before or any(span.onset == tick for span in score.chords):
            found.append(ChordAt(tick - start, chord or Chord.none()))
        before = chord
    return tuple(found)


def stated_chords(score: Score, bars: Sequence[int], text: str) -> Score:
    """The score with a progression, cycled, as the chords of some bars that follow one another."""
    meters = [score.bars[bar].meter for bar in bars]
    keys = [score.key_at(score.bar_starts[bar]) for bar in bars]
    return _with_bars(score, bars, parse_progression(text, len(bars), meters, keys))


def written_chords(score: Score, bars: Sequence[int], style: str, model: Model, seed: int) -> Score:
    """The score with chords that the model writes for some bars that follow one another.

    It knows the chords of the bars before and after. A score that has none gets none.
    """
    if not score.chords:
        return score
    plan = _open_plan(score, bars, style)
    full = complete(plan, model, CHART_SAMPLING, np.random.default_rng((seed, 1)))
    place = [section.chords is None for section in plan.sections].index(True)
    chords = full.sections[place].chords
    assert chords is not None
    return _with_bars(score, bars, chords)


def _open_plan(score: Score, bars: Sequence[int], style: str) -> Plan:
    """A plan of the bars, whose chords are open, between the nearest bars whose are stated."""
    first, last = bars[0], bars[-1]
    before = _whole_bars(score, range(first - 1, max(first - 1 - _NEAR, -1), -1))[::-1]
    after = _whole_bars(score, range(last + 1, min(last + 1 + _NEAR, len(score.bars))))
    sections = []
    for name, run in (("A", before), ("B", list(bars)), ("C", after)):
        if run:
            stated = [bar_chords(score, bar, bar == run[0]) for bar in run]
            meter = score.bars[run[0]].meter
            key = score.key_at(score.bar_starts[run[0]])
            chords = None if name == "B" else tuple(stated)
            sections.append(SectionPlan(name, len(run), chords, key, meter))
    return Plan(
        tuple(sections), (TrackPlan.of_role("melody"),),
        key=sections[0].key or Key(), meter=sections[0].meter or score.bars[0].meter,
        tempo=100.0, style=style,
    )  # fmt: skip


def _whole_bars(score: Score, bars: range) -> list[int]:
    """Bars of the meter of the first of them, up to one that is cut short."""
    found: list[int] = []
    for bar in bars:
        written = score.bars[bar]
        if written.length is not None or written.meter != score.bars[bars[0]].meter:
            break
        found.append(bar)
    return found


def _with_bars(score: Score, bars: Sequence[int], chords: Sequence[Sequence[ChordAt]]) -> Score:
    """The score with chords per bar in bars that follow one another."""
    first, end = score.bar_starts[bars[0]], score.bar_starts[bars[-1] + 1]
    points = [
        (score.bar_starts[bar] + at.tick, at.chord)
        for bar, row in zip(bars, chords, strict=True)
        for at in row
    ]
    if points and points[0][0] > first and (held := score.chord_at(first - 1)) is not None:
        points.insert(0, (first, held))  # the chord before goes on
    ends = [*(tick for tick, _ in points), end][1:]
    spans = [
        ChordSpan(tick, stop - tick, chord)
        for (tick, chord), stop in zip(points, ends, strict=True)
    ]
    return with_chords(score, first, end, spans)


def spans_within(spans: Sequence[ChordSpan], first: int, end: int) -> list[ChordSpan]:
    """Spans cut to ticks `first` to `end`, the gaps filled: each chord lasts until the next."""
    inside = [span for span in spans if span.onset < end and span.end > first]
    starts = [max(span.onset, first) for span in inside]
    if starts:
        starts[0] = first
    ends = [*starts, end][1:]
    return [
        replace(span, onset=start, duration=stop - start)
        for span, start, stop in zip(inside, starts, ends, strict=True)
    ]
