"""The search: facts beside the model's files, and the notes or the conflict that clingo finds."""

import time
from collections.abc import Collection
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from .facts import Facts
from .frame import LONGEST

if TYPE_CHECKING:
    from clingo import SolveHandle, Symbol

FILES = ("notes.lp", "chords.lp", "lines.lp", "textures.lp")
Atom = tuple[int, int, int]


class OutOfTimeError(Exception):
    """The time limit has passed."""


class Clock:
    """Counts down from a number of seconds."""

    def __init__(self, limit: float) -> None:
        self._end = time.monotonic() + limit

    @property
    def left(self) -> float:
        """Seconds left. Raises `OutOfTimeError` where there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        return left


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

    def __init__(self, facts: Facts, clock: Clock, hard: bool = False) -> None:
        from clingo import Control

        self._facts, self._clock = facts, clock
        self._control = Control(["--warn=none", *["--configuration=jumpy"] * hard])
        folder = files(__name__.rpartition(".")[0])
        for name in FILES:
            self._control.add("base", [], folder.joinpath(name).read_text("utf-8"))
        self._control.add("base", [], facts.text())
        longest = folder.joinpath("longest.lp").read_text("utf-8")
        self._control.add("longest", ["x", "b"], longest)
        self._clock.left  # noqa: B018  raises where no time is left
        self._control.ground([("base", [])])
        self._bounded: set[tuple[int, int]] = set()

    def solve(
        self, on: Collection[int] = (), off: Collection[int] = ()
    ) -> tuple[Sounding, ...] | Conflict:
        """Notes that keep the open statements `on`, `off` left out, or those that conflict.

        Raises `OutOfTimeError`.
        """
        from clingo import Function, Number

        atoms = self._control.symbolic_atoms
        kept, left_out = (
            {n: atoms[Function("on", [Number(n)])] for n in some} for some in (on, off)
        )
        literals = {atom.literal: n for n, atom in kept.items() if atom is not None}
        assumed = [*literals, *(-atom.literal for atom in left_out.values() if atom is not None)]
        while True:
            with self._control.solve(assumed, yield_=True, async_=True) as handle:
                shown = _first_model(handle, self._clock.left)
                if shown is None:
                    core = handle.core()
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


def _first_model(handle: "SolveHandle", limit: float) -> "list[Symbol] | None":
    """The atoms of the first model; None where there is none. Raises `OutOfTimeError`."""
    handle.resume()
    if not handle.wait(limit):
        handle.cancel()
        raise OutOfTimeError
    model = handle.model()
    return None if model is None else list(model.symbols(shown=True))


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
