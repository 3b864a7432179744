"""Is the bar found from the lengths of phrases? Checked where the bars are known.

    python benchmarks/bars_of_phrases.py FOLDER

FOLDER holds the McGill Billboard annotations (unpacked): times of phrases and the bars of each.
`find_bar`, which gives the SALAMI annotations their bars, sees only the times. Prints how many fits
are believed and how they compare with the truth, then the same for phrases with 30 % of noise.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

from anacrusis.compose.errors import DataError
from anacrusis.datasets.loaders.phrases import WORST_FIT, find_bar

TOLERANCE = 0.04
NOISE = 0.3
"""Standard deviation of the logarithm of a phrase's length."""


def recordings(folder: Path) -> Iterator[tuple[npt.NDArray[np.float64], float]]:
    """Lengths of the phrases in seconds [n], and the length of a bar."""
    for path in sorted(folder.rglob("SalamiFiles/*.txt")):
        rows: list[tuple[float, int]] = []
        for line in path.read_text("utf-8", errors="replace").splitlines():
            timed = re.match(r"(\d+\.\d+)\s+(.*)", line)
            if timed:
                music, _, tail = timed[2].partition("|")[2].rpartition("|")
                times = re.match(r"\s*x(\d+)", tail)
                bars = len(music.split("|")) * (int(times[1]) if times else 1) if music else 0
                rows.append((float(timed[1]), bars))
        lengths = np.diff([time for time, _ in rows])
        bars_each = [
            length / bars for length, (_, bars) in zip(lengths, rows, strict=False) if bars > 1
        ]
        if bars_each:
            yield lengths, median(bars_each)


def verdict(found: float, true: float) -> str:
    """How a bar compares with the truth."""
    for name, factor in (("the bar", 1.0), ("half a bar", 0.5), ("two bars", 2.0)):
        if abs(np.log(found / true / factor)) < TOLERANCE:
            return name
    return "another length"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    cases = list(recordings(options.folder))
    if not cases:
        sys.exit(f"no SalamiFiles/*.txt under {options.folder}")
    rng = np.random.default_rng(0)
    found: Counter[str] = Counter()
    noise: Counter[str] = Counter()
    for lengths, true in cases:
        disturbed = lengths * np.exp(rng.normal(0, NOISE, len(lengths)))
        for phrases, counts in ((lengths, found), (disturbed, noise)):
            try:
                fit = find_bar(phrases)
            except DataError:
                counts["too few phrases"] += 1
                continue
            believed = fit.error <= WORST_FIT
            counts[verdict(fit.bar, true) if believed else "not believed"] += 1
    print("| found | recordings | with noise |\n| --- | ---: | ---: |")
    for name in (*found, *(name for name in noise if name not in found)):
        share, other = found[name] / len(cases), noise[name] / len(cases)
        print(f"| {name} | {found[name]} ({share:.1%}) | {noise[name]} ({other:.1%}) |")


if __name__ == "__main__":
    main()
