"""Tokens per second of our decoder beside Hugging Face GPT-2 of the same size, on one thread.

    python benchmarks/decoding_speed.py --tokens 512 --repeats 5

Both sample a piece of the given length from random weights, token by token from a single start
token, batch 1, with a key-value cache. The shape is that of the shipped weights unless options say
otherwise; the GPT-2 has its width and head count and the depth that brings its parameter count
nearest to ours. The runs alternate, so that a busy moment of the machine meets both; the table
shows medians, by the clock and by processor time (the same on an idle machine). Needs torch,
x-transformers, onnx and transformers.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.model.runtime import SHIPPED, Runtime

TICKS_PER_TOKEN = 3


class Contestant(NamedTuple):
    """A decoder and what it decodes with."""

    name: str
    parameters: int
    decode: Callable[[int], None]
    """Writes this many tokens."""


def our_decoder(name: str, parameters: int, runtime: Runtime) -> Contestant:
    """Sample with the runtime: softmax and an inverse-transform draw, as the product does."""
    rng = np.random.default_rng(0)

    def decode(count: int) -> None:
        state = runtime.start()
        token = 1
        for position in range(count):
            logits = state.append([token], [position * TICKS_PER_TOKEN])
            weights = np.cumsum(np.exp(logits - logits.max(), dtype=np.float64))
            token = int(np.searchsorted(weights, rng.random() * weights[-1]))

    return Contestant(name, parameters, decode)


def gpt2_decoder(config: ModelConfig, parameters: int) -> Contestant:
    """Sample with `transformers`' GPT-2 and its `generate()`."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    torch.set_num_threads(1)

    def build(depth: int) -> Any:
        settings = GPT2Config(
            vocab_size=config.vocab_size,
            n_positions=config.context + 1,
            n_embd=config.dim,
            n_layer=depth,
            n_head=config.heads,
            bos_token_id=0,
            eos_token_id=None,
        )
        return GPT2LMHeadModel(settings).eval()

    one, two = (sum(p.numel() for p in build(depth).parameters()) for depth in (1, 2))
    depth = max(1, round(1 + (parameters - one) / (two - one)))
    model = build(depth)
    start = torch.tensor([[1]])

    def decode(count: int) -> None:
        with torch.inference_mode():
            written = model.generate(
                start,
                attention_mask=torch.ones_like(start),
                max_new_tokens=count,
                do_sample=True,
                top_k=0,
                pad_token_id=0,
            )
        if written.shape[1] != count + 1:
            raise RuntimeError(f"generate() wrote {written.shape[1] - 1} of {count} tokens")

    size = sum(p.numel() for p in model.parameters())
    return Contestant(f"transformers GPT-2, generate(), {depth} layers", size, decode)


def random_runtimes(config: ModelConfig, folder: str) -> tuple[int, dict[str, Runtime]]:
    """Export a network with random weights; return its size and a runtime per precision."""
    import torch

    from anacrusis.compose.model.export import export_weights
    from anacrusis.compose.model.network import ScoreTransformer

    torch.manual_seed(0)
    network = ScoreTransformer(config)
    export_weights(network.state_dict(), config, os.path.join(folder, "weights"))
    runtimes = {
        precision: Runtime.load(os.path.join(folder, "weights"), precision=precision)
        for precision in ("int4", "fp32")
    }
    return network.parameter_count(), runtimes


class Speed(NamedTuple):
    """Tokens per second of one run."""

    clock: float
    processor: float


def measure(contestants: list[Contestant], tokens: int, repeats: int) -> list[list[Speed]]:
    """Return the speeds of every contestant in every repeat."""
    speeds: list[list[Speed]] = [[] for _ in contestants]
    for contestant in contestants:
        contestant.decode(16)
    for _ in range(repeats):
        for contestant, found in zip(contestants, speeds, strict=True):
            clock, processor = time.perf_counter(), time.process_time()
            contestant.decode(tokens)
            spent = time.perf_counter() - clock, time.process_time() - processor
            found.append(Speed(tokens / spent[0], tokens / spent[1]))
    return speeds


def median(speeds: list[Speed]) -> Speed:
    """Return the median of each kind of speed."""
    return Speed(*(statistics.median(column) for column in zip(*speeds, strict=True)))


def main() -> int:
    """Run the comparison and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--tokens", type=int, default=512, help="new tokens per run")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each decoder")
    shipped = ModelConfig.load(SHIPPED / "config.json")
    shape = ("vocab_size", "dim", "depth", "heads", "kv_heads", "head_dim")
    for name in shape:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=int, default=getattr(shipped, name))
    options = parser.parse_args()
    given = {name: getattr(options, name) for name in shape}
    config = replace(shipped, context=max(shipped.context, options.tokens), **given)
    with tempfile.TemporaryDirectory() as folder:
        parameters, runtimes = random_runtimes(config, folder)
        contestants = [gpt2_decoder(config, parameters)]
        for precision, runtime in runtimes.items():
            contestants.append(our_decoder(f"anacrusis, {precision}", parameters, runtime))
        speeds = measure(contestants, options.tokens, options.repeats)
    baseline = median(speeds[0])
    print(f"{options.tokens} new tokens, one thread, median of {options.repeats} runs\n")
    print("| decoder | parameters | tokens/s | ratio | tokens per processor second | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for contestant, found in zip(contestants, speeds, strict=True):
        speed = median(found)
        print(
            f"| {contestant.name} | {contestant.parameters / 1e6:.2f} M "
            f"| {speed.clock:,.0f} | {speed.clock / baseline.clock:.1f}x "
            f"| {speed.processor:,.0f} | {speed.processor / baseline.processor:.1f}x |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
