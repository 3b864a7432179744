"""Model and training configurations: round trips, and one clear error for each mistake."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anacrusis.compose.errors import ModelError
from anacrusis.compose.model.config import ModelConfig, TrainConfig


@given(
    st.builds(
        ModelConfig,
        vocab_size=st.integers(1, 65536),
        context=st.integers(1, 4096),
        depth=st.integers(1, 64),
        dropout=st.floats(0, 0.9),
    )
)
def test_a_config_survives_json(config: ModelConfig) -> None:
    assert ModelConfig.from_mapping(json.loads(json.dumps(config.to_mapping()))) == config


def test_a_config_survives_a_file(tmp_path: Path) -> None:
    config = TrainConfig(shards="a", out="b", steps=3, model={"dim": 64})
    config.save(tmp_path / "run.json")
    assert TrainConfig.load(tmp_path / "run.json") == config


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"vocab_size": 8, "width": 3}, "unknown key 'width'"),
        ({}, "'vocab_size' is missing"),
        ({"vocab_size": "many"}, "vocab_size is 'many'; a int was expected"),
        ({"vocab_size": True}, "vocab_size is True"),
        ({"vocab_size": 8.5}, "vocab_size is 8.5"),
        ({"vocab_size": 0}, "vocab_size is 0"),
        ({"vocab_size": 70000}, "at most 65536"),
        ({"vocab_size": 8, "head_dim": 6}, "head_dim is 6"),
        ({"vocab_size": 8, "heads": 4, "kv_heads": 3}, "divisor of the 4 heads"),
        ({"vocab_size": 8, "dropout": 1.0}, "dropout is 1.0"),
        ({"vocab_size": 8, "dropout": float("nan")}, "dropout is nan"),
        ({"vocab_size": 8, "tick_wavelength_min": 9000}, "tick_wavelength_min is 9000"),
    ],
)
def test_a_mistaken_model_config_names_key_and_value(values: dict[str, object], named: str) -> None:
    with pytest.raises(ModelError, match=named):
        ModelConfig.from_mapping(values)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, "neither steps nor minutes"),
        ({"steps": -1}, "steps is -1"),
        ({"steps": 1, "precision": "int4"}, "precision is 'int4'"),
        ({"steps": 1, "accelerator": "abacus"}, "accelerator is 'abacus'"),
        ({"steps": 1, "learning_rate": 0}, "learning_rate is 0"),
        ({"steps": 1, "model": [1]}, "a dict was expected"),
    ],
)
def test_a_mistaken_train_config_names_key_and_value(values: dict[str, object], named: str) -> None:
    with pytest.raises(ModelError, match=named):
        TrainConfig.from_mapping({"shards": "s", "out": "o"} | values)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00", '{"vocab_size": 1e999}', "[" * 100000])
def test_a_damaged_config_file_is_a_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ModelError):
        ModelConfig.load(path)
    with pytest.raises(ModelError, match="cannot read"):
        ModelConfig.load(tmp_path / "absent.json")
