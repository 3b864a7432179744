"""Accompaniment and harmonisation of POP909's melodies, measured as FGG measured them.

The measures are those of Zhu et al. 2025 ("Efficient fine-grained guidance for diffusion model
based symbolic music generation", table 1), as the package smg-metrics computes them from MIDI
files: the share of sixteenths with notes outside the key, the share of beats whose recognised chord
is that of the human accompaniment, and the likeness of two-bar progressions in an embedding. Only
what was written is measured, not the melody that was given.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.analysis.harmonise import harmonise
from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import DataError
from anacrusis.compose.files.midi_write import write_midi
from anacrusis.compose.key import Key
from anacrusis.compose.score import ChordSpan, KeyChange, Score

from ..loaders.clean import cut
from ..loaders.piece import Piece
from .tasks import Row, Task, Writer, means
from .tasks import figure as tasks_figure

SET = "pop909"
BARS = 8
"""Length of a stretch."""
PUBLISHED = {
    "outside the key": 0.0,
    "chord accuracy": 0.485,
    "chord similarity": 0.767,
    "roll IoU": 0.281,
}
"""FGG's own figures (Zhu et al. 2025, table 1)."""
_TITLES = (
    "outside the key", "outside the song's key", "chord accuracy", "chord similarity", "roll IoU",
)  # fmt: skip
_STEP = 3
"""Ticks of a sixteenth."""
_MELODY_NOTES, _OTHER_NOTES = 8, 16
"""Fewest notes of a stretch."""


class Measures(NamedTuple):
    """One accompaniment beside the human one, all 0 to 1.

    outside_key: share of sixteenths with a note outside the key that the notes themselves suggest
    (Krumhansl); outside_stated: outside the song's own key. chords: share of beats with the same
    recognised chord, major or minor. progressions: likeness of chord progressions. roll:
    intersection over union of the piano rolls in sixteenths.
    """

    outside_key: float
    outside_stated: float
    chords: float
    progressions: float
    roll: float


def stretches(pieces: Iterable[Piece], count: int, seed: int = 0) -> list[Task]:
    """At most `count` stretches with a melody and an accompaniment to hide, one of a song.

    Raises `DataError` where there is none.
    """
    found: list[Task] = []
    for piece in pieces:
        if len(found) == count:
            break
        rng = np.random.default_rng((seed, len(found)))
        task = _stretch(piece, rng)
        if task is not None:
            found.append(task)
    if not found:
        raise DataError("no song has a stretch to measure; take more songs")
    return found


def _stretch(piece: Piece, rng: np.random.Generator) -> Task | None:
    """A stretch of a song at random, None where the song has none."""
    for first in rng.permutation(max(len(piece.score.bars) - BARS + 1, 0)):
        score = cut(piece.score, int(first), int(first) + BARS)
        if any(bar.length is not None for bar in score.bars) or len(score.keys) != 1:
            continue
        melody = sum(len(track.notes) for track in score.tracks if track.role == "melody")
        others = [i for i, t in enumerate(score.tracks) if t.role != "melody" and t.notes]
        written = sum(len(score.tracks[place].notes) for place in others)
        chords = all(score.chord_at(start) is not None for start in score.bar_starts[:-1])
        if melody >= _MELODY_NOTES and written >= _OTHER_NOTES and chords:
            blanks = {place: range(BARS) for place in others}
            return Task(piece.id, piece.style, "accompaniment", score, blanks)
    return None


def within_key(task: Task) -> Task:
    """The task with chords of the key alone, so that nothing outside it can be written.

    A chord with a note outside becomes the triad of the key that shares most notes with it, the
    same root first. A minor key is written as its relative major, so that its sixth and seventh
    degree stay as they are.
    """
    key = task.score.keys[0].key
    major = key if key.mode == "major" else Key.from_class(key.tonic_class + 3)
    spans = tuple(replace(s, chord=_chord_within(s.chord, major)) for s in task.score.chords)
    score = replace(task.score, chords=spans, keys=(KeyChange(0, major),))
    return task._replace(score=score, kind="accompaniment within the key")


