"""The same plans and seeds: equal notes in many processes, on threads, and with other instructions.

    python benchmarks/determinism.py [--weights FOLDER] [--emulator 'qemu-x86_64 -cpu Haswell' ...]

Twenty requests with rules of all kinds (`golden_requests.py`), each configuration in a fresh
process: the number of threads; NumPy, OpenBLAS and the C library kept from wide instructions by
their own switches. ONNX Runtime has no such switch: it asks the processor. An `--emulator` is a
command that runs a program on another processor; some short requests are composed in it, slowly.
Exits 1 where notes differ by anything but the instructions of ONNX Runtime.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from golden_requests import COUNT, SHIPPED, SHORT, UNKNOWING, digests

PROCESSES = 3
THREADS = (2, 4)
Digests = Mapping[str, str]


class Setting(NamedTuple):
    """How a process runs. before: words before its command."""

    name: str
    threads: int = 1
    environment: Mapping[str, str] = {}
    before: Sequence[str] = ()


def settings() -> list[Setting]:
    """All that need no emulator."""
    dispatched = list(np._core._multiarray_umath.__cpu_dispatch__)  # type: ignore[attr-defined]
    wide = [feature for feature in dispatched if feature not in ("AVX2", "FMA3", "X86_V3")]
    libc = "-AVX512F,-AVX512VL,-AVX2,-FMA,-FMA4,-AVX,-ERMS,-FSRM,-Prefer_No_VZEROUPPER"
    switches = {
        "NumPy without AVX-512": {"NPY_DISABLE_CPU_FEATURES": " ".join(wide)},
        "NumPy without AVX2": {"NPY_DISABLE_CPU_FEATURES": " ".join(dispatched)},
        "OpenBLAS as on a Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
        "OpenBLAS as on a Prescott": {"OPENBLAS_CORETYPE": "Prescott"},
        "C library without AVX2, FMA": {"GLIBC_TUNABLES": f"glibc.cpu.hwcaps={libc}"},
    }
    return [
        *(Setting(f"process {number + 1}") for number in range(PROCESSES)),
        *(Setting(f"{threads} threads", threads) for threads in THREADS),
        *(Setting(name, environment=values) for name, values in switches.items()),
    ]


def composed(setting: Setting, model: str, numbers: Sequence[int], weights: str | None) -> Digests:
    """Hash by number of request, from a fresh process."""
    command = [*setting.before, sys.executable, __file__, "--worker", model]
    command += ["--threads", str(setting.threads), "--numbers", *map(str, numbers)]
    command += ["--weights", weights] if weights else []
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", **setting.environment}
    run = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
    found: Digests = json.loads(run.stdout.splitlines()[-1])
    return found


def row(name: str, found: Digests, first: Digests) -> int:
    """Print how many are as in the first process; gives the number of others."""
    equal = sum(first[number] == value for number, value in found.items())
    print(f"| {name} | {len(found)} | {equal} |", flush=True)
    return len(found) - equal


def main() -> int:
    """Run all settings and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights")
    parser.add_argument("--count", type=int, default=COUNT, help="requests")
    parser.add_argument("--emulator", action="append", default=[], metavar="COMMAND")
    parser.add_argument("--worker", choices=(UNKNOWING, SHIPPED), help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--numbers", type=int, nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(
            json.dumps(digests(options.worker, options.numbers, options.threads, options.weights))
        )
        return 0
    numbers = range(min(options.count, COUNT))
    print("| composed | requests | equal notes |")
    print("| --- | ---: | ---: |")
    different, first, *others = 0, *settings()
    base = composed(first, SHIPPED, numbers, options.weights)
    row(f"{first.name}", base, base)
    for setting in others:
        found = composed(setting, SHIPPED, numbers, options.weights)
        different += row(setting.name, found, base)
    short = [number for number in SHORT if number in numbers]
    for command in options.emulator:
        words = shlex.split(command)
        for model in (UNKNOWING, SHIPPED):
            here = composed(first, model, short, options.weights)
            there = composed(Setting(command, before=words), model, short, options.weights)
            apart = row(f"`{command}`, {model}", there, here)
            different += apart if model == UNKNOWING else 0
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
