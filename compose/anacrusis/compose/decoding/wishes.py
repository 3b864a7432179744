"""Soft wishes: what would break one becomes less likely by exp(-weight); nothing is forbidden.

A wish says of each track which tokens keep it as the notes stand (`wished`). The weights of all
wishes that a token would break are taken from its logit, after the model's own weights and before
temperature and top-p. Wishes about harmony are the chart's (`chart_rules`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..constraints.between import Doublings, Voicing
from ..constraints.chords import ChordGuarantee
from ..constraints.demands import demands_of
from ..constraints.hands import is_wind
from ..constraints.pitchset import Mask, from_array, to_array
from ..constraints.state import State
from ..instruments import DRUM_PITCHES
from ..rules.base import Rule, Wish
from ..rules.counterpoint import Between
from ..rules.places import bars_at
from ..rules.texture import MOST_VOICES, Doubling, Playable, Voices
from ..tokens.encode import velocity_of
from ..tokens.grammar import Slot
from ..tokens.vocabulary import MAX_DURATION, vocabulary
from .weighing import Logits
from .wished import TrackWish, Wished
from .wished_copies import CopyWish

_BEFORE_PITCH = (Slot.POSITION, Slot.VELOCITY, Slot.NOTE)
_BEFORE_VELOCITY = (Slot.POSITION, Slot.NOTE)


class Wishes:
    """The wishes of a plan about notes, over a document that is being written."""

    def __init__(self, wishes: Sequence[Wish], state: State, copied: Mapping[int, int]) -> None:
        """copied: bar -> the earlier bar whose music it repeats."""
        v = vocabulary()
        self._size = len(v)
        self._spans = {kind: slice(*span) for kind, span in v.spans.items()}
        self._closing = [v.id("Bar"), v.id("EOS")]
        self._tokens = [v.id("Track", voice.label) for voice in state.voices]
        self._by_rank: list[list[tuple[Wished, float]]] = [[] for _ in state.voices]
        about_notes = [wish for wish in wishes if wish.rule.of_tracks]
        self._any = bool(about_notes)
        if self._any:
            chords = ChordGuarantee(state.skeleton)
            for wish in about_notes:
                for one in _compiled(wish.rule, state, chords, copied):
                    self._by_rank[one.rank].append((one, wish.weight))

    def weigh(self, logits: Logits, mask: Mask, state: State) -> Logits:
        """The logits less the weights of the wishes that each token would break.

        mask: what may come at all.
        """
        if not self._any or not state.writing:
            return logits
        less = np.zeros(self._size, np.float32)
        here = -1
        if state.slot is not Slot.NOW:
            here = state.rank
            for one, weight in self._by_rank[here]:
                less[self._broken(one, mask, state)] += weight
        if state.slot in (Slot.NOW, Slot.NOTE):
            for rank in range(here + 1, len(self._tokens)):
                self._weigh_track(rank, less, mask, state)
        return logits - less

    def _broken(self, one: Wished, mask: Mask, state: State) -> Mask:
        """Which tokens would break a wish about the track that is being written."""
        broken, slot, spans = np.zeros(self._size, bool), state.slot, self._spans
        if slot is Slot.PITCH:
            legal = from_array(mask[spans["Duration"]])
            broken[spans["Duration"]] = ~to_array(one.durations(state, legal), MAX_DURATION)
        if slot in (Slot.TRACK, Slot.NOTE):
            broken[spans["Position"]] = ~to_array(one.onsets(state), MAX_DURATION)
        if slot in _BEFORE_PITCH:
            self._break_pitches(broken, one, mask, state)
        if slot is Slot.NOTE:
            able = mask[spans["Pitch"]].any() or mask[spans["PitchDrum"]].any()
            stays = able and not one.settled(state)
            if stays:
                broken[spans["Position"]] = True
            if stays or (mask[spans["Position"]].any() and not one.may_leave(state)):
                broken[spans["Track"]] = True
                broken[self._closing] = True
        return broken

    def _break_pitches(self, broken: Mask, one: Wished, mask: Mask, state: State) -> None:
        spans = self._spans
        refused = ~to_array(one.pitches(state, from_array(mask[spans["Pitch"]])))
        broken[spans["Pitch"]] = refused
        broken[spans["PitchDrum"]] = refused[DRUM_PITCHES[0] : DRUM_PITCHES[1] + 1]
        for kind in ("Pitch", "PitchDrum"):
            if mask[spans[kind]].any() and broken[spans[kind]][mask[spans[kind]]].all():
                broken[spans["Velocity"]] = True  # after which a pitch must come
        loud = one.velocities(state)
        if loud is None:
            return
        if state.slot in _BEFORE_VELOCITY:
            for token in range(*vocabulary().spans["Velocity"]):
                broken[token] |= not loud >> velocity_of(token) & 1
        current = state.grammar.velocities.get(state.grammar.track)
        if current is not None and not loud >> velocity_of(current) & 1:
            broken[spans["Pitch"]] = broken[spans["PitchDrum"]] = True

    def _weigh_track(self, rank: int, less: Logits, mask: Mask, state: State) -> None:
        """Weigh what enters a track that is to be silent, or passes one that is to strike."""
        if not mask[self._tokens[rank]]:
            return
        for one, weight in self._by_rank[rank]:
            if not one.onsets(state):
                less[self._tokens[rank]] += weight
            if not one.may_leave(state):
                less[self._tokens[rank + 1 :]] += weight
                less[self._closing] += weight


def _compiled(
    rule: Rule, state: State, chords: ChordGuarantee, copied: Mapping[int, int]
) -> Iterator[Wished]:
    """What a rule says of each of its tracks."""
    score = state.skeleton
    ranks = {place: rank for rank, place in enumerate(state.places)}
    # As lines, tracks have courses for all that is asked of them; rests are none of the rule's.
    most = MOST_VOICES if isinstance(rule, Voices) else 1
    plans = [replace(plan, rest=None, polyphony=min(plan.polyphony, most)) for plan in state.plans]
    demands = demands_of([rule], score, plans, chords, copied)
    if isinstance(rule, Doubling):
        given = state.is_given
        doublings = Doublings(demands.doubles, ranks, lambda bar, rank: given(rank, bar))
        for rank in range(len(state.voices)):
            yield CopyWish(rank, doublings, score)
        return
    pickup = len(score.bars) > 1 and score.bars[0].length is not None
    bars = bars_at(rule.place, score.sections, len(score.bars), pickup)
    written = frozenset(copied.get(bar, bar) for bar in bars)
    voicing = Voicing(score, demands.pairs, ranks) if isinstance(rule, Between) else None
    for place in rule.concerns(state.plans):
        if place in ranks:
            blown = isinstance(rule, Playable) and is_wind(state.plans[place].program)
            alone = written if rule.one_at_a_time or blown else ()
            yield TrackWish(ranks[place], demands.terms[place], score, chords, alone, voicing)
