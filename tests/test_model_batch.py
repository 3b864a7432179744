"""Documents that are decoded side by side have the logits that they have alone."""

from pathlib import Path

import numpy as np
import pytest
from test_model_runtime import CONFIG, PARITY, make_network, music, reference

from anacrusis.compose.errors import ModelError
from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.model.export import export_weights
from anacrusis.compose.model.runtime import Runtime


def exported(path: Path, precision: str = "fp32", **shape: str | int) -> Runtime:
    config = ModelConfig.from_mapping(CONFIG.to_mapping() | shape)
    export_weights(make_network(config).state_dict(), config, path / "w")
    return Runtime.load(path / "w", precision=precision)


@pytest.mark.parametrize("positions", ["index", "metrical", "metrical+alibi", "index+metrical"])
@pytest.mark.parametrize("kv_heads", [1, 4])
def test_documents_of_any_lengths_have_the_logits_of_the_network(
    tmp_path: Path, positions: str, kv_heads: int
) -> None:
    shape = {"positions": positions, "kv_heads": kv_heads}
    batch = exported(tmp_path, **shape).start_batch(4)
    network = make_network(ModelConfig.from_mapping(CONFIG.to_mapping() | shape))
    pieces = [music(96, seed) for seed in range(4)]
    expected = [reference(network, *piece) for piece in pieces]
    rng = np.random.default_rng(0)
    for state, (tokens, ticks), count in zip(batch.states, pieces, (1, 40, 7, 0), strict=True):
        if count:
            state.append(tokens[:count].tolist(), ticks[:count].tolist())
    while open_ones := [d for d in range(4) if batch.states[d].length < 96]:
        chosen = [d for d in rng.permutation(open_ones).tolist() if rng.random() < 0.8]
        if not chosen:
            continue
        now = [batch.states[d].length for d in chosen]
        found = batch.append(
            chosen,
            [int(pieces[d][0][at]) for d, at in zip(chosen, now, strict=True)],
            [int(pieces[d][1][at]) for d, at in zip(chosen, now, strict=True)],
        )
        for document, at, logits in zip(chosen, now, found, strict=True):
            assert np.abs(logits - expected[document][at]).max() < PARITY
            assert batch.states[document].length == at + 1


def test_quantised_documents_differ_by_the_rounding_of_activations(tmp_path: Path) -> None:
    runtime = exported(tmp_path, "int4")
    pieces = [music(60, seed) for seed in range(3)]
    alone, together, chunks = [], [], []
    batch = runtime.start_batch(3)
    states = [runtime.start() for _ in pieces]
    for at in range(60):
        tokens, ticks = zip(*((int(t[at]), int(k[at])) for t, k in pieces), strict=True)
        together.append(batch.append(range(3), tokens, ticks))
        rows = zip(states, tokens, ticks, strict=True)
        alone.append([state.append([token], [tick]) for state, token, tick in rows])
    for tokens, ticks in pieces:
        chunks.append(runtime.start().append(tokens.tolist(), ticks.tolist()))
    deviation = np.std(alone)
    assert np.sqrt(np.mean(np.subtract(together, alone) ** 2)) < 0.03 * deviation
    assert np.sqrt(np.mean(np.subtract(chunks, alone[-1]) ** 2)) < 0.03 * deviation


@pytest.mark.parametrize("precision", ["fp32", "int4"])
def test_a_document_does_not_know_its_neighbours(tmp_path: Path, precision: str) -> None:
    """To the bit: whichever documents take part, of whatever lengths, even full ones."""
    runtime = exported(tmp_path, precision)
    pieces = [music(96, seed) for seed in range(5)]

    def read(documents: dict[int, int]) -> dict[int, np.ndarray]:
        """Logits of each piece, to the end; documents: piece -> tokens that are read before."""
        batch = runtime.start_batch(len(documents))
        for state, (piece, count) in zip(batch.states, documents.items(), strict=True):
            state.append(*(values[:count].tolist() for values in pieces[piece]))
        found: dict[int, list[np.ndarray]] = {piece: [] for piece in documents}
        names = list(documents)
        while going := [p for p, state in enumerate(batch.states) if state.length < 96]:
            at = [(pieces[names[place]], batch.states[place].length) for place in going]
            logits = batch.append(
                going,
                [int(tokens[length]) for (tokens, _), length in at],
                [int(ticks[length]) for (_, ticks), length in at],
            )
            for place, row in zip(going, logits, strict=True):
                found[names[place]].append(row)
        return {piece: np.array(rows) for piece, rows in found.items()}

    lengths = {0: 70, 1: 3, 2: 95, 3: 96, 4: 40}
    alone = {piece: read({piece: count})[piece] for piece, count in lengths.items()}
    for others in ([0, 1], [2, 1, 0], [3, 0, 1, 4], [4, 3, 2, 1, 0]):
        for piece, rows in read({piece: lengths[piece] for piece in others}).items():
            assert np.array_equal(rows, alone[piece])


def test_documents_are_forgotten_and_read_alone_in_between(tmp_path: Path) -> None:
    runtime = exported(tmp_path)
    (tokens, ticks), (others, later) = (tuple(v.tolist() for v in music(40, s)) for s in (0, 5))
    expected = runtime.start().append(tokens[:30], ticks[:30])
    batch = runtime.start_batch(3)
    for state in batch.states:
        state.append(others[:12], later[:12])
    batch.append([2, 0], [1, 1], [50, 50])
    batch.states[2].truncate(0)
    batch.states[2].append(tokens[:29], ticks[:29])
    found = batch.append([2, 1], [tokens[29], 3], [ticks[29], 60])
    assert np.abs(found[0] - expected).max() < PARITY
    assert [state.length for state in batch.states] == [13, 13, 30]


def test_the_same_steps_give_the_same_bits(tmp_path: Path) -> None:
    runtime = exported(tmp_path, "int4")
    runs = []
    for _ in range(2):
        batch = runtime.start_batch(3)
        batch.append(range(3), [1, 2, 3], [0, 0, 0])
        runs.append([batch.append(which, [4] * len(which), [9] * len(which)) for which in
                     ([0, 1, 2], [2, 0], [1, 2], [0, 1, 2])])  # fmt: skip
    for one, two in zip(*runs, strict=True):
        assert np.array_equal(one, two)


def test_mistaken_calls_are_clear_errors(tmp_path: Path) -> None:
    runtime = exported(tmp_path)
    for count in (0, 65):
        with pytest.raises(ModelError, match=f"documents is {count}"):
            runtime.start_batch(count)
    batch = runtime.start_batch(2)
    with pytest.raises(ModelError, match="one of each for every document"):
        batch.append([0, 0], [1, 1], [0, 0])
    with pytest.raises(ModelError, match="one of each for every document"):
        batch.append([0, 1], [1], [0])
    batch.states[1].append([1] * 96, [0] * 96)
    with pytest.raises(ModelError, match="97 tokens"):
        batch.append([0, 1], [1, 1], [0, 0])
    with pytest.raises(ModelError, match="outside the vocabulary"):
        batch.append([0], [50], [0])
    assert [state.length for state in batch.states] == [0, 96]
