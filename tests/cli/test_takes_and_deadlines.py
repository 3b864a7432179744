"""`anacrusis compose --takes` and `--deadline`."""

from pathlib import Path

import pytest
from command import files_in, refused, run

from anacrusis.compose.files.read_write import read_score

LINE = ("compose", "Am F C G", "--bars", 4, "--tracks", "melody,bass", "--seed", 5)


def test_takes_are_numbered_in_their_order(weights: Path, tmp_path: Path) -> None:
    ended = run(*LINE, "--takes", 3, "--weights", weights, "--name", "pier")
    assert (ended.code, ended.err) == (0, "")
    names = [f"pier-{n}.{suffix}" for n in (1, 2, 3) for suffix in ("json", "mid", "musicxml")]
    assert files_in(tmp_path / "song") == names
    heads = [line for line in ended.out.splitlines() if line.startswith("take ")]
    assert [head.split(":")[0] for head in heads] == ["take 1", "take 2", "take 3"]
    assert "distance 1.00" in heads[0]
    seeds = [read_score(f"song/pier-{n}.json").score.plan.seed for n in (1, 2, 3)]
    assert sorted(seeds) == [5, 6, 7]
    assert [f"(seed {seed})" in head for seed, head in zip(seeds, heads, strict=True)] == [True] * 3
    again = run(*LINE, "--takes", 3, "--weights", weights, "--name", "pier", "-o", "song")
    assert again.code == 1 and "exists" in again.err


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_deadline_says_how_much_is_the_models(weights: Path, seconds: float) -> None:
    ended = run(*LINE, "--deadline", seconds, "--weights", weights)
    assert (ended.code, ended.err) == (0, "")
    expected = "4 bars by the model, 0 in its manner, 0 as short as could be"
    if not seconds:
        expected = "0 bars by the model, 0 in its manner, 4 as short as could be"
    assert f"  in time: {expected}\n" in ended.out
    assert run("verify", "song/song.json").code == 0


def test_options_that_exclude_each_other_are_refused(weights: Path) -> None:
    line = (*LINE, "--weights", weights)
    assert "exclude each other" in refused(*line, "--takes", 2, "--deadline", 1, code=2)
    assert "--max-quote" in refused(*line, "--deadline", 1, "--max-quote", 8, code=2)
    assert "writes no sound" in refused(*line, "--takes", 2, "--audio", code=2)
    assert run(*line, "--takes", 17).code == run(*line, "--deadline", -1).code == 2
