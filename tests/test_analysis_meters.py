"""Written bars against the notes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from strategies import scores

from anacrusis.compose.analysis.meters import check_meter
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, Track

ROOTS = (0, 5, 7, 0, 9, 2, 7, 0)


def accompaniment(meter: Meter, bars: int = 24) -> Score:
    """A bass note on each downbeat, a chord on the other beats, another harmony in each bar."""
    notes: list[Note] = []
    for bar in range(bars):
        start, root = bar * meter.ticks, ROOTS[bar % 8]
        notes.append(Note(start, 36 + root, meter.ticks))
        for beat in meter.beats[1:]:
            notes += [Note(start + beat, 60 + root + i, 6) for i in (0, 4, 7)]
    return Score((Bar(meter),) * bars, (Track("piano", "chords", 0, tuple(notes)),))


def later(score: Score, ticks: int) -> Score:
    """The notes so much later, within one more bar."""
    tracks = tuple(
        replace(track, notes=tuple(replace(n, onset=n.onset + ticks) for n in track.notes))
        for track in score.tracks
    )
    return replace(score, bars=(*score.bars, score.bars[0]), tracks=tracks)


@pytest.mark.parametrize("text", ["4/4", "3/4", "2/4", "6/8", "2/2", "12/8"])
def test_right_bars_fit_and_shifted_ones_do_not(text: str) -> None:
    meter = Meter.parse(text)
    score = accompaniment(meter)
    right = check_meter(score)
    assert right is not None and right.fits
    assert (right.bar, right.shift) == (meter.ticks, 0)
    for beat in meter.beats[1:]:
        wrong = check_meter(later(score, beat))
        assert wrong is not None and not wrong.fits
        assert (wrong.bar, wrong.shift) == (meter.ticks, beat)


@pytest.mark.parametrize(("sounds", "written"), [("3/4", "4/4"), ("4/4", "3/4"), ("3/4", "2/4")])
def test_another_meter_is_noticed(sounds: str, written: str) -> None:
    score = accompaniment(Meter.parse(sounds))
    meter = Meter.parse(written)
    wrong = check_meter(replace(score, bars=(Bar(meter),) * -(-score.ticks // meter.ticks)))
    assert wrong is not None and not wrong.fits
    assert wrong.bar == Meter.parse(sounds).ticks


def test_drums_alone_tell_the_bar() -> None:
    meter = Meter(4, 4)
    groove = ((0, 36), (12, 38), (24, 42), (36, 38))
    kit = [Note(48 * bar + tick, pitch, 3) for bar in range(16) for tick, pitch in groove]
    score = Score((Bar(meter),) * 16, (Track("drums", "drums", -1, tuple(kit)),))
    right, wrong = check_meter(score), check_meter(later(score, 12))
    assert right is not None and right.fits
    assert wrong is not None and wrong.shift == 12


@pytest.mark.parametrize("meter", [Meter(5, 8), Meter(7, 8), Meter(1, 4)], ids=str)
def test_uneven_meters_are_not_judged(meter: Meter) -> None:
    assert check_meter(accompaniment(meter)) is None


def test_short_pieces_are_not_judged() -> None:
    assert check_meter(accompaniment(Meter(4, 4), bars=11)) is None


@settings(max_examples=60, deadline=None)
@given(scores())
def test_any_score_can_be_checked(score: Score) -> None:
    long = replace(score, bars=score.bars + (score.bars[-1],) * 14)
    for each in (score, long):
        found = check_meter(each)
        assert found is None or (0 <= found.chance <= 1 and 0 <= found.shift < found.bar)
