"""Infilling: bars of held-out music are hidden and written anew, and compared with the truth.

Two baselines stand beside the model: the track's nearest bar that is not hidden, again and again,
and bars of the training pieces over the same chord, drawn at random and moved to its root. The
chords are those of the whole piece: every writer knows them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from anacrusis.compose.decoding.writer import emptied
from anacrusis.compose.score import Note, Score

from ..loaders.clean import cut
from .tasks import Row, Task, Writer, means
from .tasks import figure as tasks_figure
from .windows import Window

BARS = 16
"""Length of a task."""
HIDDEN = {"track, 4 bars": 4, "all tracks, 2 bars": 2, "track, all bars": BARS}
"""Kinds of tasks, and how many bars in a row they hide."""

_MEASURES = ("note F1", "pitch classes", "rhythm F1")


class Likeness(NamedTuple):
    """How far what was written is the truth, 0 to 1, mean over the hidden tracks.

    notes: F1 of notes with the same onset and pitch. pitch_classes: intersection of the shares of
    sounding time. rhythm: F1 of onsets.
    """

    notes: float
    pitch_classes: float
    rhythm: float


def tasks(windows: Sequence[Window], count: int, seed: int = 0) -> list[Task]:
    """At most `count` tasks of each kind, from windows in their order; drawn with a seed."""
    found: list[Task] = []
    for kind, bars in HIDDEN.items():
        rng = np.random.default_rng((seed, bars))
        made = 0
        for window in windows:
            if made == count:
                break
            task = _draw(window, kind, bars, rng)
            if task is not None:
                found.append(task)
                made += 1
    return found


def _draw(window: Window, kind: str, bars: int, rng: np.random.Generator) -> Task | None:
    """A task in a window, or None where no stretch of it has music to hide and to give."""
    length = len(window.score.bars)
    if length < BARS:
        return None
    first = int(rng.integers(0, length - BARS + 1))
    score = cut(window.score, first, first + BARS)
    start = int(rng.integers(1, BARS - bars)) if bars < BARS else 0
    hidden = range(start, start + bars)
    playing = [
        place
        for place, track in enumerate(score.tracks)
        if sum(score.bar_at(note.onset) in hidden for note in track.notes) >= bars
    ]
    if not playing or (bars == BARS and len(playing) < 2):
        return None
    chosen = playing if kind.startswith("all") else [int(rng.choice(playing))]
    return Task(window.name, window.style, kind, score, {place: hidden for place in chosen})


def compare(task: Task, written: Score) -> Likeness:
    """How alike the written bars and the hidden ones are."""
    rows = []
    for place, bars in task.blanks.items():
        begin, end = task.score.bar_starts[bars.start], task.score.bar_starts[bars.stop]
        truth, found = (
            [note for note in score.tracks[place].notes if begin <= note.onset < end]
            for score in (task.score, written)
        )
        rows.append(
            (
                _f1({(n.onset, n.pitch) for n in truth}, {(n.onset, n.pitch) for n in found}),
                _overlap(truth, found),
                _f1({n.onset for n in truth}, {n.onset for n in found}),
            )
        )
    return Likeness(*np.mean(rows, axis=0).tolist())


def _f1(truth: set[object], found: set[object]) -> float:
    return 2 * len(truth & found) / max(len(truth) + len(found), 1)


def _overlap(truth: Iterable[Note], found: Iterable[Note]) -> float:
    shares = []
    for notes in (truth, found):
        weights = np.zeros(12)
        for note in notes:
            weights[note.pitch % 12] += note.duration
        shares.append(weights / max(weights.sum(), 1))
    return float(np.minimum(*shares).sum())


def nearest_bar(task: Task, seed: int) -> Score:
    """Each hidden bar is the last one before it that is not hidden, or else the first after."""
    del seed
    score = emptied(task.score, task.blanks)
    starts = score.bar_starts
    tracks = list(score.tracks)
    for place, bars in task.blanks.items():
        source = bars.start - 1 if bars.start else bars.stop
        if source >= len(score.bars):
            continue  # the whole track is hidden: there is nothing to copy
        begin, end = starts[source], starts[source + 1]
        model = [note for note in tracks[place].notes if begin <= note.onset < end]
        new = [
            replace(note, onset=note.onset - begin + starts[bar])
            for bar in bars
            for note in model
            if note.onset - begin + starts[bar] < starts[bar + 1]
        ]
        tracks[place] = replace(tracks[place], notes=tuple(sorted((*tracks[place].notes, *new))))
    return replace(score, tracks=tuple(tracks))


class _Bar(NamedTuple):
    """A track's notes in a bar, the tick where it starts, and its chord's root."""

    start: int
    root: int
    notes: Sequence[Note]


class BarsByChord:
    """Bars of training pieces by style, role, meter and the chord on their first beat."""

    def __init__(self, pieces: Iterable[tuple[str, Score]], most: int = 400) -> None:
        """pieces: styles and scores. most: bars kept of each kind, drawn from all (Vitter 1985)."""
        self._bars: dict[tuple[object, ...], list[_Bar]] = defaultdict(list)
        seen: dict[tuple[object, ...], int] = defaultdict(int)
        rng = np.random.default_rng(0)
        for style, score in pieces:
            starts = score.bar_starts
            for track in score.tracks:
                notes: dict[int, list[Note]] = defaultdict(list)
                for note in track.notes:
                    notes[score.bar_at(note.onset)].append(note)
                for bar, played in notes.items():
                    root = 0 if track.is_drums else _root(score, bar)
                    kind = _kind(style, score, bar, track.role)
                    place = int(rng.integers(seen[kind] + 1)) if seen[kind] >= most else seen[kind]
                    seen[kind] += 1
                    if place < most:
                        self._bars[kind][place : place + 1] = [_Bar(starts[bar], root, played)]

    def write(self, task: Task, seed: int) -> Score:
        """Each hidden bar is one of its kind, moved to the chord's root; silent where none is."""
        rng = np.random.default_rng(seed)
        score = emptied(task.score, task.blanks)
        tracks = list(score.tracks)
        for place, bars in task.blanks.items():
            track, new = tracks[place], []
            for bar in bars:
                kept = self._bars.get(_kind(task.style, score, bar, track.role), [])
                if not kept:
                    continue
                root = 0 if track.is_drums else _root(score, bar)
                found = kept[int(rng.integers(len(kept)))]
                for note in found.notes:
                    pitch = min(max(note.pitch + root - found.root, 0), 127)
                    onset = note.onset - found.start + score.bar_starts[bar]
                    new.append(replace(note, onset=onset, pitch=pitch))
            tracks[place] = replace(track, notes=tuple(sorted((*track.notes, *new))))
        return replace(score, tracks=tuple(tracks))


