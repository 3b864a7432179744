"""The network: a decoder-only transformer from x-transformers, wrapped once.

Shape suffixes: B batch, T tokens of a sequence, D model width, R rotary angles per token (half of
a head's width), H heads, V vocabulary. So `ticks_BT` is `[batch, tokens]`.

Pre-norm with RMSNorm, no biases, squared-ReLU feed-forward (So et al. 2021). What the network knows
of positions is `ModelConfig.positions`: which form is best is settled by measurement
(docs/decisions/0008-model.md).
"""

import math

import torch
from torch import Tensor, nn
from x_transformers import Decoder, TransformerWrapper

from .attention import use_blocks
from .config import ModelConfig
from .rotary import rotary_frequencies

QUARTERS_BACK, QUARTERS_AHEAD = 64, 8
"""Quarter notes to earlier and to later music beyond which distances count as one."""


class QuarterBias(nn.Module):
    """A learned bias of attention for each head and distance in quarter notes.

    A bar of any meter is a whole number of them, so bar distances are among them.
    """

    def __init__(self, heads: int) -> None:
        """Start without a bias."""
        super().__init__()
        self.table = nn.Embedding(QUARTERS_BACK + QUARTERS_AHEAD + 1, heads)

    def forward(self, ticks_BT: Tensor) -> Tensor:
        """Return the bias `[B, H, T, T]` of each query (third) towards each key."""
        distance_BTT = (ticks_BT[:, :, None] - ticks_BT[:, None, :]).div(12, rounding_mode="floor")
        place_BTT = distance_BTT.clamp(-QUARTERS_AHEAD, QUARTERS_BACK) + QUARTERS_AHEAD
        bias: Tensor = self.table(place_BTT).permute(0, 3, 1, 2)
        return bias


class ScoreTransformer(nn.Module):
    """Next-token logits for token ids and their metrical positions."""

    per_token: Tensor
    per_tick: Tensor

    def __init__(self, config: ModelConfig) -> None:
        """Build the layers that `config` asks for, with small random weights."""
        super().__init__()
        self.config = config
        names = config.position_names
        self.quarters = QuarterBias(config.heads) if "quarters" in names else None
        frequencies = rotary_frequencies(config) if names & {"index", "metrical"} else ()
        for name, values in zip(("per_token", "per_tick"), frequencies, strict=False):
            self.register_buffer(name, torch.tensor(values), persistent=False)
        self.net = TransformerWrapper(
            num_tokens=config.vocab_size,
            max_seq_len=config.context,
            use_abs_pos_emb="absolute" in names,
            emb_dropout=config.dropout,
            attn_layers=Decoder(
                dim=config.dim,
                depth=config.depth,
                heads=config.heads,
                attn_dim_head=config.head_dim,
                attn_kv_heads=config.kv_heads,
                attn_flash=True,
                alibi_pos_bias="alibi" in names,
                attn_use_rel_proj_pos_bias="projection" in names,
                attn_rel_proj_max_dist=config.context,
                attn_sublayer_dropout=config.dropout,
                use_rmsnorm=True,
                norm_add_unit_offset=False,
                ff_mult=config.ff_mult,
                ff_relu_squared=True,
                ff_no_bias=True,
                ff_sublayer_dropout=config.dropout,
            ),
        )
        use_blocks(self.net)
        self._initialise()

    def forward(self, tokens_BT: Tensor, ticks_BT: Tensor) -> Tensor:
        """Return logits `[B, T, V]` for ids `[B, T]` and ticks `[B, T]` (both int64)."""
        rotary = None
        if self.config.position_names & {"index", "metrical"}:
            # x-transformers turns adjacent coordinates together: each angle stands twice in a row.
            rotary = (self._angles(ticks_BT).repeat_interleave(2, dim=-1), None)
        bias = None if self.quarters is None else self.quarters(ticks_BT)
        beside = self.beside(tokens_BT, ticks_BT)
        logits: Tensor = self.net(
            tokens_BT, rotary_pos_emb=rotary, attn_bias=bias, sum_embeds=beside
        )
        return logits

    def beside(self, tokens_BT: Tensor, ticks_BT: Tensor) -> Tensor | None:
        """What is added to the vectors of the tokens, `[B, T, D]`; here nothing."""
        return None

    def _angles(self, ticks_BT: Tensor) -> Tensor:
        """Rotary angles `[B, T, R]`, as `rotary.rotary_angles` gives them while decoding."""
        index_T = torch.arange(ticks_BT.shape[1], device=ticks_BT.device)
        with torch.autocast(ticks_BT.device.type, enabled=False):
            turns = index_T[:, None] * self.per_token + ticks_BT[..., None] * self.per_tick
            return torch.remainder(turns, 2.0 * math.pi).float()

    def parameter_count(self) -> int:
        """Return the number of trained numbers."""
        return sum(p.numel() for p in self.parameters())

    @torch.no_grad()
    def _initialise(self) -> None:
        # Branch outputs start small, so that the depth of the network does not raise the variance
        # of the residual stream (Radford et al. 2019); the output layer starts at zero.
        small = 1.0 / math.sqrt(2 * self.config.depth)
        for name, parameter in self.named_parameters():
            if name.endswith("token_emb.emb.weight"):
                nn.init.normal_(parameter, std=0.1)
            elif "to_logits" in name or name == "quarters.table.weight":
                nn.init.zeros_(parameter)
            elif parameter.ndim == 2:
                scale = small if "to_out" in name or ".ff.2." in name else 1.0
                nn.init.normal_(parameter, std=scale / math.sqrt(parameter.shape[1]))
