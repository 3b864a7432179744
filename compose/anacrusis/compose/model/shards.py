"""Prepared training shards on disk: token sequences, memory-mapped, with their transpositions.

Layout of a shard folder (all arrays are `.npy`, readable without pickles)::

    meta.json            vocab_size, vocab_hash, pad_id, sources, weights, counts
    transpose.npy        uint16 [25, vocab_size]: row s + 12 maps each id to its id s semitones up
    <split>/tokens.npy   uint16 [n_tokens]: all examples end to end
    <split>/ticks.npy    int32 [n_tokens]: metrical position of each token, 12 per quarter note
    <split>/offsets.npy  int64 [n_examples + 1]: where each example begins
    <split>/sources.npy  uint8 [n_examples]: index into `sources`
    <split>/shift_range.npy  int8 [n_examples, 2]: lowest and highest transposition, in semitones

An example is one training sequence of at most context + 1 tokens, from its first token on. The
writer streams to a temporary folder and renames it when complete.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..atomic import atomic_folder
from ..errors import ModelError
from .config import JsonConfig

MAX_SHIFT = 12
"""Largest transposition in the table, in semitones either way."""

FOLDER_HOLDS = (
    "meta.json", "transpose.npy", "train", "valid", "test", "performance", "duplicates.csv"
)  # fmt: skip
"""What a shard folder holds, with what `data prepare` lays beside the shards."""

_ARRAYS: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "tokens": (np.uint16, ()),
    "ticks": (np.int32, ()),
    "offsets": (np.int64, ()),
    "sources": (np.uint8, ()),
    "shift_range": (np.int8, (2,)),
}


@dataclass(frozen=True, slots=True)
class ShardMeta(JsonConfig):
    """What `meta.json` says about a shard folder."""

    vocab_size: int
    """Number of token ids."""
    vocab_hash: str
    """Fingerprint of the vocabulary the ids belong to."""
    pad_id: int
    """Id that fills short sequences of a batch; never a target."""
    sources: list[str]
    """Names of the data sets, in the order of their index."""
    weights: list[float]
    """Relative share of drawn examples from each source; 0 leaves a source out of training."""
    counts: dict[str, Any]
    """Examples and tokens per split and source."""
    made_from: str = ""
    """Digest of what the shards were made from."""
    unchecked: list[str] = field(default_factory=list)
    """Sources whose files were taken as they were, without comparing checksums."""

    def __post_init__(self) -> None:
        """Refuse metadata that contradicts itself."""
        if not 1 <= self.vocab_size <= 65536:
            raise ModelError(f"vocab_size is {self.vocab_size}; 1 to 65536 fit in a shard")
        if not 0 <= self.pad_id < self.vocab_size:
            raise ModelError(f"pad_id is {self.pad_id}; ids are 0 to {self.vocab_size - 1}")
        if not 1 <= len(self.sources) <= 256 or len(self.sources) != len(self.weights):
            raise ModelError(
                f"{len(self.sources)} sources with {len(self.weights)} weights; "
                "give 1 to 256 sources and one weight each"
            )
        if any(not isinstance(w, int | float) or not 0 <= w < 1e9 for w in self.weights):
            raise ModelError(f"weights are {self.weights}; each must be a number from 0 up")


class Example(NamedTuple):
    """One sequence: token ids (uint16) and ticks (int32), both `[n]`."""

    tokens: NDArray[np.uint16]
    ticks: NDArray[np.int32]


class ShardWriter:
    """Write a shard folder; it appears under its name when the `with` block ends well."""

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        vocab_size: int,
        vocab_hash: str,
        pad_id: int,
        weights: Mapping[str, float],
        transpose: ArrayLike,
        made_from: str = "",
        unchecked: Iterable[str] = (),
    ) -> None:
        """Prepare to write `folder`; `weights` maps each source's name to its sampling weight."""
        self.folder = Path(folder)
        self._head = ShardMeta(
            vocab_size, vocab_hash, pad_id, list(weights), list(weights.values()), {}, made_from,
            list(unchecked),
        )  # fmt: skip
        self._transpose = _checked_transpose(np.asarray(transpose), vocab_size, "transpose")
        self._stack = contextlib.ExitStack()
        self._root: Path | None = None
        self._splits: dict[str, _SplitWriter] = {}

    def __enter__(self) -> Self:
        """Open the temporary folder."""
        self._root = self._stack.enter_context(
            atomic_folder(self.folder, "meta.json", FOLDER_HOLDS)
        )
        self._stack.push(self._finish)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Complete the folder and rename it, or remove what was written if the block failed."""
        self._stack.__exit__(kind, error, trace)

    def add(
        self,
        split: str,
        tokens: ArrayLike,
        ticks: ArrayLike,
        source: str,
        shift_range: tuple[int, int] = (0, 0),
    ) -> None:
        """Append one example to `split`; raise `ModelError` where it does not fit the format."""
        if self._root is None:
            raise ModelError("the shard writer is not open; use it in a with statement")
        if source not in self._head.sources:
            raise ModelError(f"source is {source!r}; the shard knows {self._head.sources}")
        low, high = shift_range
        if not -MAX_SHIFT <= low <= 0 <= high <= MAX_SHIFT:
            raise ModelError(
                f"shift_range is {shift_range}; it must hold 0 and stay within 12 semitones"
            )
        tokens_array, ticks_array = np.asarray(tokens), np.asarray(ticks)
        if tokens_array.ndim != 1 or tokens_array.shape != ticks_array.shape:
            raise ModelError(
                f"tokens {tokens_array.shape} and ticks {ticks_array.shape} must be "
                "one-dimensional and equally long"
            )
        if len(tokens_array) < 2:
            raise ModelError("an example has fewer than 2 tokens: there is nothing to predict")
        if tokens_array.min() < 0 or tokens_array.max() >= self._head.vocab_size:
            raise ModelError(
                f"a token is outside the vocabulary: {tokens_array.min()} to "
                f"{tokens_array.max()}, allowed are 0 to {self._head.vocab_size - 1}"
            )
        if split not in self._splits:
            self._splits[split] = _SplitWriter(self._root / split, self._head.sources)
        self._splits[split].add(
            tokens_array, ticks_array, self._head.sources.index(source), (low, high)
        )

    def _finish(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        root, self._root = self._root, None
        for split in self._splits.values():
            split.close()
        if root is None or error is not None:
            return
        counts = {name: split.counts() for name, split in self._splits.items()}
        meta = self._head.to_mapping() | {"counts": counts}
        (root / "meta.json").write_text(json.dumps(meta, indent=2) + "\n", "utf-8")
        np.save(root / "transpose.npy", self._transpose)


def is_made_from(folder: str | os.PathLike[str], digest: str) -> bool:
    """Return whether a shard folder lies there, whole, that was made from just this."""
    try:
        reader = ShardReader(folder)
        for name in reader.meta.counts:
            reader.split(name)
    except ModelError:
        return False
    return reader.meta.made_from == digest


class _SplitWriter:
    """Streams one split; array headers are written last, when the lengths are known."""

    def __init__(self, folder: Path, sources: list[str]) -> None:
        folder.mkdir()
        self._sources = sources
        self._files: dict[str, BinaryIO] = {}
        for name, (dtype, tail) in _ARRAYS.items():
            file = (folder / f"{name}.npy").open("wb")
            _write_header(file, dtype, (0, *tail))
            self._files[name] = file
        self._length = {name: 0 for name in _ARRAYS}
        self._examples = [0] * len(sources)
        self._tokens = [0] * len(sources)
        self._append("offsets", [0])

    def add(
        self, tokens: NDArray[Any], ticks: NDArray[Any], source: int, shift: tuple[int, int]
    ) -> None:
        self._append("tokens", tokens)
        self._append("ticks", ticks)
        self._append("offsets", [self._length["tokens"]])
        self._append("sources", [source])
        self._append("shift_range", [shift])
        self._examples[source] += 1
        self._tokens[source] += len(tokens)

    def counts(self) -> dict[str, dict[str, int]]:
        return {
            name: {"examples": examples, "tokens": tokens}
            for name, examples, tokens in zip(
                self._sources, self._examples, self._tokens, strict=True
            )
        }

    def close(self) -> None:
        for name, (dtype, tail) in _ARRAYS.items():
            file = self._files[name]
            file.seek(0)
            _write_header(file, dtype, (self._length[name], *tail))
            file.close()

    def _append(self, name: str, values: ArrayLike) -> None:
        rows = np.asarray(values).astype(_ARRAYS[name][0])
        self._files[name].write(rows.tobytes())
        self._length[name] += len(rows)


class ShardReader:
    """Read a shard folder, memory-mapped; every file is checked against the format first."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Open `folder`; raise `ModelError` where it is missing or corrupt."""
        self.folder = Path(folder)
        if not (self.folder / "meta.json").is_file():
            raise ModelError(
                f"{self.folder} is not a shard folder (no meta.json); prepare the shards first"
            )
        self.meta = ShardMeta.load(self.folder / "meta.json")
        self.transpose = _checked_transpose(
            _open_array(self.folder / "transpose.npy"), self.meta.vocab_size, str(self.folder)
        )

    def split(self, name: str) -> "Split":
        """Open one split ("train", "valid", "test")."""
        if not (self.folder / name).is_dir():
            present = sorted(p.name for p in self.folder.iterdir() if p.is_dir())
            raise ModelError(f"{self.folder} has no split {name!r}; it has {present}")
        return Split(self.folder / name, self.meta, self.transpose)


