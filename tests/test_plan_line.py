"""The one-line plan."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import meters

from anacrusis.compose.errors import AnacrusisError
from anacrusis.compose.instruments import DRUM_KIT
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan_line import (
    number_names,
    pickup_ticks,
    plan_from_line,
    track_of_word,
)


def symbols(section):
    return [str(at.chord) for bar in section.chords for at in bar]


def test_the_line_of_the_readme():
    plan = plan_from_line(
        "Am F C G", bars=16, tempo=92, meter="4/4", tracks="melody,piano,bass,drums"
    )
    assert (plan.bars, plan.tempo, plan.meter, plan.key) == (16, 92, Meter(4, 4), None)
    assert symbols(plan.sections[0]) == ["Am", "F", "C", "G"] * 4
    assert [(t.name, t.role, t.program) for t in plan.tracks] == [
        ("melody", "melody", 73), ("piano", "chords", 0), ("bass", "bass", 33),
        ("drums", "drums", DRUM_KIT),
    ]  # fmt: skip


def test_everything_may_be_left_out():
    plan = plan_from_line()
    assert (plan.bars, plan.tempo, plan.style, plan.swing, plan.pickup) == (
        16,
        None,
        "game",
        0.5,
        0,
    )
    assert plan.sections[0].chords is None
    assert plan.open_form
    assert not plan_from_line("Am").open_form
    assert not plan_from_line(sections="a:4").open_form
    assert [track.name for track in plan.tracks] == ["melody", "piano", "bass", "drums"]


@pytest.mark.parametrize(
    ("chords", "bars"),
    [("Am", 16), ("C F G", 18), ("C " * 16, 16), ("C " * 20, 20), ("C | F G", 16)],
)
def test_bars_are_whole_turns_of_the_progression(chords, bars):
    assert plan_from_line(chords).bars == bars


def test_options_reach_the_plan():
    plan = plan_from_line(
        "i iv", key="D minor", meter="3/4", title="Waltz", style="song", seed=5, swing=0.6,
        pickup="3/8", bars=8,
    )  # fmt: skip
    assert symbols(plan.sections[0])[:2] == ["Dm", "Gm"]
    assert (plan.key, plan.title, plan.style) == (Key("D", "minor"), "Waltz", "song")
    assert (plan.seed, plan.swing, plan.pickup) == (5, 0.6, 18)


def test_sections():
    plan = plan_from_line("Am F C G", sections="intro:4, verse:8,chorus:2,verse", bars=22)
    assert [(s.name, s.bars, s.reprise) for s in plan.sections] == [
        ("intro", 4, None), ("verse", 8, None), ("chorus", 2, None), ("verse", 8, "verse"),
    ]  # fmt: skip
    assert symbols(plan.sections[1]) == ["Am", "F", "C", "G"] * 2
    assert symbols(plan.sections[2]) == ["Am", "F"]
    assert plan.sections[3].chords is None
    assert plan_from_line(sections="a:4,b:4").sections[0].chords is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"bars": 0}, "bars is 0"),
        ({"bars": 10**9}, "bars is 1000000000"),
        ({"chords": "C D E", "bars": 2}, "no room for bar 3"),
        ({"tempo": 0}, "tempo 0"),
        ({"tempo": float("nan")}, "tempo nan"),
        ({"meter": "4/5"}, "meter 4/5"),
        ({"key": "H"}, "key 'H'"),
        ({"style": "polka"}, "style 'polka'"),
        ({"swing": 1.0}, "swing 1.0"),
        ({"tracks": "melody,kazzoo"}, "track 'kazzoo'"),
        ({"tracks": "melody,,bass"}, "lacks a name"),
        ({"tracks": ""}, "no names are given"),
        ({"tracks": []}, "no names are given"),
        ({"tracks": ["flute", 5]}, "['flute', 5] cannot be read; write names with commas"),
        ({"tracks": 5}, "5 cannot be read"),
        ({"bars": "8"}, "bars is '8'; allowed: 1 to 2000, as a whole number"),
        ({"bars": 8.0}, "bars is 8.0"),
        ({"bars": True}, "bars is True"),
        ({"tempo": "fast"}, "tempo 'fast'; allowed: 20 to 400"),
        ({"seed": 1.5}, "seed 1.5; allowed: whole numbers"),
        ({"swing": "much"}, "swing 'much'"),
        ({"meter": 4}, "meter 4 cannot be read"),
        ({"key": 5}, "key 5 cannot be read"),
        ({"pickup": 1}, "pickup is 1; write it as text"),
        ({"chords": ["Am", "F"]}, "chords is ['Am', 'F']; write them as one text"),
        ({"title": 5}, "title is 5; write it as text"),
        ({"sections": 8}, "8 cannot be read"),
        ({"tracks": "drums,drums"}, "2 tracks have the role drums"),
        ({"tracks": "flute," * 201}, "allowed: up to 200"),
        ({"pickup": "5 beats"}, "pickup '5 beats' does not fit"),
        ({"pickup": "1/0"}, "pickup '1/0'"),
        ({"pickup": "1/7"}, "falls between the ticks"),
        ({"pickup": "soon"}, "pickup 'soon'"),
        ({"sections": "verse"}, "section 'verse'"),
        ({"sections": ":4"}, "section ':4'"),
        ({"sections": "a:0"}, "bars is 0"),
        ({"sections": "a:4", "bars": 8}, "add up to 4 bars but bars is 8"),
        ({"sections": "a:1500,b:1500"}, "over 2000 bars"),
        ({"sections": "a:4,b:4", "chords": "C " * 8}, "fill 8 bars, but no section"),
    ],
)
def test_errors(arguments, said):
    with pytest.raises(AnacrusisError) as caught:
        plan_from_line(**arguments)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("word", "role", "program"),
    [("melody", "melody", 73), ("Bass", "bass", 33), ("piano", "chords", 0),
     ("cello", "melody", 42),
     ("drums", "drums", -1), ("percussion", "drums", -1), ("pad", "pad", 48),
     ("Flute", "melody", 73),
     ("double bass", "bass", 32), ("clean_guitar", "chords", 27), ("strings", "pad", 48)],
)  # fmt: skip
def test_words_for_tracks(word, role, program):
    track = track_of_word(word)
    assert (track.role, track.program) == (role, program)
    assert track.high - track.low >= 12


def test_equal_names_are_numbered():
    tracks = [track_of_word(word) for word in ("violin", "viola", "violin", "violin 1")]
    assert [t.name for t in number_names(tracks)] == ["violin 2", "viola", "violin 3", "violin 1"]
    plan = plan_from_line(tracks="violin,violin,viola,cello")
    assert plan == plan_from_line(tracks=["violin", "violin", "viola", "cello"])
    assert [t.name for t in plan.tracks] == ["violin 1", "violin 2", "viola", "cello"]


@pytest.mark.parametrize(
    ("text", "meter", "ticks"),
    [("0", "4/4", 0), ("1", "4/4", 12), ("1.5 beats", "4/4", 18), ("3/8", "4/4", 18),
     ("1 beat", "6/8", 18), ("1/8", "6/8", 6), ("1", "2/2", 24), ("1", "7/8", 18),
     ("2", "7/8", 30), ("0.5", "3/4", 6), ("1 beat", "5/8", 12)],
)  # fmt: skip
def test_pickups(text, meter, ticks):
    assert pickup_ticks(text, Meter.parse(meter)) == ticks


@given(st.text(max_size=20) | st.text("0123456789./ beats", max_size=10), meters())
def test_any_text_is_a_pickup_or_an_error(text, meter):
    with suppress(AnacrusisError):
        assert 0 <= pickup_ticks(text, meter) < meter.ticks


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_line_is_a_plan_or_an_error(chords, tracks, sections):
    for arguments in ({"chords": chords}, {"tracks": tracks}, {"sections": sections}):
        try:
            plan_from_line(**arguments)
        except AnacrusisError as error:
            assert len(str(error)) < 500
