"""Bars of a score written anew: infilling, accompaniment, continuation.

All notes outside the blanks are given. The model reads them ahead of their bars, as it learnt to
(Thickstun et al. 2023), and they come back as they were.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from ..bounds import MAX_SEED, is_whole
from ..constraints.state import Blanks
from ..errors import PlanError
from ..instruments import role_default
from ..plan import Plan, TrackPlan
from ..rules.base import Rule, Wish
from ..rules.places import bars_at
from ..score import Note, Score, Track
from ..tokens.attributes import measure
from ..tokens.encode import track_slots
from ..wording import counted
from .compose import load_model
from .notes import Progress, write_task
from .sampler import Model, Sampling
from .writer import Task

MOST_VOICES = 16
"""The highest polyphony that a plan can state."""


def fill(
    score: Score,
    blanks: Blanks,
    style: str = "game",
    *,
    tracks: tuple[TrackPlan, ...] | None = None,
    seed: int = 0,
    model: Model | None = None,
    sampling: Sampling = Sampling(),  # noqa: B008  frozen
    progress: Progress | None = None,
    staying: Mapping[int, Collection[Note]] | None = None,
    rules: Sequence[Rule] | None = None,
    beside: Sequence[Rule] = (),
) -> Score:
    """Write some bars of some tracks of a score anew, and leave all other notes as they are.

    blanks: track index -> bar numbers (from 0); the notes that begin there are replaced. The bars,
    chords, keys, sections and tempos of the score hold for the new notes as they do for those of a
    plan; the plan it was made from may no longer hold, and is left behind.
    tracks: range, polyphony and longest rest of each track; None takes those of the score's plan,
    where it has one, else what the track's role and its other notes use.
    staying: track index -> notes in blanks that stay, such as those that ring into a bar that must
    not change; from the first of them on nothing else is written in their bar of their track.
    Notes held from before ring into a blank, and what they promise is kept: a dissonance at the end
    of a given bar is resolved. New notes end where given bars begin.
    rules: what the new notes must keep beside the given ones; None takes those of the score's plan
    on the blanks. Its wishes about them are wished here, too. beside: more rules, which give way
    where the solver has to find the way on. Raises `PlanError` for tracks and bars that the score
    does not have, and `ConstraintError` where rules leave nothing to write beside what is given.
    """
    blanks = _checked(score, blanks)
    if not is_whole(seed, 0, MAX_SEED):
        raise PlanError(f"seed {seed!r}; allowed: 0 to {MAX_SEED}")
    if tracks is not None and len(tracks) != len(score.tracks):
        raise PlanError(
            f"{counted(len(tracks), 'plan')} for {counted(len(score.tracks), 'track')}; give one "
            "for each, or none"
        )
    model = load_model() if model is None else model
    if tracks is None:
        tracks = _plans(score, blanks)
    stated = _stated_rules(score, blanks) if rules is None else ()
    for rule in (*(rules or ()), *beside):
        rule.concerns(tracks)
        bars_at(rule.place, score.sections, len(score.bars), score.has_pickup)
    known = tuple(rules or stated)  # to the solver, should it be asked: the plan's alone
    task = Task(
        replace(score, plan=None), tracks, style, blanks, staying=staying or {},
        rules=(*known, *beside), plan=_telling_plan(score, known),
        wishes=_stated_wishes(score, blanks),
    )  # fmt: skip
    return write_task(task, model, sampling, np.random.default_rng(seed), progress)


def _stated_rules(score: Score, blanks: Mapping[int, frozenset[int]]) -> tuple[Rule, ...]:
    """The rules of a score's plan that are about tracks and bars which are written."""
    rules = () if score.plan is None else score.plan.rules
    return tuple(rule for rule in rules if _is_about(rule, score, blanks))


def _stated_wishes(score: Score, blanks: Mapping[int, frozenset[int]]) -> tuple[Wish, ...]:
    """The wishes of a score's plan about these."""
    wishes = () if score.plan is None else score.plan.wishes
    return tuple(wish for wish in wishes if _is_about(wish.rule, score, blanks))


