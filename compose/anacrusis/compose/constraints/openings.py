"""Look-ahead: positions, tracks and pitches are offered only where a legal note can follow."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ..instruments import DRUM_PITCHES
from ..score import Note
from ..tokens.grammar import Slot
from ..tokens.vocabulary import MAX_DURATION, vocabulary
from .between import NotesOf, Voicing
from .chords import ChordGuarantee
from .copies import Copies
from .durations import ANY
from .ensembles import Ensembles
from .line import Line
from .pitchset import ALL, Mask, PitchSet, above, highest, to_array
from .quotes import Quotes
from .rests import Rests
from .state import State
from .strikes import Strikes
from .texture import Texture


class NoteRule(Protocol):
    """A constraint on single notes, in terms that look-ahead can combine."""

    def pitches(self, state: State, rank: int, tick: int) -> PitchSet:
        """The pitches the track may strike at `tick`."""
        ...

    def durations(self, state: State) -> int | None:
        """The durations of the pitch just written, as a set; None: all."""
        ...

    def wrote(self, state: State) -> None:
        """Called when a note is complete."""
        ...


class Openings:
    """Combines the note rules, lets decoding pass no promise, and looks ahead past dead ends.

    A promise is a resolution that chords need, a note that a rule needs, or an entry that a track's
    longest rest needs. Tracks that are lines look ahead by themselves; tracks that double another
    copy what stands there.
    """

    def __init__(
        self,
        rules: Sequence[NoteRule],
        chords: ChordGuarantee,
        rests: Rests,
        quotes: Quotes | None = None,
        lines: dict[int, Line] | None = None,
        texture: Texture | None = None,
        voicing: Voicing | None = None,
        copies: Copies | None = None,
        ensembles: Ensembles | None = None,
    ) -> None:
        """lines: by rank. texture, voicing, copies, ensembles: None where no rule asks for them."""
        self._rules = tuple(rules) if quotes is None else (*rules, quotes)
        self._quotes = quotes
        self.chords = chords
        """What keeps the chords."""
        self._rests = rests
        self.lines: dict[int, Line] = {} if lines is None else lines
        """The lines, by rank; variations put others in their place."""
        self._texture, self._voicing, self._copies = texture, voicing, copies
        self._ensembles = ensembles
        self._strikes = Strikes(chords, rests, self.lines, quotes, texture, copies)
        v = self._v = vocabulary()
        self._everything = np.ones(len(v), bool)
        self._spans = {kind: slice(*span) for kind, span in v.spans.items()}
        self._closing = [v.id("Bar"), v.id("EOS")]

    def mask(self, state: State) -> Mask | None:
        """Boolean [vocabulary] at every slot of a bar's notes."""
        slot = state.slot
        if slot not in (
            Slot.NOW, Slot.POSITION, Slot.TRACK, Slot.VELOCITY, Slot.PITCH, Slot.NOTE
        ):  # fmt: skip
            return None
        mask = self._everything.copy()
        if slot is Slot.PITCH:
            mask[self._spans["Duration"]] = to_array(self._durations(state), MAX_DURATION)
        elif slot in (Slot.POSITION, Slot.VELOCITY):
            self._offer_pitches(mask, self._upwards(state))
        else:
            owed = self._strikes.owed(state)
            if slot is Slot.NOW:
                self._offer_tracks(mask, state, -1, owed)
            elif slot is Slot.TRACK:
                self._offer_positions(mask, state, 0, owed)
            else:
                self._offer_after_note(mask, state, owed)
        return mask

    def step(self, state: State, token: int) -> None:
        """Tell the rules of each note that is complete, and the rests of each bar."""
        self._rests.step(state, token)
        kind = self._v.type(token)
        if kind == "Bar":
            self._enter(state)
        elif kind == "Track" and state.writing:
            self._begin(state)
        elif state.writing and kind in ("Duration", "PitchDrum"):
            for rule in self._rules:
                rule.wrote(state)
            line = self._strikes.line(state, state.rank)
            if line is not None:
                line.wrote(state.voice.notes[-1])
            self._strikes.struck(state.rank)

    def snapshot(self) -> tuple[Any, ...]:
        """Where look-ahead stands, to return to."""
        lines = {rank: line.snapshot() for rank, line in self.lines.items()}
        melodies = None if self._quotes is None else self._quotes.snapshot()
        return lines, self.chords.snapshot(), self._rests.snapshot(), melodies

    def restore(self, held: tuple[Any, ...]) -> None:
        """Stand where a snapshot was taken."""
        lines, chords, rests, melodies = held
        for rank, line in self.lines.items():
            line.restore(lines[rank])
        self.chords.restore(chords)
        self._rests.restore(rests)
        if self._quotes is not None:
            self._quotes.restore(melodies)
        self._strikes.forget()

    def check(self) -> None:
        """Raise `ConstraintError` where repeated music quotes; no mask can prevent that."""
        if self._quotes is not None:
            self._quotes.check()

    def exempt(self, rank: int, bar: int) -> bool:
        """Whether silence in a bar of a track is no rest, as a rule asks for it."""
        return self._rests.exempt(rank, bar)

    def ask_anew(self, state: State, tick: int) -> None:
        """Promise what rules want from a tick on, at which a section begins, under other terms."""
        self.chords.ask_anew(state, tick)
        self._strikes.forget()

    @property
    def ceiled(self) -> bool:
        """Whether quotes may only be so long."""
        return self._quotes is not None

    @property
    def coupled(self) -> bool:
        """Whether voices keep rules with one another that no line can see alone."""
        return self._ensembles is not None and self._ensembles.any

    def hopeless(self, state: State) -> bool:
        """Whether voices that keep rules with one another can no longer finish this bar.

        Asked once a pitch is written, which is then taken to last as short as it may, and once its
        duration is.
        """
        if not self.coupled or state.slot not in (Slot.PITCH, Slot.NOTE):
            return False
        assert self._ensembles is not None
        if state.slot is Slot.NOTE:
            return not self._ensembles.can_finish(state)
        shortest = self._durations(state)
        ticks = (shortest & -shortest).bit_length()
        return not ticks or not self._ensembles.can_finish(state, ticks)

    # Lines and copies

    def _enter(self, state: State) -> None:
        """Begin a bar: lines go on to it, past what is given there."""
        self._strikes.forget()
        if self._quotes is not None:
            self._hear_given(state)
        self.chords.forget(state)
        for rank in range(len(state.voices)):
            self.chords.hear(state, rank)
        for rank, line in self.lines.items():
            line.forget()
            given = len(state.given(rank, state.bar))
            before = state.voices[rank].notes[: -given or None]
            busy = max((note.end for note in before), default=0)
            line.enter(state.bar, state.is_given(rank, state.bar), busy)
        for rank, voice in enumerate(state.voices):
            if voice.terms is not None and not voice.terms.is_line(state.bar):
                self.chords.ask(state, rank)

    def _hear_given(self, state: State) -> None:
        """Put what is given into the melodies that may not quote."""
        assert self._quotes is not None
        for rank in range(len(state.voices)):
            notes = (*state.staying(rank, state.bar - 1), *state.given(rank, state.bar))
            for note in sorted(notes):
                self._quotes.hear(state, rank, note)

    def together(self, rank: int, bar: int) -> set[int]:
        """The ranks whose notes in a bar keep rules with those of another."""
        found = set() if self._voicing is None else self._voicing.partners(rank, bar)
        return found | self.alike(rank, bar)

    def alike(self, rank: int, bar: int) -> set[int]:
        """The ranks that sound the same in a bar."""
        return set() if self._copies is None else self._copies.alike(rank, bar)

    def agree(self, state: State, notes_of: NotesOf, ranks: Collection[int], bar: int) -> bool:
        """Whether the notes of some ranks in a bar keep rules with one another."""
        span = range(*state.skeleton.bar_starts[bar : bar + 2])
        voiced = self._voicing is None or all(
            self._voicing.agrees(notes_of, rank, bar) for rank in ranks
        )
        return voiced and (self._copies is None or self._copies.same(notes_of, ranks, bar, span))

    def _known(self, state: State, rank: int) -> Sequence[Note]:
        """The notes of a track; where no more comes in this bar, also those given just after it."""
        notes, bar = state.voices[rank].notes, state.bar
        if rank >= state.rank and not state.is_given(rank, bar):
            return notes
        ahead = state.staying(rank, bar) or (
            state.given(rank, bar + 1) if state.is_given(rank, bar + 1) else ()
        )
        return [*notes, *sorted(ahead)] if ahead else notes

    @staticmethod
    def _ahead(state: State, rank: int) -> list[Note]:
        """The notes of a track that are given in bars into which others may hold theirs."""
        starts, found = state.skeleton.bar_starts, list(state.staying(rank, state.bar))
        for bar in range(state.bar + 1, len(state.skeleton.bars)):
            if starts[bar] >= starts[state.bar + 1] + MAX_DURATION:
                break
            given = state.is_given(rank, bar)
            found += state.given(rank, bar) if given else state.staying(rank, bar)
        return found

    def _begin(self, state: State) -> None:
        """Begin a track's notes in a bar: its line looks at what the other voices have there."""
        for other in self.lines.values():
            other.drop_company()
        line = self._strikes.line(state, state.rank)
        company = None
        if self._voicing is not None:
            company = self._voicing.company(
                lambda rank: self._known(state, rank), state.rank, state.bar,
                ahead_of=lambda rank: self._ahead(state, rank),
            )  # fmt: skip
        if line is not None and company is not None:
            line.keep_company(company, state.bar)
        self._strikes.struck(state.rank)

    def _mirrored(self, state: State, tick: int, found: PitchSet) -> PitchSet:
        """Those pitches that the lines which repeat this track can take over."""
        if self._copies is None:
            return found
        for other, interval in self._copies.followers(state.rank, state.bar):
            line = self._strikes.line(state, other)
            if line is not None:
                theirs = line.open(state.bar).get(tick, 0)
            else:
                theirs = state.voices[other].allowed(tick)
            found &= theirs >> interval if interval > 0 else theirs << -interval
        return found & ALL

    # Pitches and durations

    def _upwards(self, state: State) -> PitchSet:
        """The pitches still open in this track at this tick, above the last written."""
        rank, tick = state.rank, state.tick
        due = self._strikes.due(state, rank)
        line = self._strikes.line(state, rank)
        if due is not None:
            found = 1 << due[0].pitch if due and due[0].onset == tick else 0
            return found if line is None else found & line.open(state.bar).get(tick, 0)
        found = above(state.pitch)
        if line is not None:
            found &= line.open(state.bar).get(tick, 0)
            if self._quotes is not None:
                found &= self._quotes.pitches(state, rank, tick)
            return self._mirrored(state, tick, found)
        for rule in self._rules:
            found &= rule.pitches(state, rank, tick)
        found = self._mirrored(state, tick, found)
        return self._enough(state, found) if self._texture is not None else found

    def _enough(self, state: State, found: PitchSet) -> PitchSet:
        """Those pitches above which as many remain as the moment still needs."""
        assert self._texture is not None
        more = self._texture.wanting(state, state.rank, state.tick) - 1
        if more < 1:
            return found
        tones = found & self.chords.tones[state.tick]
        for _ in range(more):
            tones &= ~(1 << highest(tones)) if tones else 0
        return found & ((1 << (highest(tones) + 1)) - 1)

    def _durations(self, state: State) -> int:
        """The durations that all rules allow the pitch just written."""
        line = self._strikes.line(state, state.rank)
        if self._strikes.due(state, state.rank) is not None:
            assert self._copies is not None
            copied = self._copies.durations(state)
            return copied if line is None else copied & line.durations(state.tick, state.pitch)
        allowed = ANY
        if line is not None:
            allowed &= line.durations(state.tick, state.pitch)
            if self._quotes is not None:
                quoted = self._quotes.durations(state)
                allowed &= ANY if quoted is None else quoted
        else:
            for rule in self._rules:
                durations = rule.durations(state)
                if durations is not None:
                    allowed &= durations
        if self._copies is not None:
            for other, interval in self._copies.followers(state.rank, state.bar):
                theirs = self._strikes.line(state, other)
                if theirs is not None:
                    allowed &= theirs.durations(state.tick, state.pitch + interval)
        return allowed

    def _offer_pitches(self, mask: Mask, pitches: PitchSet) -> None:
        offered = to_array(pitches)
        mask[self._spans["Pitch"]] = offered
        mask[self._spans["PitchDrum"]] = offered[DRUM_PITCHES[0] : DRUM_PITCHES[1] + 1]

    # Tracks and positions

    def _offer_tracks(self, mask: Mask, state: State, after: int, owed: Mapping[int, int]) -> None:
        """Tracks after rank `after` with a note to strike, none past the first that owes one."""
        mask[self._spans["Track"]] = False
        bound = min((rank for rank in owed if rank > after), default=len(state.voices))
        for rank in range(after + 1, min(bound + 1, len(state.voices))):
            if self._strikes.places(state, rank):
                mask[self._v.id("Track", state.voices[rank].label)] = True
        if bound < len(state.voices):
            mask[self._closing] = False

    def _offer_positions(
        self, mask: Mask, state: State, first: int, owed: Mapping[int, int]
    ) -> None:
        """Positions from `first` on where the track has a note to strike, none past one it owes."""
        last = owed.get(state.rank, state.bar_end) - state.origin
        found = self._strikes.places(state, state.rank) & -1 << first & (1 << (last + 1)) - 1
        positions = mask[self._spans["Position"]]
        positions[:] = to_array(found, len(positions))

    def _offer_after_note(self, mask: Mask, state: State, owed: Mapping[int, int]) -> None:
        """After a note: another above it, a later position, a later track, or the bar's end."""
        upwards = self._upwards(state)
        self._offer_pitches(mask, upwards)
        if not upwards:
            mask[self._spans["Velocity"]] = False
        stay = owed.get(state.rank) == state.tick and self._strikes.due(state, state.rank) is None
        if self._texture is not None and self._strikes.line(state, state.rank) is None:
            stay |= self._texture.wanting(state, state.rank, state.tick) >= 1
        if stay:
            mask[self._spans["Position"]] = False
        else:
            self._offer_positions(mask, state, state.tick - state.origin + 1, owed)
        if stay or state.rank in owed:
            mask[self._spans["Track"]] = False
            mask[self._closing] = False
        else:
            self._offer_tracks(mask, state, state.rank, owed)
