"""Run the benchmarks one after another and print their tables.

    python benchmarks/run.py [NAME ...] [--data FOLDER]

Names: guarantee, mutation, determinism, rules, decoding, batch, streaming, deadline, demo, render,
midi, musicxml, reading, phrases, analysis; default: all that can run. `--data` is a folder of
unpacked corpora; without it what reads real files is left out.
Run by themselves: `rule_requests.py` (two hours), `golden_requests.py` (rewrites the hashes of
tests), `wishes.py`, `solvers.py`, `fresh_install.py` (needs a package index), `preparing.py`,
`locks.py` and `rules_quality.py` (archives), `duplicates.py`, `section_returns.py`,
`shard_loading.py` and `usual_densities.py` (what was read or prepared), `quantisation_loss.py`, and
what trains:
`training_speed.py`, and small networks in `attention.py`, `tokenisation.py` and `anticipation.py`.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCHMARKS: dict[str, tuple[str, ...]] = {
    "guarantee": ("guarantee.py",),
    "mutation": ("mutation.py",),
    "determinism": ("determinism.py",),
    "rules": ("rules_cost.py",),
    "decoding": ("decoding_speed.py",),
    "batch": ("batch_decoding.py",),
    "streaming": ("streaming.py", "--bars", "32"),
    "deadline": ("deadline.py", "--repeats", "2"),
    "demo": ("demo_cost.py",),
    "render": ("render_speed.py",),
    "midi": ("roundtrip_midi.py",),
    "musicxml": ("roundtrip_musicxml.py",),
    "reading": ("reading.py",),
    "phrases": ("bars_of_phrases.py",),
    "analysis": ("analysis.py", "--music21"),
}
NEEDS_DATA = ("midi", "musicxml", "reading", "phrases", "analysis")


def main() -> None:
    """Run what was asked for; exit 1 where one fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--data", type=Path, help="folder of unpacked corpora")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]!r}; allowed: {', '.join(BENCHMARKS)}")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    failed = []
    for name in options.names or BENCHMARKS:
        if name in NEEDS_DATA and options.data is None:
            print(f"\n## {name}: left out, it needs --data")
            continue
        script, *arguments = BENCHMARKS[name]
        if name in NEEDS_DATA:
            arguments.append(str(options.data))
        print(f"\n## {name}: `python benchmarks/{script}`\n", flush=True)
        begin = time.perf_counter()
        command = [sys.executable, str(HERE / script), *arguments]
        if subprocess.run(command, env=environment, check=False).returncode:
            failed.append(name)
        print(f"\n({time.perf_counter() - begin:.0f} s)", flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
