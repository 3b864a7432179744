"""Token sequences that are no documents are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import scores
from token_views import AHEAD, V, small_score

from anacrusis.compose.errors import TokenError
from anacrusis.compose.score import (
    Score,
)
from anacrusis.compose.tokens.decode import decode
from anacrusis.compose.tokens.encode import encode
from anacrusis.compose.tokens.grammar import Grammar, Slot


def test_random_ids_are_refused():
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
        if not ids:
            break
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
TRACK = (*HEAD, "Bar", "Ahead", "End", "Now", "Track_melody1")
NOTE = ("Velocity_80", "Pitch_60", "Duration_1.0.12")


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
            ids_of(*TRACK, "Position_36", *NOTE, "EOS"),
            "position 36 lies outside bar 1 (3/4, 36 ticks)",
        ),
        (
            ids_of(
                *HEAD,
                "Duration_1.0.12",
                "Bar",
                "Ahead",
                "End",
                "Now",
                "Track_melody1",
                "Position_0",
                *NOTE,
                "EOS",
            ),
            "position 0 lies outside bar 1 (3/4, 12 ticks)",
        ),
        (
            ids_of(*TRACK, "Position_0", *NOTE[:-1]),
            "a pitch without a Duration",
        ),
        (
            ids_of(*TRACK, "Position_0", *NOTE, "Velocity_80"),
            "(Velocity_80) cannot follow note",
        ),
        (
            ids_of(*TRACK, "Position_9", *NOTE, "Position_9"),
            "(Position_9) cannot follow note",
        ),
        (
            ids_of(*TRACK, "Position_0", *NOTE, "Pitch_59"),
            "(Pitch_59) cannot follow note",
        ),
        (
            ids_of(*TRACK, "Position_0", "Track_melody1"),
            "(Track_melody1) cannot follow position",
        ),
        (ids_of(*TRACK, "EOS"), "(EOS_None) cannot follow track"),
        (ids_of(*TRACK, "Partly"), "(Partly_None) cannot follow track"),
        (
            ids_of(*TRACK, "Position_0", *NOTE, "Track_melody1"),
            "(Track_melody1) cannot follow note",
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
