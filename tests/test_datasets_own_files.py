"""A folder of a user's own files becomes shards; what cannot be used is said."""

import csv
from pathlib import Path

import numpy as np
import pytest

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.read_write import write_score
from anacrusis.compose.meter import Meter
from anacrusis.compose.model.shards import ShardReader
from anacrusis.compose.score import Bar, Note, Score, Track
from anacrusis.datasets.own_files import LEFT_OUT, OwnPrepared, prepare_own
from anacrusis.datasets.pieces import read_unit


def tune(seed: int, bars: int = 12) -> Score:
    """A melody and a bass that no other seed gives."""
    rng = np.random.default_rng(seed)
    pitches = 60 + np.cumsum(rng.integers(-3, 4, bars * 8)) % 24
    melody = tuple(Note(6 * i, int(pitch), 6) for i, pitch in enumerate(pitches))
    low = tuple(Note(24 * i, int(p), 24) for i, p in enumerate(rng.integers(36, 48, bars * 2)))
    tracks = (Track("flute", "melody", 73, melody), Track("bass", "bass", 33, low))
    return Score((Bar(Meter(4, 4)),) * bars, tracks)


def fill(folder: Path, count: int, suffix: str = ".mid", bars: int = 12) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        write_score(tune(seed, bars), folder / f"tune{seed}{suffix}")
    return folder


def pieces(prepared: OwnPrepared) -> dict[str, int]:
    return {split: prepared.counts(split)[0] for split in ("train", "valid", "test")}


def test_nine_in_ten_train_and_what_cannot_be_read_is_listed(tmp_path: Path) -> None:
    music = fill(tmp_path / "music", 18)
    fill(music / "deep" / "deeper", 1, ".musicxml", bars=20)
    (music / "deep" / "broken.mid").write_bytes(b"MThd nonsense")
    (music / "page.xml").write_text("<html></html>")
    (music / "words.abc").write_text("hello")
    (music / "cut.mid").write_bytes((music / "tune0.mid").read_bytes()[:60])
    (music / ".hidden.mid").write_bytes(b"x")
    (music / "notes.txt").write_text("x")
    write_score(tune(3), music / "again.mid")  # tune3 under another name
    prepared = prepare_own(music, tmp_path / "out")
    assert (prepared.files, prepared.others, prepared.by_bars) == (24, 1, False)
    assert pieces(prepared) == {"train": 17, "valid": 2, "test": 0}
    said = dict(line.split(": ", 1) for line in prepared.left_out())
    assert set(said) >= {"deep/broken.mid", "page.xml", "cut.mid", "words.abc"}
    assert said["cut.mid"].startswith("the MIDI file ends") and "no tune" in said["words.abc"]
    assert said["page.xml"].startswith("page.xml is not a MusicXML score")
    assert sum("the same music" in reason for reason in said.values()) == 1
    rows = list(csv.reader((tmp_path / "out" / LEFT_OUT).read_text().splitlines()))
    assert len(rows) == 1 + len(prepared.refused)
    meta = ShardReader(tmp_path / "out" / "shards").meta
    assert meta.sources == ["own"] and set(meta.counts) == {"train", "valid"}
    again = prepare_own(music, tmp_path / "out")
    assert again.shards.current
    inside = prepare_own(tmp_path, tmp_path / "out")
    assert (inside.files, inside.others) == (24, 1)
    beside = prepare_own(music, tmp_path)
    assert beside.files == 24


def test_the_same_music_stays_on_one_side(tmp_path: Path) -> None:
    music = fill(tmp_path / "music", 12)
    for seed in range(12):
        score = tune(seed)
        tracks = tuple(
            Track(t.name, t.role, t.program, tuple(Note(n.onset, n.pitch + 2, n.duration)
                  for n in t.notes)) for t in score.tracks
        )  # fmt: skip
        write_score(Score(score.bars, tracks), music / f"up{seed}.mid")
    prepared = prepare_own(music, tmp_path / "out")
    assert prepared.counts("valid")[0] >= 1
    assert all("the same music" in line for line in prepared.left_out())
    rows = csv.DictReader((tmp_path / "out/shards/duplicates.csv").read_text().splitlines())
    sides = [{row["split of one"], row["split of other"]} - {"left out"} for row in rows]
    assert len(sides) >= 12 and all(len(side) == 1 for side in sides)


