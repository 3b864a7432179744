"""The document of a chart: its tokens, and the stretch of it that fits the model's context."""

import numpy as np

from ..chord import Chord
from ..constraints.pitchset import Mask
from ..tokens.encode import chord_tokens
from ..tokens.grammar import Grammar
from ..tokens.vocabulary import vocabulary
from .sampler import Model, ModelState, Sampling, sample

_STATE = ("Section", "KeyTonic", "KeyMode", "Tempo", "TimeSig")
"""What holds on from bar to bar, in the order of the grammar."""


class ChartDocument:
    """Tokens that are put or drawn. tick: where the bar begins in which they stand."""

    def __init__(self, model: Model, sampling: Sampling, rng: np.random.Generator) -> None:
        self.v = vocabulary()
        self.model, self.sampling, self.rng = model, sampling, rng
        self.state: ModelState = model.start()
        self.context = model.context
        self.grammar = Grammar()
        self.tick = 0
        self.logits = np.zeros(len(self.v), np.float32)
        self.history: list[tuple[int, int]] = []
        self.origin = 0  # tick from which the model's window counts

    def put(self, token: int, at: int = 0) -> None:
        """Write a token; at: its tick within the bar."""
        self.grammar.step(token)
        self.history.append((token, self.tick + at))
        if self.state.length + 1 > self.context:
            kept = self._window()
            self.origin = kept[0][1]
            self.state = self.model.start()
            self.logits = self.state.append(
                [t for t, _ in kept], [tick - self.origin for _, tick in kept]
            )
        else:
            self.logits = self.state.append([token], [self.tick + at - self.origin])

    def look(self, mask: Mask) -> int:
        """Draw a token among those of a mask without writing it."""
        return sample(self.logits, mask, self.sampling, self.rng)

    def draw(self, mask: Mask, at: int = 0) -> int:
        """Draw a token that the grammar allows, and write it."""
        token = self.look(mask & self.grammar.allowed())
        self.put(token, at)
        return token

    def put_chord(self, chord: Chord, at: int) -> None:
        """Write a chord that begins at a tick of the bar."""
        for token in (self.v.start("Position") + at, *chord_tokens(chord)):
            self.put(token, at)

    def draw_chord(self, chords: list[Chord], at: int, then: int) -> Chord:
        """Draw one of some chords and write it; then: the token that follows it."""
        rows = {tuple(chord_tokens(chord)): chord for chord in reversed(chords)}
        self.put(self.v.start("Position") + at, at)
        written: tuple[int, ...] = ()
        while True:
            ahead = {row[len(written)] if len(row) > len(written) else then for row in rows}
            mask = np.zeros(len(self.v), bool)
            mask[sorted(ahead)] = True
            token = self.look(mask)
            if token == then and written in rows:
                return rows[written]
            self.put(token, at)
            written = (*written, token)
            rows = {row: c for row, c in rows.items() if row[: len(written)] == written}
            if list(rows) == [written]:
                return rows[written]

    def _window(self) -> list[tuple[int, int]]:
        """The document as if it began at a later bar: header, the state that holds there, the rest.

        The key has to be said again: a plan that names none in its first bar is one without chords.
        """
        v, history = self.v, self.history
        opens = [i for i, (token, _) in enumerate(history) if v.type(token) == "TimeSig"]
        half = len(history) - self.context // 2
        meter = next((i for i in opens if i >= half), opens[-1])
        tick = history[meter][1]
        held = {v.type(token): token for token, _ in history[: meter + 1]}
        state = [held[kind] for kind in _STATE if kind in held]
        opening = [*(token for token, _ in history[:3]), v.id("Bar"), v.id("Ahead"), *state]
        return [(token, tick) for token in opening] + history[meter + 1 :]
