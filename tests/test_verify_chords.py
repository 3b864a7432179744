"""The verifier on the four chord rules, each kept and broken in two bars."""

from dataclasses import replace

import pytest
from verify_scores import FOUR, A, B, C, D, E, F, G, rules, two_bars

from anacrusis.compose.chord import Chord
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    Note,
    Score,
    Track,
)
from anacrusis.compose.verify import verify

# What is allowed against the chord, by rule: (chords, notes).
KEPT = {
    "a chord tone on the strong beat": ("0 C", [(0, E, 24), (24, G, 24)]),
    "a slash bass that is foreign": ("0 C/D", [(0, D, 48)]),
    "anything where the lane is silent": ("0 -, 48 C", [(0, 61, 48), (48, C, 48)]),
    "anything where it says N.C.": ("0 N.C., 48 C", [(0, 61, 48), (48, C, 48)]),
    "passing tone": ("0 C", [(0, C, 12), (12, D, 12), (24, E, 24)]),
    "neighbour by a semitone": ("0 Am", [(0, A, 12), (12, A - 1, 12), (24, A, 24)]),
    "neighbour": ("0 C", [(0, E, 12), (12, F, 12), (24, E, 24)]),
    "appoggiatura from a leap": ("0 C", [(0, C, 12), (12, A, 12), (24, G, 24)]),
    "appoggiatura after a rest": ("0 C", [(12, F, 12), (24, E, 24)]),
    "resolution into silence": ("0 C, 24 -", [(12, F, 12), (24, 66, 24)]),
    "resolution into the next chord": ("0 C, 48 G", [(36, C, 12), (48, B, 48)]),
    "passing tone onto a new chord": ("0 C, 48 F", [(36, A + 1, 12), (48, A, 48)]),
    "anticipation held over": ("0 C, 48 F", [(42, F, 30)]),
    "anticipation struck again": ("0 C, 48 G", [(36, D, 12), (48, D, 48)]),
    "anticipation a quarter early": ("0 C, 48 G", [(36, D, 24)]),
    "suspension": ("0 C, 48 G", [(24, 72, 36), (60, B, 36)]),
    "suspension of two beats": ("0 C, 48 G", [(24, 72, 48), (72, B, 24)]),
    "retardation": ("0 G, 48 C", [(24, B, 36), (60, 72, 36)]),
    "suspension up to the next change": ("0 F, 48 C, 60 G", [(24, F, 36), (60, G, 12)]),
    "common tone held": ("0 C, 48 Am", [(0, C, 96)]),
    "respelling is no change": ("0 C#, 30 Db", [(24, 61, 6), (30, 63, 6), (36, 61, 12)]),
}  # fmt: skip

