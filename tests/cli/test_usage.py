"""Help, wrong usage and exit codes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main
from command import files_in, refused, run

from anacrusis.studio import main as command_line

COMMANDS = (
    "", "demo", "compose", "render", "verify", "plan", "plan new", "plan check", "plan show",
    "diff", "edit",
    "edit lock", "edit unlock", "edit regenerate", "edit vary", "edit extend",
    "edit continue", "edit insert", "edit delete", "edit transpose", "edit reharmonise",
    "edit reinstrument", "edit rearrange", "edit add-track", "edit humanise", "edit join",
    "edit replan", "edit undo", "edit redo", "edit history",
    "doctor", "train", "data", "data list", "data fetch", "data prepare", "data stats",
    "evaluate", "evaluate accompaniment", "evaluate chorales", "evaluate form",
    "evaluate infilling", "evaluate originality", "listen",
)  # fmt: skip


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
        "render x.mid --bit-depth low", "verify", "plan check", "train",
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("locale", [{"LC_ALL": "C.UTF-8"}, {}])
def test_a_full_standard_output_is_named(locale: dict[str, str]) -> None:
    known = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "anacrusis.studio.main", "data", "list"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=known | locale,
        )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr == "anacrusis: standard output: No space left on device\n"


def test_a_terminal_that_lacks_a_character_has_it_spelt_out(weights: Path) -> None:
    line = ["compose", "Bb", "--title", "Ümläut", "--bars", "1", "--tracks", "flute"]
    ended = subprocess.run(
        [sys.executable, "-m", "anacrusis.studio.main", *line, "--weights", str(weights)],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("\\xdcml\\xe4ut: 1 bar")


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
        (["--tempo", "0"], "tempo 0.0; allowed: 20 to 400"),
        (["--tempo", "nan"], "tempo nan"),
        (["--meter", "4/3"], "meter 4/3 is not supported"),
        (["--meter", "common"], "'common' cannot be read"),
        (["--key", "H flat"], "key 'H flat' cannot be read"),
        (["--tracks", "melody,kazooka"], "track 'kazooka' is neither a role"),
        (["--tracks", "melody,,bass"], "lacks a name"),
        (["Am F", "--tracks", ""], "no names are given; write them like melody,bass"),
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
