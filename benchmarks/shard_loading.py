"""How fast training batches come from prepared shards: one core, augmentation on.

    python benchmarks/shard_loading.py SHARDS --batches 200

Draws training batches as the trainer does (sources by weight, transposition, octaves), and prints
the tokens per second of the median of several rounds.
"""

import argparse
import statistics
import sys
import time

from anacrusis.compose.model.batches import BatchSampler
from anacrusis.compose.model.config import ModelConfig, TrainConfig
from anacrusis.compose.model.shards import ShardReader
from anacrusis.compose.model.train import augmentation

ROUNDS = 5


def main() -> int:
    """Draw the batches and print a Markdown table."""
    parser = argparse.ArgumentParser(description="Training batches per second from shards.")
    parser.add_argument("shards", help="folder of prepared shards")
    parser.add_argument("--batches", type=int, default=200, help="batches in a round")
    options = parser.parse_args()
    reader = ShardReader(options.shards)
    config = ModelConfig(vocab_size=reader.meta.vocab_size)
    training = TrainConfig(options.shards, "", steps=1)
    sampler = BatchSampler(
        reader.split("train"),
        config,
        training.batch_tokens,
        training.seed,
        augmentation(training, reader.meta.vocab_hash),
    )
    sampler.batch(0)
    speeds = []
    for number in range(ROUNDS):
        begin = time.perf_counter()
        first = number * options.batches
        tokens = sum(sampler.batch(first + step).token_count for step in range(options.batches))
        speeds.append(tokens / (time.perf_counter() - begin))
    low, middle, high = min(speeds), statistics.median(speeds), max(speeds)
    print("| tokens per second, median of 5 rounds | slowest | fastest |")
    print("| ---: | ---: | ---: |")
    print(f"| {middle / 1e6:.1f} M | {low / 1e6:.1f} M | {high / 1e6:.1f} M |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
