"""What the tests of the command line stand on: small weights, a font, a folder of their own."""

from pathlib import Path

import pytest
from command import run
from small_weights import small_weights
from tiny_soundfont import tiny_soundfont


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_weights(tmp_path_factory.mktemp("weights") / "small")


@pytest.fixture(scope="session")
def font(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_soundfont(tmp_path_factory.mktemp("font") / "tiny.sf2")


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in an empty folder of its own, far from the user's fonts and caches."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANACRUSIS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def song(weights: Path, tmp_path: Path) -> Path:
    """A composed score of four bars."""
    ended = run("compose", "Am F C G", "--bars", 4, "--weights", weights, "-o", tmp_path / "song")
    assert ended.code == 0, ended.err
    return tmp_path / "song" / "song.json"
