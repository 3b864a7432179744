"""The document being decoded, and the stretch of it that fits the model's context.

When the context is full, the document is written again from a later bar: header, the whole state at
that bar, then the bars since. Training windows start in the middle of pieces in just this way.
"""

import numpy as np
import numpy.typing as npt

from ..plan import TrackPlan
from ..score import Score
from ..tokens.encode import AHEAD, Encoder, TrackSlot, attribute_tokens
from .sampler import Model

_KEEP = 0.5
"""Share of the context that earlier bars may fill when the document is written again."""


class Document:
    """Forced tokens come from the skeleton; events are added as they are decoded."""

    def __init__(
        self, model: Model, skeleton: Score, tracks: tuple[TrackPlan, ...], style: str
    ) -> None:
        self._model, self._skeleton, self._tracks, self._style = model, skeleton, tracks, style
        self._state = model.start()
        self._events: list[list[tuple[int, int]]] = []  # per bar: (token, tick of the score)
        self._start = 0
        self.logits: npt.NDArray[np.float32] = np.zeros(0, np.float32)

    def open(self) -> list[int]:
        """Write the header and the first blocks; return these tokens."""
        encoder = self._header(0)
        self._feed(encoder.ids, encoder.ticks)
        return encoder.ids

    def open_bar(self, bar: int) -> list[int]:
        """Write ``Bar``, the block of a later bar and ``Now``; return these tokens."""
        self._events.append([])
        encoder = Encoder(self._skeleton, start=self._start)
        encoder.bar(bar)
        self._feed(encoder.ids, encoder.ticks)
        return encoder.ids

    def add(self, tokens: list[int], ticks: list[int]) -> None:
        """Add events of the open bar, with ticks of the score."""
        self._events[-1] += zip(tokens, ticks, strict=True)
        origin = self._origin(self._start)
        self._feed(tokens, [tick - origin for tick in ticks])

    def _origin(self, bar: int) -> int:
        return self._skeleton.bar_starts[bar] - self._skeleton.lead(bar)

    def _header(self, start: int) -> Encoder:
        encoder = Encoder(self._skeleton, start=start)

        def attributes(slot: TrackSlot) -> list[int]:
            track = self._tracks[slot.index]
            return attribute_tokens(track.density, track.register, None)

        encoder.header(self._style, attributes=attributes)
        for bar in range(start, start + AHEAD):
            encoder.block(bar)
        return encoder

    def _feed(self, tokens: list[int], ticks: list[int]) -> None:
        if not tokens:
            return
        if self._state.length + len(tokens) > self._model.context:
            self._rewrite()
        else:
            self.logits = self._state.append(tokens, ticks)

    def _rewrite(self) -> None:
        """Start a new state with as many of the last bars as fill half the context."""
        last = len(self._events) - 1
        start = max(last, 0)
        ids, ticks = self._from(start)
        while start > 0:
            longer = self._from(start - 1)
            if len(longer[0]) > _KEEP * self._model.context:
                break
            start, (ids, ticks) = start - 1, longer
        room = self._model.context - 1
        if len(ids) > room:  # one bar fuller than the context: forget its oldest events
            head = self._header(start)
            cut = len(ids) - room
            ids = head.ids + ids[len(head.ids) + cut :]
            ticks = head.ticks + ticks[len(head.ticks) + cut :]
        self._start = start
        self._state = self._model.start()
        self.logits = self._state.append(ids, ticks)

    def _from(self, start: int) -> tuple[list[int], list[int]]:
        encoder = self._header(start)
        for bar in range(start, len(self._events)):
            encoder.bar(bar)
            for token, tick in self._events[bar]:
                encoder.put([token], tick)
        return encoder.ids, encoder.ticks
