"""Edits of the bars of a piece: more of them, or fewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..bounds import is_whole
from ..errors import EditError
from ..plan import MAX_BARS
from ..score import Bar, Score
from .edits import Edit, Written
from .harmony import stated_chords, written_chords
from .leading import basses_turned, falling_silent, hanging_on
from .moment import Moment, sounding_cells
from .places import Cells, cells_text, index_of, parse_numbers, runs, whole
from .timeline import splice
from .write import Composer, write


@dataclass(frozen=True)
class Insert(Written):
    """Put new bars, written by the model, before a bar.

    before: number of the bar; None: at the end. bars: how many. chords: a progression for them, or
    None, which leaves them to the model. section: a name, for a section of their own; None lets the
    section before grow. Bars beside that hang on what was there (`leading`) are written as well.
    """

    word: ClassVar[str] = "insert"
    before: int | None
    bars: int
    chords: str | None = None
    section: str | None = None

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Put in the bars, give them chords, and write all tracks."""
        score = now.score
        at = len(score.bars) if self.before is None else index_of(score, self.before)
        if at == 0 and score.has_pickup:
            raise EditError("nothing comes before the pickup; insert before bar 1 or later")
        return _with_bars(now, at, self, composer)


@dataclass(frozen=True)
class Extend(Written):
    """More bars, written by the model, at the end of a section.

    section: its name; None: the last one, or the piece. bars, chords: as in `Insert`.
    """

    word: ClassVar[str] = "extend"
    bars: int
    section: str | None = None
    chords: str | None = None

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Put the bars behind the section."""
        score, before = now.score, None
        if self.section is not None:
            last = whole(score).section(self.section).numbers[-1]
            after = index_of(score, last) + 1
            before = None if after == len(score.bars) else score.bar_number(after)
        same = Insert(
            before, self.bars, self.chords, seed=self.seed, temperature=self.temperature,
            top_p=self.top_p,
        )  # fmt: skip
        return same.apply(now, composer)


def _with_bars(now: Moment, at: int, edit: Insert, composer: Composer) -> Moment:
    score = now.score
    if not is_whole(edit.bars, 1, MAX_BARS - len(score.bars)):
        raise EditError(f"{edit.bars!r} bars more; allowed: 1 to {MAX_BARS - len(score.bars)}")
    start = score.bar_starts[at]
    for track, note in score.notes() if now.locks else ():
        later = frozenset(c for c in now.sounds_locked(track.name, note) if c[1] >= at)
        if note.onset < start:
            now.refuse_locked(later, "what rings into it must not be cut off from it")
    added = [Bar(score.bars[max(at - 1, 0)].meter)] * edit.bars
    grown = splice(score, at, added=added, section=edit.section)
    places = range(at, at + edit.bars)
    by = edit.by(composer)
    if edit.chords is None:
        told = written_chords(grown.score, places, now.style, by.loaded, edit.seed)
    else:
        told = stated_chords(grown.score, places, edit.chords)
    moment = now.with_score(told, grown.moved)
    cells = cells_of(told, places) | basses_turned(score, told, grown.moved)
    if at < len(score.bars):  # what led into the bar that stood here
        led = hanging_on(score, cells_of(score, [at]))
        cells |= {cell for cell in led if cell[1] < at}
        heard = falling_silent(score, cells_of(score, range(at)), now.resting)
        cells |= {(name, bar + edit.bars) for name, bar in heard}  # what rang into it from there
    return moment.with_score(write(moment, cells, by, edit.seed))


def cells_of(score: Score, bars: Sequence[int]) -> Cells:
    """Some bars of all tracks."""
    return frozenset((track.name, bar) for track in score.tracks for bar in bars)


@dataclass(frozen=True)
class Delete(Edit):
    """Take out whole bars.

    bars: their numbers, as ``5-8, 12``.
    """

    word: ClassVar[str] = "delete"
    bars: str

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Take them out; notes that ring into them end where they began."""
        score = now.score
        numbers = parse_numbers(self.bars)
        gone = [index_of(score, number) for number in numbers]
        if len(gone) == len(score.bars):
            raise EditError("these are all bars; a piece keeps at least one")
        cells = cells_of(score, gone)
        now.refuse_locked(cells, "it cannot be taken out")
        self._refuse_ringing(now, cells)
        for run in reversed(runs(gone)):
            cut = splice(now.score, run[0], removed=len(run))
            now = now.with_score(cut.score, cut.moved)
        return now

    def _refuse_ringing(self, now: Moment, cells: Cells) -> None:
        """Raise `EditError` where a note sounds both in locked bars and in those taken out."""
        for track, note in now.score.notes():
            sounds = frozenset(sounding_cells(now.score, track.name, note))
            if sounds & cells and (locked := sounds & now.locks):
                where = cells_text(now.score, locked)
                raise EditError(
                    f"{where}: locked, and a note there rings over the border of bars {self.bars}; "
                    "unlock it, or take out other bars"
                )