def _chord_within(chord: Chord, key: Key) -> Chord:
    """The chord itself, or the triad of the key that is most like it; the tonic's for none."""
    if not chord.is_none and set(chord.classes) <= set(key.scale):
        return chord

    def likeness(triad: Chord) -> tuple[int, bool]:
        return len(set(chord.classes) & set(triad.classes)), chord.root_class == triad.root_class

    found = [
        Chord.from_classes(
            root, frozenset(key.scale[(n + step) % 7] for step in (0, 2, 4)), key.flats
        )
        for n, root in enumerate(key.scale)
    ]
    return max((triad for triad in found if triad is not None), key=likeness)


def harmonised(task: Task) -> Task:
    """The task with the chords that the melody suggests; those of the song are not known."""
    tracks = tuple(t for i, t in enumerate(task.score.tracks) if i not in task.blanks)
    chords: tuple[ChordSpan, ...] = harmonise(replace(task.score, tracks=tracks, chords=()))
    return task._replace(score=replace(task.score, chords=chords), kind="harmonisation")


def compare(task: Task, written: Score) -> Measures:
    """What was written beside what was hidden."""
    from smg_metrics.chord_accuracy import compute_ca
    from smg_metrics.chord_similarity import compute_cs
    from smg_metrics.harmony import out_of_key_fraction

    parts = {
        name: replace(score, tracks=tuple(score.tracks[place] for place in task.blanks))
        for name, score in (("truth", task.score), ("written", written))
    }
    if not any(track.notes for track in parts["written"].tracks):
        return Measures(0.0, 0.0, 0.0, 0.0, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.mid" for name in parts}
        for name, score in parts.items():
            write_midi(score, files[name])
        outside = out_of_key_fraction(files["written"])
        chords = compute_ca(files["written"], files["truth"], method="dp")
        progressions = compute_cs(files["written"], files["truth"])
    rolls = [_roll(score) for score in parts.values()]
    shared, all_ = (rolls[0] & rolls[1]).sum(), (rolls[0] | rolls[1]).sum()
    return Measures(
        outside,
        _outside(parts["written"], task.score.keys[0].key),
        chords,
        progressions,
        float(shared / max(all_, 1)),
    )


def _roll(score: Score) -> NDArray[np.bool_]:
    """Which pitches sound in each sixteenth, bool `[sixteenths, 128]`."""
    roll = np.zeros((-(-score.ticks // _STEP), 128), bool)
    for track in score.tracks:
        for note in track.notes:
            roll[note.onset // _STEP : -(-note.end // _STEP), note.pitch] = True
    return roll


def _outside(score: Score, key: Key) -> float:
    """Share of sixteenths with a note outside a key's scale."""
    strange = [pitch for pitch in range(128) if pitch % 12 not in key.scale]
    return float(_roll(score)[:, strange].any(1).mean())


def evaluate(
    found: Sequence[Task],
    writers: Mapping[str, Writer],
    progress: Callable[[int, int], None] | None = None,
) -> list[Row[Measures]]:
    """Let every writer do every task in all three ways; people's own music stands first."""
    results: dict[tuple[str, str], list[Measures]] = {}
    for done, task in enumerate(found):
        results.setdefault(("the song itself", "people"), []).append(compare(task, task.score))
        for kind in (task, within_key(task), harmonised(task)):
            for name, write in writers.items():
                measured = compare(task, write(kind, done))
                results.setdefault((kind.kind, name), []).append(measured)
        if progress is not None:
            progress(done + 1, len(found))
    return means(results, Measures)


def table(rows: Sequence[Row[Measures]]) -> str:
    """The rows as a Markdown table."""
    head = (
        "| task | written by | stretches | outside the key | outside the song's key "
        "| chord accuracy | chord similarity | roll IoU |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    lines = (
        f"| {row.kind} | {row.writer} | {row.tasks} | {row.means.outside_key:.1%} "
        f"| {row.means.outside_stated:.1%} | {row.means.chords:.3f} "
        f"| {row.means.progressions:.3f} | {row.means.roll:.3f} |"
        for row in rows
    )
    return "\n".join((head, *lines))


def figure(rows: Sequence[Row[Measures]]) -> bytes:
    """The rows as a picture, PNG, the published values as dashed lines."""
    return tasks_figure(rows, _TITLES, PUBLISHED)
