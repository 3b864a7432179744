"""The plan of a score that was edited: the old one where it still holds, else one of the score."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from ..decoding.fill import MOST_VOICES, most_at_once, planned
from ..decoding.reprises import reprised_bars
from ..errors import PlanError
from ..key import Key
from ..meter import Meter
from ..plan import Plan, TrackPlan
from ..plan_section import ChangeAt, SectionPlan
from ..rules.base import Rule, Wish
from ..rules.dynamics import Dynamics
from ..rules.line import Contour, Melody
from ..rules.pitches import Require
from ..rules.places import Bars, bars_at
from ..rules.rhythm import Rhythm, Silent
from ..score import Score, Section
from ..verify.lane import Lane, same_harmony
from ..verify.taken_up import taken_up
from .harmony import bar_chords
from .places import runs

Asked = TypeVar("Asked", bound=Rule)

AS_A_WHOLE = (Contour, Melody, Require, Dynamics, Rhythm)
"""Rules that are about a place as a whole."""


def carried(old: Score, new: Score, moved: Sequence[int | None] | None = None) -> Plan | None:
    """The plan of a score after an edit; None where it had none, or no plan can say what it is.

    moved: for each new bar the old one that it was; None where the bars are the same.
    """
    plan = old.plan
    if plan is None:
        return None
    if moved is None and holds(plan, new):
        return _widened(plan, new)
    said = plan_of(new, plan)
    if said is None:
        return None
    places = list(range(len(old.bars))) if moved is None else list(moved)
    rules = [_moved(rule, old, new, places) for rule in plan.rules]
    again = [_moved(rule, old, new, places) for rule in _silences(plan, old)]
    rules += [rule for rule in again if rule is not None and _is_kept(rule, plan, new)]
    wishes = [(_moved(wish.rule, old, new, places), wish.weight) for wish in plan.wishes]
    return with_demands(
        _widened(said, new),
        [rule for rule in rules if rule is not None],
        [Wish(rule, weight) for rule, weight in wishes if rule is not None],
    )


def restated(rule: Asked, score: Score, back: Mapping[int, int]) -> Iterator[Asked]:
    """What a rule asks of bars that come back, asked of the bars that they repeat.

    back: bar -> the bar that it repeats. A rule about a place as a whole is asked again only where
    all of that comes back together, but for a level of dynamics that stays.
    """
    bars = bars_at(rule.place, score.sections, len(score.bars), score.has_pickup)
    found = runs(back[bar] for bar in bars if bar in back)
    stays = isinstance(rule, Dynamics) and rule.end is None
    if isinstance(rule, AS_A_WHOLE) and not stays and [len(run) for run in found] != [len(bars)]:
        return
    for run in found:
        yield replace(rule, where=Bars(score.bar_number(run[0]), score.bar_number(run[-1])))


def holds(plan: Plan, score: Score) -> bool:
    """Whether bars, tracks, keys, tempos, sections and chords of a score are those of a plan, and
    what comes back or is varied in the plan is so in the score."""
    try:
        said = plan.skeleton()
    except PlanError:
        return False
    same = (
        said.bars == score.bars
        and said.tempos == score.tempos
        and said.keys == score.keys
        and said.sections == score.sections
        and said.swing == score.swing
        and [(t.name, t.role, t.program) for t in said.tracks]
        == [(t.name, t.role, t.program) for t in score.tracks]
        and _same_lane(said, score)
    )
    lane = Lane([(s.onset, s.end, s.chord) for s in score.chords], score.ticks)
    return same and not any(taken_up(score, plan, lane))


def _same_lane(said: Score, score: Score) -> bool:
    ticks = {0, *(s.onset for s in (*said.chords, *score.chords))}
    ticks |= {span.end for span in (*said.chords, *score.chords)}
    return all(
        same_harmony(said.chord_at(tick), score.chord_at(tick))
        for tick in ticks
        if tick < score.ticks
    )


def _silences(plan: Plan, score: Score) -> Iterator[Silent]:
    """What rules silence in music that comes back, said of where it does: the plan of a score does
    not say that it is the same."""
    back = reprised_bars(plan, score)
    for rule in plan.rules:
        if not isinstance(rule, Silent):
            continue
        bars = bars_at(rule.place, score.sections, len(score.bars), score.has_pickup)
        for run in runs(bar for bar in back if back[bar] in bars and bar not in bars):
            yield replace(rule, where=Bars(score.bar_number(run[0]), score.bar_number(run[-1])))


def _is_kept(rule: Silent, plan: Plan, score: Score) -> bool:
    """Whether the tracks of a plan are as silent in a score as a rule asks."""
    bars = bars_at(rule.place, score.sections, len(score.bars), score.has_pickup)
    start, end = score.bar_starts[min(bars)], score.bar_starts[max(bars) + 1]
    names = {plan.tracks[place].name for place in rule.concerns(plan.tracks)}
    return not any(
        track.name in names and note.onset < end and note.end > start
        for track, note in score.notes()
    )


def _moved(rule: Asked, old: Score, new: Score, moved: Sequence[int | None]) -> Asked | None:
    """A rule on bars by number, on what these bars are now; None where they are apart, or gone.

    A rule about a place as a whole stays with its bars, too, where a section of that name grows. It
    is None where any of them is gone.
    """
    numbered = isinstance(rule.place, Bars)
    if not numbered and not isinstance(rule, AS_A_WHOLE):
        return rule
    asked = bars_at(rule.place, old.sections, len(old.bars), old.has_pickup)
    found = [now for now, before in enumerate(moved) if before in asked]
    if isinstance(rule, AS_A_WHOLE) and len(found) != len(asked):
        return None
    if not numbered:
        with suppress(PlanError):
            if set(bars_at(rule.place, new.sections, len(new.bars), new.has_pickup)) == set(found):
                return rule
    if not found or any(b > a + 1 for a, b in pairwise(found)):
        return None
    return replace(rule, where=Bars(new.bar_number(found[0]), new.bar_number(found[-1])))


def with_tracks(plan: Plan, tracks: Sequence[TrackPlan]) -> Plan:
    """The plan with other tracks, and the rules and wishes that fit these."""
    bare = replace(plan, tracks=tuple(tracks), rules=(), wishes=())
    return with_demands(bare, plan.rules, plan.wishes)


def with_demands(plan: Plan, rules: Iterable[Rule], wishes: Iterable[Wish]) -> Plan:
    """The plan with the rules and wishes that fit it; others speak of what is no longer there."""
    for rule in rules:
        with suppress(PlanError):
            plan = replace(plan, rules=(*plan.rules, rule))
    for wish in wishes:
        with suppress(PlanError):
            plan = replace(plan, wishes=(*plan.wishes, wish))
    return plan


def _widened(plan: Plan, score: Score) -> Plan:
    """The plan with the ranges and polyphony of its tracks widened to their notes."""
    tracks = []
    for said, track in zip(plan.tracks, score.tracks, strict=True):
        pitches = [note.pitch for note in track.notes] if not track.is_drums else []
        low, high = min([said.low, *pitches]), max([said.high, *pitches])
        voices = min(max(said.polyphony, most_at_once(track.notes, track.is_drums)), MOST_VOICES)
        tracks.append(replace(said, low=low, high=high, polyphony=voices))
    return plan if tuple(tracks) == plan.tracks else replace(plan, tracks=tuple(tracks))


def plan_of(score: Score, like: Plan | None = None) -> Plan | None:
    """A plan that states all that a score is, but its notes; None where no plan can.

    like: what is known of its tracks, style and seed. A plan cannot say short bars but a pickup,
    or changes of key or tempo within a bar, among others.
    """
    known = {} if like is None else {track.name: track for track in like.tracks}
    tracks = tuple(_track(planned(track, score), known.get(track.name)) for track in score.tracks)
    pickup = score.has_pickup
    try:
        base = Plan(
            sections=tuple(_sections(score, int(pickup))),
            tracks=tracks,
            title=score.title or "Untitled",
            key=score.key_at(0),
            meter=score.bars[0].meter,
            tempo=score.tempos[0].bpm,
            style="game" if like is None else like.style,
            pickup=score.bars[0].ticks if pickup else 0,
            swing=score.swing,
            seed=0 if like is None else like.seed,
        )
    except PlanError:
        return None
    return base if holds(base, score) else None


def _track(found: TrackPlan, known: TrackPlan | None) -> TrackPlan:
    if known is None or (known.role, known.program) != (found.role, found.program):
        return found
    return known


def _sections(score: Score, first: int) -> Iterable[SectionPlan]:
    """The sections of a plan: those of the score, with what lies between them."""
    bar, parts = first, 0
    for section in (*score.sections, Section("", len(score.bars), 1)):
        if section.bar > bar:
            parts += 1
            yield _section(score, Section(f"part {parts}", bar, section.bar - bar))
        if section.bar < len(score.bars):
            yield _section(score, section)
        bar = section.bar + section.bars


def _section(score: Score, section: Section) -> SectionPlan:
    bars = range(section.bar, section.bar + section.bars)
    changes = []
    for place, bar in enumerate(bars[1:], start=2):
        turn = _turn(score, bar)
        if any(part is not None for part in turn):
            changes.append(ChangeAt(place, *turn))
    return SectionPlan(
        section.name,
        section.bars,
        tuple(bar_chords(score, bar, bar == bars[0]) for bar in bars) if score.chords else None,
        *_turn(score, bars[0]),
        changes=tuple(changes),
    )


def _turn(score: Score, bar: int) -> tuple[Key | None, Meter | None, float | None]:
    """The key, meter and tempo that begin with a bar; None where they go on."""
    start, meter = score.bar_starts[bar], score.bars[bar].meter
    key = next((change.key for change in score.keys if change.tick == start), None)
    tempo = next((change.bpm for change in score.tempos if change.tick == start), None)
    new_meter = bar > 0 and score.bars[bar - 1].meter != meter
    at_zero = start == 0  # the plan itself says what holds at the start
    return (
        None if at_zero else key, meter if new_meter else None, None if at_zero else tempo
    )  # fmt: skip
