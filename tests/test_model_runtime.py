"""The runtime computes what the trained network computes, with one thread or four."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from anacrusis.compose.errors import ModelError
from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.model.export import export_weights
from anacrusis.compose.model.network import ScoreTransformer
from anacrusis.compose.model.rotary import rotary_angles
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.model.weights import BLOCK, bits_of, is_matrix, quantise, read_weights

CONFIG = ModelConfig(vocab_size=50, context=96, dim=48, depth=3, heads=4, kv_heads=2, head_dim=16)
PARITY = 1e-3


def make_network(config: ModelConfig = CONFIG) -> ScoreTransformer:
    torch.manual_seed(3)
    torch.set_num_threads(1)
    network = ScoreTransformer(config)
    with torch.no_grad():  # the output layer starts at zero: give it something to say
        network.net.to_logits.weight.normal_(std=0.5)
        for name, parameter in network.named_parameters():
            if name.endswith(".g"):
                parameter.uniform_(0.5, 1.5)
        for parameter in network.parameters():  # as exporting does
            parameter.copy_(parameter.half().float())
    return network.eval()


def reference(network: ScoreTransformer, tokens: np.ndarray, ticks: np.ndarray) -> np.ndarray:
    """Logits `[T, V]` of the torch network."""
    with torch.no_grad():
        logits = network(torch.from_numpy(tokens)[None], torch.from_numpy(ticks)[None])
    return logits[0].numpy()


def music(length: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random tokens, and ticks that jump ahead and back as those of anticipated controls do."""
    rng = np.random.default_rng(seed)
    ticks = np.cumsum(rng.integers(0, 7, length)) + 96 * rng.integers(0, 2, length)
    return rng.integers(0, CONFIG.vocab_size, length), ticks


@pytest.fixture(scope="module")
def network() -> ScoreTransformer:
    return make_network()


