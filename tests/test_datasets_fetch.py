"""Sets fetched with git, from repositories made here."""

import os
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from command import refused, run
from musicxml_files import document, note, part

from anacrusis.compose.errors import DataError
from anacrusis.datasets import registry
from anacrusis.datasets.loaders.load import list_units, load_unit
from anacrusis.datasets.registry import Card, card_named
from anacrusis.datasets.sources import fetch, resolve, set_files

ADDRESS = "https://git.example.org/set"
SONG = document(part(note("C4", 8), *[note("D4", 4) + note("E4", 4)] * 4, note("C4", 8)))


def git(folder: Path, *command: str) -> str:
    who = ("-c", "user.name=Someone", "-c", "user.email=someone@example.org")
    run = subprocess.run(
        ("git", *who, "-C", str(folder), *command), check=True, capture_output=True, text=True
    )
    return run.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that git finds under `ADDRESS`, with one compressed song; an empty cache."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    git(folder, "config", "uploadpack.allowFilter", "true")
    score = folder / "scores" / "Anon" / "_" / "Song" / "lc1.mxl"
    score.parent.mkdir(parents=True)
    with zipfile.ZipFile(score, "w") as packed:
        packed.writestr("score.xml", SONG)
    (folder / "README.md").write_text("A set\n")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "first")
    monkeypatch.setenv("ANACRUSIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{folder.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", ADDRESS)
    return folder


def card_of(repository: Path, **changes: str) -> Card:
    commit = git(repository, "rev-parse", "HEAD")
    card = replace(card_named("openscore_lieder"), repository=ADDRESS, commit=commit)
    return replace(card, **changes)  # type: ignore[arg-type]  # all of them are texts


def test_a_set_is_fetched_at_its_commit_and_compressed_scores_are_read(repository: Path) -> None:
    card = card_of(repository)
    (repository / "README.md").write_text("Changed since\n")
    git(repository, "commit", "--quiet", "-am", "second")
    folder = fetch(card)
    assert (folder / "README.md").read_text() == "A set\n"
    assert resolve(card) == folder == fetch(card)
    units = list_units(card, folder)
    assert units == ["scores/Anon/_/Song/lc1.musicxml"]
    (piece,) = load_unit(card, folder, units[0]).pieces
    assert piece.id.endswith("/lc1") and len(piece.score.bars) == 6


def test_what_was_fetched_is_counted_without_saying_where_it_is(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = (card_of(repository),)
    monkeypatch.setattr(registry, "all_cards", lambda: cards)
    assert "nothing has been read" in refused("data", "stats", "openscore_lieder")
    assert run("data", "fetch", "openscore_lieder").code == 0
    ended = run("data", "stats", "openscore_lieder", "--workers", 1)
    assert "| openscore_lieder | 1 | 1 | 6 | 6 (100.00%) |" in ended.out
    assert run("data", "stats", "openscore_lieder").out == ended.out


def test_a_set_is_fetched_with_those_that_are_read_together_with_it(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("pop909", "pop909_cl", "pop909_structure")
    here = card_of(repository)
    cards = [
        replace(card_named(name), repository=ADDRESS, commit=here.commit, pattern="scores/**/*.mxl")
        for name in names
    ]
    monkeypatch.setattr(registry, "all_cards", lambda: (*cards, here))
    ended = run("data", "fetch", "pop909")
    assert ended.code == 0
    assert [Path(line).name.rpartition("-")[0] for line in ended.out.splitlines()] == list(names)
    assert len(run("data", "fetch", "pop909_cl", "pop909").out.splitlines()) == 3


def test_an_unpacked_score_goes_before_a_compressed_one(tmp_path: Path) -> None:
    for name in ("b.mxl", "a.mxl", "a.musicxml"):
        (tmp_path / "scores").mkdir(exist_ok=True)
        (tmp_path / "scores" / name).touch()
    found = set_files(card_named("openscore_lieder"), tmp_path)
    assert {name: path.name for name, path in found.items()} == {
        "scores/a.musicxml": "a.musicxml", "scores/b.musicxml": "b.mxl",
    }  # fmt: skip


def test_folders_are_found_in_a_commit_too(repository: Path) -> None:
    (repository / "annotations" / "7" / "parsed").mkdir(parents=True)
    (repository / "annotations" / "7" / "parsed" / "textfile1_functions.txt").touch()
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "-m", "second")
    card = card_of(repository, pattern="annotations/*/parsed")
    assert set_files(card, fetch(card)).keys() == {"annotations/7/parsed"}


def test_a_repository_without_the_set_is_refused_before_it_is_downloaded(repository: Path) -> None:
    card = card_of(repository, pattern="mid/*.mid")
    with pytest.raises(DataError, match=r"holds no mid/\*\.mid.*--from"):
        fetch(card)
    assert not list(Path(os.environ["ANACRUSIS_CACHE"]).glob("git/*"))


def test_an_unknown_commit_is_refused(repository: Path) -> None:
    with pytest.raises(DataError, match="cannot fetch"):
        fetch(card_of(repository, commit="0" * 40))


def test_what_was_altered_after_fetching_is_noticed(repository: Path) -> None:
    card = card_of(repository)
    folder = fetch(card)
    (folder / "README.md").write_text("Another set\n")
    with pytest.raises(DataError, match="files were altered"):
        fetch(card)
    git(folder, "commit", "--quiet", "-am", "mine")
    with pytest.raises(DataError, match="it is at"):
        fetch(card)


def test_a_folder_is_only_the_set_that_it_is_called(tmp_path: Path) -> None:
    freedoom, blasphemer = card_named("freedoom_midi"), card_named("blasphemer_mus")
    assert freedoom.pattern == blasphemer.pattern
    folder = tmp_path / "freedoom_midi"
    (folder / "musics").mkdir(parents=True)
    (folder / "musics" / "a.mid").touch()
    assert resolve(freedoom, folder) == resolve(freedoom, tmp_path) == folder
    with pytest.raises(DataError, match=r"nothing says that it is blasphemer_mus; give the folder"):
        resolve(blasphemer, folder)
    with pytest.raises(DataError, match="neither blasphemer_mus"):
        resolve(blasphemer, tmp_path)


def test_a_folder_may_be_the_checkout_of_the_repository(repository: Path, tmp_path: Path) -> None:
    card = card_of(repository)
    fetched = fetch(card)
    assert resolve(card, fetched) == fetched
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    with pytest.raises(DataError, match="a clone of"):
        resolve(card, clone)
    git(clone, "checkout", "--quiet", "--detach", card.commit)
    assert resolve(card, clone) == clone
