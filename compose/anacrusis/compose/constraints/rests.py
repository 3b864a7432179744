"""Rests: no track is silent for more whole bars in a row than its plan allows.

Counted within a section. A melody whose rest is used up must enter by the bar's last strong beat,
any other track on the downbeat: there it can, unless rules forbid it, as a silent track has room
and every chord has a tone in its range. Bars in which a rule silences a track are no rests.
"""

from collections.abc import Collection, Mapping

from ..score import Score
from ..tokens.vocabulary import vocabulary
from .state import State, Voice


class Rests:
    """Counts silent bars, and says which tracks must enter in this bar, and by when."""

    def __init__(
        self,
        score: Score,
        silent: Mapping[int, Collection[int]] | None = None,
        blocked: Mapping[int, Collection[int]] | None = None,
    ) -> None:
        """By rank, silent: bars in which a rule silences it; blocked: those in which rules leave it
        nothing to strike, so that it must not come to them with its rest used up.
        """
        self._silent, self._blocked = silent or {}, blocked or {}
        self._score = score
        self._section_starts = {section.bar for section in score.sections}
        self._runs: dict[int, int] = {}
        self._bar = vocabulary().id("Bar")

    def step(self, state: State, token: int) -> None:
        """At a bar's start, count the bar before it."""
        if token != self._bar:
            return
        for rank, voice in enumerate(state.voices):
            last = state.bar - 1
            if last < 0 or state.bar in self._section_starts or last in self._silent.get(rank, ()):
                self._runs[rank] = 0
            else:
                silent = not _sounds(voice, self._score.bar_starts[last])
                self._runs[rank] = self._runs.get(rank, 0) + 1 if silent else 0

    def snapshot(self) -> dict[int, int]:
        """The counts, to return to."""
        return dict(self._runs)

    def restore(self, held: dict[int, int]) -> None:
        """Count on from where a snapshot was taken."""
        self._runs = dict(held)

    def due(self, state: State) -> dict[int, int]:
        """Rank -> tick by which the track must have entered, for those that have not."""
        bar = self._score.bars[state.bar]
        if bar.length is not None:
            return {}
        start = self._score.bar_starts[state.bar]
        return {
            rank: start + (bar.meter.strong[-1] if voice.plan.role == "melody" else 0)
            for rank, voice in enumerate(state.voices)
            if voice.plan.rest is not None
            and not _sounds(voice, start)
            and not state.is_given(rank, state.bar)
            and not state.staying(rank, state.bar)
            and state.bar not in self._silent.get(rank, ())
            and self._runs.get(rank, 0) + self._ahead(state, rank) >= voice.plan.rest
        }

    def must_reach(self, state: State, rank: int) -> int:
        """The tick that the track must sound on beyond, before this bar is left; -1: none.

        What is held is all that it has in bars in which it can strike nothing.
        """
        limit, blocked = state.voices[rank].plan.rest, self._blocked.get(rank, ())
        if limit is None or state.bar in blocked:
            return -1
        ahead = self._ahead(state, rank)
        if ahead <= limit:
            return -1
        return self._score.bar_starts[state.bar + ahead - limit]

    def exempt(self, rank: int, bar: int) -> bool:
        """Whether a rule silences a track in a bar, which is then no rest."""
        return bar in self._silent.get(rank, ())

    def _ahead(self, state: State, rank: int) -> int:
        """How many bars in a row after this one, in its section, the track cannot strike in."""
        blocked, silent = self._blocked.get(rank, ()), self._silent.get(rank, ())
        count, bar = 0, state.bar
        while True:
            bar += 1
            if bar == len(self._score.bars) or bar in self._section_starts or bar in silent:
                return count
            rests = state.is_given(rank, bar) and not state.given(rank, bar)
            if bar not in blocked and not rests:
                return count
            count += 1


def _sounds(voice: Voice, start: int) -> bool:
    """Whether the track sounds at or after `start`, as far as it is written."""
    return voice.last_end > start
