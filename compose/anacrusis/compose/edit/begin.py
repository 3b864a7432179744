"""How songs begin: composed from a plan, or opened from a score of any origin."""

from dataclasses import dataclass, replace
from typing import ClassVar

from ..analysis.chords import analyse_chords
from ..analysis.keys import analyse_keys
from ..analysis.sections import analyse_sections
from ..decoding.compose import compose
from ..plan import Plan
from ..score import Score, Track
from .carry import holds, plan_of
from .edits import Edit, Written
from .moment import Moment
from .places import free_name
from .write import Composer


@dataclass(frozen=True)
class Begin(Edit):
    """What stands first in a history."""

    def begin(self, composer: Composer) -> Moment:
        """The song before any other edit."""
        raise NotImplementedError


@dataclass(frozen=True)
class Compose(Begin, Written):
    """A song composed from a plan, which holds the seed."""

    word: ClassVar[str] = "compose"
    plan: Plan

    def begin(self, composer: Composer) -> Moment:
        """Compose the plan."""
        by = self.by(composer)
        score = compose(self.plan, model=by.loaded, sampling=by.sampling)
        return Moment(score, style=self.plan.style)


@dataclass(frozen=True)
class Open(Begin):
    """A song that begins with a score, as it is."""

    word: ClassVar[str] = "open"
    score: Score
    style: str = "game"

    def begin(self, composer: Composer) -> Moment:
        """The score."""
        return Moment(self.score, style=self.style)


def analysed(score: Score) -> Score:
    """The score with what it lacks of keys, chords and sections, found by analysis.

    Tracks that share a name are numbered, those without one are called by their roles: edits name
    them. A plan that the score is not gives way to one that says what it is. Notes stay.
    """
    score = replace(score, tracks=_named(score.tracks))
    if score.plan is not None and not holds(score.plan, score):
        score = replace(score, plan=plan_of(score, score.plan))
    heard = any(track.notes and not track.is_drums for track in score.tracks)
    if heard and not score.keys:
        score = replace(score, keys=analyse_keys(score))
    if heard and not score.chords:
        score = replace(score, chords=analyse_chords(score))
    if not score.sections and any(track.notes for track in score.tracks):
        score = replace(score, sections=analyse_sections(score).sections)
    return score


def _named(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    names: list[str] = []
    for track in tracks:
        names.append(free_name(track.name.strip() or track.role, names))
    return tuple(replace(t, name=name) for t, name in zip(tracks, names, strict=True))
