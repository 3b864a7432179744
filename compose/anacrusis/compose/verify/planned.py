"""What a plan states about a score: bars, meters, tempo, keys, sections, chords, tracks."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeVar

from ..chord import Chord
from ..key import Key
from ..meter import Meter
from ..plan import Plan, SectionPlan
from ..rules.harmony import Modulation
from ..rules.places import bars_at
from ..score import Note, Score, Track
from ..wording import counted
from .keys import new_key
from .lane import Lane, same_harmony

TEMPO_TOLERANCE = 0.01
"""Quarter notes per minute: a MIDI file rounds a tempo to whole microseconds."""
State = TypeVar("State")


class Finding(NamedTuple):
    """A broken rule: its name, the tick where it shows, the track, what happened, the notes."""

    rule: str
    tick: int
    track: str | None
    message: str
    notes: tuple[Note, ...] = ()


class Stretch(NamedTuple):
    """A section of a plan, laid out: its meter and the ticks it fills."""

    section: SectionPlan
    meter: Meter
    start: int
    end: int


def lay_out(plan: Plan) -> list[Stretch]:
    """The sections of a plan in ticks."""
    stretches = []
    meter, tick = plan.meter, plan.pickup
    for section in plan.sections:
        meter = section.meter or meter
        end = tick + section.bars * meter.ticks
        stretches.append(Stretch(section, meter, tick, end))
        tick = end
    return stretches


def bars_differ(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rules ``bars``, ``meter`` and ``pickup``: how many bars, of which meter and length."""
    wanted = [stretch.meter for stretch in lay_out(plan) for _ in range(stretch.section.bars)]
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
    stretches = lay_out(plan)
    points = [(0, plan.tempo), *((s.start, s.section.tempo) for s in stretches)]
    changes = [(change.tick, change.bpm) for change in score.tempos]
    stated = _stated(points, stretches[-1].end)
    for tick, wanted, found in _differences(stated, changes, _same_tempo):
        yield Finding("tempo", tick, None, f"the tempo is {found:g}; the plan asks for {wanted:g}")


def _same_tempo(first: float, second: float) -> bool:
    return abs(first - second) <= TEMPO_TOLERANCE


