"""Which form of relative attention learns music best: one small network for each, on equal data.

    python benchmarks/attention.py SHARDS --out RUNS [--steps 400] [--only index,alibi]

SHARDS was written by `anacrusis data prepare` (or by `anacrusis evaluate chorales`). Every network
sees the same batches in the same order. Prints the held-out loss in nats per token, and per note
where the tokens are of music: all nats spent on notes (bar, position, track, velocity, pitch,
duration) divided by the number of notes. Runs that are done are read from RUNS; a run that was
killed goes on.
"""

import argparse
import math
import sys
from pathlib import Path
from typing import NamedTuple

from small_network import SHAPE, add_options, music, nats_of, once, run_folder, scored, trained

from anacrusis.compose.model.config import POSITIONS
from anacrusis.compose.model.network import ScoreTransformer
from anacrusis.compose.model.shards import ShardReader
from anacrusis.compose.tokens.vocabulary import vocabulary

FORMS = (
    "absolute", "index", "metrical", "index+metrical", "alibi", "metrical+alibi", "projection",
    "metrical+projection", "quarters", "index+quarters", "index+metrical+quarters",
)  # fmt: skip


class Loss(NamedTuple):
    """Nats per token, nats per note (not a number without notes), tokens and notes measured."""

    per_token: float
    per_note: float
    tokens: int
    notes: int


def held_out(network: ScoreTransformer, reader: ShardReader, split: str, batches: int) -> Loss:
    """The loss on a split. batches: how many, spread over the lengths; 0: all."""
    v = vocabulary()
    ours = reader.meta.vocab_hash == v.digest
    nats = note_nats = 0.0
    tokens = notes = 0
    for batch, logs in scored(network, reader.split(split), batches):
        each = nats_of(batch, logs)
        nats += float(each.sum())
        tokens += batch.token_count
        if ours:
            found = music(batch.targets_BT)
            bars = batch.targets_BT == v.id("Bar")
            note_nats += float(each[found.playing | bars].sum())
            notes += int(found.pitches.sum())
    return Loss(nats / tokens, note_nats / notes if notes else math.nan, tokens, notes)


def main() -> int:
    """Train what is missing, then print a Markdown table, best first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shards", type=Path)
    add_options(parser, context=512)
    parser.add_argument("--batches", type=int, default=40, help="validation batches; 0: all")
    parser.add_argument("--only", default="", help="forms, with commas; default: all")
    options = parser.parse_args()
    forms = options.only.split(",") if options.only else list(FORMS)
    for form in forms:
        if not set(form.split("+")) <= set(POSITIONS):
            parser.error(f"unknown form {form!r}; allowed: {', '.join(POSITIONS)}, joined by +")
    reader = ShardReader(options.shards)
    rows = []
    for form in forms:
        out = run_folder(form, options.shards, options)

        def measure(form: str = form, out: Path = out) -> list[float]:
            network, progress = trained(options.shards, out, options, form)
            loss = held_out(network, reader, "valid", options.batches)
            return [*loss, progress.tokens, progress.seconds]

        rows.append((form, *once(out / f"held_out-{options.batches}.json", measure)))
    print(f"{options.steps} steps; context {options.context}; {SHAPE}\n")
    print("| attention | nats per token | nats per note | tokens/s while training |")
    print("| --- | ---: | ---: | ---: |")
    for form, token, note, _, _, seen, spent in sorted(rows, key=lambda row: row[1]):
        print(f"| {form} | {token:.4f} | {note:.3f} | {seen / spent:,.0f} |")
    print(f"\nmeasured on {rows[0][3]:,} tokens, {rows[0][4]:,} notes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
