"""Small shards whose rule a network can learn: each token is the one before plus three."""

from pathlib import Path

import numpy as np

from anacrusis.compose.model.shards import ShardWriter

VOCAB = 24


def write_counting_shards(folder: Path, train: int, valid: int) -> Path:
    """Write so many sequences of 12 to 33 tokens; return the folder."""
    rng = np.random.default_rng(1)
    table = np.tile(np.arange(VOCAB), (25, 1))
    with ShardWriter(
        folder, vocab_size=VOCAB, vocab_hash="h", pad_id=0, weights={"a": 1.0}, transpose=table
    ) as writer:
        for split, count in (("train", train), ("valid", valid)):
            for _ in range(count):
                length = int(rng.integers(12, 34))
                tokens = (np.arange(length) * 3 + rng.integers(VOCAB)) % (VOCAB - 1) + 1
                writer.add(split, tokens, np.arange(length) * 6, "a")
    return folder
