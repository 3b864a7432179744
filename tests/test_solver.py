"""The solver: scores that keep a plan, and minimal conflicts where none can."""

from dataclasses import replace

import pytest
from exhaustive import exists

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import PlanError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.rules import Rule, parse_rule
from anacrusis.compose.score import Note, Score
from anacrusis.compose.solver import Solution, Statement, solve
from anacrusis.compose.solver.frame import Harmony
from anacrusis.compose.verify import verify

LEAD = TrackPlan("lead", "melody", 0, 60, 79, 1, rest=1)
ALTO = TrackPlan("alto", "counter", 0, 55, 74, 1)
PIANO = TrackPlan("piano", "chords", 0, 40, 84, 6)
GUITAR = TrackPlan("guitar", "chords", 24, 40, 84, 6)
VIOLIN = TrackPlan("violin", "melody", 40, 55, 88, 2)
FLUTE = TrackPlan("flute", "melody", 73, 60, 84, 1)
BASS = TrackPlan("bass", "bass", 33, 28, 50, 1)
DRUMS = TrackPlan("drums", "drums", -1, 27, 87, 4)
LIMIT = 120.0
"""Seconds; never reached where a machine is not busy with other things."""


def bar(text: str) -> tuple[ChordAt, ...]:
    """The chords of a bar: ``C``, ``C@0 G@24``, ``-`` for no chord."""
    found = []
    for word in text.split():
        symbol, _, tick = word.partition("@")
        chord = Chord.none() if symbol == "-" else Chord.parse(symbol)
        found.append(ChordAt(int(tick or 0), chord))
    return tuple(found)


def section(chords: str, name: str = "a", **values: object) -> SectionPlan:
    bars = tuple(bar(text) for text in chords.split("|"))
    return SectionPlan(name, len(bars), bars, **values)  # type: ignore[arg-type]


def plan_of(
    chords: str | tuple[SectionPlan, ...],
    tracks: tuple[TrackPlan, ...],
    *rules: str,
    **values: object,
) -> Plan:
    sections = (section(chords),) if isinstance(chords, str) else chords
    asked: tuple[Rule, ...] = tuple(map(parse_rule, rules))
    made = {"key": Key("C"), "tempo": 100.0, **values}
    return Plan(sections, tracks, rules=asked, **made)  # type: ignore[arg-type]


def solved(plan: Plan, **values: object) -> Solution:
    found = solve(plan, time_limit=LIMIT, **values)  # type: ignore[arg-type]
    assert found.verdict != "unknown"
    if found.score is not None:
        assert not verify(found.score, plan).violations
    return found


def texts(found: Solution) -> list[str]:
    return [str(statement) for statement in found.conflict]


def _named(value: object) -> str:
    """What a test is called by: chords and rules."""
    if isinstance(value, list):
        return "; ".join(value)
    return value if isinstance(value, str) else ""


