"""Swing: how time bends, what is played, what files keep of it, and what is refused."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from midi_files import ASPECTS
from musicxml_files import document, note, part
from strategies import meters, scores, swings

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.errors import PlanError, ScoreError
from anacrusis.compose.files.json_file import score_from_json, score_to_json
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.files.midi_text import read_swing
from anacrusis.compose.files.midi_write import midi_bytes
from anacrusis.compose.files.musicxml_read import read_musicxml
from anacrusis.compose.files.musicxml_write import musicxml_bytes, write_musicxml
from anacrusis.compose.files.smf import META, NOTE_ON, TEXT, build_smf, parse_smf
from anacrusis.compose.meter import Meter, all_meters
from anacrusis.compose.plan import Plan, SectionPlan, TrackPlan
from anacrusis.compose.plan_file import parse_plan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.score import Bar, Note, Score, Track
from anacrusis.compose.swing import Played, Swing, SwingMap, swing_lane
from anacrusis.compose.verify import played as verify_played
from anacrusis.compose.verify import verify
from anacrusis.render.timeline import timing

FOUR, SIX = Meter(4, 4), Meter(6, 8)


def line(onsets: Iterable[int], swing: float, *bars: Bar, more: Iterable[int] = ()) -> Score:
    """One voice without gaps, and the short hits of a drum kit."""
    bars = bars or (Bar(FOUR),)
    end = sum(bar.ticks for bar in bars)
    starts = [*onsets, end]
    notes = tuple(Note(a, 60, b - a) for a, b in pairwise(starts))
    kit = Track("kit", "drums", -1, tuple(Note(tick, 42, 3) for tick in more))
    return Score(bars, (Track("tune", "melody", 73, notes), kit), swing=swing)


def heard(score: Score, track: int = 0) -> tuple[list[float], list[float]]:
    played = SwingMap.of(score).notes(score.tracks[track])
    return [round(t, 9) for t in played.onsets.tolist()], [round(t, 9) for t in played.ends]


# How time bends


def test_eighths_are_long_and_short_without_gaps() -> None:
    onsets, ends = heard(line((0, 6, 12, 18, 24), 2 / 3))
    assert onsets == [0, 8, 12, 20, 24]
    assert ends == [8, 12, 20, 24, 48]


def test_sixteenths_share_each_half_evenly() -> None:
    assert heard(line((0, 3, 6, 9), 0.75))[0] == [0, 4.5, 9, 10.5]


@pytest.mark.parametrize(
    ("swing", "offbeat"), [(0.55, 6.6), (0.62, 7.44), (2 / 3, 7.75), (0.75, 7.75)]
)
def test_a_triplet_stays_even_while_the_band_swings_on(swing: float, offbeat: float) -> None:
    score = line((0, 4, 8, 12, 18), swing, more=(0, 6, 12, 18))
    late = round(12 + 12 * swing, 9)
    assert heard(score)[0] == [0, 4, 8, 12, late]
    assert heard(score, 1)[0] == [0, offbeat, 12, late]


def test_thirds_of_a_beat_beside_its_half_are_no_triplet() -> None:
    assert heard(line((0, 6, 8, 12), 0.75))[0] == [0, 9, 10, 12]


def test_a_pickup_of_an_eighth_is_late_and_short() -> None:
    score = line((0, 6), 0.75, Bar(FOUR, 6), Bar(FOUR))
    assert heard(score) == ([3, 6], [6, 54])


def test_beats_that_a_bar_line_cuts_short_stay() -> None:
    score = line((0, 6, 48, 54, 60, 63, 66, 72), 0.75, Bar(FOUR), Bar(FOUR, 18), Bar(FOUR))
    assert heard(score)[0] == [0, 9, 48, 57, 60, 63, 66, 75]


def test_only_bars_of_quarter_beats_swing() -> None:
    score = line((0, 6, 12, 54, 60, 84, 90), 0.75, Bar(FOUR), Bar(SIX), Bar(FOUR))
    assert heard(score)[0] == [0, 9, 12, 54, 60, 84, 93]
    swinging = [str(meter) for meter in all_meters() if meter.has_quarter_beats]
    assert swinging == ["1/2", "2/2", "3/2", "4/2", *(f"{n}/4" for n in range(1, 9)), "2/8", "4/8"]


def test_the_renderer_swings() -> None:
    score = line((0, 6, 12), 0.75)
    assert timing(score, score.tracks[0]).onsets.tolist() == [0, 0.375, 0.5]
    assert timing(score, score.tracks[0]).releases.tolist() == [0.375, 0.5, 2]


@settings(deadline=None)
@given(scores(shifts=False, unisons=True, swung=True))
def test_time_rises_and_turns_back(score: Score) -> None:
    swing = SwingMap.of(score)
    ticks = np.arange(-24, score.ticks + 24, 0.5)
    played = swing.played(ticks)
    assert (np.diff(played) > 0).all()
    assert np.allclose(swing.written(played), ticks)
    bars = np.array(score.bar_starts[1:], np.float64)
    assert (swing.played(bars) == bars).all()
    assert (np.abs(played - ticks) <= 3).all()


@settings(deadline=None)
@given(scores(shifts=False, unisons=True, swung=True))
def test_notes_apart_on_paper_are_apart_as_played(score: Score) -> None:
    """So a voice of one note at a time stays one, and no pitch is struck while it sounds."""
    swing = SwingMap.of(score)
    for track in score.tracks:
        times = swing.notes(track)
        rows = zip(times.onsets, times.ends, track.notes, strict=True)
        for (on, off, a), (other_on, other_off, b) in combinations(rows, 2):
            assert on < off
            assert (a.end <= b.onset) == (off <= other_on)
            assert (b.end <= a.onset) == (other_off <= on)


def test_a_score_refuses_an_impossible_swing() -> None:
    for swing in (0.49, 0.76, float("nan")):
        with pytest.raises(ScoreError, match="swing"):
            Score((Bar(FOUR),), swing=swing)


# Files


def swinging(score: Score) -> float:
    return score.swing if swing_lane(score) else 0.5


@settings(max_examples=100, deadline=None)
@given(scores(shifts=False, swung=True))
def test_a_swung_score_comes_back_from_midi_on_the_grid(score: Score) -> None:
    data, lost = midi_bytes(score)
    assert set(lost.counts) <= {"swing of a score without beats that swing"}
    assert bool(lost) == (score.swing != swinging(score))
    for timed in (True, False):
        read, losses = read_midi(data, timed)
        assert not losses
        for aspect in ASPECTS:
            assert getattr(read, aspect) == getattr(score, aspect), aspect
        assert read.swing == swinging(score)
        assert midi_bytes(read).data == data


@settings(max_examples=60, deadline=None)
@given(scores(swung=True))
def test_timing_beside_swing_comes_back_too(score: Score) -> None:
    read, _ = read_midi(midi_bytes(score).data)
    before, after = SwingMap.of(score), SwingMap.of(read)
    for track, again in zip(score.tracks, read.tracks, strict=True):
        assert [replace(n, shift=0.0) for n in track.notes] == [
            replace(n, shift=0.0) for n in again.notes
        ]
        wanted, found = before.notes(track), after.notes(again)
        assert np.allclose(wanted.onsets, found.onsets, atol=0.03)
        assert np.allclose(wanted.ends, found.ends, atol=0.25)  # where a triplet squeezes a beat


@settings(max_examples=40, deadline=None)
@given(scores(shifts=False, swung=True), st.sampled_from([96, 192, 960]))
def test_another_program_may_write_it_at_another_resolution(score: Score, division: int) -> None:
    midi = parse_smf(midi_bytes(score).data)

    def scaled(tick: int) -> int:
        return (tick * division + 240) // 480

    saved = build_smf(
        division,
        [([e._replace(tick=scaled(e.tick)) for e in chunk.events], scaled(chunk.end))
         for chunk in midi.chunks],
    )  # fmt: skip
    assert read_midi(saved).score.tracks == score.tracks


def test_midi_plays_and_says_the_swing() -> None:
    score = line((0, 6, 12, 16, 20, 24, 48), 0.75, Bar(FOUR), Bar(SIX), more=(18,))
    chunks = parse_smf(midi_bytes(score).data).chunks
    said = [(e.tick, e.data) for e in chunks[0].events if e.kind == META and b"swing" in e.data]
    assert said == [
        (0, b"swing: 0.75"), (480, b"swing: 0.75, triplets"), (960, b"swing: 0.75"),
        (1920, b"swing: 0.5"),
    ]  # fmt: skip
    struck = [[e.tick for e in chunk.events if e.kind == NOTE_ON] for chunk in chunks[1:]]
    assert struck == [[0, 360, 480, 640, 800, 960, 1920], [480 + 310]]
    pickup = line((0, 6), 0.62, Bar(FOUR, 6), Bar(FOUR))
    assert b"swing: 0.62 at 6" in midi_bytes(pickup).data
    assert read_midi(midi_bytes(pickup).data).score.tracks[0] == pickup.tracks[0]


@pytest.mark.parametrize("text", ["0.8", "0.4", "1", "0.6 at 12", "0.6,triplets", "nan", ""])
def test_texts_that_say_no_swing_are_counted(text: str) -> None:
    assert read_swing(text, 0) is None
    midi = parse_smf(midi_bytes(line((0, 6), 0.5)).data)
    midi.chunks[0].events.insert(0, midi.chunks[0].events[0]._replace(
        tick=0, kind=META, a=TEXT, data=f"swing: {text}".encode()
    ))  # fmt: skip
    read, lost = read_midi(build_smf(480, [(c.events, c.end) for c in midi.chunks]))
    assert (read.swing, dict(lost.counts)) == (0.5, {"texts": 1})


def test_swing_texts_in_odd_places_bend_time_upwards_all_the_same() -> None:
    lane = (Swing(0, 0.75, phase=5), Swing(10, 0.6), Swing(13, 0.7, phase=9), Swing(40, 0.75, True))
    played = SwingMap(lane, 50).played(np.arange(0.0, 60.0, 0.25))
    assert (np.diff(played) > 0).all()


def test_a_second_swing_of_a_file_is_counted() -> None:
    midi = parse_smf(midi_bytes(line((0, 6, 24, 30), 0.62)).data)
    first = next(e for e in midi.chunks[0].events if b"swing" in e.data)
    midi.chunks[0].events.append(first._replace(tick=960, data=b"swing: 0.75"))
    midi.chunks[0].events.sort(key=lambda event: event.tick)
    read, lost = read_midi(build_smf(480, [(c.events, c.end) for c in midi.chunks]))
    assert (read.swing, lost.counts["changes of swing"]) == (0.62, 1)


@settings(max_examples=60, deadline=None)
@given(scores(swung=True, with_plan=True))
def test_json_keeps_the_swing(score: Score) -> None:
    text = score_to_json(score)
    assert ('\n  "swing": ' in text) == (score.swing != 0.5)
    assert score_from_json(text) == score


def test_musicxml_has_the_element() -> None:
    score = line((0, 6, 48, 72), 0.62, Bar(FOUR), Bar(SIX), Bar(FOUR))
    text = " ".join(musicxml_bytes(score).decode().split())
    element = "<first>31</first> <second>19</second> <swing-type>eighth</swing-type>"
    assert text.count(f"<swing> {element} </swing>") == 2
    assert text.count("<swing> <straight /> </swing>") == 1
    read, losses = read_musicxml(musicxml_bytes(score))
    assert (read.swing, read.tracks[0], bool(losses)) == (0.62, score.tracks[0], False)


def test_musicxml_counts_a_swing_it_has_no_place_for(tmp_path) -> None:
    score = line((0,), 0.6, Bar(SIX))
    lost = write_musicxml(score, tmp_path / "six.musicxml")
    assert dict(lost.counts) == {"swing of a score without beats that swing": 1}
    assert read_musicxml(tmp_path / "six.musicxml").score.swing == 0.5


def swing_element(first: int, second: int, kind: str = "") -> str:
    inner = f"<first>{first}</first><second>{second}</second>"
    inner += f"<swing-type>{kind}</swing-type>" if kind else ""
    return f"<sound><swing>{inner}</swing></sound>"


STRAIGHT = "<sound><swing><straight/></swing></sound>"
BAR = note("C4", 4)


@pytest.mark.parametrize(
    ("bars", "swing", "losses"),
    [
        ((swing_element(2, 1) + BAR, BAR), 2 / 3, {}),
        ((STRAIGHT + BAR, BAR), 0.5, {}),
        ((swing_element(3, 1, "eighth") + BAR, STRAIGHT + BAR), 0.75, {"bars of another swing": 1}),
        ((BAR, swing_element(60, 40) + BAR), 0.6, {"bars of another swing": 1}),
        ((swing_element(2, 1, "16th") + BAR,), 0.5, {"swing of other notes than eighths": 1}),
        ((swing_element(1, 3) + BAR,), 0.5, {"swing outside 1:1 to 3:1": 1}),
    ],
)
def test_swing_of_other_programs(bars: tuple[str, ...], swing: float, losses: dict) -> None:
    read, lost = read_musicxml(document(part(*bars)))
    assert (read.swing, dict(lost.counts)) == (swing, losses)


# Plans


@given(meters(), meters(), swings())
def test_a_plan_swings_where_some_bar_can(first: Meter, second: Meter, swing: float) -> None:
    sections = (SectionPlan("a", 1, meter=first), SectionPlan("b", 1, meter=second))
    tracks = (TrackPlan.of_role("melody"),)
    if swing == 0.5 or first.has_quarter_beats or second.has_quarter_beats:
        assert Plan(sections, tracks, swing=swing).skeleton().swing == swing
    else:
        with pytest.raises(PlanError, match=rf"swing .* in {first}.*only beats of a quarter note"):
            Plan(sections, tracks, swing=swing)


def test_a_plan_file_is_refused_at_its_swing() -> None:
    text = "swing: 0.6\nmeter: 6/8\nsections:\n  - {name: a, bars: 4, meter: 9/8}\n"
    with pytest.raises(PlanError, match=r"^p.yaml:1:8: swing: .* in 9/8: only beats of a quarter"):
        parse_plan(text, "p.yaml")
    assert parse_plan(text + "  - {name: b, bars: 4, meter: 4/4}\n").swing == 0.6


def test_a_mistake_elsewhere_is_not_put_down_to_the_swing() -> None:
    text = (
        "swing: 0.6\nmeter: 6/8\nsections:\n  - {name: a, bars: 4}\n"
        "  - {name: b, bars: 4, meter: 4/4}\n  - {name: c, bars: 5, reprise: b}\n"
    )
    with pytest.raises(PlanError, match=r"^p.yaml:6:.*cannot reprise"):
        parse_plan(text, "p.yaml")


# The whole way


@pytest.fixture(scope="module")
def tune() -> Score:
    """The swung song of the README."""
    plan = plan_from_line(
        "Dm7 | G7 . . Db7 | Cmaj7", sections="A:6,B:6,A", key="C", swing=0.62, tempo=120
    )
    return compose(plan)


def test_the_song_of_the_readme_collides_nowhere(tune: Score) -> None:
    data, lost = midi_bytes(tune)
    assert not lost
    assert verify(tune).ok
    read, losses = read_midi(data)
    assert not losses
    assert (read.swing, read.tracks) == (0.62, tune.tracks)
    assert verify(read, tune.plan).ok
    again = read_musicxml(musicxml_bytes(tune)).score
    assert (again.swing, verify(again, tune.plan).ok) == (0.62, True)


class _LateOffbeats(SwingMap):
    """Only what begins on an off-beat eighth is late; everything else is as on paper."""

    def notes(self, track: Track) -> Played:
        late = np.array([1.44 * (note.onset % 12 == 6) for note in track.notes])
        onsets = np.array([float(note.onset) for note in track.notes])
        return Played(onsets + late, np.array([float(note.end) for note in track.notes]) + late)


class _Straight(SwingMap):
    def notes(self, track: Track) -> Played:
        onsets = np.array([float(note.onset) for note in track.notes])
        return Played(onsets, np.array([float(note.end) for note in track.notes]))


@pytest.mark.parametrize(
    ("wrong", "rules"),
    [(_LateOffbeats, {"polyphony", "overlap"}), (_Straight, {"swing"})],
)
def test_the_verifier_hears_what_is_wrong(
    wrong: type[SwingMap], rules: set[str], tune: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of(score: Score) -> SwingMap:
        return wrong(swing_lane(score), score.ticks)

    monkeypatch.setattr(verify_played.SwingMap, "of", of)
    assert {violation.rule for violation in verify(tune).violations} == rules
