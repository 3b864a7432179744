"""The chord guarantee by construction, rule by rule (docs/chord-guarantee.md)."""

from itertools import pairwise

import numpy as np
from desk import Desk, classes, melody, plan_of, track
from hypothesis import given, settings
from strategies import scores

from anacrusis.compose.constraints.harmony import Lane, scale_classes
from anacrusis.compose.key import Key
from anacrusis.compose.score import Score


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
    assert not desk.closes and desk.positions() == [0]
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
    desk = Desk(plan).note(12, 62, 6)
    assert not desk.may("Track") and desk.may("Position") == [18] and not desk.closes
    desk.note(18, 60, 3)
    assert desk.may("Track") == ["counter1"] and desk.closes
    desk.note(42, 65, 6, "counter1")
    assert desk.closes, "the promise is for the next bar"
    assert desk.bar().may("Track") == ["melody1", "counter1"] and not desk.closes
    desk.note(0, 60, 3)
    assert desk.may("Track") == ["counter1"] and not desk.closes
    assert desk.note(0, 64, 3, "counter1").closes


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
