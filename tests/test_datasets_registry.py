"""Cards and where sets are found."""

import io
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from anacrusis.compose.errors import DataError
from anacrusis.datasets.loaders.load import READERS
from anacrusis.datasets.registry import (
    CARDS_FOLDER,
    KINDS,
    NO_STYLE,
    READ,
    Card,
    all_cards,
    card_named,
    load_card,
    training_cards,
)
from anacrusis.datasets.sources import file_checksum, resolve

TEXT = re.sub(
    r"weight = \S+", "weight = 2.0", (CARDS_FOLDER / "freedoom_midi.toml").read_text("utf-8")
)


def test_every_card_is_complete_and_may_train() -> None:
    assert {path.stem for path in CARDS_FOLDER.glob("*.toml")} == {c.name for c in all_cards()}
    assert {card.style for card in training_cards()} == {
        "game", "song", "quartet", "hymn", "lead sheet", "drums", "chart",
    }  # fmt: skip
    assert {card.kind for card in all_cards()} == set(KINDS)
    assert set(READERS) == set(READ)
    assert not [card.name for card in training_cards() if card.tier == "B"]
    for card in all_cards():
        assert card.archive.startswith(f"{card.name}.tar")
        assert card.holds[0].isupper() or card.holds[0].isdigit()
        assert all(text.endswith(".") for text in (card.holds, card.attribution, card.citation))
        assert (card.style == NO_STYLE) != card.holds_pieces
    assert card_named("openewld_pd").pattern.startswith("us_eu_pd/")


@pytest.mark.parametrize("card", all_cards(), ids=[card.name for card in all_cards()])
def test_a_card_without_a_field_is_refused(card: Card, tmp_path: Path) -> None:
    written = (CARDS_FOLDER / f"{card.name}.toml").read_text("utf-8").splitlines()
    path = tmp_path / "broken.toml"
    for name in Card.__slots__:
        lines = [line for line in written if not line.startswith(f"{name} =")]
        assert len(lines) == len(written) - 1
        path.write_text("\n".join(lines), "utf-8")
        with pytest.raises(DataError, match=rf"lacks {name}"):
            load_card(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('tier = "A"', 'tier = "C"', "tier"),
        ('style = "game"', 'style = "polka"', "style"),
        ('kind = "midi"', 'kind = "samples"', "style"),
        ('kind = "midi"', 'kind = "vinyl"', "kind"),
        ('licence = "BSD-3-Clause"', 'licence = ""', "licence"),
        ("weight = 2.0", 'weight = "much"', "weight"),
        ("weight = 2.0", "weight = -1", "weight"),
        ("weight = 2.0", "weight = 2.0\ncolour = 3", "colour"),
        ('name = "freedoom_midi"', "name = [", "cannot be read"),
    ],
)
def test_a_wrong_card_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in TEXT
    path = tmp_path / "broken.toml"
    path.write_text(TEXT.replace(old, new), "utf-8")
    with pytest.raises(DataError, match=message):
        load_card(path)


def test_an_unknown_set_names_those_there_are() -> None:
    with pytest.raises(DataError, match="openscore_lieder"):
        card_named("beatles")


def archive(path: Path, names: list[str]) -> None:
    with tarfile.open(path, "w:xz") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"MThd"))


def card_of(path: Path) -> Card:
    return replace(card_named("freedoom_midi"), archive=path.name, sha256=file_checksum(path))


def test_an_archive_is_checked_and_unpacked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANACRUSIS_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "in" / "set.tar.xz"
    path.parent.mkdir()
    archive(path, ["freedoom_midi/musics/a.mid"])
    card = card_of(path)
    folder = resolve(card, path.parent)
    assert (folder / "musics" / "a.mid").read_bytes() == b"MThd"
    assert resolve(card) == folder
    with pytest.raises(DataError, match="checksum"):
        resolve(replace(card, sha256="0" * 64), path.parent)


@pytest.mark.parametrize("filters", [True, False])
def test_an_archive_cannot_write_outside_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: bool
) -> None:
    if not filters:  # as before Python 3.11.4
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    monkeypatch.setenv("ANACRUSIS_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "in" / "set.tar.xz"
    path.parent.mkdir()
    archive(path, ["../../../escaped.mid"])
    with pytest.raises(DataError, match="cannot be unpacked"):
        resolve(card_of(path), path.parent)
    assert not list(tmp_path.rglob("escaped.mid"))


def test_a_missing_set_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANACRUSIS_CACHE", str(tmp_path / "cache"))
    card = card_named("freedoom_midi")
    for source in (tmp_path, None):
        with pytest.raises(DataError, match="git clone https://github"):
            resolve(card, source)


def test_an_unpacked_folder_is_used_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "freedoom_midi" / "musics"
    folder.mkdir(parents=True)
    (folder / "a.mid").write_bytes(b"MThd")
    card = card_named("freedoom_midi")
    assert resolve(card, tmp_path) == folder.parent
    assert resolve(card, folder.parent) == folder.parent
