"""Models without weights, for tests: random, prejudiced and recording."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from anacrusis.compose.chord import QUALITIES, Chord
from anacrusis.compose.key import MODES, Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.score import Score
from anacrusis.compose.tokens.vocabulary import vocabulary

V = vocabulary()
_BARS = [V.id("Bar"), V.id("EOS")]


@dataclass(frozen=True)
class Taste:
    """What a mock model likes, in logits: from nothing (0) to blind insistence (30).

    closing: ends bars. late: far positions. long: long durations. high: high pitches (negative:
    low). outside: pitches outside the chord. thick: many notes at once. noise: chance.
    """

    closing: float = 1.5
    late: float = 0.0
    long: float = 0.0
    high: float = 0.0
    outside: float = 0.0
    thick: float = 0.0
    noise: float = 1.0

    def logits(self) -> npt.NDArray[np.float32]:
        """Float32 [vocabulary], without noise and chords."""
        found = np.zeros(len(V), np.float32)
        found[_BARS] = self.closing
        for kind, weight in (
            ("Position", self.late),
            ("Duration", self.long),
            ("Pitch", self.high),
        ):
            start, stop = V.spans[kind]
            found[start:stop] += weight * np.linspace(0, 1, stop - start)
        for kind in ("Pitch", "PitchDrum"):
            found[V.start(kind) : V.spans[kind].stop] += self.thick
        return found


@dataclass
class MockModel:
    """Seeded random logits, bent by a taste; keeps what each state was given.

    skeleton: tells the chord of a tick, for a taste for pitches outside it.
    """

    seed: int = 0
    taste: Taste = Taste()
    context: int = 1024
    skeleton: Score | None = None
    states: list["MockState"] = field(default_factory=list)

    def start(self) -> "MockState":
        """A new state; it is kept in `states`."""
        self.states.append(MockState(self))
        return self.states[-1]

    def start_batch(self, documents: int) -> "MockBatch":
        """New states side by side; they are kept in `states`, too."""
        return MockBatch([self.start() for _ in range(documents)])


@dataclass
class MockBatch:
    """States, and which of them were given a token together."""

    states: list["MockState"]
    calls: list[list[int]] = field(default_factory=list)

    def append(
        self, documents: Sequence[int], tokens: Sequence[int], ticks: Sequence[int]
    ) -> npt.NDArray[np.float32]:
        """Append one token to each of some states."""
        self.calls.append(list(documents))
        given = zip(documents, tokens, ticks, strict=True)
        return np.stack([self.states[d].append([token], [tick]) for d, token, tick in given])


class MockState:
    """Counts and records tokens and ticks."""

    def __init__(self, model: MockModel) -> None:
        self.tokens: list[int] = []
        self.ticks: list[int] = []
        self.calls = 0
        self._model = model
        self._rng = np.random.default_rng((model.seed, len(model.states)))
        self._base = model.taste.logits()

    @property
    def length(self) -> int:
        """Tokens appended so far."""
        return len(self.tokens)

    def append(self, tokens: Sequence[int], ticks: Sequence[int]) -> npt.NDArray[np.float32]:
        """Record tokens; logits of what follows."""
        assert len(tokens) == len(ticks) > 0
        assert min(ticks) >= 0, "a moment before the document"
        self.tokens += tokens
        self.ticks += ticks
        self.calls += 1
        assert self.length <= self._model.context, "more tokens than the context holds"
        taste, skeleton = self._model.taste, self._model.skeleton
        found = self._base + self._rng.normal(0, taste.noise, len(V)).astype(np.float32)
        if taste.outside and skeleton is not None:
            tick = min(max(ticks[-1] - skeleton.lead(0), 0), skeleton.ticks - 1)
            chord = skeleton.chord_at(tick)
            classes = () if chord is None else chord.classes
            start, stop = V.spans["Pitch"]
            found[start:stop] += taste.outside * ~np.isin(np.arange(128) % 12, classes)
        return found.astype(np.float32)

    def truncate(self, length: int) -> None:
        """Forget all tokens after the first `length`."""
        assert 0 <= length <= self.length
        del self.tokens[length:], self.ticks[length:]


def random_taste(rng: np.random.Generator) -> Taste:
    """Mostly mild, sometimes blind."""

    def weight(low: float) -> float:
        size = float(rng.choice([0, 0, 2, 8, 30]))
        return size * float(rng.choice([-1, 1])) if low < 0 else size

    return Taste(
        closing=float(rng.choice([-30, 0, 2, 3, 5])),
        late=weight(-1),
        long=weight(-1),
        high=weight(-1),
        outside=weight(0),
        thick=weight(-1),
        noise=float(rng.choice([0.1, 1, 1, 5])),
    )


_METERS = [Meter.parse(m) for m in ("4/4", "3/4", "6/8", "5/4", "7/8", "2/2", "2/4", "12/8", "4/4")]
_ODD = [Meter.parse(m) for m in ("1/16", "5/16", "1/4", "3/2", "11/8", "15/16", "7/16", "13/8")]
_ROOTS = ("C", "C#", "Db", "D", "Eb", "E", "F", "F#", "Gb", "G", "Ab", "A", "Bb", "B")


def random_plan(rng: np.random.Generator, max_bars: int = 8, complete: bool = True) -> Plan:
    """A plan that can be met: any chords, meters, ranges, pickups, swing and reprises."""

    def pick(items: Sequence) -> object:
        return items[int(rng.integers(len(items)))]

    def chord() -> Chord:
        if rng.random() < 0.06:
            return Chord.none()
        bass = pick(_ROOTS) if rng.random() < 0.25 else None
        return Chord(pick(_ROOTS), pick(QUALITIES), bass)

    busy, steady = rng.random() * 0.8, rng.random() < 0.3
    vamp = [chord() for _ in range(2)]

    def group(meter: Meter) -> tuple[ChordAt, ...]:
        ticks = {0} if rng.random() < 0.85 else set()
        if rng.random() < busy:
            grid = list(meter.beats) if rng.random() < 0.6 else range(meter.ticks)
            ticks |= {int(pick(grid)) for _ in range(int(rng.integers(1, 5)))}
        return tuple(ChordAt(t, pick(vamp) if steady else chord()) for t in sorted(ticks))

    def key() -> Key:
        return Key.from_fifths(int(rng.integers(-6, 7)), str(pick(list(MODES))))

    meter = plan_meter = pick(_METERS if rng.random() < 0.8 else _ODD)
    sections: list[SectionPlan] = []
    held: list[Meter] = []
    bars = 0
    while bars < max_bars and (not sections or rng.random() < 0.6):
        changed = pick(_METERS) if rng.random() < 0.2 else None
        meter = changed or meter
        fitting = [s for s, m in zip(sections, held, strict=True) if m == meter]
        name = f"s{len(sections)}"
        if fitting and rng.random() < 0.4:
            source = pick(fitting)
            section = SectionPlan(
                name, source.bars, None, key() if rng.random() < 0.3 else None, changed, None,
                source.name,
            )  # fmt: skip
        else:
            count = int(rng.integers(1, max(2, max_bars - bars)))
            groups = tuple(group(meter) for _ in range(count))
            if not complete and rng.random() < 0.5:
                groups = None
            section = SectionPlan(
                name, count, groups, key() if rng.random() < 0.2 else None, changed,
                float(rng.integers(40, 200)) if rng.random() < 0.2 else None,
            )  # fmt: skip
        sections.append(section)
        held.append(meter)
        bars += section.bars
    roles = rng.permutation(["melody", "counter", "chords", "pad", "arpeggio", "bass", "drums"])
    tracks = []
    for role in roles[: rng.integers(1, 5)]:
        track = TrackPlan.of_role(str(role))
        if rng.random() < 0.5 and role != "drums":
            low = int(rng.integers(0, 117))
            high = int(rng.integers(low + 11, min(low + 30, 128)))
            track = replace(track, low=low, high=high, polyphony=int(rng.integers(1, 9)))
        if rng.random() < 0.5:
            track = replace(track, rest=pick((None, 0, 1, 3)))
        tracks.append(track)
        if rng.random() < 0.15 and role != "drums":
            tracks.append(replace(track, name=f"{role} 2"))
    return Plan(
        tuple(sections),
        tuple(tracks),
        key=key() if complete or rng.random() < 0.5 else None,
        meter=plan_meter,
        tempo=100.0 if complete or rng.random() < 0.5 else None,
        pickup=int(rng.integers(held[0].ticks)) if rng.random() < 0.4 else 0,
        swing=float(rng.choice([0.5, 0.5, 0.6, 0.75]))
        if any(m.has_quarter_beats for m in held)
        else 0.5,
        seed=int(rng.integers(2**31)),
    )
