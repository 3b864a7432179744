"""Where decoding stands: the bar, tick and track being written, and what sounds in each track."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ..instruments import DRUM_PITCHES
from ..plan import TrackPlan
from ..score import Note, Score
from ..tokens.encode import track_slots, velocity_of
from ..tokens.grammar import Grammar, Slot
from ..tokens.vocabulary import DRUM_DURATION, vocabulary
from .pitchset import ALL, Mask, PitchSet, between
from .terms import Terms


@dataclass
class Voice:
    """One track being written.

    held: pitch -> end of the note that may still sound there. ends: ends of the notes that may
    still sound. promised: tick -> number of notes that must start there. terms: what rules ask of
    the track.
    """

    plan: TrackPlan
    label: str
    terms: Terms | None = None
    notes: list[Note] = field(default_factory=list)
    held: dict[int, int] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)
    promised: dict[int, int] = field(default_factory=dict)
    velocity: int = 80
    last_end: int = 0

    def sounding(self, tick: int) -> int:
        """Notes written so far that sound at `tick`."""
        return sum([end > tick for end in self.ends]) if self.ends else 0

    def room(self, tick: int) -> int:
        """How many more notes may start at `tick` beside those promised."""
        most = self.plan.polyphony
        if self.terms is not None:
            most = min(most, self.terms.most.get(tick, most))
        return most - self.sounding(tick) - self.promised.get(tick, 0)

    def takes(self, tick: int) -> bool:
        """Whether a resolution may be struck at `tick`, beside the notes promised there."""
        crowded = self.terms is not None and self.terms.crowded(tick, self.promised)
        return not crowded and self.usable(tick) and self.room(tick) >= 1 and self.spare(tick) >= 1

    def spare(self, tick: int) -> int:
        """How many notes may still be struck under the cap at `tick`, beside those promised."""
        cap = None if self.terms is None else self.terms.caps.get(tick)
        if cap is None:
            return 127
        written = sum(1 for _ in takewhile(lambda n: n.onset >= cap.start, reversed(self.notes)))
        promised = sum(n for tick, n in self.promised.items() if cap.start <= tick < cap.end)
        return cap.most - written - promised

    def allowed(self, tick: int) -> PitchSet:
        """The pitches of its range, and of its rules, that may be struck at `tick`."""
        return self.reach if self.terms is None else self.terms.pitches_at(tick)

    def usable(self, tick: int) -> bool:
        """Whether its rules let a note be struck at `tick`."""
        return self.terms is None or self.terms.usable[tick]

    def silent(self, tick: int) -> PitchSet:
        """The pitches of which no note written so far sounds at `tick`."""
        free = ALL
        for pitch, end in self.held.items():
            if end > tick:
                free ^= 1 << pitch
        return free

    @property
    def struck_last(self) -> list[int]:
        """Pitches of the last onset."""
        together = takewhile(lambda n: n.onset == self.notes[-1].onset, reversed(self.notes))
        return [note.pitch for note in together]

    @cached_property
    def reach(self) -> PitchSet:
        """The pitches of the track's range (drums: those of General MIDI in it)."""
        low, high = self.plan.low, self.plan.high
        if self.plan.role == "drums":
            low, high = max(low, DRUM_PITCHES[0]), min(high, DRUM_PITCHES[1])
        return between(low, high)


Blanks = Mapping[int, Collection[int]]
"""Which bars of which tracks are to be written: track index -> bar numbers."""


Cells = Mapping[tuple[int, int], Sequence[Note]]
"""Notes by the rank of their track and their bar."""


