"""The verifier on rules about what sounds together: voices, hands, doublings; kept, and broken."""

from itertools import combinations, product

import pytest
from rule_scores import broken, piece

from anacrusis.compose.pitch import parse_pitch
from anacrusis.compose.verify.rules.playable import can_be_played

TRIADS = "0 C4 24, 0 E4 24, 0 G4 24, 24 D4 24, 24 F4 24, 48 C4 48"

VOICES = {
    "voices": ("voices 1-3", TRIADS, []),
    "too few": ("voices 2-3", TRIADS, ["2:1 piano C4"]),
    "too many": ("voices 1-2", TRIADS, ["1:1 piano C4 E4 G4"]),
    "just so many": ("voices 3", TRIADS, ["1:3 piano D4 F4", "2:1 piano C4"]),
    "held notes count": ("voices 2", "0 C4 24, 0 E4 12, 12 G4 12", []),
    "what has ended does not": ("voices 2", "0 C4 12, 0 E4 12, 12 G4 12", ["1:2 piano G4"]),
    "held into the span": ("voices 2 in bar 2", "24 C4 48, 48 G4 12", []),
    "looked at where it strikes": ("voices 2", "0 C4 48, 0 E4 12", []),
}


@pytest.mark.parametrize("name", VOICES)
def test_voices(name):
    rule, line, wanted = VOICES[name]
    assert broken(piece(rule, piano=line)) == wanted


def pitches(text):
    return sorted(parse_pitch(name) for name in text.split())


PLAYABLE = {
    "ten fingers": (0, "C2 E2 G2 C3 E3 C4 E4 G4 C5 E5", True),
    "eleven": (0, "C2 D2 E2 G2 C3 E3 C4 E4 G4 C5 E5", False),
    "a tenth in each hand": (6, "C2 E3 C6 E7", True),
    "a hand too wide": (0, "C2 F3 C6 E7", False),
    "three places": (0, "C2 C4 C6", False),
    "five in one hand, one far above": (0, "C3 D3 E3 F3 G3 C6", True),
    "six near one another": (0, "C3 D3 E3 F3 G3 A3", True),
    "nothing": (0, "", True),
    "all open strings": (24, "E2 A2 D3 G3 B3 E4", True),
    "open E major": (25, "E2 B2 E3 G#3 B3 E4", True),
    "barred F major": (26, "F2 C3 F3 A3 C4 F4", True),
    "two notes on the lowest string": (24, "E2 F2", False),
    "seven notes": (24, "E2 A2 D3 G3 B3 E4 A4", False),
    "below the lowest string": (24, "D#2", False),
    "the highest fret": (24, "D6", True),
    "above it": (24, "D#6", False),
    "a reach of five frets": (24, "F2 B5", False),
    "a cluster": (24, "E4 F4", True),
    "a cluster of three": (24, "C4 C#4 D4", False),
    "an open string beside a high fret": (24, "E2 B5", True),
    "bass": (33, "E1 B1", True),
    "bass, two on the lowest string": (33, "E1 G#1", False),
    "bass, two strings at one place": (34, "A1 D2 G2", True),
    "violin": (40, "G3", True),
    "violin, too low": (40, "F#3", False),
    "violin, two octaves above the highest string": (40, "E7", True),
    "violin, higher": (40, "F7", False),
    "two open strings": (40, "G3 D4", True),
    "a sixth": (40, "B3 G4", True),
    "two on the lowest string alone": (40, "G3 A3", False),
    "an octave": (40, "A3 A4", True),
    "a hand of six": (40, "G#3 A4", False),
    "a third is close": (40, "D4 F4", True),
    "a second needs the lower string high": (40, "E4 F#4", True),
    "a semitone": (40, "E4 F4", False),
    "an open string and a high stop": (40, "G3 D6", True),
    "strings that are no neighbours": (40, "G3 E5", True),
    "triple stops": (40, "G3 D4 A4", False),
    "viola": (41, "C3 G3", True),
    "cello": (42, "C2 E2", False),
    "contrabass": (43, "E1 A1", True),
    "fiddle": (110, "G3 D4", True),
    "one voice": (52, "C4", True),
    "two voices": (53, "C4 E4", False),
    "orchestra hit": (55, "C4 E4 G4", True),
    "trumpet": (56, "C4 E4", False),
    "ocarina": (79, "C5 C6", False),
    "organ of all stops": (80, "C2 C3 C4 C5 C6 C7", True),
    "harp": (46, "C2 C3 C4 C5 C6 C7", True),
}


