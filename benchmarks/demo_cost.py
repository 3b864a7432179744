"""What the 32-bar demo costs: time, peak memory, import time, install size.

python benchmarks/demo_cost.py [--runs 3]
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path

_HELP = [sys.executable, "-m", "anacrusis.studio.main", "--help"]
_IMPORT = [sys.executable, "-c", "import anacrusis.compose.decoding.compose"]


def timed(command: list[str]) -> tuple[float, float]:
    """Wall-clock seconds of a command, and its peak resident memory in MB."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = resource_of(process)
    if status:
        raise SystemExit(f"{command} failed")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def resource_of(process: subprocess.Popen[bytes]) -> tuple[int, int, resource.struct_rusage]:
    """Wait for a child and give what it used (POSIX)."""
    return os.wait4(process.pid, 0)


def install_megabytes() -> float:
    """Size on disk of the core install: this package and all it requires, in MB."""
    seen: set[str] = set()
    total = 0

    def add(name: str) -> None:
        nonlocal total
        key = name.lower().replace("_", "-")
        if key in seen:
            return
        seen.add(key)
        try:
            found = distribution(name)
        except PackageNotFoundError:  # a requirement of another platform
            return
        for file in found.files or ():
            path = Path(str(found.locate_file(file)))
            total += path.stat().st_size if path.is_file() else 0
        for line in requires(name) or ():
            if "extra ==" not in line:
                add(re.split(r"[^A-Za-z0-9_.-]", line, maxsplit=1)[0])

    add("anacrusis")
    return total / 1e6


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        demo = [sys.executable, "-m", "anacrusis.studio.main", "demo", "--force", "--out", folder]
        demos = [timed(demo) for _ in range(runs)]
    helps = [timed(_HELP)[0] for _ in range(5)]
    imports = [timed(_IMPORT)[0] for _ in range(5)]
    print("| what | median |")
    print("|---|---|")
    print(f"| demo, command to files | {statistics.median(t for t, _ in demos):.1f} s |")
    print(f"| demo, peak memory | {statistics.median(m for _, m in demos):.0f} MB |")
    print(f"| `anacrusis --help` | {statistics.median(helps):.2f} s |")
    print(f"| import of the composer | {statistics.median(imports):.2f} s |")
    print(f"| core install | {install_megabytes():.0f} MB |")


if __name__ == "__main__":
    main()
