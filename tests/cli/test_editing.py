"""`anacrusis edit` and `anacrusis diff`: the same edits as in Python, file by file."""

import json
from pathlib import Path

import pytest
from command import files_in, refused, run
from edit_songs import foreign_midi

from anacrusis.compose.edit import Song
from anacrusis.compose.files.read_write import read_score


@pytest.fixture
def made(song: Path, tmp_path: Path) -> Path:
    """A composed song of four bars, by itself."""
    path = tmp_path / "song.json"
    path.write_bytes(song.read_bytes())
    for other in song.parent.iterdir():
        other.unlink()
    song.parent.rmdir()
    return path


def test_bars_are_written_anew_into_the_next_free_file(made: Path, weights: Path) -> None:
    given = made.read_bytes()
    done = run("edit", "regenerate", made, "bars 2-3", "--seed", 3, "--weights", weights)
    assert done.code == 0, done.err
    assert all(": bar" in line for line in done.out.splitlines()[:-1])
    assert done.out.splitlines()[-1] == str(made.with_name("song-2.json"))
    assert made.read_bytes() == given
    edited = Song.open(made.with_name("song-2.json"))
    assert edited.history[1] == {
        "edit": "regenerate", "seed": 3,
        "where": {"tracks": ["melody", "piano", "bass", "drums"], "bars": "2-3"},
    }  # fmt: skip
    again = run("edit", "regenerate", made, "bars 2-3", "--seed", 3, "--weights", weights)
    assert again.out.splitlines()[-1].endswith("song-3.json")
    assert read_score(made.with_name("song-3.json")).score == edited.score
    later = run("edit", "lock", made.with_name("song-3.json"))
    assert later.out.splitlines()[-1] == str(made.with_name("song-4.json"))
    differs = run("diff", made, made.with_name("song-2.json"), "--notes")
    assert differs.code == 1 and differs.out.splitlines()[0] == done.out.splitlines()[0]
    assert {line[0] for line in differs.out.splitlines()[-2:]} <= {"+", "-"}
    same = run("diff", made.with_name("song-2.json"), made.with_name("song-3.json"))
    assert (same.code, same.out) == (0, "no differences\n")
    data = json.loads(run("diff", made, made.with_name("song-2.json"), "--format", "json").out)
    assert data["tracks"] and set(data["tracks"][0]["bars"]) <= {2, 3}


def test_takes_are_files(made: Path, weights: Path) -> None:
    by = ("--takes", 2, "--weights", weights, "--seed", 4)
    done = run("edit", "regenerate", made, "all: bars 2-3", *by)
    assert done.code == 0, done.err
    paths = [made.with_name("song-2.json"), made.with_name("song-3.json")]
    assert [line for line in done.out.splitlines() if "json" in line] == [str(p) for p in paths]
    assert sorted(Song.open(path).history[-1]["seed"] for path in paths) == [4, 5]
    named = run("edit", "regenerate", made, "bars 2", *by, "-o", made.with_name("x.mid"))
    assert named.code == 0 and made.with_name("x-2.mid").is_file()
    assert "exists" in refused("edit", "regenerate", made, "bars 2", *by, "-o", "x.mid")


def test_a_song_is_edited_in_its_place_with_force(made: Path, weights: Path) -> None:
    before = read_score(made).score
    assert run("edit", "lock", made, "melody", "--force").code == 0
    assert run("edit", "regenerate", made, "all", "--weights", weights, "--force").code == 0
    after = Song.open(made)
    assert after.score.tracks[0] == before.tracks[0] and after.score != before
    listed = run("edit", "history", made)
    assert listed.out.splitlines() == [
        f"0  open {before.title!r}", "1  lock melody: bars 1-4",
        "2  regenerate melody, piano, bass, drums: bars 1-4, seed 2", "locked  melody: bars 1-4",
    ]  # fmt: skip
    assert run("edit", "undo", made, "--force").code == 0
    assert Song.open(made).score == before
    assert "undone  regenerate" in run("edit", "history", made).out
    assert run("edit", "redo", made, "--force").code == 0
    assert Song.open(made) == after
    assert run("edit", "unlock", made, "--force").code == 0
    assert not Song.open(made).locked


