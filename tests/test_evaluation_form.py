"""Form measures on scores whose form is known, and bands over samples that are known."""

from dataclasses import replace
from math import log2
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import scores

from anacrusis.compose.chord import Chord
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import Plan, SectionPlan, TrackPlan
from anacrusis.compose.score import Bar, ChordSpan, KeyChange, Note, Score, Section, Track
from anacrusis.datasets.evaluation.comparison import ALL, Sample, compare, table
from anacrusis.datasets.evaluation.form import MEASURES, measures
from anacrusis.datasets.evaluation.form_report import (
    compose_songs,
    outside,
    samples_of,
    songs_like,
    unlike,
    write_form_report,
)
from anacrusis.datasets.evaluation.windows import draw, plan_like, windows
from anacrusis.datasets.loaders.piece import Piece

TUNE = (60, 64, 62, 65, 67, 64, 60, 59, 62, 67, 71, 69, 65, 60, 72, 74)
"""Sixteen quarters: four bars."""


def line(pitches: tuple[int, ...], **lanes: object) -> Score:
    """Quarters one after another in 4/4, as a melody."""
    notes = tuple(Note(12 * beat, pitch, 12) for beat, pitch in enumerate(pitches))
    bars = (Bar(Meter()),) * (-(-len(pitches) // 4))
    return Score(bars, (Track("flute", "melody", 73, notes),), **lanes)


def up(semitones: int) -> tuple[int, ...]:
    return tuple(pitch + semitones for pitch in TUNE)


def test_a_tune_twice_comes_back_in_any_key() -> None:
    for shift in (0, 5):
        found = measures(line(TUNE + up(shift)))
        assert found["repeated bars"] == found["repeated melody bars"] == pytest.approx(4 / 7)
        assert found["motif return"] == 1
        assert found["likeness, 4-15 bars"] == pytest.approx(1)
    once = measures(line(TUNE))
    assert once["repeated bars"] == once["motif return"] == 0
    assert "likeness, 16-63 bars" not in once


def test_one_note_repeated() -> None:
    found = measures(line((60,) * 128))
    for name in ("repeated bars", "motif return", "melody repeats", "groove"):
        assert found[name] == 1, name
    for name in ("likeness, 1-3 bars", "likeness, 4-15 bars", "likeness, 16-63 bars"):
        assert found[name] == pytest.approx(1)
    for name in ("entropy, 1 bar", "melody range", "melody steps", "melody leaps", "silent bars"):
        assert found[name] == 0, name
    assert found["density"] == 4
    assert "bass repeats" not in found and "chord tones" not in found


def test_random_notes_repeat_nothing() -> None:
    rng = np.random.default_rng(0)
    found = measures(line(tuple(rng.integers(48, 84, 256).tolist())))
    assert found["repeated bars"] == 0
    assert found["motif return"] == 0
    assert found["entropy, 4 bars"] > 3
    assert found["likeness, 16-63 bars"] < 0.9


def test_entropy_of_known_bars() -> None:
    found = measures(line((60, 62, 64, 65) * 4 + (60, 60, 72, 48) * 4))
    assert found["entropy, 1 bar"] == pytest.approx((2 + 0) / 2)
    assert found["entropy, 4 bars"] == pytest.approx((2 + 0) / 2)
    half = measures(line((60, 60, 60, 62)))
    assert half["entropy, 1 bar"] == pytest.approx(0.75 * log2(4 / 3) + 0.25 * 2)


def test_groove_counts_the_sixteenths_that_differ() -> None:
    quarters = tuple(Note(12 * beat, 60, 12) for beat in range(4))
    eighths = tuple(Note(48 + 6 * beat, 60, 6) for beat in range(8))
    score = Score((Bar(Meter()),) * 2, (Track("flute", notes=quarters + eighths),))
    assert measures(score)["groove"] == pytest.approx(1 - 4 / 16)


def test_melody_bass_and_silence() -> None:
    bass = tuple(Note(48 * bar, pitch, 48) for bar, pitch in enumerate((36, 36, 43)))
    tune = line((60, 62, 62, 67, 66))
    score = replace(tune, bars=(Bar(Meter()),) * 4,
                    tracks=(*tune.tracks, Track("bass", "bass", 33, bass)))  # fmt: skip
    found = measures(score)
    assert found["melody steps"] == 0.5  # 60-62 and 67-66 of four
    assert found["melody repeats"] == found["melody leaps"] == 0.25
    assert found["melody range"] == 7
    assert found["bass repeats"] == 0.5
    assert found["silent bars"] == pytest.approx((2 + 1) / 8)
    assert found["melody rests"] == pytest.approx(1 - 5 / 16)
    assert found["density"] == pytest.approx(8 / 8)


def test_pitches_of_a_melody_that_swings() -> None:
    found = measures(line((60, 62, 60, 62, 60, 60, 64, 65, 67)))
    assert found["melody see-saws"] == pytest.approx(2 / 6)
    assert found["melody variety"] == pytest.approx((4 + 5) / 2)
    assert "melody variety" not in measures(line((60, 62, 64)))


def test_phrases_and_equal_notes() -> None:
    onsets = (*range(0, 48, 6), 48, 96, 108, *range(126, 192, 6))
    notes = tuple(Note(onset, 60, 48 if onset == 48 else 6) for onset in onsets)
    found = measures(Score((Bar(Meter()),) * 4, (Track("flute", "melody", 73, notes),)))
    # phrases: up to the long note at 48; 96 and 108 each alone between rests; from 126 on
    assert found["longest phrase"] == (186 - 126) / 12
    assert found["longest equal notes"] == (186 - 126) / 12
    even = tuple(Note(12 * beat, 60, 12) for beat in range(16))
    found = measures(Score((Bar(Meter()),) * 4, (Track("flute", "melody", 73, even),)))
    assert (found["longest phrase"], found["longest equal notes"]) == (15, 0)


def test_chords_and_the_ending() -> None:
    chords = (ChordSpan(0, 48, Chord.parse("G7")), ChordSpan(48, 48, Chord.parse("C")))
    score = line((67, 69, 71, 65, 64, 62), keys=(KeyChange(0, Key.parse("C major")),),
                 chords=chords)  # fmt: skip
    found = measures(score)
    assert found["chord tones"] == pytest.approx(4 / 6)
    assert found["chords per bar"] == 1
    assert found["ends on the tonic"] == 1
    assert found["ends on a chord tone"] == 0
    assert found["last melody note"] == 1
    within = measures(score, ending=False)
    assert not {"ends on the tonic", "ends on a chord tone", "last melody note"} & set(within)


def test_named_repeats_are_held_to_their_notes() -> None:
    named = (Section("A", 0, 4), Section("A'", 4, 4))
    same = measures(line(TUNE + up(7), sections=named))
    assert same["distance of named repeats"] == 0
    changed = (*TUNE[:12], 60, 60, 60, 60)
    assert measures(line(TUNE + changed, sections=named))["distance of named repeats"] == 0.25
    other = (Section("A", 0, 4), Section("B", 4, 4))
    assert "distance of named repeats" not in measures(line(TUNE + TUNE, sections=other))
    plan = Plan((SectionPlan("A", 4), SectionPlan("B", 4, reprise="A")),
                (TrackPlan.of_role("melody"),))  # fmt: skip
    found = measures(replace(line(TUNE + TUNE, sections=other), plan=plan))
    assert found["distance of named repeats"] == 0


@settings(max_examples=40, deadline=None)
@given(scores())
def test_every_measure_lies_in_its_bounds(score: Score) -> None:
    found = measures(score)
    assert list(found) == [measure.name for measure in MEASURES if measure.name in found]
    for measure in MEASURES:
        value = found.get(measure.name, 0.0)
        assert value >= 0
        assert value <= {"share": 1, "0-1": 1 + 1e-6, "bits": log2(12) + 1e-9}.get(
            measure.unit, np.inf
        )


# Comparison


def samples(human: list[float], composed: list[float], style: str = "hymn") -> list[Sample]:
    name = "groove"
    return [Sample("x", style, True, {name: value}) for value in human] + [
        Sample("y", style, False, {name: value}) for value in composed
    ]


def test_bands_and_what_lies_in_them() -> None:
    people = [n / 100 for n in range(1, 101)]
    overall, hymn = compare(samples(people, [0.05, 0.5, 0.6, 0.95]))
    assert (overall.style, hymn.style) == (ALL, "hymn")
    assert (hymn.human.low, hymn.human.middle, hymn.human.high) == (0.1, 0.5, 0.9)
    assert hymn.inside == 0.5 and hymn.median_inside
    assert hymn.higher == pytest.approx((4.5 + 49.5 + 59.5 + 94.5) / 400)
    assert outside([overall, hymn]) == [] and unlike([overall, hymn]) == []
    (low, _) = compare(samples(people, [0.01, 0.02, 0.5]))
    assert not low.median_inside
    assert outside([low]) == ["groove: 0.02 0-1, by people 0.50 (0.10 to 0.90)"]
    assert unlike([low]) == []
    (poor, _) = compare(samples(people, [0.11, 0.12, 0.2]))
    assert outside([poor]) == [] and unlike([poor])[0].startswith("groove: mean 0.14 0-1")
    assert "**out**" in table([low]) and "33%" in table([low])


def test_styles_count_the_same_however_many_pieces_they_have() -> None:
    found = compare(samples([0.1] * 90, [0.2]) + samples([0.9] * 10, [0.2] * 9, "song"))
    assert found[0].human.mean == pytest.approx(0.5)
    alone = compare(samples([0.1] * 9, [0.2]) + samples([0.9] * 9, [], "song"))
    assert alone[0].human.mean == pytest.approx(0.1), "a style without songs must not count"
    assert [one.style for one in alone] == [ALL, "hymn"]


def test_yes_and_no_are_compared_by_their_means() -> None:
    name = "ends on the tonic"

    def ends(human: list[int], composed: list[int]) -> bool:
        return compare(
            [Sample("x", "hymn", True, {name: value}) for value in human]
            + [Sample("y", "hymn", False, {name: value}) for value in composed]
        )[0].median_inside

    assert ends([1] * 90 + [0] * 10, [1] * 20)
    assert not ends([1] * 90 + [0] * 10, [1] * 10 + [0] * 10)


# Windows and songs


def piece(bars: int, style: str, name: str = "set/a") -> Piece:
    return Piece(name, line(TUNE * (bars // 4)), style)


def test_windows_are_equal_parts_that_are_long_enough() -> None:
    assert [len(w.score.bars) for w in windows(piece(160, "song"))] == [53, 53, 54]
    assert [w.ends for w in windows(piece(160, "song"))] == [False, False, True]
    assert list(windows(piece(28, "song"))) == []
    assert [w.name for w in windows(piece(28, "hymn"))] == ["set/a"]


def test_no_piece_is_drawn_twice_before_all_were() -> None:
    found = [w for n in range(4) for w in windows(piece(160, "song", f"set/{n}"))]
    drawn = draw(found, "song", 5)
    assert len({window.name.partition(",")[0] for window in drawn[:4]}) == 4
    assert draw(found, "song", 5) == drawn and len({window.name for window in drawn}) == 5


def test_a_plan_like_a_window() -> None:
    (window,) = windows(piece(40, "lead sheet"))
    plan = plan_like(window, 3)
    assert (plan.bars, plan.style, plan.seed, plan.open_form) == (40, "lead sheet", 3, True)
    assert [(track.role, track.program) for track in plan.tracks] == [("melody", 73)]


def test_songs_are_composed_once_and_reported(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from mock_model import MockModel

    pieces = [piece(16, "lead sheet"), piece(12, "hymn", "set/b")]
    asked = songs_like(pieces, 2)
    assert [plan.style for plan in asked.plans] == ["hymn", "hymn", "lead sheet", "lead sheet"]
    assert [plan.bars for plan in asked.plans] == [12, 12, 16, 16]
    first = compose_songs(asked.plans, MockModel(), "x", tmp_path / "songs")
    again = compose_songs(asked.plans, MockModel(), "x", tmp_path / "songs")
    assert first == again and len(list((tmp_path / "songs").iterdir())) == 4
    found = samples_of(asked.human, again)
    assert [s.style for s in found] == ["hymn", "lead sheet", *(p.style for p in asked.plans)]
    files = write_form_report(found, compare(found), tmp_path, "x")
    assert [path.name for path in files] == ["form.md", "form.png", "form.csv"]
    page = files[0].read_text("utf-8")
    assert "4 songs" in page and "2 held-out pieces" in page and "## Lead sheet" in page
    assert files[1].read_bytes().startswith(b"\x89PNG")
    rows = files[2].read_text("utf-8").splitlines()
    assert len(rows) == 7 and rows[1].startswith("set/b,hymn,people,")
