"""The verifier on rules about pitches: each kept, and broken where it says."""

import pytest
from rule_scores import broken, piece, violations

LINE = "0 C4 12, 12 E4 12, 24 G4 12, 36 Bb4 12, 48 C5 24, 72 F#4 24"

CASES = {
    "both ends of a range belong to it": ("range C4-C5", []),
    "below a range": ("range D4-C5", ["1:1 tune C4"]),
    "above a range": ("tune: range C4-B4", ["2:1 tune C5"]),
    "a range of one bar": ("range C4-B4 in bar 1", []),
    "a range of the other bar": ("range C4-B4 in bar 2", ["2:1 tune C5"]),
    "only classes": ("only C E G Bb F#", []),
    "only classes, by other names": ("only C Fb G A# Gb", []),
    "only, broken": ("only C E G Bb", ["2:3 tune F#4"]),
    "only pitches": ("only C4 E4 G4 Bb4 F#", ["2:1 tune C5"]),
    "avoid": ("avoid D F", []),
    "avoid a class": ("avoid C", ["1:1 tune C4", "2:1 tune C5"]),
    "avoid a pitch": ("avoid C5 Gb", ["2:1 tune C5", "2:3 tune F#4"]),
    "scale": ("scale C mixolydian in bar 1", []),
    "scale, broken": ("scale C major", ["1:4 tune A#4", "2:3 tune F#4"]),
    "scale on another tonic": ("scale F major", ["2:3 tune F#4"]),
    "blues": ("scale C blues", ["1:2 tune E4"]),
    "half-whole": ("scale C half-whole", []),
    "whole-half": ("scale C whole-half",
                   ["1:2 tune E4", "1:3 tune G4", "1:4 tune A#4"]),
    "chromatic": ("scale C chromatic", []),
    "require": ("require C5 E Bb", []),
    "require what is not there": ("require C6 D E", ["1:1 tune", "1:1 tune"]),
    "require in one bar": ("require E C in bar 2", ["2:1 tune"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_pitches(name):
    rule, wanted = CASES[name]
    assert broken(piece(rule, tune=LINE)) == wanted


def test_the_message_has_the_rule_and_the_note():
    (found,) = violations(piece("tune: range C4-B4 in bars 1-2", tune=LINE))
    assert found.rule == "range"
    assert "C5" in found.message
    assert "'tune: range C4-B4 in bars 1-2'" in found.message
    assert [note.onset for note in found.notes] == [48]


def test_a_note_is_in_the_span_where_it_starts():
    held = "0 C4 12, 36 D5 24, 60 C4 36"
    assert broken(piece("range C4-C5 in bar 2", tune=held)) == []
    assert broken(piece("range C4-C5 in bar 1", tune=held)) == ["1:4 tune D5"]


def test_every_pitched_track_but_no_drums():
    score = piece("range C4-C5", tune="0 C4 12", low="0 C3 12, 48 D3 12", drums="0 C2 3")
    assert broken(score) == ["1:1 low C3", "2:1 low D3"]
    assert broken(piece("require C4", tune="0 C4 12", low="0 C3 12")) == ["1:1 low"]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("0 C4 12, 12 D4 12, 24 E4 12, 36 F5 12", []),
        ("0 C4 12, 12 D4 12, 24 F5 12", ["1:3 tune F5"]),
        ("0 C4 12, 12 D4 12, 24 E5 12, 36 F5 12", ["1:3 tune E5 F5"]),
        ("0 C5 12", []),
        ("0 C#5 12", ["1:1 tune C#5"]),
        ("0 C4 12, 12 C4 12, 24 C4 12, 48 D5 12", ["2:1 tune D5"]),
        ("", []),
    ],
)
def test_tessitura_is_of_each_bar(line, wanted):
    assert broken(piece("tessitura C4-C5", tune=line)) == wanted
