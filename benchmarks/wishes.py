"""How much wishes do: how often rules are broken without a wish, and with it at several weights.

    python benchmarks/wishes.py [--songs 4] [--weights FOLDER] [--only leap]

Examples of every kind of rule are wished, with the shipped model, and the verifier counts findings
against the rule, for each bar of its place. All songs must keep their guarantee.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.plan import Plan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.rules import Cadence, Rule, Wish, parse_rule
from anacrusis.compose.rules.places import bars_at
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
    "melody: grid 1/4",
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
WEIGHTS = (0.0, 2.0, 5.0, 10.0)


def request(rule: Rule, weight: float, seed: int) -> Plan:
    """Eight bars that wish a rule; weight 0: that do not. Cadences are wished of open chords."""
    chords = None if isinstance(rule, Cadence) else "Am F C G Dm Am E7 Am"
    plan = plan_from_line(
        chords, key="A minor", bars=8, tracks="melody,counter,piano,bass,drums", seed=seed,
        tempo=100,
    )  # fmt: skip
    return replace(plan, wishes=(Wish(rule, weight),)) if weight else plan


class Broken(NamedTuple):
    """findings: against the rule, for each bar of its place. violations: of the plans."""

    findings: float
    violations: int


def broken(rule: Rule, weight: float, songs: int, model: Runtime) -> Broken:
    """How often songs break a rule that is wished with a weight; 0: that is not."""
    findings = bars = violations = 0
    for seed in range(songs):
        score = compose(request(rule, weight, seed), model=model)
        assert score.plan is not None
        violations += len(verify(score).violations)
        findings += len(verify(score, replace(score.plan, rules=(rule,))).violations)
        bars += len(bars_at(rule.place, score.sections, len(score.bars), False))
    return Broken(findings / bars, violations)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--songs", type=int, default=4, help="songs for each rule and weight")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--only", default="", help="rules whose text contains this")
    options = parser.parse_args(arguments)
    model = Runtime.load(options.weights)
    weights = " | ".join(f"weight {weight:g}" for weight in WEIGHTS[1:])
    print(f"| wish | without | {weights} |")
    print("|---|" + "---|" * len(WEIGHTS))
    violations = 0
    for text in EXAMPLES:
        if options.only not in text:
            continue
        found = [broken(parse_rule(text), weight, options.songs, model) for weight in WEIGHTS]
        violations += sum(each.violations for each in found)
        shares = " | ".join(f"{each.findings:.2f}" for each in found)
        print(f"| `{text}` | {shares} |", flush=True)
    print(f"\nviolations of the plans: {violations}")


if __name__ == "__main__":
    main()