class Split:
    """The examples of one split, by number."""

    def __init__(self, folder: Path, meta: ShardMeta, transpose: NDArray[np.uint16]) -> None:
        """Open and check the arrays in `folder`."""
        self.meta = meta
        self.transpose = transpose
        arrays = {name: _open_array(folder / f"{name}.npy") for name in _ARRAYS}
        for name, (dtype, tail) in _ARRAYS.items():
            array = arrays[name]
            if array.dtype != dtype or array.ndim != 1 + len(tail) or array.shape[1:] != tail:
                raise ModelError(
                    f"{folder / name}.npy is {array.dtype} {array.shape}; "
                    f"{np.dtype(dtype)} of {1 + len(tail)} dimensions was expected"
                )
        self.tokens, self.ticks = arrays["tokens"], arrays["ticks"]
        self.offsets = np.asarray(arrays["offsets"])
        self.sources = np.asarray(arrays["sources"])
        self.shift_range = np.asarray(arrays["shift_range"])
        self.lengths = np.diff(self.offsets)
        n = len(self.lengths)
        sound = (
            n >= 1
            and self.offsets[0] == 0
            and self.offsets[-1] == len(self.tokens) == len(self.ticks)
            and n == len(self.sources) == len(self.shift_range)
            and bool(np.all(self.lengths >= 2))
            and bool(np.all(self.sources < len(meta.sources)))
            and bool(np.all(np.abs(self.shift_range) <= MAX_SHIFT))
            and int(self.tokens.max()) < meta.vocab_size
        )
        if not sound:
            raise ModelError(
                f"the arrays in {folder} contradict one another or are empty; "
                "prepare the shards again"
            )

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.lengths)

    def example(self, number: int, shift: int = 0) -> Example:
        """Return example `number`, transposed by `shift` semitones where its tokens have pitch."""
        start, end = self.offsets[number], self.offsets[number + 1]
        tokens = np.asarray(self.tokens[start:end])
        if shift:
            tokens = self.transpose[shift + MAX_SHIFT][tokens]
        return Example(tokens, np.asarray(self.ticks[start:end]))


def _write_header(file: BinaryIO, dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    # NumPy pads the header so that a growing first axis never changes its length.
    np.lib.format.write_array_header_1_0(
        file,
        {"descr": np.dtype(dtype).newbyteorder("<").str, "fortran_order": False, "shape": shape},
    )


def _open_array(path: Path) -> NDArray[Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"cannot read {path} ({error}); prepare the shards again") from error
    if not isinstance(array, np.ndarray):
        raise ModelError(f"{path} is not a single array; prepare the shards again")
    return array


def _checked_transpose(table: NDArray[Any], vocab_size: int, where: str) -> NDArray[np.uint16]:
    shape = (2 * MAX_SHIFT + 1, vocab_size)
    if table.shape != shape or table.dtype.kind not in "iu" or int(table.max()) >= vocab_size:
        raise ModelError(
            f"{where}: the transposition table is {table.dtype} {table.shape}; token ids in the "
            f"shape {shape} were expected"
        )
    if not np.array_equal(table[MAX_SHIFT], np.arange(vocab_size)):
        raise ModelError(f"{where}: transposing by 0 semitones must leave every token as it is")
    return np.asarray(table, dtype=np.uint16)
