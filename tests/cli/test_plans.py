"""`anacrusis plan`, and what a plan file gets wrong."""

from pathlib import Path

import pytest
from command import Ended, files_in, refused, run

from anacrusis.compose.files.read_write import read_score, write_score
from anacrusis.compose.plan_file import parse_plan, read_plan
from anacrusis.compose.score import Bar, Meter, Score, Track
from anacrusis.studio.commands.demo import DEMO_PLAN

CROWD = "".join(
    f"  - {{name: track {n}, role: {role}}}\n"
    for n, role in enumerate(4 * ("melody", "counter", "chords", "pad"))
)
"""Sixteen tracks, one more than MIDI has channels for."""


def test_a_new_plan_can_be_checked_and_shown() -> None:
    made = run("plan", "new", "mine.yaml")
    assert made == Ended(0, "mine.yaml\n", "")
    checked = run("plan", "check", "mine.yaml")
    assert checked.code == 0
    assert "32 bars and a pickup, 4 tracks" in checked.out
    shown = run("plan", "show", "mine.yaml")
    assert (shown.code, shown.err) == (0, "")
    assert parse_plan(shown.out) == read_plan("mine.yaml")


def test_a_plan_is_not_overwritten_unless_forced() -> None:
    Path("plan.yaml").write_text("mine")
    assert "exists already" in refused("plan", "new")
    assert Path("plan.yaml").read_text() == "mine"
    assert run("plan", "new", "--force").code == 0
    assert run("plan", "check", "plan.yaml").code == 0


def test_check_says_what_is_left_to_the_model() -> None:
    Path("open.yaml").write_text("bars: 8\n")
    checked = run("plan", "check", "open.yaml")
    assert "left to the model: sections, key, tempo, chords" in checked.out
    Path("given.yaml").write_text("tempo: 90\nkey: C\nchords: C F G C\n")
    assert "left to the model" not in run("plan", "check", "given.yaml").out


def test_a_composed_score_shows_its_plan(song: Path, weights: Path) -> None:
    plan = parse_plan(run("plan", "show", song).out)
    assert plan == read_score(song).score.plan
    bare = Score((Bar(Meter(4, 4)),), (Track("flute", "melody", 73),))
    write_score(bare, "bare.json")
    assert "carries no plan" in refused("plan", "show", "bare.json")


def test_a_score_stands_for_its_plan(song: Path, weights: Path) -> None:
    score, midi = read_score(song).score, song.with_suffix(".mid")
    assert f"{song}: 4 bars, 4 tracks; all well" in run("plan", "check", song).out
    again = run("compose", song, "--weights", weights, "-o", "again")
    assert again.code == 0, again.err
    assert read_score("again/song.json").score.plan == score.plan
    assert run("verify", midi, "--plan", song).code == 0
    for line in (("compose", midi), ("plan", "check", midi), ("verify", song, "--plan", midi)):
        assert f"{midi} is a MIDI file, not a plan; give a plan" in refused(*line)
    xml = song.with_suffix(".musicxml")
    assert f"{xml} is a MusicXML file, not a plan" in refused("compose", xml)
    assert "gone.json does not exist" in refused("compose", "gone.json")
    Path("flow.json").write_text('{"bars": 3}')
    assert "flow.json: 3 bars" in run("plan", "check", "flow.json").out


def test_the_demo_plan_is_a_finished_form_of_32_bars() -> None:
    checked = run("plan", "check", DEMO_PLAN)
    assert checked.code == 0
    assert "32 bars" in checked.out and "left to the model" not in checked.out
    plan = read_plan(DEMO_PLAN)
    chords = [at.chord for s in plan.sections for bar in plan.chords_of(s) or () for at in bar]
    assert str(chords[0]) == str(chords[-1]) == "Am"
    assert str(chords[-2]) == "E7"
    assert any(chord.bass is not None for chord in chords)
    assert {track.role for track in plan.tracks} == {"melody", "chords", "bass", "drums"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bars: 0", ("plan.yaml:1:7: bars", "1 to 2000")),
        ("bars: 4\ntempo: 0", ("plan.yaml:2:8: tempo", "20 to 400")),
        ("bars: 4\ntracks: [theremin]", ("plan.yaml:2:", "theremin")),
        (
            "sections:\n  - name: A\n    bars: 2\n    chords: {3: Am}",
            ("chord in a bar that does not exist: bar 3", "1 to 2"),
        ),
        (
            "bars: 4\ntracks:\n  - name: flute\n    range: C6-C4",
            ("plan.yaml:4:", "holds no notes"),
        ),
        ("bars: 4\ntracks:\n  - name: flute\n    range: C4-D4", ("under an octave",)),
        (
            "bars: 4\ntracks:\n" + CROWD,
            ("plan.yaml:18:5: tracks[16]", "16 pitched tracks; allowed: 15"),
        ),
        ("bars: 4\ncolour: red", ("plan.yaml:2:", "colour")),
        ("bars: [4", ("plan.yaml:",)),
        ("", ("plan.yaml",)),
        ("&a [*a, *a]", ("plan.yaml",)),
    ],
)
def test_an_impossible_plan_names_the_place(
    text: str, said: tuple[str, ...], weights: Path, tmp_path: Path
) -> None:
    Path("plan.yaml").write_text(text)
    for words in (
        refused("plan", "check", "plan.yaml"),
        refused("compose", "plan.yaml", "--weights", weights),
    ):
        for part in said:
            assert part in words
    assert files_in(tmp_path) == ["plan.yaml"]


def test_a_plan_that_cannot_be_met_is_told() -> None:
    file = Path("plan.yaml")
    head = "bars: 4\nchords: C G C F\ntracks: [{name: vc, instrument: cello, role: chords, "
    head += "polyphony: 3, range: C2-G4}]\n"
    file.write_text(head + 'rules: ["vc: playable", "vc: voices 3"]\n')
    assert "vc: playable; vc: voices 3" in refused("plan", "check", file)
    file.write_text(head + 'rules: ["vc: playable", "vc: voices 2"]\n')
    assert "all well" in run("plan", "check", file).out
    file.write_text('bars: 4\nrules: ["melody: rhythm 1/8"]\n')
    assert "checked when the chords are known" in run("plan", "check", file).out
