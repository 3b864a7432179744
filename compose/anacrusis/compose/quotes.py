"""Melodic n-grams of the training pieces in a Bloom filter, by which composing avoids quotations.

A melody is the highest note of a track at each onset; an n-gram is nine notes in a row, as eight
pairs of an interval in semitones and the ticks between the onsets. The filter (Bloom 1970) knows
every n-gram that was put in; of others it takes a few for one of them, which does no harm.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from .errors import ModelError

PAIRS = 8
"""Pairs of an n-gram: it has a note more."""
FILE = "quotes.npz"
"""The filter's file in a weights folder."""
PROBES = 6
"""Bits of an n-gram: near the best number for 8 to 10 bits for each n-gram."""
_BASE = 0x9E3779B97F4A7C15
POWERS = np.array([pow(_BASE, place, 2**64) for place in range(PAIRS)], np.uint64)
"""What the pair at each place of an n-gram is multiplied by, oldest first; the sum is its hash."""

Hashes = NDArray[np.uint64]
Integers = NDArray[np.int64]


def pair_hashes(intervals: Integers, ticks: Integers) -> Hashes:
    """A hash of each pair, all its bits mixed (SplitMix64)."""
    mixed = ((intervals << 32) + ticks).astype(np.uint64) + np.uint64(_BASE)
    return _mixed(mixed)


def gram_hashes(onsets: Integers, pitches: Integers) -> Hashes:
    """The hash of every n-gram of a melody; none for one of fewer than nine notes."""
    if len(onsets) <= PAIRS:
        return np.zeros(0, np.uint64)
    pairs = pair_hashes(np.diff(pitches), np.diff(onsets))
    windows = np.lib.stride_tricks.sliding_window_view(pairs, PAIRS)
    found: Hashes = (windows * POWERS).sum(axis=1, dtype=np.uint64)
    return found


@dataclass(frozen=True, eq=False)
class QuoteFilter:
    """The filter's bits, eight to a byte, and what is known of it.

    facts: how many n-grams, the measured share of others that it takes for one of them, the
    digest of the training pieces.
    """

    bits: NDArray[np.uint8]
    facts: Mapping[str, Any]

    @classmethod
    def build(cls, grams: Hashes, size: int, facts: Mapping[str, Any]) -> "QuoteFilter":
        """A filter of `size` bytes that knows these n-grams."""
        flags = np.zeros(size * 8, bool)
        mixed = _mixed(grams)
        for probe in range(PROBES):
            flags[_place(mixed, probe, size)] = True
        return cls(np.packbits(flags, bitorder="little"), facts)

    def holds(self, grams: Hashes) -> NDArray[np.bool_]:
        """For each n-gram, whether it is one of those put in, or taken for one."""
        left, mixed = np.arange(len(grams)), _mixed(grams)
        for probe in range(PROBES):
            place = _place(mixed[left], probe, len(self.bits))
            left = left[(self.bits[place >> 3] >> (place & 7).astype(np.uint8)) & 1 == 1]
            if not len(left):
                break
        found = np.zeros(len(grams), bool)
        found[left] = True
        return found

    def save(self, path: Path) -> None:
        """Write the filter to `path`."""
        from .atomic import atomic_path

        head = np.frombuffer(json.dumps({"probes": PROBES, "pairs": PAIRS, **self.facts}).encode(),
                             np.uint8)  # fmt: skip
        with atomic_path(path) as temporary:
            np.savez(temporary, head=head, bits=self.bits)

    @classmethod
    def load(cls, weights: str | os.PathLike[str] | None = None) -> "QuoteFilter":
        """Read the filter of a weights folder, None for the shipped one.

        Raises `ModelError` where there is none, or it is damaged.
        """
        from .model.runtime import SHIPPED

        path = (SHIPPED if weights is None else Path(weights)) / FILE
        try:
            with np.load(path, allow_pickle=False) as table:
                facts, bits = json.loads(table["head"].tobytes()), table["bits"]
            if (facts["probes"], facts["pairs"]) != (PROBES, PAIRS) or bits.dtype != np.uint8:
                raise ValueError("it is of another version")
        except FileNotFoundError as error:
            raise ModelError(
                f"the weights have no {FILE}, which --max-quote needs; write it with "
                f"`python -m anacrusis.datasets.evaluation.quotes {path} --from DATA`, and --own "
                "RUN where they learnt files of your own"
            ) from error
        except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile) as error:
            raise ModelError(
                f"{path} is damaged ({error}); install the package again, or write it with "
                f"`python -m anacrusis.datasets.evaluation.quotes {path} --from DATA`"
            ) from error
        return cls(bits, facts)


class Ceiling(NamedTuple):
    """The longest stretch, in notes, that a melody may share with those of `known`."""

    known: QuoteFilter
    longest: int


def _place(mixed: Hashes, probe: int, size: int) -> Integers:
    """The bit of each n-gram, its hash mixed, for a probe (Kirsch and Mitzenmacher 2008)."""
    step = (mixed >> np.uint64(32)) | np.uint64(1)
    start = mixed & np.uint64(0xFFFFFFFF)
    found: Integers = ((start + np.uint64(probe) * step) % np.uint64(size * 8)).astype(np.int64)
    return found


def _mixed(values: Hashes) -> Hashes:
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
