"""Random requests over all kinds of rules and their pairs: composed and verified, or refused.

    python benchmarks/rule_requests.py [--count 10000] [--first 0] [--workers 2] [--check 500]
                                       [--shipped 10] [--out FILE.jsonl]

Each request has two kinds of rules of one of all pairs of kinds in turn (and now and then more),
with sensible and with tight or contradictory values. Nine in ten are composed by a model that knows
nothing, which tries the constraints harder than one that knows music; every `--shipped`-th by the
weights of the package. Of the refused the first `--check` that look-ahead alone refuses are put to
the solver, which shares no code with it. With `--out` a killed run goes on where it was.

Exits 1 where a score breaks a rule, a request hangs or fails otherwise, or the solver disagrees.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import FrameType

import numpy as np
import numpy.typing as npt
from random_rules import random_rules, rule_pairs

from anacrusis.compose.chord import Chord
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.conflicts import lines_refuse
from anacrusis.compose.decoding.sampler import Model
from anacrusis.compose.errors import ConflictError, ConstraintError, PlanError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.rules import Cadence, Modulation
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.compose.verify import verify

LONGEST = 120
"""Seconds of the processor after which a request counts as hanging."""
BATCH = 40
"""Refusals that are put to the solver at once."""
METERS = ("4/4", "4/4", "3/4", "6/8", "2/4", "7/8", "5/4")
LINE_UPS = (
    ("melody", "chords", "bass", "drums"), ("melody", "bass"), ("melody",), ("chords",),
    ("melody", "counter", "bass"), ("violin", "violin", "viola", "cello"), ("melody", "drums"),
    ("flute", "guitar", "bass", "drums"), ("chords", "pad", "melody", "bass"),
)  # fmt: skip
QUALITIES = ("maj", "min", "7", "min7", "maj7", "maj", "min", "hdim7", "sus4", "dim", "aug", "min9")


class Unknowing:
    """A model that says anything: seeded noise, with a lean towards closing bars or not."""

    context = 4096

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def start(self) -> "_Noise":
        """A new document."""
        return _Noise(self._seed)


class _Noise:
    def __init__(self, seed: int) -> None:
        self.length = 0
        self._rng = np.random.default_rng(seed)
        v = vocabulary()
        self._lean = np.zeros(len(v), np.float32)
        self._lean[[v.id("Bar"), v.id("EOS")]] = self._rng.choice([0.0, 2.0, 4.0])

    def append(self, tokens: list[int], ticks: list[int]) -> npt.NDArray[np.float32]:
        """Noise, whatever came."""
        self.length += len(tokens)
        noise: npt.NDArray[np.float32] = self._rng.standard_normal(len(self._lean)).astype("f4")
        return noise * 1.5 + self._lean

    def truncate(self, length: int) -> None:
        """Forget."""
        self.length = length


@lru_cache(maxsize=1)
def shipped() -> Runtime:
    """The weights of the package."""
    return Runtime.load()


def random_chord(draw: random.Random) -> Chord:
    """Mostly triads and sevenths, now and then a slash bass or none."""
    if draw.random() < 0.03:
        return Chord.none()
    root = Key.from_class(draw.randrange(12)).tonic
    bass = Key.from_class(draw.randrange(12)).tonic if draw.random() < 0.1 else None
    return Chord(root, draw.choice(QUALITIES), None if bass == root else bass)


def random_plan(draw: random.Random, seed: int, open_chords: bool) -> Plan:
    """A plan of one to ten bars; its chords are left to the model where asked."""
    meter = Meter.parse(draw.choice(METERS))
    key = Key.from_class(draw.randrange(12), draw.choice(("major", "minor")))

    def section(name: str, bars: int) -> SectionPlan:
        if open_chords:
            return SectionPlan(name, bars)
        rows = []
        for bar in range(bars):
            row = [ChordAt(0, random_chord(draw))] if not bar or draw.random() < 0.8 else []
            if len(meter.beats) > 1 and draw.random() < 0.2:
                row.append(ChordAt(draw.choice(meter.beats[1:]), random_chord(draw)))
            rows.append(tuple(row))
        return SectionPlan(name, bars, tuple(rows))

    sections = [section("a", draw.randint(1, 6))]
    form = draw.random()
    if form < 0.4:
        sections.append(section("b", draw.randint(1, 4)))
    elif form < 0.5:
        sections.append(replace(sections[0], name="a again", chords=None, reprise="a"))
    words = draw.choice(LINE_UPS)
    tracks = []
    for number, word in enumerate(words):
        program = {"violin": 40, "viola": 41, "cello": 42, "flute": 73, "guitar": 25}.get(word)
        role = word if program is None else "bass" if word == "cello" else "melody"
        role = "chords" if word == "guitar" else role
        name = f"{word}{words[: number + 1].count(word)}" if words.count(word) > 1 else word
        track = TrackPlan.of_role(role, name, program)
        if role != "drums" and draw.random() < 0.15:
            track = replace(track, polyphony=draw.randint(1, 6), rest=draw.choice((0, 1, 2, None)))
        tracks.append(track)
    return Plan(
        tuple(sections), tuple(tracks), key=key, meter=meter, tempo=float(draw.randint(60, 180)),
        pickup=draw.choice((0, 0, 0, 0, 6)) if meter.ticks > 12 else 0, seed=seed,
    )  # fmt: skip


def request(number: int) -> Plan:
    """Request `number`: always the same."""
    draw = random.Random(f"request {number}")
    pairs = rule_pairs()
    kinds = list(pairs[number % len(pairs)])
    harmony = any(issubclass(kind, Cadence | Modulation) for kind in kinds)
    for _ in range(40):
        plan = random_plan(draw, number, harmony and draw.random() < 0.7)
        rules = random_rules(draw, plan, 2, kinds=kinds)
        if len(rules) == 2:
            break
    if draw.random() < 0.2:
        rules = [*rules, *random_rules(draw, replace(plan, rules=tuple(rules)), draw.randint(1, 2))]
    return replace(plan, rules=tuple(rules))


class _HangingError(Exception):
    pass


def _ring(signal_number: int, frame: FrameType | None) -> None:
    raise _HangingError


def outcome(number: int, by_shipped: bool) -> dict[str, object]:
    """What became of a request."""
    signal.signal(signal.SIGPROF, _ring)
    begin = time.perf_counter()
    found: dict[str, object] = {"number": number}
    try:
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
        plan = request(number)
        found["rules"] = [str(rule) for rule in plan.rules]
        found["kinds"] = [type(rule).word for rule in plan.rules]
        model: Model = shipped() if by_shipped else Unknowing(number)
        report = verify(compose(plan, model=model), plan)
        found["outcome"] = "composed" if report.ok else "broken"
        found["bars"], found["notes"] = report.bars, report.notes
        if not report.ok:
            found["why"] = [str(violation) for violation in report.violations[:5]]
    except (ConstraintError, PlanError) as error:
        proved = isinstance(error, PlanError) or (isinstance(error, ConflictError) and error.proved)
        found["outcome"] = "refused" if proved else "lost"
        found["kind"], found["why"] = type(error).__name__, str(error)
        found["minimal"] = isinstance(error, ConflictError) and error.minimal
    except _HangingError:
        found["outcome"] = "hanging"
    except Exception as error:  # what else goes wrong is what is looked for
        found["outcome"], found["why"] = "failed", repr(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    found["seconds"] = round(time.perf_counter() - begin, 3)
    return found


def agreed(number: int) -> str:
    """What the solver says of a request that look-ahead refuses; empty where that does not."""
    from anacrusis.compose.solver import solve

    plan = request(number)
    if not plan.is_complete or not lines_refuse(plan):
        return ""
    return solve(plan, time_limit=30, strict=False).verdict


def main() -> None:
    """Compose, verify, check what was refused; print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--check", type=int, default=500)
    parser.add_argument("--shipped", type=int, default=10)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.count)
    done: dict[int, dict[str, object]] = {}
    if options.out is not None and options.out.exists():
        rows = [json.loads(line) for line in options.out.read_text().splitlines()]
        done = {row["number"]: row for row in rows if row["number"] in numbers}
    left = [number for number in numbers if number not in done]
    with ProcessPoolExecutor(options.workers) as pool:
        by = [options.shipped and number % options.shipped == 0 for number in left]
        for count, row in enumerate(pool.map(outcome, left, by, chunksize=4), 1):
            done[int(str(row["number"]))] = row
            if options.out is not None:
                with options.out.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            if row["outcome"] not in ("composed", "refused"):
                print(json.dumps(row), file=sys.stderr, flush=True)
            if count % 500 == 0:
                print(f"{count} of {len(left)}", file=sys.stderr, flush=True)
        refused = [n for n in numbers if done[n]["outcome"] == "refused"]
        verdicts: Counter[str] = Counter()
        for first in range(0, len(refused), BATCH):
            for verdict in pool.map(agreed, refused[first : first + BATCH]):
                if verdict and verdicts.total() < options.check:
                    verdicts[verdict] += 1
            if verdicts.total() >= options.check:
                break
    counts = Counter(str(row["outcome"]) for row in done.values())
    seconds = sorted(float(str(row["seconds"])) for row in done.values())
    bars = sum(int(str(row.get("bars", 0))) for row in done.values())
    notes = sum(int(str(row.get("notes", 0))) for row in done.values())
    kinds = len({kind for row in done.values() for kind in row.get("kinds", ())})  # type: ignore[attr-defined]
    print(f"| requests | {len(done)}: {kinds} kinds of rules, {len(rule_pairs())} pairs |")
    print("|---|---|")
    print(f"| composed and verified | {counts['composed']} ({bars} bars, {notes} notes) |")
    print(f"| refused as impossible, each with its reason | {counts['refused']} |")
    minimal = sum(bool(row.get("minimal")) for row in done.values())
    print(f"| of these with a conflict that is proved minimal | {minimal} |")
    print(f"| scores that break a rule | {counts['broken']} |")
    print(f"| neither composed nor proved impossible | {counts['lost']} |")
    print(
        f"| hanging (over {LONGEST} s), other failures | {counts['hanging']}, {counts['failed']} |"
    )
    print(f"| refusals by look-ahead put to the solver | {verdicts.total()}: {dict(verdicts)} |")
    print(
        f"| seconds per request | median {seconds[len(seconds) // 2]:.2f}, 99 in 100 under "
        f"{seconds[int(len(seconds) * 0.99)]:.1f}, most {seconds[-1]:.1f} |"
    )
    wrong = counts["broken"] + counts["hanging"] + counts["failed"] + verdicts["possible"]
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
