"""Random requests, composed with the shipped model and checked by the independent verifier.

    python benchmarks/guarantee.py [--count 1000] [--weights FOLDER]

Draws chord progressions of every quality (slash chords, several a bar, N.C.) x meters x 1-16 bars x
track line-ups and prints violations, coverage and the share of chord tones.
"""

import argparse
import random
import statistics
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from anacrusis.compose.chord import QUALITIES, Chord
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.verify import verify

METERS = ("4/4", "3/4", "6/8", "5/4", "7/8")
ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
LINE_UPS = (
    ("melody", "chords", "bass", "drums"),
    ("melody", "chords"),
    ("melody", "counter", "bass"),
    ("melody", "pad", "arpeggio", "bass", "drums"),
    ("chords",),
    ("melody", "chords", "bass"),
)


def random_chord(draw: random.Random) -> Chord:
    """Mostly triads and sevenths, now and then anything the table holds."""
    if draw.random() < 0.02:
        return Chord.none()
    common = ("maj", "min", "7", "min7", "maj7")
    quality = draw.choice(common if draw.random() < 0.7 else QUALITIES)
    bass = draw.choice(ROOTS) if draw.random() < 0.1 else None
    root = draw.choice(ROOTS)
    return Chord(root, quality, None if bass == root else bass)


def random_plan(number: int) -> Plan:
    """Request `number`; always the same."""
    draw = random.Random(number)
    meter = Meter.parse(METERS[number % len(METERS)])
    bars = draw.randint(1, 16)

    def bar() -> tuple[ChordAt, ...]:
        chords = [ChordAt(0, random_chord(draw))]
        if draw.random() < 0.25:
            chords.append(ChordAt(draw.choice(meter.beats[1:]), random_chord(draw)))
        return tuple(chords)

    tracks = [TrackPlan.of_role(role) for role in draw.choice(LINE_UPS)]
    if draw.random() < 0.3:
        low = draw.randint(40, 70)
        narrow = replace(tracks[0], low=low, high=low + draw.randint(11, 20))
        tracks[0] = replace(narrow, polyphony=draw.randint(1, 4))
    first = draw.randint(1, bars)
    sections = [SectionPlan("a", first, tuple(bar() for _ in range(first)))]
    if first < bars:
        rest = bars - first
        sections.append(SectionPlan("b", rest, tuple(bar() for _ in range(rest))))
    swings = (0.5, 0.5, 0.62) if meter.has_quarter_beats else (0.5,)
    key = Key.from_class(draw.randrange(12), draw.choice(("major", "minor")))
    return Plan(
        tuple(sections), tuple(tracks), key=key, meter=meter, tempo=float(draw.randint(60, 180)),
        pickup=draw.choice((0, 0, 0, 6)), swing=draw.choice(swings), seed=number,
    )  # fmt: skip


def main() -> None:
    """Compose and verify; print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    model = Runtime.load(options.weights)
    rules: Counter[str] = Counter()
    coverage: dict[str, list[float]] = {meter: [] for meter in METERS}
    onsets, tones, bars, notes = [], [], 0, 0
    begin = time.perf_counter()
    for number in range(options.count):
        plan = random_plan(number)
        report = verify(compose(plan, model=model))
        rules.update(violation.rule for violation in report.violations)
        coverage[str(plan.meter)].append(report.coverage)
        onsets.append(report.onset_coverage)
        if report.chord_tone_share is not None:
            tones.append(report.chord_tone_share)
        bars += report.bars + report.pickup
        notes += report.notes
    seconds = time.perf_counter() - begin
    covered = [value for values in coverage.values() for value in values]
    print(f"| requests | {options.count} ({bars} bars, {notes} notes, {seconds:.0f} s) |")
    print("|---|---|")
    print(f"| violations | {sum(rules.values())} {dict(rules) or ''} |")
    print(f"| coverage, share of time with a pitched note | {statistics.mean(covered):.3f} |")
    for meter, values in coverage.items():
        if values:
            print(f"| coverage in {meter} | {statistics.mean(values):.3f} |")
    print(f"| share of bars with an onset | {statistics.mean(onsets):.3f} |")
    print(f"| share of notes that start on a chord tone | {statistics.mean(tones):.3f} |")
    print(f"| bars per second | {bars / seconds:.1f} |")


if __name__ == "__main__":
    main()
