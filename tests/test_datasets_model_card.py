"""The papers of a weights folder say what the run and the shards say."""

import json
from pathlib import Path

import pytest

from anacrusis.compose.errors import DataError
from anacrusis.datasets.model_card import write_papers
from anacrusis.datasets.registry import card_named

STEPS = [
    {"step": 1, "tokens": 900, "seconds": 2.0, "train_loss": 6.0},
    {"step": 1, "tokens": 900, "seconds": 3.0, "valid_loss": 5.123456789},
    {"step": 2, "tokens": 1800, "seconds": 120.0, "train_loss": 4.0},
]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    weights, run, shards = tmp_path / "weights", tmp_path / "run", tmp_path / "shards"
    for folder in (weights, run, shards):
        folder.mkdir()
    model = {"depth": 2, "dim": 64, "heads": 2, "context": 128, "vocab_size": 824}
    (weights / "config.json").write_text(json.dumps(model))
    (run / "config.json").write_text(json.dumps({"shards": "x", "out": "y", "steps": 2}))
    (run / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in STEPS))
    meta = {
        "vocab_hash": "abc",
        "sources": ["groove_midi", "openhymnal", "openewld_pd"],
        "weights": [1.0, 3.0, 2.0],
        "counts": {
            "train": {
                "groove_midi": {"examples": 3, "tokens": 4321},
                "openhymnal": {"examples": 1, "tokens": 99},
            },
            "valid": {"openewld_pd": {"examples": 1, "tokens": 50}},
        },
    }
    (shards / "meta.json").write_text(json.dumps(meta))
    return weights, run, shards


def test_the_papers_name_data_licences_losses_and_settings(folders):
    weights, run, shards = folders
    write_papers(weights, run, shards)
    card = (weights / "README.md").read_text()
    groove = card_named("groove_midi")
    for said in (groove.title, groove.licence, groove.attribution, "| 25% | 4,321 |",
                 "| 75% | 99 |", "| 0% | 0 |", "5.1235", "2 steps, 1,800 tokens",
                 '"steps": 2'):  # fmt: skip
        assert said in card, said
    assert '"shards"' not in card
    manifest = json.loads((weights / "data.json").read_text())
    assert [row["archive_sha256"] for row in manifest["sets"]] == [
        card_named(name).sha256 for name in ("groove_midi", "openhymnal", "openewld_pd")
    ]
    log = [json.loads(line) for line in (weights / "training.jsonl").read_text().splitlines()]
    assert [row["step"] for row in log] == [1, 1, 2]


def test_notes_of_a_run_are_taken_into_the_card(folders):
    weights, run, shards = folders
    (run / "notes.md").write_text("**About this run.** It was odd.\n")
    write_papers(weights, run, shards)
    assert "**About this run.** It was odd." in (weights / "README.md").read_text()


@pytest.mark.parametrize("lost", ["run/log.jsonl", "shards/meta.json", "weights/config.json"])
def test_a_run_without_its_files_gets_no_card(folders, lost):
    weights, run, shards = folders
    (weights.parent / lost).unlink()
    with pytest.raises(DataError, match="no model card can be written"):
        write_papers(weights, run, shards)
    assert not (weights / "README.md").exists()


def test_a_run_without_a_step_gets_no_card(folders):
    weights, run, shards = folders
    (run / "log.jsonl").write_text("")
    with pytest.raises(DataError, match="holds no step"):
        write_papers(weights, run, shards)
    assert not (weights / "data.json").exists()


def test_fine_tuned_weights_name_their_parent_and_its_data(folders):
    weights, run, shards = folders
    write_papers(weights, run, shards)
    parent = weights.rename(weights.parent / "parent")
    (parent / "model.safetensors").write_bytes(b"weights")
    weights.mkdir()
    (weights / "config.json").write_bytes((parent / "config.json").read_bytes())
    (run / "config.json").write_text(json.dumps({"init": str(parent), "steps": 2}))
    counts = {"train": {"own": {"examples": 3, "tokens": 77}}}
    meta = {"vocab_hash": "abc", "sources": ["own"], "weights": [1.0], "counts": counts}
    (shards / "meta.json").write_text(json.dumps(meta))
    write_papers(weights, run, shards)
    card = (weights / "README.md").read_text()
    groove = card_named("groove_midi")
    for said in ("Fine-tuned** from the weights `parent`", "| Files of the user's own |",
                 "Whoever gives these weights away", groove.title, groove.attribution,
                 "anacrusis train --data FOLDER --init parent"):  # fmt: skip
        assert said in card, said
    assert str(parent) not in card
    manifest = json.loads((weights / "data.json").read_text())
    assert manifest["parent"]["data"]["sets"][0]["name"] == "groove_midi"
    (parent / "data.json").unlink()
    write_papers(weights, run, shards)
    assert "their data is not known" in (weights / "README.md").read_text()
