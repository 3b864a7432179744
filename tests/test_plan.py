"""The plan itself: what it refuses, and the bars, lanes and tracks it lays out."""

import pytest
from hypothesis import given
from strategies import plans

from anacrusis.compose.errors import PlanError
from anacrusis.compose.files.midi_write import midi_bytes
from anacrusis.compose.instruments import DRUM_KIT, ROLES, role_default
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.progression import parse_progression
from anacrusis.compose.score import ChordSpan, KeyChange, Section, TempoChange

BASS = TrackPlan.of_role("bass")
FOUR = Meter(4, 4)


def section(name="a", bars=2, text=None, **more):
    chords = None if text is None else parse_progression(text, bars, more.get("meter", FOUR))
    return SectionPlan(name, bars, chords, **more)


def crowd(count):
    """So many pitched tracks, and a drum kit."""
    pitched = [TrackPlan.of_role(ROLES[n % 6], f"track {n}") for n in range(count)]
    return (*pitched, TrackPlan.of_role("drums"))


def test_as_many_tracks_as_midi_has_channels():
    plan = Plan((section(),), crowd(15))
    assert midi_bytes(plan.skeleton()).data


def test_every_role_has_a_track():
    for role in ROLES:
        track = TrackPlan.of_role(role)
        usual = role_default(role)
        assert (track.name, track.program, track.low, track.high) == (role, *usual[:3])
    flute = TrackPlan.of_role("bass", "deep flute", 73)
    assert flute.high - flute.low >= 12
    assert flute.name == "deep flute"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SectionPlan("a", 0), "bars is 0"),
        (lambda: SectionPlan("a", 2, ((),)), "chords for 1 bar"),
        (lambda: SectionPlan("a", 2, tempo=10), "tempo 10"),
        (lambda: SectionPlan("a", "2"), "bars is '2'"),
        (lambda: SectionPlan(None, 2), "section is None"),
        (lambda: SectionPlan("a", 2, tempo="fast"), "tempo 'fast'"),
        (lambda: TrackPlan("x", "melody", "flute", 40, 80, 1), "program 'flute'"),
        (lambda: TrackPlan("x", "melody", 0, "C3", 80, 1), "range 'C3' to 80"),
        (lambda: TrackPlan("x", "melody", 0, 40, 80, 1.5), "polyphony 1.5"),
        (lambda: TrackPlan("x", "melody", 0, 40, 80, 1, rest="any"), "rest 'any'"),
        (lambda: TrackPlan("x", "melody", 0, 40, 80, 1, density="low"), "density 'low'"),
        (lambda: Plan((section(),), (BASS,), seed=1.5), "seed 1.5"),
        (lambda: Plan((section(),), (BASS,), pickup="1/4"), "a pickup of '1/4' ticks"),
        (lambda: TrackPlan("x", "soloist", 0, 40, 80, 1), "role 'soloist'"),
        (lambda: TrackPlan("x", "drums", 0, 40, 80, 1), "belong together"),
        (lambda: TrackPlan("x", "melody", DRUM_KIT, 40, 80, 1), "belong together"),
        (lambda: TrackPlan("x", "melody", 0, 80, 40, 1), "holds no notes"),
        (lambda: TrackPlan("x", "melody", 0, 60, 66, 1), "under an octave"),
        (lambda: TrackPlan("x", "melody", 0, 40, 80, 0), "polyphony 0"),
        (lambda: TrackPlan("x", "melody", 0, 40, 80, 1, density=8), "density 8"),
        (lambda: TrackPlan("x", "melody", 0, 40, 80, 1, register=-1), "register -1"),
        (lambda: Plan((), (BASS,)), "at least one section"),
        (lambda: Plan((section(),), ()), "at least one track"),
        (lambda: Plan((section(),), (BASS, BASS)), "two tracks are called 'bass'"),
        (lambda: Plan((section(),), tuple(TrackPlan.of_role("bass", n) for n in "abcde")),
         "5 tracks have the role bass"),
        (lambda: Plan((section(),), crowd(16)), "16 pitched tracks; allowed: 15"),
        (lambda: Plan((section(),), (BASS,), style="polka"), "style 'polka'"),
        (lambda: Plan((section(),), (BASS,), tempo=0), "tempo 0"),
        (lambda: Plan((section(),), (BASS,), swing=0.4), "swing 0.4"),
        (lambda: Plan((section(),), (BASS,), pickup=48), "a pickup of 48 ticks"),
        (lambda: Plan((section("a", 1500), section("b", 501)), (BASS,)), "add up to 2001 bars"),
        (lambda: Plan((section(), section("b", 2, reprise="c")), (BASS,)), "reprises 'c'"),
        (lambda: Plan((section(), section("b", 3, reprise="a")), (BASS,)), "make them equal"),
        (lambda: Plan((section(), section("b", 2, "C", reprise="a")), (BASS,)), "has other chords"),
        (lambda: Plan((section(meter=Meter(3, 4), bars=1), SectionPlan(
            "b", 1, ((ChordAt(36, parse_progression("C", 1, FOUR)[0][0].chord),),))), (BASS,)),
         "section 'b', bar 1: a chord lies outside the 3/4 bar"),
        (lambda: Plan((section(text="C"),), (BASS,), open_form=True), "open_form"),
        (lambda: Plan((section(),), (BASS,)).section("z"), "no section 'z'; sections: a"),
    ],
)  # fmt: skip
def test_impossible_plans_are_refused(make, said):
    with pytest.raises(PlanError, match=said):
        make()


def test_the_skeleton_of_a_song():
    three = Meter(3, 4)
    plan = Plan(
        (
            section("a", 2, "C | . G"),
            section("b", 1, meter=three, tempo=90, key=Key("G")),
            section("c", 1, "| . F D7 |", meter=three),
        ),
        (BASS,),
        key=Key("C"),
        tempo=100,
        pickup=12,
    )
    score = plan.skeleton()
    assert score.bar_starts == (0, 12, 60, 108, 144, 180)
    assert score.tempos == (TempoChange(0, 100), TempoChange(108, 90))
    assert score.keys == (KeyChange(0, Key("C")), KeyChange(108, Key("G")))
    assert score.sections == (Section("a", 1, 2), Section("b", 3, 1), Section("c", 4, 1))
    spans = [(span.onset, span.duration, str(span.chord)) for span in score.chords]
    assert spans == [(12, 72, "C"), (84, 24, "G"), (156, 12, "F"), (168, 12, "D7")]
    assert [(t.name, t.role, t.notes) for t in score.tracks] == [("bass", "bass", ())]
    assert score.plan is plan
    assert not plan.is_complete


def test_a_bar_may_start_without_a_chord():
    plan = Plan((SectionPlan("a", 1, ((),)),), (BASS,))
    assert plan.skeleton().chords == ()
    held = Plan((section(text="C | .", bars=2),), (BASS,)).skeleton()
    assert held.chords == (ChordSpan(0, 96, held.chords[0].chord),)


@given(plans())
def test_skeletons_have_the_bars_of_their_plan(plan):
    score = plan.skeleton()
    assert len(score.bars) == plan.bars + (plan.pickup > 0)
    assert [section.bars for section in score.sections] == [s.bars for s in plan.sections]
    assert all(span.chord is not None for span in score.chords)
    for first, second in zip(score.chords, score.chords[1:], strict=False):
        assert first.end <= second.onset


@given(plans())
def test_seeds(plan):
    assert plan.with_seed(5).seed == 5
    assert plan.with_seed(plan.seed) == plan
