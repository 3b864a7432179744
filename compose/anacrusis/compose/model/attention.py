"""Causal attention on a CPU, by blocks of queries.

PyTorch's fused attention is slow there: with heads of 48 and 1,024 tokens it takes about twice the
time of plain matrix products over blocks, most of it while training. Blocks read no key that lies
after their last query, so about half of all products is left out, as in the fused kernels.

Shape suffixes as in `network.py`; K heads of keys and values, D width of a head.
"""

from typing import Any

import torch
from torch import Tensor, nn
from x_transformers.attend import Attend, Intermediates

BLOCK = 256
"""Queries of a block."""


def use_blocks(network: nn.Module) -> None:
    """Let every attention of an x-transformers network go by blocks where it runs on a CPU."""
    for module in network.modules():
        if isinstance(module, Attend):
            module.__class__ = _BlockAttend


class _BlockAttend(Attend):  # type: ignore[misc]  # x-transformers has no types
    """x-transformers' attention, by blocks wherever a whole sequence is read on a CPU."""

    def forward(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        mask: Tensor | None = None,
        attn_bias: Tensor | None = None,
        *rest: Any,
        **named: Any,
    ) -> tuple[Tensor, Intermediates]:
        if mask is None and q.device.type == "cpu":
            return block_attention(q, k, v, attn_bias), Intermediates()
        whole: tuple[Tensor, Intermediates] = super().forward(
            q, k, v, mask, attn_bias, *rest, **named
        )
        return whole


def block_attention(
    q_BHTD: Tensor, k_BKTD: Tensor, v_BKTD: Tensor, bias: Tensor | None = None
) -> Tensor:
    """Attention of each token to itself and those before it, `[B, H, T, D]`.

    bias: added to the scaled products, `[H, T, T]` or `[B, H, T, T]`. Products are rounded to the
    type of the queries; sums are in single precision.
    """
    length, dtype = q_BHTD.shape[-2], q_BHTD.dtype
    groups = q_BHTD.shape[1] // k_BKTD.shape[1]
    k_BHTD, v_BHTD = (x.repeat(1, groups, 1, 1) for x in (k_BKTD, v_BKTD))  # as x-transformers
    later = torch.full((BLOCK, BLOCK), float("-inf"), dtype=dtype).triu(1)
    parts = []
    with torch.autocast("cpu", enabled=False):
        scaled = q_BHTD * q_BHTD.shape[-1] ** -0.5
        keys = k_BHTD.to(dtype).transpose(-1, -2)
        values = v_BHTD.to(dtype)
        for first in range(0, length, BLOCK):
            end = min(first + BLOCK, length)
            ahead = later[: end - first, : end - first]
            hidden = torch.nn.functional.pad(ahead, (first, 0))
            if bias is not None:
                hidden = hidden + bias[..., first:end, :end].to(dtype)
            scores = scaled[:, :, first:end] @ keys[..., :end] + hidden
            parts.append(scores.softmax(-1) @ values[:, :, :end])
    return torch.cat(parts, dim=2)