@pytest.mark.parametrize("name", PLAYABLE)
def test_what_hands_can_play(name):
    program, chord, wanted = PLAYABLE[name]
    assert can_be_played(program, pitches(chord)) == wanted


def test_two_hands_as_every_division_has_it():
    def divides(chord):
        return any(
            all(len(hand) <= 5 and (not hand or hand[-1] - hand[0] <= 16) for hand in hands)
            for hands in ((chord[:cut], chord[cut:]) for cut in range(len(chord) + 1))
        )

    for size in (2, 3, 4):
        for chord in combinations(range(40, 86, 3), size):
            assert can_be_played(0, list(chord)) == divides(list(chord)), chord


def test_a_guitar_as_every_fingering_has_it():
    strings = (28, 33, 38, 43)

    def fingered(chord):
        for chosen in product(range(4), repeat=len(chord)):
            frets = [pitch - strings[string] for pitch, string in zip(chord, chosen, strict=True)]
            pressed = [fret for fret in frets if fret > 0]
            if (
                len(set(chosen)) == len(chosen)
                and all(0 <= fret <= 22 for fret in frets)
                and (not pressed or max(pressed) - min(pressed) <= 4)
            ):
                return True
        return False

    for size in (1, 2, 3):
        for chord in combinations((27, *range(28, 67, 2), 65, 66), size):
            chord = sorted(set(chord))
            assert can_be_played(33, chord) == fingered(chord), chord


def test_what_cannot_be_played_is_shown_where_it_is_struck():
    score = piece("playable", guitar="0 E2 24, 12 F2 24, 48 E2 12", programs={"guitar": 24})
    assert broken(score) == ["1:2 guitar E2 F2"]
    assert broken(piece("playable in bar 2", guitar="0 E2 24, 12 F2 24, 48 E2 12")) == []
    held = piece("playable in bar 2", guitar="24 E2 36, 48 F2 12", programs={"guitar": 24})
    assert broken(held) == ["2:1 guitar E2 F2"]


def test_winds_breathe():
    long, short = "0 C5 240, 240 D5 49", "0 C5 240, 240 D5 48"
    assert broken(piece("playable", bars=7, flute=short, programs={"flute": 73})) == []
    assert broken(piece("playable", bars=7, flute=long, programs={"flute": 73})) == [
        "1:1 flute C5 D5"
    ]
    assert broken(piece("playable", bars=7, violin=long, programs={"violin": 40})) == []


TUNE = "0 C5 12, 12 E5 12, 48 G5 24"
DOUBLES = {
    "in unison": ("second: doubles tune", TUNE, []),
    "an octave below": ("second: doubles tune -12", "0 C4 12, 12 E4 12, 48 G4 24", []),
    "two octaves above": ("second: doubles tune +24", "0 C7 12, 12 E7 12, 48 G7 24", []),
    "another pitch": ("second: doubles tune", "0 C5 12, 12 F5 12, 48 G5 24",
                      ["1:2 second E5", "1:2 second F5"]),
    "another octave": ("second: doubles tune", "0 C5 12, 12 E4 12, 48 G5 24",
                       ["1:2 second E5", "1:2 second E4"]),
    "another length": ("second: doubles tune", "0 C5 12, 12 E5 6, 48 G5 24",
                       ["1:2 second E5", "1:2 second E5"]),
    "one missing": ("second: doubles tune", "0 C5 12, 48 G5 24", ["1:2 second E5"]),
    "one more": ("second: doubles tune", f"{TUNE}, 72 C5 12", ["2:3 second C5"]),
    "one twice": ("second: doubles tune", f"{TUNE}, 48 G5 24", ["2:1 second G5"]),
    "in one bar": ("second: doubles tune in bar 1", "0 C5 12, 12 E5 12, 60 D4 12", []),
    "softer": ("second: doubles tune", "0 C5 12 30, 12 E5 12 40, 48 G5 24 50", []),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBLES)
def test_doublings(name):
    rule, line, wanted = DOUBLES[name]
    assert broken(piece(rule, tune=TUNE, second=line)) == wanted


def test_a_doubling_without_a_leader_in_the_score_is_left_to_others():
    score = piece("second: doubles tune", tune=TUNE, second="0 D4 12")
    plan = score.plan
    lone = piece(second="0 D4 12")
    assert broken(lone, plan) == []
