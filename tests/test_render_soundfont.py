"""The SoundFont engine: the right pitch, at the right sample, the same every time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_soundfont import tiny_soundfont

from anacrusis.compose.errors import RenderError
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, TempoChange, Track
from anacrusis.render.engine import BLOCK, make_engine
from anacrusis.render.fluidsynth import GRAIN
from anacrusis.render.soundfont import SoundFontEngine, schedule
from anacrusis.render.timeline import TempoMap, timing

RATE = 48000


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundFontEngine]:
    font = tiny_soundfont(tmp_path_factory.mktemp("font") / "tiny.sf2")
    yield SoundFontEngine(str(font))


def piece(*notes: Note, program: int = 0, bars: int = 4, bpm: float = 120.0) -> Score:
    track = Track("part", "melody", program, notes)
    return Score((Bar(Meter(4, 4)),) * bars, (track,), (TempoChange(0, bpm),))


def play(engine: SoundFontEngine, score: Score, rate: int = RATE) -> np.ndarray:
    return np.concatenate(list(engine.stream(score, score.tracks[0], rate)), axis=1)


def pitch_of(sound: np.ndarray, rate: int) -> float:
    """Frequency of the strongest partial in Hz, by parabolic interpolation of the spectrum."""
    spectrum = np.log(np.abs(np.fft.rfft(sound * np.hanning(sound.size))) + 1e-12)
    top = int(spectrum.argmax())
    left, middle, right = spectrum[top - 1 : top + 2]
    return float((top + 0.5 * (left - right) / (left - 2 * middle + right)) * rate / sound.size)


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize(
    ("pitch", "cents"), [(69, 0.0), (45, 0.0), (81, 0.0), (69, -31.2), (60, 250.0)]
)
def test_pitch_and_tuning(engine: SoundFontEngine, rate: int, pitch: int, cents: float) -> None:
    sound = play(engine, piece(Note(0, pitch, 48, 100, cents=cents)), rate)
    heard = pitch_of(sound[0, 4096 : 4096 + 65536], rate)
    wanted = 440.0 * 2.0 ** ((pitch + cents / 100.0 - 69.0) / 12.0)
    assert abs(1200.0 * np.log2(heard / wanted)) < 1.0


@settings(max_examples=20, deadline=None)
@given(onset=st.integers(0, 120), shift=st.floats(-3.0, 3.0), bpm=st.floats(40.0, 240.0))
def test_notes_begin_within_half_a_grain(
    engine: SoundFontEngine, onset: int, shift: float, bpm: float
) -> None:
    score = piece(Note(onset, 93, 12, 110, shift=shift), bpm=bpm)
    sound = play(engine, score)
    wanted = max(onset + shift, 0.0) * 60.0 / (bpm * 12.0) * RATE
    loud = np.flatnonzero(np.abs(sound[0]) > 1e-4)
    # The sine starts from zero and the envelope takes about a millisecond to open.
    assert -GRAIN / 2 - 1 <= loud[0] - wanted <= GRAIN / 2 + 48


def test_a_note_ends_when_it_should(engine: SoundFontEngine) -> None:
    sound = play(engine, piece(Note(0, 69, 12, 100)))  # half a second
    held, after = sound[0, RATE // 4 : RATE // 2], sound[0, RATE * 6 // 10 : RATE * 7 // 10]
    assert np.abs(held).max() > 0.02
    assert np.abs(after).max() < 1e-4


def test_rendering_twice_gives_the_same_bytes(engine: SoundFontEngine) -> None:
    score = piece(*(Note(3 * i, 50 + i % 30, 7, 40 + i, cents=i % 5) for i in range(60)))
    assert play(engine, score).tobytes() == play(engine, score).tobytes()


def test_velocity_is_heard(engine: SoundFontEngine) -> None:
    levels = [np.abs(play(engine, piece(Note(0, 69, 12, v)))).max() for v in (20, 60, 100, 127)]
    assert levels == sorted(levels)
    assert levels[-1] > 4 * levels[0]


def test_drums_play_the_drum_kit(engine: SoundFontEngine) -> None:
    drums = play(engine, piece(Note(0, 69, 12, 100), program=-1))
    tone = play(engine, piece(Note(0, 69, 12, 100)))
    assert pitch_of(drums[0, :2000], RATE) == pytest.approx(880.0, rel=0.05)
    assert pitch_of(tone[0, :2000], RATE) == pytest.approx(440.0, rel=0.05)


def test_more_tunings_than_channels_still_play(engine: SoundFontEngine) -> None:
    notes = [Note(i % 96, 60, 1, 80, cents=i / 7.0) for i in range(400)]
    plan = schedule(piece(*notes), piece(*notes).tracks[0], RATE)
    assert len(plan.tunings) <= 256
    assert np.abs(play(engine, piece(*notes))).max() > 0.0


note_lists = st.lists(
    st.builds(
        Note,
        onset=st.integers(0, 40),
        pitch=st.integers(58, 62),
        duration=st.integers(1, 30),
        velocity=st.integers(1, 127),
        shift=st.floats(-2, 2),
    ),
    min_size=1,
    max_size=30,
)


@given(note_lists)
def test_every_key_goes_down_and_up_in_turn(notes: list[Note]) -> None:
    score = piece(*notes)
    plan = schedule(score, score.tracks[0], RATE)
    assert list(plan.events) == sorted(plan.events)
    sounding: set[tuple[int, int]] = set()
    for event in plan.events:
        key = (event.channel, event.key)
        if event.velocity:
            assert key not in sounding
            sounding.add(key)
        else:
            assert key in sounding
            sounding.remove(key)
    assert not sounding


@given(
    st.lists(st.tuples(st.integers(0, 400), st.floats(20.0, 400.0)), max_size=6),
    st.lists(st.floats(0.0, 500.0), min_size=1, max_size=5),
)
def test_the_tempo_map_agrees_with_the_score(
    changes: list[tuple[int, float]], ticks: list[float]
) -> None:
    tempos = tuple(TempoChange(tick, bpm) for tick, bpm in changes)
    score = Score((Bar(Meter(4, 4)),) * 10, (), tempos)
    found = TempoMap(score).seconds(np.array(ticks))
    assert found == pytest.approx([score.seconds(tick) for tick in ticks])


def test_timing_never_starts_before_the_score() -> None:
    score = piece(Note(0, 60, 12, 80, shift=-5.0))
    assert timing(score, score.tracks[0]).onsets[0] == 0.0


def test_a_long_rest_and_a_late_note(engine: SoundFontEngine) -> None:
    sound = play(engine, piece(Note(0, 69, 6, 90), Note(180, 69, 6, 90), bars=4))
    assert sound.shape[1] % BLOCK == 0
    assert np.abs(sound[:, 2 * RATE : 7 * RATE]).max() < 1e-4
    assert np.abs(sound[:, int(7.5 * RATE) :]).max() > 0.02


def test_a_program_the_font_lacks_is_named(tmp_path: Path) -> None:
    font = tiny_soundfont(tmp_path / "few.sf2", programs=range(4), drums=False)
    engine = SoundFontEngine(str(font))
    with pytest.raises(RenderError, match=r"track 'part'.*no program 42"):
        play(engine, piece(Note(0, 60, 12), program=42))
    with pytest.raises(RenderError, match="no drum kit"):
        play(engine, piece(Note(0, 60, 12), program=-1))


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(RenderError, match="'orchestra' is unknown; allowed: soundfont"):
        make_engine("orchestra")
