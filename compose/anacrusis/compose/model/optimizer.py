"""The optimisers of a run: Muon for the matrices of the layers and AdamW for the rest, or AdamW.

Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks") makes each
matrix's update orthogonal. Its updates are scaled to the size of AdamW's (Liu et al. 2025), so one
learning rate serves both.
"""

import torch
from torch import nn
from torch.optim import AdamW, Muon, Optimizer

from .config import TrainConfig
from .network import ScoreTransformer

_MOMENTUM = 0.95


def make_optimizers(network: ScoreTransformer, config: TrainConfig) -> list[Optimizer]:
    """Return the optimisers of `config.optimizer`; matrices decay, gains and tables do not."""
    hidden: list[torch.nn.Parameter] = []
    output: list[torch.nn.Parameter] = []
    plain: list[torch.nn.Parameter] = []
    tables = {id(m.weight) for m in network.modules() if isinstance(m, nn.Embedding)}
    for name, parameter in network.named_parameters():
        if parameter.ndim < 2 or id(parameter) in tables or "distance_bank" in name:
            plain.append(parameter)
        elif "to_logits" in name or config.optimizer == "adamw":
            output.append(parameter)
        else:
            hidden.append(parameter)
    groups = [
        {"params": output, "weight_decay": config.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    rate, betas = config.learning_rate, (0.9, config.beta2)
    optimizers: list[Optimizer] = [AdamW(groups, lr=rate, betas=betas, eps=1e-8)]
    if hidden:
        decay = config.weight_decay
        optimizers.append(
            Muon(hidden, rate, decay, _MOMENTUM, adjust_lr_fn="match_rms_adamw")  # scale of AdamW
        )
    return optimizers
