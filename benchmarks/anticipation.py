"""How far ahead of its bar a control is best written: one small network for each distance.

    python benchmarks/anticipation.py PIECES --out RUNS [--steps 400] [--ahead 0,1,2,4]

PIECES is a cache of read sets (`anacrusis data stats --from FOLDER --cache PIECES`). Of the sets
that may train, one in `--every` groups of training pieces is used, divided as `data prepare` does.
Every network has the same shape and sees as many tokens of the same windows, in which the same
notes and attributes are given ahead; only the distance differs, in bars. At 0 what is known of a
bar stands between its own `Bar` and `Now`. A window is so long that it fits the context at every
distance, so the bars and notes that are compared are the same.

Of each set some 60 windows of held-out pieces are measured, each in up to four ways: nothing is
given (free), whole tracks are (accompaniment), spans of bars or single notes are (infilling).
Counted are the tokens after `Now` up to and with the end of the bar; that end costs what `Bar` and
`EOS` have together, since only some distances tell beforehand that the piece ends. Controls and
given notes are not counted. Beside 1 stands the difference from one bar ahead, per note, and its
standard error over the windows.
Runs that are done are read from RUNS; a run that was killed goes on.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
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

from anacrusis.compose.errors import DataError
from anacrusis.compose.model.network import ScoreTransformer
from anacrusis.compose.model.shards import (
    MAX_SHIFT,
    ShardReader,
    ShardWriter,
    Split,
    is_made_from,
)
from anacrusis.compose.tokens.encode import AHEAD, NOTHING, encode
from anacrusis.compose.tokens.examples import MODES, Window, shift_range, window
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.datasets.collect import collected
from anacrusis.datasets.duplicates import Entry, divide, fingerprint
from anacrusis.datasets.likeness import likenesses
from anacrusis.datasets.loaders.piece import Piece
from anacrusis.datasets.ngrams import ngrams
from anacrusis.datasets.pieces import read_unit
from anacrusis.datasets.registry import training_cards
from anacrusis.datasets.splits import group_of, split_of

GROUPS = {"free": ("free",), "accompaniment": ("tracks",), "infilling": ("bars", "lines", "notes")}
"""What is asked of the model -> the modes in which notes are given ahead."""
HELD_OUT = 60
"""Windows of each set that are measured: of many pieces one each, of few pieces more."""
PASSES = 2
"""Windows over a training piece: from its first bar, then from a random one, as in `prepare`."""


class Kept(NamedTuple):
    """A piece that is used, the set it is from, its split, and how many windows are measured."""

    piece: Piece
    source: str
    split: str
    measured: int = 0


def units(cache: Path) -> list[tuple[str, Path]]:
    """Set and file of everything read of the sets that may train."""
    return [(card.name, path) for card in training_cards() for path in collected(card.name, cache)]


def number_of(*parts: object) -> int:
    """A number that follows from the parts alone, for drawing."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")


def sample(cache: Path, every: int) -> list[Kept]:
    """Held-out pieces with notes, and one in `every` groups of training pieces."""
    found: list[tuple[str, Piece]] = []
    for source, path in units(cache):
        for piece in read_unit(path).pieces:
            split = split_of(piece)
            drawn = split == "valid" or number_of(group_of(piece)) % every == 0
            if drawn and split != "test" and any(track.notes for track in piece.score.tracks):
                found.append((source, piece))
    entries = [
        Entry(
            piece.id, piece.style, split_of(piece), piece.split is not None,
            fingerprint(piece.score), group_of(piece),
        )
        for _, piece in found
    ]  # fmt: skip
    if not found:
        raise DataError(f"{cache} holds no piece to train on; read the sets into it first")
    division = divide(entries, likenesses([ngrams(piece.score) for _, piece in found]))
    places = ((source, piece, division.splits[piece.id]) for source, piece in found)
    kept = [Kept(piece, source, split) for source, piece, split in places if split is not None]
    return [each for each in kept if each.split == "train"] + to_measure(
        [each for each in kept if each.split == "valid"]
    )


