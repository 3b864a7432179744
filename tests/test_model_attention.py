"""Attention by blocks is PyTorch's own attention; linear biases are those of the paper."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention
from x_transformers.x_transformers import AlibiPositionalBias

from anacrusis.compose.model.alibi import alibi_slopes, decoding_slopes
from anacrusis.compose.model.attention import BLOCK, block_attention
from anacrusis.compose.model.config import ModelConfig


@pytest.mark.parametrize("length", [1, 40, BLOCK, BLOCK + 1, 2 * BLOCK + 30])
@pytest.mark.parametrize("biased", ["", "heads", "batch"])
def test_blocks_attend_as_the_whole_does(length: int, biased: str) -> None:
    torch.manual_seed(length)
    q = torch.randn(2, 4, length, 8, requires_grad=True)
    k, v = (torch.randn(2, 2, length, 8, requires_grad=True) for _ in range(2))
    shape = {"": None, "heads": (4, length, length), "batch": (2, 4, length, length)}[biased]
    bias = None if shape is None else torch.randn(shape, requires_grad=True)
    before = torch.ones(length, length, dtype=torch.bool).tril()
    mask = torch.where(before, 0.0 if bias is None else bias, -torch.inf)
    # x-transformers' order: head i reads the keys of head i mod 2.
    whole = scaled_dot_product_attention(
        q, k.repeat(1, 2, 1, 1), v.repeat(1, 2, 1, 1), attn_mask=mask
    )
    blocks = block_attention(q, k, v, bias)
    torch.testing.assert_close(blocks, whole)
    learnt = [x for x in (q, k, v, bias) if x is not None]
    weights = torch.randn_like(whole)
    for ours, theirs in zip(
        torch.autograd.grad((blocks * weights).sum(), learnt),
        torch.autograd.grad((whole * weights).sum(), learnt),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_blocks_stay_in_half_precision() -> None:
    q, bias = torch.randn(1, 2, 300, 16), torch.randn(2, 300, 300)
    with torch.autocast("cpu", torch.bfloat16):
        attended = block_attention(*(q.bfloat16(),) * 3, bias)
    assert attended.dtype == torch.bfloat16
    exact = block_attention(*(q.bfloat16().float(),) * 3, bias)
    torch.testing.assert_close(attended.float(), exact, atol=0.05, rtol=0.05)


@pytest.mark.parametrize("heads", [1, 2, 3, 4, 6, 8, 12])
def test_slopes_are_those_the_network_trains_with(heads: int) -> None:
    assert alibi_slopes(heads).tolist() == pytest.approx(AlibiPositionalBias._get_slopes(heads))


def test_heads_that_share_keys_stand_together_when_decoding() -> None:
    config = ModelConfig(vocab_size=8, heads=4, kv_heads=2)
    assert decoding_slopes(config).tolist() == [2**-2, 2**-6, 2**-4, 2**-8]
