"""The verifier on rules about when notes are struck, and how loud: kept, and broken."""

from dataclasses import replace

import pytest
from rule_scores import broken, piece

from anacrusis.compose.pitch import pitch_name
from anacrusis.compose.verify import verify

STEPS = "0 C4 12, 12 D4 12, 24 E4 24, 48 C4 6, 54 E4 6, 60 G4 36"

CASES = {
    "onsets": ("onsets 3", STEPS, []),
    "onsets, too few": ("onsets 4-6", STEPS, ["1:1 tune C4 D4 E4", "2:1 tune C4 E4 G4"]),
    "onsets, too many": ("onsets 0-2 in bar 2", STEPS, ["2:1 tune C4 E4 G4"]),
    "onsets without an upper end": ("onsets 3-", STEPS, []),
    "struck together counts once": ("onsets 1", "0 C4 12, 0 E4 12, 48 C4 12, 48 G4 6", []),
    "a bar without onsets": ("onsets 1-4", "0 C4 96", ["2:1 tune"]),
    "grid": ("grid 1/8", STEPS, []),
    "grid, broken": ("grid 1/4", STEPS, ["2:1.5 tune E4"]),
    "grid of triplets": ("grid 1/12", "0 C4 4, 4 D4 4, 8 E4 4, 12 F4 4, 18 G4 4",
                         ["1:2.5 tune G4"]),
    "grid of a whole note": ("grid 1/1", "0 C4 12, 48 D4 12", []),
    "grid and ends": ("grid 1/4", "0 C4 7, 12 D4 5", []),
    "rhythm": ("rhythm 1/4 1/4 1/2 in bar 1", STEPS, []),
    "rhythm, again from the first": ("rhythm 1/4 1/4 1/2", STEPS,
                                     ["2:1 tune C4", "2:1.5 tune E4", "2:2 tune G4", "2:3 tune"]),
    "rhythm with rests": ("rhythm 1/4 r1/4 1/2", "0 C4 12, 24 D4 24, 48 E4 12, 72 F4 24", []),
    "a rest that is played": ("rhythm 1/4 r1/4 1/2 in bar 1",
                              "0 C4 12, 12 D4 12, 24 E4 24", ["1:2 tune D4"]),
    "a rest that is held into": ("rhythm 1/4 r1/4 1/2 in bar 1", "0 C4 24, 24 E4 24",
                                 ["1:1 tune C4"]),
    "a value that is not struck": ("rhythm 1/4 in bar 1", "0 C4 12, 12 D4 12, 36 E4 12",
                                   ["1:3 tune"]),
    "chords are one value": ("rhythm 1/2 in bar 1", "0 C4 24, 0 E4 24, 24 D4 24, 24 F4 24", []),
    "one note of a chord is short": ("rhythm 1/2 in bar 1", "0 C4 24, 0 E4 12, 24 D4 24",
                                     ["1:1 tune E4"]),
    "the last turn is cut off": ("rhythm 3/8", "0 C4 18, 18 D4 18, 36 E4 18, 54 F4 18, "
                                 "72 G4 18, 90 A4 6", []),
    "what is cut off ends there": ("rhythm 3/8 in bar 1", "0 C4 18, 18 D4 18, 36 E4 18",
                                   ["1:4 tune E4"]),
    "silent": ("silent in bar 2", "0 C4 48", []),
    "silent, broken": ("silent in bar 2", "0 C4 48, 60 D4 12", ["2:2 tune D4"]),
    "not silent at its beginning": ("silent in bar 2", "24 C4 25", ["2:1 tune C4"]),
    "silent in the first bar": ("silent in bar 1", "47 C4 25", ["1:4.917 tune C4"]),
    "one level": ("dynamics mf", "0 C4 12 72, 12 C4 12 88, 24 C4 12 80", []),
    "too soft, too loud": ("dynamics mf", "0 C4 12 71, 12 D4 12 89",
                           ["1:1 tune C4", "1:2 tune D4"]),
    "a level in numbers": ("dynamics 40", "0 C4 12 48, 12 D4 12 49", ["1:2 tune D4"]),
    # From 49 to 97 in 96 ticks: a half for each tick.
    "a curve": ("dynamics 49 to 97", "0 C4 12 57, 48 D4 12 73, 94 E4 2 104", []),
    "a curve, broken": ("dynamics 49 to 97", "0 C4 12 58, 48 D4 12 64, 94 E4 2 105",
                        ["1:1 tune C4", "2:1 tune D4", "2:4.833 tune E4"]),
    "a curve downwards in one bar": ("dynamics f to p in bar 2",
                                     "0 C4 12 1, 48 D4 12 96, 90 E4 6 63", ["2:4.5 tune E4"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_rhythm_and_dynamics(name):
    rule, line, wanted = CASES[name]
    assert broken(piece(rule, tune=line)) == wanted


def test_a_pickup_is_a_bar_of_its_own():
    line = "0 C4 6, 6 D4 6, 12 E4 48"
    assert broken(piece("onsets 2-4", pickup=12, bars=1, tune=line)) == ["1:1 tune E4"]
    assert broken(piece("onsets 2 in bar 0", pickup=12, bars=1, tune=line)) == []
    # A pickup of 18 ticks begins at tick 30 of its bar, in the middle of the third quarter.
    score = piece("grid 1/4 in bar 0", pickup=18, bars=1, tune="0 C4 6, 6 D4 12, 18 E4 48")
    assert broken(score) == ["0:3.5 tune C4"]


def test_grid_counts_from_each_bar():
    assert broken(piece("grid 1/4", meter="7/8", tune="0 C4 12, 36 D4 6, 42 E4 12")) == []
    assert broken(piece("grid 1/2", meter="3/4", tune="0 C4 12, 36 D4 6, 48 E4 12")) == [
        "2:2 tune E4"
    ]


def test_rhythm_of_several_bars_goes_on_over_bar_lines():
    line = "0 C4 36, 36 D4 36, 72 E4 24"
    assert broken(piece("rhythm 3/4", tune=line)) == []


def test_rules_of_any_track_hold_for_drums_too():
    assert broken(piece("onsets 1-2", drums="0 C2 3, 48 C2 3, 60 C2 3, 72 D2 3")) == [
        "2:1 drums C2 C2 D2"
    ]
    assert broken(piece("drums: silent in bar 1", drums="0 C2 3, 48 C2 3")) == ["1:1 drums C2"]


def test_hits_have_no_length():
    score = piece("drums: rhythm 1/2 in bar 1", drums="0 C2 3, 24 D2 48")
    assert broken(score) == []


def test_a_bar_that_a_rule_silences_is_neither_silence_nor_rest():
    form = [("a", 2), ("b", 2, "a")]
    score = piece("silent in bar 2", sections=form, tune="0 C4 48, 96 C4 48")
    resting = replace(score.plan.tracks[0], rest=0)
    plan = replace(score.plan, tracks=(resting,))
    assert verify(score, plan).ok
    told = {v.rule for v in verify(score, replace(plan, rules=())).violations}
    assert told == {"silence", "rest"}


# Drum patterns: kick 36, snare 38, closed hi-hat 42.

KICK, SNARE, HAT, CRASH = (pitch_name(pitch) for pitch in (36, 38, 42, 49))


def beat(**hits):
    """Drums by the sixteenths on which they are struck."""
    names = {"kick": KICK, "snare": SNARE, "hat": HAT, "crash": CRASH}
    return ", ".join(
        f"{3 * int(place)} {names[drum]} 3" for drum, places in hits.items() for place in places
    )


ROCK = {"kick": [0, 10], "snare": [4, 12], "hat": [0, 2, 4, 6, 8, 10, 12, 14]}
GROOVES = {
    "rock": ("drums rock", ROCK, []),
    "with a crash": ("drums rock", ROCK | {"crash": [0, 1]}, []),
    "no first kick": ("drums rock", ROCK | {"kick": [8]}, ["1:1 drums"]),
    "a snare missing": ("drums rock", ROCK | {"snare": [12]}, ["1:2 drums"]),
    "hats off the beat alone": ("drums rock", ROCK | {"hat": [2, 4, 8, 12]}, ["1:1 drums"]),
    "a kick that is not allowed": ("drums rock", ROCK | {"kick": [0, 5]}, [f"1:2.25 drums {KICK}"]),
    "a snare that is not allowed": ("drums rock", ROCK | {"snare": [4, 12, 14]},
                                    [f"1:4.5 drums {SNARE}"]),
    "four on the floor": ("drums four on the floor",
                          {"kick": [0, 4, 8, 12], "snare": [4, 12, 15], "hat": [2, 6, 10, 14]}, []),
    "a floor with a hole": ("drums four on the floor",
                            {"kick": [0, 4, 12], "snare": [4, 12], "hat": [2, 6, 10, 14]},
                            ["1:3 drums"]),
    "march": ("drums march", {"kick": [0, 8], "snare": [4, 5, 6, 12]}, []),
    "empty": ("drums backbeat", {}, ["1:2 drums", "1:4 drums"]),
}  # fmt: skip


@pytest.mark.parametrize("name", GROOVES)
def test_drum_patterns(name):
    rule, hits, wanted = GROOVES[name]
    assert broken(piece(rule, bars=1, drums=beat(**hits))) == wanted


def test_a_drum_pattern_is_of_full_bars():
    late = ", ".join(
        f"{int(tick) + 12} {rest}" for tick, rest in
        (row.strip().split(" ", 1) for row in beat(**ROCK).split(","))
    )  # fmt: skip
    score = piece("drums rock", pickup=12, bars=1, drums=f"0 {SNARE} 3, 3 {SNARE} 3, {late}")
    assert broken(score) == []


def test_a_hit_beside_the_grid_is_no_hit_of_the_pattern():
    hits = beat(**ROCK | {"kick": []}) + f", 1 {KICK} 3"
    assert broken(piece("drums rock", bars=1, drums=hits)) == [
        "1:1 drums", f"1:1.083 drums {KICK}"
    ]  # fmt: skip


def test_other_drums_take_the_place_of_kick_snare_and_hat():
    low_kick, side_stick, ride = (pitch_name(pitch) for pitch in (35, 37, 51))
    hits = beat(**ROCK).replace(KICK, low_kick).replace(SNARE, side_stick).replace(HAT, ride)
    assert broken(piece("drums rock", bars=1, drums=hits)) == []
