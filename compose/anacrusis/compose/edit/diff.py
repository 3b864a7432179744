"""What differs between two scores: bars and notes, track by track, and what holds for all."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..pitch import pitch_name
from ..score import Note, Score, Track
from ..wording import counted
from .places import number_of, numbers_text


@dataclass(frozen=True)
class TrackDiff:
    """What differs in a track.

    kind: ``changed``, ``added`` or ``removed``. bars: numbers of the bars in which other notes
    begin. gone, new: the notes that only the old or only the new score has.
    """

    track: str
    kind: str
    bars: tuple[int, ...]
    gone: tuple[Note, ...]
    new: tuple[Note, ...]
    instrument: tuple[str, str] | None = None

    def __str__(self) -> str:
        words = [] if self.kind == "changed" else [self.kind]
        if self.instrument is not None:
            words.append("{} -> {}".format(*self.instrument))
        if self.bars:
            name = "bar" if len(self.bars) == 1 else "bars"
            words.append(
                f"{name} {numbers_text(self.bars)}: {counted(len(self.gone), 'note')} gone, "
                f"{len(self.new)} new"
            )
        return f"{self.track}: {', '.join(words) or 'controllers differ'}"


@dataclass(frozen=True)
class ScoreDiff:
    """What differs between two scores.

    lanes: what differs for all tracks, of bars, tempos, keys, sections, chords, swing, title and
    composer. tracks: the tracks that differ. pickup: whether bars are numbered from 0.
    """

    lanes: tuple[str, ...]
    tracks: tuple[TrackDiff, ...]

    def __bool__(self) -> bool:
        return bool(self.lanes or self.tracks)

    def __str__(self) -> str:
        lines = [f"{lane} differ" for lane in self.lanes] + [str(track) for track in self.tracks]
        return "\n".join(lines) or "no differences"

    def to_data(self) -> dict[str, Any]:
        """As JSON values; notes are [onset, pitch, duration, velocity]."""
        return {
            "lanes": list(self.lanes),
            "tracks": [
                {
                    "track": track.track,
                    "kind": track.kind,
                    "bars": list(track.bars),
                    "gone": [_row(note) for note in track.gone],
                    "new": [_row(note) for note in track.new],
                }
                for track in self.tracks
            ],
        }


_LANES = ("bars", "tempos", "keys", "sections", "chords", "swing", "title", "composer")


def diff(old: Score, new: Score) -> ScoreDiff:
    """The bars and notes in which two scores differ. Notes are compared in all they are."""
    lanes = tuple(lane for lane in _LANES if getattr(old, lane) != getattr(new, lane))
    return ScoreDiff(lanes, tuple(_tracks(old, new)))


def _tracks(old: Score, new: Score) -> Iterator[TrackDiff]:
    left = {track.name: track for track in old.tracks}
    for track in new.tracks:
        before = left.pop(track.name, None)
        kind = "added" if before is None else "changed"
        found = _notes(old, before or Track(track.name), new, track, kind)
        if before is None or found.bars or found.instrument or before != track:
            yield found
    for track in left.values():
        yield _notes(old, track, new, Track(track.name), "removed")


def _notes(old: Score, before: Track, new: Score, after: Track, kind: str) -> TrackDiff:
    ours, theirs = Counter(before.notes), Counter(after.notes)
    gone, fresh = sorted((ours - theirs).elements()), sorted((theirs - ours).elements())
    bars = {number_of(old, old.bar_at(note.onset)) for note in gone}
    bars |= {number_of(new, new.bar_at(note.onset)) for note in fresh}
    other = kind == "changed" and before.program != after.program
    return TrackDiff(
        after.name, kind, tuple(sorted(bars)), tuple(gone), tuple(fresh),
        (before.instrument, after.instrument) if other else None,
    )  # fmt: skip


def _row(note: Note) -> list[Any]:
    extras = [note.shift, note.cents] if note.shift or note.cents else []
    return [note.onset, note.pitch, note.duration, note.velocity, *extras]


def note_lines(score_diff: ScoreDiff) -> Iterator[str]:
    """Every note that is gone or new, one a line: ``- piano tick 48 C4 for 12 ticks``."""
    for track in score_diff.tracks:
        rows = [(note, "-") for note in track.gone] + [(note, "+") for note in track.new]
        for note, sign in sorted(rows):
            yield (
                f"{sign} {track.track} tick {note.onset} {pitch_name(note.pitch)} for "
                f"{counted(note.duration, 'tick')}, velocity {note.velocity}"
            )
