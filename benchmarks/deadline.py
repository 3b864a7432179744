"""Whether scores are there in time, and how much of them the model has written.

    python benchmarks/deadline.py --repeats 5

For several sizes and deadlines, one thread, the shipped weights, loaded before: the seconds that
composing took at most, how far that is beyond the deadline, the bars that were written by the
model, in its manner and as short as could be, and what the independent verifier finds.
"""

import argparse
import statistics
import sys

from anacrusis.compose.decoding.deadline import InTime, compose_by
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.verify import verify

SIZES = (
    (16, "melody,bass"),
    (64, "melody,chords,bass,drums"),
    (64, "melody,pad,arpeggio,bass,drums"),
    (256, "melody,chords,bass,drums"),
)
DEADLINES = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


def main() -> int:
    """Run all sizes and deadlines and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--repeats", type=int, default=5, help="songs of each size and deadline")
    options = parser.parse_args()
    model = Runtime.load()
    compose_by(plan_from_line("C", bars=4, tempo=120), 5, model=model)
    print("| bars | tracks | deadline, s | took at most, s | beyond, s "
          "| by the model | in its manner | as short as could be | violations |")  # fmt: skip
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for bars, tracks in SIZES:
        for deadline in DEADLINES:
            runs: list[InTime] = []
            violations = 0
            for seed in range(options.repeats):
                plan = plan_from_line("Am F C G", bars=bars, tracks=tracks, tempo=120, seed=seed)
                runs.append(compose_by(plan, deadline, model=model))
                violations += len(verify(runs[-1].score, plan).violations)
            most = max(run.seconds for run in runs)
            by_model, by_prior = (statistics.median(run[place] for run in runs) for place in (1, 2))
            print(
                f"| {bars} | {tracks.replace(',', ', ')} | {deadline:g} | {most:.2f} "
                f"| {max(most - deadline, 0):.2f} | {by_model:g} | {by_prior:g} "
                f"| {bars - by_model - by_prior:g} | {violations} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
