"""Control events of foreign MIDI files: kept where asked for, written back, saved as JSON."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from midi_files import SMALL, meta, midi, off, on, program

from anacrusis.compose.errors import AnacrusisError, ScoreError
from anacrusis.compose.files.json_file import score_from_json, score_to_json
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.files.midi_write import midi_bytes
from anacrusis.compose.files.read_write import read_score, write_score
from anacrusis.compose.files.smf import BEND, CONTROL, PORT, PRESSURE, Event, parse_smf
from anacrusis.compose.score import CONTROLS, Control, Score, Track

PEDAL = [
    Event(0, CONTROL, 0, 7, 100), Event(50, CONTROL, 0, 64, 127), Event(51, BEND, 0, 1, 65),
    Event(480, PRESSURE, 0, 30, 0), Event(960, CONTROL, 0, 64, 0),
]  # fmt: skip


def controlled() -> bytes:
    return midi([program(0, 40), *PEDAL[:3], on(60), PEDAL[3], off(900), PEDAL[4]])


def test_controls_are_counted_or_kept() -> None:
    plain, kept = read_midi(controlled()), read_midi(controlled(), controls=True)
    assert plain.losses.counts["sustain pedal events"] == 2
    assert plain.losses.counts["controller events"] == 1
    assert not plain.score.tracks[0].controls
    assert not any("control" in reason or "pedal" in reason for reason in kept.losses.counts)
    assert kept.score.tracks[0].controls == (
        Control(0, "control", 7, 100), Control(1.25, "control", 64, 127),
        Control(1.275, "bend", 0, 65 << 7 | 1), Control(12, "pressure", 0, 30),
        Control(24, "control", 64, 0),
    )  # fmt: skip
    assert kept.score.tracks[0].notes == plain.score.tracks[0].notes


def test_controls_are_written_as_they_were() -> None:
    score = read_midi(controlled(), controls=True).score
    data, losses = midi_bytes(score)
    assert not losses
    kinds = (CONTROL, BEND, PRESSURE)
    (chunk,) = (c for c in parse_smf(data).chunks if any(e.kind == CONTROL for e in c.events))
    assert [event for event in chunk.events if event.kind in kinds] == PEDAL
    assert read_midi(data, controls=True).score == score


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5000), st.sampled_from(sorted(CONTROLS)), st.integers(0, 127),
            st.integers(0, 127),
        ),
        max_size=20,
    ),
    st.booleans(),
)  # fmt: skip
def test_every_format_that_has_controls_keeps_them(rows: list, swings: bool) -> None:
    single = ("pressure", "bend")
    found = [Control(t / 40, k, 0 if k in single else n, v) for t, k, n, v in rows]
    tune, kit = SMALL.tracks
    tracks = (replace(tune, controls=tuple(found)), replace(kit, controls=tuple(found[:3])))
    score = replace(SMALL, tracks=tracks, swing=0.62 if swings else 0.5)
    assert score_from_json(score_to_json(score)) == score
    if not swings:
        assert read_midi(midi_bytes(score).data, controls=True).score == score


def test_a_channel_controls_all_its_tracks_and_no_others() -> None:
    data = midi(
        [Event(0, CONTROL, 2, 7, 90), Event(0, CONTROL, 5, 7, 10)],
        [program(0, 1, 2), on(0, channel=2), off(480, channel=2)],
        [program(0, 2, 3), on(0, channel=3), off(480, channel=3)],
        [meta(0, PORT, b"\1"), program(0, 2, 2), on(0, channel=2), off(480, channel=2)],
    )
    score, losses = read_midi(data, controls=True)
    assert [len(track.controls) for track in score.tracks] == [1, 0, 0]
    assert losses.counts["control events of channels without notes"] == 1


def test_what_cannot_be_written_is_counted(tmp_path: Path) -> None:
    held = (Control(0, "control", 64, 127),)
    score = replace(SMALL, tracks=(replace(SMALL.tracks[0], controls=held),))
    assert write_score(score, tmp_path / "a.musicxml").counts == {"control events": 1}
    for name in ("a.json", "a.mid"):
        assert not write_score(score, tmp_path / name)
    assert read_score(tmp_path / "a.mid", controls=True).score.tracks == score.tracks
    notes = SMALL.tracks[0].notes
    crowd = tuple(Track(f"t{i}", "melody", i % 2, notes[:1], held) for i in range(16))
    crowd = tuple(
        replace(t, notes=tuple(replace(n, pitch=i) for n in t.notes)) for i, t in enumerate(crowd)
    )
    lost = midi_bytes(replace(SMALL, tracks=crowd)).losses.counts
    assert 1 < lost["control events of tracks that share a channel"] <= 16


@pytest.mark.parametrize(
    "row",
    [(-1, "control", 1, 1), (0, "pedal", 1, 1), (0, "control", 128, 1), (0, "bend", 0, 2**14)],
)
def test_controls_that_cannot_exist_are_refused(row: tuple) -> None:
    with pytest.raises(ScoreError, match="allowed"):
        Control(*row)
    text = score_to_json(Score(SMALL.bars, (Track("a", controls=(Control(0, "bend", 0, 0),)),)))
    import json

    data = json.loads(text)
    data["tracks"][0]["controls"] = [list(row)]
    with pytest.raises(AnacrusisError):
        score_from_json(json.dumps(data))
