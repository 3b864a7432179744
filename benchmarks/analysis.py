"""How right the analysis is: form, chords, keys, meters and roles against what people stated.

    python benchmarks/analysis.py DATA [--only form,chords,...] [--every N] [--music21]

Tables: form, chords, keys, meters, roles. DATA is a folder of unpacked data sets. `--every N` reads
one piece in N of each set. `--music21` puts music21's analysis beside ours, on a sample where it
takes long.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import analysis_chords
import analysis_form
import analysis_keys
import analysis_meters
import analysis_roles
from analysis_sets import Sets


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of unpacked data sets")
    parser.add_argument("--only", default="", help="tables to print, with commas; default: all")
    parser.add_argument("--every", type=int, default=1, help="read one piece in so many")
    parser.add_argument("--music21", action="store_true", help="music21's analysis beside ours")
    options = parser.parse_args()
    sets = Sets(options.data, options.every)
    reports: dict[str, Callable[[], str]] = {
        "form": lambda: analysis_form.report(sets),
        "chords": lambda: analysis_chords.report(sets, options.music21),
        "keys": lambda: analysis_keys.report(sets, options.music21),
        "meters": lambda: analysis_meters.report(sets),
        "roles": lambda: analysis_roles.report(sets),
    }
    names = options.only.split(",") if options.only else list(reports)
    unknown = [name for name in names if name not in reports]
    if unknown:
        parser.error(f"unknown table {unknown[0]!r}; allowed: {', '.join(reports)}")
    for name in names:
        begin = time.perf_counter()
        print(f"### {name}\n\n{reports[name]()}\n\n({time.perf_counter() - begin:.0f} s)\n",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
