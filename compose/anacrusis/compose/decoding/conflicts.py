"""Plans that cannot be met, found before any note is written, and ways out of dead ends.

Look-ahead in a line says by itself whether it can be written. What it cannot say, of tracks of
several voices and of voices together, is asked of the solver, which proves what it says.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..constraints.assemble import constraints_for, doubtful
from ..constraints.lookahead import Impossible
from ..constraints.state import Blanks, State
from ..errors import ConflictError, ConstraintError
from ..plan import Plan
from ..rules.base import Rule
from ..score import Score
from .opening_key import opening_key
from .reprises import reprised_bars

if TYPE_CHECKING:
    from ..solver import Solution

PROOF = 500_000
"""Steps of the solver that a proof before composing may take."""
USUAL_TEMPO = 100.0
"""Where a plan has none, and only its notes are asked about."""
WAY = 1_000_000
"""Steps that a way out of a dead end may take to be found."""
LONGEST = 120.0
"""Seconds after which the solver is ended on a machine that is slow beyond measure."""


def check_notes(plan: Plan) -> bool:
    """Whether the chords of a plan are stated, so that its rules on notes could be checked.

    Raises `ConflictError` where the solver proves that they cannot all be kept, or look-ahead sees
    no way and the solver finds none.
    """
    known = replace(plan, key=opening_key(plan), tempo=plan.tempo or USUAL_TEMPO)
    if not known.is_complete or known.open_form:
        return False
    solution = _solved(known, WAY) if plan.rules else None
    if solution is not None and solution.verdict == "impossible":
        raise _conflict(solution)
    if solution is not None and solution.verdict == "unknown":
        skeleton = known.skeleton()
        copied = reprised_bars(known, skeleton)
        blocked = _blocked(known, skeleton, copied, known.rules)
        if blocked is not None:
            raise _told_by_lines(known, skeleton, copied, blocked)
    return True


def check_rules_hold(plan: Plan, skeleton: Score, copied: Mapping[int, int]) -> None:
    """Raise `ConflictError` for a complete plan whose rules cannot all be kept, where look-ahead
    would not see it.

    skeleton, copied: as in `Task`. What is in doubt and cannot be proved in time is let through.
    """
    if plan.rules and _in_doubt(plan, skeleton, copied):
        solution = _solved(plan, PROOF)
        if solution.verdict == "impossible":
            raise _conflict(solution)


def refusal(
    plan: Plan, skeleton: Score, copied: Mapping[int, int], blocked: ConstraintError
) -> ConstraintError | Score:
    """What to say of a complete plan of whose rules no constraints can be made; or its score, where
    the solver finds one that look-ahead does not see.

    blocked: why not. skeleton, copied: as in `Task`.
    """
    if not plan.rules:
        return blocked
    solution = _solved(plan, WAY)
    if solution.score is not None:
        return solution.score
    if solution.verdict == "impossible":
        return _conflict(solution)
    return _told_by_lines(plan, skeleton, copied, blocked)


def lines_refuse(plan: Plan) -> bool:
    """Whether look-ahead by itself says that the rules of a complete plan cannot all be kept."""
    skeleton = plan.skeleton()
    return _blocked(plan, skeleton, reprised_bars(plan, skeleton), plan.rules) is not None


def _solved(
    plan: Plan, effort: int, fixed: Score | None = None, blanks: Blanks | None = None
) -> "Solution":
    """What the solver finds in so many steps, as the verifier sees the plan; see `solve`."""
    from ..solver import solve

    return solve(plan, fixed=fixed, blanks=blanks, time_limit=LONGEST, effort=effort, strict=False)


def _conflict(solution: "Solution") -> ConflictError:
    """What a proof found."""
    return ConflictError(tuple(map(str, solution.conflict)), solution.minimal)


def way_on(
    plan: Plan, written: Score, first: int, blanks: Blanks | None
) -> Score | ConflictError | None:
    """How a score goes on from a bar so that its plan is kept; None where that was not found.

    written: the score so far. first: the bar from which on nothing counts as written. blanks: as in
    `Task`; what is outside them stays. A `ConflictError` where nothing can follow.
    """
    last = len(written.bars)
    open_bars: dict[int, Collection[int]] = {}
    for place in range(len(written.tracks)):
        bars = range(last) if blanks is None else blanks.get(place, ())
        open_bars[place] = [bar for bar in bars if bar >= first]
    solution = _solved(plan, WAY, written, open_bars)
    if solution.score is not None:
        return None if _rings_out(solution.score, written, blanks) else solution.score
    if solution.verdict == "impossible":
        return _conflict(solution)
    return None


def _rings_out(score: Score, given: Score, blanks: Blanks | None) -> bool:
    """Whether a new note rings into a bar of its track that is given, which the solver lets it."""
    for place, bars in (blanks or {}).items():
        held = set(given.tracks[place].notes)
        for note in score.tracks[place].notes:
            begins, ends = score.bar_at(note.onset), score.bar_at(note.end - 1)
            inside = all(bar in bars for bar in range(begins + 1, ends + 1))
            if begins in bars and not inside and note not in held:
                return True
    return False


def _state(plan: Plan, skeleton: Score) -> State:
    empty = tuple(replace(track, notes=()) for track in skeleton.tracks)
    return State(replace(skeleton, tracks=empty), plan.tracks)


def _blocked(
    plan: Plan, skeleton: Score, copied: Mapping[int, int], rules: Sequence[Rule]
) -> ConstraintError | None:
    """Why no constraints can be made of some rules; None where they can."""
    try:
        constraints_for(_state(plan, skeleton), rules=rules, copied=copied)
    except ConstraintError as error:
        return error
    return None


def _in_doubt(plan: Plan, skeleton: Score, copied: Mapping[int, int]) -> bool:
    return doubtful(_state(plan, skeleton), plan.rules, copied)


def _told_by_lines(
    plan: Plan, skeleton: Score, copied: Mapping[int, int], blocked: ConstraintError
) -> ConstraintError:
    """The rules without any of which a track could be written."""
    rules = list(plan.rules)
    for rule in plan.rules:
        fewer = [other for other in rules if other is not rule]
        if _blocked(plan, skeleton, copied, fewer) is not None:
            rules = fewer
    if not isinstance(blocked, Impossible):
        return ConflictError(tuple(map(str, rules)))
    track = next(t for t in plan.tracks if t.name == blocked.track)
    told = (*map(str, rules), f"the chords, range and rests of {track.name}")
    return ConflictError(told, minimal=False, proved=False)
