"""The search: facts beside the model's files, and the notes or the conflict that clingo finds."""

import time
from collections.abc import Collection
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from .facts import Facts
from .frame import LONGEST

if TYPE_CHECKING:
    from clingo import Symbol

FILES = ("notes.lp", "chords.lp", "lines.lp", "textures.lp")
Atom = tuple[int, int, int]


MOST = 1 << 31
"""Steps of a search without a bound."""
CONFLICT = 3000
"""Atoms for each of which, and one more, a conflict of the search counts as a step; to ground an
atom is one."""


class GaveUpError(Exception):
    """The work that was allowed is done, or its time has passed."""


class Allowance:
    """The work that may still be done: steps, the same on every machine, and seconds for those who
    wait."""

    def __init__(self, seconds: float, steps: int = MOST, whole: "Allowance | None" = None) -> None:
        """whole: what this is a part of."""
        self._end = time.monotonic() + seconds
        self._first = self._steps = steps
        self._whole = whole

    @property
    def seconds(self) -> float:
        """Seconds left. Raises `GaveUpError` where there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise GaveUpError
        return left

    @property
    def steps(self) -> int:
        """Steps left. Raises `GaveUpError` where there are none."""
        if self._steps <= 0:
            raise GaveUpError
        return self._steps

    def check(self) -> None:
        """Raise `GaveUpError` where nothing is left."""
        _ = self.seconds, self.steps

    def spend(self, steps: int) -> None:
        """Count steps that were taken."""
        self._steps -= steps
        if self._whole is not None:
            self._whole.spend(steps)

    def anew(self) -> "Allowance":
        """As many steps as there were at first, in the seconds left."""
        return Allowance(self.seconds, self._first)

    def part(self, share: float) -> "Allowance":
        """A share of what is left."""
        return Allowance(self.seconds * share, int(self.steps * share) + 1, self)


class Sounding(NamedTuple):
    """A note of a model: it sounds from `onset` on, at `last` for the last time.

    lasts: whether it lasts until the next tick of the axis, and may not end sooner.
    """

    track: int
    onset: int
    pitch: int
    last: int
    lasts: bool


class Conflict(NamedTuple):
    """Open statements, by number, that cannot be kept together."""

    core: frozenset[int]


class Search:
    """Facts, grounded once, to be solved under several sets of their open statements.

    hard: whether more work beforehand is likely to pay.
    """

    def __init__(self, facts: Facts, allowance: Allowance, hard: bool = False) -> None:
        from clingo import Control

        self._facts, self._allowance = facts, allowance
        self._control = Control(["--warn=none", *["--configuration=jumpy"] * hard])
        folder = files(__name__.rpartition(".")[0])
        for name in FILES:
            self._control.add("base", [], folder.joinpath(name).read_text("utf-8"))
        self._control.add("base", [], facts.text())
        longest = folder.joinpath("longest.lp").read_text("utf-8")
        self._control.add("longest", ["x", "b"], longest)
        allowance.check()
        self._control.ground([("base", [])])
        atoms = len(self._control.symbolic_atoms)
        allowance.spend(atoms)
        self._conflict = 1 + atoms // CONFLICT
        self._bounded: set[tuple[int, int]] = set()

    def solve(
        self, on: Collection[int] = (), off: Collection[int] = ()
    ) -> tuple[Sounding, ...] | Conflict:
        """Notes that keep the open statements `on`, `off` left out, or those that conflict.

        Raises `GaveUpError`.
        """
        from clingo import Function, Number

        atoms = self._control.symbolic_atoms
        kept, left_out = (
            {n: atoms[Function("on", [Number(n)])] for n in some} for some in (on, off)
        )
        literals = {atom.literal: n for n, atom in kept.items() if atom is not None}
        assumed = [*literals, *(-atom.literal for atom in left_out.values() if atom is not None)]
        while True:
            shown, core = self._first_model(assumed)
            if shown is None:
                return Conflict(frozenset(literals[c] for c in core if c in literals))
            notes = tuple(_notes(shown, self._facts))
            long = {
                (note.track, self._facts.frame.score.bar_at(note.onset))
                for note in notes
                if note.last >= note.onset + LONGEST
            } - self._bounded
            if not long:
                return notes
            self._bounded |= long
            self._control.ground([("longest", [Number(x), Number(b)]) for x, b in sorted(long)])

    def _first_model(self, assumed: list[int]) -> "tuple[list[Symbol] | None, list[int]]":
        """The atoms of the first model; None, and the assumptions that conflict, where there is
        none. Raises `GaveUpError`."""
        control, allowed = self._control, self._allowance
        limits: Any = control.configuration.solve
        limits.solve_limit = f"{allowed.steps // self._conflict + 1},umax"
        with control.solve(assumed, yield_=True, async_=True) as handle:
            handle.resume()
            if not handle.wait(allowed.seconds):
                handle.cancel()
                raise GaveUpError
            model = handle.model()
            shown = None if model is None else list(model.symbols(shown=True))
            proved = shown is None and handle.get().unsatisfiable
            core = list(handle.core()) if proved else []
        allowed.spend(self._conflict * int(control.statistics["solving"]["solvers"]["conflicts"]))
        if shown is None and not proved:
            raise GaveUpError
        return shown, core


def _notes(shown: "list[Symbol]", facts: Facts) -> Any:
    found: dict[str, set[Atom]] = {"strike": set(), "held": set(), "lasting": set()}
    for symbol in shown:
        track, tick, pitch = (argument.number for argument in symbol.arguments)
        found[symbol.name].add((track, tick, pitch))
    following, held = dict(pairwise(facts.axis)), found["held"]
    for track, onset, pitch in sorted(found["strike"]):
        last = onset
        while (track, following.get(last), pitch) in held:
            last = following[last]
        lasts = (track, following.get(last), pitch) in found["lasting"]
        yield Sounding(track, onset, pitch, last, lasts)
