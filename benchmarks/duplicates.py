"""Near-duplicates: disguised copies planted among real pieces, and the real pairs that are found.

    python benchmarks/duplicates.py PIECES --copies 200

PIECES is a cache of read sets (`anacrusis data stats --from FOLDER --cache PIECES`). Each copy is a
piece of the corpus, drawn with a seed, transposed, renamed, with one voice dropped where there are
several, and cut to half its length. Prints recall, precision over all pairs that a copy is in (a
pair counts as right where the other piece is the copy's source, or is itself like the source),
time and memory. Drums have no pitches to compare and are left aside.

The pairs alike by nature are compared with `duplicates_checked.csv`: all that were found in the
corpora when it was written, each looked at (titles; the melodies side by side, in one key), with
the verdict whether it is the same music. What is found and not in the table is named, to be looked
at.
"""

import argparse
import csv
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from anacrusis.compose.score import Score
from anacrusis.datasets.collect import collected
from anacrusis.datasets.likeness import likenesses
from anacrusis.datasets.loaders.clean import cut
from anacrusis.datasets.ngrams import ngrams
from anacrusis.datasets.pieces import read_unit
from anacrusis.datasets.registry import all_cards

CHECKED = Path(__file__).with_name("duplicates_checked.csv")
FEWEST = 48
"""Notes that a piece needs to be copied: with half of one voice gone, a tune is left."""


def corpus(folder: Path) -> Iterator[tuple[str, Score]]:
    """Id and score of each piece with pitched notes, or with chords alone."""
    for card in all_cards():
        for path in collected(card.name, folder):
            for piece in read_unit(path).pieces:
                if piece.style != "drums":
                    yield piece.id, piece.score


def disguised(score: Score, rng: np.random.Generator) -> Score:
    """Transposed, one of several voices dropped, half the length from a random bar on."""
    tracks = list(score.tracks)
    pitched = [place for place, track in enumerate(tracks) if not track.is_drums]
    if len(pitched) > 1:
        del tracks[int(rng.choice(pitched))]
    half = max(len(score.bars) // 2, 1)
    first = int(rng.integers(0, len(score.bars) - half + 1))
    part = cut(replace(score, tracks=tuple(tracks)), first, first + half)
    shift = int(rng.choice([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6]))
    moved = (
        track
        if track.is_drums
        else replace(
            track,
            name=f"staff {place}",
            notes=tuple(replace(n, pitch=min(max(n.pitch + shift, 0), 127)) for n in track.notes),
        )
        for place, track in enumerate(part.tracks)
    )
    return replace(part, tracks=tuple(moved), title="untitled")


def checked() -> dict[tuple[str, str], bool]:
    """Pairs of ids that a person has looked at, and whether they are the same music."""
    with CHECKED.open(encoding="utf-8", newline="") as file:
        return {(row["one"], row["other"]): row["same"] == "yes" for row in csv.DictReader(file)}


def main() -> int:
    """Plant, search, and print a Markdown table."""
    parser = argparse.ArgumentParser(description="Disguised copies planted among real pieces.")
    parser.add_argument("pieces", type=Path, help="cache of read sets")
    parser.add_argument("--copies", type=int, default=200)
    options = parser.parse_args()
    pieces = list(corpus(options.pieces))
    begin = time.perf_counter()
    grams = [ngrams(score) for _, score in pieces]
    listed = time.perf_counter() - begin
    rng = np.random.default_rng(0)
    rich = [i for i, (_, score) in enumerate(pieces) if sum(1 for _ in score.notes()) >= FEWEST]
    sources = rng.choice(rich, min(options.copies, len(rich)), replace=False).tolist()
    copies = [ngrams(disguised(pieces[source][1], rng)) for source in sources]
    begin = time.perf_counter()
    natural = {(a.one, a.other) for a in likenesses(grams)}
    searched = time.perf_counter() - begin
    found = likenesses([*grams, *copies])
    related = {source: {source} for source in sources}
    for one, other in natural:
        for here, there in ((one, other), (other, one)):
            if here in related:
                related[here].add(there)
    hits, right, wrong = set(), 0, []
    for pair in found:
        place = pair.other - len(grams)
        if place < 0:
            continue
        source = sources[place]
        if pair.one == source:
            hits.add(place)
        known = pair.one in related[source] if pair.one < len(grams) else False
        if pair.one >= len(grams):
            known = sources[pair.one - len(grams)] in related[source]
        right += known
        if not known and pair.one < len(grams):
            wrong.append((pieces[pair.one][0], pieces[source][0], pair.score))
    total = right + len(wrong)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(pieces):,} pieces, {len(sources)} copies, {len(natural)} pairs alike by nature\n")
    print("| what | figure |")
    print("| --- | ---: |")
    print(f"| recall: copies whose source is found | {len(hits) / len(sources):.3f} |")
    print(f"| precision: pairs of a copy that are right | {right / max(total, 1):.3f} |")
    verdicts = checked()
    named = [tuple(sorted((pieces[a][0], pieces[b][0]))) for a, b in sorted(natural)]
    seen = [verdicts[pair] for pair in named if pair in verdicts]
    print(
        f"| precision: pairs alike by nature that are right | {sum(seen) / max(len(seen), 1):.3f} |"
    )
    print(f"| pairs alike by nature, checked and not | {len(seen)} and {len(named) - len(seen)} |")
    print(f"| n-grams of all pieces | {listed:.0f} s |")
    print(f"| search | {searched:.0f} s |")
    print(f"| peak memory | {memory:.0f} MB |")
    for pair in named:
        if not verdicts.get(pair, False):
            print(
                f"\n{'not the same' if pair in verdicts else 'not checked'}: {' | '.join(pair)}",
                end="",
            )
    missed = [pieces[source][0] for place, source in enumerate(sources) if place not in hits]
    for name in missed:
        print(f"\nmissed: {name}", end="")
    for one, source, score in wrong:
        print(f"\nwrong: a copy of {source} beside {one} ({score:.2f})", end="")
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
