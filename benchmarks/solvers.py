"""OR-Tools CP-SAT beside clingo, on one question: is there a score that keeps these rules?

    python benchmarks/solvers.py [--runs 3] [--limit 60]

Both get the same model, in their own ways (pip install ortools clingo): at each sixteenth a voice
strikes one of its pitches or none; strong beats have chord tones, other notes too or they resolve
by step to the next note; leaps, onsets in a bar; between voices crossing, spacing and parallels.
Prints seconds to an answer, and for what is impossible the statements that conflict, as the
solver's assumptions name them. docs/decisions/0012-solver.md has a table of it.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import pairwise
from typing import NamedTuple, Protocol

CHORDS = ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2))
SCALE = (0, 2, 4, 5, 7, 9, 11)
VOICES = ((60, 79), (55, 72), (48, 67), (40, 60))


class Answer(NamedTuple):
    """Whether a model exists, and if none, the assumptions that conflict."""

    possible: bool
    conflict: tuple[str, ...] = ()


class Solver(Protocol):
    """What the model needs of a solver. Literals are whole numbers, negated by their sign."""

    def variable(self) -> int:
        """A new variable."""
        ...

    def clause(self, literals: Sequence[int]) -> None:
        """At least one of these holds."""
        ...

    def count(self, literals: Sequence[int], low: int, high: int, guard: int) -> None:
        """Where `guard` holds, `low` to `high` of these do."""
        ...

    def solve(self, assumptions: dict[str, int], limit: float) -> Answer:
        """Search under assumptions."""
        ...


class CpSat:
    """OR-Tools CP-SAT, on one thread (it names a conflict on one thread only)."""

    def __init__(self) -> None:
        from ortools.sat.python import cp_model

        self.cp = cp_model
        self.model = cp_model.CpModel()
        self.literals: list = [None]

    def variable(self) -> int:
        """A new variable."""
        self.literals.append(self.model.new_bool_var(""))
        return len(self.literals) - 1

    def _literal(self, number: int):
        found = self.literals[abs(number)]
        return found if number > 0 else found.negated()

    def clause(self, literals: Sequence[int]) -> None:
        """At least one of these holds."""
        self.model.add_bool_or([self._literal(n) for n in literals])

    def count(self, literals: Sequence[int], low: int, high: int, guard: int) -> None:
        """Where `guard` holds, `low` to `high` of these do."""
        total = sum(self._literal(n) for n in literals)
        self.model.add_linear_constraint(total, low, high).only_enforce_if(self._literal(guard))

    def solve(self, assumptions: dict[str, int], limit: float) -> Answer:
        """Search under assumptions."""
        self.model.add_assumptions([self._literal(n) for n in assumptions.values()])
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = limit
        status = solver.solve(self.model)
        if status == self.cp.UNKNOWN:
            raise TimeoutError
        if status != self.cp.INFEASIBLE:
            return Answer(True)
        names = {self._literal(n).index: name for name, n in assumptions.items()}
        core = solver.sufficient_assumptions_for_infeasibility()
        return Answer(False, tuple(names[index] for index in core))


class Clingo:
    """clingo, through its backend of ground rules."""

    def __init__(self) -> None:
        import clingo

        self.control = clingo.Control(["--warn=none"])
        self.backend = self.control.backend()
        self.backend.__enter__()

    def variable(self) -> int:
        """A new variable."""
        atom = self.backend.add_atom()
        self.backend.add_rule([atom], [], choice=True)
        return atom

    def clause(self, literals: Sequence[int]) -> None:
        """At least one of these holds."""
        self.backend.add_rule([], [-n for n in literals])

    def count(self, literals: Sequence[int], low: int, high: int, guard: int) -> None:
        """Where `guard` holds, `low` to `high` of these do."""
        for bound, weights in (
            (high + 1, [(n, 1) for n in literals]),
            (len(literals) - low + 1, [(-n, 1) for n in literals]),
        ):
            outside = self.backend.add_atom()
            self.backend.add_weight_rule([outside], bound, weights)
            self.backend.add_rule([], [outside, guard])

    def solve(self, assumptions: dict[str, int], limit: float) -> Answer:
        """Search under assumptions."""
        self.backend.__exit__(None, None, None)
        with self.control.solve(list(assumptions.values()), async_=True, yield_=True) as handle:
            handle.resume()
            if not handle.wait(limit):
                raise TimeoutError
            if handle.model() is not None:
                return Answer(True)
            names = {n: name for name, n in assumptions.items()}
            return Answer(False, tuple(names[n] for n in handle.core()))


class Voice:
    """One voice: `struck[t]`, and for each pitch `pitch[t][p]`, the last one struck until t."""

    def __init__(self, solver: Solver, bars: int, low: int, high: int, guards: "Guards") -> None:
        self.pitches = range(low, high + 1)
        self.struck = [solver.variable() for _ in range(16 * bars)]
        self.pitch = [{p: solver.variable() for p in self.pitches} for _ in self.struck]
        self.below = [{p: solver.variable() for p in self.pitches} for _ in self.struck]
        for t, now in enumerate(self.pitch):
            self._one(solver, t)
            chord = guards.of(f"chord of bar {t // 16 + 1}")
            for p, literal in now.items():
                if t:
                    before = self.pitch[t - 1][p]
                    solver.clause([self.struck[t], -before, literal])
                if p % 12 in CHORDS[t // 16 % len(CHORDS)]:
                    continue
                resolved = [-chord, -literal, -self.struck[t]]
                if t % 8 and p % 12 in SCALE and t + 1 < len(self.pitch):
                    following = self.pitch[t + 1]
                    tones = CHORDS[(t + 1) // 16 % len(CHORDS)]
                    near = [p + step for step in (-2, -1, 1, 2)]
                    resolved_by = [following[q] for q in near if q in following and q % 12 in tones]
                    solver.clause([*resolved, *resolved_by])
                    solver.clause([*resolved, self.struck[t + 1]])
                else:
                    solver.clause(resolved)
        solver.clause([self.struck[0]])

    def _one(self, solver: Solver, t: int) -> None:
        """Just one pitch; below[p]: it is p or lower."""
        now, below = self.pitch[t], self.below[t]
        solver.clause(list(now.values()))
        solver.clause([below[self.pitches[-1]]])
        for p, q in pairwise(self.pitches):
            solver.clause([-below[p], below[q]])
            solver.clause([-now[q], -below[p]])
            solver.clause([-below[q], below[p], now[q]])
        for p in self.pitches:
            solver.clause([-now[p], below[p]])

    def leap(self, solver: Solver, most: int, guard: int) -> None:
        """From one pitch to the next at most so many semitones."""
        for t in range(1, len(self.pitch)):
            for p in self.pitches:
                for far, sign in ((p - most - 1, 1), (p + most, -1)):
                    if far in self.below[t - 1]:
                        before = self.below[t - 1][far]
                        solver.clause([-guard, -self.pitch[t][p], -sign * before])

    def onsets(self, solver: Solver, low: int, high: int, guard: int) -> None:
        """So many onsets in each bar."""
        for bar in range(len(self.struck) // 16):
            solver.count(self.struck[16 * bar : 16 * bar + 16], low, high, guard)

    def only(self, solver: Solver, classes: Sequence[int], guard: int) -> None:
        """Only these pitch classes are struck."""
        for t, now in enumerate(self.pitch):
            for p, literal in now.items():
                if p % 12 not in classes:
                    solver.clause([-guard, -literal, -self.struck[t]])


class Guards:
    """One assumption for each statement."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.named: dict[str, int] = {}

    def of(self, name: str) -> int:
        """The literal of a statement."""
        if name not in self.named:
            self.named[name] = self.solver.variable()
        return self.named[name]


