"""What a song is between two edits: its score, and what of it is locked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..errors import EditError
from ..score import Note, Score
from .carry import carried
from .places import Cell, Cells, cells_text


@dataclass(frozen=True)
class Moment:
    """A score, its locked bars, and the style in which bars are written.

    moved: for each bar the one that it was before the last edit, None for bars that it put in;
    numbers from the number of bars before on are those of bars that another piece brought along.
    Without it the bars are the same.
    """

    score: Score
    locks: Cells = frozenset()
    style: str = "game"
    moved: tuple[int | None, ...] | None = field(default=None, compare=False, repr=False)

    def index(self, name: str) -> int:
        """The place of a track."""
        return [track.name for track in self.score.tracks].index(name)

    @property
    def resting(self) -> list[str]:
        """The tracks whose rests the plan counts."""
        plans = () if self.score.plan is None else self.score.plan.tracks
        return [track.name for track in plans if track.rest is not None]

    def with_score(self, score: Score, moved: Sequence[int | None] | None = None) -> "Moment":
        """The moment after an edit. Its plan is the old one where that still holds, else one of the
        new score.

        moved: for each bar of the new score the old one that it was, or None; without it the bars
        are the same.
        """
        old = self.score
        score = replace(score, plan=carried(old, score, moved))
        locks = self.locks
        names = {track.name for track in score.tracks}
        if moved is not None:
            places = {before: now for now, before in enumerate(moved) if before is not None}
            locks = frozenset((n, places[bar]) for n, bar in locks if bar in places)
        locks = frozenset(cell for cell in locks if cell[0] in names)
        return replace(self, score=score, locks=locks, moved=self._moved(moved))

    def _moved(self, moved: Sequence[int | None] | None) -> tuple[int | None, ...] | None:
        """What the bars were before the last edit, after another step of it."""
        if moved is None or self.moved is None:
            return self.moved if moved is None else tuple(moved)
        return tuple(None if bar is None else self.moved[bar] for bar in moved)

    def sounds_locked(self, name: str, note: Note) -> Cells:
        """The locked bars in which a note of a track sounds."""
        return frozenset(sounding_cells(self.score, name, note)) & self.locks

    def refuse_locked(self, cells: Cells, what: str) -> None:
        """Raise `EditError` where an edit would change what is locked."""
        if locked := cells & self.locks:
            raise EditError(
                f"{cells_text(self.score, locked)}: locked, so {what}; unlock it, or leave it out"
            )


def sounding_cells(score: Score, name: str, note: Note) -> list[Cell]:
    """The bars in which a note of a track sounds."""
    return [(name, bar) for bar in range(score.bar_at(note.onset), score.bar_at(note.end - 1) + 1)]