def _is_about(rule: Rule, score: Score, blanks: Mapping[int, frozenset[int]]) -> bool:
    """Whether a rule of a score's plan is about tracks and bars which are written."""
    plan = score.plan
    if plan is None or [t.name for t in plan.tracks] != [t.name for t in score.tracks]:
        return False
    try:
        bars = set(bars_at(rule.place, score.sections, len(score.bars), bool(plan.pickup)))
    except PlanError:
        return False  # about a place that is no longer there
    return any(bars & blanks.get(place, frozenset()) for place in rule.concerns(plan.tracks))


def _telling_plan(score: Score, rules: Sequence[Rule]) -> Plan | None:
    """The plan by which the solver may be asked: that of the score, where it holds as it stands."""
    plan = score.plan
    if plan is None or not rules or not plan.is_complete:
        return None
    if any(section.model is not None for section in plan.sections):
        return None  # of what comes back the score may have one part only
    skeleton = plan.skeleton()
    if (skeleton.bars, skeleton.chords, skeleton.keys) != (score.bars, score.chords, score.keys):
        return None
    return replace(plan, rules=tuple(rules))


def planned(track: Track, score: Score, blank: frozenset[int] = frozenset()) -> TrackPlan:
    """A track's range and polyphony, those of its role widened to the notes outside `blank`, and
    the density and register of these notes."""
    usual = role_default(track.role)
    notes = [note for note in track.notes if score.bar_at(note.onset) not in blank]
    given = sum(bar.ticks for place, bar in enumerate(score.bars) if place not in blank)
    found = measure(notes, given)
    low = min([usual.low, *(note.pitch for note in notes)])
    high = max([usual.high, *(note.pitch for note in notes)])
    polyphony = min(max(usual.polyphony, most_at_once(notes, track.is_drums)), MOST_VOICES)
    density, register = (None, None) if found is None else found[:2]
    return TrackPlan(
        track.name, track.role, track.program, low, high, polyphony,
        density=density, register=register,
    )  # fmt: skip


def most_at_once(notes: Sequence[Note], drums: bool) -> int:
    """Most notes of a track that sound at once; of drums, that are struck at once."""
    ends = [(note.onset + 1 if drums else note.end, -1) for note in notes]
    changes = sorted([(note.onset, 1) for note in notes] + ends)
    return max(accumulate((step for _, step in changes), initial=0))


def _plans(score: Score, blanks: Mapping[int, frozenset[int]]) -> tuple[TrackPlan, ...]:
    """What the score's plan says of its tracks, where it has one, else what is found of them."""
    found = tuple(
        planned(track, score, blanks.get(place, frozenset()))
        for place, track in enumerate(score.tracks)
    )
    stated = () if score.plan is None else score.plan.tracks
    if len(stated) != len(found):
        return found
    return tuple(_as_stated(one, other) for one, other in zip(found, stated, strict=True))


def _as_stated(found: TrackPlan, stated: TrackPlan) -> TrackPlan:
    """What a plan says of a track, with density and register as found where it is silent."""
    return replace(
        found, low=stated.low, high=stated.high, polyphony=stated.polyphony, rest=stated.rest,
        density=found.density if stated.density is None else stated.density,
        register=found.register if stated.register is None else stated.register,
    )  # fmt: skip


def _checked(score: Score, blanks: Blanks) -> dict[int, frozenset[int]]:
    """The blanks as sets; raises `PlanError` for tracks and bars that are not there."""
    slots, _ = track_slots(score.tracks)
    written = {slot.place for slot in slots}
    last = len(score.bars) - 1
    for place, bars in blanks.items():
        if place not in written:
            there = is_whole(place, 0, len(score.tracks) - 1)
            raise PlanError(
                f"track {place!r} cannot be written: {'five of its role' if there else 'no such'}; "
                f"the score has {counted(len(score.tracks), 'track')}, numbered from 0, up to four "
                "of a role"
            )
        if not isinstance(bars, Collection):
            raise PlanError(f"the bars of track {place} are {bars!r}; give several, as range(4)")
        wrong = [bar for bar in bars if not is_whole(bar, 0, last)]
        if wrong:
            raise PlanError(f"bar {wrong[0]!r} cannot be written; allowed: 0 to {last}")
    return {place: frozenset(bars) for place, bars in blanks.items()}
