#!/usr/bin/env python3
"""Set everything up and run it, with nothing but Python 3.11 or newer.

    python3 bootstrap.py demo [FOLDER]   install the core, compose and render the demo song
    python3 bootstrap.py test            install everything, run all tests, lint and type checks
    python3 bootstrap.py install         install the core only

Everything goes into .venv beside this file; a second run reuses it.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("ANACRUSIS_VENV") or ROOT / ".venv")
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CONSTRAINTS = ROOT / "constraints.txt"
TORCH = "torch==2.13.0"


def run(*command: str | Path) -> None:
    """Run a command from the repository's root; end with its exit code where it fails."""
    print("+", *command, file=sys.stderr, flush=True)
    code = subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def works(*command: str | Path) -> bool:
    """Whether a command can be run and succeeds, quietly."""
    try:
        return not subprocess.run(
            [str(part) for part in command], capture_output=True, check=False
        ).returncode
    except OSError:
        return False


def make_environment() -> list[str | Path]:
    """Make the virtual environment where there is none; return the command that is its pip."""
    if works(PYTHON, "-m", "pip", "--version"):
        return [PYTHON, "-m", "pip"]
    uv = shutil.which("uv")
    if not PYTHON.exists():
        print(f"+ making {VENV}", file=sys.stderr, flush=True)
        if not works(sys.executable, "-m", "venv", VENV):
            shutil.rmtree(VENV, ignore_errors=True)  # half made where ensurepip is missing
            works(sys.executable, "-m", "venv", "--without-pip", VENV) or (
                uv and works(uv, "venv", VENV)
            ) or works(sys.executable, "-m", "virtualenv", VENV)
    if works(PYTHON, "-m", "pip", "--version"):
        return [PYTHON, "-m", "pip"]
    if PYTHON.exists() and uv:
        os.environ["VIRTUAL_ENV"] = str(VENV)
        return [uv, "pip"]
    if PYTHON.exists() and works(sys.executable, "-m", "pip", "--python", PYTHON, "--version"):
        return [sys.executable, "-m", "pip", "--python", PYTHON]
    if PYTHON.exists():
        wheel = fetch_pip(VENV)
        run(PYTHON, wheel / "pip", "install", "--quiet", wheel)  # a wheel can be run as it is
        wheel.unlink()
        return [PYTHON, "-m", "pip"]
    sys.exit(
        f"cannot make a virtual environment in {VENV}: this Python has no module venv, and there "
        "is no uv. Install one of them (Debian and Ubuntu call it python3-venv) and try again"
    )


def fetch_pip(folder: Path) -> Path:
    """Get pip's newest wheel from the package index, where the system has no pip to begin with."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    page = f"{index}/pip/"
    print(f"+ fetching pip from {page}", file=sys.stderr, flush=True)
    try:
        with urllib.request.urlopen(page, timeout=60) as answer:
            text = answer.read().decode()
        link = r'href="([^"]*/pip-(\d+(?:\.\d+)*)-py3-none-any\.whl)#sha256=([0-9a-f]{64})'
        found = re.findall(link, text)
        address, version, digest = max(found, key=lambda f: [int(n) for n in f[1].split(".")])
        with urllib.request.urlopen(urllib.parse.urljoin(page, address), timeout=60) as answer:
            content = answer.read()
    except (OSError, ValueError) as error:
        sys.exit(f"cannot get pip from {page} ({error}); check the network, or install python3-pip")
    if hashlib.sha256(content).hexdigest() != digest:
        sys.exit(f"pip from {page} differs from its checksum; try again")
    wheel = folder / f"pip-{version}-py3-none-any.whl"
    wheel.write_bytes(content)
    return wheel


def install(pip: list[str | Path], extras: str = "") -> None:
    """Install the project, editable, with the tested versions of what it depends on."""
    run(*pip, "install", "--quiet", "-c", CONSTRAINTS, "-e", f".{extras}")


def main() -> None:
    """Do what the first argument says."""
    if sys.version_info < (3, 11):  # noqa: UP036  the check is for those who run an older one
        sys.exit(f"Python {sys.version.split()[0]} is too old; Anacrusis needs 3.11 or newer")
    task = sys.argv[1] if len(sys.argv) > 1 else "demo"
    if task not in ("demo", "test", "install"):
        sys.exit(f"unknown task {task!r}; allowed: demo, test, install")
    pip = make_environment()
    if task == "test":
        # The CPU-only build where an index offers it by its name, else what the platform has.
        if not works(PYTHON, "-c", "import torch") and not works(
            *pip, "install", "--quiet", f"{TORCH}+cpu"
        ):
            run(*pip, "install", "--quiet", TORCH)
        install(pip, "[train,dev,report]")
        for check in (
            ("ruff", "check", "."),
            ("ruff", "format", "--check", "."),
            ("mypy",),
            ("pyright", "--pythonpath", str(PYTHON)),
            ("pytest", "-q", "-n", "auto", *sys.argv[2:]),
        ):
            run(PYTHON, "-m", *check)
        return
    install(pip)
    if task == "demo":
        folder = sys.argv[2] if len(sys.argv) > 2 else "song"
        run(PYTHON, "-m", "anacrusis.studio.main", "demo", "--out", folder, "--force")


if __name__ == "__main__":
    main()
