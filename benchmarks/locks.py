"""Random locks on pieces by people: is what is locked the same when all the rest is written anew?

    python benchmarks/locks.py FOLDER [--pieces 100] [--masks 2000] [--bars 12] [--weights FOLDER]

FOLDER holds archives of data sets, or unpacked sets. Pieces are MIDI and MusicXML files as people
left them, drawn with a seed and cut to a stretch of bars; chords, keys and sections that they lack
are found by analysis. Each mask locks cells (a bar of a track): at random, whole tracks, or spans
of bars; then everything is regenerated. Compared by hash, for each locked cell: the notes that
sound in it, also those held over its borders, with velocity, timing and tuning, the controllers of
its track and the tempo; once more after a round trip through JSON. Exits with 1 if any differs.
"""

import argparse
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from anacrusis.compose.decoding.sampler import Model
from anacrusis.compose.edit import Song
from anacrusis.compose.edit.places import Cell, Cells
from anacrusis.compose.edit.timeline import splice
from anacrusis.compose.errors import AnacrusisError, EditError
from anacrusis.compose.files.json_file import score_from_json, score_to_json
from anacrusis.compose.files.read_write import read_score
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.score import Score
from anacrusis.datasets.registry import card_named
from anacrusis.datasets.sources import resolve, set_files

SETS = ("easyrpg_rtp_midi", "openewld_pd", "openhymnal", "openscore_quartets", "openscore_lieder")
"""MIDI files of games, lead sheets, hymns, quartets and songs."""


class Checked(NamedTuple):
    """One mask: locked cells and how many of them changed, notes outside the locks before and
    after that are the same, and all before."""

    locked: int
    changed: int
    same: int
    free: int


def cell_hash(score: Score, cell: Cell) -> str:
    """A hash of all that sounds and holds in a bar of a track."""
    name, bar = cell
    start, end = score.bar_starts[bar], score.bar_starts[bar + 1]
    track = score.track(name)
    notes = [note for note in track.notes if note.onset < end and note.end > start]
    controls = [control for control in track.controls if start <= control.tick < end]
    tempos = [change for change in score.tempos if start <= change.tick < end]
    pace = [change.bpm for change in score.tempos if change.tick <= start][-1]
    said = repr((start, end, score.bars[bar], notes, controls, tempos, pace))
    return hashlib.sha256(said.encode()).hexdigest()


def random_mask(score: Score, rng: np.random.Generator) -> Cells:
    """Some cells of a score, not all: single ones, whole tracks, or spans of bars."""
    names, bars = [track.name for track in score.tracks], range(len(score.bars))
    kind = int(rng.integers(3))
    if kind == 1 and len(names) > 1:
        chosen = rng.permutation(names)[: int(rng.integers(1, len(names)))]
        return frozenset((str(name), bar) for name in chosen for bar in bars)
    if kind == 2 and len(bars) > 1:
        first = int(rng.integers(len(bars) - 1))
        last = int(rng.integers(first, len(bars) - 1))
        held = frozenset((name, bar) for name in names for bar in range(first, last + 1))
        return held - {(name, len(bars) - 1) for name in names}
    share = rng.uniform(0.1, 0.9)
    return frozenset((name, bar) for name in names for bar in bars if rng.random() < share)


def check(song: Song, mask: Cells, seed: int) -> Checked:
    """Lock a mask, regenerate everything, compare."""
    locked = song
    by_bars: dict[tuple[int, ...], list[str]] = {}
    for track in song.score.tracks:
        bars = tuple(bar for bar in range(len(song.score.bars)) if (track.name, bar) in mask)
        by_bars.setdefault(bars, []).append(track.name)
    first = song.all.numbers[0]
    for bars, names in by_bars.items():
        if bars:
            locked = locked.lock(song[tuple(names)].bars.of(bar + first for bar in bars))
    edited = locked.regenerate("all", seed=seed)
    again = score_from_json(score_to_json(edited.score))
    changed = 0
    for cell in mask:
        before = cell_hash(song.score, cell)
        changed += {before} != {cell_hash(edited.score, cell), cell_hash(again, cell)}
    old = {
        (track.name, note) for track, note in song.score.notes()
        if (track.name, song.score.bar_at(note.onset)) not in mask
    }  # fmt: skip
    new = {(track.name, note) for track, note in edited.score.notes()}
    return Checked(len(mask), changed, len(old & new), len(old))


def pieces(folder: Path, count: int, bars: int, seed: int, lost: Counter[str]) -> Iterator[Score]:
    """Files of all sets in turn, drawn with a seed; what cannot be read is counted in `lost`."""
    rng = np.random.default_rng(seed)
    queues = []
    for name in SETS:
        card = card_named(name)
        root = resolve(card, folder)
        files = [root / file for file in sorted(set_files(card, root))]
        queues.append([files[int(place)] for place in rng.permutation(len(files))])
    found = 0
    while found < count and any(queues):
        for queue in queues:
            if not queue or found == count:
                continue
            try:
                score = read_score(queue.pop(), controls=True).score
            except AnacrusisError as error:
                lost[f"not read: {str(error).rpartition(': ')[2][:60]}"] += 1
                continue
            if not any(track.notes for track in score.tracks):
                lost["without notes"] += 1
                continue
            found += 1
            yield stretch(score, bars, rng)


def stretch(score: Score, bars: int, rng: np.random.Generator) -> Score:
    """At most so many bars that follow one another."""
    first = int(rng.integers(max(len(score.bars) - bars, 0) + 1))
    if len(score.bars) > first + bars:
        score = splice(score, first + bars, removed=len(score.bars) - first - bars).score
    return splice(score, 0, removed=first).score if first else score


def run(songs: Iterator[Song], masks: int, seed: int, count: int) -> tuple[Counter[str], int]:
    """Check `masks` masks on `count` songs, in turn; gives the counts, and the changed cells."""
    rng = np.random.default_rng(seed)
    total: Counter[str] = Counter()
    for place, song in enumerate(songs):
        each = masks // count + (place < masks % count)
        total["pieces"] += 1
        total["notes"] += sum(len(track.notes) for track in song.score.tracks)
        total["controllers"] += sum(len(track.controls) for track in song.score.tracks)
        for _ in range(each):
            mask = random_mask(song.score, rng)
            try:
                found = check(song, mask, int(rng.integers(2**31)))
            except EditError as error:
                total[f"refused: {str(error).rpartition(': ')[2][:60]}"] += 1
                continue
            total["masks"] += 1
            total["locked bars of tracks compared"] += found.locked
            total["of these changed"] += found.changed
            total["notes outside the locks"] += found.free
            total["of these the same after"] += found.same
    return total, total["of these changed"]


def main() -> None:
    """Run on the sets of a folder; print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pieces", type=int, default=100)
    parser.add_argument("--masks", type=int, default=2000)
    parser.add_argument("--bars", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    model: Model = Runtime.load(options.weights)
    lost: Counter[str] = Counter()
    scores = pieces(options.folder, options.pieces, options.bars, options.seed, lost)
    begin = time.perf_counter()
    songs = (Song.of(score, model=model) for score in scores)
    total, changed = run(songs, options.masks, options.seed, options.pieces)
    print(f"| locks | {time.perf_counter() - begin:.0f} s |")
    print("|---|---|")
    for name, count in (total + lost).items():
        print(f"| {name} | {count} |")
    print(f"| locked bars of tracks that changed | {changed} |")
    sys.exit(1 if changed else 0)


if __name__ == "__main__":
    main()
