"""New chords for some bars: the melody stays, the other tracks are written to them."""

from dataclasses import dataclass, replace
from typing import ClassVar

from ..analysis.chords import analyse_chords
from ..errors import EditError
from ..score import Score
from .edits import Written
from .fitting import fitted
from .harmony import spans_within, stated_chords
from .leading import basses_turned, hanging_on
from .moment import Moment
from .places import Cells, Selection, check_track, runs
from .timeline import with_chords
from .write import Composer, without, write


@dataclass(frozen=True)
class Reharmonise(Written):
    """Put other chords under the melody, and write the other pitched tracks of the selection.

    chords: a progression for its bars, cycled; None: such as are found for what is kept, and others
    where it would break their guarantee. keep: names of
    tracks; none: those with the melody. Where notes before lead into the new chords, or the bass
    after them must now be struck, these bars are written as well.
    """

    word: ClassVar[str] = "reharmonise"
    where: Selection
    chords: str | None = None
    keep: tuple[str, ...] = ()

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Set the chords, then write."""
        score = now.score
        for name in self.keep:
            check_track(score, name)
        kept = self.keep or tuple(t.name for t in score.tracks if t.role == "melody")
        drums = {track.name for track in score.tracks if track.is_drums}
        chosen = self.where.cells(score)
        cells = frozenset(cell for cell in chosen if cell[0] not in {*kept, *drums}) - now.locks
        told = score
        heard = None if self.chords is not None else _heard(score, now.locks, kept)
        found = () if heard is None else analyse_chords(heard)
        for places in runs(bar for _, bar in chosen):
            first, end = score.bar_starts[places[0]], score.bar_starts[places[-1] + 1]
            if self.chords is not None:
                told = stated_chords(told, places, self.chords)
            elif heard is not None and (spans := spans_within(found, first, end)):
                told = with_chords(told, first, end, spans)
                kept_notes = replace(heard, chords=told.chords)
                told = with_chords(told, first, end, fitted(kept_notes, first, end))
        moment = now.with_score(told)
        if cells:
            beside = hanging_on(score, cells, now.resting) | basses_turned(score, told)
            cells |= {cell for cell in beside if cell[0] not in kept} - now.locks
            moment = moment.with_score(
                write(moment, cells, self.by(composer), self.seed, busy=True)
            )
        return moment


def _heard(score: Score, locks: Cells, kept: tuple[str, ...]) -> Score:
    """The notes that stay, without chords."""
    cells = frozenset(
        (track.name, bar)
        for track in score.tracks
        if track.name not in kept
        for bar in range(len(score.bars))
    )
    heard = replace(without(score, cells - locks), chords=())
    if not any(track.notes and not track.is_drums for track in heard.tracks):
        raise EditError("nothing that is kept tells the chords; state them, or name tracks to keep")
    return heard
