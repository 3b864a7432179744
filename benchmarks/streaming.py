"""How far ahead of the music the bars of a stream are written.

    python benchmarks/streaming.py --bars 32 --repeats 3

For line-ups of one to five tracks at 120 BPM, one thread, the shipped weights: seconds until the
first bar is there (the model is loaded already, the plan's chords are open), the time that the
music takes over the time that writing takes, the slowest bar, and whether any bar would have come
late had the music begun with the first bar.
"""

import argparse
import statistics
import sys
import time
from itertools import pairwise
from typing import NamedTuple

from anacrusis.compose.decoding.stream import compose_stream
from anacrusis.compose.meter import TICKS_PER_QUARTER
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.plan_line import plan_from_line

TEMPO = 120
LINE_UPS = (
    "melody",
    "melody,bass",
    "melody,chords,bass",
    "melody,chords,bass,drums",
    "melody,pad,arpeggio,bass,drums",
)
FREE, CHORDS = None, "Am F C G"


class Run(NamedTuple):
    """Seconds until the first bar, music time over writing time of the others, seconds of the
    slowest bar after the first, and the least lead of a bar over the moment it is to sound."""

    first: float
    ratio: float
    slowest: float
    lead: float


def run(model: Runtime, tracks: str, bars: int, seed: int, chords: str | None) -> Run:
    """Stream one song."""
    plan = plan_from_line(chords, bars=bars, tempo=TEMPO, tracks=tracks, seed=seed)
    begin = time.perf_counter()
    moments, starts = [], []
    for bar in compose_stream(plan, model=model):
        moments.append(time.perf_counter())
        starts.append(bar.start * 60 / TEMPO / TICKS_PER_QUARTER)
    first = moments[0] - begin
    music = starts[-1]
    spans = [after - before for before, after in pairwise(moments)]
    leads = [moments[0] + due - at for due, at in zip(starts[1:], moments[1:], strict=True)]
    return Run(first, music / (moments[-1] - moments[0]), max(spans), min(leads))


def main() -> int:
    """Run all line-ups and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--bars", type=int, default=32, help="bars of each song")
    parser.add_argument("--repeats", type=int, default=3, help="songs of each line-up")
    options = parser.parse_args()
    model = Runtime.load()
    run(model, "melody", 4, 0, CHORDS)
    print(f"{options.bars} bars at {TEMPO} BPM, {options.repeats} songs each, one thread\n")
    print("| chords | tracks | first bar, s | music time / writing time | its least "
          "| slowest bar, s | least lead, s |")  # fmt: skip
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for chords in (CHORDS, FREE):
        for tracks in LINE_UPS:
            runs = [run(model, tracks, options.bars, seed, chords)
                    for seed in range(options.repeats)]  # fmt: skip
            print(
                f"| {'given' if chords else 'open'} | {tracks.replace(',', ', ')} "
                f"| {statistics.median(r.first for r in runs):.2f} "
                f"| {statistics.median(r.ratio for r in runs):.1f} "
                f"| {min(r.ratio for r in runs):.1f} | {max(r.slowest for r in runs):.2f} "
                f"| {min(r.lead for r in runs):.2f} |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
