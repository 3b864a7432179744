"""A first use from nothing: build the wheel, install it in a new environment, run the demo.

    python benchmarks/fresh_install.py [--cached]

Needs a package index. Nothing is taken from pip's cache (with --cached it may be), from PYTHONPATH
or from the user's data folder, so that a SoundFont is fetched unless the system has one.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ("PYTHONPATH", "ANACRUSIS_SOUNDFONT")


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, str]:
    """Seconds that a command takes in a folder, and what it wrote; ends where it fails."""
    begin = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}")
    return time.perf_counter() - begin, done.stdout


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cached", action="store_true", help="let pip use its cache")
    cached = parser.parse_args().cached
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        environment = {key: value for key, value in os.environ.items() if key not in OURS}
        environment["XDG_DATA_HOME"] = str(place / "data")
        pip = ["-m", "pip", "--disable-pip-version-check"]
        install = ["install", "--quiet", *([] if cached else ["--no-cache-dir"])]
        scripts = place / "venv" / ("Scripts" if os.name == "nt" else "bin")
        python, anacrusis = str(scripts / "python"), str(scripts / "anacrusis")

        build = ["wheel", "--quiet", "--no-deps", "--wheel-dir", name, str(ROOT)]
        building, _ = timed([sys.executable, *pip, *build], place, environment)
        (wheel,) = place.glob("*.whl")
        making, _ = timed([sys.executable, "-m", "venv", "venv"], place, environment)
        installing, _ = timed([python, *pip, *install, str(wheel)], place, environment)
        first, said = timed([anacrusis, "demo"], place, environment)
        second, _ = timed([anacrusis, "demo", "--force"], place, environment)
        megabytes = wheel.stat().st_size / 1e6
    fetched = "fetching" in said
    print("| what | figure |")
    print("|---|---|")
    print(f"| building the wheel | {building:.1f} s |")
    print(f"| the wheel | {megabytes:.1f} MB |")
    print(f"| making a new environment | {making:.1f} s |")
    print(f"| installing the wheel and the core | {installing:.1f} s |")
    print(f"| first demo, SoundFont {'fetched' if fetched else 'of the system'} | {first:.1f} s |")
    print(f"| second demo | {second:.1f} s |")


if __name__ == "__main__":
    main()
