"""How many sections that come back do so note by note.

    python benchmarks/section_returns.py FOLDER [--pieces CACHE]

FOLDER holds the clean sets, as for `anacrusis data prepare --from FOLDER`; their training pieces
are read. In pieces with notes nearly all names of sections come from analysis, which calls
sections alike that sound much alike (A and A', as one who hears them): a section comes back where
one of its letter and length was before. Beside the share that has the same notes stands how often
the model's own forms let a section of the name return so.
"""

import argparse
from collections import defaultdict
from pathlib import Path

from anacrusis.compose.decoding.idiom import returns_unchanged
from anacrusis.compose.score import Score, Section
from anacrusis.datasets.prepare import used_pieces
from anacrusis.datasets.registry import training_cards
from anacrusis.datasets.sources import pieces_cache

LEAST = 20
"""Returns from which on a row says something."""
Sounding = frozenset[tuple[int, int, int, int]]


def music(score: Score, section: Section) -> Sounding:
    """The notes that begin in a section, by their places in it."""
    begin = score.bar_starts[section.bar]
    end = score.bar_starts[section.bar + section.bars]
    return frozenset(
        (place, note.onset - begin, note.pitch, note.duration)
        for place, track in enumerate(score.tracks)
        for note in track.notes
        if begin <= note.onset < end
    )


def returns(score: Score) -> list[tuple[str, bool]]:
    """Sections with notes that come back at their length: name, and whether the notes do too."""
    first: dict[tuple[str, int], Sounding] = {}
    found = []
    for section in score.sections:
        notes = music(score, section)
        name = section.name.rstrip("'")
        if notes and name:
            before = first.setdefault((name, section.bars), notes)
            if before is not notes:
                found.append((name, before == notes))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pieces", type=Path, default=pieces_cache())
    options = parser.parse_args()
    sets = [card.name for card in training_cards()]
    names: dict[str, list[bool]] = defaultdict(list)
    for piece, split in used_pieces(sets, options.pieces, source=options.folder):
        if split == "train":
            for name, same in returns(piece.score):
                names[name].append(same)
    print(
        "| section | returns | note by note | in forms of the model |\n| --- | ---: | ---: | ---: |"
    )
    for name, found in sorted(names.items(), key=lambda pair: -len(pair[1])):
        if len(found) >= LEAST:
            share = sum(found) / len(found)
            print(f"| {name} | {len(found)} | {share:.2f} | {returns_unchanged(name)} |")
    every = [same for found in names.values() for same in found]
    print(f"| all | {len(every)} | {sum(every) / max(len(every), 1):.2f} | |")


if __name__ == "__main__":
    main()
