"""Write the filter by which composing avoids quotations: the training pieces' melodic n-grams.

    python -m anacrusis.datasets.evaluation.quotes OUT --from ARCHIVES

OUT is the filter's file in a weights folder, `quotes.npz`. The n-grams are those of every piece of
the sets that train, held-out pieces too: weights that were trained on another division are covered
as well. N-grams of few pitches are in it: a long stretch with several may consist of them.
"""

import argparse
import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from anacrusis.compose.quotes import Hashes, QuoteFilter, gram_hashes
from anacrusis.compose.score import Score

from ..collect import collect
from ..pieces import read_unit
from ..registry import training_cards
from ..sources import pieces_cache
from .melodies import melodies

MOST = 2_900_000
"""Most bytes of a filter, which is a part of the package."""
BITS = 10
"""Bits for each n-gram, where there are few: one other in a hundred is taken for one of them."""
_TRIED = 1_000_000


def training_grams(scores: Iterable[Score]) -> Hashes:
    """The hashes of the different n-grams of all melodies, sorted."""
    grams = [
        gram_hashes(melody.onsets, melody.pitches) for score in scores for melody in melodies(score)
    ]
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *grams]))


def quote_filter(grams: Hashes, sets: Iterable[str]) -> QuoteFilter:
    """A filter of at most `MOST` bytes that knows these n-grams, and what is to be known of it."""
    size = min(len(grams) * BITS // 8 + 1, MOST)
    built = QuoteFilter.build(grams, size, {})
    others = np.random.default_rng(0).integers(0, 2**64, _TRIED, np.uint64)
    facts = {
        "sets": list(sets),
        "grams": len(grams),
        "false_positives": round(float(built.holds(others).mean()), 5),
        "digest": hashlib.sha256(grams.astype("<u8").tobytes()).hexdigest()[:16],
    }
    return QuoteFilter(built.bits, facts)


def main() -> None:
    """Write a filter and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--from", dest="source", type=Path, help="archives or unpacked sets")
    parser.add_argument("--cache", type=Path, help="folder for pieces that have been read")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    sets = [card.name for card in training_cards()]
    cache = asked.cache or pieces_cache()
    units = [
        path for name in sets for path in collect(name, cache, asked.source, asked.workers).units
    ]
    grams = training_grams(piece.score for path in units for piece in read_unit(path).pieces)
    written = quote_filter(grams, sets)
    written.save(asked.out)
    facts, size = written.facts, asked.out.stat().st_size
    print(
        f"{facts['grams']:,} n-grams, {size:,} bytes, "
        f"false positives {facts['false_positives']:.2%}, digest {facts['digest']}"
    )


if __name__ == "__main__":
    main()
