"""Bars written anew: what is given stays, what is new keeps the rules, the model knows both."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_model import MockModel, Taste, random_plan, random_taste

from anacrusis.compose.chord import Chord
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.fill import fill, planned
from anacrusis.compose.errors import PlanError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import Plan, TrackPlan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.score import Bar, ChordSpan, Note, Score, Track
from anacrusis.compose.tokens.decode import decode
from anacrusis.compose.tokens.encode import Given, encode
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.compose.verify import verify

PLAN = plan_from_line("Am | F | C | G7", bars=8, tempo=100, tracks="flute,piano,bass", seed=4)


def band() -> Score:
    return compose(PLAN, model=MockModel())


def in_bars(score: Score, place: int, bars: set[int]) -> tuple[Note, ...]:
    notes = score.tracks[place].notes
    return tuple(note for note in notes if score.bar_at(note.onset) in bars)


def test_what_is_given_comes_back_and_the_rest_is_new() -> None:
    score = band()
    blanks = {0: {2, 3}, 2: range(8)}
    found = fill(score, blanks, model=MockModel(seed=9), seed=1)
    assert in_bars(found, 0, {0, 1, 4, 5, 6, 7}) == in_bars(score, 0, {0, 1, 4, 5, 6, 7})
    assert found.tracks[1] == score.tracks[1]
    assert in_bars(found, 0, {2, 3}) != in_bars(score, 0, {2, 3})
    assert found.tracks[2].notes and found.tracks[2].notes != score.tracks[2].notes
    assert (found.bars, found.chords, found.tempos) == (score.bars, score.chords, score.tempos)
    again = fill(score, blanks, model=MockModel(seed=9), seed=1)
    assert again == found


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_new_notes_keep_the_rules_whatever_is_given(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = random_plan(rng, 6)
    skeleton = plan.skeleton()
    score = compose(plan, model=MockModel(seed % 1000, random_taste(rng), skeleton=skeleton))
    count = len(score.bars)
    blanks = {
        place: {bar for bar in range(count) if rng.random() < 0.5}
        for place in range(len(score.tracks))
        if rng.random() < 0.7
    }
    tracks = tuple(replace(track, rest=None) for track in plan.tracks)
    model = MockModel(seed % 999, random_taste(rng), skeleton=skeleton)
    found = fill(score, blanks, plan.style, tracks=tracks, model=model)
    for place, (old, new) in enumerate(zip(score.tracks, found.tracks, strict=True)):
        given_bars = set(range(count)) - blanks.get(place, set())
        assert in_bars(found, place, given_bars) == in_bars(score, place, given_bars)
        fresh = set(in_bars(found, place, blanks.get(place, set())))
        for note in fresh:
            assert tracks[place].low <= note.pitch <= tracks[place].high
            end = found.bar_at(note.end - 1)
            assert set(range(found.bar_at(note.onset), end + 1)) <= blanks[place]
        if old == new:
            continue
        sounding: dict[int, int] = {}
        for note in new.notes:
            assert note.onset >= sounding.get(note.pitch, 0), "struck while it sounds"
            sounding[note.pitch] = note.end
    kept = {
        note for place in range(len(score.tracks))
        for note in in_bars(score, place, set(range(count)) - blanks.get(place, set()))
    }  # fmt: skip
    for violation in verify(found).violations:
        assert not violation.notes or kept & set(violation.notes), str(violation)


def test_the_model_reads_what_is_given_ahead_of_its_bar() -> None:
    """The document is one that training could have made of the finished score."""
    score, model = band(), MockModel(seed=2)
    found = fill(score, {1: {3}, 2: range(8)}, model=model, seed=5)
    bars = range(len(score.bars))
    locked = Given({0: bars, 1: [bar for bar in bars if bar != 3]})
    v = vocabulary()
    attributes = v.mask("NoteDensity", "Register", "Polyphony")
    heard = [token for token in model.states[-1].tokens if not attributes[token]]
    expected = encode(found, "game", given=locked).ids.tolist()
    assert heard == expected[: len(heard)]
    assert len(expected) - len(heard) <= 2  # the last token and the end need not be read
    read = decode(encode(found, "game", given=locked).ids)
    assert [t.notes for t in read.tracks] == [t.notes for t in found.tracks]


def test_a_long_score_is_filled_beyond_the_context() -> None:
    plan = plan_from_line("Am F C G", bars=48, tempo=100, tracks="flute,piano,bass", seed=4)
    score = compose(plan, model=MockModel())
    found = fill(score, {0: range(48)}, model=MockModel(context=900, taste=Taste(closing=-2)))
    assert found.tracks[1:] == score.tracks[1:]
    assert len({found.bar_at(note.onset) for note in found.tracks[0].notes}) > 24


def test_given_bars_fuller_than_the_context_are_not_told() -> None:
    pitches = range(30, 90, 2)
    for bar in (0, 1, 3):
        crowd = tuple(Note(48 * bar + tick, p, 2) for tick in range(0, 48, 2) for p in pitches)
        tracks = (Track("pad", "pad", 89, crowd), Track("flute", "melody", 73, ()))
        score = Score((Bar(Meter(4, 4)),) * 4, tracks)
        for seed in range(4):
            found = fill(score, {1: range(4)}, model=MockModel(seed=seed), seed=seed)
            assert found.tracks[0] == score.tracks[0]
            assert found.tracks[1].notes


def test_notes_that_ring_into_a_blank_are_respected() -> None:
    long = Note(24, 60, 72, 80)  # from the middle of bar 1 to the end of bar 2
    track = Track("pad", "pad", 89, (long,))
    score = Score((Bar(Meter(4, 4)),) * 4, (track,))
    for seed in range(20):
        found = fill(score, {0: {1, 2}}, model=MockModel(seed=seed), seed=seed)
        assert long in found.tracks[0].notes
        others = [note for note in found.tracks[0].notes if note != long]
        assert others
        assert all(note.pitch != 60 or note.onset >= long.end for note in others)
        assert all(note.onset >= 48 and note.end <= 144 for note in others)


def test_a_score_that_is_given_whole_comes_back() -> None:
    score = band()
    silent = replace(score, tracks=tuple(replace(t, notes=()) for t in score.tracks))
    for whole in (score, silent):
        assert fill(whole, {}, model=MockModel()).tracks == whole.tracks


def test_a_fifth_track_of_a_role_stays() -> None:
    score = band()
    five = replace(score, tracks=(*score.tracks, *(score.tracks[0],) * 4))
    found = fill(five, {2: {0}}, model=MockModel())
    assert [t.notes for t in found.tracks[3:]] == [t.notes for t in five.tracks[3:]]
    with pytest.raises(PlanError, match="five of its role"):
        fill(five, {6: {0}}, model=MockModel())


@pytest.mark.parametrize(("blanks", "message"), [({9: {0}}, "no such"), ({0: {8}}, "bar 8")])
def test_what_is_not_there_is_refused(blanks: dict[int, set[int]], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        fill(band(), blanks, model=MockModel())


def test_ranges_do_not_tell_what_is_hidden() -> None:
    notes = (Note(0, 20, 12), Note(48, 60, 12), Note(48, 64, 12))
    score = Score((Bar(Meter(4, 4)),) * 2, (Track("x", "melody", 73, notes),))
    shown, hidden = planned(score.tracks[0], score), planned(score.tracks[0], score, frozenset({0}))
    assert shown.low == 20 and hidden.low > 20
    shown, hidden = planned(score.tracks[0], score), planned(score.tracks[0], score, frozenset({1}))
    assert (shown.polyphony, hidden.polyphony) == (2, 1)


def test_there_is_a_plan_for_each_track_or_none() -> None:
    score = band()
    one = (planned(score.tracks[0], score),)
    with pytest.raises(PlanError, match="1 plan for"):
        fill(score, {0: range(1)}, tracks=one, model=MockModel())


def test_the_model_is_told_how_dense_and_high_given_music_is() -> None:
    fast = tuple(Note(6 * step, 84 + step % 5, 6) for step in range(32))
    slow = tuple(Note(48 * bar, 40, 48) for bar in range(4))
    tracks = (Track("flute", "melody", 73, fast), Track("bass", "bass", 33, slow))
    score = Score((Bar(Meter(4, 4)),) * 4, (*tracks, Track("piano", "chords", 0, ())))
    model = MockModel(seed=1)
    fill(score, {1: {0, 2}, 2: range(4)}, model=model)
    v, told = vocabulary(), encode(score, "game", stated=lambda place, name: name != "polyphony")
    kinds = ("NoteDensity", "Register")
    heard = [token for token in model.states[-1].tokens if v.type(token) in kinds]
    true = [token for token in told.ids.tolist() if v.type(token) in kinds]
    assert heard[:2] + heard[4:] == true  # flute, piano, bass: the piano has no notes
    assert planned(tracks[1], score, frozenset(range(4))).density is None


def test_what_the_plan_says_of_tracks_holds_for_new_notes() -> None:
    tracks = (
        TrackPlan.of_role("melody", "flute", 73),
        replace(TrackPlan.of_role("chords"), low=50, high=64, polyphony=2, rest=0),
    )
    rows = plan_from_line("Am F C G", bars=4, tempo=100).sections
    plan = Plan(rows, tracks, tempo=100.0, key=Key("A", "minor"))
    score = compose(plan, model=MockModel())
    assert verify(score).ok
    for seed in range(4):
        model = MockModel(seed, Taste(thick=3, outside=2))
        found = fill(score, {1: range(4)}, model=model, seed=seed)
        again = replace(found, plan=plan)
        assert verify(again).ok, verify(again).violations[:3]


@pytest.mark.parametrize(
    ("blanks", "seed", "message"),
    [
        ({0: 3}, 0, "the bars of track 0 are 3"),
        ({"clarinet": [0]}, 0, "track 'clarinet' cannot be written: no such"),
        ({0: ["x"]}, 0, "bar 'x' cannot be written"),
        ({0: [0]}, -1, "seed -1"),
        ({0: [0]}, 1.5, "seed 1.5"),
    ],
)
def test_what_is_no_number_is_refused(blanks: Any, seed: Any, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        fill(band(), blanks, seed=seed, model=MockModel())


@pytest.mark.parametrize("length", [3, 12, 30])
def test_a_last_bar_that_is_not_whole_comes_to_rest(length: int) -> None:
    bars = (Bar(Meter(4, 4)), Bar(Meter(4, 4)), Bar(Meter(4, 4), length))
    chords = (ChordSpan(0, 96 + length, Chord.parse("C")),)
    score = Score(bars, (Track("flute", "melody", 73, ()),), chords=chords)
    for seed in range(4):
        found = fill(score, {0: range(3)}, model=MockModel(seed), seed=seed)
        assert all(note.onset - 96 <= length / 2 for note in found.tracks[0].notes)
        assert found.tracks[0].notes


def test_notes_that_stay_in_a_blank_are_kept_and_written_up_to() -> None:
    score = band()
    for place in (0, 1, 2):
        for note in [n for n in score.tracks[place].notes if 96 < n.onset < 144][:2]:
            for seed in range(4):
                every, kept = dict.fromkeys(range(3), range(8)), {place: [note]}
                found = fill(score, every, model=MockModel(seed), seed=seed, staying=kept)
                notes = found.tracks[place].notes
                assert note in notes and notes.count(note) == 1
                around = [n for n in notes if 96 <= n.onset < 144 and n != note]
                assert all(n.onset < note.onset for n in around)
                assert all(n.end <= note.onset for n in notes if n.onset < note.onset)
                again = replace(found, plan=replace(PLAN, tracks=score.plan.tracks))
                for violation in verify(again).violations:
                    assert note in violation.notes, str(violation)


def test_what_given_notes_promise_is_kept() -> None:
    """A suspension at the end of a given bar is resolved in the bar that is written after it."""
    bars, chords = (Bar(Meter(4, 4)),) * 4, [ChordSpan(0, 48, Chord.parse("C")),
                                             ChordSpan(48, 144, Chord.parse("G"))]  # fmt: skip
    held, passing = Note(24, 72, 36), Note(42, 62, 6)
    for given_note, role in ((held, "melody"), (held, "chords"), (passing, "counter")):
        score = Score(bars, (Track("x", role, 73, (Note(0, 64, 24), given_note)),),
                      chords=tuple(chords))  # fmt: skip
        assert not verify(fill(score, {}, model=MockModel())).ok
        for seed in range(12):
            model = MockModel(seed, Taste(outside=2, closing=0))
            found = fill(score, {0: {1, 2, 3}}, model=model, seed=seed)
            assert given_note in found.tracks[0].notes
            assert verify(found).ok, [str(v) for v in verify(found).violations]
