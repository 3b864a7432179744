"""The verifier on rules between voices: parallels, crossing, spacing; kept, and broken."""

import pytest
from rule_scores import broken, piece

PARALLELS = {
    "fifths": ("0 G4 12, 12 A4 12", "0 C4 12, 12 D4 12", ["1:2 high G4 C4 A4 D4"]),
    "octaves": ("0 C5 12, 12 D5 12", "0 C4 12, 12 D4 12", ["1:2 high C5 C4 D5 D4"]),
    "unisons": ("0 C4 12, 12 D4 12", "0 C4 12, 12 D4 12", ["1:2 high C4 C4 D4 D4"]),
    "octave to unison": ("0 C5 12, 12 D4 12", "0 C4 12, 12 D4 12", ["1:2 high C5 C4 D4 D4"]),
    "a fifth and a twelfth": ("0 G5 12, 12 A4 12", "0 C4 12, 12 D4 12", ["1:2 high G5 C4 A4 D4"]),
    "thirds": ("0 E4 12, 12 F4 12", "0 C4 12, 12 D4 12", []),
    "fourths": ("0 F4 12, 12 G4 12", "0 C4 12, 12 D4 12", []),
    "tritone to fifth": ("0 F#4 12, 12 A4 12", "0 C4 12, 12 D4 12", []),
    "fifth to octave": ("0 G4 12, 12 D5 12", "0 C4 12, 12 D4 12", []),
    "repeated": ("0 G4 12, 12 G4 12", "0 C4 12, 12 C4 12", []),
    "one voice stays": ("0 G4 12, 12 G5 12", "0 C4 12, 12 C4 12", []),
    "one voice is held": ("0 G4 12, 12 A4 12", "0 C4 24, 24 D4 12", []),
    "with a note between": ("0 G4 12, 12 F4 12, 24 A4 12", "0 C4 24, 24 D4 12", []),
    "to a note that was held": ("0 G4 24, 24 A4 12", "0 E4 12, 12 C4 12, 24 D4 12",
                                ["1:3 high G4 C4 A4 D4"]),
    "over a rest": ("0 G4 6, 48 A4 12", "0 C4 6, 48 D4 12", ["2:1 high G4 C4 A4 D4"]),
    "fifths of crossed voices": ("0 C4 12, 12 D4 12", "0 F4 12, 12 G4 12",
                                 ["1:2 high C4 F4 D4 G4"]),
    "one has not struck before": ("12 A4 12", "0 C4 12, 12 D4 12", []),
}  # fmt: skip


@pytest.mark.parametrize("name", PARALLELS)
def test_parallels(name):
    high, low, wanted = PARALLELS[name]
    assert broken(piece("high, low: no parallels", high=high, low=low)) == wanted


def test_parallels_are_looked_for_in_one_section_and_in_the_span():
    high, low = "36 G4 12, 48 A4 12", "36 C4 12, 48 D4 12"
    assert broken(piece("high, low: no parallels", high=high, low=low)) != []
    two = [("a", 1), ("b", 1)]
    assert broken(piece("high, low: no parallels", sections=two, high=high, low=low)) == []
    assert broken(piece("high, low: no parallels in bar 2", high=high, low=low)) == []


def test_parallels_between_any_two_voices():
    score = piece(
        "a, b, c: no parallels",
        a="0 G5 12, 12 A5 12", b="0 E5 12, 12 C5 12", c="0 C4 12, 12 D4 12",
    )  # fmt: skip
    assert broken(score) == ["1:2 a G5 C4 A5 D4"]


CROSSINGS = {
    "apart": ("0 G4 24", "0 C4 12, 12 D4 12", []),
    "unison": ("0 C4 24", "0 C4 24", []),
    "crossed": ("0 B3 12", "0 C4 12", ["1:1 high B3 C4"]),
    "crossed while held": ("0 D4 24", "0 C4 12, 12 E4 12", ["1:2 high D4 E4"]),
    "one after the other": ("0 D4 12", "12 E4 12", []),
    "twice": ("0 D4 24", "0 E4 12, 12 F4 12", ["1:1 high D4 E4", "1:2 high D4 F4"]),
    "held into the bar": ("24 C4 12, 36 D4 24", "24 B3 12, 40 E4 30",
                          ["1:4.333 high D4 E4"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CROSSINGS)
def test_crossing(name):
    high, low, wanted = CROSSINGS[name]
    assert broken(piece("high, low: no crossing", high=high, low=low)) == wanted


def test_crossing_is_looked_for_wherever_notes_sound_in_the_span():
    held = {"high": "36 D4 24", "low": "40 E4 30"}
    assert broken(piece("high, low: no crossing in bar 2", **held)) == ["2:1 high D4 E4"]
    over = {"high": "36 D4 12", "low": "40 E4 30"}
    assert broken(piece("high, low: no crossing in bar 2", **over)) == []
    three = piece("a, b, c: no crossing", a="0 C4 12", b="12 D4 12", c="0 E4 12")
    assert broken(three) == ["1:1 a C4 E4"]


SPACES = {
    "an octave": ("0 C5 24", "0 C4 24", []),
    "more": ("0 C#5 24", "0 C4 24", ["1:1 high C#5 C4"]),
    "more, held": ("0 C5 24", "0 C4 12, 12 B3 12", ["1:2 high C5 B3"]),
    "not at once": ("0 C5 12", "12 C3 12", []),
    "crossed voices": ("0 C4 12", "0 D5 12", ["1:1 high C4 D5"]),
}


@pytest.mark.parametrize("name", SPACES)
def test_spacing(name):
    high, low, wanted = SPACES[name]
    assert broken(piece("high, low: spacing 12", high=high, low=low)) == wanted


def test_the_lowest_of_three_voices_may_be_farther():
    def spaced(tenor, bass):
        return broken(piece("a, b, c: spacing 12", a="0 C5 12", b=f"0 {tenor} 12",
                            c=f"0 {bass} 12"))  # fmt: skip

    assert spaced("C4", "C2") == []
    assert spaced("C4", "B1") == ["1:1 b C4 B1"]
    assert spaced("B3", "C2") == ["1:1 a C5 B3"]
    # Only neighbours are compared.
    assert spaced("C4", "C3") == []


@pytest.mark.parametrize("rule", ["no parallels", "no crossing", "spacing 24"])
def test_voices_are_lines(rule):
    score = piece(f"high, low: {rule}", high="0 E5 12, 0 G5 12", low="0 C4 12")
    assert broken(score) == ["1:1 high E5 G5"]