def line(solver: Solver, bars: int, possible: bool) -> Guards:
    """A melody; impossible where it may only repeat one pitch that not all chords have."""
    guards = Guards(solver)
    voice = Voice(solver, bars, 60, 79, guards)
    voice.leap(solver, 4 if possible else 0, guards.of("leap"))
    voice.onsets(solver, 4, 8, guards.of("onsets"))
    return guards


def dense(solver: Solver, bars: int, possible: bool) -> Guards:
    """Sixteen onsets a bar, of a scale; impossible where it lacks what the third chord needs."""
    guards = Guards(solver)
    voice = Voice(solver, bars, 60, 79, guards)
    voice.leap(solver, 5, guards.of("leap"))
    voice.onsets(solver, 16, 16, guards.of("onsets"))
    voice.only(solver, (0, 2, 4, 7, 9) if possible else (2, 4, 7, 11), guards.of("only"))
    return guards


def chorale(solver: Solver, bars: int, possible: bool) -> Guards:
    """Four voices without parallels; impossible where all sing one pitch, and must move."""
    guards = Guards(solver)
    voices = [Voice(solver, bars, low, high, guards) for low, high in VOICES]
    for voice in voices:
        voice.leap(solver, 7, guards.of("leap"))
        voice.onsets(solver, 4, 8, guards.of("onsets"))
    for index, upper in enumerate(voices):
        for lower in voices[index + 1 :]:
            _parallels(solver, upper, lower, guards.of("no parallels"))
            _apart(solver, upper, lower, 0, None, guards.of("no crossing"))
    for upper, lower in pairwise(voices):
        _apart(solver, upper, lower, None, 12 if possible else 0, guards.of("spacing"))
    for t in range(0, 16 * bars, 4):  # the voices move together on the beats
        for voice in voices:
            solver.clause([-guards.of("rhythm"), voice.struck[t]])
    return guards


