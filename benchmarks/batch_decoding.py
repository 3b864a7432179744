"""Tokens per processor second of documents side by side, beside as many one after the other.

    python benchmarks/batch_decoding.py --tokens 300 --repeats 5

The shipped weights on one thread; every document samples its own tokens. The numbers of documents
alternate, so that a busy moment of the machine meets all; the table shows medians, and the greatest
and the mean square difference of logits from those of the same document alone.
"""

import argparse
import statistics
import sys
import time

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.model.runtime import Runtime

TICKS_PER_TOKEN = 3
COUNTS = (1, 2, 4, 8)


def drawn(logits: NDArray[np.float32], rng: np.random.Generator) -> int:
    """A token of the distribution."""
    weights = np.cumsum(np.exp(logits - logits.max(), dtype=np.float64))
    return int(np.searchsorted(weights, rng.random() * weights[-1]))


def side_by_side(runtime: Runtime, count: int, tokens: int) -> None:
    """Decode `count` documents as one batch."""
    rngs = [np.random.default_rng(seed) for seed in range(count)]
    batch = runtime.start_batch(count)
    last = [1] * count
    for position in range(tokens):
        logits = batch.append(range(count), last, [position * TICKS_PER_TOKEN] * count)
        last = [drawn(row, rng) for row, rng in zip(logits, rngs, strict=True)]


def one_by_one(runtime: Runtime, count: int, tokens: int) -> None:
    """Decode `count` documents one after the other."""
    for seed in range(count):
        rng, state, last = np.random.default_rng(seed), runtime.start(), 1
        for position in range(tokens):
            last = drawn(state.append([last], [position * TICKS_PER_TOKEN]), rng)


def differences(runtime: Runtime, count: int, tokens: int) -> NDArray[np.float32]:
    """Differences of all logits, `[tokens, count, vocab]`, for random tokens."""
    rng = np.random.default_rng(0)
    batch, states = runtime.start_batch(count), [runtime.start() for _ in range(count)]
    found = []
    for position in range(tokens):
        ids = rng.integers(runtime.config.vocab_size, size=count).tolist()
        ticks = [position * TICKS_PER_TOKEN] * count
        together = batch.append(range(count), ids, ticks)
        alone = [s.append([i], [t]) for s, i, t in zip(states, ids, ticks, strict=True)]
        found.append(together - np.stack(alone))
    return np.stack(found)


def main() -> int:
    """Run the comparison and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--tokens", type=int, default=300, help="tokens of each document")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each kind")
    options = parser.parse_args()
    runtimes = {name: Runtime.load(precision=name) for name in ("int4", "fp32")}
    print(f"{options.tokens} tokens each, one thread, median of {options.repeats} runs\n")
    print("| weights | documents | side by side, tokens per processor second "
          "| one after the other | ratio | logits differ by at most (RMS) |")  # fmt: skip
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, runtime in runtimes.items():
        speeds: dict[tuple[int, bool], list[float]] = {}
        for _ in range(options.repeats):
            for count in COUNTS:
                for together in (True, False):
                    clock = time.process_time()
                    (side_by_side if together else one_by_one)(runtime, count, options.tokens)
                    speed = count * options.tokens / (time.process_time() - clock)
                    speeds.setdefault((count, together), []).append(speed)
        for count in COUNTS:
            fast, slow = (statistics.median(speeds[count, together]) for together in (True, False))
            apart = differences(runtime, count, options.tokens)
            print(
                f"| {name} | {count} | {fast:,.0f} | {slow:,.0f} | {fast / slow:.2f}x "
                f"| {np.abs(apart).max():.1g} ({np.sqrt(np.mean(apart**2)):.1g}) |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
