"""What a plan states about a score: bars, meters, tempo, keys, sections, chords, tracks."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple, TypeVar

from ..chord import Chord
from ..key import Key
from ..plan import Plan, SectionPlan
from ..score import Note, Score
from ..wording import counted
from .lane import Lane, same_harmony
from .layout import key_points, lay_out, tempo_points

TEMPO_TOLERANCE = 0.01
"""Quarter notes per minute: a MIDI file rounds a tempo to whole microseconds."""
LENGTH_TOLERANCE = 0.01
"""Seconds."""
State = TypeVar("State")


class Finding(NamedTuple):
    """A broken rule: its name, the tick where it shows, the track, what happened, the notes."""

    rule: str
    tick: int
    track: str | None
    message: str
    notes: tuple[Note, ...] = ()


def bars_differ(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rules ``bars``, ``meter`` and ``pickup``: how many bars, of which meter and length."""
    wanted = [meter for stretch in lay_out(plan) for meter in stretch.meters]
    lengths = [meter.ticks for meter in wanted]
    if plan.pickup:
        wanted.insert(0, wanted[0])
        lengths.insert(0, plan.pickup)
    if len(score.bars) != len(wanted):
        pickup = " and a pickup" if plan.pickup else ""
        last = score.bar_starts[min(len(wanted), len(score.bars) - 1)]
        message = (
            f"the score has {counted(len(score.bars), 'bar')}; "
            f"the plan asks for {plan.bars}{pickup}"
        )
        yield Finding("bars", last, None, message)
    rows = zip(score.bar_starts, score.bars, wanted, lengths, strict=False)
    for index, (tick, bar, meter, length) in enumerate(rows):
        if bar.meter != meter:
            yield Finding("meter", tick, None, f"the bar is in {bar.meter}; the plan asks {meter}")
        if bar.ticks != length:
            rule = "pickup" if index == 0 and plan.pickup else "meter"
            message = f"the bar lasts {counted(bar.ticks, 'tick')}; the plan asks for {length}"
            yield Finding(rule, tick, None, message)


