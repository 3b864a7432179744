"""Edits that write bars anew: regenerate and vary."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..bounds import is_number
from ..errors import EditError
from ..score import Note, Score
from .edits import Written
from .leading import falling_silent, hanging_on
from .moment import Moment, sounding_cells
from .places import Cells, Selection
from .write import Composer, write

BAND = 0.1
"""How far from a stated share of change a variation may be, up or down."""

_TURNS, _WHOLE = 6, 2
"""How often each bar is drawn for a variation, and how often as a whole."""


@dataclass(frozen=True)
class Regenerate(Written):
    """Write some bars anew.

    Bars after them in which a track of them only rang on are written as well, where the plan counts
    its rests or nothing else sounds.
    """

    word: ClassVar[str] = "regenerate"
    where: Selection

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Write the bars that are not locked."""
        cells = chosen_cells(now, self.where)
        return now.with_score(write(now, cells, self.by(composer), self.seed, busy=True))


def chosen_cells(now: Moment, where: Selection) -> Cells:
    """The bars to write anew for some that were chosen; see `Regenerate`."""
    cells = where.cells(now.score)
    if now.score.plan is None:
        return cells
    return cells | falling_silent(now.score, cells - now.locks, now.resting)


@dataclass(frozen=True)
class Vary(Written):
    """Change a share of some bars, and leave the rest as it was.

    low, high: the share of change, as `change_between` measures it, lies between these.
    """

    word: ClassVar[str] = "vary"
    where: Selection
    low: float = 0.2
    high: float = 0.4

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Write a bar of a track after another, until enough has changed.

        What would change too much is left as it was; each bar is drawn up to `_TURNS` times, the
        later ones only in part, up to one of its notes. Then `EditError`.
        """
        if not (is_number(self.high, 0, 1) and is_number(self.low, 0, self.high)):
            raise EditError(
                f"a change of {self.low!r} to {self.high!r}; allowed: shares from 0 to 1, the "
                "lower one first; give 0.3, or (0.2, 0.4)"
            )
        cells = self.where.cells(now.score) - now.locks
        band = self.low, self.high
        return now.with_score(varied(now, cells, band, self.by(composer), self.seed))


def share_band(amount: float | tuple[float, float]) -> tuple[float, float]:
    """The lowest and highest share of change that are meant by one share, or by both of these."""
    ends = amount if isinstance(amount, tuple) else (amount, amount)
    if len(ends) != 2 or not all(is_number(end, 0, 1) for end in ends):
        raise EditError(
            f"a change of {amount!r:.40}; allowed: a share from 0 to 1, or the lowest and the "
            "highest; give 0.3, or (0.2, 0.4)"
        )
    low, high = ends
    if not isinstance(amount, tuple):
        low, high = max(low - BAND, 0.0), min(high + BAND, 1.0)
    return round(low, 6), round(high, 6)


def varied(
    now: Moment, cells: Cells, band: tuple[float, float], composer: Composer, seed: int
) -> Score:
    """The score with some bars changed by a share that lies in a band; see `Vary`."""
    low, high = band
    rng = np.random.default_rng((seed, 3))
    score, share = now.score, 0.0
    for turn in range(_TURNS):
        queue = sorted(cells)
        rng.shuffle(queue)
        while queue and share < low:
            missing = ((low + high) / 2 - share) * len(cells)
            count = max(int(missing), 1) if turn == 0 else 1
            chosen, queue = frozenset(queue[:count]), queue[count:]
            chosen |= hanging_on(score, chosen, now.resting) & cells
            drawn = int(rng.integers(2**31))
            kept = _tails(score, chosen, rng) if turn >= _WHOLE else {}
            for name, notes in _ringing_out(now, score, chosen, cells).items():
                kept.setdefault(name, []).extend(notes)
            begun = replace(now, score=score)
            changed = write(begun, chosen, composer, drawn, kept=kept, busy=True)
            reached = change_between(now.score, changed, cells)
            if reached <= high:
                score, share = changed, reached
        if share >= low:
            return score
    raise EditError(
        f"a change of {share:.2f} was reached, not {low:g} to {high:g}; allow a wider band, choose "
        "more bars, or another seed"
    )


def _ringing_out(now: Moment, score: Score, chosen: Cells, cells: Cells) -> dict[str, list[Note]]:
    """The notes of some bars without which bars outside `cells` would fall silent."""
    silent = falling_silent(score, chosen, now.resting) - cells if score.plan is not None else ()
    found: dict[str, list[Note]] = {}
    for track, note in score.notes() if silent else ():
        first, *later = sounding_cells(score, track.name, note)
        if first in chosen and any(cell in silent for cell in later):
            found.setdefault(track.name, []).append(note)
    return found


def _tails(score: Score, cells: Cells, rng: np.random.Generator) -> dict[str, list[Note]]:
    """The notes of some bars from one of them on, but the first."""
    found: dict[str, list[Note]] = {}
    for name, bar in sorted(cells):
        notes = [note for note in score.track(name).notes if score.bar_at(note.onset) == bar]
        onsets = sorted({note.onset for note in notes})[1:]
        if onsets:
            cut = int(rng.choice(onsets))
            found.setdefault(name, []).extend(note for note in notes if note.onset >= cut)
    return found


def change_between(old: Score, new: Score, cells: Cells) -> float:
    """How much of some bars differs, 0 to 1.

    Of each track, A and B are the old and the new notes that begin there, as (onset, pitch); its
    edits are max(|A|, |B|) - |A and B|. The edits of all tracks, divided by all max(|A|, |B|).
    """
    edits = most = 0
    for before, after in zip(old.tracks, new.tracks, strict=True):
        a, b = (
            Counter((n.onset, n.pitch) for n in t.notes if (t.name, old.bar_at(n.onset)) in cells)
            for t in (before, after)
        )
        edits += max(a.total(), b.total()) - (a & b).total()
        most += max(a.total(), b.total())
    return edits / most if most else 0.0
