"""How to write notes as tokens: one small network for each way, on the same music.

    python benchmarks/tokenisation.py SHARDS --out RUNS [--steps 400] [--only shipped,by-track]

SHARDS was written by `anacrusis data prepare`. Its documents with notes are written in each of the
encodings of `note_encodings.py`, cut where the longest of these fills the context: every encoding
holds the same bars. Each network has the same shape and sees as many tokens, so an encoding with
fewer tokens a note sees more music for the same work.

Counted is the music of up to 60 validation examples of each set: the tokens after `Now` up to and
with the `Bar` or `EOS` that ends the bar; not headers, not controls and notes that are given ahead.
All its bits are divided by its notes; beside shipped stands the difference and its standard error
over the examples. Apart stand the bits of `Velocity` tokens and of all others. Where a velocity is
written only as it changes, the bits that say "no change" fall on the others. In velocity-last the
two are p(notes) and p(velocities | the notes of the bar and all before): a stream of notes and a
small model of expression after it; its notes compare with no-velocity, where none is ever heard.
The time of a bar is its tokens times the time of a token in the shipped runtime, on one thread.
Runs that are done are read from RUNS; a run that was killed goes on.
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from decoding_speed import our_decoder
from note_encodings import ENCODINGS, Document, cut_to_fit, encoded
from small_network import (
    SHAPE,
    add_options,
    by_length,
    difference,
    music,
    nats_of,
    once,
    run_folder,
    scored,
    trained,
)

from anacrusis.compose.model.network import ScoreTransformer
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.model.shards import ShardReader, ShardWriter, Split, is_made_from
from anacrusis.compose.tokens.vocabulary import vocabulary

BASE = "shipped"


def chosen(reader: ShardReader, name: str, options: argparse.Namespace) -> list[int]:
    """Examples of a split: every so many in training, of each set a number in validation."""
    split = reader.split(name)
    if name == "train":
        return list(range(0, len(split), options.every))
    found: list[int] = []
    for source in np.unique(split.sources):
        mine = np.flatnonzero(split.sources == source)
        spread = np.linspace(0, len(mine) - 1, min(len(mine), options.held_out)).round()
        found += mine[spread.astype(int)].tolist()
    return found


def cut_documents(split: Split, numbers: list[int], context: int) -> Iterator[tuple[int, Document]]:
    """The documents with notes, whole bars that fit the context in every encoding."""
    v = vocabulary()
    pitches = v.mask("Pitch", "PitchDrum")
    room = min(context + 1, int(split.lengths.max()))
    for number in numbers:
        found = cut_to_fit(Document(*split.example(number)), room)
        if found is not None and pitches[found.ids].any():
            yield number, found


def write_shards(reader: ShardReader, names: list[str], options: argparse.Namespace) -> None:
    """Write a shard folder for each encoding that has none of these documents yet."""
    meta, root = reader.meta, options.out / "shards"
    sample = (options.context, options.every, options.held_out)
    data = meta.made_from or str(reader.folder)
    digests = {name: repr((data, name, ENCODINGS[name].said, sample)) for name in names}
    missing = [name for name in names if not is_made_from(root / name, digests[name])]
    if not missing:
        return
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(
                ShardWriter(
                    root / name,
                    vocab_size=meta.vocab_size, vocab_hash=meta.vocab_hash, pad_id=meta.pad_id,
                    weights=dict(zip(meta.sources, meta.weights, strict=True)),
                    transpose=reader.transpose, made_from=digests[name],
                )
            )
            for name in missing
        }  # fmt: skip
        for part in ("train", "valid"):
            split = reader.split(part)
            for number, document in cut_documents(
                split, chosen(reader, part, options), options.context
            ):
                low, high = split.shift_range[number].tolist()
                source = meta.sources[split.sources[number]]
                for name, writer in writers.items():
                    ids, ticks = encoded(document, name)
                    writer.add(part, ids, ticks, source, (low, high))


def measure(network: ScoreTransformer, split: Split) -> dict[str, list[float]]:
    """Nats of notes and of velocities, notes, tokens of music and bars of each example."""
    order = by_length(split)
    found = {
        name: np.zeros(len(order))
        for name in ("notes_nats", "velocity_nats", "notes", "tokens", "bars")
    }
    now, at = vocabulary().id("Now"), 0
    for batch, logs in scored(network, split):
        nats, heard = nats_of(batch, logs), music(batch.targets_BT)
        rows = order[at : at + len(nats)]
        at += len(rows)
        found["notes_nats"][rows] = (nats * (heard.playing & ~heard.velocities)).sum(1)
        found["velocity_nats"][rows] = (nats * heard.velocities).sum(1)
        found["notes"][rows] = heard.pitches.sum(1)
        found["tokens"][rows] = heard.playing.sum(1)
        found["bars"][rows] = (batch.targets_BT == now).sum(1)
    return {name: column.tolist() for name, column in found.items()}


def seconds_per_token(tokens: int = 512, repeats: int = 5) -> float:
    """Of the shipped weights in the shipped runtime, on one thread; the median of some runs.

    Processor time: the clock says the same on an idle machine, and more beside other work.
    """
    decoder = our_decoder("shipped", 0, Runtime.load())
    decoder.decode(32)
    spent = []
    for _ in range(repeats):
        begin = time.process_time()
        decoder.decode(tokens)
        spent.append((time.process_time() - begin) / tokens)
    return statistics.median(spent)


def row_of(name: str, found: dict[str, Any], base: dict[str, Any], second: float) -> str:
    """One row of the table. second: seconds per token."""
    column = {key: np.array(values, np.float64) for key, values in found.items()}
    others = {key: np.array(values, np.float64) for key, values in base.items()}
    notes, bars = column["notes"].sum(), column["bars"].sum()
    spoken = column["notes_nats"], column["velocity_nats"]
    of_notes, of_velocities = (part.sum() / notes / math.log(2) for part in spoken)
    more = difference(
        spoken[0] + spoken[1], others["notes_nats"] + others["velocity_nats"], column["notes"]
    )
    mean, error = (value / math.log(2) for value in more)
    beside = "" if name == BASE else f"{mean:+.3f} ± {error:.3f}"
    tokens = column["tokens"].sum()
    return (
        f"| {name} | {of_notes + of_velocities:.3f} | {beside} | {of_notes:.3f} | "
        f"{of_velocities:.3f} | {tokens / notes:.2f} | {tokens / bars:.1f} | "
        f"{1000 * second * tokens / bars:.1f} |"
    )


def main() -> int:
    """Write and train what is missing, then print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shards", type=Path)
    add_options(parser, context=1024)
    parser.add_argument("--every", type=int, default=4, help="of the training examples, one in N")
    parser.add_argument("--held-out", type=int, default=60, help="validation examples of each set")
    parser.add_argument("--only", default="", help="encodings, with commas; default: all")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(ENCODINGS)
    unknown = [name for name in names if name not in ENCODINGS]
    if unknown:
        parser.error(f"unknown encoding {unknown[0]!r}; allowed: {', '.join(ENCODINGS)}")
    names = list(dict.fromkeys([BASE, *names]))
    write_shards(ShardReader(options.shards), names, options)
    results = {}
    for name in names:
        shards = options.out / "shards" / name
        out = run_folder(name, shards, options)

        def measured(shards: Path = shards, out: Path = out) -> dict[str, list[float]]:
            network, _ = trained(shards, out, options)
            return measure(network, ShardReader(shards).split("valid"))

        results[name] = once(out / "held_out.json", measured)
        for same in ("notes", "bars"):
            if results[name][same] != results[BASE][same]:
                sys.exit(f"{name} was measured on other {same}; give another folder of runs")
    second = seconds_per_token()
    notes, bars = (int(sum(results[BASE][key])) for key in ("notes", "bars"))
    print(f"{options.steps} steps; context {options.context}; seed {options.seed}; {SHAPE}\n")
    print("| encoding | bits per note | beside shipped | notes | velocities | "
          "tokens per note | tokens per bar | ms per bar |")  # fmt: skip
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in names:
        print(row_of(name, results[name], results[BASE], second))
    print(
        f"\nmeasured on {notes:,} notes in {bars:,} bars; {1e6 * second:.0f} microseconds a token"
    )
    for name in names:
        print(f"- {name}: {ENCODINGS[name].said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