def key_differs(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rule ``key``: wherever the plan states one."""
    changes = [(change.tick, change.key) for change in score.keys]
    stated = _stated(_keys(plan), lay_out(plan)[-1].end)
    for tick, wanted, found in _differences(stated, changes, Key.__eq__):
        yield Finding("key", tick, None, f"the key is {found}; the plan asks for {wanted}")


def _keys(plan: Plan) -> list[tuple[int, Key | None]]:
    """Ticks at which a plan may state a key, and the key: at sections, and where it modulates."""
    layout = plan.layout
    rows: list[tuple[int, Key | Modulation | None]] = [(0, plan.key)]
    for rule in plan.rules:
        if isinstance(rule, Modulation):
            bars = bars_at(rule.place, layout.sections, len(layout.bars), bool(plan.pickup))
            rows.append((layout.bar_starts[bars.start], rule))
    # At one tick a section comes last: a modulation goes from the key before both.
    rows += [(s.start, s.section.key) for s in lay_out(plan)]
    points: list[tuple[int, Key | None]] = []
    held: Key | None = None
    for tick, stated in sorted(rows, key=itemgetter(0)):
        key = new_key(stated, held) if isinstance(stated, Modulation) else stated
        held = key or held
        points.append((tick, key))
    return points


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
            message = (
                f"section {row[0]!r} has {counted(row[2], 'bar')} from bar {row[1] + 1}; the plan "
                f"asks for {expected[0]!r} with {expected[2]} from bar {expected[1] + 1}"
            )
            yield Finding("sections", score.bar_starts[row[1]], None, message)


def chords_differ(plan: Plan, lane: Lane) -> Iterator[Finding]:
    """Rule ``chords``: the lane holds the plan's chords wherever the plan states them."""
    for start, end, wanted in planned_lane(plan):
        for piece in lane.within(start, end):
            if not same_harmony(piece.chord, wanted):
                message = f"the chord is {piece.chord or 'N.C.'}; the plan asks {wanted or 'N.C.'}"
                yield Finding("chords", piece.start, None, message)


def planned_lane(plan: Plan) -> list[tuple[int, int, Chord | None]]:
    """Stretches in which a plan states the harmony; None says that there is none.

    A chord holds until the next one, also over the start of a section whose first bar begins
    without one; after a section whose chords are open, it is open what holds there. A reprise
    begins with the harmony that its model began with.
    """
    by_name: dict[str, SectionPlan] = {}
    states: list[tuple[int, Chord | None, bool]] = [(0, None, plan.sections[0].chords is not None)]
    first: dict[str, tuple[Chord | None, bool]] = {}
    for section, meter, start, _ in lay_out(plan):
        source = section
        while source.chords is None and source.reprise is not None:
            source = by_name[source.reprise]
        by_name.setdefault(section.name, section)
        if source.chords is None:
            states.append((start, None, False))
        elif section.reprise is not None:
            states.append((start, *first[section.reprise]))
        for bar, chords in enumerate(source.chords or ()):
            states += [(start + bar * meter.ticks + at.tick, at.chord, True) for at in chords]
        opening = states[bisect_right(states, start, key=itemgetter(0)) - 1]
        first.setdefault(section.name, opening[1:])
    end = lay_out(plan)[-1].end
    bounds = [*(tick for tick, _, _ in states), end]
    return [
        (start, stop, chord)
        for (start, stop), (_, chord, is_stated) in zip(pairwise(bounds), states, strict=True)
        if is_stated and stop > start
    ]


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


def reprises_differ(score: Score, plan: Plan, lane: Lane) -> Iterator[Finding]:
    """Rule ``reprise``: the model's notes, and its harmony where the plan leaves that open."""
    first: dict[str, Stretch] = {}
    for stretch in lay_out(plan):
        model = first.get(stretch.section.reprise or "")
        first.setdefault(stretch.section.name, stretch)
        if stretch.section.reprise is None or model is None:
            continue
        for track in score.tracks:
            yield from _notes_differ(track, stretch, model)
        if planned_open(plan, model.section):
            wanted = [(p.start - model.start, p.chord) for p in lane.within(*model[2:])]
            found = [(p.start - stretch.start, p.chord) for p in lane.within(*stretch[2:])]
            if wanted != found:
                message = f"the chords are not those of {model.section.name!r}, which it reprises"
                yield Finding("reprise", stretch.start, None, message)


def planned_open(plan: Plan, section: SectionPlan) -> bool:
    """Whether a plan leaves the harmony of a section to the model."""
    names = {s.name: s for s in reversed(plan.sections)}
    while section.chords is None and section.reprise is not None:
        section = names[section.reprise]
    return section.chords is None


def _notes_differ(track: Track, stretch: Stretch, model: Stretch) -> Iterator[Finding]:
    wanted, found = _rows(track, model), _rows(track, stretch)
    for row in sorted(set(wanted) ^ set(found)):
        notes = (found[row],) if row in found else ()
        state = "is not in" if row in found else "is missing from"
        message = (
            f"a note (pitch {row[1]}, {counted(row[2], 'tick')}, velocity {row[3]}) {state} "
            f"{'the music' if row in found else 'this reprise'} of {model.section.name!r}"
        )
        yield Finding("reprise", stretch.start + row[0], track.name, message, notes)


def _rows(track: Track, stretch: Stretch) -> dict[tuple[int, int, int, int, float, float], Note]:
    """Notes of a section, by all they are, counted from its start."""
    first, last = (
        bisect_left(track.notes, tick, key=attrgetter("onset"))
        for tick in (stretch.start, stretch.end)
    )
    return {
        (n.onset - stretch.start, n.pitch, n.duration, n.velocity, n.shift, n.cents): n
        for n in track.notes[first:last]
    }


def held_over(score: Score, plan: Plan) -> Iterator[Finding]:
    """Rule ``section``: no note is held over the end of a section."""
    ends = [stretch.end for stretch in lay_out(plan)[:-1]]
    for track, note in score.notes():
        index = bisect_right(ends, note.onset)
        if index < len(ends) and ends[index] < note.end:
            message = "a note is held over the end of its section"
            yield Finding("section", note.onset, track.name, message, (note,))
