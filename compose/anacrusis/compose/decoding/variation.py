"""Variations: at their first bar it is drawn which notes of the model come back as they were.

What comes back is given, as notes are that `fill` leaves as they are. The rest is written anew,
with none of the notes that were there and not many more, so that the share of change is in its
band whatever the model writes. Bars that hang together come back, or do not, together.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..constraints.chords import ChordGuarantee
from ..constraints.line import Line
from ..constraints.openings import Openings
from ..constraints.returning import (
    Fate,
    as_loud,
    may_pin,
    may_return,
    needed,
    pinned,
    under_fates,
)
from ..constraints.state import Given, State
from ..constraints.terms import Terms
from ..errors import ConstraintError
from ..plan import Plan
from ..score import Note, Score
from .share import Part, draw_share, in_band, slack

DRAWS = 12
"""Choices of what changes that are tried before a variation is given up."""
_PINS = 300
"""Most notes of a knot that may come back where the rest of it does not."""
_MELODIC = 1.5
"""How much rather melodies and counters are changed than what accompanies them."""

Cell = tuple[int, int]
"""A bar of a track: rank and bar."""


class Variation(NamedTuple):
    """A section that varies another: its bars, those of its model, the band of its change."""

    bars: range
    model: range
    band: tuple[float, float]


class Setting(NamedTuple):
    """What the bars to come are written under: what is given, terms and lines by rank."""

    known: Given
    terms: tuple[Terms | None, ...]
    lines: Mapping[int, Line]


class _Knot(NamedTuple):
    """Bars of tracks that hang together. fits: whether they may come back. cuts: ticks from which
    on they may where the rest does not. pins: notes that may where the rest does not."""

    cells: tuple[Cell, ...]
    fits: bool
    cuts: tuple[int, ...]
    pins: tuple[tuple[int, Note], ...]


def variations_of(plan: Plan, skeleton: Score) -> dict[int, Variation]:
    """The variations of a plan, by their first bar."""
    found: dict[int, Variation] = {}
    first: dict[str, int] = {}
    for planned, placed in zip(plan.sections, skeleton.sections, strict=True):
        if planned.vary is not None:
            start = first[planned.vary]
            bars = range(placed.bar, placed.bar + placed.bars)
            found[placed.bar] = Variation(bars, range(start, start + placed.bars), planned.change)
        first.setdefault(planned.name, placed.bar)
    return found


def vary(
    variation: Variation,
    state: State,
    openings: Openings,
    plain: Setting,
    rng: np.random.Generator,
) -> Setting:
    """The setting of a variation that is about to be written.

    plain: that of the whole piece without it. Raises `ConstraintError` where no choice of what
    changes reaches the band.
    """
    return _Choice(variation, state, openings, plain).drawn(rng)


class _Choice:
    """What may come back of a model, and what may change."""

    def __init__(
        self, variation: Variation, state: State, openings: Openings, plain: Setting
    ) -> None:
        self._bars, self._band = variation.bars, variation.band
        self._state, self._openings, self._plain = state, openings, plain
        self._starts = starts = state.skeleton.bar_starts
        self._chords: ChordGuarantee = openings.chords
        self._ranks = range(len(state.voices))
        shift = starts[variation.bars.start] - starts[variation.model.start]
        self._notes: dict[Cell, tuple[Note, ...]] = {}
        first, last = starts[variation.model.start], starts[variation.model.stop]
        for rank in self._ranks:
            found: dict[int, list[Note]] = {bar: [] for bar in self._bars}
            for note in state.voices[rank].notes:
                if first <= note.onset < last:
                    moved = as_loud(self._terms(rank), replace(note, onset=note.onset + shift))
                    found[state.skeleton.bar_at(moved.onset)].append(moved)
            self._notes |= {(rank, bar): tuple(sorted(notes)) for bar, notes in found.items()}
        self._total = sum(map(len, self._notes.values()))
        self._pinned = {
            cell: pinned(self._terms(cell[0]), self._chords, notes)
            for cell, notes in self._notes.items()
        }

    def _terms(self, rank: int) -> Terms:
        terms = self._plain.terms[rank]
        assert terms is not None, "tracks of a plan with variations have terms"
        return terms

    def _track(self, rank: int) -> list[Note]:
        """The notes of a track in the section."""
        return [note for bar in self._bars for note in self._notes[rank, bar]]

    def _overlong(self) -> set[Cell]:
        """Bars in which a track must strike, as it has rested as long as it may until then."""
        found = set()
        for rank in self._ranks:
            limit, run = self._terms(rank).plan.rest, 0
            for bar in () if limit is None else self._bars:
                start, end = self._starts[bar], self._starts[bar + 1]
                sounds = any(n.onset < end and n.end > start for n in self._track(rank))
                run = 0 if sounds or self._openings.exempt(rank, bar) else run + 1
                if limit is not None and run > limit:
                    found.add((rank, bar))
                    run = 0
        return found

    # What hangs together

    def _knots(self) -> list[_Knot]:
        cells = [cell for cell in self._notes]
        knot_of = {cell: {cell} for cell in cells}
        for one, other in self._ties():
            if knot_of[one] is not knot_of[other]:
                joined = knot_of[one] | knot_of[other]
                for cell in joined:
                    knot_of[cell] = joined
        sets = {id(knot): knot for knot in knot_of.values()}.values()
        overlong = self._overlong()
        return [self._knot(sorted(knot), overlong.isdisjoint(knot)) for knot in sets]

    def _ties(self) -> Iterator[tuple[Cell, Cell]]:
        """Bars that cannot come back without each other."""
        for rank, bar in self._notes:
            for other in self._openings.together(rank, bar):
                yield (rank, bar), (other, bar)
            for note in self._notes[rank, bar]:
                for later in range(bar + 1, self._bars.stop):
                    if self._starts[later] <= note.end and self._needs(rank, later, note):
                        yield (rank, bar), (rank, later)

    def _needs(self, rank: int, bar: int, note: Note) -> bool:
        """Whether a bar into which a note rings, or leads, cannot come back without it."""
        if self._leads(rank, note):
            return True
        several = self._terms(rank).voices.get(bar, (1, 1))[0] > 1
        return note.end > self._starts[bar] and (several or not self._notes[rank, bar])

    def _leads(self, rank: int, note: Note) -> bool:
        """Whether a note is not free to end without another."""
        free = self._chords.legal(note.onset, note.end)[0]
        return not self._terms(rank).is_drums and not free >> note.pitch & 1

    def _knot(self, cells: Sequence[Cell], rested: bool) -> _Knot:
        """rested: whether no rest in them is too long."""
        bars = sorted({bar for _, bar in cells})
        fits = rested and all(
            may_return(
                self._terms(rank), self._chords,
                [note for r, bar in cells if r == rank for note in self._notes[r, bar]],
                range(min(b for r, b in cells if r == rank),
                      max(b for r, b in cells if r == rank) + 1),
                self._starts,
            )
            for rank in {rank for rank, _ in cells}
        ) and all(
            self._openings.agree(
                self._state, self._track, [rank for rank, b in cells if b == bar], bar
            )
            for bar in bars
        )  # fmt: skip
        tied = any(self._openings.alike(*cell) for cell in cells)
        cuts = self._cuts(cells) if fits else ()
        return _Knot(tuple(cells), fits, cuts, () if tied else self._pins(cells))

    def _pins(self, cells: Sequence[Cell]) -> tuple[tuple[int, Note], ...]:
        """Notes that may be struck again among new ones, the ones on the beat first."""
        score = self._state.skeleton
        found = [
            (rank, note)
            for rank, bar in cells
            for note in self._notes[rank, bar]
            if note not in self._pinned[rank, bar]
            and may_pin(self._terms(rank), self._chords, note)
        ]
        found.sort(key=lambda pin: (score.position(pin[1].onset)[1] % 12 > 0, pin))
        return tuple(found[:_PINS])

    def _cuts(self, cells: Sequence[Cell]) -> tuple[int, ...]:
        """Onsets from which on all may come back, as it needs nothing of what is before."""
        notes = [(rank, note) for rank, bar in cells for note in self._notes[rank, bar]]

        def needs(tick: int, rank: int, note: Note) -> bool:
            if note.onset >= tick or note.end < tick:
                return False
            later = [bar for r, bar in cells if r == rank and self._starts[bar + 1] > tick]
            return self._leads(rank, note) or any(
                self._starts[bar] < note.end and self._needs(rank, bar, note) for bar in later
            )

        return tuple(
            tick
            for tick in sorted({note.onset for _, note in notes})[1:]
            if not any(needs(tick, rank, note) for rank, note in notes)
        )

    # Drawing

    def drawn(self, rng: np.random.Generator) -> Setting:
        """One choice that the band and the look-ahead of lines allow."""
        if not self._total and self._band[1] >= 1 and self._band[0] > 0:
            return self._plain  # nothing was there: all that is written is new
        knots = self._knots()
        parts = [self._part(knot) for knot in knots]
        low, high = self._band
        for attempt in range(DRAWS):
            whole, turn = attempt < DRAWS // 2, attempt % (DRAWS // 2)
            share = (low + high) / 2 - (high - low) / DRAWS * turn  # less, where more must come
            options = draw_share(parts, self._total, self._band, rng, whole, share)
            if options is None:
                continue
            until: dict[Cell, int | None] = {}
            pins: dict[Cell, tuple[tuple[int, Note], ...]] = {}
            for knot, part, option in zip(knots, parts, options, strict=True):
                how = self._how(knot, part, option)
                until.update(dict.fromkeys(knot.cells, how[0]))
                pins.update(dict.fromkeys(knot.cells, how[1]))
            fates = self._fates(until, pins)
            setting = None if fates is None else self._setting(fates)
            if setting is not None:
                return setting
        number = self._state.skeleton.bar_number(self._bars.start)
        raise ConstraintError(
            f"no way was found to change {low:.0%} to {high:.0%} of the notes of bar {number} on; "
            "allow a wider band, or another seed"
        )

    def _part(self, knot: _Knot) -> Part:
        changed = [
            sum(self._changes(cell, cut) for cell in knot.cells)
            for cut in (*knot.cuts, self._starts[self._bars.stop])
        ]
        roles = {self._terms(rank).plan.role for rank, _ in knot.cells}
        liking = _MELODIC if roles & {"melody", "counter"} else 1.0
        bars = sorted({bar for _, bar in knot.cells})
        struck = tuple(changed[-1] - pins for pins in range(len(knot.pins), 0, -1))
        options = (*struck, changed[-1])
        if knot.fits:
            options = (0, *changed[:-1], *options)
        return Part(options, liking, range(bars[0], bars[-1] + 1))

    def _changes(self, cell: Cell, until: int) -> int:
        """How many notes of a bar change that is written anew up to a tick."""
        gone = [note for note in self._notes[cell] if note.onset < until]
        return len(gone) - sum(note in gone for note in self._pinned[cell])

    def _how(
        self, knot: _Knot, part: Part, option: int
    ) -> tuple[int | None, tuple[tuple[int, Note], ...]]:
        """Up to which tick a knot is written anew (None: to its end, 0: not at all), and the notes
        that are struck again."""
        if knot.fits and not part.options[option]:
            return 0, ()
        if knot.fits and option <= len(knot.cuts):
            return knot.cuts[option - 1], ()
        return None, knot.pins[: len(part.options) - 1 - option]

    def _fates(
        self,
        until: Mapping[Cell, int | None],
        pins: Mapping[Cell, Sequence[tuple[int, Note]]],
    ) -> dict[Cell, Fate] | None:
        """What becomes of each bar; None where too much could be written."""
        starts, fates = self._starts, {}
        for cell, tick in until.items():
            start, end = starts[cell[1]], starts[cell[1] + 1]
            tick = end if tick is None else min(max(tick, start), end)
            again = tuple(
                note for rank, note in pins[cell] if rank == cell[0] and start <= note.onset < end
            )
            fates[cell] = Fate(self._notes[cell], tick, 0, again)
        changed = sum(
            self._changes(cell, fate.until) - len(fate.pins) for cell, fate in fates.items()
        )
        most = {
            cell: max(len(fate.gone), self._needed(cell, fate))
            for cell, fate in fates.items()
            if fate.until > starts[cell[1]]
        }
        gone = {cell: len(fates[cell].gone) for cell in most}
        more = slack(changed, self._total, self._band[1])
        if not in_band(changed, self._total, self._band):
            return None
        if more is not None:
            more -= sum(most[cell] - gone[cell] for cell in most)
            if more < 0:
                return None
        for cell in sorted(most, key=lambda cell: (gone[cell] > 0, cell)):
            extra = 1 if not gone[cell] else max(gone[cell] // 2, 1)
            if more is not None:
                share = -(-more * gone[cell] // (sum(gone.values()) or 1))
                extra = min(extra, more, share or 1)
                more -= extra
            most[cell] += extra
        for rank, bar in most:  # what sounds alike has as many
            alike = [(other, bar) for other in self._openings.alike(rank, bar)]
            most[rank, bar] = min([most[rank, bar], *(most[c] for c in alike if c in most)])
        return {cell: fate._replace(most=most.get(cell, 0)) for cell, fate in fates.items()}

    def _needed(self, cell: Cell, fate: Fate) -> int:
        rank, bar = cell
        ticks = range(self._starts[bar], self._starts[bar + 1])
        return needed(self._terms(rank), bar, ticks) - len(fate.back)

    def _setting(self, fates: Mapping[Cell, Fate]) -> Setting | None:
        """The setting in which bars have their fates; None where a line cannot go on so."""
        state, starts = self._state, self._starts
        back = {cell: fate for cell, fate in fates.items() if fate.until == starts[cell[1]]}
        known = state.known.more(
            {cell: fate.back for cell, fate in back.items()},
            {c: fate.back for c, fate in fates.items() if c not in back and fate.back},
            len(state.voices), len(starts) - 1,
        )  # fmt: skip
        lines = dict(self._openings.lines)
        terms: list[Terms | None] = []
        for rank in self._ranks:
            own = {bar: fate for (other, bar), fate in fates.items() if other == rank}
            new = under_fates(self._terms(rank), self._chords, own, starts)
            terms.append(new)
            if rank in lines:
                lines[rank] = lines[rank].under(new, starts[self._bars.start])
                if not lines[rank].goes_on(starts[self._bars.start]):
                    return None
        return Setting(known, tuple(terms), lines)