FOUR = "C|Am|F|G"
POSSIBLE = [
    (FOUR, (LEAD,), []),
    (FOUR, (LEAD, ALTO, PIANO, BASS, DRUMS), []),
    (FOUR, (LEAD,), ["lead: range C4-G4"]),
    (FOUR, (LEAD,), ["lead: tessitura E4-B4", "lead: onsets 4"]),
    (FOUR, (LEAD,), ["lead: only C D E F G", "lead: onsets 4-6"]),
    (FOUR, (LEAD, ALTO), ["lead: avoid C E G in bar 1", "lead: onsets 0 in bar 1"]),
    (FOUR, (LEAD,), ["lead: scale C major pentatonic", "lead: onsets 2 in bars 1-4"]),
    (FOUR, (LEAD,), ["lead: require B4 F5 D in bars 2-3"]),
    (FOUR, (LEAD,), ["lead: onsets 9-12"]),
    (FOUR, (LEAD,), ["lead: onsets 3 in bars 1-3", "lead: grid 1/12", "lead: leap 2"]),
    (FOUR, (LEAD,), ["lead: rhythm 1/4 r1/8 1/8 1/2 in bars 1-3"]),
    (FOUR, (LEAD, ALTO), ["lead: silent in bars 2-3"]),
    (FOUR, (LEAD,), ["all: silent in bar 2"]),
    (FOUR, (LEAD,), ["lead: leap 1", "lead: onsets 4-8"]),
    (FOUR, (LEAD,), ["lead: contour arch", "lead: onsets 2-5"]),
    (FOUR, (LEAD,), ["lead: contour + - = + - in bars 1-2"]),
    (FOUR, (LEAD,), ["lead: pitches C4 D4 E E4 A4 C5 B4 G4"]),
    (FOUR, (LEAD,), ["lead: breath 1", "lead: onsets 6-8 in bars 1-3"]),
    (FOUR, (PIANO,), ["piano: voices 3-5", "piano: onsets 2"]),
    (FOUR, (PIANO,), ["piano: voices 6", "piano: playable"]),
    (FOUR, (GUITAR,), ["guitar: voices 4-6", "guitar: playable"]),
    (FOUR, (VIOLIN,), ["violin: voices 2", "violin: playable"]),
    (FOUR, (FLUTE,), ["flute: playable", "flute: onsets 4"]),
    (FOUR, (LEAD, ALTO), ["alto: doubles lead", "lead: onsets 3"]),
    (FOUR, (LEAD, BASS), ["bass: doubles lead -24 in bars 1-2", "lead: range C4-D5"]),
    (FOUR, (LEAD, ALTO, BASS), ["lead, alto, bass: no parallels", "all: onsets 2"]),
    (FOUR, (LEAD, ALTO), ["lead, alto: no crossing", "lead, alto: spacing 4", "all: onsets 2"]),
    (FOUR, (DRUMS, LEAD), ["drums: drums rock", "drums: onsets 8"]),
    (FOUR, (DRUMS,), ["drums: drums bossa in bars 1-2", "drums: rhythm 1/8 in bars 1-2"]),
    (FOUR, (LEAD,), ["lead: dynamics p to ff", "lead: onsets 2"]),
    ("Dm7@0 G7@36|Cmaj7", (LEAD,), ["lead: avoid C D F A in bar 1", "lead: onsets 1 in bar 1"]),
    ("-|-", (LEAD,), ["lead: only C# F#", "lead: onsets 4"]),
    # A note outside the chord, held over the bar, is all that is left.
    ("C|F", (LEAD,), ["lead: onsets 0 in bar 1", "lead: silent in bar 1", "lead: leap 0 in bar 2"]),
]  # fmt: skip


@pytest.mark.parametrize(("chords", "tracks", "rules"), POSSIBLE, ids=_named)
def test_what_is_possible_has_an_example(
    chords: str, tracks: tuple[TrackPlan, ...], rules: list[str]
) -> None:
    rest_free = tuple(replace(track, rest=None) for track in tracks)
    plan = plan_of(chords, rest_free if "silent" in " ".join(rules) else tracks, *rules)
    if rules[-1:] == ["lead: leap 0 in bar 2"]:
        plan = plan_of(chords, (*rest_free, ALTO), *rules)
    found = solved(plan)
    assert found.verdict == "possible", texts(found)
    assert found.score is not None and found.score.plan == plan


