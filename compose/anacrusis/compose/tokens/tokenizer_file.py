"""`tokenizer.json`: the vocabulary beside the weights that speak it, for people and other programs.

One line per token type with its ids, its values in the order of the ids, and what it means. A
token's name is its type, ``_`` and its value (null is ``None``); the hash is of how notes are
ordered and of all names, so the file can be checked against itself and against the weights.
"""

import json
import os
from typing import NamedTuple

from ..bounded import read_bounded
from ..errors import FileFormatError, ModelError
from ..meter import TICKS_PER_QUARTER
from .vocabulary import ORDER, digest_of, vocabulary

TOKENIZER = "tokenizer.json"
FORMAT = "anacrusis-tokenizer-2"
_MAX_BYTES = 5_000_000


class TokenizerFile(NamedTuple):
    """What a `tokenizer.json` says: all names in the order of their ids, and their hash."""

    names: tuple[str, ...]
    digest: str
    ticks_per_quarter: int


def tokenizer_text() -> str:
    """The vocabulary as the text of a `tokenizer.json`."""
    words = vocabulary()
    head = {
        "format": FORMAT,
        "about": "Anticipatory REMI. A token is its type, _ and a value (null: None); ids count up "
        "from first_id in the order of the values. hash: the first 16 hexadecimal digits of the "
        "SHA-256 of the order and all names, joined by newlines.",
        "order": ORDER,
        "hash": words.digest,
        "size": len(words),
        "ticks_per_quarter": TICKS_PER_QUARTER,
    }
    rows = [
        {
            "type": kind,
            "first_id": words.spans[kind].start,
            "last_id": words.spans[kind].stop - 1,
            "meaning": meaning,
            "values": values,
        }
        for kind, values, meaning in words.table
    ]
    lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    types = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
    return "\n".join(["{", *lines, f' "types": [\n{types}\n ]', "}", ""])


def read_tokenizer(path: str | os.PathLike[str]) -> TokenizerFile:
    """Read and check a `tokenizer.json`.

    Raises `ModelError` where it cannot be read, or where ids or hash do not follow from the values.
    """
    try:
        table = json.loads(read_bounded(path, _MAX_BYTES, "check the path").decode("utf-8"))
        if table["format"] != FORMAT:
            raise ModelError(f"{path} has format {table['format']!r}; {FORMAT} was expected")
        names: list[str] = []
        for row in table["types"]:
            span = (len(names), len(names) + len(row["values"]) - 1)
            if (row["first_id"], row["last_id"]) != span:
                raise ModelError(
                    f"{path}: ids of {row['type']} are {row['first_id']} to {row['last_id']}; its "
                    f"values stand at {span[0]} to {span[1]}. Export the weights again"
                )
            names += [f"{row['type']}_{value}" for value in row["values"]]
        stated, size, ticks = table["hash"], table["size"], table["ticks_per_quarter"]
    except FileFormatError as error:
        raise ModelError(str(error)) from error
    except OSError as error:
        raise ModelError(
            f"cannot read {path}: {error.strerror or error}; check the path"
        ) from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ModelError(
            f"{path} is not a tokenizer file ({type(error).__name__}: {error}); "
            "export the weights again"
        ) from error
    found = digest_of(names)
    if (stated, size) != (found, len(names)):
        raise ModelError(
            f"{path} says hash {stated!r} and size {size!r}, its values give {found!r} and "
            f"{len(names)}; it was altered, export the weights again"
        )
    return TokenizerFile(tuple(names), found, ticks)
