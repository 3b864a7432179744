"""POP909: songs from the original performance, its corrected edition and its structure labels.

Three archives hold one set. The original has melody, bridge and piano as they were played, and the
times of the beats. The corrected edition has the same notes on a grid of 24 per beat in one
track, with chords and key signatures checked by hand. The structure has sections labelled by
hand. Joined here: the played notes with their roles, on the beats; chords, keys and meter of the
second; sections and bar lines of the third.
"""

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anacrusis.compose.chord import QUALITIES, Chord
from anacrusis.compose.errors import DataError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.files.result import ReadResult
from anacrusis.compose.pitch import class_to_name
from anacrusis.compose.score import (
    TICKS_PER_QUARTER,
    Bar,
    ChordSpan,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)

from ..registry import card_named
from ..sources import resolve
from .pop909_form import Layout, align, find_form, lay_out, read_labels, read_melody
from .snap import as_played, snap

ROLES = {"MELODY": "melody", "BRIDGE": "counter", "PIANO": "chords"}
_EDITION = "POP909_processed/{}*.mid"
_BEATS = "beat_midi.txt"
_STRUCTURE = ("melody.txt", "finalized_chord.txt", "human_label1.txt")
_SAME = 0.1
"""Beats by which the corrected edition's notes may lie from the played ones' beats."""
_SAME_SHARE = 0.9
_STEADY = 0.01
"""A tempo that changes by less than this share is the same."""


