"""Progressions: text to chords per bar and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import chord_groups, meters

from anacrusis.compose.errors import PlanError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter, all_meters
from anacrusis.compose.plan import MAX_BARS
from anacrusis.compose.progression import (
    count_bars,
    parse_progression,
    progression_text,
    slot_onsets,
)

FOUR = Meter(4, 4)


def read(text, bars, meter="4/4", key=None, cut=False):
    """Chords as (bar from 1, tick, symbol)."""
    key = None if key is None else Key.parse(key)
    groups = parse_progression(text, bars, Meter.parse(meter), key, cut=cut)
    assert len(groups) == bars
    return [(n, at.tick, str(at.chord)) for n, bar in enumerate(groups, start=1) for at in bar]


def test_a_word_a_bar_cycles():
    once = [(1, 0, "Am"), (2, 0, "F"), (3, 0, "C"), (4, 0, "G")]
    assert read("Am F C G", 4) == once
    assert read("Am, F,  C,\nG", 6) == [*once, (5, 0, "Am"), (6, 0, "F")]


def test_bar_lines_share_beats():
    text = "| Am | F C | G . . D7 | % |"
    assert read(text, 4) == [
        (1, 0, "Am"), (2, 0, "F"), (2, 24, "C"), (3, 0, "G"), (3, 36, "D7"), (4, 0, "G"),
        (4, 36, "D7"),
    ]  # fmt: skip
    assert read(text, 4) == read("Am | F C || G . . D7 | %", 4)
    assert read("| Am | F |\n\n| C | G |\n", 4) == read("Am F C G", 4)


def test_a_dot_holds_the_chord_before():
    assert read("Am . F", 3) == [(1, 0, "Am"), (3, 0, "F")]
    assert read(". C", 2) == [(2, 0, "C")]
    assert read("C | . . F .", 2) == [(1, 0, "C"), (2, 24, "F")]


@pytest.mark.parametrize(
    ("meter", "text", "ticks"),
    [
        ("5/4", "C G", [0, 36]),
        ("7/4", "C G", [0, 48]),
        ("7/8", "C F G", [0, 12, 24]),
        ("6/8", "C G", [0, 18]),
        ("6/8", "C F G", [0, 12, 24]),
        ("12/8", "C F G C", [0, 18, 36, 54]),
        ("3/4", "C F G", [0, 12, 24]),
        ("4/4", "C F G C D E F G", list(range(0, 48, 6))),
        ("10/8", "C G", [0, 36]),
    ],
)
def test_shares_follow_the_beats(meter, text, ticks):
    assert [tick for _, tick, _ in read(f"| {text} |", 1, meter)] == ticks


@pytest.mark.parametrize(
    ("text", "bars", "meter", "said"),
    [
        ("Am F Xq", 4, "4/4", r"bar 3: chord 'Xq' cannot be read"),
        ("Am | F Bb7b7", 4, "4/4", r"bar 2: chord 'Bb7b7'"),
        (
            "Am | C F G",
            4,
            "4/4",
            r"bar 2: 3 chords cannot share a bar of 4/4 evenly; allowed: 1, 2",
        ),
        ("| C G |", 4, "3/4", r"bar 1: 2 chords cannot share a bar of 3/4"),
        ("| C G |", 4, "7/8", r"bar 1: 2 chords"),
        ("C D E F", 2, "4/4", r"fill 4 bars, the section has 2; no room for bar 3 on: E \| F;"),
        ("C | D | E", 2, "4/4", r"no room for bar 3 on: E"),
        ("% C", 4, "4/4", r"bar 1: '%' repeats the bar before, but there is none"),
        ("C | F %", 4, "4/4", r"bar 2: '%' repeats a whole bar"),
        ("C | | F", 4, "4/4", r"bar 2 is empty"),
        ("", 4, "4/4", r"the chords are empty"),
        ("|", 4, "4/4", r"the chords are empty"),
        ("ii V I", 4, "4/4", r"bar 1: the Roman numeral 'ii' needs a key"),
        ("Ebb5", 4, "4/4", r"bar 1: .* two ways"),
        ({5: "Am"}, 4, "4/4", r"chord in a bar that does not exist: bar 5 \(Am\); allowed: 1 to 4"),
        ({0: "Am"}, 4, "4/4", r"chord in a bar that does not exist: bar 0"),
        ({1: "Am | F"}, 4, "4/4", r"bar 1: 'Am \| F' has bar lines"),
        ({1: "%"}, 4, "4/4", r"bar 1: '%'"),
        ({2: ""}, 4, "4/4", r"bar 2 is empty"),
    ],
)
def test_errors_name_the_bar(text, bars, meter, said):
    with pytest.raises(PlanError, match=said):
        read(text, bars, meter)


def test_long_progressions_can_be_cut():
    assert read("C D E F", 2, cut=True) == [(1, 0, "C"), (2, 0, "D")]
    assert count_bars("C D | E") == 2
    with pytest.raises(PlanError, match="allowed: up to"):
        count_bars("C " * 200_001)


def test_roman_numerals_go_by_the_key():
    assert read("ii V7/V V I", 4, key="C") == read("Dm D7 G C", 4)
    assert read("i | VI bVII", 2, key="A minor") == read("Am | F G", 2)
    with pytest.raises(PlanError, match="bar 2: Roman numeral 'VIx'"):
        read("i VIx", 2, key="C")


def test_a_mapping_of_bars():
    assert read({3: "F G", 1: "Am"}, 4) == [(1, 0, "Am"), (3, 0, "F"), (3, 24, "G")]
    assert read({2: "%", 1: "Am"}, 2) == [(1, 0, "Am"), (2, 0, "Am")]


@given(st.data(), meters())
def test_text_reads_back(data, meter):
    groups = data.draw(chord_groups(data.draw(st.integers(1, 6)), meter))
    groups = groups * data.draw(st.integers(1, 3))
    text = progression_text(groups, meter)
    assert parse_progression(text, len(groups), meter) == groups
    assert count_bars(text) <= len(groups)


def test_cycles_are_written_once():
    for text in ("Am F C G", "Am | F C", "| F C |", "."):
        groups = parse_progression(text, 12, FOUR)
        assert progression_text(groups, FOUR) == text


def test_shares_start_at_the_bar_and_stay_in_it():
    for meter in all_meters():
        for slots in range(1, meter.ticks + 2):
            onsets = slot_onsets(slots, meter)
            if onsets is not None:
                assert len(onsets) == slots
                assert onsets[0] == 0
                assert sorted(set(onsets)) == list(onsets)
                assert onsets[-1] < meter.ticks
        assert slot_onsets(meter.ticks, meter) == tuple(range(meter.ticks))
        assert slot_onsets(0, meter) is None


@given(st.text(max_size=60) | st.text("AmFCG7|%.,# b/IViv()", max_size=30), meters())
def test_any_text_is_a_progression_or_an_error(text, meter):
    try:
        groups = parse_progression(text, 8, meter, Key.parse("C"))
    except PlanError as error:
        assert len(str(error)) < 400
    else:
        assert parse_progression(progression_text(groups, meter), 8, meter) == groups


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "| " * 100_000, "C(" * 50_000, "C " * 100_000, "%" * 200_000]
)
def test_hostile_text_is_refused(text):
    with pytest.raises(PlanError):
        parse_progression(text, MAX_BARS, FOUR)
