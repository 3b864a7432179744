"""A desk to write one document at, token by token, under all constraints."""

from dataclasses import replace

import numpy as np
from mock_model import MockModel

from anacrusis.compose.chord import Chord
from anacrusis.compose.constraints.assemble import allowed, constraints_for
from anacrusis.compose.constraints.state import State
from anacrusis.compose.decoding.document import Document
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.tokens.vocabulary import vocabulary

V = vocabulary()


def chords(text: str, meter: Meter) -> tuple[tuple[ChordAt, ...], ...]:
    """``"C | F G | Am:9"``: bars of chords, spread evenly or at stated ticks."""
    bars = []
    for bar in text.split("|"):
        symbols = bar.split()
        row = []
        for index, symbol in enumerate(symbols):
            name, _, tick = symbol.partition(":")
            at = int(tick) if tick else index * meter.ticks // len(symbols)
            row.append(ChordAt(at, Chord.parse(name)))
        bars.append(tuple(row))
    return tuple(bars)


def plan_of(
    text: str = "C | C",
    *tracks: TrackPlan,
    meter: str = "4/4",
    key: str = "C",
    pickup: int = 0,
    more: str | None = None,
) -> Plan:
    """A plan of one section, or of two."""
    grid = Meter.parse(meter)
    texts = [text] if more is None else [text, more]
    sections = [
        SectionPlan(f"s{i}", len(chords(t, grid)), chords(t, grid)) for i, t in enumerate(texts)
    ]
    return Plan(
        tuple(sections),
        tracks or (melody(),),
        key=Key.parse(key),
        meter=grid,
        tempo=120.0,
        pickup=pickup,
    )


def track(role: str, low: int = 60, high: int = 84, polyphony: int = 1) -> TrackPlan:
    return replace(TrackPlan.of_role(role), low=low, high=high, polyphony=polyphony, rest=None)


def melody(low: int = 60, high: int = 84, polyphony: int = 1) -> TrackPlan:
    return track("melody", low, high, polyphony)


class Desk:
    """A document being written by hand, with what may come next."""

    def __init__(self, plan: Plan) -> None:
        self.skeleton = plan.skeleton()
        self.state = State(self.skeleton, plan.tracks)
        self.constraints = constraints_for(self.state)
        self.document = Document(MockModel(context=10**6), self.skeleton, plan.tracks, plan.style)
        self._step(self.document.open())
        self.bars = 0
        self.bar()

    def _step(self, tokens: list[int]) -> None:
        for token in tokens:
            self.state.step(token)
            for constraint in self.constraints:
                constraint.step(self.state, token)

    def bar(self) -> "Desk":
        """Begin the next bar."""
        self._step(self.document.open_bar(self.bars))
        self.bars += 1
        return self

    def mask(self) -> np.ndarray:
        return allowed(self.state, self.constraints)

    def may(self, kind: str) -> list:
        """Values of a token type that may come next; ``Duration`` in ticks."""
        start, stop = V.spans[kind]
        found = [start + int(i) for i in np.flatnonzero(self.mask()[start:stop])]
        if kind == "Duration":
            return [token - start + 1 for token in found]
        return [V.value(token) for token in found]

    def put(self, kind: str, value: object = None) -> "Desk":
        token = V.start(kind) + value - 1 if kind == "Duration" else V.id(kind, value)
        assert self.mask()[token], f"{V.name(token)} may not follow {self.state.grammar}"
        self._step([token])
        return self

    def at(self, position: int, label: str = "melody1", velocity: int | None = 80) -> "Desk":
        """Track, position and, where the track has none in this bar yet, velocity."""
        if self.state.grammar.track != V.id("Track", label):
            self.put("Track", label)
        if self.state.grammar.position != position:
            self.put("Position", position)
        if self.state.grammar.track not in self.state.grammar.velocities:
            self.put("Velocity", velocity)
        return self

    def note(self, position: int, pitch: int, duration: int, label: str = "melody1") -> "Desk":
        self.at(position, label)
        kind = "PitchDrum" if label.startswith("drums") else "Pitch"
        self.put(kind, pitch)
        return self if kind == "PitchDrum" else self.put("Duration", duration)

    def positions(self, label: str = "melody1") -> list[int]:
        """Positions at which the track may strike, once it has been named."""
        return self.put("Track", label).may("Position")

    def pitches(self, position: int, label: str = "melody1") -> list[int]:
        """Pitches that may be struck there."""
        return self.at(position, label).may("Pitch")

    def durations(self, position: int, pitch: int, label: str = "melody1") -> list[int]:
        """Durations a note there may have."""
        return self.at(position, label).put("Pitch", pitch).may("Duration")

    @property
    def closes(self) -> bool:
        """Whether the bar may end here."""
        return bool(self.may("Bar") or self.may("EOS"))


def classes(pitches: list[int]) -> set[int]:
    return {pitch % 12 for pitch in pitches}
