"""What guarantees cost: masks and look-ahead as a share of the time of decoding.

    python benchmarks/rules_cost.py [--bars 64] [--repeats 5] [--seeds 3] [--weights FOLDER]

Songs of five tracks, with twelve rules of different kinds that hold everywhere and with none, on
one thread, in turns in one process, so that a busy moment of the machine meets both. Times are of
the processor; the parts are medians over the runs, each as a share of its own run.
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from anacrusis.compose.constraints.openings import Openings
from anacrusis.compose.decoding import notes, writer
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.sampler import Model
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.model.state import State
from anacrusis.compose.plan import Plan
from anacrusis.compose.plan_line import plan_from_line

RULES = (
    "melody: range C4-A5",
    "melody: leap 12",
    "melody: breath 16",
    "melody, counter: no crossing",
    "melody, counter: scale C major",
    "counter: onsets 2-8",
    "chords: voices 1-4",
    "chords: playable",
    "bass: tessitura E1-C3",
    "bass, chords: grid 1/8",
    "drums: drums rock",
    "all: dynamics mp to f",
)
TRACKS = "melody,counter,chords,bass,drums"
CHORDS = "C Am F G Em Am Dm G"
MODEL, REST = "the model", "drawing, weights, the document"
PARTS: dict[str, tuple[tuple[Any, str], ...]] = {
    "whether the rules agree": ((notes, "check_rules_hold"),),
    "look-ahead tables": ((writer, "constraints_for"),),
    "masks": ((writer, "allowed"),),
    "steps": ((writer.Writer, "_step"),),
    "search between voices": ((Openings, "hopeless"),),
    "dead ends": ((writer.Writer, "_return"), (writer.Writer, "_find_way")),
    MODEL: ((State, "append"),),
}
"""Part of decoding -> the functions in which its time is spent; what is spent in none is the rest.
All but the model and the rest are what guarantees cost."""


Seconds = defaultdict[str, float]
"""Processor time by part."""


class Clock:
    """Processor time by parts; while one part calls another, the time is the other's."""

    def __init__(self) -> None:
        self.seconds: Seconds = defaultdict(float)
        self._parts = [REST]
        self._last = time.process_time()

    def _turn(self) -> None:
        now = time.process_time()
        self.seconds[self._parts[-1]] += now - self._last
        self._last = now

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted as that of a part."""

        def call(*given: Any, **named: Any) -> Any:
            self._turn()
            self._parts.append(part)
            try:
                return function(*given, **named)
            finally:
                self._turn()
                self._parts.pop()

        return call

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure what is done meanwhile."""
        with ExitStack() as stack:
            for part, places in PARTS.items():
                for owner, name in places:
                    call = self.timed(part, getattr(owner, name))
                    stack.enter_context(patch.object(owner, name, call))
            self._last = time.process_time()
            yield
            self._turn()


def plan_of(bars: int, seed: int, rules: tuple[str, ...]) -> Plan:
    """A song in sections of eight bars, all its chords stated."""
    form = ",".join(f"{number + 1}:{min(8, bars - first)}"
                    for number, first in enumerate(range(0, bars, 8)))  # fmt: skip
    return plan_from_line(
        CHORDS, key="C major", tempo=120, tracks=TRACKS, sections=form, seed=seed, rules=rules
    )


def measure(plan: Plan, model: Model) -> Seconds:
    """Seconds of each part in one run."""
    clock = Clock()
    with clock.running():
        compose(plan, model=model)
    return clock.seconds


def cost(seconds: Seconds) -> float:
    """The share of a run that guarantees take."""
    return 1 - (seconds[MODEL] + seconds[REST]) / sum(seconds.values())


def main() -> int:
    """Run and print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bars", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5, help="runs of each seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--weights")
    options = parser.parse_args()
    model = Runtime.load(options.weights)
    runs: dict[str, list[Seconds]] = {"no rules": [], f"{len(RULES)} rules": []}
    for seed in range(options.seeds):
        for _ in range(options.repeats):
            for name, rules in zip(runs, ((), RULES), strict=True):
                runs[name].append(measure(plan_of(options.bars, seed, rules), model))
    print(f"{options.bars} bars, {len(TRACKS.split(','))} tracks, one thread, median of "
          f"{options.repeats * options.seeds} runs\n")  # fmt: skip
    print(f"| part of decoding | {' | '.join(runs)} |")
    print("| --- |" + " ---: |" * len(runs))
    for part in (*PARTS, REST):
        shares = (
            statistics.median(run[part] / sum(run.values()) for run in done)
            for done in runs.values()
        )
        print(f"| {part} | {' | '.join(f'{share:.1%}' for share in shares)} |")
    costs = (statistics.median(map(cost, done)) for done in runs.values())
    print(f"| **guarantees, together** | {' | '.join(f'**{share:.1%}**' for share in costs)} |")
    totals = (statistics.median(sum(run.values()) for run in done) for done in runs.values())
    print(f"| seconds in all | {' | '.join(f'{total:.2f}' for total in totals)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
