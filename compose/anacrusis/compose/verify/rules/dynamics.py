"""How loud: a straight line of velocities."""

from collections.abc import Iterator

from ...rules.dynamics import MARKS, TOLERANCE, Dynamics
from ..planned import Finding
from .span import Span


def off_the_curve(rule: Dynamics, span: Span) -> Iterator[Finding]:
    """Notes that are too loud or too soft where they are struck."""
    first = _velocity(rule.start)
    last = first if rule.end is None else _velocity(rule.end)
    length = span.end - span.start
    for track in span.tracks:
        for note in span.notes(track):
            # In whole numbers: both sides are times the length of the span.
            wanted = first * length + (last - first) * (note.onset - span.start)
            if abs(note.velocity * length - wanted) > TOLERANCE * length:
                message = f"velocity {note.velocity}, where the curve is at {wanted / length:.3g}"
                yield span.broken(note.onset, track, message, (note,))


def _velocity(level: str | int) -> int:
    return MARKS[level] if isinstance(level, str) else level
