"""Training examples: windows of pieces, with controls drawn at random."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import scores
from token_views import V

from anacrusis.compose.chord import Chord
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
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
from anacrusis.compose.tokens.decode import decode
from anacrusis.compose.tokens.examples import (
    FARTHEST_DRAWN,
    examples_of,
    plan_document,
    shift_range,
)
from anacrusis.compose.tokens.grammar import Grammar


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
        keys=(KeyChange(0, Key("C")),),
    )


@pytest.mark.parametrize("context", [128, 300, 1024])
def test_examples_fit_the_context_and_begin_as_documents(context: int):
    for seed in range(10):
        examples = examples_of(song(), "game", np.random.default_rng(seed), context)
        assert len(examples) >= 3
        for example in examples:
            assert len(example.ids) == len(example.ticks) <= context + 1
            assert example.ids[0] == V.id("BOS")
            bars = example.ticks[example.ids == V.id("Bar")]
            assert (np.diff(bars) > 0).all() and example.ticks.min() >= 0
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


def form() -> Score:
    sections = (Section("intro", 0, 4), Section("verse", 4, 8), Section("chorus", 12, 8))
    return Score((Bar(Meter(3, 4)),) * 20, tempos=(TempoChange(0, 96.0),), sections=sections)


def test_a_form_without_notes_is_learnt_as_a_plan_without_a_key():
    (example,) = examples_of(form(), "chart", np.random.default_rng(0))
    names = [V.name(token) for token in example.ids]
    assert names[:8] == [
        "BOS_None", "Style_chart", "Plan_None", "Bar_None", "Ahead_None", "Section_intro",
        "Tempo_96.0", "TimeSig_3/4",
    ]  # fmt: skip
    assert not any(name.startswith(("Key", "Chord", "Position", "Track")) for name in names)
    assert (example.low, example.high) == (0, 0), "there is nothing to transpose"
    back = decode(example.ids)
    assert back.sections == form().sections and back.bars == form().bars and not back.keys
    grammar = Grammar()
    for token in example.ids:
        assert grammar.allowed()[token]
        grammar.step(int(token))


def test_every_plan_with_chords_names_a_key_in_its_first_bar():
    score = song()
    plan = plan_document(score, "chart")
    assert plan is not None
    first_bar = [V.type(token) for token in plan.ids[: plan.bars[1]]]
    assert first_bar.index("KeyTonic") < first_bar.index("ChordRoot")
    assert plan_document(replace(score, keys=()), "chart") is None
    assert plan_document(replace(score, keys=(KeyChange(48, Key("C")),)), "chart") is None


def test_a_form_alone_states_no_key_even_where_the_source_does():
    keyed = replace(form(), keys=(KeyChange(0, Key("G")), KeyChange(72, Key("D"))))
    plan = plan_document(keyed, "chart")
    assert plan is not None and not np.isin(plan.ids, np.flatnonzero(V.mask("KeyTonic"))).any()
    with_notes = replace(song(), chords=(), sections=(Section("A", 0, 12),))
    assert plan_document(with_notes, "game") is None
    assert plan_document(replace(form(), sections=()), "chart") is None
