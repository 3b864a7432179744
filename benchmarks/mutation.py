"""Mutation check of the verifier: songs in which one rule was broken, and whether it says so.

    python benchmarks/mutation.py [--count 1000] [--seed 1]

Songs that keep their plans are made by recipe. Each is given one rule that it keeps, which is then
broken by an edit aimed at it; the verifier must find nothing before, and after it that rule, in
that bar and track. Prints how many corruptions of each rule were reported; exits 1 where one was
not, or where something was found in a song that keeps its plan.
"""

import argparse
import random
import sys
from collections import Counter
from typing import NamedTuple

import mutation_of_form
import mutation_of_harmony
import mutation_of_pitches
import mutation_of_voices
from mutation_edits import Corruption
from mutation_songs import song

from anacrusis.compose.verify import verify

MUTATIONS = {
    **mutation_of_pitches.MUTATIONS,
    **mutation_of_voices.MUTATIONS,
    **mutation_of_harmony.MUTATIONS,
    **mutation_of_form.MUTATIONS,
}
"""Kind of rule -> what breaks it."""
TRIES = 200
"""Songs that are looked at for a place where a rule can be broken."""


class Outcome(NamedTuple):
    """How one corruption fared.

    unfounded: violations of the song that keeps its plan. reported: whether the broken rule was.
    """

    kind: str
    corruption: Corruption
    unfounded: tuple[str, ...]
    reported: bool


def corruption(kind: str, draw: random.Random) -> Corruption:
    """A corruption of a kind, of the first song that has a place for it."""
    for _ in range(TRIES):
        found = MUTATIONS[kind](song(draw), draw)
        if found is not None:
            return found
    raise RuntimeError(f"{TRIES} songs have no place where {kind} can be broken")


def is_reported(found: Corruption) -> bool:
    """Whether the verifier names the broken rule, in the right bar and track."""
    return any(
        violation.rule == found.rule
        and found.text in violation.message
        and found.bar in (None, violation.bar)
        and found.track in (None, violation.track)
        for violation in verify(found.broken).violations
    )


def outcomes(count: int, seed: int) -> list[Outcome]:
    """So many corruptions, of all kinds in turn."""
    kinds = list(MUTATIONS)
    results = []
    for index in range(count):
        kind = kinds[index % len(kinds)]
        found = corruption(kind, random.Random(f"{seed} {index}"))
        unfounded = tuple(str(violation) for violation in verify(found.kept).violations)
        results.append(Outcome(kind, found, unfounded, is_reported(found)))
    return results


def main() -> None:
    """Corrupt, verify, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    results = outcomes(options.count, options.seed)
    made = Counter(result.kind for result in results)
    reported = Counter(result.kind for result in results if result.reported)
    print("| rule | corruptions | reported |")
    print("|---|---|---|")
    for kind, count in made.items():
        print(f"| {kind} | {count} | {reported[kind]} |")
    print(f"| **all** | **{len(results)}** | **{reported.total()}** |")
    unfounded = [violation for result in results for violation in result.unfounded]
    print(f"\nViolations in songs that keep their plans: {len(unfounded)}")
    for violation in unfounded[:10]:
        print(f"  {violation}")
    if unfounded or reported.total() < len(results):
        sys.exit(1)


if __name__ == "__main__":
    main()
