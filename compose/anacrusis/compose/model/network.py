"""The network: a decoder-only transformer from x-transformers, wrapped once.

Shape suffixes: B batch, T tokens of a sequence, D model width, R rotary angles per token (half of
a head's width), V vocabulary. So `angles_BTR` is `[batch, tokens, head_dim / 2]`.

Pre-norm with RMSNorm, no biases, squared-ReLU feed-forward (So et al. 2021), no absolute positions:
the mixed rotary angles of `rotary.py` are all that tells the network where a token stands.
"""

import math

import torch
from torch import Tensor, nn
from x_transformers import Decoder, TransformerWrapper

from .config import ModelConfig


class ScoreTransformer(nn.Module):
    """Next-token logits for token ids and the rotary angles of their positions."""

    def __init__(self, config: ModelConfig) -> None:
        """Build the layers that `config` asks for, with small random weights."""
        super().__init__()
        self.config = config
        self.net = TransformerWrapper(
            num_tokens=config.vocab_size,
            max_seq_len=config.context,
            use_abs_pos_emb=False,
            emb_dropout=config.dropout,
            attn_layers=Decoder(
                dim=config.dim,
                depth=config.depth,
                heads=config.heads,
                attn_dim_head=config.head_dim,
                attn_kv_heads=config.kv_heads,
                attn_flash=True,
                attn_sublayer_dropout=config.dropout,
                use_rmsnorm=True,
                norm_add_unit_offset=False,
                ff_mult=config.ff_mult,
                ff_relu_squared=True,
                ff_no_bias=True,
                ff_sublayer_dropout=config.dropout,
            ),
        )
        self._initialise()

    def forward(self, tokens_BT: Tensor, angles_BTR: Tensor) -> Tensor:
        """Return logits `[B, T, V]` for ids `[B, T]` (int64) and angles `[B, T, R]` (radians)."""
        # x-transformers turns adjacent coordinates together, so each angle stands twice in a row.
        freqs = angles_BTR.repeat_interleave(2, dim=-1)
        logits: Tensor = self.net(tokens_BT, rotary_pos_emb=(freqs, None))
        return logits

    def parameter_count(self) -> int:
        """Return the number of trained numbers."""
        return sum(p.numel() for p in self.parameters())

    def decay_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """Return optimiser groups: matrices decay, gains and the embedding do not."""
        decayed: list[nn.Parameter] = []
        plain: list[nn.Parameter] = []
        for name, parameter in self.named_parameters():
            is_matrix = parameter.ndim >= 2 and "token_emb" not in name
            (decayed if is_matrix else plain).append(parameter)
        return [
            {"params": decayed, "weight_decay": weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]

    @torch.no_grad()
    def _initialise(self) -> None:
        # Branch outputs start small, so that the depth of the network does not raise the variance
        # of the residual stream (Radford et al. 2019); the output layer starts at zero.
        small = 1.0 / math.sqrt(2 * self.config.depth)
        for name, parameter in self.named_parameters():
            if name.endswith("token_emb.emb.weight"):
                nn.init.normal_(parameter, std=0.1)
            elif "to_logits" in name:
                nn.init.zeros_(parameter)
            elif parameter.ndim == 2:
                scale = small if "to_out" in name or ".ff.2." in name else 1.0
                nn.init.normal_(parameter, std=scale / math.sqrt(parameter.shape[1]))
