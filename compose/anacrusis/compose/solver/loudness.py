"""Dynamics: which velocities a note may have, and where rules leave none."""

from ..rules.dynamics import TOLERANCE, Dynamics
from .facts import Facts
from .frame import Frame

STEP = 4
"""Composed velocities are multiples of this, and 127."""
USUAL = 80


def level(frame: Frame, rule: Dynamics, bars: range, tick: int) -> float:
    """The velocity that a rule about some bars wants at a tick of theirs."""
    first, last = frame.starts[bars.start], frame.starts[bars.stop]
    return rule.level((tick - first) / (last - first))


def around(wanted: float) -> frozenset[int]:
    """The velocities that composing writes and that are near enough to a level."""
    written = (*range(STEP, 127, STEP), 127)
    return frozenset(v for v in written if abs(v - wanted) <= TOLERANCE)


def say_dynamics(facts: Facts, number: int, rule: Dynamics, bars: range, tracks: list[int]) -> None:
    """Rules of which no velocity keeps both clash, by two and two."""
    frame = facts.frame
    for bar in bars:
        model = frame.copies.get(bar, bar)
        if not facts.has(model):
            continue
        moved = frame.starts[model] - frame.starts[bar]
        for tick in facts.between(frame.starts[model], frame.starts[model + 1]):
            allowed = around(level(frame, rule, bars, tick - moved))
            for track in tracks:
                for other, others in facts.loud.setdefault((track, tick), []):
                    if not allowed & others:
                        facts.say("clash", other, number, track, tick)
                facts.loud[track, tick].append((number, allowed))
    for (track, bar), notes in facts.given.items():
        if track in tracks and bar in bars:
            for note in notes:
                if abs(note.velocity - level(frame, rule, bars, note.onset)) > TOLERANCE:
                    facts.say("clash_given", number, track, bar)
