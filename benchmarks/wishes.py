"""How much wishes do: the share of broken bars without a wish, and with it at two weights.

    python benchmarks/wishes.py [--songs 4] [--weights FOLDER] [--only leap]

For every kind of rule one example is wished, with the shipped model, and the verifier counts in how
many bars of the tracks concerned it is broken. All songs must keep their guarantee.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.plan import Plan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.rules import Cadence, Rule, Wish, parse_rule
from anacrusis.compose.verify import verify

EXAMPLES = (
    "cadence half in bar 4",
    "melody: range C5-A5",
    "melody: tessitura C5-A5",
    "melody: only A C D E G",
    "piano: avoid F",
    "counter: scale A minor pentatonic",
    "melody: require B in bars 3-4",
    "bass: onsets 6-8",
    "melody: onsets 1-3",
    "piano: grid 1/4",
    "bass: rhythm 3/8 1/8 1/2",
    "counter: silent in bars 3-6",
    "melody: leap 3",
    "piano: leap 5",
    "melody: contour arch in bars 1-4",
    "melody: pitches A4 C5 A4 E4 in bar 1",
    "melody: breath 4",
    "piano: voices 4",
    "piano: playable",
    "counter: doubles melody -12",
    "melody, counter, bass: no parallels",
    "melody, counter, bass: no crossing",
    "melody, counter: spacing 7",
    "drums half time",
    "melody: dynamics pp to ff",
)
WEIGHTS = (0.0, 2.0, 5.0)


def request(rule: Rule, weight: float, seed: int) -> Plan:
    """Eight bars that wish a rule; weight 0: that do not. Cadences are wished of open chords."""
    chords = None if isinstance(rule, Cadence) else "Am F C G Dm Am E7 Am"
    plan = plan_from_line(
        chords, key="A minor", bars=8, tracks="melody,counter,piano,bass,drums", seed=seed,
        tempo=100,
    )  # fmt: skip
    return replace(plan, wishes=(Wish(rule, weight),)) if weight else plan


def broken_bars(rule: Rule, weight: float, songs: int, model: Runtime) -> tuple[float, int, float]:
    """Share of the rule's bars, track by track, in which it is broken; violations of the plans;
    seconds a song."""
    broken = bars = violations = 0
    begin = time.perf_counter()
    for seed in range(songs):
        score = compose(request(rule, weight, seed), model=model)
        assert score.plan is not None
        report = verify(score, replace(score.plan, wishes=(Wish(rule),)))
        violations += len(report.violations)
        (met,) = report.wishes
        broken += met.broken
        bars += met.bars
    return broken / bars, violations, (time.perf_counter() - begin) / songs


def row(text: str, songs: int, model: Runtime) -> tuple[str, int]:
    """A line of the table, and the violations that were found."""
    rule = parse_rule(text)
    found = [broken_bars(rule, weight, songs, model) for weight in WEIGHTS]
    shares = " | ".join(f"{share:.1%}" for share, _, _ in found)
    slower = found[-1][2] / found[0][2] - 1
    return f"| `{text}` | {shares} | {slower:+.0%} |", sum(count for _, count, _ in found)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--songs", type=int, default=4, help="songs for each rule and weight")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--only", default="", help="rules whose text contains this")
    options = parser.parse_args(arguments)
    model = Runtime.load(options.weights)
    print("| wish | without | weight 2 | weight 5 | time |")
    print("|---|---|---|---|---|")
    violations = 0
    for text in EXAMPLES:
        if options.only in text:
            line, count = row(text, options.songs, model)
            print(line, flush=True)
            violations += count
    print(f"\nviolations of the plans: {violations}")


if __name__ == "__main__":
    main()
