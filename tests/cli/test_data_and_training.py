"""`anacrusis data` and `train`, and the way from files to a song."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import files_in, refused, run

from anacrusis.compose.errors import DataError
from anacrusis.compose.score import Bar, Meter, Score
from anacrusis.datasets.registry import Card
from anacrusis.studio import usage


def test_data_sets_are_listed_with_their_licences() -> None:
    ended = run("data", "list")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert len(lines) >= 10
    assert any("openscore_lieder" in text and "CC0-1.0" in text for text in lines)


def test_sets_that_cannot_be_fetched_do_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fetch(card: Card) -> Path:
        if card.name == "openhymnal":
            raise DataError("it was made from its files")
        return Path("cache") / card.name

    monkeypatch.setattr("anacrusis.datasets.sources.fetch", fetch)
    ended = run("data", "fetch", "openhymnal", "jsb_chorales")
    assert ended.code == 1 and ended.out == "cache/jsb_chorales\n"
    assert "it was made from its files" in ended.err
    assert "1 set could not be fetched: openhymnal" in ended.err


def test_counting_an_empty_cache_says_how_to_fill_it() -> None:
    said = refused("data", "stats", "jsb_chorales")
    assert "nothing has been read" in said and "anacrusis data stats --from" in said


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
    from anacrusis.datasets.splits import split_of

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
