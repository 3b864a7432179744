"""`tokenizer.json` says what the vocabulary says, and a changed one is noticed."""

import json
from pathlib import Path

import pytest
from small_weights import small_weights

from anacrusis.compose.errors import ModelError
from anacrusis.compose.model.runtime import SHIPPED, Runtime
from anacrusis.compose.tokens.tokenizer_file import TOKENIZER, read_tokenizer, tokenizer_text
from anacrusis.compose.tokens.vocabulary import vocabulary


def test_the_file_gives_the_vocabulary_back(tmp_path: Path) -> None:
    (tmp_path / TOKENIZER).write_text(tokenizer_text())
    read = read_tokenizer(tmp_path / TOKENIZER)
    words = vocabulary()
    assert (read.names, read.digest, read.ticks_per_quarter) == (words.names, words.digest, 12)
    pitch = next(row for row in json.loads(tokenizer_text())["types"] if row["type"] == "Pitch")
    assert pitch["first_id"] + pitch["values"].index(60) == words.id("Pitch", 60)


def test_the_shipped_weights_have_it() -> None:
    assert (SHIPPED / TOKENIZER).read_text("utf-8") == tokenizer_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"quartet"', '"choir"', "it was altered"),
        ('"size": 8', '"size": 9', "it was altered"),
        ('"first_id": 0', '"first_id": 1', "ids of PAD are 1 to 0"),
        ("anacrusis-tokenizer-2", "other", "has format 'other'"),
        ('"types"', '"kinds"', "not a tokenizer file"),
        ("{", "", "not a tokenizer file"),
    ],
)
def test_an_altered_file_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in tokenizer_text()
    (tmp_path / TOKENIZER).write_text(tokenizer_text().replace(old, new, 1))
    with pytest.raises(ModelError, match=said):
        read_tokenizer(tmp_path / TOKENIZER)


def test_loading_compares_it_with_the_weights(tmp_path: Path) -> None:
    folder = small_weights(tmp_path / "weights")
    assert (folder / TOKENIZER).read_text("utf-8") == tokenizer_text()
    table = json.loads(tokenizer_text())
    table["types"][8]["values"][0] = "choir"
    names = [f"{row['type']}_{value}" for row in table["types"] for value in row["values"]]
    from anacrusis.compose.tokens.vocabulary import digest_of

    table["hash"] = digest_of(names)
    (folder / TOKENIZER).write_text(json.dumps(table))
    with pytest.raises(ModelError, match="other tokens"):
        Runtime.load(folder)
    (folder / TOKENIZER).unlink()
    Runtime.load(folder)
