"""Hypothesis strategies for valid scores and plans, shared by the tests."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, pairwise

from hypothesis import strategies as st

from anacrusis.compose.chord import QUALITIES, Chord
from anacrusis.compose.files.midi_grid import tempo
from anacrusis.compose.instruments import DRUM_KIT, ROLES, role_default
from anacrusis.compose.key import MODES, Key
from anacrusis.compose.meter import Meter, all_meters
from anacrusis.compose.pitch import name_to_class
from anacrusis.compose.plan import (
    STYLES,
    ChangeAt,
    ChordAt,
    Plan,
    SectionPlan,
    TrackPlan,
    is_bare,
    section_meters,
)
from anacrusis.compose.plan_length import SHORTEST, seconds_of
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)

SHIFT_STEPS = 40
"""Shifts are whole fortieths of a tick, which every format holds exactly."""

_PITCHED_ROLES = tuple(role for role in ROLES if role != "drums")
_SPELLED = tuple(letter + sign for letter in "CDEFGAB" for sign in ("", "#", "b"))


def names() -> st.SearchStrategy[str]:
    """Short names in any script, without line breaks or blanks at either end."""
    alphabet = st.characters(
        codec="utf-8", categories=("L", "N", "P", "Zs"), include_characters=" &<>\"'"
    )
    return st.text(alphabet, min_size=1, max_size=12).map(str.strip).filter(bool)


def meters() -> st.SearchStrategy[Meter]:
    """Every meter of the grid, the usual ones more often."""
    usual = st.sampled_from([Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(2, 2), Meter(7, 8)])
    return usual | st.sampled_from(all_meters())


def keys() -> st.SearchStrategy[Key]:
    """Keys of every mode with up to seven accidentals."""
    return st.builds(Key.from_fifths, st.integers(-7, 7), st.sampled_from(sorted(MODES)))


def tempos() -> st.SearchStrategy[float]:
    """Tempos that are a whole number of microseconds per quarter note, 20 to 400 a minute."""
    return st.integers(150_000, 3_000_000).map(tempo)


@st.composite
def chords(draw: st.DrawFn, none: bool = True) -> Chord:
    """Chords of every quality, some inverted or over a foreign bass; N.C. if `none`."""
    if none and draw(st.integers(0, 9)) == 9:
        return Chord.none()
    root = draw(st.sampled_from(_SPELLED))
    bass = draw(st.none() | st.sampled_from(_SPELLED))
    if bass is not None and name_to_class(bass) == name_to_class(root):
        bass = None
    return Chord(root, draw(st.sampled_from(QUALITIES)), bass)


@st.composite
def bars(draw: st.DrawFn, max_bars: int = 6) -> tuple[Bar, ...]:
    """Bars with meter changes, sometimes a pickup, seldom a bar cut short."""
    out: list[Bar] = []
    meter = draw(meters())
    if meter.ticks > 1 and draw(st.booleans()):
        out.append(Bar(meter, draw(st.integers(1, meter.ticks - 1))))
    for _ in range(draw(st.integers(1, max_bars))):
        if draw(st.integers(0, 3)) == 3:
            meter = draw(meters())
        short = meter.ticks > 1 and draw(st.integers(0, 7)) == 7
        out.append(Bar(meter, draw(st.integers(1, meter.ticks - 1)) if short else None))
    return tuple(out)


def swings() -> st.SearchStrategy[float]:
    """Swings from straight to dotted."""
    return st.sampled_from([0.5, 0.55, 0.62, 2 / 3, 0.75])


@st.composite
def notes(
    draw: st.DrawFn, ticks: int, shifts: bool = True, cents: bool = False, unisons: bool = False
) -> tuple[Note, ...]:
    """Up to a dozen notes within `ticks`; with `unisons` one pitch may overlap itself.

    Without `unisons`, notes of one pitch do not overlap as they are played either.
    """
    found: list[Note] = []
    for _ in range(draw(st.integers(0, 12))):
        onset = draw(st.integers(0, ticks - 1))
        duration = min(draw(st.integers(1, 60)), ticks - onset)
        steps = 0
        if shifts and draw(st.booleans()):
            steps = max(draw(st.integers(-3 * SHIFT_STEPS, 3 * SHIFT_STEPS)), -onset * SHIFT_STEPS)
        note = Note(
            onset,
            draw(st.integers(0, 127)),
            duration,
            draw(st.integers(1, 127)),
            steps / SHIFT_STEPS,
            draw(st.sampled_from([0.0, -50.0, 12.5])) if cents else 0.0,
        )
        if unisons or not any(_meet(note, other) for other in found):
            found.append(note)
    return tuple(sorted(found))


def _meet(a: Note, b: Note) -> bool:
    """Whether two notes of one pitch overlap, as written or as played."""
    reach = 4
    return a.pitch == b.pitch and a.onset < b.end + reach and b.onset < a.end + reach


@st.composite
def tracks(
    draw: st.DrawFn, ticks: int, shifts: bool = True, cents: bool = False, unisons: bool = False
) -> tuple[Track, ...]:
    """Up to four tracks of different names, one of them perhaps a drum kit."""
    out = []
    for name in draw(st.lists(names(), max_size=4, unique=True)):
        drums = draw(st.integers(0, 4)) == 4
        out.append(
            Track(
                name,
                "drums" if drums else draw(st.sampled_from(_PITCHED_ROLES)),
                DRUM_KIT if drums else draw(st.integers(0, 127)),
                draw(notes(ticks, shifts, cents and not drums, unisons)),
            )
        )
    return tuple(out)


@st.composite
def chord_lanes(draw: st.DrawFn, ticks: int) -> tuple[ChordSpan, ...]:
    """A chord lane with gaps and N.C."""
    cuts = sorted(draw(st.sets(st.integers(0, ticks), max_size=8)))
    return tuple(
        ChordSpan(start, end - start, draw(chords()))
        for start, end in pairwise(cuts)
        if draw(st.integers(0, 3))
    )


@st.composite
def section_lists(draw: st.DrawFn, bar_count: int) -> tuple[Section, ...]:
    """Sections in order, without overlap, perhaps with bars between them that have none."""
    cuts = sorted(draw(st.sets(st.integers(0, bar_count), max_size=4)))
    return tuple(
        Section(draw(names()), start, end - start)
        for start, end in pairwise(cuts)
        if draw(st.integers(0, 3))
    )


@st.composite
def scores(
    draw: st.DrawFn,
    shifts: bool = True,
    cents: bool = False,
    unisons: bool = False,
    with_plan: bool = False,
    swung: bool = False,
) -> Score:
    """Valid scores: all meters, pickups, short bars, tempo and key changes, sections, chords.

    Keys change at bar lines; tempos anywhere. No note outlasts the score. shifts: performance
    timing; cents: tuning; unisons: one pitch sounding twice at once in a track; with_plan: the
    score may carry a plan (which need not fit it); swung: the score may swing.
    """
    bar_list = draw(bars())
    blank = Score(bar_list)
    ticks = blank.ticks
    tempo_ticks = draw(st.sets(st.integers(1, max(ticks - 1, 1)), max_size=3))
    key_bars = sorted(draw(st.sets(st.integers(0, len(bar_list) - 1), max_size=3)))
    return Score(
        bars=bar_list,
        tracks=draw(tracks(ticks, shifts, cents, unisons)),
        tempos=tuple(
            TempoChange(tick, draw(tempos())) for tick in (0, *sorted(tempo_ticks)) if tick < ticks
        ),
        keys=tuple(KeyChange(blank.bar_starts[bar], draw(keys())) for bar in key_bars),
        sections=draw(section_lists(len(bar_list))),
        chords=draw(chord_lanes(ticks)),
        title=draw(st.just("") | names()),
        composer=draw(st.just("") | names()),
        swing=draw(swings()) if swung else 0.5,
        plan=draw(st.none() | plans()) if with_plan else None,
    )


@st.composite
def chord_groups(
    draw: st.DrawFn, bar_count: int, held: Meter | Sequence[Meter]
) -> tuple[tuple[ChordAt, ...], ...]:
    """One group of chords for each bar; held: the meter of all bars, or of each."""
    groups = []
    for meter in [held] * bar_count if isinstance(held, Meter) else held:
        ticks = draw(st.sets(st.integers(0, meter.ticks - 1), max_size=3))
        groups.append(tuple(draw(chord_places(tick)) for tick in sorted(ticks)))
    return tuple(groups)


@st.composite
def chord_places(draw: st.DrawFn, tick: int) -> ChordAt:
    """A chord, seldom a choice among some."""
    first, *others = draw(
        st.lists(chords(), min_size=1, max_size=1 if draw(st.integers(0, 3)) else 3, unique_by=str)
    )
    return ChordAt(tick, first, tuple(others))


@st.composite
def section_changes(draw: st.DrawFn, bar_count: int) -> tuple[ChangeAt, ...]:
    """Changes of key, meter and tempo within a section."""
    found = []
    for bar in range(2, bar_count + 1):
        key, meter, bpm = (draw(st.none() | what) for what in (keys(), meters(), tempos()))
        if (key or meter or bpm) and draw(st.integers(0, 3)) == 3:
            found.append(ChangeAt(bar, key, meter, bpm))
    return tuple(found)


@st.composite
def track_plans(draw: st.DrawFn, name: str, role: str) -> TrackPlan:
    """A track to write of this name and role."""
    usual = role_default(role)
    low = draw(st.integers(16, 87) if role == "drums" else st.integers(0, 127 - 11))
    level = st.none() | st.integers(0, 7)
    return TrackPlan(
        name,
        role,
        DRUM_KIT if role == "drums" else draw(st.integers(0, 127)),
        low,
        draw(st.integers(low + 11, 127)),
        draw(st.integers(1, 16) | st.just(usual.polyphony)),
        draw(level),
        draw(level),
        draw(st.none() | st.integers(0, 8)),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Valid plans: complete or with gaps, choices, reprises, variations, pickups, a length, and
    changes of meter, key and tempo."""
    meter = plan_meter = draw(meters())
    sections: list[SectionPlan] = []
    held: list[list[Meter]] = []
    section_names: list[str] = draw(st.lists(names(), min_size=1, max_size=4))
    for name in section_names:
        changed = draw(st.none() | meters())
        meter = changed or meter
        earlier = {s.name: i for i, s in reversed(list(enumerate(sections)))}
        fitting = [n for n, i in earlier.items() if held[i][0] == meter]
        key, bpm = draw(st.none() | keys()), draw(st.none() | tempos())
        if len(fitting) > 0 and draw(st.booleans()):
            source = draw(st.sampled_from(fitting))
            section = SectionPlan(
                name, sections[earlier[source]].bars, None, key, changed, bpm, source
            )
            if draw(st.booleans()):
                low, high = sorted(draw(st.tuples(*[st.integers(0, 100)] * 2)))
                section = replace(
                    section, reprise=None, vary=source, change=(low / 100, high / 100)
                )
        else:
            count = draw(st.integers(1, 4))
            changes = draw(section_changes(count))
            section = SectionPlan(name, count, None, key, changed, bpm, None, changes)
        held.append(section_meters(plan_meter, [*sections, section])[-1])
        if section.reprise is None:
            groups = draw(st.none() | chord_groups(section.bars, held[-1]))
            section = replace(section, chords=groups)
        sections.append(section)
        meter = held[-1][-1]
    track_names = draw(st.lists(names(), min_size=1, max_size=3, unique=True))
    roles = [draw(st.sampled_from(_PITCHED_ROLES)) for _ in track_names]
    if draw(st.booleans()):
        roles[-1] = "drums"
    plan = Plan(
        sections=tuple(sections),
        tracks=tuple(
            draw(track_plans(name, role)) for name, role in zip(track_names, roles, strict=True)
        ),
        title=draw(names()),
        key=draw(st.none() | keys()),
        meter=plan_meter,
        tempo=draw(st.none() | tempos()),
        style=draw(st.sampled_from(STYLES)),
        pickup=draw(st.integers(0, held[0][0].ticks - 1)),
        swing=draw(swings()) if any(m.has_quarter_beats for m in chain(*held)) else 0.5,
        open_form=is_bare(sections) and draw(st.booleans()),
    )
    pace = plan.tempo or sections[0].tempo or 100.0
    lasts = seconds_of(replace(plan, tempo=pace))
    if lasts is not None and lasts >= SHORTEST and draw(st.booleans()):
        plan = replace(plan, length=lasts)
    return replace(plan, seed=draw(st.integers(0, 2**32)))
