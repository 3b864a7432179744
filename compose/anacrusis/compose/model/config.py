"""What a model is and how it is trained, as two small documents that are checked on reading.

Both are frozen dataclasses with one line of documentation per field; a key that is not a field is
an error that names it. On disk they are JSON.
"""

import dataclasses
import json
import math
import os
import types
import typing
from dataclasses import dataclass
from typing import Any, Self

from ..atomic import write_text
from ..bounded import read_bounded
from ..errors import FileFormatError, ModelError

_MAX_BYTES = 50_000_000

POSITIONS = {
    "absolute": "a learned vector for each token index (Vaswani et al. 2017)",
    "index": "rotary angles of the token index (Su et al. 2021)",
    "metrical": "rotary angles of the tick of the score that a token speaks of",
    "alibi": "a bias that falls with the distance in tokens, its slope fixed (Press et al. 2022)",
    "projection": "a bias over the distance in tokens, projected from the query",
    "quarters": "a learned bias over the distance in quarter notes, one for each head",
}
"""The ways in which attention may know positions."""


class JsonConfig:
    """Reading, writing and type checking shared by the configuration dataclasses."""

    __slots__ = ()

    @classmethod
    def from_mapping(cls, values: typing.Mapping[str, object], where: str = "config") -> Self:
        """Build from a mapping; raise `ModelError` on unknown, missing or mistyped keys."""
        fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
        unknown = sorted(set(values) - set(fields))
        if unknown:
            raise ModelError(
                f"{where}: unknown key {unknown[0]!r}; allowed are {', '.join(sorted(fields))}"
            )
        missing = [
            name
            for name, f in fields.items()
            if f.default is f.default_factory is dataclasses.MISSING and name not in values
        ]
        if missing:
            raise ModelError(f"{where}: {missing[0]!r} is missing; add it")
        hints = typing.get_type_hints(cls)
        checked = {name: _check_type(values[name], hints[name], name, where) for name in values}
        return cls(**checked)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a JSON file; raise `ModelError` where it is missing, not JSON or not a mapping."""
        return cls.from_mapping(read_json(path), str(path))

    def to_mapping(self) -> dict[str, Any]:
        """Return the fields as plain values, ready for JSON."""
        return dataclasses.asdict(self)  # type: ignore[call-overload,no-any-return]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fields to `path` as JSON, whole or not at all."""
        write_text(path, self.text())

    def text(self) -> str:
        """Return the fields as the text of a JSON file."""
        return json.dumps(self.to_mapping(), indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class ModelConfig(JsonConfig):
    """The shape of the network. The parameter count is about `depth * 12 * dim**2`."""

    vocab_size: int
    """Number of token ids, the padding included."""
    context: int = 1024
    """Longest sequence the model reads, in tokens."""
    dim: int = 256
    """Width of the residual stream."""
    depth: int = 6
    """Number of layers, each attention then feed-forward."""
    heads: int = 4
    """Attention heads per layer."""
    kv_heads: int = 2
    """Heads of keys and values; groups of attention heads share them (Ainslie et al. 2023)."""
    head_dim: int = 64
    """Width of one head; a multiple of 4, as two positions share its rotary pairs."""
    ff_mult: int = 4
    """Width of the feed-forward layer, as a multiple of `dim`."""
    positions: str = "metrical+alibi"
    """What tells where a token stands, joined by `+`: see `POSITIONS`."""
    dropout: float = 0.1
    """Share of the embedding and of each branch's output dropped while training."""
    index_wavelength_min: float = 2.0 * math.pi
    """Shortest rotary wavelength over the token index, in tokens."""
    index_wavelength_max: float = 4096.0
    """Longest rotary wavelength over the token index, in tokens (about four contexts)."""
    tick_wavelength_min: float = 3.0
    """Shortest rotary wavelength over metrical position, in ticks (a sixteenth is 3)."""
    tick_wavelength_max: float = 6144.0
    """Longest rotary wavelength over metrical position, in ticks (128 bars of 4/4)."""

    @property
    def position_names(self) -> frozenset[str]:
        """The parts of `positions`."""
        return frozenset(self.positions.split("+"))

    def __post_init__(self) -> None:
        """Refuse shapes that no network can have."""
        sizes = ("vocab_size", "context", "dim", "depth", "heads", "kv_heads", "head_dim")
        for name in (*sizes, "ff_mult"):
            _require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        _require(self.vocab_size <= 65536, "vocab_size", self.vocab_size, "at most 65536")
        _require(
            self.heads % self.kv_heads == 0,
            "kv_heads",
            self.kv_heads,
            f"a divisor of the {self.heads} heads",
        )
        _require(self.heads >= 2, "heads", self.heads, "at least 2")
        _require(self.head_dim % 4 == 0, "head_dim", self.head_dim, "a multiple of 4")
        _require(0.0 <= self.dropout < 1.0, "dropout", self.dropout, "in [0, 1)")
        names = self.positions.split("+")
        known = set(names) <= set(POSITIONS) and len(set(names)) == len(names)
        _require(known, "positions", self.positions, f"of {', '.join(POSITIONS)}, joined by +")
        both = {"alibi", "quarters"} <= self.position_names
        _require(not both, "positions", self.positions, "without one of alibi and quarters")
        for kind in ("index", "tick"):
            low = getattr(self, f"{kind}_wavelength_min")
            high = getattr(self, f"{kind}_wavelength_max")
            _require(0.0 < low < high, f"{kind}_wavelength_min", low, f"above 0 and below {high}")


@dataclass(frozen=True, slots=True)
class TrainConfig(JsonConfig):
    """One training run: where it reads and writes, how long, how fast it learns."""

    shards: str
    """Folder of prepared shards."""
    out: str
    """Folder for checkpoints and logs."""
    init: str = ""
    """Weights folder to start from, ``default`` for the package's; empty: random weights."""
    model: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Fields of `ModelConfig` unlike its defaults (`vocab_size` comes from the shards)."""
    steps: int = 0
    """Optimiser steps of the whole schedule; 0 takes them from `minutes`."""
    minutes: float = 0.0
    """Planned wall-clock minutes: the first steps are timed and `steps` is set from them, once."""
    batch_tokens: int = 8192
    """Tokens per step, padding included."""
    optimizer: str = "muon"
    """`muon` (for the matrices of the layers; AdamW for the rest) or `adamw`."""
    learning_rate: float = 2e-3
    """Peak learning rate."""
    final_rate: float = 0.05
    """Learning rate at the end of the cosine, as a share of the peak."""
    warmup: int = 100
    """Steps over which the learning rate rises from zero."""
    weight_decay: float = 0.1
    """AdamW decay of the weight matrices (never of gains and embeddings)."""
    beta2: float = 0.98
    """AdamW's second-moment decay."""
    clip: float = 1.0
    """Largest gradient norm."""
    octave_share: float = 0.25
    """Share of training examples in which one track moves by an octave, where its range allows."""
    seed: int = 0
    """Seed of weights, batches and dropout."""
    precision: str = "auto"
    """`fp32`, `bf16` (mixed), or `auto`: bf16 where the processor has instructions for it."""
    threads: int = 0
    """CPU threads; 0 leaves torch's choice."""
    compile: bool = False
    """Fuse kernels with torch.compile, for accelerators; needs a C++ compiler and a minute."""
    accelerator: str = "auto"
    """`auto`, `cpu` or `cuda`."""
    strategy: str = "ddp"
    """With several processes (`torchrun`): `ddp` copies the weights to all, `fsdp2` parts them."""
    valid_every: int = 250
    """Steps between validations."""
    valid_batches: int = 16
    """Batches of the validation split that are measured, always the same ones; 0 is all."""
    checkpoint_seconds: float = 300.0
    """Seconds between checkpoints."""
    log_every: int = 10
    """Steps between lines in the logs."""

    def __post_init__(self) -> None:
        """Refuse runs that cannot start."""
        _require(self.steps >= 0, "steps", self.steps, "0 or more")
        _require(self.minutes >= 0, "minutes", self.minutes, "0 or more")
        if self.steps == 0 and self.minutes == 0:
            raise ModelError("neither steps nor minutes is set; give one of them")
        _require(self.batch_tokens >= 1, "batch_tokens", self.batch_tokens, "at least 1")
        _require(self.learning_rate > 0, "learning_rate", self.learning_rate, "above 0")
        _require(0 <= self.final_rate <= 1, "final_rate", self.final_rate, "in [0, 1]")
        _require(self.warmup >= 0, "warmup", self.warmup, "0 or more")
        _require(self.weight_decay >= 0, "weight_decay", self.weight_decay, "0 or more")
        _require(0 <= self.octave_share <= 1, "octave_share", self.octave_share, "in [0, 1]")
        _require(0 < self.beta2 < 1, "beta2", self.beta2, "between 0 and 1")
        _require(self.clip > 0, "clip", self.clip, "above 0")
        _require(self.seed >= 0, "seed", self.seed, "0 or more")
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            _require(value in allowed, name, value, f"one of {', '.join(allowed)}")
        for name in ("valid_every", "log_every"):
            _require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        for name in ("threads", "valid_batches", "checkpoint_seconds"):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")


_CHOICES = {
    "optimizer": ("muon", "adamw"),
    "precision": ("auto", "fp32", "bf16"),
    "accelerator": ("auto", "cpu", "cuda"),
    "strategy": ("ddp", "fsdp2"),
}


def read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the JSON mapping in `path`; raise `ModelError` where there is none."""
    try:
        value = json.loads(read_bounded(path, _MAX_BYTES, "check the path").decode("utf-8"))
    except OSError as error:
        raise ModelError(
            f"cannot read {path}: {error.strerror or error}; check the path"
        ) from error
    except FileFormatError as error:
        raise ModelError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not JSON ({error}); write it again") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} holds a {type(value).__name__}; a JSON object was expected")
    return value


def _require(condition: bool, name: str, value: object, allowed: str) -> None:
    if not condition:
        raise ModelError(f"{name} is {value!r}; it must be {allowed}")


def _check_type(value: object, hint: Any, name: str, where: str) -> Any:
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    plain = tuple(typing.get_origin(kind) or kind for kind in kinds)
    if float in plain and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    finite = not isinstance(value, float) or math.isfinite(value)
    mistaken = isinstance(value, bool) and bool not in plain
    if mistaken or not isinstance(value, plain) or not finite:
        wanted = " or ".join(kind.__name__ for kind in plain)
        raise ModelError(f"{where}: {name} is {value!r}; a {wanted} was expected")
    return value
