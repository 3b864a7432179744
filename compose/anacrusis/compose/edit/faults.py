"""Whether what an edit wrote keeps the rules, by the independent verifier."""

from ..plan import Plan
from ..score import Score
from ..verify import verify
from ..verify.report import Violation


def faults(before: Score, after: Score, plan: Plan | None = None) -> tuple[Violation, ...]:
    """The violations in a score of notes that it had not before an edit.

    plan: None takes the score's own. What given notes break, or what breaks because of them, is no
    fault of the notes that are new.
    """
    had = {(track.name, note) for track, note in before.notes()}
    return tuple(
        violation
        for violation in verify(after, plan).violations
        if violation.notes and all((violation.track, note) not in had for note in violation.notes)
    )
