"""The papers that weights travel with: model card, data manifest and training log.

All three are written from the run and the shards themselves, so that they cannot say anything else.
What a reader must know beyond that (a run on changed shards, say) stands in the run's `notes.md`
and is taken into the card.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from anacrusis.compose.atomic import write_text
from anacrusis.compose.errors import DataError
from anacrusis.compose.model.config import POSITIONS, ModelConfig
from anacrusis.compose.model.runtime import DEFAULT, weights_folder

from .own_files import SET
from .registry import Card, card_named
from .sources import file_checksum

CARD, MANIFEST, LOG = "README.md", "data.json", "training.jsonl"
NOTES = "notes.md"
_NUMBERS_KEPT = 6


def write_papers(weights: Path, run: Path, shards: Path) -> None:
    """Write card, data manifest and log of a training run into its weights folder.

    Raises `DataError` where the run, the shards or a set's card cannot be read.
    """
    try:
        config = json.loads((run / "config.json").read_text())
        model = json.loads((weights / "config.json").read_text())
        log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
        meta = json.loads((shards / "meta.json").read_text())
        notes = (run / NOTES).read_text() if (run / NOTES).exists() else ""
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"no model card can be written for {run}: {error}") from error
    manifest = data_manifest(meta)
    if config.get("init"):
        manifest["parent"] = parent_weights(config["init"])
    card = model_card(config, model, log, manifest, notes)
    write_text(weights / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    write_text(weights / LOG, "".join(json.dumps(_rounded(row)) + "\n" for row in log))
    write_text(weights / CARD, card)


def data_manifest(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What the shards were made from: each set's source, licence and counts by split."""
    sets = []
    for name, weight in zip(meta["sources"], meta["weights"], strict=True):
        counts = {split: row.get(name) for split, row in meta["counts"].items() if row.get(name)}
        if name == SET:
            sets.append(_own_entry(weight, counts))
            continue
        card = card_named(name)
        checked = name not in meta.get("unchecked", ())
        sets.append(_entry(card, weight, counts, checked))
    return {"vocabulary": meta["vocab_hash"], "sets": sets}


def parent_weights(init: str) -> dict[str, Any]:
    """Which weights a run started from: name, checksum, and the data manifest beside them."""
    folder = weights_folder(init)
    parent: dict[str, Any] = {
        "weights": init if init == DEFAULT else folder.resolve().name,
        "safetensors_sha256": None,
        "data": None,
    }
    with suppress(DataError):
        parent["safetensors_sha256"] = file_checksum(folder / "model.safetensors")
    with suppress(OSError, ValueError):
        parent["data"] = json.loads((folder / MANIFEST).read_text("utf-8"))
    return parent


def _own_entry(weight: float, counts: Mapping[str, Any]) -> dict[str, Any]:
    """Files of the user's own: they have no card, and no name of theirs is written down."""
    return {
        "name": SET,
        "title": "Files of the user's own",
        "licence": "the user's own; not stated",
        "sampling_weight": weight,
        "examples_and_tokens": dict(counts),
    }


def _entry(card: Card, weight: float, counts: Mapping[str, Any], checked: bool) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": card.title,
        "repository": card.repository,
        "commit": card.commit,
        "archive_sha256": card.sha256,
        "files_compared_with_these": checked,
        "licence": card.licence,
        "licence_stated": card.licence_stated,
        "attribution": card.attribution,
        "tier": card.tier,
        "sampling_weight": weight,
        "examples_and_tokens": dict(counts),
    }


