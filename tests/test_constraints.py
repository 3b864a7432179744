"""Constraints: each on small states made by hand, then all of them against stubborn models."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_model import MockModel, Taste, random_plan, random_taste
from strategies import scores

from anacrusis.compose.chord import Chord
from anacrusis.compose.constraints.harmony import Lane, scale_classes
from anacrusis.compose.constraints.meter import composing_grid
from anacrusis.compose.constraints.state import State, section_ends
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.document import Document
from anacrusis.compose.decoding.notes import allowed, constraints_for
from anacrusis.compose.decoding.sampler import Sampling
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.score import Score
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.compose.verify import verify

V = vocabulary()


def chords(text: str, meter: Meter) -> tuple[tuple[ChordAt, ...], ...]:
    """``"C | F G | Am:9"``: bars of chords, spread evenly or at stated ticks."""
    bars = []
    for bar in text.split("|"):
        symbols = bar.split()
        row = []
        for index, symbol in enumerate(symbols):
            name, _, tick = symbol.partition(":")
            at = int(tick) if tick else index * meter.ticks // len(symbols)
            row.append(ChordAt(at, Chord.parse(name)))
        bars.append(tuple(row))
    return tuple(bars)


def plan_of(
    text: str = "C | C",
    *tracks: TrackPlan,
    meter: str = "4/4",
    key: str = "C",
    pickup: int = 0,
    more: str | None = None,
) -> Plan:
    """A plan of one section, or of two."""
    grid = Meter.parse(meter)
    texts = [text] if more is None else [text, more]
    sections = [
        SectionPlan(f"s{i}", len(chords(t, grid)), chords(t, grid)) for i, t in enumerate(texts)
    ]
    return Plan(
        tuple(sections),
        tracks or (melody(),),
        key=Key.parse(key),
        meter=grid,
        tempo=120.0,
        pickup=pickup,
    )


def track(role: str, low: int = 60, high: int = 84, polyphony: int = 1) -> TrackPlan:
    return replace(TrackPlan.of_role(role), low=low, high=high, polyphony=polyphony, rest=None)


def melody(low: int = 60, high: int = 84, polyphony: int = 1) -> TrackPlan:
    return track("melody", low, high, polyphony)


class Desk:
    """A document being written by hand, with what may come next."""

    def __init__(self, plan: Plan) -> None:
        self.skeleton = plan.skeleton()
        self.state = State(self.skeleton, plan.tracks)
        self.constraints = constraints_for(self.skeleton)
        self.document = Document(MockModel(context=10**6), self.skeleton, plan.tracks, plan.style)
        self._step(self.document.open())
        self.bars = 0
        self.bar()

    def _step(self, tokens: list[int]) -> None:
        for token in tokens:
            self.state.step(token)
            for constraint in self.constraints:
                constraint.step(self.state, token)

    def bar(self) -> "Desk":
        """Begin the next bar."""
        self._step(self.document.open_bar(self.bars))
        self.bars += 1
        return self

    def mask(self) -> np.ndarray:
        return allowed(self.state, self.constraints)

    def may(self, kind: str) -> list:
        """Values of a token type that may come next; ``Duration`` in ticks."""
        start, stop = V.spans[kind]
        found = [start + int(i) for i in np.flatnonzero(self.mask()[start:stop])]
        if kind == "Duration":
            return [token - start + 1 for token in found]
        return [V.value(token) for token in found]

    def put(self, kind: str, value: object = None) -> "Desk":
        token = V.start(kind) + value - 1 if kind == "Duration" else V.id(kind, value)
        assert self.mask()[token], f"{V.name(token)} may not follow {self.state.grammar}"
        self._step([token])
        return self

    def at(self, position: int, label: str = "melody1", velocity: int | None = 80) -> "Desk":
        """Position, track and, where the track has none in this bar yet, velocity."""
        if self.state.grammar.position != position:
            self.put("Position", position)
        self.put("Track", label)
        if self.state.grammar.track not in self.state.grammar.velocities:
            self.put("Velocity", velocity)
        return self

    def note(self, position: int, pitch: int, duration: int, label: str = "melody1") -> "Desk":
        self.at(position, label)
        kind = "PitchDrum" if label.startswith("drums") else "Pitch"
        self.put(kind, pitch)
        return self if kind == "PitchDrum" else self.put("Duration", duration)

    def pitches(self, position: int, label: str = "melody1") -> list[int]:
        """Pitches that may be struck there."""
        return self.at(position, label).may("Pitch")

    def durations(self, position: int, pitch: int, label: str = "melody1") -> list[int]:
        """Durations a note there may have."""
        return self.at(position, label).put("Pitch", pitch).may("Duration")

    @property
    def closes(self) -> bool:
        """Whether the bar may end here."""
        return bool(self.may("Bar") or self.may("EOS"))


def classes(pitches: list[int]) -> set[int]:
    return {pitch % 12 for pitch in pitches}


# Bars, meter, silence


def test_as_many_bars_as_planned():
    desk = Desk(plan_of("C | C | C")).note(0, 60, 12)
    assert desk.may("Bar") and not desk.may("EOS")
    desk.bar().note(0, 60, 12)
    assert desk.may("Bar") and not desk.may("EOS")
    desk.bar().note(0, 60, 12)
    assert desk.may("EOS") and not desk.may("Bar")


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "7/8", "5/16", "1/4", "3/2"])
def test_positions_are_sixteenths_and_triplets_of_the_bar(meter: str):
    ticks = Meter.parse(meter).ticks
    positions = Desk(plan_of("C | C", meter=meter)).may("Position")
    assert positions == [t for t in range(ticks) if t % 3 == 0 or t % 4 == 0]
    assert np.flatnonzero(composing_grid(ticks)).tolist() == positions


def test_positions_of_a_pickup_stand_at_the_end_of_its_bar():
    desk = Desk(plan_of("C | C", pickup=12))
    assert desk.may("Position") == [36, 39, 40, 42, 44, 45]
    assert not desk.closes, "a pickup is music before the first full bar"
    assert desk.durations(45, 60) == [1, 2, 3], "its notes end with it"


def test_a_pickup_of_one_tick_has_no_position_and_may_be_closed():
    desk = Desk(plan_of("C | C", pickup=1))
    assert desk.may("Position") == [] and desk.closes


def test_a_bar_must_not_be_silent():
    desk = Desk(plan_of("C | C | C"))
    assert not desk.closes
    desk.note(24, 60, 24)
    assert desk.closes
    assert not desk.bar().closes, "the note has ended"
    desk.note(24, 60, 48)
    assert desk.closes and desk.bar().closes, "a note sounds on from the bar before"


def test_notes_end_with_their_section():
    desk = Desk(plan_of("C | C", more="C"))
    assert desk.durations(24, 60) == list(range(1, 73))
    assert desk.put("Duration", 72).bar().may("Position") == []


def test_a_long_note_is_one_duration():
    desk = Desk(plan_of("C | C | C | C"))
    assert desk.durations(0, 60)[-1] == 96
    assert desk.put("Duration", 96).may("Duration") == []


def test_section_ends():
    skeleton = plan_of("C | C", more="C", pickup=12).skeleton()
    assert section_ends(skeleton).tolist() == [12, 108, 108, 156]


# Range and polyphony


def test_range():
    desk = Desk(plan_of("N.C. | N.C.", melody(62, 73)))
    assert desk.pitches(0) == list(range(62, 74))


def test_drums_keep_to_general_midi_and_know_no_chords():
    kit = replace(TrackPlan.of_role("drums"), low=0, high=40)
    desk = Desk(plan_of("C | C", melody(), kit)).at(0, "drums1")
    assert desk.may("PitchDrum") == list(range(27, 41)) and desk.may("Pitch") == []


def test_polyphony_and_striking_a_pitch_again():
    desk = Desk(plan_of("C | C", melody(60, 84, 2))).note(0, 60, 24)
    assert 60 not in desk.may("Pitch") and 64 in desk.may("Pitch")
    desk.put("Pitch", 64).put("Duration", 12)
    assert desk.may("Pitch") == []
    assert desk.may("Velocity") == [], "no pitch could follow it"
    assert [t for t in desk.may("Position") if t < 12] == []
    assert desk.pitches(12)[0] == 62, "60 still sounds"


def test_a_velocity_is_written_only_where_it_changes():
    desk = Desk(plan_of("C | C", melody(60, 84, 3))).note(0, 60, 12)
    assert 80 not in desk.may("Velocity") and 84 in desk.may("Velocity")


def test_tracks_come_in_order_and_where_they_have_room():
    desk = Desk(plan_of("C | C", melody(), track("bass", 28, 52))).put("Position", 0)
    assert desk.may("Track") == ["melody1", "bass1"]
    desk.put("Track", "bass1").put("Velocity", 64).put("Pitch", 36).put("Duration", 24)
    assert desk.may("Track") == []
    assert desk.put("Position", 12).may("Track") == ["melody1"]


# Rests


def test_a_track_enters_when_its_rest_is_used_up():
    quiet = replace(melody(), rest=1)
    desk = Desk(plan_of("C | C | C", quiet, track("bass", 28, 52))).note(0, 36, 48, "bass1")
    assert desk.closes
    desk.bar().note(0, 36, 48, "bass1")
    assert not desk.closes
    assert desk.may("Position")[-1] == 24, "by the last strong beat"
    desk.put("Position", 24)
    assert desk.may("Track") == ["melody1"]
    desk.put("Track", "melody1").put("Velocity", 80).put("Pitch", 60).put("Duration", 12)
    assert desk.closes


def test_rests_are_counted_anew_in_each_section():
    quiet = replace(melody(), rest=1)
    plan = plan_of("C", quiet, track("bass", 28, 52), more="C | C")
    desk = Desk(plan).note(0, 36, 48, "bass1").bar().note(0, 36, 48, "bass1")
    assert desk.closes
    assert not desk.bar().note(0, 36, 48, "bass1").closes


# Chords, rule by rule (docs/chord-guarantee.md)


def test_strong_beats_take_chord_tones():
    for position in (0, 24):
        assert classes(Desk(plan_of("Am7 | C")).pitches(position)) == {9, 0, 4, 7}


def test_the_place_of_a_change_takes_chord_tones():
    assert classes(Desk(plan_of("C:0 Gm:15 | C")).pitches(15)) == {7, 10, 2}


def test_a_foreign_slash_bass_is_a_chord_tone():
    assert classes(Desk(plan_of("C/F# | C")).pitches(0)) == {0, 4, 7, 6}


def test_off_the_beat_a_note_of_the_key_may_pass():
    pitches = Desk(plan_of("C | C", melody(60, 72))).pitches(12)
    assert pitches == [60, 62, 64, 65, 67, 69, 71, 72]


def test_what_has_no_resolution_in_range_is_not_offered():
    assert 71 not in Desk(plan_of("C | C", melody(60, 71))).pitches(12)
    assert 71 in Desk(plan_of("C | C", melody(60, 72))).pitches(12)


def test_a_passing_tone_is_short_ends_where_it_can_resolve_and_resolves():
    desk = Desk(plan_of("C | C"))
    assert desk.durations(12, 62) == [3, 4, 6, 8, 9, 12]
    desk.put("Duration", 6)
    assert not desk.closes
    assert desk.may("Position") == [18], "the voice sounds until then"
    assert desk.pitches(18) == [60, 64]
    desk.put("Pitch", 64).put("Duration", 3)
    assert desk.closes


def test_a_resolution_may_stand_in_the_next_bar():
    desk = Desk(plan_of("C | F")).note(42, 62, 6)
    assert desk.closes, "the bar may end"
    desk.bar()
    assert desk.may("Position") == [0] and not desk.closes
    assert desk.pitches(0) == [60], "the only tone of F a step from D"


def test_a_resolution_never_crosses_the_end_of_a_section():
    desk = Desk(plan_of("C", more="C"))
    assert classes(desk.pitches(45)) == {0, 4, 7}, "nothing can follow within the section"
    desk = Desk(plan_of("C", more="C"))
    assert desk.durations(36, 62) == [3, 4, 6], "and it leaves an eighth before the end"
    assert 62 in Desk(plan_of("C", more="G")).pitches(40)
    assert 62 not in Desk(plan_of("C", more="G")).pitches(42)


def test_an_anticipation_is_held_or_struck_again():
    desk = Desk(plan_of("C G | C", melody(60, 72)))
    assert desk.durations(18, 62)[:3] == [2, 3, 6], "passing, or struck again at the change"
    suspended = [t - 18 for t in range(49, 73) if t % 3 == 0 or t % 4 == 0]
    assert desk.may("Duration")[3:] == list(range(7, 31)) + suspended
    held = desk.put("Duration", 12)
    assert held.may("Position")[0] == 30 and held.closes


def test_an_anticipation_that_ends_at_the_change_is_struck_again():
    desk = Desk(plan_of("C G | C", melody(60, 72))).note(18, 62, 6)
    assert desk.may("Position") == [24] and not desk.closes
    assert desk.pitches(24) == [62]


def test_an_anticipation_comes_at_most_a_quarter_early():
    assert max(Desk(plan_of("C G | C")).durations(9, 62)) == 12
    assert max(Desk(plan_of("C G | C")).durations(12, 62)) > 12


def test_a_suspension_resolves_within_a_half_note():
    desk = Desk(plan_of("C G | G | G", melody(60, 72)))
    grid = [t for t in range(25, 49) if t % 3 == 0 or t % 4 == 0]
    assert desk.durations(0, 60) == list(range(1, 25)) + grid
    desk.put("Duration", 30)
    assert desk.may("Position") == [30] and not desk.closes
    assert desk.pitches(30) == [62]


def test_a_suspension_ends_before_the_chord_changes_again():
    desk = Desk(plan_of("C:0 G:24 F:36 | C", melody(60, 72)))
    assert desk.durations(0, 60) == [*range(1, 25), 27, 28, 30, 32, 33]


def test_a_note_that_fits_the_next_chord_is_held_freely():
    desk = Desk(plan_of("C Am | F | C"))
    assert desk.durations(0, 60) == list(range(1, 97))


def test_the_bass_plays_the_bass_where_the_chord_changes():
    low = track("bass", 28, 52)
    assert classes(Desk(plan_of("C/E | G", low)).pitches(0, "bass1")) == {4}
    assert classes(Desk(plan_of("C/F# | G", low)).pitches(0, "bass1")) == {6}
    assert classes(Desk(plan_of("C | G", low)).pitches(24, "bass1")) == {0, 4, 7}
    other = Desk(plan_of("C/E | G", track("pad", 28, 52))).pitches(0, "pad1")
    assert classes(other) == {0, 4, 7}


def test_the_bass_anticipates_only_the_bass():
    desk = Desk(plan_of("C G/B | C", track("bass", 28, 52)))
    assert 6 not in desk.durations(18, 38, "bass1"), "D could not be struck again"
    assert 6 in Desk(plan_of("C G/B | C", track("bass", 28, 52))).durations(18, 35, "bass1")


def test_the_bass_plays_the_bass_where_a_section_begins():
    """A reprise of the section may follow another chord, and is the same music."""
    low = track("bass", 28, 52)
    desk = Desk(plan_of("Am", low, more="Am | C")).note(0, 33, 48, "bass1").bar()
    assert classes(desk.pitches(0, "bass1")) == {9}
    desk = Desk(plan_of("Am | Am", low)).note(0, 33, 48, "bass1").bar()
    assert classes(desk.pitches(0, "bass1")) == {9, 0, 4}


def test_no_chord_leaves_everything_free():
    for position in (0, 12, 24):
        assert Desk(plan_of("N.C. | N.C.")).pitches(position) == list(range(60, 85))
    desk = Desk(plan_of("C N.C. | C", melody(60, 72)))
    assert 61 not in desk.pitches(0)
    assert desk.put("Pitch", 60).put("Duration", 24).pitches(24) == list(range(60, 73))


def test_a_note_leaves_free_ground_like_any_other():
    desk = Desk(plan_of("N.C. C | C", melody(60, 72)))
    assert desk.durations(12, 61)[:12] == list(range(1, 13))
    assert 15 in desk.may("Duration"), "it is suspended into C"
    desk.put("Duration", 15)
    assert desk.pitches(27) == [60]


def test_room_is_kept_for_a_promised_note():
    desk = Desk(plan_of("C | C", melody(60, 84, 2))).note(12, 62, 6)
    desk.note(15, 67, 24)
    assert [t for t in desk.may("Position") if t < 18] == []
    assert desk.pitches(18) == [60, 64], "one note sounds, one is promised"


def test_a_promised_pitch_is_not_taken_away():
    desk = Desk(plan_of("C F | C", melody(60, 72, 2))).note(18, 62, 6)
    assert desk.durations(21, 60) == [1, 2, 3], "D resolves to C where F begins"


def test_a_note_below_a_promised_one_may_be_struck_first():
    desk = Desk(plan_of("C | C", melody(60, 84, 2))).note(12, 65, 6)
    pitches = desk.pitches(18)
    assert 60 in pitches and 67 in pitches and 72 not in pitches
    desk.put("Pitch", 60).put("Duration", 6)
    assert desk.may("Pitch") == [64, 67]
    assert not desk.may("Position") and not desk.closes


def test_one_note_keeps_two_promises():
    desk = Desk(plan_of("C | C", melody(60, 84, 3))).note(12, 62, 6)
    desk.put("Pitch", 65).put("Duration", 6)
    desk.at(18).put("Pitch", 64).put("Duration", 3)
    assert desk.closes


def test_every_track_keeps_its_own_promise():
    plan = plan_of("C | C", melody(), track("counter", 60, 84))
    desk = Desk(plan).note(12, 62, 6).note(12, 65, 6, "counter1")
    desk.put("Position", 18)
    assert desk.may("Track") == ["melody1"]
    desk.put("Track", "melody1").put("Pitch", 60).put("Duration", 3)
    assert desk.may("Track") == ["counter1"]
    assert not desk.may("Position") and not desk.closes
    desk.put("Track", "counter1").put("Pitch", 64).put("Duration", 3)
    assert desk.closes


def test_scale_of_the_minor_key_has_both_sixths_and_sevenths():
    assert set(scale_classes(Key.parse("Am"))) == {9, 11, 0, 2, 4, 5, 7, 6, 8}
    assert set(scale_classes(Key.parse("D dorian"))) == {2, 4, 5, 7, 9, 11, 0}


@settings(max_examples=60, deadline=None)
@given(scores())
def test_the_lane_says_at_each_tick_what_the_score_says(score: Score):
    lane = Lane(score)
    heard = [score.chord_at(tick) for tick in range(score.ticks)]
    heard = [None if chord is None or chord.is_none else chord for chord in heard]
    changes = [t for t, (a, b) in enumerate(pairwise([None, *heard])) if a != b]
    begins = {score.bar_starts[section.bar] for section in score.sections}
    for tick, chord in enumerate(heard):
        tones = set(range(12)) if chord is None else set(chord.classes)
        assert set(np.flatnonzero(lane.tone[tick])) == tones
        assert lane.free[tick] == (chord is None)
        assert lane.bass[tick] == (-1 if chord is None else chord.bass_class)
        begun = tick in begins and chord is not None
        assert lane.change[tick] == (tick in changes or begun)
        following = min((c for c in changes if c > tick), default=score.ticks)
        assert lane.following[tick] == following
        bar, position = score.position(tick)
        assert lane.strong[tick] == (lane.change[tick] or position in score.bars[bar].meter.strong)
        for pitch_class in range(0, 12, 5):
            lacking = (c for c in changes if c > tick and not lane.tone[c, pitch_class])
            assert lane.hold[tick, pitch_class] == min(lacking, default=score.ticks)


# All together


def check(seed: int, taste: Taste | None = None, max_bars: int = 6) -> int:
    """Compose a random plan under a mock model and verify it; the number of notes."""
    rng = np.random.default_rng((7, seed))
    plan = random_plan(rng, max_bars, complete=seed % 5 > 0)
    model = MockModel(
        seed,
        taste or random_taste(rng),
        int(rng.choice([400, 1024])),
        plan.skeleton() if plan.is_complete else None,
    )
    score = compose(plan, model=model, sampling=Sampling(1.0, float(rng.choice([0.9, 1.0]))))
    report = verify(score)
    assert report.ok, (seed, [str(violation) for violation in report.violations[:3]])
    assert verify(score, plan).ok
    return report.notes


STUBBORN = {
    "dissonant": Taste(outside=30),
    "dissonant and long": Taste(outside=30, long=30),
    "dissonant and never done": Taste(outside=30, closing=-30),
    "longest notes": Taste(long=30),
    "shortest notes": Taste(long=-30, closing=-30),
    "never closes a bar": Taste(closing=-30, late=-8),
    "never closes a bar, thick": Taste(closing=-30, thick=30),
    "closes at once": Taste(closing=30),
    "latest": Taste(late=30, closing=0),
    "lowest": Taste(high=-30, thick=4),
    "highest": Taste(high=30, thick=4),
    "highest, dissonant": Taste(high=30, outside=10, thick=4),
    "lowest, dissonant, thick": Taste(high=-30, outside=10, thick=30, long=4),
}


@pytest.mark.parametrize("name", STUBBORN)
def test_a_stubborn_model_breaks_no_rule(name: str):
    assert all(check(1000 * i + len(name), STUBBORN[name], max_bars=4) for i in range(4))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_model_breaks_a_rule_or_meets_a_dead_end(seed: int):
    assert check(seed, max_bars=4)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 2000, 500))
def test_thousands_of_plans(start: int):
    for seed in range(start, start + 500):
        check(seed, max_bars=8)


@pytest.mark.slow
@pytest.mark.parametrize("name", STUBBORN)
def test_stubborn_models_on_many_plans(name: str):
    for seed in range(40):
        check(seed, STUBBORN[name])
