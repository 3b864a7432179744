"""Weights in the layout of training: back from the weights folder, and through the Hub's mixin."""

import json
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_weights import small_weights

from anacrusis.compose.errors import ModelError
from anacrusis.compose.model.config import ModelConfig
from anacrusis.compose.model.layouts import decoding_weights, training_weights
from anacrusis.compose.model.network import ScoreTransformer
from anacrusis.compose.model.runtime import SHIPPED, Runtime
from anacrusis.compose.model.weights import read_weights

CONFIG = ModelConfig(vocab_size=50, context=96, dim=48, depth=3, heads=4, kv_heads=2, head_dim=16)


def make_network(config: ModelConfig) -> ScoreTransformer:
    torch.manual_seed(3)
    network = ScoreTransformer(config)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.uniform_(0.5, 1.5) if name.endswith(".g") else parameter.normal_(std=0.2)
    return network.eval()


def logits(network: torch.nn.Module) -> np.ndarray:
    rng = np.random.default_rng(0)
    tokens = torch.from_numpy(rng.integers(0, 50, (2, 40)))
    ticks = torch.from_numpy(np.cumsum(rng.integers(0, 7, (2, 40)), axis=1))
    with torch.no_grad():
        return network(tokens, ticks).numpy()


@pytest.mark.parametrize(
    "shape", [{}, {"kv_heads": 1}, {"kv_heads": 4}, {"heads": 6, "kv_heads": 3, "dim": 40}]
)
def test_decoding_weights_become_training_weights_again(shape: dict[str, int]) -> None:
    config = replace(CONFIG, **shape)
    network = make_network(config)
    state = network.state_dict()
    again = training_weights(decoding_weights(state, config), config)
    assert again.keys() == state.keys()
    for name, values in state.items():
        assert torch.equal(again[name], values.half().float()), name
    twice = decoding_weights(again, config)
    for name, array in decoding_weights(state, config).items():
        np.testing.assert_array_equal(twice[name], array)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.half().float())
    other = ScoreTransformer(config).eval()
    other.load_state_dict(again, strict=True)
    np.testing.assert_array_equal(logits(other), logits(network))


def test_the_shipped_weights_give_the_same_logits_in_torch() -> None:
    config = ModelConfig.load(SHIPPED / "config.json")
    arrays, _ = read_weights(SHIPPED / "model.safetensors", config)
    network = ScoreTransformer(config).eval()
    network.load_state_dict(training_weights(arrays, config), strict=True)
    tokens, ticks = [1, 14, 20, 150, 4, 300], [0, 0, 0, 0, 0, 12]
    with torch.no_grad():
        expected = network(torch.tensor([tokens]), torch.tensor([ticks]))[0, -1].numpy()
    found = Runtime.load(precision="fp32").start().append(tokens, ticks)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_the_hub_loads_and_saves_a_weights_folder_offline(tmp_path: Path, offline: None) -> None:
    pytest.importorskip("huggingface_hub")
    from anacrusis.compose.model.hub import HubModel

    folder = small_weights(tmp_path / "weights")
    model = HubModel.from_pretrained(folder)
    assert not model.training and model.config == ModelConfig.load(folder / "config.json")
    assert model.save_pretrained(tmp_path / "saved") is None
    for name in ("config.json", "model.safetensors", "graph.onnx", "graph-int4.onnx",
                 "tokenizer.json"):  # fmt: skip
        saved = (tmp_path / "saved" / name).read_bytes()
        if name != "model.safetensors":
            assert saved == (folder / name).read_bytes(), name
    again = HubModel.from_pretrained(str(tmp_path / "saved"))
    np.testing.assert_array_equal(logits(again), logits(model))
    one, other = (Runtime.load(place, precision="fp32") for place in (folder, tmp_path / "saved"))
    assert one.metadata == other.metadata
    np.testing.assert_array_equal(
        one.start().append([1, 2], [0, 3]), other.start().append([1, 2], [0, 3])
    )
    card = (tmp_path / "saved" / "README.md").read_text()
    assert "license: apache-2.0" in card and "library_name: anacrusis" in card


def test_the_hub_refuses_what_is_no_weights_folder(tmp_path: Path, offline: None) -> None:
    pytest.importorskip("huggingface_hub")
    from anacrusis.compose.model.hub import HubModel

    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no config\.json"):
        HubModel.from_pretrained(tmp_path / "empty")
    folder = small_weights(tmp_path / "weights")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"dim": 64}))
    with pytest.raises(ModelError, match="export the checkpoint again"):
        HubModel.from_pretrained(folder)
