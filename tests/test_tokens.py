"""Tokens: what goes in comes out, and what does not is counted."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import scores

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import TokenError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import MAX_TRACKS_PER_ROLE
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)
from anacrusis.compose.tokens.attributes import Attributes, density_level, measure, register_level
from anacrusis.compose.tokens.decode import decode
from anacrusis.compose.tokens.encode import encode, track_slots
from anacrusis.compose.tokens.examples import FARTHEST_DRAWN, examples_of, shift_range
from anacrusis.compose.tokens.grammar import Grammar, Slot
from anacrusis.compose.tokens.vocabulary import TEMPOS, section_label, tempo_step, vocabulary

AHEAD = (0, 1, 2, 4)
V = vocabulary()


def small_score() -> Score:
    """A pickup and two bars for three tracks."""
    return Score(
        bars=(Bar(Meter(4, 4), 12), Bar(Meter(4, 4)), Bar(Meter(3, 4))),
        tracks=(
            Track("kit", "drums", -1, (Note(12, 36, 3, 100), Note(12, 42, 3, 100))),
            Track(
                "tune", "melody", 73, (Note(0, 64, 12), Note(12, 69, 48, 96), Note(60, 60, 6, 96))
            ),
            Track("low", "bass", 33, (Note(12, 45, 24), Note(36, 41, 24))),
        ),
        tempos=(TempoChange(0, 92.0), TempoChange(60, 120.0)),
        keys=(KeyChange(0, Key("A", "minor")),),
        sections=(Section("Verse 1", 1, 2),),
        chords=(
            ChordSpan(12, 24, Chord("A", "min")),
            ChordSpan(36, 36, Chord("F", "maj", "A")),
            ChordSpan(72, 24, Chord.none()),
        ),
    )


# What a score says, as far as tokens tell it


def noted(score: Score, begin: int, end: int) -> dict[str, Counter]:
    """Label of each track -> its notes within [begin, end), as tokens hold them."""
    found = {}
    for slot in track_slots(score.tracks)[0]:
        rows: Counter = Counter()
        for note in slot.track.notes:
            drums = slot.track.program == -1
            if begin <= note.onset < end and not (drums and not 27 <= note.pitch <= 87):
                steps = min(max(round(note.velocity / 4), 1), 32)
                duration = 3 if drums else note.duration
                rows[note.onset - begin, note.pitch, duration, min(127, 4 * steps)] += 1
        found[f"{slot.label} {slot.track.program}"] = rows
    return found


def sounding(chord: Chord | None) -> tuple | None:
    if chord is None:
        return None
    return "N.C." if chord.is_none else (chord.root_class, chord.quality, chord.bass_class)


def harmony(score: Score, begin: int, end: int) -> list[tuple | None]:
    """The chord at each tick; where the lane falls silent the last chord goes on."""
    found, last = [], None
    for tick in range(begin, end):
        last = sounding(score.chord_at(tick)) or last
        found.append(last)
    return found


def state(score: Score, bar: int) -> tuple:
    """Meter, length, key and tempo of a bar; a change inside it counts for all of it."""
    last = score.bar_starts[bar + 1] - 1
    key = score.key_at(last)
    bpm = [change.bpm for change in score.tempos if change.tick <= last][-1]
    return (
        score.bars[bar],
        key and (key.tonic_class, key.mode),
        TEMPOS[tempo_step(bpm)],
    )


def form(score: Score, start: int, stop: int) -> list[tuple[int, str]]:
    """(bar, kind) of each section that begins in the bars, or is under way at the first."""
    found = {s.bar - start: section_label(s.name) for s in reversed(score.sections)}
    under_way = [s for s in score.sections if s.bar <= start < s.bar + s.bars]
    marks = {bar: label for bar, label in found.items() if 0 <= bar < stop - start}
    if under_way and 0 not in marks:
        marks[0] = section_label(under_way[0].name)
    return sorted(marks.items())


def counted(score: Score) -> Counter:
    """What tokens cannot hold of a whole score."""
    found: Counter = Counter()
    slots, left_out = track_slots(score.tracks)
    found["tracks beyond four per role"] = len(left_out)
    found["notes of tracks beyond four per role"] = sum(len(t.notes) for t in left_out)
    for slot in slots:
        for note in slot.track.notes:
            drums = slot.track.program == -1
            if drums and not 27 <= note.pitch <= 87:
                found["drum outside General MIDI"] += 1
                continue
            found["drum duration"] += drums and note.duration != 3
            found["velocity quantised"] += note.velocity % 4 != 0 and note.velocity != 127
            found["performance timing or tuning"] += note.shift != 0 or note.cents != 0
    for tempo in score.tempos:
        found["tempo quantised"] += tempo.bpm not in TEMPOS
        found["tempo or key change inside a bar"] += tempo.tick not in score.bar_starts
    for key in score.keys:
        found["tempo or key change inside a bar"] += key.tick not in score.bar_starts
    starts = [s.bar for s in score.sections]
    for section in score.sections:
        found["section name"] += section.name != section_label(section.name)
        end = section.bar + section.bars
        found["section ends before the next"] += end not in (*starts, len(score.bars))
    onsets = [span.onset for span in score.chords]
    found["chord ends before the next"] += sum(
        span.end not in (*onsets, score.ticks) for span in score.chords
    )
    return +found


def locks(draw: st.DrawFn, score: Score) -> dict[int, set[int]]:
    """A random set of notes to write ahead."""
    return {
        index: draw(st.sets(st.integers(0, len(track.notes) - 1)))
        for index, track in enumerate(score.tracks)
        if track.notes and draw(st.booleans())
    }


# Round trips


@settings(max_examples=150, deadline=None)
@given(st.data(), scores(unisons=True), st.sampled_from(AHEAD))
def test_whatever_is_not_counted_comes_back(data: st.DataObject, score: Score, ahead: int):
    locked = data.draw(st.composite(locks)(score))
    encoded = encode(score, "song", ahead=ahead, locked=locked)
    back = decode(encoded.ids, title="Back")
    assert back.title == "Back"
    assert back.bars == score.bars
    assert noted(back, 0, score.ticks) == noted(score, 0, score.ticks)
    assert harmony(back, 0, score.ticks) == harmony(score, 0, score.ticks)
    for bar in range(len(score.bars)):
        assert state(back, bar) == state(score, bar)
    assert [(s.bar, s.name) for s in back.sections] == form(score, 0, len(score.bars))
    assert encoded.losses.counts == counted(score)
    again = encode(back, "song", ahead=ahead)
    assert not again.losses, "what has been read from tokens fits into tokens"
    assert encode(decode(again.ids), "song", ahead=ahead).ids.tolist() == again.ids.tolist()


@settings(max_examples=100, deadline=None)
@given(st.data(), scores(), st.sampled_from(AHEAD))
def test_a_window_tells_its_bars_and_the_state_at_its_start(
    data: st.DataObject, score: Score, ahead: int
):
    start = data.draw(st.integers(0, len(score.bars) - 1))
    stop = data.draw(st.integers(start + 1, len(score.bars)))
    locked = data.draw(st.composite(locks)(score))
    encoded = encode(score, start=start, stop=stop, ahead=ahead, locked=locked)
    back = decode(encoded.ids, pickup=start == 0)
    begin, end = score.bar_starts[start], score.bar_starts[stop]
    assert back.bars == score.bars[start:stop]
    assert noted(back, 0, end - begin) == noted(score, begin, end)
    if score.chord_at(begin) is not None or begin == 0:
        assert harmony(back, 0, end - begin) == harmony(score, begin, end)
    for bar in range(start, stop):
        assert state(back, bar - start) == state(score, bar)
    assert [(s.bar, s.name) for s in back.sections] == form(score, start, stop)
    assert (encoded.ids[-1] == V.id("EOS")) == (stop == len(score.bars))


@settings(max_examples=60, deadline=None)
@given(scores())
def test_a_plan_document_tells_everything_but_the_notes(score: Score):
    encoded = encode(score, "chart", plan=True)
    back = decode(encoded.ids)
    assert back.bars == score.bars and not back.tracks
    assert harmony(back, 0, score.ticks) == harmony(score, 0, score.ticks)
    for bar in range(len(score.bars)):
        assert state(back, bar) == state(score, bar)
    assert [(s.bar, s.name) for s in back.sections] == form(score, 0, len(score.bars))
    assert not np.isin(encoded.ids, np.flatnonzero(V.mask("Track", "Pitch", "Now"))).any()


@settings(max_examples=60, deadline=None)
@given(st.data(), scores(), st.sampled_from(AHEAD), st.booleans())
def test_the_grammar_admits_every_token_that_encode_writes(
    data: st.DataObject, score: Score, ahead: int, plan: bool
):
    encoded = encode(
        score,
        ahead=ahead,
        plan=plan,
        locked=data.draw(st.composite(locks)(score)),
        stated=lambda index, name: data.draw(st.booleans()),
    )
    grammar = Grammar()
    for token in encoded.ids:
        assert grammar.allowed()[token], (grammar.slot, V.name(token))
        grammar.step(int(token))
    assert grammar.slot is Slot.DONE and not grammar.allowed().any()


@settings(max_examples=60, deadline=None)
@given(scores(), st.sampled_from(AHEAD))
def test_ticks_tell_the_moment_of_each_token(score: Score, ahead: int):
    encoded = encode(score, ahead=ahead)
    assert len(encoded.ids) == len(encoded.ticks)
    assert encoded.ids.dtype == np.uint16 and encoded.ticks.dtype == np.int32
    starts = np.asarray(score.bar_starts) + score.lead(0)
    starts[0] -= score.lead(0)
    assert encoded.ticks[encoded.bars].tolist() == starts[:-1].tolist()
    assert (encoded.ids[encoded.bars] == V.id("Bar")).all()
    onsets = {note.onset + score.lead(0) for _, note in score.notes()}
    struck = np.isin(encoded.ids, np.flatnonzero(V.mask("Pitch", "PitchDrum")))
    assert set(encoded.ticks[struck].tolist()) <= onsets


def test_controls_stand_right_after_the_bar_that_comes_ahead_bars_before():
    score = Score(
        bars=(Bar(Meter(4, 4)),) * 4,
        tracks=(Track("a", notes=(Note(0, 60, 3), Note(144, 67, 3))),),
        chords=tuple(ChordSpan(48 * i, 48, Chord(root)) for i, root in enumerate("CDEF")),
    )
    for ahead in AHEAD:
        ids = encode(score, ahead=ahead, locked={0: [1]}).ids.tolist()
        bars = 0
        for token in ids:
            bars += token == V.id("Bar")
            if token in (V.id("ChordRoot", 5), V.id("Pitch", 67)):
                assert bars == max(4 - ahead, 0)


def test_of_very_many_changes_the_last_of_each_bar_is_told():
    bars = 2000
    ticks = range(bars * 48)
    score = Score(
        (Bar(Meter(4, 4)),) * bars,
        tempos=tuple(TempoChange(tick, TEMPOS[tick % len(TEMPOS)]) for tick in ticks),
        keys=tuple(KeyChange(tick, Key("G" if tick % 48 == 47 else "C")) for tick in ticks),
        sections=tuple(Section("A", bar, 1) for bar in range(bars)),
        chords=tuple(ChordSpan(bar * 48, 48, Chord("CG"[bar % 2])) for bar in range(bars)),
    )
    decoded = decode(encode(score, plan=True).ids)
    last = [bar * 48 + 47 for bar in range(bars)]
    assert [change.bpm for change in decoded.tempos] == [TEMPOS[t % len(TEMPOS)] for t in last]
    assert {change.key for change in decoded.keys} == {Key("G")}
    assert len(decoded.sections) == bars
    assert decoded.chords == score.chords


# Golden ids


def test_golden_ids_of_a_small_score():
    encoded = encode(small_score(), "song", locked={0: [1]}, stated=lambda i, name: i == 1)
    assert encoded.ids.tolist() == GOLDEN
    assert encoded.losses.counts == {"section name": 1}


GOLDEN = [
    1, 9, 15, 117, 173, 183, 188, 35, 77, 39, 43,
    5, 229, 233, 263, 299, 739,
    4,
    5, 205, 299, 411, 343, 348, 435, 339, 347, 408, 411, 39, 531, 682,
    6, 447, 15, 526, 603, 739,
    4,
    5, 270, 298, 411, 339, 347, 408, 423, 346,
    6, 411, 15, 530, 608, 775, 35, 526, 584, 751, 39, 531, 676, 435, 35, 580, 751,
    4,
    5, 7,
    6, 411, 15, 530, 599, 733, 2,
]  # fmt: skip


# Documents that are none


def test_random_ids_are_refused_or_read():
    rng = np.random.default_rng(0)
    for _ in range(300):
        with pytest.raises(TokenError):
            decode(rng.integers(-2, len(V) + 5, size=rng.integers(0, 40)))


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(0, 2**32 - 1), st.sampled_from((5, 40, 150)))
def test_whatever_the_grammar_admits_is_a_score_or_a_clear_error(
    data: st.DataObject, seed: int, length: int
):
    rng = np.random.default_rng(seed)
    grammar, ids = Grammar(), []
    weights = rng.gamma(0.3, size=len(V.types))[V.type_index] + 1e-9
    while len(ids) < length and grammar.slot is not Slot.DONE:
        chances = grammar.allowed() * weights
        assert chances.sum() > 0, f"nothing may follow {grammar}"
        ids.append(int(rng.choice(len(V), p=chances / chances.sum())))
        grammar.step(ids[-1])
    reads(ids, data.draw(st.booleans()))


@settings(max_examples=300, deadline=None)
@given(st.data(), scores(), st.sampled_from(AHEAD))
def test_altered_documents_are_a_score_or_a_clear_error(
    data: st.DataObject, score: Score, ahead: int
):
    ids = encode(score, ahead=ahead).ids.tolist()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(ids) - 1))
        kind = data.draw(st.sampled_from(("drop", "put", "change", "repeat", "cut", "near")))
        token = data.draw(st.integers(0, len(V) - 1))
        span = V.spans[V.type(ids[at])]
        near = data.draw(st.integers(span.start, span.stop - 1))
        ids = {
            "drop": [*ids[:at], *ids[at + 1 :]],
            "put": [*ids[:at], token, *ids[at:]],
            "change": [*ids[:at], token, *ids[at + 1 :]],
            "near": [*ids[:at], near, *ids[at + 1 :]],
            "repeat": ids[: at + 1] + ids[max(at - 8, 0) :],
            "cut": ids[: at + 1],
        }[kind]
    reads(ids, data.draw(st.booleans()))


def reads(ids: list[int], pickup: bool) -> None:
    try:
        decode(ids, pickup=pickup)
    except TokenError as error:
        assert str(error)


def ids_of(*names: str) -> list[int]:
    return [V.names.index(name if "_" in name else f"{name}_None") for name in names]


HEAD = ("BOS", "Style_game", "Track_melody1", "Program_0", "Ahead", "TimeSig_3/4")
NOTE = ("Track_melody1", "Velocity_80", "Pitch_60", "Duration_1.0.12")


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([], "hold no bar"),
        ([900], "token 0 (900) cannot follow start"),
        ([-1], "token 0 (-1)"),
        (ids_of("BOS", "Bar"), "token 1 (Bar_None) cannot follow bos"),
        (ids_of(*HEAD), "hold no bar"),
        (ids_of("BOS", "Style_game", "Bar", "Now", "EOS"), "bar 1 has no meter"),
        (
            ids_of(*HEAD, "Duration_3.1.12", "Bar", "Ahead", "End", "Now", "EOS"),
            "bar 1 lasts 37 ticks; allowed in 3/4: up to 36",
        ),
        (
            ids_of(*HEAD, "Bar", "Ahead", "End", "Now", "Position_36", *NOTE, "EOS"),
            "position 36 lies outside bar 1 (3/4, 36 ticks)",
        ),
        (
            ids_of(
                *HEAD, "Duration_1.0.12", "Bar", "Ahead", "End", "Now", "Position_0", *NOTE, "EOS"
            ),
            "position 0 lies outside bar 1 (3/4, 12 ticks)",
        ),
        (
            ids_of(*HEAD, "Bar", "Ahead", "End", "Now", "Position_0", *NOTE[:-1]),
            "a pitch without a Duration",
        ),
        (
            ids_of(*HEAD, "Bar", "Ahead", "End", "Now", "Position_0", *NOTE, "Velocity_80"),
            "(Velocity_80) cannot follow note",
        ),
        (
            ids_of(*HEAD, "Bar", "Ahead", "End", "Now", "Position_9", *NOTE, "Position_9"),
            "(Position_9) cannot follow note",
        ),
        (
            ids_of(*HEAD, "Bar", "Ahead", "End", "Now", "Position_0", *NOTE, "Pitch_59"),
            "(Pitch_59) cannot follow note",
        ),
        (
            ids_of(*HEAD, "Bar", "Ahead", "End", "Now", "Position_0", "Track_bass1"),
            "(Track_bass1) cannot follow position",
        ),
    ],
)
def test_what_is_wrong_is_named(ids: list[int], said: str):
    with pytest.raises(TokenError) as caught:
        decode(ids)
    assert said in str(caught.value)


def test_an_unknown_style_is_refused():
    with pytest.raises(TokenError, match="style 'polka' is unknown; allowed: game"):
        encode(small_score(), "polka")


# Losses, one by one


def one(note: Note, role: str = "melody", program: int = 0) -> Score:
    return Score(bars=(Bar(Meter(4, 4)),), tracks=(Track("t", role, program, (note,)),))


@pytest.mark.parametrize(
    ("score", "losses"),
    [
        (one(Note(0, 60, 12)), {}),
        (one(Note(0, 60, 12, 127)), {}),
        (one(Note(0, 60, 12, 81)), {"velocity quantised": 1}),
        (one(Note(0, 60, 12, shift=0.5)), {"performance timing or tuning": 1}),
        (one(Note(0, 60, 12, cents=-14)), {"performance timing or tuning": 1}),
        (one(Note(0, 36, 3), "drums", -1), {}),
        (one(Note(0, 36, 12), "drums", -1), {"drum duration": 1}),
        (one(Note(0, 12, 3), "drums", -1), {"drum outside General MIDI": 1}),
        (
            replace(one(Note(0, 60, 12)), tempos=(TempoChange(0, 121.0),)),
            {"tempo quantised": 1},
        ),
        (
            replace(one(Note(0, 60, 12)), tempos=(TempoChange(0, 120.0), TempoChange(5, 60.0))),
            {"tempo or key change inside a bar": 1},
        ),
        (
            replace(one(Note(0, 60, 12)), keys=(KeyChange(24, Key("D")),)),
            {"tempo or key change inside a bar": 1},
        ),
        (
            replace(one(Note(0, 60, 12)), sections=(Section("Verse", 0, 1),)),
            {"section name": 1},
        ),
        (
            Score(bars=(Bar(Meter(4, 4)),) * 3, sections=(Section("verse", 0, 1),)),
            {"section ends before the next": 1},
        ),
        (
            replace(one(Note(0, 60, 12)), chords=(ChordSpan(0, 12, Chord("C")),)),
            {"chord ends before the next": 1},
        ),
        (
            Score(
                bars=(Bar(Meter(4, 4)),),
                tracks=tuple(
                    Track(str(i), "pad", 48, (Note(0, 60, 3),) * min(i, 2)) for i in range(5)
                ),
            ),
            {"tracks beyond four per role": 1, "notes of tracks beyond four per role": 2},
        ),
    ],
)
def test_each_loss_is_counted(score: Score, losses: dict[str, int]):
    assert encode(score).losses.counts == losses


def test_the_fifth_track_of_a_role_is_left_out_and_the_others_come_back():
    tracks = tuple(Track(str(i), "pad", 48 + i, (Note(3 * i, 60, 3),)) for i in range(5))
    back = decode(encode(Score(bars=(Bar(Meter(4, 4)),), tracks=tracks)).ids)
    assert [track.name for track in back.tracks] == ["pad", "pad 2", "pad 3", "pad 4"]
    assert [track.program for track in back.tracks] == [48, 49, 50, 51]
    assert len(back.tracks) == MAX_TRACKS_PER_ROLE


def test_long_notes_are_several_durations():
    for duration in (1, 95, 96, 97, 192, 193, 500):
        score = Score(
            bars=(Bar(Meter(4, 4)),) * 11, tracks=(Track("a", notes=(Note(0, 9, duration),)),)
        )
        assert decode(encode(score).ids).tracks[0].notes == score.tracks[0].notes


# Attributes


def test_attributes_of_a_track():
    notes = tuple(Note(12 * i, 60 + i % 3, 12) for i in range(8))
    assert measure(Track("a", notes=notes), 0, 96) == Attributes(3, register_level(61), 1)
    assert measure(Track("a", notes=notes), 96, 192) is None
    triads = tuple(Note(12 * i, pitch, 12) for i in range(8) for pitch in (48, 52, 55))
    assert measure(Track("a", notes=triads), 0, 96) == Attributes(density_level(12, 48), 2, 3)


def test_attribute_levels_are_monotonous_and_in_range():
    densities = [density_level(n, 48) for n in range(64)]
    registers = [register_level(pitch) for pitch in range(128)]
    for levels in (densities, registers):
        assert levels == sorted(levels) and set(levels) == set(range(8))


def test_attributes_are_written_after_the_program():
    ids = encode(small_score(), stated=lambda index, name: name != "register").ids
    names = [V.name(token) for token in ids[2:6]]
    assert names == ["Track_melody1", "Program_73", "NoteDensity_1", "Polyphony_1"]


# Training examples


def song(bars: int = 12) -> Score:
    rng = np.random.default_rng(5)
    notes = tuple(
        Note(3 * i, int(rng.integers(40, 80)), int(rng.integers(1, 12))) for i in range(16 * bars)
    )
    return Score(
        bars=(Bar(Meter(4, 4)),) * bars,
        tracks=(
            Track("a", "melody", 0, notes),
            Track("b", "bass", 33, notes[::4]),
            Track("d", "drums", -1, tuple(Note(12 * i, 36, 3) for i in range(4 * bars))),
        ),
        chords=tuple(ChordSpan(48 * i, 48, Chord("CDEFGAB"[i % 7])) for i in range(bars)),
    )


@pytest.mark.parametrize("context", [128, 300, 1024])
def test_examples_fit_the_context_and_begin_as_documents(context: int):
    for seed in range(10):
        examples = examples_of(song(), "game", np.random.default_rng(seed), context)
        assert len(examples) >= 3
        for example in examples:
            assert len(example.ids) == len(example.ticks) <= context + 1
            assert example.ids[0] == V.id("BOS")
            assert (np.diff(np.sort(example.ticks)) >= 0).all() and example.ticks.min() >= 0
            grammar = Grammar()
            for token in example.ids:
                assert grammar.allowed()[token]
                grammar.step(int(token))
        assert sum(V.id("Plan") in example.ids for example in examples) == 1


def test_the_first_pass_holds_every_note_of_the_piece():
    examples = examples_of(song(), "game", np.random.default_rng(0), context=4096, passes=1)
    back = decode(examples[0].ids)
    assert [track.notes for track in back.tracks] == [track.notes for track in song().tracks]


def test_examples_are_the_same_for_the_same_seed():
    def draw(seed: int) -> list[list[int]]:
        return [
            example.ids.tolist()
            for example in examples_of(song(), "game", np.random.default_rng(seed), 300)
        ]

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


def test_all_ways_of_locking_notes_are_drawn():
    shares = []
    for seed in range(60):
        example = examples_of(song(), "game", np.random.default_rng(seed), 4096, passes=1)[0]
        names = [V.type(token) for token in example.ids]
        inside, ahead, struck = False, 0, 0
        for name in names:
            inside = name == "Ahead" or (inside and name not in ("Now", "Bar"))
            struck += name in ("Pitch", "PitchDrum")
            ahead += inside and name in ("Pitch", "PitchDrum")
        shares.append(ahead / struck)
    free = sum(share == 0 for share in shares)
    assert 30 <= free <= 54
    assert len(set(shares)) > 8


@settings(max_examples=60, deadline=None)
@given(scores(), st.integers(0, 9))
def test_examples_of_any_score(score: Score, seed: int):
    low, high = shift_range(score)
    assert -FARTHEST_DRAWN <= low <= 0 <= high < FARTHEST_DRAWN
    for example in examples_of(score, "hymn", np.random.default_rng(seed), 256):
        assert len(example.ids) <= 257
        assert (example.low, example.high) == (low, high)
        pitches = example.ids[V.mask("Pitch")[example.ids]].astype(int)
        for shift in (low, high):
            moved = V.transpose_table(shift)[pitches].astype(int)
            assert (moved == pitches + shift).all()


def test_a_score_with_nothing_in_it_gives_no_examples():
    assert examples_of(Score(bars=(Bar(Meter(4, 4)),) * 9), "game", np.random.default_rng(0)) == []