def _root(score: Score, bar: int) -> int:
    chord = score.chord_at(score.bar_starts[bar])
    return 0 if chord is None or chord.is_none else chord.root_class


def _kind(style: str, score: Score, bar: int, role: str) -> tuple[object, ...]:
    chord = score.chord_at(score.bar_starts[bar])
    quality = "" if chord is None or role == "drums" else chord.quality
    return style, role, str(score.bars[bar].meter), score.bars[bar].length, quality


def evaluate(
    found: Sequence[Task],
    writers: Mapping[str, Writer],
    progress: Callable[[int, int], None] | None = None,
) -> list[Row[Likeness]]:
    """Let every writer do every task; the means by kind of task, all kinds last."""
    kinds = [*dict.fromkeys(task.kind for task in found), "all"]
    results: dict[tuple[str, str], list[Likeness]] = {
        (kind, name): [] for kind in kinds for name in writers
    }
    for done, task in enumerate(found):
        for name, write in writers.items():
            likeness = compare(task, write(task, done))
            for kind in (task.kind, "all"):
                results[kind, name].append(likeness)
        if progress is not None:
            progress(done + 1, len(found))
    return means({key: rows for key, rows in results.items() if rows}, Likeness)


def table(rows: Sequence[Row[Likeness]]) -> str:
    """The rows as a Markdown table."""
    head = (
        "| hidden | written by | tasks | note F1 | pitch classes | rhythm F1 |\n"
        "| --- | --- | ---: | ---: | ---: | ---: |"
    )
    lines = (
        f"| {row.kind} | {row.writer} | {row.tasks} | {row.means.notes:.3f} "
        f"| {row.means.pitch_classes:.3f} | {row.means.rhythm:.3f} |"
        for row in rows
    )
    return "\n".join((head, *lines))


def figure(rows: Sequence[Row[Likeness]]) -> bytes:
    """The rows as a picture, PNG."""
    return tasks_figure(rows, _MEASURES)