IMPOSSIBLE = [
    ("C|F#", (LEAD,), ["lead: only C E G"], {"only", "chord", "silence"}),
    ("C|F", (LEAD,), ["lead: range C5-D5", "lead: avoid C", "lead: onsets 1"],
     {"range", "avoid", "onsets", "chord"}),
    ("C", (LEAD,), ["lead: tessitura C4-D4", "lead: avoid C", "lead: onsets 1"],
     {"tessitura", "avoid", "onsets", "chord"}),
    ("C", (LEAD,), ["lead: scale F# whole tone", "lead: avoid C E", "lead: onsets 1-4"],
     {"scale", "onsets", "avoid", "chord"}),
    ("C|C", (LEAD,), ["lead: require B3 in bar 1"], {"require", "range"}),
    ("C|C", (LEAD,), ["lead: onsets 5-8", "lead: grid 1/4 in bar 1"], {"onsets", "grid"}),
    ("C|C", (LEAD,), ["lead: grid 1/2", "lead: require C D E F in bar 1"],
     {"grid", "require", "polyphony"}),
    ("C|C", (LEAD,), ["lead: rhythm 1/4 in bar 1", "lead: rhythm 1/8 in bar 1"], {"rhythm"}),
    ("C|C", (LEAD,), ["lead: silent", "lead: onsets 1 in bar 2"], {"silent", "onsets"}),
    ("C|F#", (LEAD,), ["lead: leap 3", "lead: range C4-E4 in bar 1", "lead: range B4-G5 in bar 2",
                       "lead: onsets 1 in bar 2", "lead: require C4 in bar 1"],
     {"leap", "range", "onsets", "require"}),
    ("C|G", (LEAD,), ["lead: contour up", "lead: require G4 in bar 1", "lead: require D4 in bar 2"],
     {"contour", "require"}),
    ("C|G", (LEAD,), ["lead: contour - -", "lead: onsets 2-9"], {"contour", "onsets"}),
    ("C|G", (LEAD,), ["lead: pitches C4 F#4 in bar 1"], {"pitches", "chord"}),
    ("C|C", (LEAD,), ["lead: pitches C D E", "lead: onsets 2"], {"pitches", "onsets"}),
    ("C|C", (LEAD,), ["lead: breath 2", "lead: rhythm 1/4 in bar 1"], {"breath", "rhythm"}),
    ("C|C", (PIANO,), ["piano: voices 4", "piano: range C4-A4", "piano: onsets 1 in bar 1"],
     {"voices", "range", "onsets", "chord"}),
    ("C|C", (PIANO,), ["piano: voices 7", "piano: onsets 1"], {"voices", "onsets", "polyphony"}),
    ("-|-", (PIANO,), ["piano: require E2 in bar 1", "piano: rhythm 1 in bar 1",
                       "piano: voices 3", "piano: only E2 C4 C6", "piano: playable"],
     {"require", "rhythm", "voices", "only", "playable"}),
    ("-|-", (GUITAR,), ["guitar: only E2 F2 F#2", "guitar: voices 2", "guitar: playable"],
     {"only", "voices", "playable", "silence"}),
    ("-|-", (VIOLIN,), ["violin: only G3 A3 B3", "violin: voices 2", "violin: playable"],
     {"only", "voices", "playable", "silence"}),
    ("-|-|-|-|-|-|-", (FLUTE,), ["flute: rhythm 1/4 in bars 1-7", "flute: playable"],
     {"rhythm", "playable"}),
    ("C|C", (LEAD, BASS), ["bass: doubles lead", "lead: onsets 1"], {"doubles", "onsets", "range"}),
    ("-", (LEAD, ALTO), ["alto: doubles lead -12", "lead, alto: no parallels", "lead: rhythm 1/2",
                           "lead: pitches G4 A4"], {"doubles", "no parallels", "pitches"}),
    ("C|G", (LEAD, ALTO), ["lead, alto: no crossing", "lead: rhythm 1 in bar 1",
                           "lead: range C4-D4 in bar 1", "alto: rhythm 1 in bar 1",
                           "alto: range D4-D5 in bar 1"],
     {"no crossing", "rhythm", "range"}),
    ("C|G", (LEAD, BASS), ["lead, bass: spacing 6", "lead: rhythm 1 in bar 1",
                           "bass: rhythm 1 in bar 1"], {"spacing", "rhythm", "range"}),
    ("C|C", (DRUMS,), ["drums: drums rock", "drums: onsets 1-3"], {"drums", "onsets"}),
    ("C|C", (DRUMS,), ["drums: drums rock in bar 1", "drums: drums backbeat in bar 1",
                       "drums: drums half time in bar 1"], {"drums"}),
    ("C|C", (LEAD,), ["lead: dynamics p", "lead: dynamics f in bar 2", "lead: onsets 1 in bar 2"],
     {"dynamics", "onsets"}),
    ("C|C|C", (LEAD,), ["lead: onsets 0 in bars 1-2", "lead: onsets 0-4"], {"onsets", "rest"}),
    ("C|C", (LEAD,), ["lead: avoid C D E F G A B"], {"avoid", "chord", "rest"}),
]  # fmt: skip


