"""Preparing data: time and memory from archives to shards, the second run, and killed runs.

    python benchmarks/preparing.py DATA [--sets NAME ...] [--kills 20]

DATA is a folder of archives. Prepares the sets (default: all clean ones) on all cores into a
temporary folder, then once more with nothing changed. Then prepares one small set again and again
with an empty cache, each run killed (SIGKILL) at a random moment until one ends by itself, and
compares its shards, byte by byte, with those of an uninterrupted run.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

SMALL = "openhymnal"


class Run(NamedTuple):
    """One run of the command: seconds, peak memory of all its processes in MB, exit code."""

    seconds: float
    peak: float
    code: int


def command(data: Path, folder: Path, sets: list[str]) -> list[str]:
    """The command line that prepares `sets` below `folder`."""
    return [
        sys.executable, "-m", "anacrusis.studio.main", "data", "prepare", *sets,
        "--from", str(data), "--out", str(folder / "shards"), "--cache", str(folder / "pieces"),
    ]  # fmt: skip


def group_memory(group: int) -> float:
    """Resident memory of a process group in MB (proportional: shared pages count once)."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.getpgid(int(entry.name)) == group:
                rollup = (entry / "smaps_rollup").read_text()
                total += int(rollup.split("Pss:")[1].split()[0])
        except (OSError, IndexError, ValueError):
            continue
    return total / 1024


def run(line: list[str], kill_after: float | None = None) -> Run:
    """Run to the end, or kill the whole process group after so many seconds."""
    begin = time.perf_counter()
    environment = os.environ | {"ANACRUSIS_CACHE": str(Path(line[-1]).parent / "cache")}
    process = subprocess.Popen(
        line, start_new_session=True, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    peak = 0.0
    timer = None
    if kill_after is not None:
        timer = threading.Timer(kill_after, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
    while process.poll() is None:
        if kill_after is None:
            peak = max(peak, group_memory(process.pid))
        time.sleep(0.25 if kill_after is None else 0.01)
    if timer is not None:
        timer.cancel()
    if process.returncode not in (0, -signal.SIGKILL):
        sys.exit((process.stderr.read() if process.stderr else b"").decode())
    return Run(time.perf_counter() - begin, peak, process.returncode)


def digest(folder: Path) -> str:
    """Hash of all files of a shard folder, by name and content."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(str(path.relative_to(folder)).encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def killed(data: Path, kills: int) -> tuple[int, bool]:
    """How often runs were killed, and whether the result is that of an uninterrupted run."""
    with tempfile.TemporaryDirectory() as name:
        whole, broken = Path(name) / "whole", Path(name) / "broken"
        usual = run(command(data, whole, [SMALL])).seconds
        moments = random.Random(0)
        done = 0
        while True:
            # Every few kills start over, so that all stages are met, and late ones too.
            left = kills - done
            moment = moments.uniform(0.1, usual) if left > 0 else None
            result = run(command(data, broken, [SMALL]), moment)
            done += result.code != 0
            if result.code == 0 and left <= 0:
                return done, digest(whole / "shards") == digest(broken / "shards")
            if result.code == 0:
                if digest(whole / "shards") != digest(broken / "shards"):
                    return done, False
                shutil.rmtree(broken)


def main() -> int:
    """Prepare, prepare again, kill, and print Markdown tables."""
    parser = argparse.ArgumentParser(description="Cost of preparing data.")
    parser.add_argument("data", type=Path, help="folder of archives")
    parser.add_argument("--sets", nargs="*", default=[], help="default: all clean ones")
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    data = options.data.resolve()
    with tempfile.TemporaryDirectory() as name:
        line = command(data, Path(name), options.sets)
        first, second = run(line), run(line)
        size = sum(p.stat().st_size for p in (Path(name) / "shards").rglob("*") if p.is_file())
    print(f"{os.cpu_count()} cores, {', '.join(options.sets) or 'all clean sets'}\n")
    print("| run | seconds | peak memory |")
    print("| --- | ---: | ---: |")
    made = f"from archives to {size / 1e6:.0f} MB of shards"
    print(f"| {made} | {first.seconds:.0f} | {first.peak:.0f} MB |")
    print(f"| again, nothing changed | {second.seconds:.1f} | {second.peak:.0f} MB |")
    count, same = killed(data, options.kills)
    print(
        f"\n{count} runs killed at random moments: {'the same shards' if same else 'OTHER SHARDS'}"
    )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
