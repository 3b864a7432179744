"""Mistakes in Python end in one error that says the value, what is allowed and what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from edit_songs import song

from anacrusis.compose.edit import Song
from anacrusis.compose.errors import EditError, FileFormatError
from anacrusis.compose.files.read_write import write_score


@pytest.fixture(scope="module")
def made() -> Song:
    return song("A:4", tracks="flute,piano")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda s: s.bars[1.5], r"bars\[1.5\]; allowed: whole numbers .* bars\[5:9\]"),
        (lambda s: s.bars[None], r"bars\[None\]; allowed"),
        (lambda s: s.bars["2"], r"bars\[2\]; allowed"),
        (lambda s: s.bars[1:2.5], r"bars\[1:2.5\]; allowed"),
        (lambda s: s.bars[1:4:0], r"bars\[1:4:0\]; allowed"),
        (lambda s: s[None], "no track None; tracks: flute, piano"),
        (lambda s: s[3], "no track 3; tracks: flute, piano"),
        (lambda s: s["flute", ["piano"]], "no track .*; tracks: flute, piano"),
        (lambda s: s.section(2), "2 names no section"),
        (lambda s: s.select(4), "4 names no place; give 'piano: bars 5-8'"),
        (lambda s: s.lock(None), "None names no place"),
        (lambda s: s.regenerate(""), "'' names no place"),
        (lambda s: s.regenerate("  "), "names no place"),
        (lambda s: s.insert(1.5, 1), "no bar 1.5; bars: 1 to 4"),
        (lambda s: s.vary("flute", None), r"change of None; allowed: .* give 0.3, or \(0.2, 0.4\)"),
        (lambda s: s.vary("flute", "0.3"), "change of '0.3'; allowed"),
        (lambda s: s.vary("flute", (0.1, 0.2, 0.3)), "allowed: a share from 0 to 1"),
        (lambda s: s.vary("flute", 1.5), "change of 1.5; allowed"),
        (lambda s: s.join(3), "3 is no piece; give a Song or a Score"),
    ],
)
def test_what_cannot_be_meant_is_said(made: Song, wrong: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(EditError, match=said):
        wrong(made)


@pytest.mark.parametrize("name", ["a.json", "a.mid", "a.musicxml"])
def test_a_file_in_the_way_names_the_argument(made: Song, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for write in (made.save, lambda file, *force: write_score(made.score, file, *force)):
        write(path, True)
        with pytest.raises(FileFormatError, match="choose another name or give force=True"):
            write(path)
