"""The mix: presets, places, levels, reverb."""

import math
from pathlib import Path

import numpy as np
import pytest
from tiny_soundfont import tiny_soundfont

from anacrusis.compose.errors import RenderError
from anacrusis.compose.instruments import ROLES
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, Track
from anacrusis.render.engine import BLOCK
from anacrusis.render.level import REFERENCE, evening_gain
from anacrusis.render.mix import RoleMix, Strip, load_preset, strips
from anacrusis.render.reverb import Reverb, Room, impulse_response
from anacrusis.render.soundfont import SoundFontEngine


def noise(seed: int) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((2, BLOCK)) * 0.1).astype(np.float32)


def test_the_default_preset_knows_every_role() -> None:
    preset = load_preset()
    assert set(preset.roles) == set(ROLES)
    assert preset.roles["melody"].level_db > preset.roles["pad"].level_db
    assert preset.roles["bass"].send_db == -math.inf


def test_a_preset_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mix.toml"
    path.write_text("[role.drums]\nlevel_db = 3\n[room]\nseconds = 2.0\n")
    preset = load_preset(str(path))
    assert preset.roles["drums"] == RoleMix(level_db=3.0)
    assert preset.roles["melody"] == load_preset().roles["melody"]
    assert preset.room.seconds == 2.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[role.melody]\nvolume = 3", "'volume' is unknown; allowed: level_db, pan"),
        ("[role.kazoo]\npan = 0", "'kazoo' is unknown; allowed: arpeggio"),
        ("[master]\nx = 1", "'master' is unknown; allowed: role, room"),
        ("[role.melody]\npan = 'left'", "must be a number"),
        ("[role.melody]\npan = true", "must be a number"),
        ("[role.melody]\npan = nan", "must be a number"),
        ("[role.melody]\npan = 2", "allowed: pan -1 to 1"),
        ("[role.melody]\nlevel_db = 90", "at most 24"),
        ("[role]\nmelody = 1", "must be a table"),
        ("role = 1", "must be a table"),
        ("room = 1", "must be a table"),
        ("[room]\nseconds = 0", "allowed: 0.1 to 10"),
        ("[role.melody", "is not TOML"),
    ],
)
def test_presets_with_mistakes(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mix.toml"
    path.write_text(text)
    with pytest.raises(RenderError, match=said):
        load_preset(str(path))


def test_a_preset_that_is_missing() -> None:
    with pytest.raises(RenderError, match="cannot be read"):
        load_preset("loudest")


def test_pan_keeps_the_power() -> None:
    reverb = Reverb(Room(), 48000)
    mono = np.repeat(noise(1)[:1], 2, axis=0)
    for pan in (-1.0, -0.4, 0.0, 0.7, 1.0):
        sides = np.square(Strip(0.0, pan, -math.inf, reverb).process(mono)).sum(axis=1)
        assert sides.sum() == pytest.approx(2 * np.square(mono[0]).sum(), rel=1e-4)
        assert np.sign(round(float(sides[1] - sides[0]), 3)) == np.sign(pan)


def test_tracks_of_one_role_stand_apart() -> None:
    violins = (Track(f"violin {number}", "melody", 40) for number in range(3))
    tracks = (*violins, Track("cello", "bass", 42))
    score = Score((Bar(Meter(4, 4)),), tracks)
    made = strips(score, [0.0] * 4, load_preset(), 48000)
    sides = [np.square(strip.process(noise(2))).sum(axis=1) for strip in made]
    balance = [float(right - left) for left, right in sides]
    assert balance[0] < balance[1] < balance[2]


def test_the_reverb_of_a_sum_is_the_sum_of_the_reverbs() -> None:
    reverb = Reverb(Room(), 48000)
    tails = [reverb.start() for _ in range(3)]
    a, b = noise(3), noise(4)
    for block in (slice(0, 1), slice(1, 2)):
        one, two = tails[0].process(a[block][0]), tails[1].process(b[block][0])
        both = tails[2].process(a[block][0] + b[block][0])
        assert np.abs(one + two - both).max() < 1e-5


def test_the_reverb_is_a_convolution_over_block_borders() -> None:
    room = Room(seconds=0.6)
    sound = np.concatenate([noise(5)[0], noise(6)[0]])
    tail = Reverb(room, 48000).start()
    silence = np.zeros(BLOCK, np.float32)
    blocks = [tail.process(part) for part in (sound[:BLOCK], sound[BLOCK:], silence)]
    assert not tail.ringing
    wet = np.concatenate(blocks, axis=1)
    response = impulse_response(room, 48000)
    for side in (0, 1):
        part = wet[side, BLOCK : BLOCK + 2000]
        direct = np.array(
            [np.dot(sound[max(n - response.shape[1] + 1, 0) : n + 1][::-1],
                    response[side][: min(n + 1, response.shape[1])]) for n in (BLOCK, BLOCK + 1999)]
        )  # fmt: skip
        assert part[[0, -1]] == pytest.approx(direct, abs=1e-4)


@pytest.mark.parametrize("rate", [44100, 48000])
def test_the_room_decays_as_said_and_stays_out_of_the_bass(rate: int) -> None:
    response = impulse_response(Room(seconds=1.0, predelay_ms=10.0), rate)
    assert not response[:, : int(0.009 * rate)].any()
    assert np.square(response).sum(axis=1) == pytest.approx(1.0, abs=1e-4)
    early = np.square(response[:, int(0.1 * rate) : int(0.2 * rate)]).sum()
    late = np.square(response[:, int(0.6 * rate) : int(0.7 * rate)]).sum()
    assert -38.0 < 10 * math.log10(late / early) < -28.0  # 30 dB in half a second, treble faster
    spectrum = np.square(np.abs(np.fft.rfft(response[0], 1 << 17)))
    hertz = np.fft.rfftfreq(1 << 17, 1 / rate)
    assert spectrum[hertz < 100].mean() < 0.05 * spectrum[(hertz > 300) & (hertz < 2000)].mean()


def test_instruments_are_evened_out(tmp_path: Path) -> None:
    engine = SoundFontEngine(str(tiny_soundfont(tmp_path / "tiny.sf2")))
    high = Track("high", "melody", 0, tuple(Note(12 * i, 84, 12, 30) for i in range(8)))
    low = Track("low", "bass", 0, tuple(Note(12 * i, 36, 12, 120) for i in range(8)))
    score = Score((Bar(Meter(4, 4)),) * 2, (high, low))
    gains = [evening_gain(engine, score, track, 48000) for track in score.tracks]
    # Ears hear little below 100 Hz, and the gain knows; velocities are none of its business.
    assert gains[1] - gains[0] > 3.0
    assert all(abs(gain) <= 15.0 for gain in gains)
    assert evening_gain(engine, score, Track("none"), 48000) == 0.0
    assert REFERENCE < 0.0
