"""Edits of pitches and instruments: transpose, play on something else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from ..bounds import is_whole
from ..errors import EditError
from ..instruments import parse_instrument, program_range
from ..pitch import pitch_name
from ..plan import Plan
from ..score import ChordSpan, KeyChange, Note, Score
from ..spelling import spell_chord
from .edits import Edit
from .moment import Moment
from .places import Selection, check_track
from .timeline import with_chords
from .write import Composer


@dataclass(frozen=True)
class Transpose(Edit):
    """Move notes up or down by semitones; drums stay.

    Chords and keys move along in the bars in which all pitched tracks do.
    """

    word: ClassVar[str] = "transpose"
    where: Selection
    semitones: int

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Move the notes that begin there."""
        score, steps = now.score, self.semitones
        if not is_whole(steps, -127, 127):
            raise EditError(f"{steps!r} semitones; allowed: whole numbers from -127 to 127")
        pitched = [track.name for track in score.tracks if not track.is_drums]
        cells = frozenset(cell for cell in self.where.cells(score) if cell[0] in pitched)
        now.refuse_locked(cells, "it cannot be transposed")
        tracks = []
        for track in score.tracks:
            notes = []
            for note in track.notes:
                moves = (track.name, score.bar_at(note.onset)) in cells
                if moves:
                    held = now.sounds_locked(track.name, note)
                    now.refuse_locked(held, "what rings into it cannot be transposed")
                notes.append(_higher(note, steps, track.name) if moves else note)
            tracks.append(replace(track, notes=tuple(notes)))
        bars = sorted({bar for _, bar in cells})
        together = [bar for bar in bars if all((name, bar) in cells for name in pitched)]
        moved = replace(score, tracks=tuple(tracks))
        for bar in together if steps % 12 else ():
            moved = _bar_in_key(moved, score, bar, steps)
        whole = {
            name for name in pitched if all((name, b) in cells for b in range(len(score.bars)))
        }
        plan = None if score.plan is None else _ranges_moved(score.plan, whole, steps)
        return replace(now, score=replace(score, plan=plan)).with_score(moved)


def _higher(note: Note, semitones: int, name: str) -> Note:
    if not 0 <= note.pitch + semitones <= 127:
        raise EditError(
            f"{name}: {pitch_name(note.pitch)} cannot move by {semitones} semitones; allowed: MIDI "
            "pitches 0 to 127"
        )
    return replace(note, pitch=note.pitch + semitones)


def _bar_in_key(score: Score, old: Score, bar: int, semitones: int) -> Score:
    """The score with the chords and keys that a bar has in the old one, moved by semitones."""
    start, end = old.bar_starts[bar], old.bar_starts[bar + 1]
    before, after = score.key_at(start - 1) if start else None, score.key_at(end)
    inside = [change for change in old.keys if start < change.tick < end]
    held = old.key_at(start)
    opening = [] if held is None else [KeyChange(start, held)]
    turned = [replace(c, key=c.key.transpose(semitones)) for c in (*opening, *inside)]
    keys = [change for change in score.keys if not start <= change.tick <= end]
    keys += turned if not turned or turned[0].key != before else turned[1:]
    if after is not None and end < score.ticks and (not turned or turned[-1].key != after):
        keys.append(KeyChange(end, after))
    spans = []
    for span in old.chords:
        first, stop = max(span.onset, start), min(span.end, end)
        if first < stop:
            spans.append(ChordSpan(first, stop - first, span.chord))
    keyed = replace(score, keys=tuple(keys))
    moved = [_chord_moved(keyed, span, semitones) for span in spans]
    return with_chords(keyed, start, end, moved)


def _chord_moved(score: Score, span: ChordSpan, semitones: int) -> ChordSpan:
    chord = span.chord
    if chord.is_none:
        return span
    bass = None if chord.bass is None else (chord.bass_class + semitones) % 12
    key = score.key_at(span.onset)
    root = (chord.root_class + semitones) % 12
    return replace(span, chord=spell_chord(root, chord.quality, bass, key))


def _ranges_moved(plan: Plan, names: set[str], semitones: int) -> Plan:
    """The plan with the ranges of some tracks moved, as far as there are pitches."""
    tracks = tuple(
        replace(t, low=max(t.low + semitones, 0), high=min(t.high + semitones, 127))
        if t.name in names and max(t.low + semitones, 0) + 11 <= min(t.high + semitones, 127)
        else t
        for t in plan.tracks
    )
    return replace(plan, tracks=tracks)


@dataclass(frozen=True)
class Reinstrument(Edit):
    """Give a track to another instrument.

    Notes outside its range are moved by octaves: all of the track together as far as that helps,
    then those that are still outside.
    """

    word: ClassVar[str] = "reinstrument"
    track: str
    instrument: str

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Change the program, and move what it cannot play."""
        score = now.score
        place = check_track(score, self.track)
        track, program = score.tracks[place], parse_instrument(self.instrument)
        if track.is_drums or program < 0:
            raise EditError(f"track {self.track!r}: drums and pitched instruments do not exchange")
        low, high = program_range(program)
        notes = _folded(track.notes, low, high)
        changed = set(track.notes) - set(notes)
        bars = frozenset(cell for n in changed for cell in now.sounds_locked(self.track, n))
        now.refuse_locked(bars, f"its notes cannot be moved into the range of {self.instrument}")
        played = replace(track, program=program, notes=notes)
        tracks = (*score.tracks[:place], played, *score.tracks[place + 1 :])
        plan = score.plan
        if plan is not None:
            said = tuple(
                replace(t, program=program, low=low, high=high) if t.name == self.track else t
                for t in plan.tracks
            )
            plan = replace(plan, tracks=said)
        old = replace(score, tracks=tracks, plan=plan)
        return replace(now, score=old).with_score(replace(score, tracks=tracks))


def _folded(notes: Sequence[Note], low: int, high: int) -> tuple[Note, ...]:
    """Notes moved by octaves into a range; one that would double another there is left out."""

    def outside(shift: int) -> int:
        return sum(not low <= note.pitch + shift <= high for note in notes)

    shift = min((0, *(s for o in range(1, 11) for s in (12 * o, -12 * o))), key=outside)
    found: list[Note] = []
    for note in notes:
        pitch = note.pitch + shift
        while pitch < low:
            pitch += 12
        while pitch > high:
            pitch -= 12
        if pitch == note.pitch or not _doubled(found, note, pitch):
            found.append(replace(note, pitch=pitch))
    return tuple(sorted(found))


def _doubled(found: Sequence[Note], note: Note, pitch: int) -> bool:
    return any(other.pitch == pitch and other.end > note.onset for other in found)
