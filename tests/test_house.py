"""The rules the house stands on: what imports what, what is installed, what is said where."""

import ast
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "compose": (),
    "render": ("compose",),
    "datasets": ("compose", "render"),
    "studio": ("compose", "render", "datasets"),
}
"""Rooms, and the other rooms each may import."""
ROOMS = tuple(MAY_IMPORT)
TRAINING = {"torch", "onnx", "x_transformers", "lightning_fabric", "tensorboard"}
"""What the train extra brings; composing and rendering never import it."""
REFERENCES = {"miditok", "symusic", "music21", "pychord", "pretty_midi", "pyloudnorm", "mir_eval"}
"""Other programs that tests compare with."""
HEAVY = {"numpy", "scipy", "onnxruntime", "soundfile", "soxr", "jsonschema", "yaml", "safetensors"}
LONGEST = 450
"""Lines of a module."""


def room_folder(room: str) -> Path:
    return ROOT / room / "anacrusis" / room


def product_files(suffixes: tuple[str, ...] | None = None) -> list[Path]:
    """Files of all rooms, without what Python leaves behind."""
    return sorted(
        path
        for room in ROOMS
        for path in room_folder(room).rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        and (suffixes is None or path.suffix in suffixes)
    )


def module_name(path: Path) -> str:
    """Dotted name of a module of the product."""
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[tuple[str, bool]]:
    """Modules a file imports, with full names, and whether each import is a relative one.

    What stands under ``if TYPE_CHECKING`` counts as well.
    """
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((name.name, False) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
                yield ".".join([*base, *filter(None, [node.module])]), True
            else:
                yield node.module or "", False


MODULES = product_files((".py",))
NAMES = [module_name(path) for path in MODULES]


def python(script: str, cwd: Path) -> str:
    """Standard output of a script in a fresh interpreter elsewhere."""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# Imports


def test_every_module_imports_from_outside_the_repository(tmp_path: Path) -> None:
    for name in ("torch", "onnx", "x_transformers", "lightning_fabric"):
        pytest.importorskip(name)
    python(f"import importlib\nfor name in {NAMES!r}: importlib.import_module(name)", tmp_path)


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_rooms_import_only_what_stands_above_them(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    for name, relative in imports_of(path):
        top = name.split(".")
        if relative:
            assert top[:2] == ["anacrusis", room], f"{name}: a relative import leaves its room"
        elif top[0] == "anacrusis":
            assert len(top) > 1 and top[1] in MAY_IMPORT[room], f"{room} must not import {name}"


@pytest.mark.parametrize("own", ["verify", "solver"])
def test_verifier_solver_and_decoder_share_no_code(own: str) -> None:
    others = {"constraints", "decoding", "tokens", "model", "verify", "solver"} - {own}
    for path in (room_folder("compose") / own).rglob("*.py"):
        for name, _ in imports_of(path):
            for other in others:
                assert not f"{name}.".startswith(f"anacrusis.compose.{other}."), (path.name, name)


def test_composing_and_rendering_import_no_training_code(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "import anacrusis.studio.main, anacrusis.studio.song, anacrusis.studio.report\n"
        "import anacrusis.compose.decoding.compose, anacrusis.compose.model.runtime\n"
        "import anacrusis.compose.files.read_write, anacrusis.compose.files.midi_read\n"
        "import anacrusis.compose.files.musicxml_read, anacrusis.compose.files.musicxml_write\n"
        "import anacrusis.compose.files.json_file, anacrusis.compose.files.midi_write\n"
        "import anacrusis.compose.plan_file, anacrusis.compose.verify\n"
        "import anacrusis.render.render, anacrusis.render.soundfont, anacrusis.render.health\n"
        "import onnxruntime, safetensors.numpy, soundfile\n"
        "print(*{name.split('.')[0] for name in sys.modules})\n"
    )
    loaded = set(python(script, tmp_path).split())
    assert "anacrusis" in loaded
    assert not loaded & (TRAINING | REFERENCES)


@pytest.mark.parametrize("command", ["", "compose", "data prepare", "train"])
def test_help_imports_nothing_heavy(command: str, tmp_path: Path) -> None:
    script = (
        "import sys\n"
        f"sys.argv = ['anacrusis', *{command.split()!r}, '--help']\n"
        "from anacrusis.studio.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('LOADED', *{name.split('.')[0] for name in sys.modules})\n"
    )
    said, _, loaded = python(script, tmp_path).partition("LOADED")
    assert "Usage" in said
    assert not set(loaded.split()) & (HEAVY | TRAINING | REFERENCES | {"rich"})


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    def declared(requirements: list[str]) -> set[str]:
        names = {entry.split(">")[0].split("[")[0].strip().lower() for entry in requirements}
        return {
            {"pyyaml": "yaml", "pillow": "pil"}.get(name, name.replace("-", "_")) for name in names
        }

    core = declared(project["dependencies"])
    train = declared(project["optional-dependencies"]["train"])
    adapter = declared(project["optional-dependencies"]["miditok"])
    report = declared(project["optional-dependencies"]["report"])
    hub = declared(project["optional-dependencies"]["hub"])
    evaluate = declared(project["optional-dependencies"]["evaluate"])
    extras = adapter | report | hub | evaluate
    used = {name.split(".")[0] for path in MODULES for name, _ in imports_of(path)}
    used = {name.lower() for name in used - {*sys.stdlib_module_names, "anacrusis"}}
    assert used <= core | train | extras, "imported but not declared"
    assert extras <= used, "declared but not imported"
    assert core - used <= {"pygame_ce"}, "declared but not imported"  # it carries a library
    assert train - core - used <= {"tensorboard"}, "declared but not imported"


# Shape


def test_no_package_file_where_the_namespace_is_shared() -> None:
    for room in ROOMS:
        assert not (ROOT / room / "__init__.py").exists()
        assert not (ROOT / room / "anacrusis" / "__init__.py").exists()
        named = [p for p in (ROOT / room).iterdir() if not p.name.startswith((".", "__pycache__"))]
        assert [path.name for path in named] == ["anacrusis"]
        inside = [p for p in (ROOT / room / "anacrusis").iterdir() if not p.name.startswith(".")]
        assert [path.name for path in inside if path.name != "__pycache__"] == [room]


def test_every_package_says_what_it_holds() -> None:
    for folder in {path.parent for path in MODULES}:
        tree = ast.parse((folder / "__init__.py").read_text("utf-8"))
        assert ast.get_docstring(tree), folder
    for room in ROOMS:
        assert (room_folder(room) / "py.typed").is_file()


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_fits_in_the_head(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(text))
    for mark in ("TODO", "FIXME", "XXX"):
        assert mark not in text


# What is installed


def test_the_build_maps_every_room_to_one_name() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    assert build["dev-mode-dirs"] == list(ROOMS)
    wheel = build["targets"]["wheel"]
    assert wheel["only-include"] == [f"{room}/anacrusis" for room in ROOMS]
    assert wheel["sources"] == list(ROOMS)


@pytest.mark.slow
def test_the_wheel_holds_the_product_and_nothing_else(tmp_path: Path) -> None:
    if find_spec("hatchling") is None and find_spec("build") is None:
        pytest.skip("building needs hatchling, or build with a package index")
    if find_spec("hatchling") is not None:
        script = f"from hatchling.build import build_wheel; build_wheel({str(tmp_path)!r})"
        command = [sys.executable, "-c", script]
    else:
        command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    (information,) = {name.split("/")[0] for name in names} - {"anacrusis"}
    assert information.startswith("anacrusis-") and information.endswith(".dist-info")
    assert f"{information}/licenses/LICENSE" in names
    inside = {name for name in names if name.startswith("anacrusis/")}
    assert not {name for name in inside if name.endswith((".pyc", ".tmp"))}
    expected = {path.relative_to(ROOT / path.relative_to(ROOT).parts[0]).as_posix()
                for path in product_files()}  # fmt: skip
    assert expected <= inside
    for data in ("datasets/cards/", "render/presets/", "studio/plans/", "compose/files/score.sch"):
        assert any(name.startswith(f"anacrusis/{data}") for name in inside)
    assert wheel.stat().st_size < 30_000_000


# What is said


def tree_of_files() -> dict[str, str]:
    """Paths of the page of the tree and what it says of each."""
    text = (ROOT / "docs" / "tree.md").read_text("utf-8")
    block = text.split("<!-- tree -->")[1].split("```")[1].removeprefix("text\n")
    found: dict[str, str] = {}
    stack: list[str] = []
    for line in block.splitlines():
        if not line.strip():
            continue
        name, _, said = line.strip().partition(" ")
        depth = (len(line) - len(line.lstrip())) // 2
        stack[depth:] = [name]
        found["".join(stack)] = said.strip()
    return found


def test_the_tree_has_a_line_for_every_file() -> None:
    tree = tree_of_files()
    listed = {path for path in tree if not path.endswith("/")}
    for path in tree:
        assert (ROOT / path).exists(), path
        assert tree[path] or path.endswith("/"), f"{path}: nothing is said of it"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in product_files()
        if path.name not in ("__init__.py", "py.typed") and "weights" not in path.parts
    }
    assert expected - listed == set(), "missing in docs/tree.md"
    places = ("examples", "benchmarks")
    others = {f"{place}/{path.name}" for place in places for path in (ROOT / place).glob("*.py")}
    assert others - listed == set(), "missing in docs/tree.md"


def test_every_page_of_the_documentation_is_in_its_menu() -> None:
    import yaml

    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))

    def pages(entry: object) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, list | dict):
            for part in entry.values() if isinstance(entry, dict) else entry:
                yield from pages(part)

    listed = list(pages(site["nav"]))
    docs = ROOT / "docs"
    written = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    assert len(listed) == len(set(listed))
    assert set(listed) == written


def test_the_reference_names_only_modules_that_exist_and_every_public_room() -> None:
    named = [
        line.removeprefix(":::").strip()
        for page in (ROOT / "docs" / "api").glob("*.md")
        for line in page.read_text("utf-8").splitlines()
        if line.startswith(":::")
    ]
    assert set(named) <= set(NAMES)
    for room in ROOMS:
        assert any(name.startswith(f"anacrusis.{room}.") for name in named)


def test_the_shipped_weights_say_where_they_come_from() -> None:
    folder = room_folder("compose") / "weights" / "default"
    card = (folder / "README.md").read_text("utf-8")
    for part in ("licence", "data", "tokens", "loss", "train"):
        assert part in card.lower()
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert size <= 25_000_000
    assert json.loads((folder / "config.json").read_text("utf-8"))["vocab_size"] > 0


def test_nothing_here_speaks_of_one_machine() -> None:
    homes = (os.sep + "root" + os.sep, os.sep + "home" + os.sep)
    for path in [*product_files((".py", ".toml", ".yaml")), *ROOT.glob("*.md")]:
        text = path.read_text("utf-8")
        assert not any(home in text for home in homes), path
