"""Tokens per second of a training step on a CPU: attention by blocks beside PyTorch's own kernel.

    python benchmarks/training_speed.py [--tokens 1024] [--batch 4] [--repeats 5]

The network has the shape of the shipped weights, random ones; forward, loss and backward, mixed
bf16 where the processor has instructions for it. Both ways run in turns; medians.
"""

import argparse
import statistics
import time

import torch
from torch.nn.functional import cross_entropy
from x_transformers.attend import Attend

from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.model.network import ScoreTransformer
from anacrusis.compose.model.parallel import has_fast_bf16
from anacrusis.compose.model.runtime import SHIPPED

FORMS = ("index+metrical", "metrical+alibi")


def step_seconds(network: ScoreTransformer, tokens: torch.Tensor, ticks: torch.Tensor) -> float:
    """The time of one forward and backward pass."""
    network.zero_grad(set_to_none=True)
    began = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bf16("cpu")):
        logits = network(tokens, ticks)
    loss = cross_entropy(logits.flatten(0, 1).float(), tokens.flatten())
    loss.backward()  # type: ignore[no-untyped-call]
    return time.perf_counter() - began


def with_kernel(network: ScoreTransformer) -> ScoreTransformer:
    """The network with x-transformers' attention, which calls PyTorch's fused kernel."""
    for module in network.modules():
        if isinstance(module, Attend):
            module.__class__ = Attend
    return network


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shipped = ModelConfig.load(SHIPPED / "config.json").to_mapping()
    torch.manual_seed(0)
    tokens = torch.randint(1, shipped["vocab_size"], (options.batch, options.tokens))
    ticks = torch.arange(options.tokens).expand_as(tokens)
    print("| attention | PyTorch's kernel, tokens/s | by blocks, tokens/s | ratio |")
    print("| --- | ---: | ---: | ---: |")
    for form in FORMS:
        config = ModelConfig(**(shipped | {"positions": form, "context": options.tokens}))
        blocks, kernel = ScoreTransformer(config), with_kernel(ScoreTransformer(config))
        times: dict[str, list[float]] = {"kernel": [], "blocks": []}
        for turn in range(options.repeats + 1):
            for name, network in (("kernel", kernel), ("blocks", blocks)):
                spent = step_seconds(network, tokens, ticks)
                if turn:
                    times[name].append(spent)
        speed = {name: tokens.numel() / statistics.median(t) for name, t in times.items()}
        ratio = speed["blocks"] / speed["kernel"]
        print(f"| {form} | {speed['kernel']:,.0f} | {speed['blocks']:,.0f} | {ratio:.2f}x |")


if __name__ == "__main__":
    main()
