"""Tokens to score."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..chord import Chord
from ..errors import TokenError
from ..key import Key
from ..meter import Meter
from ..score import Bar, ChordSpan, KeyChange, Note, Score, Section, TempoChange, Track
from ..spelling import spell_chord
from .encode import chord_tokens, velocity_of
from .grammar import Grammar, Slot
from .vocabulary import DRUM_DURATION, vocabulary

Ticks = Callable[[int, int], int]
"""(bar, metrical position) to tick."""


class _Reader:
    """Collects what the tokens say, bar by bar."""

    def __init__(self) -> None:
        self.v = vocabulary()
        self.style = ""
        self.bars_seen = 0
        self.blocks = 0
        self.meters: dict[int, Meter] = {}
        self.lengths: dict[int, int] = {}
        self.keys: dict[int, Key] = {}
        self.tempos: dict[int, float] = {}
        self.sections: dict[int, str] = {}
        self.chords: list[tuple[int, int, Chord]] = []
        self.programs: dict[int, int] = {}
        # bar, position, track, pitch, duration, velocity
        self.notes: list[tuple[int, int, int, int, int, int]] = []
        self.velocity: dict[int, int] = {}
        self.target = 0
        self.track = -1
        self.tonic = self.root = 0

    def read(self, kind: str, token: int, grammar: Grammar, before: Slot) -> None:
        value = self.v.value(token)
        if kind == "Style":
            self.style = str(value)
        elif kind == "Program":
            self.programs[grammar.track] = int(str(value))
        elif kind == "Bar":
            self.bars_seen += 1
        elif kind == "Ahead":
            self.target, self.blocks = self.blocks, self.blocks + 1
        elif kind == "Now":
            self.target = self.bars_seen - 1
        elif kind == "Section":
            self.sections[self.target] = str(value)
        elif kind == "KeyTonic":
            self.tonic = int(str(value))
        elif kind == "KeyMode":
            self.keys[self.target] = Key.from_class(self.tonic, str(value))
        elif kind == "Tempo":
            self.tempos[self.target] = float(str(value))
        elif kind == "TimeSig":
            self.meters[self.target] = Meter.parse(str(value))
        elif kind in ("ChordRoot", "ChordQuality", "ChordBass"):
            self._chord(kind, value, grammar.position)
        elif kind == "Velocity":
            self.velocity[grammar.track] = velocity_of(token)
        elif kind in ("Pitch", "PitchDrum"):
            duration = DRUM_DURATION if kind == "PitchDrum" else 0
            velocity = self.velocity.get(grammar.track, 80)
            at, pitch = grammar.position, int(str(value))
            self.notes.append((self.target, at, grammar.track, pitch, duration, velocity))
        elif kind == "Duration":
            ticks = token - self.v.start("Duration") + 1
            if before is Slot.METER:
                self.lengths[self.target] = ticks
            else:
                bar, at, track, pitch, duration, velocity = self.notes[-1]
                self.notes[-1] = (bar, at, track, pitch, duration + ticks, velocity)
        if kind in ("Ahead", "Now"):
            self.velocity = {}

    def _chord(self, kind: str, value: object, position: int) -> None:
        if kind == "ChordRoot":
            self.root = int(str(value))
            return
        key = self.keys[max(self.keys)] if self.keys else None
        if kind == "ChordBass":
            bar, at, chord = self.chords[-1]
            slash = spell_chord(self.root, chord.quality, int(str(value)), key)
            self.chords[-1] = (bar, at, slash)
        elif value == "N":
            self.chords.append((self.target, position, Chord.none()))
        else:
            chord = spell_chord(self.root, str(value), key=key)
            self.chords.append((self.target, position, chord))

    def score(self, title: str, pickup: bool) -> Score:
        """The score of everything read."""
        count = self.bars_seen
        bars = self._bars()
        empty = Score(bars)
        starts = empty.bar_starts

        def tick(bar: int, position: int) -> int:
            within = position - (empty.lead(bar) if pickup else 0)
            if not 0 <= within < bars[bar].ticks:
                raise TokenError(
                    f"position {position} lies outside bar {bar + 1} ({bars[bar].meter}, "
                    f"{bars[bar].ticks} ticks)"
                )
            return starts[bar] + within

        tracks = tuple(self._track(token, tick, count) for token in self.programs)
        marks = sorted((bar, name) for bar, name in self.sections.items() if bar < count)
        stops = [*(bar for bar, _ in marks[1:]), count][: len(marks)]
        return Score(
            bars=bars,
            tracks=tracks,
            tempos=tuple(TempoChange(starts[b], t) for b, t in self.tempos.items() if b < count),
            keys=tuple(KeyChange(starts[b], k) for b, k in self.keys.items() if b < count),
            sections=tuple(
                Section(name, bar, stop - bar)
                for (bar, name), stop in zip(marks, stops, strict=True)
            ),
            chords=self._lane(tick, count, empty.ticks),
            title=title,
        )

    def _bars(self) -> tuple[Bar, ...]:
        if not self.bars_seen:
            raise TokenError("the tokens hold no bar; a document has at least one Bar token")
        bars = []
        for bar in range(self.bars_seen):
            if bar not in self.meters:
                raise TokenError(f"bar {bar + 1} has no meter; each Ahead block states a TimeSig")
            meter, length = self.meters[bar], self.lengths.get(bar)
            if length is not None and length > meter.ticks:
                raise TokenError(
                    f"bar {bar + 1} lasts {length} ticks; allowed in {meter}: up to {meter.ticks}"
                )
            bars.append(Bar(meter, length))
        return tuple(bars)

    def _track(self, token: int, tick: Ticks, count: int) -> Track:
        label = str(self.v.value(token))
        notes = tuple(
            Note(tick(bar, at), pitch, duration, velocity)
            for bar, at, track, pitch, duration, velocity in self.notes
            if track == token and bar < count
        )
        role, ordinal = label[:-1], int(label[-1])
        name = role if ordinal == 1 else f"{role} {ordinal}"
        return Track(name, role, self.programs[token], notes)

    def _lane(self, tick: Ticks, count: int, end: int) -> tuple[ChordSpan, ...]:
        spans: list[ChordSpan] = []
        placed = sorted(
            ((tick(bar, at), chord) for bar, at, chord in self.chords if bar < count),
            key=lambda item: item[0],
        )
        stops = [*(onset for onset, _ in placed[1:]), end][: len(placed)]
        for (onset, chord), stop in zip(placed, stops, strict=True):
            if spans and chord_tokens(spans[-1].chord) == chord_tokens(chord):  # as they sound
                spans[-1] = replace(spans[-1], duration=stop - spans[-1].onset)
            else:
                spans.append(ChordSpan(onset, stop - onset, chord))
        return tuple(spans)


def decode(ids: Sequence[int], *, title: str = "", pickup: bool = True) -> Score:
    """Read one document back.

    pickup: whether a first bar that is too short is a pickup, whose notes stand at the end of the
    full bar; false for a window from the middle of a piece. What a window's last block tells of the
    bar after the window is left out. Raises `TokenError` naming the first token that the grammar
    does not admit, or what lies outside its bar.
    """
    grammar, reader = Grammar(), _Reader()
    v = vocabulary()
    for index, raw in enumerate(ids):
        token = int(raw)
        if not 0 <= token < len(v) or not grammar.allowed()[token]:
            name = v.name(token) if 0 <= token < len(v) else str(token)
            raise TokenError(
                f"token {index} ({name}) cannot follow {grammar.slot.name.lower()}; "
                "the sequence is not a document of this vocabulary"
            )
        before = grammar.slot
        grammar.step(token)
        reader.read(v.type(token), token, grammar, before)
    if grammar.slot is Slot.PITCH:
        raise TokenError(f"the tokens end after token {len(ids) - 1}, a pitch without a Duration")
    return reader.score(title, pickup)