class Given(NamedTuple):
    """What is not written. blank: of each rank the bars that are; None: all are. notes: those of
    the bars that are not. staying: notes that stay in bars that are written."""

    blank: tuple[frozenset[int], ...] | None = None
    notes: Mapping[tuple[int, int], Sequence[Note]] = {}
    staying: Mapping[tuple[int, int], Sequence[Note]] = {}

    def more(self, notes: Cells, staying: Cells, ranks: int, bars: int) -> "Given":
        """More is given: whole bars, and notes that stay in others. ranks, bars: how many."""
        blank = self.blank or (frozenset(range(bars)),) * ranks
        left = (
            blank[rank] - {bar for other, bar in notes if other == rank} for rank in range(ranks)
        )
        return Given(tuple(left), {**self.notes, **notes}, {**self.staying, **staying})

    def until(self, bar: int, bars: int) -> "Given":
        """What is given before a bar; from there on all is written. bars: how many there are."""
        if self.blank is None:
            return self
        later = frozenset(range(bar, bars))
        notes, staying = (
            {cell: held for cell, held in cells.items() if cell[1] < bar}
            for cells in (self.notes, self.staying)
        )
        return Given(tuple(blank | later for blank in self.blank), notes, staying)


class State:
    """The document being written over a skeleton: a score with bars and lanes.

    blanks: None where all bars of all tracks are to be written; else the rest is given, with the
    notes that the skeleton has there. Notes that it has in blanks stay as well: from the first of
    them on nothing else is written in their bar.
    """

    def __init__(
        self, skeleton: Score, plans: tuple[TrackPlan, ...], blanks: Blanks | None = None
    ) -> None:
        self.skeleton = skeleton
        self.plans = plans
        self.grammar = Grammar()
        slots, _ = track_slots(skeleton.tracks)
        self.voices = [Voice(plans[slot.place], slot.label) for slot in slots]
        self.places = [slot.place for slot in slots]
        v = vocabulary()
        self._ranks = {v.id("Track", slot.label): rank for rank, slot in enumerate(slots)}
        self.bar = -1
        self.tick = 0
        self.bar_notes = 0
        self.told = False
        """Whether notes are written as they are told, even where look-ahead would stop them."""
        self.section_ends = section_ends(skeleton)
        self.known = Given()
        """What is given; variations give more as they begin."""
        if blanks is not None:
            blank = tuple(frozenset(blanks.get(place, ())) for place in self.places)
            given: dict[tuple[int, int], list[Note]] = {}
            staying: dict[tuple[int, int], list[Note]] = {}
            for rank, place in enumerate(self.places):
                for note in skeleton.tracks[place].notes:
                    bar = skeleton.bar_at(note.onset)
                    held = staying if bar in blank[rank] else given
                    held.setdefault((rank, bar), []).append(note)
            self.known = Given(blank, given, staying)

    def is_given(self, rank: int, bar: int) -> bool:
        """Whether nothing may be written in a bar of a track."""
        return self.known.blank is not None and bar not in self.known.blank[rank]

    def given(self, rank: int, bar: int) -> Sequence[Note]:
        """The notes that are given in a bar of a track."""
        return self.known.notes.get((rank, bar), ())

    def staying(self, rank: int, bar: int) -> Sequence[Note]:
        """The notes that stay in a bar of a track that is written."""
        return self.known.staying.get((rank, bar), ())

    def written_until(self, rank: int, bar: int) -> int:
        """Tick up to which a track is written in a bar: the bar's end, or a note that stays."""
        end = self.skeleton.bar_starts[bar + 1]
        return min((note.onset for note in self.staying(rank, bar)), default=end)

    @property
    def writing(self) -> bool:
        """Whether notes are being written (and not the header or a block of controls)."""
        return not self.grammar.header and not self.grammar.controls and self.bar >= 0

    @property
    def slot(self) -> Slot:
        """What has just been written."""
        return self.grammar.slot

    @property
    def rank(self) -> int:
        """Index in `voices` of the track being written."""
        return self._ranks[self.grammar.track]

    @property
    def voice(self) -> Voice:
        """The track being written."""
        return self.voices[self.rank]

    @property
    def pitch(self) -> int:
        """The pitch just written, or -1."""
        v, token = vocabulary(), self.grammar.pitch
        return -1 if token < 0 else int(str(v.value(token)))

    @property
    def origin(self) -> int:
        """Tick of metrical position 0 of this bar (before the first note of a pickup)."""
        return self.skeleton.bar_starts[self.bar] - self.skeleton.lead(self.bar)

    @property
    def bar_end(self) -> int:
        """First tick after this bar."""
        return self.skeleton.bar_starts[self.bar + 1]

    @property
    def limit(self) -> int:
        """Tick by which a note that starts now must have ended: the end of its section, or of the
        bars that are to be written.
        """
        end = int(self.section_ends[self.bar])
        rank = self._ranks.get(self.grammar.track)
        if rank is not None:
            terms = self.voices[rank].terms
            if terms is not None:
                end = min(end, terms.stop(max(self.tick, self.origin)))
        blank = self.known.blank
        if blank is None or rank is None:
            return end
        starts = self.skeleton.bar_starts
        bar = self.bar
        stop = self.written_until(rank, bar)
        while stop == starts[bar + 1] < end and bar + 1 in blank[rank]:
            bar += 1
            stop = self.written_until(rank, bar)
        return min(stop, end)

    def snapshot(self) -> tuple[Any, ...]:
        """Where everything stands, to return to."""
        voices = [
            (len(v.notes), dict(v.held), list(v.ends), v.promised, v.velocity, v.last_end)
            for v in self.voices
        ]
        return copy(self.grammar), dict(self.grammar.velocities), self.bar, self.tick, (
            self.bar_notes
        ), voices  # fmt: skip

    def restore(self, held: tuple[Any, ...]) -> None:
        """Stand where a snapshot was taken."""
        grammar, velocities, self.bar, self.tick, self.bar_notes, voices = held
        self.grammar = copy(grammar)
        self.grammar.velocities = dict(velocities)
        for voice, row in zip(self.voices, voices, strict=True):
            count, sounding, ends, voice.promised, voice.velocity, voice.last_end = row
            del voice.notes[count:]
            voice.held, voice.ends = dict(sounding), list(ends)

    def step(self, token: int) -> None:
        """Write a token."""
        kind = vocabulary().type(token)
        self.grammar.step(token)
        if kind == "Bar":
            self.bar += 1
            for rank, voice in enumerate(self.voices):
                for note in self.staying(rank, self.bar - 1):
                    self._keep(voice, note)
            self.bar_notes = sum(v.sounding(self.origin) for v in self.voices)
            self.tick = self.skeleton.bar_starts[self.bar]
            for rank, voice in enumerate(self.voices):
                self.bar_notes += len(self.staying(rank, self.bar))
                for note in self.given(rank, self.bar):
                    self._keep(voice, note)
        if not self.writing:
            return
        if kind == "Track":
            self.tick = self.origin
        elif kind == "Position":
            self.tick = self.origin + self.grammar.position
            self.voice.ends = [end for end in self.voice.ends if end > self.tick]
            held = self.voice.held.items()
            self.voice.held = {pitch: end for pitch, end in held if end > self.tick}
        elif kind == "Velocity":
            self.voice.velocity = velocity_of(token)
        elif kind == "PitchDrum":
            self._write(DRUM_DURATION)
        elif kind == "Duration":
            self._write(token - vocabulary().start("Duration") + 1)

    def _write(self, duration: int) -> None:
        voice = self.voice
        if not self.told:
            duration = min(duration, self.limit - self.tick)
        self._keep(voice, Note(self.tick, self.pitch, duration, voice.velocity))

    def _keep(self, voice: Voice, note: Note) -> None:
        voice.notes.append(note)
        voice.ends.append(note.end)
        voice.last_end = max(voice.last_end, note.end)
        voice.held[note.pitch] = max(note.end, voice.held.get(note.pitch, 0))
        self.bar_notes += 1


class Constraint(Protocol):
    """Two methods: which tokens may come, and what to remember of the one that came."""

    def mask(self, state: State) -> Mask | None:
        """Boolean [vocabulary] of allowed tokens; None where the constraint has nothing to say."""
        ...

    def step(self, state: State, token: int) -> None:
        """Called after the state has taken `token`."""
        ...


def section_ends(score: Score) -> npt.NDArray[np.int64]:
    """For each bar the tick at which its section ends (sections are closed blocks)."""
    starts = score.bar_starts
    ends = np.full(len(score.bars), score.ticks, np.int64)
    borders = sorted({s.bar for s in score.sections} | {s.bar + s.bars for s in score.sections})
    for bar in range(len(score.bars)):
        following = [border for border in borders if border > bar]
        if following:
            ends[bar] = starts[following[0]]
    return ends
