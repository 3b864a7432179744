"""The document being decoded, and the stretch of it that fits the model's context.

When the context is full, the document is written again from a later bar: header, the whole state at
that bar, then the bars since. Training windows start in the middle of pieces in just this way.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..constraints.state import Blanks
from ..constraints.state import Given as Known
from ..plan import TrackPlan
from ..score import Note, Score
from ..tokens.attributes import register_level
from ..tokens.encode import AHEAD, NOTHING, Encoder, Given, TrackSlot, attribute_tokens
from ..tokens.vocabulary import vocabulary
from .sampler import Model, ModelState

_KEEP = 0.5
"""Share of the context that earlier bars may fill when the document is written again."""

_DENSITY: dict[str, dict[str, int]] = {
    "": {"melody": 3, "counter": 3, "chords": 5, "arpeggio": 5, "pad": 2, "bass": 5, "drums": 7},
    "drums": {"drums": 6},
    "hymn": {"melody": 2, "counter": 2, "bass": 3},
    "lead sheet": {"melody": 2},
    "quartet": {"bass": 3},
    "song": {"melody": 2, "counter": 2, "chords": 7},
}
"""Density step of a role where the plan leaves it open: the medians of the training examples
(`benchmarks/usual_densities.py`), of games, which have all roles, and of styles that differ."""


_ENSEMBLES = {
    "drums": {"drums"},
    "hymn": {"melody", "counter", "bass"},
    "lead sheet": {"melody"},
    "quartet": {"melody", "counter", "bass"},
    "song": {"melody", "counter", "chords"},
}
"""Roles that the training pieces of a style have; `game` has all."""


class Mark(NamedTuple):
    """A moment of a document: the model's memory and its length, the first bar that is in it, the
    number of bars, how many events the last one has, what the model said then, and what is told."""

    state: ModelState
    length: int
    start: int
    bars: int
    events: int
    logits: npt.NDArray[np.float32]
    told: tuple[Score, Given]


class Document:
    """Forced tokens come from the skeleton; events are added as they are decoded.

    Notes that the skeleton has are given: they are written ahead of their bars, as controls.
    """

    def __init__(
        self,
        model: Model,
        skeleton: Score,
        tracks: tuple[TrackPlan, ...],
        style: str,
        blanks: Blanks | None = None,
    ) -> None:
        """blanks: as in `State`."""
        self._model, self._skeleton, self._tracks = model, skeleton, tracks
        self._style = known_style(style, [track.role for track in skeleton.tracks])
        self._given = NOTHING if blanks is None else _outside(skeleton, blanks)
        empty = tuple(replace(track, notes=()) for track in skeleton.tracks)
        self._untold = replace(skeleton, tracks=empty)
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
        encoder = self._encoder(self._start)
        encoder.bar(bar)
        self._feed(encoder.ids, encoder.ticks)
        return encoder.ids

    def add(self, tokens: list[int], ticks: list[int]) -> None:
        """Add events of the open bar, with ticks of the score."""
        self._events[-1] += zip(tokens, ticks, strict=True)
        origin = self._origin(self._start)
        self._feed(tokens, [tick - origin for tick in ticks])

    def mark(self) -> "Mark":
        """Where the document stands, to return to."""
        bars = len(self._events)
        events = len(self._events[-1]) if bars else 0
        told = self._skeleton, self._given
        return Mark(self._state, self._state.length, self._start, bars, events, self.logits, told)

    def rewind(self, mark: "Mark") -> None:
        """Forget what was written after a mark."""
        self._state, length, self._start, bars, events, self.logits, told = mark
        self._skeleton, self._given = told
        self._state.truncate(length)
        del self._events[bars:]
        if bars:
            del self._events[-1][events:]

    def tell(self, known: Known, places: Sequence[int]) -> None:
        """Tell the model of other given notes; the document is written again. places: by rank."""
        notes: dict[int, list[Note]] = {place: [] for place in places}
        for (rank, _), held in (*known.notes.items(), *known.staying.items()):
            notes[places[rank]] += held
        tracks = tuple(
            replace(track, notes=tuple(sorted(notes.get(place, ()))))
            for place, track in enumerate(self._skeleton.tracks)
        )
        self._skeleton = replace(self._skeleton, tracks=tracks)
        bars = known.blank or ()
        blanks = {places[rank]: blank for rank, blank in enumerate(bars)}
        self._given = _outside(self._skeleton, blanks) if blanks else NOTHING
        self._rewrite()

    def _origin(self, bar: int) -> int:
        return self._skeleton.bar_starts[bar] - self._skeleton.lead(bar)

    def _encoder(self, start: int, told: bool = True) -> Encoder:
        """told: whether the blocks tell of notes that are given."""
        score = self._skeleton if told else self._untold
        return Encoder(score, start=start, given=self._given if told else NOTHING)

    def _header(self, start: int, told: bool = True) -> Encoder:
        encoder = self._encoder(start, told)

        def attributes(slot: TrackSlot) -> list[int]:
            track = self._tracks[slot.place]
            density, register = track.density, track.register
            return attribute_tokens(
                usual_density(self._style, track.role) if density is None else density,
                register_level((track.low + track.high) // 2) if register is None else register,
                None,
            )

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
        told = True
        own = len(self._events[start]) if self._events else 0
        if len(ids) - own >= _KEEP * self._model.context:
            told = False  # what is given in one bar would fill the context
            ids, ticks = self._from(start, 0, told)
        if len(ids) >= self._model.context:  # one bar fuller than the context
            ids, ticks = self._from(start, self._oldest(len(ids)), told)
        self._start = start
        self._state = self._model.start()
        self.logits = self._state.append(ids, ticks)

    def _oldest(self, length: int) -> int:
        """How many events of the last bar to forget, up to a position, so that half is free."""
        if not self._events:
            return 0
        events = self._events[-1]
        first, stop = vocabulary().spans["Position"]
        least = min(length - int(_KEEP * self._model.context), len(events))
        later = (i for i in range(least, len(events)) if first <= events[i][0] < stop)
        return next(later, least)

    def _from(self, start: int, skip: int = 0, told: bool = True) -> tuple[list[int], list[int]]:
        """Header, state and bars from `start` on, without the first `skip` events of that bar."""
        encoder = self._header(start, told)
        for bar in range(start, len(self._events)):
            encoder.bar(bar)
            forgotten = skip if bar == start else 0
            for token, tick in (
                *_track_of(self._events[bar], forgotten), *self._events[bar][forgotten:]
            ):  # fmt: skip
                encoder.put([token], tick)
        return encoder.ids, encoder.ticks


def _outside(skeleton: Score, blanks: Blanks) -> Given:
    """What is given where only some bars are to be written: other bars, and notes that stay."""
    return Given(
        {
            place: frozenset(range(len(skeleton.bars))).difference(blanks.get(place, ()))
            for place in range(len(skeleton.tracks))
        },
        {place: range(len(track.notes)) for place, track in enumerate(skeleton.tracks)},
    )


def _track_of(events: Sequence[tuple[int, int]], skip: int) -> list[tuple[int, int]]:
    """The track that the events after the first `skip` go on with."""
    first, stop = vocabulary().spans["Track"]
    tracks = [event for event in events[:skip] if first <= event[0] < stop]
    return tracks[-1:] if skip < len(events) and not first <= events[skip][0] < stop else []


def known_style(style: str, roles: Collection[str]) -> str:
    """The style to tell the model: one whose pieces have all the roles, lest it leave some out."""
    return style if set(roles) <= _ENSEMBLES.get(style, set(roles)) else "game"


def usual_density(style: str, role: str) -> int:
    """The density step of a track of which a plan says nothing."""
    return _DENSITY.get(style, {}).get(role, _DENSITY[""][role])