@pytest.mark.parametrize(("chords", "tracks", "rules", "kinds"), IMPOSSIBLE, ids=_named)
def test_a_conflict_is_minimal(
    chords: str, tracks: tuple[TrackPlan, ...], rules: list[str], kinds: set[str]
) -> None:
    plan = plan_of(chords, tracks, *rules)
    found = solved(plan)
    assert found.verdict == "impossible"
    assert found.minimal
    assert {statement.kind for statement in found.conflict} <= kinds | {"silence", "chord"}
    assert any(isinstance(statement.of, Rule) for statement in found.conflict)
    told = only(plan, found.conflict)
    assert solved(told).verdict == "impossible"
    for statement in found.conflict:
        if isinstance(statement.of, Rule | Harmony):
            fewer = [other for other in found.conflict if other != statement]
            assert solved(only(plan, fewer)).verdict == "possible", str(statement)


def only(plan: Plan, kept: tuple[Statement, ...] | list[Statement]) -> Plan:
    """The plan with no more statements than these, and that no bar is silent."""
    rules = tuple(rule for rule in plan.rules if any(s.of == rule for s in kept))
    said = {(s.kind, s.tracks[0]) for s in kept if isinstance(s.of, TrackPlan)}
    tracks = tuple(
        replace(
            track,
            low=track.low if ("range", track.name) in said else 0,
            high=track.high if ("range", track.name) in said else 127,
            polyphony=track.polyphony if ("polyphony", track.name) in said else 16,
            rest=track.rest if ("rest", track.name) in said else None,
        )
        for track in plan.tracks
    )
    chords = {s.bars.start for s in kept if s.kind == "chord"}
    held = {number for s in kept if s.kind == "chord" for number in s.bars}
    (whole,) = plan.sections
    assert whole.chords is not None
    bars = tuple(
        written if index in chords | held else (ChordAt(0, Chord.none()),)
        for index, written in enumerate(whole.chords)
    )
    silent = not any(s.kind == "silence" for s in kept)
    filler = TrackPlan("filler", "pad", 89, 0, 127, 1)
    return replace(
        plan,
        rules=rules,
        tracks=(*tracks, filler) if silent else tracks,
        sections=(replace(whole, chords=bars),),
    )


GRIDS = {"1/4": "t: grid 1/8", "2/4": "t: grid 1/4", "3/8": "t: grid 1/8"}
TINY = [
    ("1/4", "C", "melody", []),
    ("1/4", "C@0 F#@6", "melody", ["t: onsets 1"]),
    ("1/4", "C@0 Dm@6", "melody", ["t: leap 1", "t: onsets 2"]),
    ("1/4", "C@0 Dm@3", "melody", ["t: leap 1", "t: onsets 2"]),
    ("1/4", "C@0 E7@4", "bass", ["t: rhythm 1/8 1/8"]),
    ("1/4", "C@0 F@6", "bass", ["t: only G A F", "t: onsets 1"]),
    ("2/4", "C@0 G@12", "melody", ["t: only C B D", "t: onsets 2", "t: leap 1"]),
    ("2/4", "C@0 Am@18", "melody", ["t: only B A", "t: rhythm r1/4 1/4"]),
    ("2/4", "G7@0 C@12", "melody", ["t: contour -", "t: leap 2"]),
    ("2/4", "G7@0 C@12", "bass", ["t: pitches F E"]),
    ("3/8", "Dm", "melody", ["t: only D E F", "t: pitches D E F"]),
    ("3/8", "Dm@0 C@6", "melody", ["t: only D E F", "t: onsets 3", "t: breath 0.25"]),
    ("3/8", "Dm@0 C@6", "melody", ["t: only F E", "t: voices 1"]),
]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(("meter", "chords", "role", "rules"), TINY, ids=_named)
def test_tiny_requests_agree_with_an_exhaustive_search(
    meter: str, chords: str, role: str, rules: list[str], strict: bool
) -> None:
    track = TrackPlan("t", role, 0, 57, 68, 1)
    plan = plan_of(chords, (track,), GRIDS[meter], *rules, meter=Meter.parse(meter))
    found = solved(plan, strict=strict)
    assert (found.verdict == "possible") == exists(plan, strict)