def test_every_edit_can_be_given(made: Path, weights: Path, tmp_path: Path) -> None:
    by = ("--weights", weights, "--seed", 1)
    other = tmp_path / "other.json"
    other.write_bytes(made.read_bytes())
    for number, line in enumerate(
        (
            ("vary", made, "piano", "--amount", 0.5, *by),
            ("extend", made, 2, "--chords", "Dm G", *by),
            ("continue", made, 2, "--section", "coda", *by),
            ("insert", made, 3, 1, *by),
            ("delete", made, "bars 2-3"),
            ("transpose", made, "all", -2),
            ("reharmonise", made, "bars 3-4", "--chords", "Dm G", "--keep", "melody", *by),
            ("reinstrument", made, "melody", "cello"),
            ("rearrange", made, "strings,bass", *by),
            ("add-track", made, "cello", "--where", "bars 1-2", *by),
            ("humanise", made, "--timing", 0.5),
            ("join", made, other, "--transition", 1, *by),
            ("replan", made, other, *by),
        )
    ):
        done = run("edit", *line, "--out", tmp_path / f"out-{number}.json")
        assert done.code == 0, (line, done.err)
        edited = Song.open(tmp_path / f"out-{number}.json")
        assert edited.history[1]["edit"].replace(" ", "-") in (line[0], "insert")


def test_what_is_played_by_hand_is_joined(made: Path, weights: Path, tmp_path: Path) -> None:
    free = tmp_path / "free.json"
    assert run("edit", "humanise", made, "-o", free).code == 0
    for other in (free, foreign_midi(tmp_path / "in.mid")):
        out = tmp_path / f"joined-{other.stem}.json"
        done = run("edit", "join", made, other, "--weights", weights, "-o", out)
        assert done.code == 0, done.err
        assert read_score(out).score.plan is None


def test_any_file_is_edited_and_written_in_any_format(tmp_path: Path, weights: Path) -> None:
    path = foreign_midi(tmp_path / "in.mid")
    done = run("edit", "add-track", path, "bass", "--weights", weights, "-o", tmp_path / "out.mid")
    assert done.code == 0, done.err
    assert ".mid cannot hold everything: locks and edits (1)" in done.err
    before, after = (read_score(p, controls=True).score for p in (path, tmp_path / "out.mid"))
    assert [t.notes for t in after.tracks[:2]] == [t.notes for t in before.tracks]
    assert run("edit", "lock", path, "--force").out.splitlines()[-1] == str(tmp_path / "in.json")


@pytest.mark.parametrize(
    ("line", "said", "code"),
    [
        (("regenerate", "{}", "oboe: bars 1-2"), "names no track", 1),
        (("regenerate", "{}", "bars 1-9"), "bar 5 is not in bars 1-4", 1),
        (("regenerate", "{}", "piano", "--temperature", "-1"), "temperature", 2),
        (("delete", "{}", "all"), "these are all bars", 1),
        (("undo", "{}"), "nothing to undo", 1),
        (("transpose", "{}", "all", "200"), "allowed", 1),
        (("lock", "gone.json"), "gone.json", 1),
        (("lock", "{}", "-o", "{}"), "exists already", 1),
        (("lock", "{}", "-o", "x.ogg"), "suffix", 1),
    ],
)
def test_what_cannot_be_is_refused(
    line: tuple[str, ...], said: str, code: int, made: Path, tmp_path: Path
) -> None:
    given = [word.format(made) for word in line]
    assert said in refused("edit", *given, code=code)
    assert files_in(tmp_path) == ["song.json"]


def test_formats_of_diff(made: Path) -> None:
    assert "--format 'xml'; allowed: text, json" in refused(
        "diff", made, made, "--format", "xml", code=2
    )


def test_an_edit_that_breaks_the_plan_says_so(made: Path) -> None:
    told = run("edit", "transpose", made, "melody", 1)
    assert told.code == 0
    assert "of its plan; anacrusis verify lists them" in told.err
    assert "of its plan" not in run("edit", "transpose", made, "all", 12).err
