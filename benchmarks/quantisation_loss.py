"""What 4-bit weights cost: loss on held-out music with them and without.

    python benchmarks/quantisation_loss.py WEIGHTS SHARDS --examples 20

Reads examples of the validation split token by token with both precisions of the same weights
folder, and prints the loss of each in nats per token, and how often the likeliest token agrees.
"""

import argparse
import sys

import numpy as np

from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.model.shards import Example, ShardReader


def read_through(runtime: Runtime, example: Example) -> tuple[np.ndarray, np.ndarray]:
    """Return each target's loss in nats and each position's likeliest token."""
    state = runtime.start()
    count = min(len(example.tokens) - 1, runtime.config.context)
    losses, best = np.empty(count), np.empty(count, np.int64)
    for position in range(count):
        token, tick = int(example.tokens[position]), int(example.ticks[position])
        logits = state.append([token], [tick]).astype(np.float64)
        top = logits.max()
        normaliser = top + np.log(np.exp(logits - top).sum())
        losses[position] = normaliser - logits[example.tokens[position + 1]]
        best[position] = logits.argmax()
    return losses, best


def main() -> int:
    """Compare the two precisions and print a Markdown table."""
    parser = argparse.ArgumentParser(description="Loss with 4-bit and with full weights.")
    parser.add_argument("weights", help="weights folder")
    parser.add_argument("shards", help="folder of prepared shards with a valid split")
    parser.add_argument("--examples", type=int, default=20)
    options = parser.parse_args()
    split = ShardReader(options.shards).split("valid")
    chosen = np.linspace(0, len(split) - 1, min(options.examples, len(split))).astype(int)
    found = {}
    for precision in ("fp32", "int4"):
        runtime = Runtime.load(options.weights, precision=precision)
        rows = [read_through(runtime, split.example(int(number))) for number in chosen]
        found[precision] = tuple(np.concatenate(column) for column in zip(*rows, strict=True))
    (full, full_best), (small, small_best) = found["fp32"], found["int4"]
    print(f"{len(full):,} tokens of {len(chosen)} validation examples\n")
    print("| precision | nats per token | same likeliest token |")
    print("| --- | ---: | ---: |")
    print(f"| fp32 | {full.mean():.4f} | 100.0 % |")
    print(f"| int4 | {small.mean():.4f} | {100 * np.mean(full_best == small_best):.1f} % |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
