"""The network for the chorales' cells: the product's, told also what a cell alone does not say.

A cell is a voice and a pitch, and a pitch has a class, so that what is learnt of one cell holds
for its like. Where in the bar a cell stands and how long its voice has held its pitch say most
about when a voice moves (Peracha 2019, "Improving polyphonic music models with feature-rich
encoding", has the latter).

Shape suffixes as in `compose.model.network`.
"""

import torch
from torch import Tensor, nn

from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.model.network import ScoreTransformer

from ..loaders.ensembles import SATB
from .chorales import LOWEST, PITCHES, REST, VOCABULARY

PHASE = 48
"""Ticks after which the vectors of the phase come back: four quarter notes."""
LONGEST = 64
"""Sixteenths from which on a pitch counts as held equally long."""
_OCTAVE = 12
_PLACES, _CLASSES = PITCHES + 1, _OCTAVE + 2
"""Pitches and their classes, the rest and the start among them."""


class ChoraleTransformer(ScoreTransformer):
    """A `ScoreTransformer` that reads and writes cells."""

    def __init__(self, config: ModelConfig) -> None:
        """Add the tables, with small random vectors."""
        super().__init__(config)
        self.parts = _Parts()
        self.place = nn.Embedding(_PLACES, config.dim)
        self.pitch_class = nn.Embedding(_CLASSES, config.dim)
        self.voice = nn.Embedding(len(SATB) + 1, config.dim)
        self.phase = nn.Embedding(PHASE, config.dim)
        self.held = nn.Embedding(LONGEST, config.dim)
        self.next_held = nn.Embedding(LONGEST, config.dim)
        self.next_cell = nn.Embedding(VOCABULARY, config.dim)
        for table in (self.place, self.pitch_class, self.voice):
            nn.init.normal_(table.weight, std=0.06)
        for table in (self.phase, self.held, self.next_held, self.next_cell):
            nn.init.normal_(table.weight, std=0.02)
        self.net.to_logits = _Readout(config.dim, self.parts)

    def beside(self, tokens_BT: Tensor, ticks_BT: Tensor) -> Tensor:
        """What each cell is made of, its phase, how long its voice and the next to come have
        held, and the last cell of the voice to come: vectors `[B, T, D]`."""
        held_BT = rows_held(tokens_BT)
        vectors: tuple[Tensor, ...] = (
            self.place(self.parts.place_V[tokens_BT]),
            self.pitch_class(self.parts.class_V[tokens_BT]),
            self.voice(self.parts.voice_V[tokens_BT]),
            self.phase(ticks_BT % PHASE),
            self.held(held_BT),
            self.next_held(_a_row_ago(held_BT)),
            self.next_cell(_a_row_ago(tokens_BT)),
        )
        return torch.stack(vectors).sum(0)


class _Parts(nn.Module):
    """What each cell of the vocabulary is made of: pitch, pitch class and voice."""

    place_V: Tensor
    class_V: Tensor
    voice_V: Tensor

    def __init__(self) -> None:
        super().__init__()
        cells = torch.arange(VOCABULARY) - 1
        place = torch.where(cells < 0, PITCHES, cells % PITCHES)
        pitch_class = torch.where(place < REST, (place + LOWEST) % _OCTAVE, place - REST + _OCTAVE)
        voice = torch.where(cells < 0, len(SATB), cells // PITCHES)
        for name, table in (("place_V", place), ("class_V", pitch_class), ("voice_V", voice)):
            self.register_buffer(name, table, persistent=False)


class _Readout(nn.Module):
    """Logits of cells: those of the cell, its pitch and its pitch class together."""

    def __init__(self, dim: int, parts: _Parts) -> None:
        super().__init__()
        self.parts = parts
        self.cell = nn.Linear(dim, VOCABULARY, bias=False)
        self.place = nn.Linear(dim, _PLACES, bias=False)
        self.pitch_class = nn.Linear(dim, _CLASSES, bias=False)
        for part in (self.cell, self.place, self.pitch_class):
            nn.init.zeros_(part.weight)

    def forward(self, hidden_BTD: Tensor) -> Tensor:
        places, classes = self.place(hidden_BTD), self.pitch_class(hidden_BTD)
        logits: Tensor = (
            self.cell(hidden_BTD)
            + places[..., self.parts.place_V]
            + classes[..., self.parts.class_V]
        )
        return logits


def rows_held(tokens_BT: Tensor) -> Tensor:
    """How many rows before its own each cell's voice has had the same pitch, `[B, T]`.

    >>> rows_held(torch.tensor([[0, 9, 80, 150, 220, 9, 81, 150, 220, 9, 81]])).tolist()
    [[0, 0, 0, 0, 0, 1, 0, 1, 1, 2, 1]]
    """
    voices, (batch, length) = len(SATB), tokens_BT.shape
    padded = nn.functional.pad(tokens_BT, (0, -length % voices))
    grid_BRV = padded.view(batch, -1, voices)
    rows_R1 = torch.arange(grid_BRV.shape[1], device=grid_BRV.device)[:, None]
    new_BRV = torch.ones_like(grid_BRV, dtype=torch.bool)
    new_BRV[:, 1:] = grid_BRV[:, 1:] != grid_BRV[:, :-1]
    since_BRV = torch.where(new_BRV, rows_R1, 0).cummax(1).values
    return (rows_R1 - since_BRV).flatten(1)[:, :length].clamp(max=LONGEST - 1)


def _a_row_ago(values_BT: Tensor) -> Tensor:
    """The values of the voice that comes next, a row ago; 0 in the first row."""
    back = len(SATB) - 1
    return nn.functional.pad(values_BT, (back, 0))[:, : values_BT.shape[1]]
