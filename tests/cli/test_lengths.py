"""`anacrusis compose --length`: music for picture; and plans whose harmony is checked."""

from pathlib import Path

import pytest
from command import refused, run

from anacrusis.compose.files.read_write import read_score


def test_music_lasts_as_long_as_it_is_asked_to(weights: Path) -> None:
    ended = run("compose", "C {Am F} G C", "--length", "0:09.9", "--tempo", 100, "--tracks",
                "melody,bass", "--weights", weights)  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    for suffix in ("mid", "musicxml", "json"):
        assert abs(read_score(f"song/song.{suffix}").score.duration - 9.9) <= 0.01, suffix
    assert run("verify", "song/song.mid", "--plan", "song/song.json").out.startswith("every rule")


@pytest.mark.parametrize("command", ["compose", "plan check"])
def test_a_chord_in_the_way_of_a_cadence_is_named(weights: Path, command: str) -> None:
    Path("plan.yaml").write_text(
        'key: C\nchords: C F Dm C\nbars: 4\nrules: ["cadence authentic in bar 4"]\n'
    )
    extra = ("--weights", weights) if command == "compose" else ()
    assert "bar 3 has Dm; an authentic cadence in C major needs G" in refused(
        *command.split(), "plan.yaml", *extra
    )
