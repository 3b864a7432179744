"""The recipes of the cookbook run as they stand, with the weights of the package.

What they compose is verified. Each runs alone, after the lines that the page begins with; then its
commands, in the same folder.
"""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from command import run

from anacrusis.compose.edit import Song
from anacrusis.compose.score import Score
from anacrusis.compose.verify import verify

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "cookbook.md").read_text("utf-8")
DIFFERS = "anacrusis diff"
"""Exits with 1 where something differs."""
KNOWN_TO_BREAK = {"wrong", "darker"}
"""Songs by which the page shows what the verifier finds."""


class Recipe(NamedTuple):
    """A recipe: its heading, its Python, its commands."""

    title: str
    code: str
    commands: tuple[str, ...]


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def _recipes() -> tuple[str, list[Recipe]]:
    """What comes before every recipe, and the recipes."""
    head, *parts = re.split(r"^### ", PAGE, flags=re.M)
    found = []
    for part in parts:
        lines = "".join(_blocks(part, "sh")).splitlines()
        found.append(Recipe(part.splitlines()[0], "".join(_blocks(part, "python")), tuple(lines)))
    return "".join(_blocks(head, "python")), found


BEGINNING, RECIPES = _recipes()


def test_there_are_twenty_five_recipes_each_in_the_list_of_contents() -> None:
    assert len(RECIPES) == 25
    for recipe in RECIPES:
        anchor = re.sub(r"[^\w\s-]", "", recipe.title.lower()).replace(" ", "-")
        assert PAGE.count(f"](#{anchor})") == 1, recipe.title
        assert recipe.code


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_a_recipe_runs_and_keeps_its_plan(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(BEGINNING + recipe.code, recipe.title, "exec"), names)
    scores = {
        name: value.score if isinstance(value, Song) else value
        for name, value in names.items()
        if isinstance(value, Song | Score) and name not in KNOWN_TO_BREAK
    }
    for name, score in scores.items():
        assert verify(score).ok, (name, *map(str, verify(score).violations))
    for line in recipe.commands:
        command, _, target = line.partition(" > ")
        ended = run(*shlex.split(command)[1:])
        assert ended.code == int(line.startswith(DIFFERS)), (line, ended)
        if target:
            Path(target).write_text(ended.out, "utf-8")