def model_card(
    config: Mapping[str, Any],
    model: Mapping[str, Any],
    log: list[dict[str, Any]],
    manifest: Mapping[str, Any],
    notes: str = "",
) -> str:
    """The card in Markdown; `notes` is what to say of this run beyond its own files."""
    steps = [row for row in log if "train_loss" in row]
    valid = [row for row in log if "valid_loss" in row]
    if not steps:
        raise DataError("the training log holds no step; train before writing a card")
    last = log[-1]  # a validation, where the run ended well
    shape = ModelConfig.from_mapping(model, "config.json")
    shown = valid[:: max(1, len(valid) // 12)]
    shown += [] if not valid or valid[-1] in shown else [valid[-1]]
    paths = ("shards", "out", "threads", "init")
    settings = {key: value for key, value in config.items() if key not in paths}
    sets = manifest["sets"]
    parent = manifest.get("parent")
    own = any(row["name"] == SET for row in sets)
    prepared = [] if own else ["anacrusis data prepare --out shards"]
    data = "--data FOLDER" if own else "--shards shards"
    start = f" --init {parent['weights']}" if parent else ""
    lines = [
        "# Anacrusis weights",
        "",
        "A decoder-only transformer over anticipatory REMI tokens (docs/tokens.md). It writes",
        "plans and scores; decoding keeps it within the constraints: the guarantees do not depend",
        "on it.",
        "",
        *_licence_lines(own, parent),
        "",
        f"**Size:** {model['depth']} layers of width {model['dim']}, {model['heads']} heads, "
        f"context {model['context']} tokens, vocabulary {model['vocab_size']} "
        f"(`{manifest['vocabulary']}`). Stored in half precision; computed with integers of 4 and "
        "8 bits, or in single precision.",
        "",
        "**Attention** knows positions by "
        + " and ".join(POSITIONS[name] for name in shape.positions.split("+"))
        + ".",
        "",
        f"**Training:** {last['step']} steps, {last['tokens']:,} tokens "
        f"in {last['seconds'] / 60:.0f} minutes.",
        *_start_lines(parent, valid),
        "",
        "```",
        *prepared,
        f"anacrusis train {data}{start} --out runs/default --config training.json",
        "```",
        "",
        "with `training.json`:",
        "",
        "```json",
        json.dumps(settings, indent=1),
        "```",
        "",
        "| step | tokens | validation loss, nats per token |",
        "|---:|---:|---:|",
        *(f"| {row['step']} | {row['tokens']:,} | {row['valid_loss']:.4f} |" for row in shown),
        "",
        f"The whole log is in `{LOG}`.",
        *(["", notes.strip()] if notes.strip() else []),
        "",
        "## Data",
        "",
        "| set | licence | share of examples drawn | training tokens |",
        "|---|---|---:|---:|",
        *_data_rows(sets),
        "",
        *_parent_lines(parent),
        *_attributions(sets, parent),
        "## Limits",
        "",
        "Chords of the scores that have none written were found by our own analysis, and roles of",
        "tracks in game music by rules; both err now and then. Band music is a small part of the",
        "data, and melodies follow the habits of songs and quartets.",
        "",
    ]
    return "\n".join(lines)


def _data_rows(sets: list[dict[str, Any]]) -> list[str]:
    """A set without training examples has no share: none can be drawn from it."""
    trained = [row["examples_and_tokens"].get("train", {}) for row in sets]
    weights = [
        row["sampling_weight"] if train.get("examples") else 0.0
        for row, train in zip(sets, trained, strict=True)
    ]
    total = sum(weights) or 1.0
    return [
        f"| {_source(row)} | {row['licence']} | {weight / total:.0%} | {train.get('tokens', 0):,} |"
        for row, train, weight in zip(sets, trained, weights, strict=True)
    ]


def _source(row: Mapping[str, Any]) -> str:
    """A set's title, with where its files were taken from."""
    if "repository" not in row:
        return str(row["title"])
    compared = row.get("files_compared_with_these", True)
    return (
        f"[{row['title']}]({row['repository']}) at `{row['commit'][:10]}`"
        f"{'' if compared else ' (files not compared with it)'}"
    )


def _licence_lines(own: bool, parent: Mapping[str, Any] | None) -> list[str]:
    if not own and parent is None:
        return [
            "**Licence of the weights:** Apache-2.0. Every training set is listed with its licence",
            f"below and in `{MANIFEST}`; where a licence asks for attribution, this card gives it.",
        ]
    lines = ["**Licence of the weights:**"]
    if parent is not None:
        licence = " (Apache-2.0)" if parent["weights"] == DEFAULT else ""
        lines.append(
            f"that of the weights they were made from{licence}, where their data allows it."
        )
    if own:
        lines += [
            "The files they were trained on are the user's own: nobody has checked whose music",
            "they hold. Whoever gives these weights away must have the right to.",
        ]
    return lines


def _start_lines(parent: Mapping[str, Any] | None, valid: list[dict[str, Any]]) -> list[str]:
    """Which weights the run started from, and which of its steps these are."""
    if parent is None:
        return []
    digest = parent["safetensors_sha256"]
    checksum = f" (sha256 of its safetensors {digest[:16]})" if digest else ""
    lines = ["", f"**Fine-tuned** from the weights `{parent['weights']}`{checksum}."]
    if valid:
        best = min(valid, key=lambda row: row["valid_loss"])
        lines.append(f"These are the weights of step {best['step']}, whose loss was the lowest.")
    return lines


def _ancestors(parent: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The data sets of the weights a run started from, and of those that these started from."""
    sets: dict[str, Mapping[str, Any]] = {}
    while parent is not None:
        data = parent.get("data") or {}
        for row in data.get("sets", ()):
            sets.setdefault(row["name"], row)
        parent = data.get("parent")
    return list(sets.values())


def _parent_lines(parent: Mapping[str, Any] | None) -> list[str]:
    if parent is None:
        return []
    sets = _ancestors(parent)
    if not sets:
        return ["No papers lay beside the weights it started from: their data is not known.", ""]
    rows = (f"| {_source(row)} | {row['licence']} |" for row in sets)
    return [
        "The weights it started from had learnt:",
        "",
        "| set | licence |",
        "|---|---|",
        *rows,
        "",
    ]


def _attributions(sets: list[dict[str, Any]], parent: Mapping[str, Any] | None) -> list[str]:
    rows = [*sets, *_ancestors(parent)]
    found = dict.fromkeys(row["attribution"] for row in rows if "attribution" in row)
    return ["Attribution:", "", *(f"- {text}" for text in found), ""] if found else []


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: float(f"{value:.{_NUMBERS_KEPT}g}") if isinstance(value, float) else value
        for key, value in row.items()
    }
