"""The longest rest of a track: asked for in a plan, kept by composing, checked by verify."""

from dataclasses import replace

import numpy as np
import pytest

from anacrusis.compose.chord import Chord
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.errors import PlanError
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.plan_file import parse_plan, plan_text
from anacrusis.compose.score import Note
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.compose.verify import verify


class Shy:
    """A model that gives one track all the notes and would never let another play."""

    context = 512

    def __init__(self, favourite: str) -> None:
        v = vocabulary()
        self.logits = np.zeros(len(v), np.float32)
        start, stop = v.spans["Track"]
        self.logits[start:stop] = -50
        self.logits[v.id("Track", favourite)] = 5
        self.logits[v.id("Bar")] = 20

    def start(self) -> "Shy":
        fresh = Shy.__new__(Shy)
        fresh.logits, fresh.length = self.logits, 0
        return fresh

    def append(self, tokens: list[int], ticks: list[int]) -> np.ndarray:
        self.length += len(tokens)
        return self.logits


def plan(rest: int | None, bars: int = 8) -> Plan:
    chords = tuple((ChordAt(0, Chord.parse(s)),) for s in ("Am", "F", "C", "G") * (bars // 4))
    section = SectionPlan("a", bars, chords)
    tracks = (TrackPlan.of_role("chords"), replace(TrackPlan.of_role("bass"), rest=rest))
    return Plan((section, replace(section, name="b")), tracks, tempo=100.0)


def silent_runs(score, track: str) -> list[int]:
    """Lengths of the runs of bars without a note, section by section."""
    notes, runs = score.track(track).notes, []
    for section in score.sections:
        run = 0
        for bar in range(section.bar, section.bar + section.bars):
            start, end = score.bar_starts[bar], score.bar_starts[bar + 1]
            run = 0 if any(n.onset < end and n.end > start for n in notes) else run + 1
            runs.append(run)
    return runs


@pytest.mark.parametrize("rest", [0, 1, 3])
def test_a_shy_track_enters_in_time(rest):
    score = compose(plan(rest), model=Shy("chords1"))
    assert max(silent_runs(score, "bass")) == rest
    assert verify(score).ok


def test_without_a_limit_a_track_may_stay_silent():
    score = compose(plan(None), model=Shy("chords1"))
    assert max(silent_runs(score, "bass")) > 3
    assert verify(score).ok


def test_verify_reports_a_rest_that_is_too_long():
    score = compose(plan(1), model=Shy("chords1"))
    bass = score.track("bass")
    kept = tuple(n for n in bass.notes if score.bar_at(n.onset) not in (2, 3))
    thinner = replace(
        score, tracks=tuple(replace(t, notes=kept) if t is bass else t for t in score.tracks)
    )
    found = [v for v in verify(thinner).violations if v.rule == "rest"]
    assert found
    assert found[0].track == "bass"


def test_a_rest_is_written_and_read():
    text = (
        "bars: 4\nchords: Am F\ntracks:\n  - {name: bass, rest: 3}\n  - {name: piano, rest: any}\n"
    )
    read = parse_plan(text)
    assert [track.rest for track in read.tracks] == [3, None]
    assert parse_plan(plan_text(read)) == read


@pytest.mark.parametrize("value", ["-1", "many", "2.5"])
def test_bad_rests_are_refused(value):
    with pytest.raises(PlanError, match="rest"):
        parse_plan(f"bars: 4\ntracks:\n  - {{name: bass, rest: {value}}}\n")


def test_a_drum_range_without_drums_is_refused():
    with pytest.raises(PlanError, match="holds no drum"):
        replace(TrackPlan.of_role("drums"), low=100, high=120)


def test_a_held_note_counts_as_sounding():
    score = compose(plan(1), model=Shy("chords1"))
    bass = replace(score.track("bass"), notes=(Note(0, 33, score.bar_starts[4]),))
    held = replace(score, tracks=(score.tracks[0], bass))
    found = [(v.bar, v.message) for v in verify(held).violations if v.rule == "rest"]
    assert found == [
        (5, "rests for 4 bars; allowed: 1"),
        (9, "rests for 8 bars; allowed: 1"),
    ]