@pytest.fixture(scope="module")
def folder(network: ScoreTransformer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "w"
    export_weights(network.state_dict(), CONFIG, path, {"vocab_hash": "cafe"})
    return path


@pytest.fixture(scope="module")
def runtime(folder: Path) -> Runtime:
    return Runtime.load(folder, precision="fp32")


@pytest.mark.parametrize(
    "shape",
    [
        {"kv_heads": 1},
        {"kv_heads": 2},
        {"kv_heads": 4, "depth": 1},
        {"positions": "index"},
        {"positions": "metrical"},
        {"positions": "alibi"},
        {"positions": "metrical+alibi"},
        {"positions": "index+metrical+alibi", "heads": 6},
    ],
)
def test_step_by_step_logits_are_those_of_the_network(
    tmp_path: Path, shape: dict[str, int | str]
) -> None:
    config = ModelConfig.from_mapping(CONFIG.to_mapping() | shape)
    network = make_network(config)
    export_weights(network.state_dict(), config, tmp_path / "w")
    runtime = Runtime.load(tmp_path / "w", precision="fp32")
    tokens, ticks = music(config.context)
    expected = reference(network, tokens, ticks)
    assert expected.std() > 0.5
    state = runtime.start()
    for position in range(config.context):
        logits = state.append([int(tokens[position])], [int(ticks[position])])
        assert np.abs(logits - expected[position]).max() < PARITY
    assert state.length == config.context


@pytest.mark.parametrize("positions", ["index+metrical", "metrical+alibi"])
@pytest.mark.parametrize("cuts", [[96], [1, 95], [40, 1, 1, 54], [95, 1]])
def test_reading_many_tokens_at_once_changes_nothing(
    tmp_path: Path, positions: str, cuts: list[int]
) -> None:
    config = replace(CONFIG, positions=positions)
    network = make_network(config)
    export_weights(network.state_dict(), config, tmp_path / "w")
    tokens, ticks = music(96)
    expected = reference(network, tokens, ticks)
    state = Runtime.load(tmp_path / "w", precision="fp32").start()
    for count in cuts:
        start = state.length
        logits = state.append(
            tokens[start : start + count].tolist(), ticks[start : start + count].tolist()
        )
        assert np.abs(logits - expected[state.length - 1]).max() < PARITY


def test_two_states_do_not_touch_each_other(runtime: Runtime) -> None:
    (tokens, ticks), (others, later) = music(20), music(20, seed=5)
    alone = runtime.start()
    for token, tick in zip(tokens.tolist(), ticks.tolist(), strict=True):
        expected = alone.append([token], [tick])
    one, two = runtime.start(), runtime.start()
    for position in range(20):
        logits = one.append([int(tokens[position])], [int(ticks[position])])
        two.append([int(others[position])], [int(later[position])])
    assert np.array_equal(logits, expected)


@pytest.mark.parametrize("length", [0, 1, 20])
def test_what_is_forgotten_leaves_no_trace(runtime: Runtime, length: int) -> None:
    (tokens, ticks), (others, later) = (tuple(v.tolist() for v in music(40, s)) for s in (0, 5))
    straight, back = runtime.start(), runtime.start()
    if length:
        straight.append(tokens[:length], ticks[:length])
        back.append(tokens[:length], ticks[:length])
    back.append(others[length:], later[length:])
    back.truncate(length)
    assert back.length == length
    for token, tick in zip(tokens[length:], ticks[length:], strict=True):
        assert np.array_equal(straight.append([token], [tick]), back.append([token], [tick]))
    for wrong in (-1, 41):
        with pytest.raises(ModelError, match="has read 40 tokens"):
            back.truncate(wrong)


@pytest.mark.parametrize("precision", ["fp32", "int4"])
def test_the_number_of_threads_changes_no_bit(folder: Path, precision: str) -> None:
    tokens, ticks = music(60)
    results = []
    for threads in (1, 2, 4):
        runtime = Runtime.load(folder, threads=threads, precision=precision)
        state = runtime.start()
        rows = [state.append(tokens[:30].tolist(), ticks[:30].tolist())]
        for position in range(30, 60):
            token, tick = int(tokens[position]), int(ticks[position])
            rows.append(state.append([token], [tick]))
        results.append(np.stack(rows))
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


# What each form of attention sees: whether ticks matter, and whether the index does.
SEES = {
    "absolute": (False, True),
    "index": (False, True),
    "metrical": (True, False),
    "index+metrical": (True, True),
    "alibi": (False, True),
    "projection": (False, True),
    "quarters": (True, False),
    "metrical+projection": (True, True),
}


@pytest.mark.parametrize("positions", SEES)
def test_what_attention_knows_of_positions(positions: str) -> None:
    network = make_network(replace(CONFIG, positions=positions))
    if network.quarters is not None:
        torch.nn.init.normal_(network.quarters.table.weight, std=2.0)
    ticks_matter, index_matters = SEES[positions]
    tokens, ticks = music(40)
    expected = reference(network, tokens, ticks)
    assert np.abs(reference(network, tokens, ticks + 480) - expected).max() < PARITY
    changed = np.abs(reference(network, tokens, ticks * 2) - expected).max()
    assert (changed > 10 * PARITY) == ticks_matter
    # The first layer alone sees earlier tokens as a set, unless it knows their index.
    network = make_network(replace(CONFIG, positions=positions, depth=1))
    order = np.array([*range(38, -1, -1), 39])
    last = reference(network, tokens, ticks)[-1]
    swapped = np.abs(reference(network, tokens[order], ticks[order])[-1] - last).max()
    assert (swapped > 10 * PARITY) == index_matters


def test_training_and_decoding_turn_by_the_same_angles(network: ScoreTransformer) -> None:
    _, ticks = music(40)
    angles = network._angles(torch.from_numpy(ticks)[None])[0].numpy()
    expected = rotary_angles(np.arange(40), ticks, network.config)
    turn = np.abs(np.exp(1j * angles) - np.exp(1j * expected))
    assert turn.max() < 1e-5


@pytest.mark.parametrize("positions", ["absolute", "projection+alibi", "index+quarters"])
def test_forms_that_decoding_does_not_know_are_refused(tmp_path: Path, positions: str) -> None:
    config = replace(CONFIG, positions=positions)
    with pytest.raises(ModelError, match="index, metrical and alibi"):
        export_weights(make_network(config).state_dict(), config, tmp_path / "w")
    assert not (tmp_path / "w").exists()


def test_later_tokens_do_not_reach_back(network: ScoreTransformer) -> None:
    tokens, ticks = music(40)
    changed, moved = tokens.copy(), ticks.copy()
    changed[25:] = (changed[25:] + 7) % CONFIG.vocab_size
    moved[25:] += 31
    before, after = reference(network, tokens, ticks), reference(network, changed, moved)
    assert np.abs(before[:25] - after[:25]).max() < 1e-5
    assert np.abs(before[25:] - after[25:]).max() > 0.1


def restored(matrix: np.ndarray, bits: int) -> np.ndarray:
    """The matrix `[inputs, outputs]` that its quantised form stands for."""
    levels, scales = quantise(matrix, bits)
    if bits == 4:
        levels = np.stack([levels & 15, levels >> 4], axis=-1).reshape(*levels.shape[:2], BLOCK)
    weights = (levels.astype(np.float32) - (1 << (bits - 1))) * scales[..., None]
    return np.ascontiguousarray(weights.reshape(matrix.shape[1], -1)[:, : matrix.shape[0]].T)


def test_the_quantised_graph_computes_with_the_rounded_weights(
    folder: Path, tmp_path: Path
) -> None:
    weights, _ = read_weights(folder / "model.safetensors", CONFIG)
    rounded = {
        name: restored(array, bits_of(name)) if is_matrix(name) else array
        for name, array in weights.items()
    }
    for name in ("config.json", "graph.onnx"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    save_file(rounded, tmp_path / "model.safetensors")
    tokens, ticks = (values.tolist() for values in music(60))
    expected, found = [], []
    full, small = Runtime.load(tmp_path, precision="fp32").start(), Runtime.load(folder).start()
    for token, tick in zip(tokens, ticks, strict=True):
        expected.append(full.append([token], [tick]))
        found.append(small.append([token], [tick]))
    error = np.sqrt(np.mean(np.subtract(found, expected) ** 2)) / np.std(expected)
    assert 0 < error < 0.03  # activations are rounded to 8 bits


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("inputs", [32, 48, 100])
def test_quantised_weights_are_within_a_level(inputs: int, bits: int) -> None:
    matrix = np.random.default_rng(0).normal(size=(inputs, 7)).astype(np.float32)
    matrix[:, 3] = 0.0
    error = np.abs(restored(matrix, bits) - matrix)
    scales = np.abs(quantise(matrix, bits).scales)
    level = np.repeat(scales, BLOCK, axis=1)[:, :inputs].T
    assert np.all(error <= level * 1.001)
    assert np.mean(error <= level * 0.501) > 0.95  # only what lies opposite the farthest is clipped
    assert not error[:, 3].any()


def test_mistaken_calls_are_clear_errors(runtime: Runtime) -> None:
    state = runtime.start()
    with pytest.raises(ModelError, match="context of 96"):
        state.append([1] * 97, [0] * 97)
    state.append([1] * 96, [0] * 96)
    with pytest.raises(ModelError, match="97 tokens"):
        state.append([1], [0])
    assert state.length == 96
    state = runtime.start()
    for tokens in ([50], [-1], [1, 50]):
        with pytest.raises(ModelError, match="outside the vocabulary"):
            state.append(tokens, [0] * len(tokens))
    with pytest.raises(ModelError, match="one tick per token"):
        state.append([1, 2], [0])
    with pytest.raises(ModelError, match="one tick per token"):
        state.append([], [])
    assert state.length == 0


@pytest.mark.parametrize("name", ["config.json", "graph.onnx", "model.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "noise"])
def test_damaged_weight_folders_are_clear_errors(
    folder: Path, tmp_path: Path, name: str, damage: str
) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / name
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        shorter = content[: len(content) // 2]
        path.write_bytes({"empty": b"", "truncated": shorter, "noise": b"\x7f" * 500}[damage])
    with pytest.raises(ModelError, match=str(tmp_path)):
        Runtime.load(tmp_path, precision="fp32")


@pytest.mark.parametrize("change", [{"depth": 2}, {"dim": 32}, {"context": 64}, {"colour": 1}])
def test_a_config_of_another_model_is_refused(
    folder: Path, tmp_path: Path, change: dict[str, int]
) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(ModelError):
        Runtime.load(tmp_path, precision="fp32")


def test_loading_refuses_impossible_options(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="threads is 0"):
        Runtime.load(folder, threads=0)
    with pytest.raises(ModelError, match="precision is 'int3'"):
        Runtime.load(folder, precision="int3")
    with pytest.raises(ModelError, match="not a weights folder"):
        Runtime.load(tmp_path)


def test_the_weights_file_says_which_vocabulary_it_speaks(runtime: Runtime) -> None:
    assert runtime.metadata["vocab_hash"] == "cafe"


def test_weights_beyond_half_precision_are_refused(tmp_path: Path) -> None:
    network = make_network()
    with torch.no_grad():
        network.net.to_logits.weight[0, 0] = 1e6
    with pytest.raises(ModelError, match="beyond half precision"):
        export_weights(network.state_dict(), CONFIG, tmp_path / "w")
    assert not (tmp_path / "w").exists()


def test_decoding_imports_neither_torch_nor_onnx(folder: Path) -> None:
    script = (
        "import sys\n"
        "from anacrusis.compose.model.runtime import Runtime\n"
        "assert 'onnxruntime' not in sys.modules\n"
        f"r = Runtime.load({str(folder)!r}); s = r.start(); s.append([1, 2], [0, 3])\n"
        "assert not {'torch', 'onnx', 'x_transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
