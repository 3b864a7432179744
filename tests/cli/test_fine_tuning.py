"""`anacrusis train --data`: from a folder of files to weights to compose with."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import files_in, refused, run

pytest.importorskip("torch")

SETTINGS = {"batch_tokens": 512, "valid_batches": 1, "valid_every": 2, "precision": "fp32"}


def music(folder: Path, weights: Path, count: int) -> Path:
    """A folder of composed songs, one of them deeper, and files that are none."""
    for seed in range(count):
        line = ("compose", "Am F C G", "--bars", 10, "--weights", weights, "--seed", seed)
        assert run(*line, "--name", f"song{seed}", "-o", folder / "made").code == 0
    for path in (folder / "made").iterdir():
        if path.suffix == ".json":
            path.unlink()
    (folder / "broken.mid").write_bytes(b"MThd broken")
    return folder


@pytest.mark.slow
def test_a_folder_of_files_tunes_weights_that_compose(weights: Path, tmp_path: Path) -> None:
    music(tmp_path / "music", weights, 3)
    Path("small.json").write_text(json.dumps(SETTINGS))
    line = ("train", "--data", "music", "--out", "run", "--config", "small.json", "--threads", 1)
    trained = run(*line, "--init", weights, "--steps", 3)
    assert trained.code == 0, trained.err
    assert "broken.mid: " in trained.err
    assert "fewer than 10 different pieces" in trained.err
    assert "finished at step 3 of 3" in trained.out
    assert "before, " in trained.out
    assert trained.out.splitlines()[-1] == "run/weights"

    again = refused(*line, "--init", weights, "--steps", 3)
    assert "holds a run already" in again
    (tmp_path / "music" / "broken.mid").unlink()  # the run goes on with what it began with
    resumed = run("train", "--out", "run", "--steps", 5, "--resume")
    assert resumed.code == 0, resumed.err
    assert "finished at step 5 of 5" in resumed.out

    line = ("train", "--out", "run", "--steps", 10**6, "--resume")
    assert stopped(*line, log=tmp_path / "run/log.jsonl") == 130

    card = (tmp_path / "run/weights/README.md").read_text()
    assert f"Fine-tuned** from the weights `{weights.name}`" in card
    assert "the user's own" in card and "song0" not in card
    manifest = json.loads((tmp_path / "run/weights/data.json").read_text())
    assert manifest["sets"][0]["name"] == "own"
    assert len(manifest["parent"]["safetensors_sha256"]) == 64
    assert (tmp_path / "run/weights/tokenizer.json").is_file()
    ended = run("compose", "C G", "--bars", 2, "--weights", "run/weights", "-o", "new")
    assert ended.code == 0, ended.err
    assert run("verify", "new/song.json").code == 0

    shards = ("train", "--shards", "run/shards", "--out", "third", "--config", "small.json")
    onwards = run(*shards, "--init", "run/weights", "--steps", 1)
    assert onwards.code == 0, onwards.err
    third = json.loads((tmp_path / "third/weights/data.json").read_text())
    assert third["parent"]["data"]["parent"]["weights"] == weights.name


@pytest.mark.parametrize(
    ("line", "said", "code"),
    [
        ("--steps 1", "give one of --shards", 2),
        ("--shards s --data d --steps 1", "give one of --shards", 2),
        ("--shards s --style game --steps 1", "--style says what --data is", 2),
        ("--data empty --style jazz", "--style 'jazz' is unknown; allowed: song", 2),
        ("--data nowhere", "nowhere does not exist", 1),
        ("--data empty", "empty holds no file to learn from", 1),
        ("--data empty --init nowhere", "nowhere is not a weights folder", 1),
        ("--data empty --init empty", "empty is not a weights folder", 1),
        ("--shards nowhere --init default", "nowhere is not a shard folder", 1),
        ("--data empty --init none", "neither steps nor minutes", 1),
        ("--data empty --resume", "there is no checkpoint", 1),
    ],
)
def test_mistakes_are_one_clear_line(line: str, said: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert said in refused("train", "--out", "run", *line.split(), code=code)
    assert files_in(tmp_path) == []


def test_mistakes_are_found_before_anything_is_read(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "shape.json").write_text(json.dumps({"model": {"dim": 128}}))
    line = ("train", "--out", "run", "--data", "empty")
    said = refused(*line, "--init", weights, "--config", "shape.json")
    assert "dim is 128" in said and "--init none" in said
    assert "--init is empty" in refused(*line, "--init", "", code=2)
    assert files_in(tmp_path) == ["shape.json"]


def stopped(*line: object, log: Path) -> int:
    """The exit code of a command that is interrupted when its log goes on."""
    before = log.stat().st_size
    command = [sys.executable, "-m", "anacrusis.studio.main", *(str(part) for part in line)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while log.stat().st_size == before and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        return process.wait()


def test_a_folder_of_broken_files_is_one_clear_line(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    for name in ("a.mid", "b.musicxml", "c.mxl"):
        (tmp_path / "music" / name).write_bytes(b"noise")
    said = refused("train", "--out", "run", "--data", "music", "--init", weights)
    assert "none of the 3 files in music can be used; the first is a.mid: " in said
    assert (tmp_path / "run" / "left-out.csv").read_text().count("\n") == 4
