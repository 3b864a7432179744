"""Training: it learns, it resumes exactly, it stops cleanly, it refuses what cannot be trained."""

import json
import math
import os
import shutil
import signal
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from counting_shards import VOCAB, write_counting_shards

from anacrusis.compose.errors import ModelError
from anacrusis.compose.model.checkpoint import LAST, load_checkpoint
from anacrusis.compose.model.config import TrainConfig
from anacrusis.compose.model.export import export_checkpoint
from anacrusis.compose.model.network import ScoreTransformer
from anacrusis.compose.model.run_config import load_config
from anacrusis.compose.model.schedule import learning_rate, planned_steps
from anacrusis.compose.model.train import main, train

SMALL = {"dim": 32, "depth": 1, "heads": 2, "head_dim": 16, "context": 32, "dropout": 0.1}


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    return write_counting_shards(tmp_path / "shards", 60, 8)


def config(shards: Path, out: Path, **changes: object) -> TrainConfig:
    values = {
        "shards": str(shards),
        "out": str(out),
        "model": SMALL,
        "steps": 12,
        "batch_tokens": 256,
        "warmup": 2,
        "learning_rate": 1e-2,
        "precision": "fp32",
        "accelerator": "cpu",
        "threads": 1,
        "valid_every": 5,
        "log_every": 1,
    }
    return TrainConfig.from_mapping(values | changes)


def losses(out: Path, key: str) -> dict[int, float]:
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return {line["step"]: line[key] for line in lines if key in line}


def test_training_learns_a_simple_rule(shards: Path, tmp_path: Path) -> None:
    result = train(config(shards, tmp_path / "out", steps=80), show_progress=False)
    assert result.finished
    found = losses(tmp_path / "out", "valid_loss")
    assert found[5] > 1.0
    assert result.progress.best_loss < 0.4 * math.log(VOCAB)
    assert result.progress.best_loss == min(found.values())
    assert (tmp_path / "out" / "best.ckpt").exists()
    assert list((tmp_path / "out" / "tensorboard").glob("events*"))


def test_resuming_repeats_the_uninterrupted_run_exactly(shards: Path, tmp_path: Path) -> None:
    train(config(shards, tmp_path / "whole"), show_progress=False)
    part = config(shards, tmp_path / "part")

    def interrupt(step: int) -> None:
        if step == 7:
            os.kill(os.getpid(), signal.SIGTERM)

    stopped = train(part, show_progress=False, on_step=interrupt)
    assert not stopped.finished
    assert stopped.progress.step == 7
    resumed = train(part, resume=True, show_progress=False)
    assert resumed.finished
    for key in ("train_loss", "valid_loss", "learning_rate"):
        assert losses(tmp_path / "part", key) == losses(tmp_path / "whole", key)
    whole = load_checkpoint(tmp_path / "whole" / LAST).model
    again = load_checkpoint(tmp_path / "part" / LAST).model
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_a_run_goes_on_in_its_own_shape(shards: Path, tmp_path: Path) -> None:
    part = config(shards, tmp_path / "out", steps=2)
    train(part, show_progress=False)
    wider = replace(part, steps=4, model=part.model | {"positions": "absolute"})
    with pytest.raises(ModelError, match=r"positions is 'absolute', the run in .* has 'metrical"):
        train(wider, resume=True, show_progress=False)


def test_a_loss_that_is_no_number_is_said(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ScoreTransformer.forward

    def broken(self: ScoreTransformer, tokens: torch.Tensor, ticks: torch.Tensor) -> torch.Tensor:
        return whole(self, tokens, ticks) * math.nan

    monkeypatch.setattr(ScoreTransformer, "forward", broken)
    with pytest.raises(ModelError, match="the loss is not a number at step 0; lower the learning"):
        train(config(shards, tmp_path / "out"), show_progress=False)


def test_all_gradients_are_clipped_together(shards: Path, tmp_path: Path) -> None:
    seen: list[float] = []
    clip = torch.nn.utils.clip_grad_norm_

    def watched(parameters: Iterable[torch.nn.Parameter], most: float) -> torch.Tensor:
        kept = list(parameters)
        norm = clip(kept, most)
        seen.append(float(torch.cat([p.grad.flatten() for p in kept if p.grad is not None]).norm()))
        return norm

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("anacrusis.compose.model.train.clip_grad_norm_", watched)
        train(config(shards, tmp_path / "out", steps=3, clip=0.01), show_progress=False)
    assert seen == [pytest.approx(0.01, rel=1e-3)] * 3
    assert min(losses(tmp_path / "out", "gradient_norm").values()) > 0.01


def test_minutes_are_turned_into_steps_once_and_kept(shards: Path, tmp_path: Path) -> None:
    wanted = config(shards, tmp_path / "out", steps=0, minutes=0.02)
    result = train(wanted, show_progress=False)
    assert result.finished
    planned = losses(tmp_path / "out", "planned_steps")
    assert list(planned) == [30]
    assert result.progress.steps == result.progress.step == planned[30]
    assert load_checkpoint(result.checkpoint).progress.steps == planned[30]


def test_an_existing_run_is_not_overwritten(shards: Path, tmp_path: Path) -> None:
    train(config(shards, tmp_path / "out", steps=1), show_progress=False)
    with pytest.raises(ModelError, match="resume"):
        train(config(shards, tmp_path / "out", steps=1), show_progress=False)


def test_a_checkpoint_of_another_vocabulary_is_refused(shards: Path, tmp_path: Path) -> None:
    wanted = config(shards, tmp_path / "out", steps=1)
    train(wanted, show_progress=False)
    meta = json.loads((shards / "meta.json").read_text())
    (shards / "meta.json").write_text(json.dumps(meta | {"vocab_hash": "other"}))
    with pytest.raises(ModelError, match="vocabulary"):
        train(wanted, resume=True, show_progress=False)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 truncated"])
def test_a_damaged_checkpoint_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LAST).write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        load_checkpoint(tmp_path / LAST)
    with pytest.raises(ModelError, match="no checkpoint"):
        load_checkpoint(tmp_path / "absent.ckpt")