def tempo_differs(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rule ``tempo``: wherever the plan states one."""
    changes = [(change.tick, change.bpm) for change in score.tempos]
    stated = _stated(tempo_points(plan), lay_out(plan)[-1].end)
    for tick, wanted, found in _differences(stated, changes, _same_tempo):
        yield Finding("tempo", tick, None, f"the tempo is {found:g}; the plan asks for {wanted:g}")


def _same_tempo(first: float, second: float) -> bool:
    return abs(first - second) <= TEMPO_TOLERANCE


def key_differs(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rule ``key``: wherever the plan states one."""
    changes = [(change.tick, change.key) for change in score.keys]
    stated = _stated(key_points(plan), lay_out(plan)[-1].end)
    for tick, wanted, found in _differences(stated, changes, Key.__eq__):
        yield Finding("key", tick, None, f"the key is {found}; the plan asks for {wanted}")


def _stated(points: Sequence[tuple[int, State | None]], end: int) -> list[tuple[int, int, State]]:
    """Stretches of ticks with what a plan states there; nothing where it leaves it open.

    points: (tick, what holds from there on; None: what held before), sorted.
    """
    stated: list[tuple[int, int, State]] = []
    current: State | None = None
    for (tick, value), (stop, _) in pairwise([*points, (end, None)]):
        current = current if value is None else value
        if current is not None and stop > tick:
            stated.append((tick, stop, current))
    return stated


def _differences(
    stated: Iterable[tuple[int, int, State]],
    changes: Sequence[tuple[int, State]],
    same: Callable[[State, State], bool],
) -> Iterator[tuple[int, State, State | None]]:
    """Ticks at which what is found starts to differ from what is stated.

    changes: (tick, what holds from there on), sorted; of several at one tick the last one holds.
    """
    ticks = [tick for tick, _ in changes]
    for start, end, wanted in stated:
        later = bisect_right(ticks, start)
        points: dict[int, State | None] = {start: changes[later - 1][1] if later else None}
        points.update(changes[later : bisect_left(ticks, end)])
        for tick, found in points.items():
            if found is None or not same(wanted, found):
                yield tick, wanted, found


def sections_differ(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rule ``sections``: names, first bars and lengths, unless the plan leaves them open."""
    if plan.open_form:
        return
    first = 1 if plan.pickup else 0
    wanted = []
    for section in plan.sections:
        wanted.append((section.name, first, section.bars))
        first += section.bars
    found = [(section.name, section.bar, section.bars) for section in score.sections]
    if len(found) != len(wanted):
        message = f"the score has {counted(len(found), 'section')}; the plan asks for {len(wanted)}"
        yield Finding("sections", 0, None, message)
    for row, expected in zip(found, wanted, strict=False):
        if row != expected:
            begins, wanted_at = score.bar_number(row[1]), score.bar_number(expected[1])
            message = (
                f"section {row[0]!r} has {counted(row[2], 'bar')} from bar {begins}; the plan "
                f"asks for {expected[0]!r} with {expected[2]} from bar {wanted_at}"
            )
            yield Finding("sections", score.bar_starts[row[1]], None, message)


def length_differs(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rule ``length``: the music lasts as many seconds as the plan states."""
    if plan.length is not None and abs(score.duration - plan.length) > LENGTH_TOLERANCE:
        message = f"the music lasts {score.duration:.3f} s; the plan asks for {plan.length:g}"
        yield Finding("length", score.bar_starts[-2], None, message)


def chords_differ(plan: Plan, lane: Lane) -> Iterator[Finding]:
    """Rule ``chords``: the lane holds the plan's chords wherever the plan states them."""
    for start, end, allowed in planned_lane(plan):
        pieces = list(lane.within(start, end))
        # Of several chords to choose from, one holds as long as it is stated.
        chosen = next(
            (one for one in allowed if all(same_harmony(p.chord, one) for p in pieces)), allowed[0]
        )
        for piece in pieces:
            if not same_harmony(piece.chord, chosen):
                wanted = " or ".join(str(chord or "N.C.") for chord in allowed)
                message = f"the chord is {piece.chord or 'N.C.'}; the plan asks {wanted}"
                yield Finding("chords", piece.start, None, message)


Allowed = tuple[Chord | None, ...]
"""Harmonies of which one holds; None is silence. Empty: the plan leaves it open."""


def planned_lane(plan: Plan) -> list[tuple[int, int, Allowed]]:
    """Stretches in which a plan states the harmony, and the chords that may hold there.

    A chord holds until the next one, also over the start of a section whose first bar begins
    without one; after a section whose chords are open, it is open what holds there. A section with
    the chords of another one begins with the harmony that this began with.
    """
    opening: Allowed = () if plan.sections[0].chords is None else (None,)
    states: list[tuple[int, Allowed]] = [(0, opening)]
    first: dict[str, Allowed] = {}
    for stretch in lay_out(plan):
        source = harmony_of(plan, stretch.section)
        if source.chords is None:
            states.append((stretch.start, ()))
        elif stretch.section.reprise is not None or source is not stretch.section:
            states.append((stretch.start, first[stretch.model or ""]))
        for tick, chords in zip(stretch.bar_starts, source.chords or (), strict=False):
            states += [(tick + at.tick, (at.chord, *at.others)) for at in chords]
        held = states[bisect_right(states, stretch.start, key=itemgetter(0)) - 1]
        first.setdefault(stretch.section.name, held[1])
    bounds = [*(tick for tick, _ in states), lay_out(plan)[-1].end]
    return [
        (start, stop, allowed)
        for (start, stop), (_, allowed) in zip(pairwise(bounds), states, strict=True)
        if allowed and stop > start
    ]


def harmony_of(plan: Plan, section: SectionPlan) -> SectionPlan:
    """The section whose chords a section has: its own, or those of what it takes up."""
    by_name = {other.name: other for other in reversed(plan.sections)}
    while section.chords is None and (section.reprise or section.vary):
        section = by_name[section.reprise or section.vary or ""]
    return section


def states_harmony(plan: Plan, section: SectionPlan) -> bool:
    """Whether a plan states every chord of a section, with nothing to choose."""
    chords = harmony_of(plan, section).chords
    return chords is not None and not any(at.others for bar in chords for at in bar)


def tracks_differ(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rule ``tracks``: names, roles and instruments, in the plan's order."""
    found = [(track.name, track.role, track.program) for track in score.tracks]
    wanted = [(track.name, track.role, track.program) for track in plan.tracks]
    if found != wanted:
        message = f"the tracks are {_listed(found)}; the plan asks for {_listed(wanted)}"
        yield Finding("tracks", 0, None, message)


def _listed(tracks: list[tuple[str, str, int]]) -> str:
    words = [f"{name} ({role}, program {program})" for name, role, program in tracks]
    return ", ".join(words) or "none"


def held_over(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rule ``section``: no note is held over the end of a section."""
    ends = [stretch.end for stretch in lay_out(plan)[:-1]]
    for track, note in score.notes():
        index = bisect_right(ends, note.onset)
        if index < len(ends) and ends[index] < note.end:
            message = "a note is held over the end of its section"
            yield Finding("section", note.onset, track.name, message, (note,))
