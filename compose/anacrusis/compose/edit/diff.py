"""What differs between two scores: bars and notes, track by track, and what holds for all."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from ..pitch import pitch_name
from ..score import Note, Score, Track
from ..wording import counted
from .places import numbers_text


@dataclass(frozen=True)
class TrackDiff:
    """What differs in a track.

    kind: ``changed``, ``added`` or ``removed``. bars: numbers of the bars, in the new score, in
    which other notes begin (and in the old one where both have as many bars). gone, new: the notes
    that only the old or only the new score has. instrument, role: what they were and are, where
    they differ.
    """

    track: str
    kind: str
    bars: tuple[int, ...]
    gone: tuple[Note, ...]
    new: tuple[Note, ...]
    instrument: tuple[str, str] | None = None
    role: tuple[str, str] | None = None

    def __str__(self) -> str:
        words = [] if self.kind == "changed" else [self.kind]
        if self.instrument is not None:
            words.append("{} -> {}".format(*self.instrument))
        if self.role is not None:
            words.append("role {} -> {}".format(*self.role))
        if self.gone or self.new:
            name = "bar" if len(self.bars) == 1 else "bars"
            where = f"{name} {numbers_text(self.bars)}: " if self.bars else ""
            words.append(f"{where}{counted(len(self.gone), 'note')} gone, {len(self.new)} new")
        return f"{self.track}: {', '.join(words) or 'controllers differ'}"


@dataclass(frozen=True)
class ScoreDiff:
    """What differs between two scores.

    lanes: what differs for all tracks, of bars, tempos, keys, sections, chords, swing, title and
    composer. tracks: the tracks that differ. rules_gone, rules_new: the rules and wishes, as texts,
    that only the one plan or only the other states, where both scores have one. bars_gone,
    bars_new: numbers, in the old and in the new score, of bars that only one of them has; notes in
    the others are compared by their places in their bars.
    """

    lanes: tuple[str, ...]
    tracks: tuple[TrackDiff, ...]
    rules_gone: tuple[str, ...] = ()
    rules_new: tuple[str, ...] = ()
    bars_gone: tuple[int, ...] = ()
    bars_new: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lanes or self.tracks or self.rules_gone or self.rules_new)

    def __str__(self) -> str:
        lines = [f"{lane} differ" for lane in self.lanes]
        for numbers, what in ((self.bars_gone, "gone"), (self.bars_new, "new")):
            if numbers:
                are = "bar {} is" if len(numbers) == 1 else "bars {} are"
                lines.append(f"{are.format(numbers_text(numbers))} {what}")
        lines += [str(track) for track in self.tracks]
        lines += [f"rule gone: {text}" for text in self.rules_gone]
        lines += [f"rule new: {text}" for text in self.rules_new]
        return "\n".join(lines) or "no differences"

    def to_data(self) -> dict[str, Any]:
        """As JSON values; notes are [onset, pitch, duration, velocity].

        instrument, role: what they were and are, or null where they are the same.
        """
        return {
            "lanes": list(self.lanes),
            "bars": {"gone": list(self.bars_gone), "new": list(self.bars_new)},
            "rules": {"gone": list(self.rules_gone), "new": list(self.rules_new)},
            "tracks": [
                {
                    "track": track.track,
                    "kind": track.kind,
                    "instrument": track.instrument and list(track.instrument),
                    "role": track.role and list(track.role),
                    "bars": list(track.bars),
                    "gone": [_row(note) for note in track.gone],
                    "new": [_row(note) for note in track.new],
                }
                for track in self.tracks
            ],
        }


_LANES = ("bars", "tempos", "keys", "sections", "chords", "swing", "title", "composer")


def diff(old: Score, new: Score) -> ScoreDiff:
    """The bars and notes in which two scores differ. Notes are compared in all they are.

    Where one has more bars than the other, those that hold the same stand for one another.
    """
    moved = _moved(old, new)
    lanes = tuple(lane for lane in _LANES if getattr(old, lane) != getattr(new, lane))
    ours, theirs = _rules(old), _rules(new)
    if old.plan is None or new.plan is None:
        ours = theirs = []
    return ScoreDiff(
        lanes, tuple(_tracks(old, new, moved)),
        tuple(text for text in ours if text not in theirs),
        tuple(text for text in theirs if text not in ours),
        tuple(old.bar_number(bar) for bar in range(len(old.bars)) if bar not in moved),
        tuple(new.bar_number(b) for b in range(len(new.bars)) if b not in moved.values()),
    )  # fmt: skip


def _moved(old: Score, new: Score) -> dict[int, int]:
    """Bar of the old score -> the bar of the new one that stands for it."""
    if len(old.bars) == len(new.bars):
        return {bar: bar for bar in range(len(old.bars))}
    found: dict[int, int] = {}
    match = SequenceMatcher(None, _held(old), _held(new), autojunk=False)
    for _, first, last, begin, end in match.get_opcodes():
        found |= dict(zip(range(first, last), range(begin, end), strict=False))
    return found


def _held(score: Score) -> list[tuple[Any, ...]]:
    """What each bar holds: its meter and notes, by track and place."""
    rows: list[list[tuple[Any, ...]]] = [[] for _ in score.bars]
    for track in score.tracks:
        for note in track.notes:
            bar = score.bar_at(note.onset)
            at = note.onset - score.bar_starts[bar]
            rows[bar].append((track.name, replace(note, onset=at)))
    return [(bar, *sorted(row)) for bar, row in zip(score.bars, rows, strict=True)]


def _rules(score: Score) -> list[str]:
    """The rules and wishes of a score's plan."""
    plan = score.plan
    return [] if plan is None else [str(asked) for asked in (*plan.rules, *plan.wishes)]


def _tracks(old: Score, new: Score, moved: Mapping[int, int]) -> Iterator[TrackDiff]:
    left = {track.name: track for track in old.tracks}
    for track in new.tracks:
        before = left.pop(track.name, None)
        kind = "added" if before is None else "changed"
        found = _notes(old, before or Track(track.name), new, track, kind, moved)
        same = before is not None and replace(before, notes=()) == replace(track, notes=())
        if not same or found.gone or found.new:
            yield found
    for track in left.values():
        yield _notes(old, track, new, Track(track.name), "removed", moved)


def _notes(
    old: Score, before: Track, new: Score, after: Track, kind: str, moved: Mapping[int, int]
) -> TrackDiff:
    theirs, gone, bars = Counter(after.notes), [], set()
    for note in before.notes:
        bar = old.bar_at(note.onset)
        now = moved.get(bar)
        shift = 0 if now is None else new.bar_starts[now] - old.bar_starts[bar]
        there = replace(note, onset=note.onset + shift)
        if now is not None and theirs[there]:
            theirs[there] -= 1
            continue
        gone.append(note)
        if now is not None:
            bars.add(new.bar_number(now))
    fresh = sorted(theirs.elements())
    bars |= {new.bar_number(new.bar_at(note.onset)) for note in fresh}
    same = kind == "changed"
    return TrackDiff(
        after.name, kind, tuple(sorted(bars)), tuple(gone), tuple(fresh),
        (before.instrument, after.instrument) if same and before.program != after.program else None,
        (before.role, after.role) if same and before.role != after.role else None,
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