def test_a_reprise_has_the_notes_of_its_model_and_shares_its_rules() -> None:
    verse = section("C|F", "verse")
    plan = plan_of(
        (verse, section("G", "bridge"), SectionPlan("again", 2, reprise="verse")),
        (LEAD, BASS),
        "lead: onsets 4 in again",
        "lead: only F A C in bar 5",
    )
    for strict in (True, False):
        found = solved(plan, strict=strict)
        assert found.score is not None
        first = [note for note in found.score.tracks[0].notes if note.onset < 96]
        assert len(first) == 8 and all(note.pitch % 12 in (5, 9, 0) for note in first[4:])
    more = replace(plan, rules=(*plan.rules, parse_rule("lead: avoid F A C in bar 2")))
    assert [s.kind for s in solved(more).conflict] == ["onsets", "only", "avoid"]


def test_a_variation_lies_in_its_band() -> None:
    sections = (section("C|F", "A"), SectionPlan("B", 2, vary="A", change=(0.2, 0.4)))
    found = solved(plan_of(sections, (LEAD,), "lead: onsets 4-6"))
    assert found.verdict == "possible"
    rules = ("lead: only C F in A", "lead: avoid C F in B")
    told = texts(solved(plan_of(sections, (LEAD,), *rules)))
    assert told == [*rules, "section B varies A by 20% to 40%"]
    assert solved(plan_of(sections, (LEAD, BASS), *rules)).verdict == "possible"


def test_pickups_and_other_meters() -> None:
    for meter, pickup in (("3/4", 6), ("6/8", 18), ("7/8", 0), ("5/4", 12)):
        plan = plan_of(
            FOUR, (LEAD, BASS), "lead: onsets 2-4", meter=Meter.parse(meter), pickup=pickup
        )
        assert solved(plan).verdict == "possible"


def test_given_notes_are_kept_and_conflict_where_they_break_rules() -> None:
    plan = plan_of("C|G", (LEAD, BASS), "lead: leap 4", "lead: onsets 2-4")
    notes = (Note(0, 64, 12, 71), Note(17, 65, 7, 33), Note(24, 64, 24, 90))
    skeleton = plan.skeleton()
    fixed = replace(skeleton, tracks=(replace(skeleton.tracks[0], notes=notes), skeleton.tracks[1]))
    found = solved(plan, fixed=fixed)
    assert found.score is not None
    assert [n for n in found.score.tracks[0].notes if n.onset < 48] == list(notes)
    wild = replace(fixed.tracks[0], notes=(Note(0, 66, 12),))
    against = solved(plan, fixed=replace(fixed, tracks=(wild, fixed.tracks[1])))
    assert texts(against) in (
        ["lead: onsets 2-4", "lead: notes given in bar 1"],
        ["chord C in bar 1", "lead: notes given in bar 1"],
    )
    whole = solved(plan, fixed=fixed, blanks={1: [0, 1]})
    assert texts(whole) == ["lead: onsets 2-4", "lead: notes given in bar 2"]


def test_statements_say_what_they_are() -> None:
    plan = plan_of("C|C|F#", (LEAD, ALTO), "all: only C E G")
    found = solved(plan)
    only_, chord, silence = found.conflict
    assert (only_.kind, only_.tracks, only_.bars) == ("only", ("lead", "alto"), range(3))
    assert only_.of == plan.rules[0]
    assert (str(chord), chord.kind, chord.bars) == ("chord F# in bar 3", "chord", range(2, 3))
    assert (str(silence), silence.kind) == ("something sounds in bar 3", "silence")


def test_a_rule_about_the_harmony_is_no_statement() -> None:
    assert solved(plan_of("G|C", (LEAD,), "cadence authentic in bar 2")).verdict == "possible"


def test_the_time_limit_is_kept() -> None:
    assert solve(plan_of(FOUR, (LEAD,)), time_limit=0.0).verdict == "unknown"


def test_effort_bounds_the_work() -> None:
    plan = plan_of(FOUR, (LEAD,))
    assert solve(plan, effort=0).verdict == "unknown"
    found = [solve(plan, effort=200_000) for _ in range(2)]
    assert found[0].verdict == "possible"
    assert found[0].score == found[1].score


def test_what_cannot_be_asked() -> None:
    plan = plan_of(FOUR, (LEAD,))
    with pytest.raises(PlanError, match="complete it first"):
        solve(replace(plan, tempo=None))
    with pytest.raises(PlanError, match="other bars or tracks"):
        solve(plan, fixed=Score(plan.skeleton().bars[:2]))