class Beats(NamedTuple):
    """Times of a song's beats, in seconds."""

    times: NDArray[np.float64]

    def at(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Beats (from 0, with fractions) at times; steady before the first and after the last."""
        times, places = self.times, np.arange(len(self.times), dtype=float)
        found = np.interp(seconds, times, places)
        first, last = times[1] - times[0], times[-1] - times[-2]
        found = np.where(seconds < times[0], (seconds - times[0]) / first, found)
        after = places[-1] + (seconds - times[-1]) / last
        return np.asarray(np.where(seconds > times[-1], after, found))

    def seconds(self, beats: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `at`."""
        times, last = self.times, len(self.times) - 1
        found = np.interp(beats, np.arange(last + 1), times)
        found = np.where(beats < 0, times[0] + beats * (times[1] - times[0]), found)
        after = times[-1] + (beats - last) * (times[-1] - times[-2])
        return np.asarray(np.where(beats > last, after, found))


class _Played(NamedTuple):
    """A track's notes: onset and end in beats, and as the file has them."""

    name: str
    onsets: NDArray[np.float64]
    ends: NDArray[np.float64]
    notes: tuple[Note, ...]


def read_song(folder: Path, unit: str, labels: int = 1) -> ReadResult:
    """A song of the set's folder; ``unit`` is its MIDI file.

    labels: whose section labels, 1 or 2: two people labelled each song. Where they do not fit the
    notes the score has no sections, the bars are the corrected edition's, and the losses say why.
    Notes carry the played timing as their shift. Raises `DataError` where the corrected edition or
    the structure is missing, or holds another song.
    """
    path = folder / unit
    number = path.parent.name
    edition = _edition(_companion("pop909_cl", folder), number)
    structure = _companion("pop909_structure", folder) / "POP909" / number
    beats = read_beats(path.parent / _BEATS)
    score, losses = read_midi(path)
    tracks = [_played(track, score, beats) for track in score.tracks if track.name in ROLES]
    if not any(track.name == "MELODY" for track in tracks):
        raise DataError("no track MELODY")
    later = _offset(tracks, edition)
    losses = as_played(losses)
    end = max(float(track.ends.max()) for track in tracks)
    try:
        layout = _layout(structure, labels, tracks, edition, end)
    except DataError as error:
        layout = Layout(edition.bars, (), 0)
        lead, losses = later, losses.with_(f"sections not aligned: {error}")
    else:
        lead = float(layout.lead)
    return _assemble(number, layout, lead, lead - later, tracks, edition, beats, losses)


def song_files(folder: Path, unit: str) -> tuple[Path, ...]:
    """The files of a song in the three archives."""
    path = folder / unit
    number = path.parent.name
    edition = sorted(_companion("pop909_cl", folder).glob(_EDITION.format(number)))
    structure = _companion("pop909_structure", folder) / "POP909" / number
    return (path, path.parent / _BEATS, *edition[:1], *(structure / name for name in _STRUCTURE))


def read_beats(path: Path) -> Beats:
    """The beat file of a song: a time in seconds at the start of each line, rising."""
    try:
        times = [float(line.split()[0]) for line in path.read_text("utf-8").splitlines() if line]
    except (OSError, ValueError, IndexError) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error
    if len(times) < 2 or any(b <= a for a, b in pairwise(times)):
        raise DataError(f"{path.name} holds no rising times")
    return Beats(np.array(times))


def name_chord(pitches: list[int], flats: bool) -> tuple[Chord, bool]:
    """The chord that notes spell, lowest first, and whether they spell it in full.

    The lowest note is the root where the table has such a chord; else the first chord of the table
    with these notes, in inversion; else a triad or seventh chord that contains them.
    """
    bass = min(pitches) % 12
    classes = frozenset(pitch % 12 for pitch in pitches)
    if len(classes) > 2:
        exact = [c for root in classes if (c := Chord.from_classes(root, classes, flats))]
        if exact:
            best = min(exact, key=lambda c: (c.root_class != bass, QUALITIES.index(c.quality)))
            return replace(best, bass=class_to_name(bass, flats)), True
    for root in (bass, *sorted(classes - {bass})):
        for quality in ("maj", "min", "7", "min7", "maj7", "hdim7", "maj(9)", "min9"):
            chord = Chord(class_to_name(root, flats), quality)
            if classes <= set(chord.classes):
                return replace(chord, bass=class_to_name(bass, flats)), False
    return Chord.none(), False


@lru_cache(maxsize=8)
def _companion(name: str, folder: Path) -> Path:
    """Another archive's folder: beside this one's, or in the cache."""
    for parent in (folder.parent, folder.parent.parent):
        try:
            return resolve(card_named(name), parent)
        except DataError:
            continue
    return resolve(card_named(name))


def _edition(folder: Path, number: str) -> Score:
    for path in sorted(folder.glob(_EDITION.format(number))):
        return read_midi(path).score
    raise DataError(f"the corrected edition has no song {number}")


def _played(track: Track, score: Score, beats: Beats) -> _Played:
    onsets = np.array([score.seconds(note.onset + note.shift) for note in track.notes])
    ends = np.array([score.seconds(note.end + note.shift) for note in track.notes])
    return _Played(track.name, beats.at(onsets), beats.at(ends), track.notes)


def _offset(tracks: list[_Played], edition: Score) -> float:
    """Beats by which the corrected edition comes later; notes match by pitch and velocity."""
    here: dict[tuple[int, int], list[float]] = {}
    there: dict[tuple[int, int], list[float]] = {}
    for track in tracks:
        for onset, note in zip(track.onsets, track.notes, strict=True):
            here.setdefault((note.pitch, note.velocity), []).append(float(onset))
    for note in edition.tracks[0].notes:
        place = (note.onset + note.shift) / TICKS_PER_QUARTER
        there.setdefault((note.pitch, note.velocity), []).append(place)
    apart = [
        b - a
        for key, places in here.items()
        if len(there.get(key, ())) == len(places)
        for a, b in zip(sorted(places), sorted(there[key]), strict=True)
    ]
    total = sum(len(track.notes) for track in tracks)
    later = round(float(np.median(apart)) * 24) / 24 if apart else 0.0
    if sum(abs(value - later) <= _SAME for value in apart) < _SAME_SHARE * total:
        raise DataError("the corrected edition holds other notes")
    return later


def _layout(
    structure: Path, labels: int, tracks: list[_Played], edition: Score, end: float
) -> Layout:
    if len({bar.meter for bar in edition.bars}) > 1:
        raise DataError("the song changes meter")
    meter = edition.bars[0].meter
    try:
        labelled = read_melody((structure / "melody.txt").read_text("utf-8"))
        chords = (structure / "finalized_chord.txt").read_text("utf-8").splitlines()
        length = sum(float(line.split()[-1]) for line in chords if line.strip())
        text = (structure / f"human_label{labels}.txt").read_text("utf-8")
    except (OSError, ValueError, IndexError) as error:
        raise DataError(f"the structure cannot be read: {error}") from error
    form = find_form(read_labels(text), length, meter)
    melody = [
        (float(onset), note.pitch)
        for track in tracks
        if track.name == "MELODY"
        for onset, note in zip(track.onsets, track.notes, strict=True)
    ]
    places = align(labelled, melody)
    return lay_out(form, places, [onset for onset, _ in labelled], end, meter)


def _assemble(number: str, layout: Layout, lead: float, moved: float, played: list[_Played],
              edition: Score, beats: Beats, losses: Losses) -> ReadResult:  # fmt: skip
    """The score whose tick 0 lies `lead` beats before beat 0, and `moved` after the edition's."""
    tracks, joined = [], 0
    for track in played:
        notes = _on_grid(track, lead)
        joined += len(track.notes) - len(notes)
        tracks.append(Track(track.name.lower(), ROLES[track.name], 0, notes))
    last = max(track.notes[-1].onset for track in tracks)
    bars, total = list(layout.bars), sum(bar.ticks for bar in layout.bars)
    while total <= last:
        bars.append(Bar(bars[-1].meter))
        total += bars[-1].ticks
    flats = bool(edition.keys and edition.keys[0].key.fifths < 0)
    chords, incomplete = _chords(edition, moved, total, flats)
    shift = round(moved * TICKS_PER_QUARTER)
    keys = {max(change.tick + shift, 0): change.key for change in edition.keys
            if change.tick + shift < total}  # fmt: skip
    bare = Score(tuple(bars))
    score = Score(
        bars=tuple(bars),
        tracks=tuple(tracks),
        tempos=_tempos(bare.bar_starts, lead, beats),
        keys=tuple(KeyChange(tick, key) for tick, key in sorted(keys.items())),
        sections=tuple(Section(s.name, s.bar, s.bars) for s in layout.sections),
        chords=chords,
        title=f"POP909 {number}",
    )
    losses = losses.with_("notes joined with one at the same place", joined)
    return ReadResult(score, losses.with_("chords with tones left out", incomplete))


def _on_grid(track: _Played, lead: float) -> tuple[Note, ...]:
    """The notes at their grid places, with the played timing as shift; one per place and pitch."""
    places = (np.maximum(track.onsets + lead, 0.0) * TICKS_PER_QUARTER).tolist()
    lengths = np.rint((track.ends - track.onsets) * TICKS_PER_QUARTER).astype(int).tolist()
    found: dict[tuple[int, int], Note] = {}
    rows = zip(snap(places), places, lengths, track.notes, strict=True)
    for onset, place, length, note in rows:
        other = found.get((onset, note.pitch))
        if other is None or note.velocity > other.velocity:
            found[onset, note.pitch] = Note(
                onset, note.pitch, max(length, 1), note.velocity, round(place - onset, 3)
            )
    return tuple(sorted(found.values()))


def _chords(
    edition: Score, moved: float, total: int, flats: bool
) -> tuple[tuple[ChordSpan, ...], int]:
    """The chord lane from the edition's chord track; a chord lasts until the next."""
    if len(edition.tracks) < 2:
        return (), 0
    groups: dict[int, list[Note]] = {}
    for note in edition.tracks[1].notes:
        tick = round(note.onset + note.shift + moved * TICKS_PER_QUARTER)
        groups.setdefault(max(tick, 0), []).append(note)
    spans, count = list[ChordSpan](), Counter[bool]()
    onsets = sorted(groups)
    for onset, until in zip(onsets, [*onsets[1:], total], strict=True):
        notes = groups[onset]
        stop = min(until, onset + max(note.duration for note in notes), total)
        chord, complete = name_chord([note.pitch for note in notes], flats)
        count[complete] += 1
        if spans and spans[-1].end < onset <= spans[-1].end + TICKS_PER_QUARTER // 2:
            spans[-1] = replace(spans[-1], duration=onset - spans[-1].onset)
        if stop > onset:
            spans.append(ChordSpan(onset, stop - onset, chord))
    return tuple(spans), count[False]


def _tempos(starts: tuple[int, ...], lead: float, beats: Beats) -> tuple[TempoChange, ...]:
    """Quarter notes per minute, bar by bar where they change."""
    ticks = np.array(starts, dtype=float)
    seconds = beats.seconds(ticks / TICKS_PER_QUARTER - lead)
    changes: list[TempoChange] = []
    for tick, length, time in zip(starts, np.diff(ticks), np.diff(seconds), strict=False):
        bpm = round(float(length) / TICKS_PER_QUARTER * 60 / float(time), 1)
        if not changes or abs(bpm / changes[-1].bpm - 1) > _STEADY:
            changes.append(TempoChange(tick, bpm))
    return tuple(changes)
