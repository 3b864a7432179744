"""Another plan for a song: what depends on the difference is written anew, all else stays."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..decoding.chart import complete
from ..decoding.compose import CHART_SAMPLING
from ..errors import EditError
from ..plan import Plan
from ..plan_section import SectionPlan
from ..score import Score, Track
from .carry import plan_of
from .depends import Dependence, depends, variations
from .edits import Written
from .moment import Moment
from .places import Cells, cells_text
from .rewrite import varied
from .write import Composer, returned, write


@dataclass(frozen=True)
class Replan(Written):
    """Give a song another plan.

    What the plan leaves open is what it was; sections that are new are completed by the model. The
    seed of the plan is that of the whole song, `seed` that of what is written anew.
    """

    word: ClassVar[str] = "replan"
    plan: Plan

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Write the bars that depend on what the plans differ in; see `depends`."""
        old = plan_for(now.score)
        by = self.by(composer)
        rng = np.random.default_rng((self.seed, 1))
        new = complete(with_what_was(self.plan, old), by.loaded, CHART_SAMPLING, rng)
        found = depends(old, new, now.score)
        locks = self._locks(now, new, found)
        score = rebuilt(now.score, new, found)
        moment = Moment(score, locks, new.style, found.moved)
        if found.cells:
            score = write(moment, found.cells, by, self.seed, returns=True)
            score = self._varied(replace(moment, score=score), found.cells, by)
        return replace(moment, score=replace(score, plan=new))

    def _varied(self, now: Moment, cells: Cells, by: Composer) -> Score:
        """The score with the variations among some bars, which are copies as yet, varied."""
        plan = now.score.plan
        assert plan is not None
        found = False
        for place, bars, _ in variations(plan, now.score):
            section = plan.sections[place]
            own = frozenset((track.name, bar) for track in plan.tracks for bar in bars)
            if not own <= cells:
                continue
            if section.chords is not None:
                raise EditError(
                    f"section {section.name!r} varies {section.vary!r} under chords of its own; "
                    "leave them out, or compose the plan anew"
                )
            now = replace(now, score=varied(now, own, section.change, by, self.seed + place))
            found = True
        return returned(now.score, cells) if found else now.score

    def _locks(self, now: Moment, new: Plan, found: Dependence) -> Cells:
        """The locked bars where they now are; `EditError` where one would not stay what it is."""
        places = {was: bar for bar, was in enumerate(found.moved) if was is not None}
        called = {
            was: track.name
            for track, was in zip(new.tracks, found.tracks, strict=True)
            if was is not None
        }
        after = new.skeleton()
        broken: set[tuple[str, int]] = set()
        locks: set[tuple[str, int]] = set()
        for track, note in now.score.notes():  # what rings in from bars that go
            if now.score.bar_at(note.onset) not in places:
                broken |= now.sounds_locked(track.name, note)
        for name, bar in now.locks - broken:
            cell = (called.get(name, ""), places.get(bar, -1))
            gone = name not in called or bar not in places or cell in found.cells
            if gone or not _same_pace(now.score, bar, after, cell[1]):
                broken.add((name, bar))
            else:
                locks.add(cell)
        if broken:
            raise EditError(
                f"{cells_text(now.score, broken)}: locked, and the plan changes it; unlock it, or "
                "leave that part of the plan as it was"
            )
        return frozenset(locks)


def _same_pace(old: Score, was: int, new: Score, bar: int) -> bool:
    """Whether a bar has the tempo that it had."""
    return _pace(old, was) == _pace(new, bar)


def _pace(score: Score, bar: int) -> list[tuple[int, float]]:
    start, end = score.bar_starts[bar], score.bar_starts[bar + 1]
    held = [change.bpm for change in score.tempos if change.tick <= start][-1]
    later = [(c.tick - start, c.bpm) for c in score.tempos if start < c.tick < end]
    return [(0, held), *later]


def plan_for(score: Score) -> Plan:
    """The plan of a score, its own or one that says what it is; `EditError` where none can."""
    found = score.plan or plan_of(score)
    if found is None:
        raise EditError(
            "no plan can say what this piece is (short bars, changes within a bar, or more tracks "
            "than a plan has); edit it by bars"
        )
    return found


def with_what_was(new: Plan, old: Plan) -> Plan:
    """A plan with what it leaves open as it was in another."""
    if new.open_form and new.bars == old.bars:
        new = replace(new, open_form=False, sections=old.sections, meter=old.meter)
    known = {section.name: section for section in old.sections}

    def filled(section: SectionPlan) -> SectionPlan:
        was = known.get(section.name)
        if section.chords is not None or section.model is not None or was is None:
            return section
        chords = old.chords_of(was)
        return replace(section, chords=chords) if was.bars == section.bars else section

    return replace(
        new,
        sections=tuple(filled(section) for section in new.sections),
        key=new.key or new.sections[0].key or old.key,
        tempo=new.tempo or new.sections[0].tempo or old.tempo,
    )


def rebuilt(score: Score, plan: Plan, found: Dependence) -> Score:
    """The score of a plan with the notes that stay, in their new places."""
    skeleton = plan.skeleton()
    shifts = {
        was: skeleton.bar_starts[bar] - score.bar_starts[was]
        for bar, was in enumerate(found.moved)
        if was is not None
    }
    tracks = []
    for empty, was in zip(skeleton.tracks, found.tracks, strict=True):
        kept = Track("") if was is None else score.track(was)
        notes = [
            replace(note, onset=note.onset + shifts[bar])
            for note in kept.notes
            if (bar := score.bar_at(note.onset)) in shifts
        ]
        controls = [
            replace(control, tick=control.tick + shifts[bar])
            for control in kept.controls
            if (bar := score.bar_at(int(control.tick))) in shifts
        ]
        tracks.append(replace(empty, notes=tuple(notes), controls=tuple(controls)))
    return replace(skeleton, tracks=tuple(tracks), composer=score.composer, plan=plan)
