"""A weights folder of a very small untrained model: what it writes is odd, but obeys every rule."""

from pathlib import Path

import pytest


def small_weights(folder: Path) -> Path:
    """Write the weights to `folder` and return it. Skips the test where torch is not installed."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    from anacrusis.compose.model.config import ModelConfig
    from anacrusis.compose.model.export import export_weights
    from anacrusis.compose.model.network import ScoreTransformer
    from anacrusis.compose.tokens.vocabulary import vocabulary

    words = vocabulary()
    config = ModelConfig(vocab_size=len(words), dim=32, depth=1, heads=2, head_dim=16)
    torch.manual_seed(0)
    network = ScoreTransformer(config)
    with torch.no_grad():  # the output layer starts at zero: give it something to say
        network.net.to_logits.weight.normal_(std=0.3)
    export_weights(network.state_dict(), config, folder, {"vocab_hash": words.digest})
    return folder
