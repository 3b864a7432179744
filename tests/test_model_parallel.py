"""Training in two processes: the losses of one process, and checkpoints that either reads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from counting_shards import write_counting_shards

from anacrusis.compose.model.batches import IGNORE, Batch
from anacrusis.compose.model.checkpoint import LAST, load_checkpoint
from anacrusis.compose.model.parallel import share_of

SETTINGS = {
    "model": {"dim": 32, "depth": 2, "heads": 2, "kv_heads": 2, "head_dim": 16, "context": 32,
              "dropout": 0.0},
    "batch_tokens": 192, "warmup": 2, "learning_rate": 1e-2, "precision": "fp32",
    "accelerator": "cpu", "valid_every": 4, "log_every": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_counting_shards(tmp_path_factory.mktemp("parallel") / "shards", 40, 7)


def run(shards: Path, out: Path, processes: int, steps: int, **changes: object) -> None:
    """Train in a process of its own, or in several that `torchrun` starts."""
    settings = out.with_suffix(".json")
    settings.write_text(json.dumps(SETTINGS | changes))
    module = "anacrusis.compose.model.train"
    line = [sys.executable, "-m"]
    if processes > 1:
        line += ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"]
    line += [module, "--shards", str(shards), "--out", str(out), "--config", str(settings)]
    line += ["--steps", str(steps), "--threads", "1"]
    if (out / LAST).exists():
        line.append("--resume")
    ended = subprocess.run(
        line, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stderr[-3000:]


def losses(out: Path, key: str) -> list[float]:
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [line[key] for line in lines if key in line]


@pytest.fixture(scope="module")
def alone(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("alone") / "run"
    run(shards, out, 1, 8)
    return out


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["ddp", "fsdp2"])
def test_two_processes_learn_as_one(
    shards: Path, alone: Path, tmp_path: Path, strategy: str
) -> None:
    out = tmp_path / "run"
    run(shards, out, 2, 8, strategy=strategy)
    for key in ("train_loss", "valid_loss", "gradient_norm"):
        assert losses(out, key) == pytest.approx(losses(alone, key), rel=2e-3), key
    whole, parted = (load_checkpoint(folder / LAST).model for folder in (alone, out))
    assert whole.keys() == parted.keys()
    for name, weight in whole.items():
        assert torch.allclose(parted[name], weight, atol=2e-2), name


@pytest.mark.slow
def test_one_process_goes_on_where_two_stopped(shards: Path, alone: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    schedule = {"final_rate": 1.0}  # the rate does not depend on the number of steps
    run(shards, out, 2, 4, strategy="fsdp2", **schedule)
    run(shards, out, 1, 8, **schedule)
    run(shards, tmp_path / "whole", 1, 8, **schedule)
    assert losses(out, "train_loss") == pytest.approx(
        losses(tmp_path / "whole", "train_loss"), rel=2e-3
    )


def test_shares_are_all_rows_and_never_none() -> None:
    rng = np.random.default_rng(0)
    for rows in (1, 2, 5):
        tokens = rng.integers(0, 9, (rows, 4))
        batch = Batch(tokens, tokens * 2, tokens + 1)
        parts = [share_of(batch, rank, 3) for rank in range(3)]
        assert all(len(part.tokens_BT) >= 1 for part in parts)
        counted = np.concatenate([p.targets_BT[p.targets_BT != IGNORE] for p in parts])
        assert sorted(counted) == sorted(batch.targets_BT.ravel())
        assert sum(part.token_count for part in parts) == batch.token_count


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["ddp", "fsdp2"])
def test_two_processes_start_from_the_same_weights(
    shards: Path, tmp_path: Path, strategy: str
) -> None:
    from anacrusis.compose.model.export import export_checkpoint

    run(shards, tmp_path / "first", 1, 4)
    export_checkpoint(tmp_path / "first" / LAST, tmp_path / "weights")
    tuning = {"init": str(tmp_path / "weights"), "model": {}}
    run(shards, tmp_path / "one", 1, 2, **tuning)
    run(shards, tmp_path / "two", 2, 2, strategy=strategy, **tuning)
    found = [losses(tmp_path / name, "valid_loss") for name in ("one", "two")]
    assert len(found[0]) == 2
    assert found[1] == pytest.approx(found[0], rel=1e-4)
