"""The verifier on rules about a line: leaps, contour, melody, breath; kept, and broken."""

import pytest
from rule_scores import broken, piece

LINE = "0 C4 12, 12 E4 12, 24 G4 12, 36 E4 12, 48 C4 12, 60 C5 36"

CASES = {
    "leap": ("leap 12", LINE, []),
    "leap, broken": ("leap 11", LINE, ["2:2 tune C4 C5"]),
    "leap, up and down": ("leap 3", LINE,
                          ["1:2 tune C4 E4", "2:1 tune E4 C4", "2:2 tune C4 C5"]),
    "leap over a rest": ("leap 4", "0 C4 6, 84 F4 12", ["2:4 tune C4 F4"]),
    "both in the span": ("leap 2 in bar 2", "36 C4 12, 48 C5 12, 60 D5 12", []),
    "one note": ("leap 0", "0 C4 12", []),
    "arch, down twice": ("contour arch in bar 1", LINE, []),
    "arch that rises again": ("contour arch", LINE, ["2:2 tune C4 C5"]),
    "arch with a flat top": ("contour arch", "0 C4 12, 12 C4 12, 24 E4 12, 36 E4 12, 48 D4 12", []),
    "arch that never falls": ("contour arch", "0 C4 12, 12 D4 12, 24 E4 12",
                              ["1:3 tune C4 D4 E4"]),
    "arch that begins downwards": ("contour arch", "0 C4 12, 12 B3 12, 24 D4 12, 36 C4 12",
                                   ["1:2 tune C4 B3"]),
    "up": ("contour up", "0 C4 12, 12 C4 12, 24 D4 12", []),
    "up, broken": ("contour up", "0 C4 12, 12 D4 12, 24 C4 12, 36 E4 12", ["1:3 tune D4 C4"]),
    "up, but flat": ("contour up", "0 C4 12, 12 C4 12", ["1:2 tune C4 C4"]),
    "up without notes": ("contour up", "", ["1:1 tune"]),
    "up with one note": ("contour up", "12 C4 12", ["1:2 tune C4"]),
    "down": ("contour down", "0 E4 12, 12 E4 12, 24 D4 12", []),
    "down, broken": ("contour down", "0 E4 12, 12 D4 12, 24 E4 12", ["1:3 tune D4 E4"]),
    "valley": ("contour valley", "0 E4 12, 12 C4 12, 24 C4 12, 36 G4 12", []),
    "valley that falls again": ("contour valley", "0 E4 12, 12 C4 12, 24 D4 12, 36 C4 12",
                                ["1:4 tune D4 C4"]),
    "signs": ("contour + + - - +", LINE, []),
    "signs, one wrong": ("contour + + - + +", LINE, ["2:1 tune E4 C4"]),
    "signs, equal": ("contour = +", "0 C4 12, 12 C4 12, 24 D4 12", []),
    "signs, not equal": ("contour = +", "0 C4 12, 12 D4 12, 24 E4 12", ["1:2 tune C4 D4"]),
    "signs, a note more": ("contour + + - -", LINE, ["2:2 tune C4 E4 G4 E4 C4 C5"]),
    "signs, a note less": ("contour + +", "0 C4 12, 12 D4 12", ["1:2 tune C4 D4"]),
    "signs without notes": ("contour +", "", ["1:1 tune"]),
    "pitches": ("pitches C4 E4 G4 E4 C4 C5", LINE, []),
    "pitch classes": ("pitches C E G Fb C C", LINE, []),
    "pitches, in another octave": ("pitches C4 E4 G4 E4 C4 C4", LINE, ["2:2 tune C5"]),
    "pitches, two wrong": ("pitches C4 F4 G4 E4 D4 C5", LINE, ["1:2 tune E4", "2:1 tune C4"]),
    "pitches, one missing": ("pitches C4 E4 G4 E4 C4 C5 B4", LINE, ["2:2 tune"]),
    "pitches, one too many": ("pitches C4 E4 G4 E4 C4", LINE, ["2:2 tune"]),
    "pitches, one left out": ("pitches C4 D4 E4 G4 E4 C4 C5", LINE, ["1:2 tune E4"]),
    "pitches without notes": ("pitches C", "", ["1:1 tune"]),
    "pitches in one bar": ("pitches C4 C5 in bar 2", LINE, []),
    "breath": ("breath 8", LINE, []),
    "breath, broken": ("breath 7.5", LINE, ["1:1 tune C4 E4 G4 E4 C4 C5"]),
    "a sixteenth to breathe": ("breath 4", "0 C4 45, 48 D4 48", []),
    "less than a sixteenth": ("breath 4", "0 C4 46, 48 D4 48", ["1:1 tune C4 D4"]),
    "a breath before the span": ("breath 4 in bar 2", LINE, []),
    "held out of the span": ("breath 4 in bar 1", "0 C4 96", ["1:1 tune C4"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_lines(name):
    rule, line, wanted = CASES[name]
    assert broken(piece(rule, tune=line)) == wanted


CHORD = "0 C4 12, 0 E4 12, 12 C4 24, 24 D4 12, 36 E4 12"


@pytest.mark.parametrize("rule", ["leap 12", "contour up", "pitches C E C D E", "breath 8"])
def test_a_line_is_one_note_at_a_time(rule):
    found = broken(piece(rule, tune=CHORD))
    assert {"1:1 tune C4 E4", "1:3 tune C4 D4"} <= set(found)
    assert "1:4 tune E4" not in found


def test_together_before_the_span_is_no_matter():
    assert broken(piece("leap 12 in bar 2", tune="0 C4 48, 0 E4 48, 48 C4 12")) == []
    # What is held into it and joined there is.
    assert broken(piece("leap 12 in bar 2", tune="24 C4 48, 60 E4 12")) == ["2:2 tune C4 E4"]


def test_leaps_and_breath_begin_anew_with_each_section():
    two = [("a", 1), ("b", 1)]
    line = "0 C4 12, 12 D4 36, 48 D5 12, 60 C5 36"
    assert broken(piece("leap 2", sections=two, tune=line)) == []
    assert broken(piece("leap 2", bars=2, tune=line)) == ["2:1 tune D4 D5"]
    assert broken(piece("breath 4", sections=two, tune=line)) == []
    assert broken(piece("breath 4", bars=2, tune=line)) == ["1:1 tune C4 D4 D5 C5"]
    # So does the music after a pickup, which is in no section.
    assert broken(piece("leap 2", pickup=12, bars=1, tune="0 C4 12, 12 C5 48")) == []


def test_a_contour_and_a_melody_are_of_the_whole_span():
    two = [("a", 1), ("b", 1)]
    line = "0 C4 12, 12 D4 36, 48 C4 12, 60 D4 36"
    assert broken(piece("contour up", sections=two, tune=line)) == ["2:1 tune D4 C4"]
    assert broken(piece("contour up in b", sections=two, tune=line)) == []
    assert broken(piece("pitches C D C D", sections=two, tune=line)) == []
