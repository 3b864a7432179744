"""The command line as people meet it: exit codes, what goes where, and what is left on disk."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main
from small_weights import small_weights
from tiny_soundfont import tiny_soundfont

from anacrusis.compose.files.read_write import read_score, write_score
from anacrusis.compose.plan_file import parse_plan, read_plan
from anacrusis.compose.score import Bar, Meter, Note, Score, Track
from anacrusis.studio import main as command_line
from anacrusis.studio import usage
from anacrusis.studio.commands.demo import DEMO_PLAN

COMMANDS = (
    "", "demo", "compose", "render", "verify", "plan", "plan new", "plan check", "plan show",
    "doctor", "train", "data", "data list", "data fetch", "data prepare", "data stats",
)  # fmt: skip


class Ended(NamedTuple):
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


def run(*arguments: object) -> Ended:
    """Run `anacrusis` in this process, from `main` on."""
    out, err = io.StringIO(), io.StringIO()
    given = ["anacrusis", *map(str, arguments)]
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", given)
        try:
            command_line.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
    return Ended(code, out.getvalue(), err.getvalue())


def refused(*arguments: object, code: int = 1) -> str:
    """The one line with which a command refuses; it must print no result and no traceback."""
    ended = run(*arguments)
    assert ended.code == code, ended
    assert ended.out == ""
    assert ended.err.startswith("anacrusis: ")
    assert ended.err.count("\n") == 1
    return ended.err


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_weights(tmp_path_factory.mktemp("weights") / "small")


@pytest.fixture(scope="module")
def font(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_soundfont(tmp_path_factory.mktemp("font") / "tiny.sf2")


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in an empty folder of its own, far from the user's fonts and caches."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANACRUSIS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def song(weights: Path, tmp_path: Path) -> Path:
    """A composed score of four bars."""
    ended = run("compose", "Am F C G", "--bars", 4, "--weights", weights, "-o", tmp_path / "song")
    assert ended.code == 0, ended.err
    return tmp_path / "song" / "song.json"


# Help and usage


@pytest.mark.parametrize("command", COMMANDS)
def test_help_goes_to_stdout(command: str) -> None:
    ended = run(*command.split(), "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Usage: ")


def test_every_command_and_option_says_what_it_is() -> None:
    def check(command: typer.core.TyperCommand, name: str) -> None:
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"
        for child, nested in getattr(command, "commands", {}).items():
            seen.append(f"{name} {child}".strip())
            check(nested, seen[-1])

    seen = [""]
    check(typer.main.get_command(command_line.app), "")
    assert sorted(seen) == sorted(COMMANDS)


@pytest.mark.parametrize(
    "line",
    [
        "frobnicate", "compose --frobnicate", "compose --bars many", "compose --seed -1",
        "compose --threads 0", "demo --seed x", "render", "render x.mid --workers 0",
        "render x.mid --bit-depth low", "verify", "plan check", "train --out runs",
        "data prepare --workers 0", "data fetch --seed 1", "train --shards x --out y --steps 0",
    ],
)  # fmt: skip
def test_wrong_usage_exits_2_and_prints_no_result(line: str, tmp_path: Path) -> None:
    ended = run(*line.split())
    assert (ended.code, ended.out) == (2, "")
    assert "Error: " in ended.err or "Usage: " in ended.err
    assert "Traceback" not in ended.err
    assert files_in(tmp_path) == []


def test_errors_beyond_our_own_are_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(error: BaseException) -> Callable[[], None]:
        def fail() -> None:
            raise error

        return fail

    for error, expected in (
        (OSError(28, "No space left on device", "song.wav"), "song.wav: No space left on device"),
        (MemoryError(), "out of memory"),
    ):
        monkeypatch.setattr(command_line, "app", failing(error))
        assert expected in refused("demo")


def test_a_process_ends_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "anacrusis.studio.main"]
    failed = subprocess.run(
        [*command, "plan", "check", "no.yaml"], capture_output=True, text=True, check=False
    )
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == (
        "anacrusis: no.yaml does not exist; give the path of a plan (a YAML file)\n"
    )
    with subprocess.Popen(
        [*command, "data", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as gone:
        assert gone.stdout is not None and gone.stderr is not None
        gone.stdout.close()  # as `| head` does
        assert gone.stderr.read() == ""


# Plans


def test_a_new_plan_can_be_checked_and_shown() -> None:
    made = run("plan", "new", "mine.yaml")
    assert made == Ended(0, "mine.yaml\n", "")
    checked = run("plan", "check", "mine.yaml")
    assert checked.code == 0
    assert "32 bars, 4 tracks" in checked.out
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


# Composing


def test_one_line_becomes_three_files_that_hold_the_same_music(
    weights: Path, tmp_path: Path
) -> None:
    ended = run(
        "compose", "Am | F C | G . . D7 | %", "--bars", 4, "--tempo", 96, "--meter", "4/4",
        "--tracks", "melody,cello,bass,drums", "--seed", 3, "--title", "Pier", "--weights", weights,
        "--out", "here/there", "--name", "pier",
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    paths = [Path("here/there") / f"pier.{suffix}" for suffix in ("mid", "musicxml", "json")]
    assert ended.out.splitlines()[-3:] == [str(path) for path in paths]
    assert files_in(tmp_path / "here" / "there") == ["pier.json", "pier.mid", "pier.musicxml"]
    scores = [read_score(path).score for path in paths]
    for score in scores:
        assert [str(span.chord) for span in score.chords] == ["Am", "F", "C", "G", "D7", "G", "D7"]
        assert len(score.bars) == 4 and score.tempos[0].bpm == pytest.approx(96)
        assert [track.role for track in score.tracks] == ["melody", "counter", "bass", "drums"]
        assert score.title == "Pier"
    midi, _, whole = scores
    for mine, theirs in zip(midi.tracks, whole.tracks, strict=True):
        assert [(n.onset, n.pitch) for n in mine.notes] == [
            (n.onset, n.pitch) for n in theirs.notes
        ]
    assert whole.plan is not None and whole.plan.seed == 3


def test_what_was_composed_is_verified(song: Path) -> None:
    ended = run("verify", song)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("every rule is kept: 4 bars")


def test_the_seed_decides_the_notes(weights: Path) -> None:
    def composed(folder: str, *more: object) -> bytes:
        ended = run("compose", "Dm7 G7 C", "--bars", 6, "--weights", weights, "-o", folder, *more)
        assert ended.code == 0, ended.err
        return (Path(folder) / "song.mid").read_bytes()

    first = composed("a", "--seed", 11)
    assert composed("b", "--seed", 11, "--threads", 2) == first
    assert composed("c", "--seed", 12) != first
    assert (Path("a") / "song.json").read_bytes() == (Path("b") / "song.json").read_bytes()


def test_without_chords_the_model_writes_the_form(weights: Path) -> None:
    ended = run("compose", "--bars", 8, "--weights", weights, "--tracks", "melody,bass", "-o", "x")
    assert ended.code == 0, ended.err
    score = read_score("x/song.json").score
    assert len(score.bars) == 8
    assert score.sections and score.keys and score.chords
    assert run("verify", "x/song.json").code == 0


def test_a_plan_file_is_composed_and_options_can_change_it(weights: Path) -> None:
    Path("plan.yaml").write_text("title: One\nkey: C\ntempo: 90\nchords: C F G7 C\nbars: 4\n")
    assert run("compose", "plan.yaml", "--weights", weights, "-o", "a").code == 0
    assert read_score("a/song.json").score.title == "One"
    more = ("--title", "Two", "--seed", 9)
    assert run("compose", "plan.yaml", "--weights", weights, "-o", "b", *more).code == 0
    plan = read_score("b/song.json").score.plan
    assert plan is not None and (plan.title, plan.seed) == ("Two", 9)
    line = ("compose", "plan.yaml", "--weights", weights, "-o", "c")
    said = refused(*line, "--tempo", 80, code=2)
    assert "--tempo belongs to the one-line form" in said
    assert not Path("c").exists()


def test_existing_files_are_refused_unless_forced(weights: Path) -> None:
    Path("song").mkdir()
    Path("song/song.musicxml").write_text("mine")
    line = ("compose", "C G", "--bars", 2, "--weights", weights)
    assert "song.musicxml exists already" in refused(*line)
    assert files_in(Path("song")) == ["song.musicxml"]
    assert Path("song/song.musicxml").read_text() == "mine"
    assert run(*line, "--force").code == 0
    assert len(read_score("song/song.musicxml").score.bars) == 2


@pytest.mark.parametrize("out", ["taken", "taken/below/it"])
def test_a_file_in_place_of_the_folder(weights: Path, out: str) -> None:
    Path("taken").write_text("mine")
    said = refused("compose", "C G", "--bars", 2, "--weights", weights, "-o", out)
    assert "cannot write to taken" in said and "--out" in said
    assert Path("taken").read_text() == "mine"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "x" * 300])
def test_a_name_that_names_no_file(weights: Path, tmp_path: Path, name: str) -> None:
    said = refused("compose", "C", "--bars", 1, "--weights", weights, f"--name={name}", code=2)
    assert "--name" in said
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--bars", "0"], "bars is 0; allowed: 1 to 2000"),
        (["--bars", "9999"], "bars is 9999"),
        (["C", "--bars", "0"], "bars is 0"),
        (["--tempo", "0"], "tempo 0; allowed: 20 to 400"),
        (["--tempo", "nan"], "tempo nan"),
        (["--meter", "4/3"], "meter 4/3 is not supported"),
        (["--meter", "common"], "'common' cannot be read"),
        (["--key", "H flat"], "key 'H flat' cannot be read"),
        (["--tracks", "melody,kazooka"], "track 'kazooka' is neither a role"),
        (["--tracks", "melody,,bass"], "lacks a name"),
        (["--tracks", "drums,drums"], "allowed: 1"),
        (["--sections", "A:4,B"], "section 'B' cannot be read"),
        (["--style", "polka"], "style 'polka' is unknown"),
        (["--swing", "0.9"], "swing 0.9"),
        (["--pickup", "4"], "does not fit before a bar"),
        (["Am Hm"], "bar 2: chord 'Hm' cannot be read"),
        (["I V"], "needs a key"),
        (["C F G C", "--bars", "2"], "no room for bar 3"),
        (["x" * 5000], "cannot be read"),
        (["--temperature", "0"], "temperature 0.0"),
        (["--top-p", "0"], "top_p 0.0"),
        (["Amb5"], "did you mean Adim?"),
        (["--title", "a\x1bb"], "title 'a\\x1bb' holds control characters"),
        (["--title", "\udcff"], "holds control characters"),
        (["--sections", "a\x1b:4"], "section 'a\\x1b' holds control characters"),
        (["missing.yaml", "--tempo", "90"], "missing.yaml"),
        (["--font", "any.sf2"], "--font has no effect without --audio"),
    ],
)
def test_an_impossible_line_is_one_clear_line(line: list[str], said: str, tmp_path: Path) -> None:
    assert said in refused("compose", *line, code=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--weights", "nowhere"], "nowhere is not a weights folder"),
        (["missing.yaml"], "missing.yaml does not exist"),
        (["--audio", "--font", "no.sf2"], "no.sf2, which does not exist"),
    ],
)
def test_a_missing_file_is_no_wrong_usage(line: list[str], said: str, tmp_path: Path) -> None:
    assert said in refused("compose", *line)
    assert list(tmp_path.iterdir()) == []


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


def test_weights_of_another_vocabulary_are_refused(weights: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load, save

    other = tmp_path / "other"
    other.mkdir()
    for file in weights.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    tensors = load((other / "model.safetensors").read_bytes())
    (other / "model.safetensors").write_bytes(save(tensors, {"vocab_hash": "0" * 16}))
    assert "other tokens" in refused("compose", "C", "--weights", other)


# Verifying


def test_a_broken_rule_exits_1_and_is_named(song: Path) -> None:
    score = read_score(song).score
    melody = score.tracks[0]
    wrong = replace(melody, notes=(Note(0, 61, 6), *(n for n in melody.notes if n.onset >= 12)))
    write_score(replace(score, tracks=(wrong, *score.tracks[1:])), "wrong.json")
    ended = run("verify", "wrong.json")
    assert (ended.code, ended.err) == (1, "")
    assert "bar 1, beat 1, melody: strong: " in ended.out
    report = json.loads(run("verify", "wrong.json", "--format", "json").out)
    assert not report["ok"]
    assert {"rule": "strong", "bar": 1, "track": "melody"}.items() <= report["violations"][
        0
    ].items()


def test_a_score_is_checked_against_another_plan(song: Path) -> None:
    Path("other.yaml").write_text("key: C\ntempo: 120\nchords: Am F C E7\nbars: 4\n")
    ended = run("verify", song, "--plan", "other.yaml")
    assert ended.code == 1
    assert "chords" in ended.out


@pytest.mark.parametrize("content", [b"", b"MThd\0\0\0\6\0\1", b"<score", b"{", b"\x89PNG\r\n"])
def test_damaged_scores_are_one_clear_line(content: bytes, tmp_path: Path) -> None:
    Path("bad.mid").write_bytes(content)
    for command in (("verify",), ("render", "-o", "sound")):
        assert "bad.mid" in refused(*command, "bad.mid")
    assert files_in(tmp_path) == ["bad.mid"]


def test_an_unknown_report_is_wrong_usage(song: Path) -> None:
    said = refused("verify", song, "--format", "xml", code=2)
    assert "--format 'xml'; allowed: text, json" in said


# Rendering


def test_a_score_is_rendered_to_a_mix_and_stems(song: Path, font: Path, tmp_path: Path) -> None:
    line = ("render", song, "--font", font, "-o", "sound", "--format", "flac,ogg")
    ended = run(*line)
    assert (ended.code, ended.err) == (0, "")
    written = files_in(tmp_path / "sound")
    assert {"song.flac", "song.ogg", "stems/01-melody.flac"} <= set(written)
    listed = [text for text in ended.out.splitlines() if not text.startswith(" ")]
    assert sorted(str(Path(text).relative_to("sound")) for text in listed) == written
    assert "LUFS" in ended.out and "CC0" in ended.out
    assert "exists already" in refused(*line)
    assert run(*line, "--force").code == 0


def test_midi_of_any_origin_is_rendered(font: Path) -> None:
    notes = (Note(0, 60, 12), Note(12, 64, 12))
    write_score(Score((Bar(Meter(4, 4)),), (Track("flute", "melody", 73, notes),)), "any.mid")
    assert run("render", "any.mid", "--font", font, "--no-stems", "--name", "x").code == 0
    assert files_in(Path("sound")) == ["x.wav"]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--engine", "organ"], 2, "engine 'organ' is unknown; allowed: soundfont"),
        (["--sample-rate", "22050"], 2, "22050; allowed: 44100 or 48000"),
        (["--bit-depth", "8"], 2, "allowed: 16 or 24"),
        (["--format", "mp4"], 2, "'mp4' is unknown; allowed: wav, flac, ogg"),
        (["--format", ","], 2, "no audio format"),
        (["--lufs", "nan"], 2, "loudness nan"),
        (["--font", "no.sf2"], 1, "no.sf2, which does not exist"),
        (["--name", "a/b"], 2, "--name 'a/b'"),
        (["-o", "any.json/x"], 1, "cannot write to any.json/x"),
    ],
)
def test_what_cannot_be_rendered_leaves_nothing(
    more: list[str], code: int, said: str, tmp_path: Path
) -> None:
    notes = (Note(0, 60, 12),)
    write_score(Score((Bar(Meter(4, 4)),), (Track("flute", "melody", 73, notes),)), "any.json")
    assert said in refused("render", "any.json", *more, code=code)
    assert list(tmp_path.iterdir()) == [tmp_path / "any.json"]


def test_composing_can_render_as_well(weights: Path, font: Path, tmp_path: Path) -> None:
    line = ("compose", "C G", "--bars", 2, "--tracks", "flute,bass", "--weights", weights)
    sound = ("--audio", "--font", font)
    ended = run(*line, *sound)
    assert (ended.code, ended.err) == (0, "")
    expected = ["song.json", "song.mid", "song.musicxml", "song.wav"]
    expected += ["stems/01-flute.wav", "stems/02-bass.wav"]
    assert files_in(tmp_path / "song") == expected
    for name in expected:
        assert str(Path("song") / name) in ended.out.splitlines()
        if not name.startswith("stems"):
            (tmp_path / "song" / name).unlink()
    assert "stems exists already" in refused(*line, *sound)
    assert files_in(tmp_path / "song") == expected[-2:]


# Doctor


def test_doctor_is_content_where_all_is_there(
    weights: Path, font: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anacrusis.compose.model.runtime.SHIPPED", weights)
    ended = run("doctor", "--font", font)
    assert (ended.code, ended.err) == (0, "")
    assert "MISSING" not in ended.out
    for part in ("Python", "model", "FluidSynth", "SoundFont", "audio files", "training"):
        assert part in ended.out


def test_doctor_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anacrusis.compose.model.runtime.SHIPPED", tmp_path / "gone")
    monkeypatch.setenv("ANACRUSIS_SOUNDFONT", str(tmp_path / "gone.sf2"))
    ended = run("doctor")
    assert ended.code == 1
    missing = [text for text in ended.out.splitlines() if text.startswith("MISSING")]
    assert [text.split()[1] for text in missing] == ["model:", "SoundFont:"]
    assert "--fetch-font" in ended.out


# Data and training


def test_data_sets_are_listed_with_their_licences() -> None:
    ended = run("data", "list")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert len(lines) >= 10
    assert any("openscore_lieder" in text and "CC0-1.0" in text for text in lines)


def test_counting_an_empty_cache_says_how_to_fill_it() -> None:
    said = refused("data", "stats", "jsb_chorales")
    assert "nothing has been read" in said and "anacrusis data prepare --from" in said


@pytest.mark.parametrize("command", ["fetch", "prepare", "stats"])
def test_an_unknown_set_is_wrong_usage(command: str, tmp_path: Path) -> None:
    assert "there is no data set 'nonsense'" in refused("data", command, "nonsense", code=2)
    assert files_in(tmp_path) == []


def test_preparing_from_no_folder_is_one_clear_line(tmp_path: Path) -> None:
    assert "--from nowhere does not exist" in refused("data", "prepare", "--from", "nowhere")
    Path("file").write_text("mine")
    assert "--from file is not a folder" in refused("data", "prepare", "--from", "file")
    Path("empty").mkdir()
    said = refused("data", "prepare", "jsb_chorales", "--from", "empty")
    assert "empty holds neither" in said
    assert files_in(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--shards nowhere --steps 2", "nowhere is not a shard folder"),
        ("--shards nowhere", "neither steps nor minutes"),
        ("--shards nowhere --steps 2 --config no.json", "no.json"),
    ],
)
def test_training_without_shards_is_one_clear_line(line: str, said: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    ended = run("train", "--out", "run", *line.split())
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err and ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_training_without_torch_says_how_to_get_it() -> None:
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "sys.argv = ['anacrusis', 'train', '--shards', 's', '--out', 'o', '--steps', '1']\n"
        "from anacrusis.studio.main import main; main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"anacrusis: training needs torch; run `{usage.install_command('train')}`\n"
    )


def test_extras_are_installed_from_where_the_program_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "_ROOT", tmp_path)
    assert usage.install_command("train") == "pip install 'anacrusis[train]'"
    (tmp_path / "pyproject.toml").touch()
    assert usage.install_command("train") == f"pip install -e '{tmp_path}[train]'"


@pytest.mark.slow
def test_from_data_to_shards_to_weights_to_a_song(weights: Path, tmp_path: Path) -> None:
    from anacrusis.datasets.loaders.piece import Piece
    from anacrusis.datasets.prepare import split_of

    music = tmp_path / "sets" / "freedoom_midi" / "musics"
    music.mkdir(parents=True)
    counts = dict.fromkeys(("train", "valid", "test"), 0)
    one_bar = Score((Bar(Meter(4, 4)),))
    for number in range(1000):
        split = split_of(Piece(f"freedoom_midi/musics/{number}", one_bar, "game"))
        if counts[split] >= 2:
            continue
        counts[split] += 1
        line = ("compose", "Am F C G", "--bars", 8, "--weights", weights, "--seed", number)
        assert run(*line, "--name", number, "-o", tmp_path / "made").code == 0
        (tmp_path / "made" / f"{number}.mid").rename(music / f"{number}.mid")
        if min(counts.values()) == 2:
            break

    prepared = run("data", "prepare", "freedoom_midi", "--from", "sets", "--workers", 1)
    assert prepared.code == 0, prepared.err
    assert prepared.out.splitlines()[-1] == "shards"
    assert any(text.split()[:3] == ["freedoom_midi", "train", "2"] for text in
               prepared.out.splitlines())  # fmt: skip
    assert "| freedoom_midi | 6 | 6 | 48 |" in run("data", "stats", "freedoom_midi").out

    model = {"dim": 32, "depth": 1, "heads": 2, "head_dim": 16}
    settings = {"model": model, "batch_tokens": 512, "valid_batches": 1}
    Path("small.json").write_text(json.dumps(settings))
    line = ("train", "--shards", "shards", "--out", "run", "--config", "small.json")
    trained = run(*line, "--steps", 3)
    assert trained.code == 0, trained.err
    assert "finished at step 3 of 3" in trained.out
    resumed = run(*line, "--steps", 5, "--resume")
    assert resumed.code == 0, resumed.err
    assert "finished at step 5 of 5" in resumed.out
    ended = run("compose", "C G", "--bars", 2, "--weights", "run/weights", "-o", "new")
    assert ended.code == 0, ended.err
    assert run("verify", "new/song.json").code == 0


# The demo


def test_the_demo_takes_its_plan_from_the_package(
    weights: Path, font: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anacrusis.compose.model.runtime.SHIPPED", weights)
    monkeypatch.setenv("ANACRUSIS_SOUNDFONT", str(font))
    _check_demo(tmp_path)
    assert "exists already" in refused("demo")


@pytest.mark.slow
def test_the_demo_with_the_shipped_weights(
    font: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANACRUSIS_SOUNDFONT", str(font))
    _check_demo(tmp_path)


def _check_demo(folder: Path) -> None:
    ended = run("demo")
    assert (ended.code, ended.err) == (0, "")
    stems = [f"stems/{n:02d}-{name}.wav" for n, name in
             enumerate(("flute", "piano", "bass", "drums"), 1)]  # fmt: skip
    expected = ["song.json", "song.mid", "song.musicxml", "song.wav", *stems]
    assert files_in(folder / "song") == expected
    for name in expected:
        assert str(Path("song") / name) in ended.out.splitlines()
    score = read_score("song/song.json").score
    assert len(score.bars) == 32
    assert score.plan == read_plan(DEMO_PLAN)
    assert run("verify", "song/song.json").code == 0