def _apart(
    solver: Solver, upper: Voice, lower: Voice, least: int | None, most: int | None, guard: int
) -> None:
    for t, now in enumerate(lower.pitch):
        for p, literal in now.items():
            if least is not None and p + least - 1 in upper.below[t]:
                solver.clause([-guard, -literal, -upper.below[t][p + least - 1]])
            if most is not None and p + most < upper.pitches[-1]:
                near = [upper.below[t][p + most]] if p + most in upper.below[t] else []
                solver.clause([-guard, -literal, *near])


def _parallels(solver: Solver, upper: Voice, lower: Voice, guard: int) -> None:
    moved = []
    for voice in (upper, lower):
        moves = [solver.variable() for _ in voice.pitch]
        for t in range(1, len(moves)):
            for p in voice.pitches:
                same = [-voice.pitch[t - 1][p], -voice.pitch[t][p], -moves[t]]
                solver.clause(same)
                solver.clause([-voice.pitch[t][p], voice.pitch[t - 1][p], moves[t]])
        moved.append(moves)
    for interval in (0, 7):
        perfect = [solver.variable() for _ in upper.pitch]
        for t, at in enumerate(perfect):
            for p, low in lower.pitch[t].items():
                for q, high in upper.pitch[t].items():
                    if (q - p) % 12 == interval:
                        solver.clause([-low, -high, at])
        for t in range(1, len(perfect)):
            solver.clause([-guard, -perfect[t - 1], -perfect[t], -moved[0][t], -moved[1][t]])


CASES: tuple[tuple[str, Callable[[Solver, int, bool], Guards], int, bool], ...] = (
    ("line, 4 bars", line, 4, True),
    ("line, 8 bars", line, 8, True),
    ("line, 8 bars", line, 8, False),
    ("16 onsets a bar, 8 bars", dense, 8, True),
    ("16 onsets a bar, 8 bars", dense, 8, False),
    ("four voices, 4 bars", chorale, 4, True),
    ("four voices, 4 bars", chorale, 4, False),
)


def main() -> None:
    """Run every case with both, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of one search")
    args = parser.parse_args()
    solvers: dict[str, Callable[[], Solver]] = {"ortools": CpSat, "clingo": Clingo}
    print("| request | solver | answer | building, s | search, s | conflict |")
    print("| --- | --- | --- | ---: | ---: | --- |")
    for name, case, bars, possible in CASES:
        for library, make in solvers.items():
            built, searched, said = [], [], ""
            for _ in range(args.runs):
                solver, start = make(), time.perf_counter()
                guards = case(solver, bars, possible)
                middle = time.perf_counter()
                try:
                    answer = solver.solve(guards.named, args.limit)
                    assert answer.possible == possible
                    said = "possible" if possible else "impossible"
                    conflict = ", ".join(answer.conflict)
                except TimeoutError:
                    said, conflict = "none", ""
                built.append(middle - start)
                searched.append(time.perf_counter() - middle)
            row = (statistics.median(built), statistics.median(searched))
            print(
                f"| {name} | {library} {version(library)} | {said} | {row[0]:.2f} | {row[1]:.2f} "
                f"| {conflict} |"
            )


if __name__ == "__main__":
    main()
