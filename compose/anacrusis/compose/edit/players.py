"""Edits of who plays: tracks that are added, and pieces that are arranged for others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from ..decoding.fill import planned
from ..errors import EditError
from ..plan import TrackPlan
from ..plan_line import share_roles, split_words, track_of_word
from ..score import Track
from .carry import with_tracks
from .edits import Written
from .moment import Moment
from .places import Selection, check_track, free_name, whole
from .write import Composer, write


@dataclass(frozen=True)
class AddTrack(Written):
    """Write a new track that fits the others.

    track: a role or an instrument. name: None calls it that. where: the bars to write, in whatever
    tracks; None: all.
    """

    word: ClassVar[str] = "add track"
    track: str
    name: str | None = None
    where: Selection | None = None

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Write the track."""
        added = track_of_word(self.track)
        taken = [track.name for track in now.score.tracks]
        if self.name in taken:
            raise EditError(f"there is a track {self.name!r} already; choose another name")
        added = replace(added, name=self.name or free_name(added.name, taken))
        if self.where is not None:  # elsewhere it rests
            added = replace(added, rest=None)
        return _with(now, [added], self.by(composer), self.seed, self.where)


@dataclass(frozen=True)
class Rearrange(Written):
    """Give the piece to other players: some tracks are kept, all others are replaced.

    tracks: roles or instruments, with commas. keep: names; none: the tracks with the melody.
    """

    word: ClassVar[str] = "rearrange"
    tracks: str
    keep: tuple[str, ...] = ()

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Leave out the tracks that are not kept, and write the new ones together."""
        score = now.score
        for name in self.keep:
            check_track(score, name)
        melody = tuple(track.name for track in score.tracks if track.role == "melody")
        kept = self.keep or melody
        if not kept:
            raise EditError("no track has the melody; name the tracks to keep")
        gone = {track.name for track in score.tracks} - set(kept)
        now.refuse_locked(
            frozenset((name, bar) for name in gone for bar in range(len(score.bars))),
            "it cannot be given to others",
        )
        plan = score.plan
        if plan is not None:
            plan = with_tracks(plan, [track for track in plan.tracks if track.name in kept])
        left = replace(score, tracks=tuple(t for t in score.tracks if t.name in kept), plan=plan)
        sung = any(track.role == "melody" for track in left.tracks)
        added: list[TrackPlan] = []
        for track in share_roles(map(track_of_word, split_words(self.tracks))):
            name = free_name(track.name, [*kept, *(other.name for other in added)])
            role = "counter" if sung and track.role == "melody" else track.role
            added.append(TrackPlan.of_role(role, name, track.program))
        locks = frozenset(cell for cell in now.locks if cell[0] in kept)
        return _with(replace(now, score=left, locks=locks), added, self.by(composer), self.seed)


def _with(
    now: Moment,
    added: Sequence[TrackPlan],
    composer: Composer,
    seed: int,
    where: Selection | None = None,
) -> Moment:
    """The song with new tracks, written in all bars or in those of a selection."""
    score, plan = now.score, now.score.plan
    if plan is not None:
        plan = with_tracks(plan, [*plan.tracks, *added])
    known = {track.name: planned(track, score) for track in score.tracks}
    known |= {track.name: track for track in added}
    numbers = whole(score).numbers if where is None else where.numbers
    empty = tuple(Track(track.name, track.role, track.program) for track in added)
    grown = replace(now, score=replace(score, tracks=(*score.tracks, *empty), plan=plan))
    cells = Selection(tuple(track.name for track in added), numbers).cells(grown.score)
    written = write(grown, cells, composer, seed, known if plan is None else None)
    return grown.with_score(written)
