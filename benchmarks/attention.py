"""Which form of relative attention learns music best: one small network for each, on equal data.

    python benchmarks/attention.py SHARDS --out RUNS [--steps 400] [--only index,alibi]

SHARDS was written by `anacrusis data prepare` (or by `anacrusis evaluate chorales`). Every network
sees the same batches in the same order. Prints the held-out loss in nats per token, and per note
where the tokens are of music: all nats spent on notes (bar, position, track, velocity, pitch,
duration) divided by the number of notes. Runs that are done are read from RUNS; a run that was
killed goes on.
"""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy

from anacrusis.compose.model.batches import IGNORE, fixed_batches
from anacrusis.compose.model.checkpoint import LAST, load_checkpoint
from anacrusis.compose.model.config import TrainConfig
from anacrusis.compose.model.network import ScoreTransformer
from anacrusis.compose.model.shards import ShardReader
from anacrusis.compose.model.train import train
from anacrusis.compose.tokens.vocabulary import Vocabulary, vocabulary

FORMS = (
    "absolute", "index", "metrical", "index+metrical", "alibi", "metrical+alibi", "projection",
    "metrical+projection", "quarters", "index+quarters", "index+metrical+quarters",
)  # fmt: skip
SHAPE = {"dim": 192, "depth": 4, "heads": 4, "kv_heads": 4, "head_dim": 48, "dropout": 0.0}


class Loss(NamedTuple):
    """Nats per token, nats per note (not a number without notes), tokens and notes measured."""

    per_token: float
    per_note: float
    tokens: int
    notes: int


def held_out(
    network: ScoreTransformer, reader: ShardReader, split: str, batches: int, examples: int = 0
) -> Loss:
    """The loss on a split. batches: how many, spread over the lengths; 0: all."""
    words = vocabulary() if reader.meta.vocab_hash == vocabulary().digest else None
    nats = note_nats = 0.0
    tokens = notes = 0
    network.eval()
    for batch in fixed_batches(reader.split(split), network.config, 8192, batches):
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            logits = network(torch.from_numpy(batch.tokens_BT), torch.from_numpy(batch.ticks_BT))
        targets = torch.from_numpy(batch.targets_BT).flatten()
        each = cross_entropy(
            logits.float().flatten(0, 1), targets, ignore_index=IGNORE, reduction="none"
        )
        nats += float(each.sum())
        tokens += batch.token_count
        if words is not None:
            for row, loss in zip(batch.targets_BT, each.view(batch.targets_BT.shape), strict=True):
                spent, played = _of_notes(words, row.tolist(), loss.tolist())
                note_nats += spent
                notes += played
    return Loss(nats / tokens, note_nats / notes if notes else math.nan, tokens, notes)


def _of_notes(words: Vocabulary, ids: list[int], losses: list[float]) -> tuple[float, int]:
    """Nats of the tokens between `Now` and the next `Ahead`, and the notes among them."""
    spent, notes, playing = 0.0, 0, False
    for token, loss in zip(ids, losses, strict=True):
        if token == IGNORE:
            break
        kind = words.type(token)
        if playing or kind == "Bar":
            spent += loss
            notes += kind in ("Pitch", "PitchDrum")
        if kind == "Now":
            playing = True
        elif kind == "Bar":
            playing = False
    return spent, notes


def main() -> int:
    """Train what is missing, then print a Markdown table, best first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shards", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--batches", type=int, default=40, help="validation batches; 0: all")
    parser.add_argument("--only", default="", help="forms, with commas; default: all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    forms = options.only.split(",") if options.only else list(FORMS)
    reader = ShardReader(options.shards)
    rows = []
    for form in forms:
        out = options.out / f"{form}-{options.seed}"
        found = out / "held_out.json"
        if not found.exists():
            shape = SHAPE | {"positions": form, "context": options.context}
            config = TrainConfig(
                str(options.shards), str(out), shape,
                steps=options.steps, learning_rate=3e-3, warmup=options.steps // 10,
                seed=options.seed, threads=options.threads, valid_every=10**6,
            )  # fmt: skip
            if not train(config, resume=(out / LAST).exists()).finished:
                sys.exit("stopped; the same command goes on")
            checkpoint = load_checkpoint(out / LAST)
            network = ScoreTransformer(checkpoint.model_config)
            network.load_state_dict(checkpoint.model)
            loss = held_out(network, reader, "valid", options.batches)
            spent = checkpoint.progress.seconds
            found.write_text(json.dumps([*loss, checkpoint.progress.tokens, spent]))
        rows.append((form, *json.loads(found.read_text())))
    print(f"{options.steps} steps; context {options.context}; {SHAPE}\n")
    print("| attention | nats per token | nats per note | tokens/s while training |")
    print("| --- | ---: | ---: | ---: |")
    for form, token, note, _, _, seen, spent in sorted(rows, key=lambda row: row[1]):
        print(f"| {form} | {token:.4f} | {note:.3f} | {seen / spent:,.0f} |")
    print(f"\nmeasured on {rows[0][3]:,} tokens, {rows[0][4]:,} notes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
