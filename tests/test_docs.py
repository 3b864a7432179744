"""The documentation says what the program does: its examples run, its lists are complete."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from command import run
from small_weights import small_weights
from tiny_soundfont import tiny_soundfont

from anacrusis.compose import plan_file
from anacrusis.compose.instruments import ROLES, program_name, role_default
from anacrusis.compose.key import MODES
from anacrusis.compose.model.runtime import SHIPPED
from anacrusis.compose.pitch import pitch_name
from anacrusis.compose.plan import STYLES
from anacrusis.compose.plan_file import parse_plan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.tokens.vocabulary import SECTION_LABELS, vocabulary
from anacrusis.datasets.registry import all_cards
from anacrusis.render.fonts import KNOWN
from anacrusis.render.fonts import VARIABLE as FONT_VARIABLE
from anacrusis.render.library import VARIABLE as LIBRARY_VARIABLE
from anacrusis.studio.main import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def blocks(path: Path, language: str) -> list[str]:
    """Contents of a page's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text("utf-8"), re.M | re.S)


def commands() -> Iterator[tuple[str, str]]:
    """Every `anacrusis` line in the shell blocks of all pages."""
    for path in PAGES:
        for block in blocks(path, "sh"):
            for line in block.splitlines():
                if line.startswith("anacrusis "):
                    yield path.name, line


@pytest.mark.parametrize(("name", "line"), list(commands()))
def test_every_command_in_the_documentation_can_be_given(name: str, line: str) -> None:
    words = shlex.split(line.partition(" > ")[0], comments=True)[1:]
    command = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    assert not hasattr(command, "commands"), f"{line!r} names no command"
    command.make_context("anacrusis", words)


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "docs" / "index.md"])
def test_the_first_commands_can_be_followed_in_order(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the demo, whose files lie in `song`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "anacrusis.compose.model.runtime.SHIPPED", small_weights(tmp_path / "weights")
    )
    monkeypatch.setenv("ANACRUSIS_SOUNDFONT", str(tiny_soundfont(tmp_path / "tiny.sf2")))
    (tmp_path / "song").mkdir()
    (tmp_path / "song" / "song.mid").write_bytes(b"the demo")
    lines = [line for block in blocks(path, "sh") for line in block.splitlines()]
    asked = [line for line in lines if line.startswith("anacrusis ")]
    assert asked
    for line in asked:
        ended = run(*shlex.split(line, comments=True)[1:])
        assert (ended.code, ended.err) == (0, ""), line
    assert (tmp_path / "song" / "song.mid").read_bytes() == b"the demo"


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", ROOT / "docs" / "python.md", ROOT / "docs" / "rules.md"]
)
def test_the_python_in_the_documentation_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "anacrusis.compose.model.runtime.SHIPPED", small_weights(tmp_path / "weights")
    )
    monkeypatch.setenv("ANACRUSIS_SOUNDFONT", str(tiny_soundfont(tmp_path / "tiny.sf2")))
    found = blocks(path, "python")
    assert found
    names: dict[str, object] = {}
    for block in found:
        exec(compile(block, str(path), "exec"), names)


def test_the_plans_in_the_documentation_can_be_read() -> None:
    found = blocks(ROOT / "docs" / "plan.md", "yaml")
    assert len(found) >= 4
    for block in found:
        parse_plan(block)
    assert parse_plan("{}").bars == 16


def test_the_plan_page_has_every_key_and_value() -> None:
    text = page("plan.md")
    keys = {*plan_file.PLAN_KEYS, *plan_file.SECTION_KEYS, *plan_file.TRACK_KEYS}
    for word in (*keys, *STYLES, *ROLES):
        assert f"`{word}`" in text, word
    for word in (*MODES, *(label for label in SECTION_LABELS if len(label) > 1)):
        assert word in text, word


def test_the_plan_page_says_what_a_role_brings() -> None:
    text = page("plan.md")
    for role in ROLES:
        usual = role_default(role)
        low, high = pitch_name(usual.low), pitch_name(usual.high)
        row = f"| {program_name(usual.program)} | {low}-{high} | {usual.polyphony} | {usual.rest} |"
        assert f"| `{role}` {row}" in text
    for chords, bars in (("C D E F G", 20), ("C G", 16)):
        assert plan_from_line(chords).bars == bars


def test_the_command_page_has_every_command_and_option() -> None:
    parts = re.split(r"^## ", page("command-line.md"), flags=re.M)
    sections = {part.splitlines()[0]: part for part in parts[1:]}
    group = typer.main.get_command(app)
    assert sections.keys() == group.commands.keys()  # type: ignore[attr-defined]
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert f"| `anacrusis {name}` |" in readme
        nested = getattr(command, "commands", {})
        for inner in nested:
            assert f"{name} {inner}" in sections[name]
        for leaf in nested.values() or [command]:
            for parameter in leaf.params:
                for option in (*parameter.opts, *parameter.secondary_opts):
                    if option.startswith("--") and option != "--help":
                        assert f"`{option}`" in sections[name], f"{name} {option}"


def test_the_data_page_has_every_set_with_its_licence() -> None:
    text = page("data.md")
    for card in all_cards():
        row = (
            f"| [{card.title}]({card.repository}) (`{card.name}`) | {card.tier} | {card.licence} |"
        )
        assert row in text


def test_the_rendering_page_has_every_font_and_variable() -> None:
    text = page("rendering.md")
    places = [text.index(f"| {font.title} | {font.licence}") for font in KNOWN]
    assert {FONT_VARIABLE, LIBRARY_VARIABLE} <= set(re.findall(r"`(ANACRUSIS_\w+)`", text))
    assert places == sorted(places)


def test_the_tokens_page_has_every_type() -> None:
    text = page("tokens.md")
    for kind in vocabulary().spans:
        assert f"`{kind}`" in text


def test_the_training_page_has_the_figures_of_the_shipped_log() -> None:
    lines = (SHIPPED / "training.jsonl").read_text("utf-8").splitlines()
    last = [row for row in map(json.loads, lines) if "valid_loss" in row][-1]
    text = " ".join(page("training.md").split())
    assert f"{last['step']:,} steps, {last['tokens'] / 1e6:.1f} M tokens" in text
    assert f"{last['seconds'] / 60:.0f} minutes on" in text
    assert f"validation {last['valid_loss']:.3f} nats per token" in text


def test_links_between_pages_lead_somewhere() -> None:
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"
