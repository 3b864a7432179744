"""`solve`: whether any score keeps a plan, and where none does, what conflicts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import PlanError
from ..plan import Plan
from ..score import Note, Score
from .example import score_of
from .frame import Frame
from .proof import Core, Prover
from .search import MOST, Allowance, GaveUpError
from .statement import Given, Statement, given_notes, statements_of

Verdict = Literal["possible", "impossible", "unknown"]


@dataclass(frozen=True)
class Solution:
    """What was found out about a plan.

    verdict: ``possible``, ``impossible`` (proved), or ``unknown`` within the limits. score:
    where it is possible, one that keeps the plan, if hardly a beautiful one. conflict: where it is
    impossible, statements that cannot be kept together. minimal: without any one of them the rest
    can be, as was proved in time.
    """

    verdict: Verdict
    score: Score | None = None
    conflict: tuple[Statement, ...] = ()
    minimal: bool = True


def solve(
    plan: Plan,
    *,
    fixed: Score | None = None,
    blanks: Mapping[int, Collection[int]] | None = None,
    time_limit: float = 10.0,
    effort: int | None = None,
    strict: bool = True,
) -> Solution:
    """Whether any score keeps a plan whose key, tempo and chords are stated.

    fixed: a score with the plan's bars and tracks, whose notes are given. blanks: the bars of its
    tracks that are to be written nonetheless (track index -> bar indices); None: those in which
    none of the track's notes begins. time_limit: seconds. effort: steps that the search may
    take, a bound that is the same on every machine (a million take about 20 seconds); None: any
    number.

    strict: as composing is stricter than the verifier: what docs/chord-guarantee.md says of that at
    its end; no note is held over the end of a pickup; in the last bar nothing resolves after the
    last strong beat of its middle, and a bass stays on the bass of the last chord. Either way notes
    begin on sixteenths and triplet eighths and last up to 96 ticks. Raises `PlanError` where the
    plan leaves its key, tempo or chords open, or `fixed` has other bars or tracks.

    >>> from anacrusis.compose.key import Key
    >>> from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
    >>> from anacrusis.compose.chord import Chord
    >>> from anacrusis.compose.rules import parse_rule
    >>> from anacrusis.compose.solver import solve
    >>> chords = tuple((ChordAt(0, Chord.parse(symbol)),) for symbol in ("C", "F#"))
    >>> rule = parse_rule("lead: only C E G")
    >>> lead = TrackPlan.of_role("melody", "lead")
    >>> sections = (SectionPlan("a", 2, chords),)
    >>> plan = Plan(sections, (lead,), key=Key("C"), tempo=90.0, rules=(rule,))
    >>> [str(statement) for statement in solve(plan).conflict]
    ['lead: only C E G', 'chord F# in bar 2', 'something sounds in bar 2']
    """
    if not plan.is_complete:
        raise PlanError("the plan leaves its key, tempo or chords open; complete it first")
    allowance = Allowance(time_limit, MOST if effort is None else effort)
    try:
        found = _settled(plan, fixed, blanks, allowance, True, explain=strict)
        if found.verdict == "impossible" and not strict:
            found = _settled(plan, fixed, blanks, allowance, False, suspected=found.conflict)
    except GaveUpError:
        return Solution("unknown")
    return found


def _settled(
    plan: Plan,
    fixed: Score | None,
    blanks: Mapping[int, Collection[int]] | None,
    allowance: Allowance,
    strict: bool,
    explain: bool = True,
    suspected: Sequence[Statement] = (),
) -> Solution:
    """What is found out within the allowance. explain, suspected: as in `Prover.settle`.

    Raises `GaveUpError`.
    """
    frame = Frame(plan, strict)
    given = {} if fixed is None else _given(frame, fixed, blanks)
    prover = Prover(frame, statements_of(plan, frame, given), given, allowance)
    notes: list[tuple[int, Note]] = []
    for group in prover.groups:
        found = prover.settle(group, explain, suspected)
        if isinstance(found, Core):
            conflict = tuple(prover.statements[n] for n in sorted(found.numbers))
            return Solution("impossible", conflict=conflict, minimal=found.minimal)
        notes += found
    return Solution("possible", score_of(frame, prover.statements, notes, given))


def _given(frame: Frame, fixed: Score, blanks: Mapping[int, Collection[int]] | None) -> Given:
    if fixed.bars != frame.score.bars or len(fixed.tracks) != len(frame.plan.tracks):
        raise PlanError(
            "the given score has other bars or tracks than the plan; make them the same"
        )
    if blanks is None:
        blanks = {
            index: set(range(len(fixed.bars))) - {fixed.bar_at(note.onset) for note in track.notes}
            for index, track in enumerate(fixed.tracks)
        }
    return given_notes(fixed, blanks)