def test_of_few_pieces_the_last_bars_are_held_out(tmp_path: Path) -> None:
    music = fill(tmp_path / "music", 2, bars=60)
    write_score(tune(7, bars=7), music / "short.mid")
    prepared = prepare_own(music, tmp_path / "out")
    assert prepared.by_bars and pieces(prepared) == {"train": 3, "valid": 2, "test": 0}
    units = [read_unit(path) for path in (tmp_path / "out" / "pieces").glob("*.gz")]
    bars = {p.id: len(p.score.bars) for unit in units for p in unit.pieces if p.split == "valid"}
    assert set(bars.values()) == {6}
    assert all(name.endswith("/bars 55-60") for name in bars)


def test_the_style_is_the_users_or_follows_from_the_file(tmp_path: Path) -> None:
    music = fill(tmp_path / "music", 1)
    fill(music, 1, ".musicxml")

    def styles(out: str, style: str | None = None) -> set[str]:
        prepare_own(music, tmp_path / out, style=style)
        units = [read_unit(path) for path in (tmp_path / out / "pieces").glob("*.gz")]
        return {piece.style for unit in units for piece in unit.pieces}

    assert styles("a") == {"game", "song"}
    assert styles("b", "hymn") == {"hymn"}
    with pytest.raises(DataError, match="style 'jazz' is unknown; allowed: song"):
        styles("c", "jazz")


def test_a_folder_with_nothing_to_learn_from_is_a_clear_error(tmp_path: Path) -> None:
    def refused(match: str) -> None:
        with pytest.raises(DataError, match=match):
            prepare_own(tmp_path / "music", tmp_path / "out")
        assert not (tmp_path / "out" / "shards").exists()

    refused("does not exist")
    (tmp_path / "music").mkdir()
    refused(r"no file to learn from \(0 of other kinds\)")
    (tmp_path / "music" / "a.txt").write_text("x")
    refused(r"no file to learn from \(1 of other kinds\)")
    (tmp_path / "music" / "a.mid").write_bytes(b"noise")
    refused("none of the 1 files .* can be used; the first is a.mid: ")
    assert "a.mid," in (tmp_path / "out" / LEFT_OUT).read_text()


def test_too_little_music_to_hold_any_out(tmp_path: Path) -> None:
    fill(tmp_path / "music", 2, bars=5)
    with pytest.raises(DataError, match="nothing to hold out"):
        prepare_own(tmp_path / "music", tmp_path / "out")


ABC = """X: {number}
T: Tune {number}
M: 4/4
L: 1/8
K: G
{bars}
"""


def abc(seed: int) -> str:
    names = np.random.default_rng(seed).choice(list("GABcdefg"), (8, 8))
    bars = ['"G"' + "".join(bar) for bar in names]
    return ABC.format(number=seed, bars=" | ".join(bars) + " |]")


def test_tunes_in_abc_are_lead_sheets(tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    book = [abc(seed) for seed in range(11)] + [abc(11).replace("M: 4/4", "M: 4/7")]
    (music / "book.abc").write_bytes("\r\n".join(book).replace("Tune", "Tüne").encode("latin-1"))
    (music / "one.ABC").write_text(abc(20).replace("Tune", "Tüne"), "utf-8")
    (music / "none.abc").write_text("% only a comment\n")
    prepared = prepare_own(music, tmp_path / "out")
    assert prepared.files == 3 and pieces(prepared) == {"train": 11, "valid": 1, "test": 0}
    said = dict(line.split(": ", 1) for line in prepared.left_out())
    assert set(said) == {"book.abc/12", "none.abc"} and "4/7" in said["book.abc/12"]
    units = [read_unit(path) for path in (tmp_path / "out" / "pieces").glob("*.gz")]
    found = [piece for unit in units for piece in unit.pieces]
    assert len(found) == 12 and {piece.style for piece in found} == {"lead sheet"}
    assert all(str(piece.score.chords[0].chord) == "G" for piece in found)
    assert {piece.score.title.split()[0] for piece in found} == {"Tüne"}
