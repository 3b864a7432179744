"""How dense the tracks of each style are in training examples, beside what composing takes.

    python benchmarks/usual_densities.py SHARDS

SHARDS was written by `anacrusis data prepare`. Read are the headers of all training examples: the
style and, of each track that has one, the density step that the model was told. Prints for each
style and role the share of the examples that have such a track, and the median step, beside the
step of a track whose plan states none; a dash where the style has no such tracks.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median_low

from anacrusis.compose.decoding.document import known_style, usual_density
from anacrusis.compose.instruments import ROLES
from anacrusis.compose.model.shards import ShardReader
from anacrusis.compose.tokens.vocabulary import vocabulary

LEAST = 20
"""Tracks from which on a row says something."""


def headers(shards: Path) -> Iterator[tuple[str, list[tuple[str, int | None]]]]:
    """Of each training example the style, and role and density step of its tracks."""
    split, names = ShardReader(shards).split("train"), vocabulary()
    for first, end in zip(split.offsets[:-1], split.offsets[1:], strict=True):
        style, tracks = "", list[tuple[str, int | None]]()
        for token in split.tokens[first:end].tolist():
            kind, value = names.type(token), names.value(token)
            if kind == "Style":
                style = str(value)
            elif kind == "Track":
                tracks.append((str(value).rstrip("0123456789"), None))
            elif kind == "NoteDensity" and tracks:
                tracks[-1] = (tracks[-1][0], int(str(value)))
            elif kind in ("Bar", "Ahead", "Now"):
                break
        yield style, tracks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path)
    shards = parser.parse_args().shards
    examples, having = Counter[str](), Counter[tuple[str, str]]()
    steps: dict[tuple[str, str], list[int]] = defaultdict(list)
    for style, tracks in headers(shards):
        examples[style] += 1
        having.update((style, role) for role in {role for role, _ in tracks})
        for role, step in tracks:
            if step is not None:
                steps[style, role].append(step)
    print("| style | role | examples | density | usual |\n| --- | --- | ---: | ---: | ---: |")
    for style, role in sorted(steps, key=lambda key: (key[0], ROLES.index(key[1]))):
        if len(steps[style, role]) >= LEAST:
            known = known_style(style, [role]) == style
            usual = usual_density(style, role) if known else "-"
            share = having[style, role] / examples[style]
            middle = median_low(steps[style, role])
            print(f"| {style} | {role} | {share:.0%} | {middle} | {usual} |")


if __name__ == "__main__":
    main()
