"""The ceiling on quotes: no dead end, and the measure that shares no code with it agrees."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from mock_model import MockModel, random_plan, random_taste

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.notes import write_notes
from anacrusis.compose.decoding.sampler import Sampling
from anacrusis.compose.errors import ConstraintError, DataError, ModelError
from anacrusis.compose.model.runtime import SHIPPED
from anacrusis.compose.quotes import FILE, PAIRS, Ceiling, QuoteFilter, gram_hashes
from anacrusis.compose.score import Score
from anacrusis.compose.verify import verify
from anacrusis.datasets.evaluation.melodies import MelodyIndex, longest_match, melodies
from anacrusis.datasets.evaluation.quotes import main, own_units, quote_filter, training_grams

GOLDEN = 11103674004572975444


def filter_of(scores: Sequence[Score], size: int = 50_000) -> QuoteFilter:
    grams = [gram_hashes(m.onsets, m.pitches) for score in scores for m in melodies(score)]
    return QuoteFilter.build(np.concatenate([np.zeros(0, np.uint64), *grams]), size, {})


class Dense(QuoteFilter):
    """Takes this share of all n-grams for known, always the same ones."""

    share = 0.5

    def holds(self, grams: np.ndarray) -> np.ndarray:
        return (grams >> np.uint64(40)) % np.uint64(1000) < 1000 * self.share


def attempt(seed: int, share: float, longest: int) -> Score:
    """One song of a random plan without sections that come back, under a dense filter."""
    rng = np.random.default_rng((11, seed))
    while True:
        plan = random_plan(rng, 8)
        if all(section.reprise is None for section in plan.sections):
            break
    known = Dense(np.zeros(1, np.uint8), {})
    object.__setattr__(known, "share", share)
    model = MockModel(seed, random_taste(rng), 1024, plan.skeleton())
    return write_notes(
        plan,
        model,
        Sampling(1.0, 1.0),
        np.random.default_rng(seed),
        ceiling=Ceiling(known, longest),
    )


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_no_model_meets_a_dead_end(share: float) -> None:
    for seed in range(40):
        assert verify(attempt(seed, share, PAIRS + seed % 3)).ok


def test_a_track_that_cannot_enter_in_time_enters_later_in_the_bar() -> None:
    for seed in (1095, 1149):  # where no pitch is left at the bar's last strong beat
        assert verify(attempt(seed, 0.6, PAIRS + seed % 3)).ok


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.6])
def test_no_model_meets_a_dead_end_in_many_plans(share: float) -> None:
    for seed in range(1000, 1500):
        assert verify(attempt(seed, share, PAIRS + seed % 5)).ok


def against_itself(seed: int, longest: int) -> tuple[int, int]:
    """Longest telling match with itself, without and with the ceiling, of a song and a model that
    would write it again note for note."""
    rng = np.random.default_rng((12, seed))
    plan, taste = random_plan(rng, 8), random_taste(rng)

    def song(known: QuoteFilter | None) -> Score:
        model = MockModel(seed, taste, 1024, plan.skeleton())
        limit = None if known is None else longest
        return compose(plan, model=model, sampling=Sampling(1.0, 0.9), max_quote=limit, known=known)

    free = song(None)
    index = MelodyIndex.build([("itself", free)])
    bound = song(filter_of([free]))
    assert verify(bound).ok
    assert longest_match(index, free).any.notes == max(
        (len(melody.onsets) for melody in melodies(free)), default=0
    )
    return longest_match(index, free).telling.notes, longest_match(index, bound).telling.notes


def test_no_quote_is_longer_than_the_ceiling() -> None:
    found = [against_itself(seed, PAIRS + seed % 5) for seed in range(40)]
    assert sum(free > 20 for free, _ in found) > 10, "there was something to prevent"
    assert all(bound <= PAIRS + seed % 5 for seed, (_, bound) in enumerate(found))
    assert max(bound for _, bound in found) >= PAIRS, "and no more was prevented than asked"


def test_the_same_plan_gives_the_same_notes() -> None:
    plan = random_plan(np.random.default_rng(3), 4)
    known = filter_of([compose(plan, model=MockModel(1))])
    first, second = (compose(plan, model=MockModel(1), max_quote=8, known=known) for _ in range(2))
    assert first == second


def test_a_ceiling_that_cannot_be_is_refused() -> None:
    plan = random_plan(np.random.default_rng(3), 4)
    for longest in (7, 8.5, True):
        with pytest.raises(ConstraintError, match=r"max_quote is .* from 8"):
            compose(plan, model=MockModel(), max_quote=longest, known=filter_of([]))  # type: ignore[arg-type]


def test_giving_up_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Score:
        raise ConstraintError("a section that comes back")

    monkeypatch.setattr("anacrusis.compose.decoding.compose.write_notes", refuse)
    plan = random_plan(np.random.default_rng(3), 4)
    with pytest.raises(ConstraintError, match=r"16 songs were given up .* another seed"):
        compose(plan, model=MockModel(), max_quote=8, known=filter_of([]))


# The filter


def test_the_filter_knows_all_that_was_put_in_and_little_else(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    grams = rng.integers(0, 2**64, 20_000, np.uint64)
    known = QuoteFilter.build(grams[:10_000], 10_000, {"grams": 10_000})
    assert known.holds(grams[:10_000]).all()
    assert known.holds(grams[10_000:]).mean() < 0.04
    known.save(tmp_path / FILE)
    read = QuoteFilter.load(tmp_path)
    assert read.facts["grams"] == 10_000 and np.array_equal(read.bits, known.bits)


def test_an_n_gram_is_nine_notes_in_any_key() -> None:
    onsets, pitches = np.arange(0, 90, 10), np.array([60, 62, 64, 60, 67, 65, 64, 62, 60])
    (gram,) = gram_hashes(onsets, pitches)
    assert gram_hashes(onsets + 5, pitches - 7).tolist() == [gram]
    assert gram_hashes(onsets * 2, pitches).tolist() != [gram]
    assert gram_hashes(onsets, pitches[::-1]).tolist() != [gram]
    assert gram_hashes(onsets[:8], pitches[:8]).tolist() == []
    assert int(gram) == GOLDEN, "filters that were written must stay readable"


def test_a_missing_and_a_damaged_filter_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--max-quote needs"):
        QuoteFilter.load(tmp_path)
    for content in (b"", b"no archive", b"PK"):
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(ModelError, match="damaged"):
            QuoteFilter.load(tmp_path)
    np.savez(tmp_path / FILE, bits=np.zeros(3))
    with pytest.raises(ModelError, match="damaged"):
        QuoteFilter.load(tmp_path)


def test_a_filter_of_pieces_says_what_it_holds(tmp_path: Path) -> None:
    plan = random_plan(np.random.default_rng(5), 8)
    songs = [compose(plan, model=MockModel(seed)) for seed in range(4)]
    grams = training_grams(songs)
    assert len(grams) == len(set(grams.tolist())) > 20
    written = quote_filter(grams, ["a", "b"])
    written.save(tmp_path / FILE)
    read = QuoteFilter.load(tmp_path)
    assert read.facts["sets"] == ["a", "b"] and read.facts["grams"] == len(grams)
    assert 0 < read.facts["false_positives"] < 0.03
    for song in songs:
        for melody in melodies(song):
            assert read.holds(gram_hashes(melody.onsets, melody.pitches)).all()


def test_weights_of_own_files_need_the_run_that_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "data.json").write_text('{"sets": [{"name": "own"}]}')
    with pytest.raises(DataError, match="give the run that was trained on them: --own RUN"):
        own_units(tmp_path / "weights", None)
    monkeypatch.setattr("sys.argv", ["quotes", str(tmp_path / "weights" / FILE)])
    assert main() == 1 and "--own RUN" in capsys.readouterr().err
    with pytest.raises(DataError, match="holds no pieces"):
        own_units(tmp_path / "weights", tmp_path)
    (tmp_path / "pieces").mkdir()
    (tmp_path / "pieces" / "a.json.gz").touch()
    assert own_units(tmp_path / "weights", tmp_path) == [tmp_path / "pieces" / "a.json.gz"]
    assert own_units(SHIPPED, None) == []


def test_the_shipped_weights_have_a_filter() -> None:
    facts = QuoteFilter.load().facts
    assert facts["grams"] > 1_000_000 and facts["false_positives"] < 0.01
    assert (SHIPPED / FILE).stat().st_size < 3_000_000
