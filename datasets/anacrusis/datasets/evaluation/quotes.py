"""Write the filter by which composing avoids quotations: the training pieces' melodic n-grams.

    python -m anacrusis.datasets.evaluation.quotes OUT --from ARCHIVES [--own RUN]

OUT is the filter's file in a weights folder, `quotes.npz`. The n-grams are those of every piece of
the sets that train, held-out pieces too: weights that were trained on another division are covered
as well. N-grams of few pitches are in it: a long stretch with several may consist of them.
Weights that `anacrusis train --data` tuned on files of your own know these too: RUN is the folder
of that run, which holds what was read of them.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from anacrusis.compose.errors import AnacrusisError, DataError
from anacrusis.compose.quotes import Hashes, QuoteFilter, gram_hashes
from anacrusis.compose.score import Score

from ..collect import collect
from ..own_files import SET as OWN
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


def own_units(weights: Path, run: Path | None) -> list[Path]:
    """What was read of the user's own files that trained the weights; none where there are none.

    Raises `DataError` where the weights' manifest names such files and the run is not given.
    """
    manifest = weights / "data.json"
    if run is None:
        sets = json.loads(manifest.read_text("utf-8"))["sets"] if manifest.is_file() else []
        if any(entry["name"] == OWN for entry in sets):
            raise DataError(
                f"the weights in {weights} learnt files of your own, which the filter must know "
                "too; give the run that was trained on them: --own RUN"
            )
        return []
    units = sorted((run / "pieces").glob("*.json.gz"))
    if not units:
        raise DataError(f"{run} holds no pieces; --own takes the --out of `anacrusis train --data`")
    return units


def main() -> int:
    """Write a filter and say what it holds; return 1 where that cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--from", dest="source", type=Path, help="archives or unpacked sets")
    parser.add_argument("--cache", type=Path, help="folder for pieces that have been read")
    parser.add_argument("--own", type=Path, help="run that was trained on files of your own")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    try:
        facts = _write(asked)
    except AnacrusisError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"{facts['grams']:,} n-grams, {asked.out.stat().st_size:,} bytes, "
        f"false positives {facts['false_positives']:.2%}, digest {facts['digest']}"
    )
    return 0


def _write(asked: argparse.Namespace) -> Mapping[str, Any]:
    own = own_units(asked.out.parent, asked.own)
    sets = [card.name for card in training_cards()]
    cache = asked.cache or pieces_cache()
    units = [
        path for name in sets for path in collect(name, cache, asked.source, asked.workers).units
    ]
    units += own
    grams = training_grams(piece.score for path in units for piece in read_unit(path).pieces)
    written = quote_filter(grams, [*sets, OWN] if own else sets)
    written.save(asked.out)
    return written.facts


if __name__ == "__main__":
    sys.exit(main())