def test_the_command_trains_and_reports_errors_in_one_line(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "run.json"
    settings.write_text(json.dumps({"model": SMALL, "batch_tokens": 128, "precision": "fp32"}))
    base = ["--shards", str(shards), "--out", str(tmp_path / "out"), "--threads", "1"]
    assert main([*base, "--config", str(settings), "--steps", "2"]) == 0
    assert "finished at step 2 of 2" in capsys.readouterr().out
    assert main([*base, "--resume"]) == 0
    assert main([*base, "--steps", "2"]) == 1
    assert capsys.readouterr().err.rstrip().splitlines()[-1].startswith("error: ")
    assert main([*base]) == 1


def test_the_learning_rate_warms_up_then_falls_to_its_floor() -> None:
    plan = TrainConfig(shards="s", out="o", steps=100, warmup=10, learning_rate=1.0)
    rates = [learning_rate(step, 100, plan) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == rates[10] == pytest.approx(1.0)
    assert all(a >= b for a, b in pairwise(rates[10:]))
    assert rates[100] == pytest.approx(plan.final_rate)
    assert planned_steps(10.0, 1.0) == 570
    assert planned_steps(0.001, 1.0) == 30


# Starting from weights


def exported(run: Path, folder: Path) -> Path:
    export_checkpoint(run / LAST, folder)
    return folder


def test_a_run_starts_from_the_weights_it_is_given(shards: Path, tmp_path: Path) -> None:
    train(config(shards, tmp_path / "first", steps=40), show_progress=False)
    weights = exported(tmp_path / "first", tmp_path / "weights")
    known = losses(tmp_path / "first", "valid_loss")[40]
    tuning = config(shards, tmp_path / "second", steps=10, init=str(weights), model={})
    result = train(tuning, show_progress=False)
    found = losses(tmp_path / "second", "valid_loss")
    assert found[0] == pytest.approx(known, abs=2e-3)  # rounded to half precision
    assert result.progress.best_loss <= found[0]
    assert load_checkpoint(result.checkpoint).model_config.dim == SMALL["dim"]


def test_fine_tuning_resumes_exactly_and_needs_its_start_no_more(
    shards: Path, tmp_path: Path
) -> None:
    train(config(shards, tmp_path / "first", steps=4), show_progress=False)
    weights = exported(tmp_path / "first", tmp_path / "weights")
    tuning = {"init": str(weights), "model": {"dropout": 0.2}}
    train(config(shards, tmp_path / "whole", **tuning), show_progress=False)
    part = config(shards, tmp_path / "part", **tuning)

    def interrupt(step: int) -> None:
        if step == 7:
            os.kill(os.getpid(), signal.SIGTERM)

    assert not train(part, show_progress=False, on_step=interrupt).finished
    shutil.rmtree(weights)
    assert train(part, resume=True, show_progress=False).finished
    for key in ("train_loss", "valid_loss"):
        assert losses(tmp_path / "part", key) == losses(tmp_path / "whole", key)
    with pytest.raises(ModelError, match="started from"):
        train(config(shards, tmp_path / "part", init="default"), True, show_progress=False)


def test_weights_that_do_not_fit_are_refused(shards: Path, tmp_path: Path) -> None:
    def refused(match: str, **changes: object) -> None:
        with pytest.raises(ModelError, match=match):
            train(config(shards, tmp_path / "out", **changes), show_progress=False)
        assert not (tmp_path / "out").exists()

    train(config(shards, tmp_path / "first", steps=1), show_progress=False)
    weights = exported(tmp_path / "first", tmp_path / "weights")
    refused("not a weights folder", init=str(tmp_path / "nowhere"))
    refused("vocabulary", init="default", model={})
    refused("dim is 64, the weights to start from have 32", init=str(weights), model={"dim": 64})
    (weights / "model.safetensors").write_bytes(b"noise")
    refused("damaged", init=str(weights), model={})


def test_fine_tuning_has_settings_of_its_own(tmp_path: Path) -> None:
    usual = load_config("s", "o", minutes=1.0)
    tuning = load_config("s", "o", init="default")
    assert tuning.learning_rate < usual.learning_rate and tuning.warmup < usual.warmup
    assert tuning.minutes == 15.0 and tuning.init == "default"
    assert load_config("s", "o", init="default", steps=3).minutes == 0.0
    file = tmp_path / "tuning.json"
    file.write_text(json.dumps({"init": "default", "warmup": 7}))
    assert load_config("s", "o", file).warmup == 7
    assert load_config("s", "o", file).learning_rate == tuning.learning_rate
    assert load_config("s", "o", file, init="", steps=1).learning_rate == usual.learning_rate
    with pytest.raises(ModelError, match="neither steps nor minutes"):
        load_config("s", "o")