# What is not, with the rules broken.
BROKEN = {
    "foreign note on the downbeat": ("0 C", [(0, F, 12), (12, E, 12)], ["strong"]),
    "foreign note on the third beat": ("0 C", [(24, D, 12), (36, C, 12)], ["strong"]),
    "foreign note where the chord changes": ("0 C, 36 G", [(36, C, 6), (42, B, 6)], ["strong"]),
    "leap from a foreign note": ("0 C", [(12, F, 12), (24, C, 24)], ["non-chord tone"]),
    "a foreign note left by a rest": ("0 C", [(12, F, 6), (24, E, 24)], ["non-chord tone"]),
    "a foreign note too long": ("0 C", [(12, F, 13), (25, E, 11)], ["non-chord tone"]),
    "resolution to another foreign note": (
        "0 C", [(12, F, 6), (18, F + 1, 6), (24, G, 24)], ["non-chord tone"]),
    "repeated foreign note": ("0 C", [(6, D, 6), (12, D, 6), (18, E, 6)], ["non-chord tone"]),
    "anticipation too early": ("0 C, 48 G", [(30, D, 18), (48, D, 24)], ["non-chord tone"]),
    "anticipation of a foreign note": (
        "0 C, 48 G", [(36, A, 24), (60, G, 12)], ["non-chord tone", "held"]),
    "anticipation not struck again": ("0 C, 48 G", [(36, D, 12), (48, G, 24)], ["non-chord tone"]),
    "held into a chord without resolving": ("0 C, 48 G", [(24, C, 36)], ["held"]),
    "suspension that leaps": ("0 C, 48 G", [(24, C, 36), (60, D + 12, 12)], ["held"]),
    "suspension too long": ("0 C, 48 G", [(24, 72, 49), (73, B, 11)], ["held"]),
    "suspension over two changes": (
        "0 C, 48 G, 60 Bm", [(24, 72, 48), (72, B, 12)], ["held", "held"]),
    "suspension that was foreign before": (
        "0 C, 48 G", [(42, F, 12), (54, G, 6)], ["held"]),
    "held after an open bar": ("0 -, 48 G", [(24, 61, 48)], ["held"]),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_chord_rules_kept(name):
    chords, notes = KEPT[name]
    assert rules(two_bars(chords, *notes)) == []


@pytest.mark.parametrize("name", BROKEN)
def test_chord_rules_broken(name):
    chords, notes, wanted = BROKEN[name]
    assert rules(two_bars(chords, *notes)) == wanted
    assert rules(two_bars(chords, *notes, role="drums", program=-1)) == []


@pytest.mark.parametrize(
    ("chords", "notes", "wanted"),
    [
        ("0 C, 48 G", [(0, 36, 48), (48, 43, 48)], []),
        ("0 C, 48 G/B", [(0, 36, 48), (48, 47, 48)], []),
        ("0 C, 48 G", [(0, 36, 24), (24, 40, 24), (60, 47, 36)], []),
        ("0 C, 48 C/E", [(0, 36, 96)], []),
        ("0 C/D, 48 -", [(0, 38, 48), (48, 37, 48)], []),
        ("0 C", [(0, 40, 48)], ["bass"]),
        ("0 C, 48 G/B", [(0, 36, 48), (48, 43, 48)], ["bass"]),
        ("0 C, 48 C/E", [(0, 36, 48), (48, 36, 48)], ["bass"]),
        ("0 C", [(0, 38, 12), (12, 36, 36)], ["bass", "strong"]),
    ],
)
def test_bass(chords, notes, wanted):
    assert rules(two_bars(chords, *notes, role="bass")) == wanted
    assert "bass" not in rules(two_bars(chords, *notes))


def test_strong_beats_follow_the_meter():
    for text, strong in {"6/8": [0, 18], "7/8": [0, 12, 24], "5/4": [0, 36], "3/4": [0]}.items():
        meter = Meter.parse(text)
        for tick in range(0, meter.ticks - 6, 6):
            notes = (Note(tick, F, 6), Note(tick + 6, E, 6))
            score = Score(
                (Bar(meter),),
                (Track("line", notes=notes),),
                chords=(ChordSpan(0, meter.ticks, Chord("C")),),
            )
            wanted = ["strong"] if tick in strong else []
            assert rules(score) == wanted, (text, tick)


def test_a_pickup_counts_from_where_its_bar_would_have_begun():
    # Tick 12 is the third beat of its bar after a pickup of 36 ticks, the fourth after one of 24.
    for length, wanted in ((36, ["strong"]), (24, [])):
        score = Score(
            (Bar(FOUR, length), Bar(FOUR)),
            (Track("line", notes=(Note(12, F, 6), Note(18, E, 6))),),
            chords=(ChordSpan(0, length + 48, Chord("C")),),
        )
        assert rules(score) == wanted


def test_the_first_chord_is_a_change():
    for start, wanted in ((0, ["strong"]), (3, [])):
        score = Score(
            (Bar(FOUR, 12), Bar(FOUR)),
            (Track("line", notes=(Note(0, F, 6), Note(6, E, 6))),),
            chords=(ChordSpan(start, 60 - start, Chord("C")),),
        )
        # From tick 3 the F is held into the chord as a suspension.
        assert rules(score) == wanted


def test_kinds_of_non_chord_tones():
    kinds = {}
    for name in KEPT:
        chords, notes = KEPT[name]
        kinds[name] = dict(verify(two_bars(chords, *notes)).non_chord_tones)
    assert kinds["passing tone"] == {"passing": 1}
    assert kinds["neighbour"] == {"neighbour": 1}
    assert kinds["appoggiatura from a leap"] == {"appoggiatura": 1}
    assert kinds["appoggiatura after a rest"] == {"appoggiatura": 1}
    assert kinds["anticipation held over"] == {"anticipation": 1}
    assert kinds["anticipation struck again"] == {"anticipation": 1}
    assert kinds["suspension"] == {"suspension": 1}
    assert kinds["retardation"] == {"suspension": 1}
    assert kinds["common tone held"] == {}
    broken, notes, _ = BROKEN["leap from a foreign note"]
    assert verify(two_bars(broken, *notes)).non_chord_tones == {"unresolved": 1}


def test_figures():
    score = two_bars("0 C", (0, C, 12), (12, D, 12), (24, E, 12), (24, G, 12))
    report = verify(score)
    assert (report.bars, report.notes) == (2, 4)
    assert report.coverage == 36 / 96
    assert report.onset_coverage == 0.5
    assert report.chord_tone_share == 0.75
    assert report.chord_tone_time == 0.75
    empty = verify(two_bars("0 -", (0, C, 12)))
    assert (empty.chord_tone_share, empty.chord_tone_time) == (None, None)


@pytest.mark.parametrize(
    ("notes", "program", "wanted"),
    [
        ([(90, 60, 12)], 0, ["inside"]),
        ([(84, 60, 12)], 0, []),
        ([(0, 60, 12), (6, 60, 12)], 0, ["overlap"]),
        ([(0, 60, 12), (0, 60, 6)], 0, ["overlap"]),
        ([(0, 60, 48), (6, 64, 6), (12, 60, 12)], 0, ["overlap"]),
        ([(0, 60, 12), (12, 60, 12)], 0, []),
        ([(0, 26, 3), (0, 88, 3)], -1, ["drums", "drums"]),
        ([(0, 27, 3), (0, 87, 3)], -1, []),
    ],
)
def test_what_every_score_keeps(notes, program, wanted):
    score = two_bars("0 -", *notes, role="drums" if program < 0 else "chords", program=program)
    assert rules(score) == wanted


def test_chords_that_overlap():
    score = two_bars("0 -", (0, 60, 12))
    spans = (ChordSpan(0, 30, Chord("C")), ChordSpan(24, 24, Chord("G")))
    assert rules(replace(score, chords=spans)) == ["lane"]
