"""`anacrusis compose` and `verify`: what is left on disk, and whether it keeps its plan."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from command import files_in, refused, run

from anacrusis.compose.files.read_write import read_score, write_score
from anacrusis.compose.quotes import FILE, QuoteFilter, gram_hashes
from anacrusis.compose.score import Note
from anacrusis.datasets.evaluation.melodies import skyline


def test_one_line_becomes_three_files_that_hold_the_same_music(
    weights: Path, tmp_path: Path
) -> None:
    ended = run(
        "compose", "Am | F C | G . . D7 | %", "--bars", 4, "--tempo", 96, "--meter", "4/4",
        "--tracks", "melody,cello,bass,drums", "--seed", 3, "--title", "Pier", "--weights", weights,
        "--out", "here/there", "--name", "pier",
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    paths = [Path("here/there") / f"pier.{suffix}" for suffix in ("mid", "musicxml", "json")]
    assert ended.out.splitlines()[-3:] == [str(path) for path in paths]
    assert files_in(tmp_path / "here" / "there") == ["pier.json", "pier.mid", "pier.musicxml"]
    scores = [read_score(path).score for path in paths]
    for score in scores:
        assert [str(span.chord) for span in score.chords] == ["Am", "F", "C", "G", "D7", "G", "D7"]
        assert len(score.bars) == 4 and score.tempos[0].bpm == pytest.approx(96)
        assert [track.role for track in score.tracks] == ["melody", "counter", "bass", "drums"]
        assert score.title == "Pier"
    midi, _, whole = scores
    for mine, theirs in zip(midi.tracks, whole.tracks, strict=True):
        assert [(n.onset, n.pitch) for n in mine.notes] == [
            (n.onset, n.pitch) for n in theirs.notes
        ]
    assert whole.plan is not None and whole.plan.seed == 3


def test_what_was_composed_is_verified(song: Path) -> None:
    ended = run("verify", song)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("every rule is kept: 4 bars")


def test_a_pickup_is_no_bar(weights: Path) -> None:
    line = ("compose", "C G", "--bars", 2, "--pickup", "1 beat", "--weights", weights)
    assert run(*line).out.startswith("Untitled: 2 bars and a pickup, ")
    assert run("verify", "song/song.json").out.startswith("every rule is kept: 2 bars and a pickup")
    report = json.loads(run("verify", "song/song.json", "--format", "json").out)
    assert (report["bars"], report["pickup"]) == (2, True)
    Path("plan.yaml").write_text(run("plan", "show", "song/song.json").out)
    assert "2 bars and a pickup, 4 tracks" in run("plan", "check", "plan.yaml").out


def test_quotes_are_avoided_with_the_melodies_beside_the_weights(
    weights: Path, tmp_path: Path
) -> None:
    line = ("compose", "Am F C G", "--bars", 24, "--tracks", "melody", "--max-quote", 8)
    ended = run(*line, "--weights", weights, "-o", "free")
    assert ended.code == 1 and "no quotes.npz, which --max-quote needs" in ended.err
    assert run(*line[:-1], 7, "--weights", weights).code == 2
    other = shutil.copytree(weights, tmp_path / "other")
    assert run(*line[:-2], "--weights", other, "-o", "free").code == 0
    (track,) = read_score(Path("free/song.json")).score.tracks
    melody = skyline(track)
    grams = gram_hashes(melody.onsets, melody.pitches)
    assert len(grams) > 5
    QuoteFilter.build(grams, 1000, {}).save(other / FILE)
    assert run(*line, "--weights", other, "-o", "bound").code == 0
    (track,) = read_score(Path("bound/song.json")).score.tracks
    assert not set(gram_hashes(*skyline(track)[1:])) & set(grams)


def test_the_seed_decides_the_notes(weights: Path) -> None:
    def composed(folder: str, *more: object) -> bytes:
        ended = run("compose", "Dm7 G7 C", "--bars", 6, "--weights", weights, "-o", folder, *more)
        assert ended.code == 0, ended.err
        return (Path(folder) / "song.mid").read_bytes()

    first = composed("a", "--seed", 11)
    assert composed("b", "--seed", 11, "--threads", 2) == first
    assert composed("c", "--seed", 12) != first
    assert (Path("a") / "song.json").read_bytes() == (Path("b") / "song.json").read_bytes()


def test_without_chords_the_model_writes_the_form(weights: Path) -> None:
    ended = run("compose", "--bars", 8, "--weights", weights, "--tracks", "melody,bass", "-o", "x")
    assert ended.code == 0, ended.err
    score = read_score("x/song.json").score
    assert len(score.bars) == 8
    assert score.sections and score.keys and score.chords
    assert run("verify", "x/song.json").code == 0


def test_a_plan_file_is_composed_and_options_can_change_it(weights: Path) -> None:
    Path("plan.yaml").write_text("title: One\nkey: C\ntempo: 90\nchords: C F G7 C\nbars: 4\n")
    assert run("compose", "plan.yaml", "--weights", weights, "-o", "a").code == 0
    assert read_score("a/song.json").score.title == "One"
    more = ("--title", "Two", "--seed", 9)
    assert run("compose", "plan.yaml", "--weights", weights, "-o", "b", *more).code == 0
    plan = read_score("b/song.json").score.plan
    assert plan is not None and (plan.title, plan.seed) == ("Two", 9)
    line = ("compose", "plan.yaml", "--weights", weights, "-o", "c")
    said = refused(*line, "--tempo", 80, code=2)
    assert "--tempo belongs to the one-line form" in said
    assert not Path("c").exists()


def test_existing_files_are_refused_unless_forced(weights: Path) -> None:
    Path("song").mkdir()
    Path("song/song.musicxml").write_text("mine")
    line = ("compose", "C G", "--bars", 2, "--weights", weights)
    said = refused(*line, "--out", "song")
    assert "song.musicxml exists already" in said and "--out" in said
    assert files_in(Path("song")) == ["song.musicxml"]
    assert Path("song/song.musicxml").read_text() == "mine"
    assert run(*line, "--force").code == 0
    assert len(read_score("song/song.musicxml").score.bars) == 2


def test_without_a_folder_the_first_free_one_is_taken(weights: Path, tmp_path: Path) -> None:
    line = ("compose", "C G", "--bars", 2, "--weights", weights)
    Path("song-2").write_text("mine")
    Path("song-3").mkdir()
    for folder in ("song", "song-3", "song-4"):
        ended = run(*line)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.splitlines()[-1] == str(Path(folder) / "song.json")
    assert Path("song-2").read_text() == "mine"
    before = files_in(tmp_path)
    assert run(*line, "--force").out.splitlines()[-1] == str(Path("song") / "song.json")
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("out", ["taken", "taken/below/it"])
def test_a_file_in_place_of_the_folder(weights: Path, out: str) -> None:
    Path("taken").write_text("mine")
    said = refused("compose", "C G", "--bars", 2, "--weights", weights, "-o", out)
    assert "cannot write to taken" in said and "--out" in said
    assert Path("taken").read_text() == "mine"


def test_weights_of_another_vocabulary_are_refused(weights: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load, save

    other = tmp_path / "other"
    other.mkdir()
    for file in weights.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    tensors = load((other / "model.safetensors").read_bytes())
    (other / "model.safetensors").write_bytes(save(tensors, {"vocab_hash": "0" * 16}))
    assert "other tokens" in refused("compose", "C", "--weights", other)


# Verifying


def test_a_broken_rule_exits_1_and_is_named(song: Path) -> None:
    score = read_score(song).score
    melody = score.tracks[0]
    wrong = replace(melody, notes=(Note(0, 61, 6), *(n for n in melody.notes if n.onset >= 12)))
    write_score(replace(score, tracks=(wrong, *score.tracks[1:])), "wrong.json")
    ended = run("verify", "wrong.json")
    assert (ended.code, ended.err) == (1, "")
    assert "bar 1, beat 1, melody: strong: " in ended.out
    report = json.loads(run("verify", "wrong.json", "--format", "json").out)
    assert not report["ok"]
    assert {"rule": "strong", "bar": 1, "track": "melody"}.items() <= report["violations"][
        0
    ].items()


def test_violations_as_sarif(song: Path) -> None:
    Path("other.yaml").write_text("key: C\ntempo: 120\nchords: Am F C E7\nbars: 4\n")
    ended = run("verify", song, "--plan", "other.yaml", "--format", "sarif")
    assert ended.code == 1
    log = json.loads(ended.out)
    (artifact,) = log["runs"][0]["artifacts"]
    assert artifact["location"]["uri"].endswith("song.json")
    assert {result["level"] for result in log["runs"][0]["results"]} == {"error"}


def test_a_score_is_checked_against_another_plan(song: Path) -> None:
    Path("other.yaml").write_text("key: C\ntempo: 120\nchords: Am F C E7\nbars: 4\n")
    ended = run("verify", song, "--plan", "other.yaml")
    assert ended.code == 1
    assert "chords" in ended.out


@pytest.mark.parametrize("content", [b"", b"MThd\0\0\0\6\0\1", b"<score", b"{", b"\x89PNG\r\n"])
def test_damaged_scores_are_one_clear_line(content: bytes, tmp_path: Path) -> None:
    Path("bad.mid").write_bytes(content)
    for command in (("verify",), ("render", "-o", "sound")):
        assert "bad.mid" in refused(*command, "bad.mid")
    assert files_in(tmp_path) == ["bad.mid"]


def test_an_unknown_report_is_wrong_usage(song: Path) -> None:
    said = refused("verify", song, "--format", "xml", code=2)
    assert "--format 'xml'; allowed: text, json, sarif" in said