def to_measure(held_out: list[Kept]) -> list[Kept]:
    """Of each set as many pieces as windows are wanted, drawn by their names."""
    chosen: list[Kept] = []
    for source in sorted({each.source for each in held_out}):
        mine = [each for each in held_out if each.source == source]
        mine.sort(key=lambda each: number_of(each.piece.id))
        turns = -(-HELD_OUT // len(mine))
        chosen += [each._replace(measured=turns) for each in mine[:HELD_OUT]]
    return chosen


class Cutter:
    """Cuts windows of one piece, each at every distance."""

    def __init__(self, kept: Kept, context: int, distances: list[int]) -> None:
        self.kept, self.context, self.distances = kept, context, distances
        self.score, self.style = kept.piece.score, kept.piece.style
        whole = encode(self.score, self.style)
        self._tokens_of_bars = np.diff(np.append(whole.bars, len(whole.ids))).astype(np.int64)

    def at(self, start: int, drawn: int, mode: str | None = None) -> dict[int, Window] | None:
        """The window from bar `start` at every distance: the same bars, notes and draws.

        drawn: seed of what is drawn. None where not one bar fits the context at every distance.
        """
        room = self.context
        while True:
            found = {
                ahead: window(
                    self.score, self.style, start, room, self._tokens_of_bars,
                    np.random.default_rng(drawn), ahead=ahead, mode=mode,
                )
                for ahead in self.distances
            }  # fmt: skip
            if all(len(each.encoded.ids) <= self.context + 1 for each in found.values()):
                return found
            if found[self.distances[0]].stop == start + 1:
                return None
            room -= max(room // 8, 1)

    def windows(self) -> Iterator[tuple[str, dict[int, Window]]]:
        """All windows that are used, each under the name of its source in the shards.

        That is the set of a training piece, and of a held-out one the mode in which notes are
        given.
        """
        rng, bars = np.random.default_rng(number_of(self.kept.piece.id)), len(self.score.bars)
        if self.kept.split == "valid":
            yield from self._measured(rng)
            return
        for turn in range(PASSES):
            bar = 0 if turn == 0 else int(rng.integers(0, max(1, min(bars // 2, 16))))
            while bar < bars:
                found = self.at(bar, int(rng.integers(2**32)))
                if found is not None:
                    yield self.kept.source, found
                bar = bar + 1 if found is None else found[self.distances[0]].stop

    def _measured(self, rng: np.random.Generator) -> Iterator[tuple[str, dict[int, Window]]]:
        """Windows one after another, each in every mode in which something is given."""
        bars = len(self.score.bars)
        bar = int(rng.integers(0, max(1, bars // 2)))
        for _ in range(self.kept.measured):
            drawn, stop = int(rng.integers(2**32)), bar + 1
            for mode in MODES:
                found = self.at(bar, drawn, mode)
                if found is None:
                    continue
                first = found[self.distances[0]]
                stop = max(stop, first.stop)
                if mode == "free" or first.given != NOTHING:
                    yield mode, found
            bar = stop
            if bar >= bars:
                return


def write_shards(cache: Path, distances: list[int], options: argparse.Namespace) -> None:
    """Write a shard folder for each distance, unless they are there."""
    root, v = options.out / "shards", vocabulary()
    made_of = (options.context, options.every, distances, [str(path) for _, path in units(cache)])
    digest = hashlib.sha256(repr(made_of).encode()).hexdigest()
    if all(is_made_from(root / str(ahead), digest) for ahead in distances):
        return
    weights = {card.name: card.weight for card in training_cards()}
    table = np.stack([v.transpose_table(n) for n in range(-MAX_SHIFT, MAX_SHIFT + 1)])
    with ExitStack() as stack:
        writers = {
            ahead: stack.enter_context(
                ShardWriter(
                    root / str(ahead),
                    vocab_size=len(v), vocab_hash=v.digest, pad_id=v.id("PAD"),
                    weights=weights | dict.fromkeys(MODES, 0.0), transpose=table, made_from=digest,
                )
            )
            for ahead in distances
        }  # fmt: skip
        for kept in sample(cache, options.every):
            shifts = shift_range(kept.piece.score)
            for source, found in Cutter(kept, options.context, distances).windows():
                for ahead, (encoded, _, _) in found.items():
                    writers[ahead].add(kept.split, encoded.ids, encoded.ticks, source, shifts)


def measure(network: ScoreTransformer, split: Split) -> dict[str, list[float]]:
    """Nats of the music, its tokens and its notes of each window, and the window's mode."""
    v, order, at = vocabulary(), by_length(split), 0
    found = {name: np.zeros(len(order)) for name in ("nats", "tokens", "notes")}
    for batch, logs in scored(network, split):
        heard = music(batch.targets_BT)
        either = -torch.logaddexp(logs[..., v.id("Bar")], logs[..., v.id("EOS")]).numpy()
        nats = np.where(heard.ends, either.astype(np.float64), nats_of(batch, logs))
        rows = order[at : at + len(nats)]
        at += len(rows)
        found["nats"][rows] = (nats * heard.playing).sum(1)
        found["tokens"][rows] = heard.playing.sum(1)
        found["notes"][rows] = heard.pitches.sum(1)
    modes = [split.meta.sources[number] for number in split.sources]
    return {"mode": modes, **{name: column.tolist() for name, column in found.items()}}


def table(results: Mapping[int, Mapping[str, list[Any]]]) -> Iterator[str]:
    """Rows of Markdown: each group at each distance."""
    yield "| given | bars ahead | nats per token | nats per note | beside 1 | windows | notes |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for group, modes in GROUPS.items():
        base = np.array(results[AHEAD]["nats"])
        for ahead, found in sorted(results.items()):
            rows = np.isin(found["mode"], modes)
            nats, tokens, notes = (
                np.array(found[key])[rows] for key in ("nats", "tokens", "notes")
            )
            if not notes.sum():
                continue
            mean, error = difference(nats, base[rows], notes)
            beside = "" if ahead == AHEAD else f"{mean:+.4f} ± {error:.4f}"
            yield (
                f"| {group} | {ahead} | {nats.sum() / tokens.sum():.4f} | "
                f"{nats.sum() / notes.sum():.3f} | {beside} | {len(notes)} | {notes.sum():,.0f} |"
            )


def main() -> int:
    """Write and train what is missing, then print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pieces", type=Path, help="cache of read sets")
    add_options(parser, context=1024)
    parser.add_argument("--every", type=int, default=4, help="of the training groups, one in N")
    parser.add_argument("--ahead", default="0,1,2,4", help="distances in bars, with commas")
    options = parser.parse_args()
    try:
        distances = sorted({AHEAD, *(int(part) for part in options.ahead.split(","))})
    except ValueError:
        parser.error(f"--ahead is {options.ahead!r}; give numbers of bars, such as 0,1,2,4")
    if distances[0] < 0:
        parser.error(
            f"--ahead holds {distances[0]}; a control stands 0 or more bars before its bar"
        )
    try:
        write_shards(options.pieces, distances, options)
    except DataError as error:
        sys.exit(str(error))
    results = {}
    span = "-".join(str(ahead) for ahead in distances)
    for ahead in distances:
        shards = options.out / "shards" / str(ahead)
        out = run_folder(f"{ahead}-of-{span}", shards, options)

        def measured(shards: Path = shards, out: Path = out) -> dict[str, list[Any]]:
            network, _ = trained(shards, out, options)
            return measure(network, ShardReader(shards).split("valid"))

        results[ahead] = once(out / "held_out.json", measured)
    for ahead in distances:
        for same in ("mode", "tokens", "notes"):
            if results[ahead][same] != results[AHEAD][same]:
                sys.exit(f"{ahead} was measured on other {same}; give another folder of runs")
    print(f"{options.steps} steps; context {options.context}; seed {options.seed}; {SHAPE}\n")
    print("\n".join(table(results)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
