#!/usr/bin/env python3
"""Set everything up and run it, with nothing but Python 3.11 or newer.

    python3 bootstrap.py demo [FOLDER]   install the core, compose and render the demo song
    python3 bootstrap.py test            install everything, run all tests, lint and type checks
    python3 bootstrap.py install         install the core only

Everything goes into .venv beside this file; a second run reuses it.
"""

import os
import shutil
import subprocess
import sys
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
    sys.exit(
        f"cannot make a virtual environment in {VENV}: this Python has neither pip nor venv, and "
        "there is no uv. Install one of them (Debian and Ubuntu call it python3-venv) and try again"
    )


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
