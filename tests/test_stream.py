"""Streaming: bars come in order, are final, and are together what `compose` returns."""

from dataclasses import replace

import numpy as np
import pytest
from mock_model import MockModel, random_plan

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.sampler import Sampling
from anacrusis.compose.decoding.stream import Stream, compose_stream
from anacrusis.compose.errors import PlanError
from anacrusis.compose.files.json_file import score_to_json
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.plan_line import plan_from_line

PLAN = plan_from_line("Am F | C G", bars=8, tracks="melody,piano,drums", seed=3, pickup="1")


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime.load()


def test_the_bars_together_are_the_score_byte_for_byte(runtime: Runtime) -> None:
    for plan in (PLAN, plan_from_line(None, bars=8, sections="A:4,A", tracks="violin,cello")):
        stream = compose_stream(plan, model=runtime, sampling=Sampling(0.9))
        bars = list(stream)
        expected = compose(plan, model=runtime, sampling=Sampling(0.9))
        assert score_to_json(stream.score()) == score_to_json(expected)
        tracks = tuple(
            replace(track, notes=tuple(note for bar in bars for note in bar.notes[place]))
            for place, track in enumerate(stream.skeleton.tracks)
        )
        union = replace(stream.skeleton, tracks=tracks, plan=stream.plan)
        assert score_to_json(union) == score_to_json(expected)


def test_bars_come_in_order_and_hold_what_begins_in_them() -> None:
    rng = np.random.default_rng(8)
    for _ in range(10):
        stream = compose_stream(random_plan(rng), model=MockModel(seed=2))
        bars = list(stream)
        starts = stream.skeleton.bar_starts
        assert [bar.index for bar in bars] == list(range(len(stream.skeleton.bars)))
        for bar in bars:
            assert (bar.start, bar.end) == (starts[bar.index], starts[bar.index + 1])
            for notes in bar.notes:
                assert list(notes) == sorted(notes)
                assert all(bar.start <= note.onset < bar.end for note in notes)


def test_a_bar_is_written_when_it_is_asked_for(runtime: Runtime) -> None:
    whole = list(compose_stream(PLAN, model=runtime))
    stream = compose_stream(PLAN, model=runtime)
    assert stream.plan.is_complete and not any(t.notes for t in stream.skeleton.tracks)
    assert [next(stream), next(stream)] == whole[:2]
    written = [note for track in stream.score().tracks for note in track.notes]
    assert sorted(written) == sorted(n for bar in whole[:2] for notes in bar.notes for n in notes)
    assert list(stream) == whole[2:]
    assert list(stream) == []


def test_what_is_open_is_written_before_the_first_bar() -> None:
    with pytest.raises(PlanError, match="complete it first"):
        Stream(plan_from_line(None, bars=4), MockModel(), Sampling())
