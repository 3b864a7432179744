"""The four chord rules of docs/chord-guarantee.md, and the names of non-chord tones."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from ..pitch import pitch_name
from ..score import Note, Score, Track
from .lane import Lane
from .pedal import Pedals
from .report import NonChordTone

SHORT = 12
"""Longest passing tone, neighbour or appoggiatura, and how early an anticipation may come."""
SUSPENDED = 24
"""Longest time a suspension lasts after the chord has changed, and an accented tone at all."""


class Broken(NamedTuple):
    """A broken chord rule: its name, the tick where it shows, what happened, and the note."""

    rule: str
    tick: int
    message: str
    note: Note


class Line:
    """One pitched track read against the chord lane."""

    def __init__(self, score: Score, track: Track, lane: Lane) -> None:
        self.score = score
        self.track = track
        self.lane = lane
        self.starting: defaultdict[int, list[Note]] = defaultdict(list)
        for note in track.notes:
            self.starting[note.onset].append(note)
        self.pedals = Pedals(track, lane)
        self.by_end = sorted(track.notes, key=lambda note: note.end)
        self.ends = [note.end for note in self.by_end]

    def broken(self) -> Iterator[Broken]:
        """Every violation of the four rules."""
        changes = set(self.lane.changes)
        for note in self.track.notes:
            yield from self._at_onset(note, changes)
            for change in self.lane.changes_between(note.onset, note.end):
                belongs = self.lane.is_tone(note.pitch, change)
                if not belongs and not self._is_suspension(note, change):
                    message = (
                        f"{pitch_name(note.pitch)} is held into {self._chord(change)} and is "
                        "neither one of its tones nor a suspension that resolves"
                    )
                    yield Broken("held", change, message, note)

    def _at_onset(self, note: Note, changes: set[int]) -> Iterator[Broken]:
        tick, name = note.onset, pitch_name(note.pitch)
        changing = tick in changes
        if not self.lane.is_tone(note.pitch, tick):
            if changing or self._is_strong(tick):
                where = "where the chord changes" if changing else "on a strong beat"
                message = f"{name} starts {where} but is not a tone of {self._chord(tick)}"
                yield Broken("strong", tick, message, note)
            elif not self._is_anticipation(note) and not self._resolves_at_once(note):
                message = (
                    f"{name} is not a tone of {self._chord(tick)}, and neither resolves by step "
                    f"within {SHORT} ticks nor anticipates the next chord"
                )
                yield Broken("non-chord tone", tick, message, note)
        chord = self.lane.at(tick)
        is_bass = self.track.role == "bass" and changing and chord is not None
        if is_bass and chord is not None and note.pitch % 12 != chord.bass_class:
            wanted = chord.bass or chord.root
            message = f"{name} starts with {chord}, whose bass is {wanted}"
            yield Broken("bass", tick, message, note)

    def non_chord_tones(self) -> Iterator[NonChordTone]:
        """Every note outside its chord, with its kind."""
        for note in self.track.notes:
            if not self.lane.is_tone(note.pitch, note.onset):
                yield NonChordTone(self.track.name, note.onset, note, self._kind(note))
            for change in self.lane.changes_between(note.onset, note.end):
                if not self.lane.is_tone(note.pitch, change):
                    kind = "pedal" if self.pedals.covers(note, change) else "unresolved"
                    if self._is_suspension(note, change):
                        kind = "suspension"
                    yield NonChordTone(self.track.name, change, note, kind)

    def _kind(self, note: Note) -> str:
        """What a note is that starts outside its chord.

        On a strong beat, or where the chord changes, it breaks a rule, but has a name all the same:
        an accented passing tone, neighbour or appoggiatura, a suspension that is struck again.
        """
        if self.pedals.covers(note, note.onset):
            return "pedal"
        changing = note.onset in self.lane.changes_between(note.onset - 1, note.onset + 1)
        accented = changing or self._is_strong(note.onset)
        if not accented and self._is_anticipation(note):
            return "anticipation"
        resolution = self._resolution(note)
        if resolution is None or note.duration > (SUSPENDED if accented else SHORT):
            return "unresolved"
        before = self._before(note)
        approach = None if before is None else note.pitch - before.pitch
        if approach == 0:
            return "suspension"
        if approach is None or abs(approach) > 2:
            return "appoggiatura"
        same_way = (approach > 0) == (resolution.pitch > note.pitch)
        return "passing" if same_way else "neighbour"

    def _is_strong(self, tick: int) -> bool:
        bar, position = self.score.position(tick)
        return position in self.score.bars[bar].meter.strong

    def _resolution(self, note: Note) -> Note | None:
        """The chord tone a step away that starts at the note's end."""
        for after in self.starting.get(note.end, ()):
            step = abs(after.pitch - note.pitch)
            if step in (1, 2) and self.lane.is_tone(after.pitch, note.end):
                return after
        return None

    def _resolves_at_once(self, note: Note) -> bool:
        return note.duration <= SHORT and self._resolution(note) is not None

    def _is_anticipation(self, note: Note) -> bool:
        for change in self.lane.changes_between(note.onset, note.onset + SHORT + 1):
            if not self.lane.is_tone(note.pitch, change):
                continue
            again = (after.pitch == note.pitch for after in self.starting.get(change, ()))
            if note.end > change or (note.end == change and any(again)):
                return True
        return False

    def _is_suspension(self, note: Note, change: int) -> bool:
        return (
            self.lane.is_tone(note.pitch, change - 1)
            and note.end - change <= SUSPENDED
            and not self.lane.changes_between(change, note.end)
            and self._resolution(note) is not None
        )

    def _before(self, note: Note) -> Note | None:
        """The note this one comes from: the nearest in pitch of those that ended last."""
        index = bisect_right(self.ends, note.onset)
        if index == 0 or note.onset - self.ends[index - 1] > SHORT:
            return None
        end = self.ends[index - 1]
        last = []
        while index and self.ends[index - 1] == end:
            index -= 1
            last.append(self.by_end[index])
        return min(last, key=lambda other: abs(other.pitch - note.pitch))

    def _chord(self, tick: int) -> str:
        return str(self.lane.at(tick) or "N.C.")
