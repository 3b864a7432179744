"""The same plan and seed: byte-identical MIDI in ten processes and under 1, 2 and 4 threads.

python benchmarks/determinism.py [--weights FOLDER]
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 10
THREADS = (1, 2, 4)
LINE = ("Am F C G7", "--bars", "8", "--tempo", "96", "--tracks", "melody,piano,bass,drums")


def digest(threads: int, weights: str | None) -> str:
    """SHA-256 of the MIDI file that a fresh process writes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "anacrusis.studio.main", "compose", *LINE, "--seed", "7"]
        command += ["--threads", str(threads), "--out", folder]
        command += ["--weights", weights] if weights else []
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return hashlib.sha256((Path(folder) / "song.mid").read_bytes()).hexdigest()


def main() -> None:
    """Run and print a table; exit 1 where two files differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights")
    weights = parser.parse_args().weights
    found = {f"run {n + 1}, 1 thread": digest(1, weights) for n in range(RUNS)}
    found |= {f"{count} threads": digest(count, weights) for count in THREADS}
    print("| run | SHA-256 of the MIDI file |")
    print("|---|---|")
    for name, value in found.items():
        print(f"| {name} | {value[:16]} |")
    different = len(set(found.values()))
    print(f"{len(found)} files, {different} distinct")
    sys.exit(0 if different == 1 else 1)


if __name__ == "__main__":
    main()
