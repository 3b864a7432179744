"""What a listener could tell of a piece without having heard another: form, melody, rhythm, ending.

Some twenty numbers of one score, by which music of a model is held beside music by people. Entropy
of pitch classes and groove follow Wu and Yang 2020 ("The Jazz Transformer on the Front Line:
Exploring the Shortcomings of AI-composed Music through Quantitative Measures"). Their structureness
reads audio; here the bars themselves are compared, at short, middle and long distance as there.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from anacrusis.compose.analysis.bars import Line, bar_patterns, likeness, melody_line
from anacrusis.compose.analysis.sections import analyse_sections, section_distance
from anacrusis.compose.meter import TICKS_PER_QUARTER
from anacrusis.compose.score import Note, Score, Track


class Measure(NamedTuple):
    """A measure: its name, its unit, what it says. yes_no: a score has only 0 or 1."""

    name: str
    unit: str
    says: str
    yes_no: bool = False


MEASURES = (
    Measure("repeated bars", "share",
            "bars whose pitched notes an earlier bar has, note for note, in any key"),
    Measure("repeated melody bars", "share", "the same of the melody alone"),
    Measure("likeness, 1-3 bars", "0-1",
            "how alike a bar is to the most alike of the three before it, in any key"),
    Measure("likeness, 4-15 bars", "0-1", "the same at middle distance"),
    Measure("likeness, 16-63 bars", "0-1", "the same at long distance"),
    Measure("motif return", "share",
            "figures of four notes, by interval and rhythm, of the melody's first two bars that "
            "come back"),
    Measure("sections repeated", "share", "sections, by analysis, that repeat an earlier one"),
    Measure("distance of named repeats", "0-1",
            "edits per bar from a section to the first one of its name, or the one it is a reprise "
            "of; a bar is the same or not; people's sections often have their names by analysis"),
    Measure("entropy, 1 bar", "bits", "of pitch classes within a bar (Wu and Yang 2020)"),
    Measure("entropy, 4 bars", "bits", "of pitch classes within four bars (Wu and Yang 2020)"),
    Measure("groove", "0-1",
            "sixteenths in which adjacent bars agree on whether a note begins (Wu and Yang 2020)"),
    Measure("density", "notes", "per bar and track"),
    Measure("silent bars", "share", "bars of the pitched tracks in which nothing sounds"),
    Measure("melody rests", "share", "time in which the melody is silent"),
    Measure("longest phrase", "quarters",
            "of the melody, between rests of an eighth or more, or notes of a half or more"),
    Measure("longest equal notes", "quarters",
            "stretch of the melody in notes of one length, shorter than a quarter"),
    Measure("melody range", "semitones", "lowest to highest note"),
    Measure("melody steps", "share", "melodic intervals of one or two semitones"),
    Measure("melody repeats", "share", "melodic intervals that repeat the note"),
    Measure("melody variety", "pitches", "different ones among eight melody notes in a row"),
    Measure("melody see-saws", "share", "melody notes that go on swinging between two pitches: the "
            "fourth of a, b, a, b and later ones"),
    Measure("melody leaps", "share", "melodic intervals of a fourth and more"),
    Measure("bass repeats", "share", "intervals of the bass that repeat the note"),
    Measure("chord tones", "share", "pitched notes that begin on a tone of the chord lane"),
    Measure("chords per bar", "chords", "changes of chord"),
    Measure("ends on the tonic", "share", "pieces whose last chord has the tonic as root", True),
    Measure("ends on a chord tone", "share", "pieces whose melody ends on a chord tone", True),
    Measure("last melody note", "quarters", "its length"),
)  # fmt: skip
"""All measures, in the order in which they are reported."""

_DISTANCES = {"1-3": (1, 3), "4-15": (4, 15), "16-63": (16, 63)}
_SIXTEENTH = TICKS_PER_QUARTER // 4
_FIGURE = 4
"""Notes of a melodic figure."""
_BREATH, _LONG = TICKS_PER_QUARTER // 2, 2 * TICKS_PER_QUARTER
"""Ticks of a rest that parts phrases, and of a note that ends one."""
_NEAR = 8
"""Notes of a melody among which different pitches are counted: the last and the seven before it."""
_STEP, _LEAP = 2, 5
"""Semitones up to which an interval is a step, and from which it is a leap."""

Figure = tuple[tuple[int, ...], ...]


def measures(score: Score, *, ending: bool = True) -> dict[str, float]:
    """The `MEASURES` of a score, by name; one that it has nothing for is left out.

    ending: whether the score's end is the piece's, so that endings are measured.

    >>> from anacrusis.compose.meter import Meter
    >>> from anacrusis.compose.score import Bar
    >>> notes = tuple(Note(12 * beat, 60, 12) for beat in range(8))
    >>> found = measures(Score((Bar(Meter()),) * 2, (Track("flute", notes=notes),)))
    >>> found["repeated bars"], found["melody steps"], found["density"]
    (1.0, 0.0, 4.0)
    """
    line = melody_line(score)
    found = {
        **_repetition(score, line),
        **_form(score),
        **_pitch(score),
        **_rhythm(score),
        **_melody(score, line),
        **_harmony(score),
    }
    if ending:
        found |= _ending(score, line)
    named = ((measure.name, found.get(measure.name, np.nan)) for measure in MEASURES)
    return {name: float(value) for name, value in named if isfinite(value)}


def _pitched(score: Score) -> list[Track]:
    return [track for track in score.tracks if track.notes and not track.is_drums]


def _share(among: Iterable[bool]) -> float:
    """Share of what is true; not a number of nothing."""
    values = list(among)
    return sum(values) / len(values) if values else np.nan


# Bars and sections that come back


def _repetition(score: Score, line: Line) -> dict[str, float]:
    melody = list(zip(line.onsets.tolist(), line.pitches.tolist(), strict=True))
    found = {
        "repeated bars": _repeated(bar_figures(score, _parts(score))),
        "repeated melody bars": _repeated(bar_figures(score, [melody])),
        "motif return": _motif_return(score, line),
    }
    patterns = bar_patterns(score, line)
    alike = np.max([likeness(patterns, shift) for shift in range(12)], axis=0)
    sounding = np.flatnonzero(patterns.harmony.any(axis=(1, 2)))
    for name, (near, far) in _DISTANCES.items():
        best = [
            float(alike[bar, earlier].max())
            for bar in sounding
            if (earlier := sounding[(sounding <= bar - near) & (sounding >= bar - far)]).size
        ]
        found[f"likeness, {name} bars"] = float(np.mean(best)) if best else np.nan
    return found


def _parts(score: Score) -> list[list[tuple[int, int]]]:
    return [[(note.onset, note.pitch) for note in track.notes] for track in _pitched(score)]


def bar_figures(score: Score, parts: Iterable[Iterable[tuple[int, int]]]) -> list[Figure]:
    """Each bar's notes in any key: (part, position, semitones above the bar's lowest note).

    parts: of each part (onset, pitch) of its notes, in ticks and MIDI numbers. A silent bar is ().
    """
    bars: list[list[tuple[int, int, int]]] = [[] for _ in score.bars]
    for number, notes in enumerate(parts):
        for onset, pitch in notes:
            bar, place = score.position(onset)
            bars[bar].append((number, place, pitch))
    lowest = [min((pitch for _, _, pitch in bar), default=0) for bar in bars]
    return [
        tuple(sorted({(part, place, pitch - low) for part, place, pitch in bar}))
        for bar, low in zip(bars, lowest, strict=True)
    ]


def _repeated(figures: list[Figure]) -> float:
    """Share of the sounding bars, from the second on, that an earlier one equals."""
    sounding = [figure for figure in figures if figure]
    return _share(figure in sounding[:place] for place, figure in enumerate(sounding) if place)


def _motif_return(score: Score, line: Line) -> float:
    if not line.onsets.size:
        return np.nan
    onsets, pitches = line.onsets.tolist(), line.pitches.tolist()
    opening = score.bar_at(onsets[0]) + 2
    first, later = set[Figure](), set[Figure]()
    for at in range(len(onsets) - _FIGURE + 1):
        times, heights = onsets[at : at + _FIGURE], pitches[at : at + _FIGURE]
        figure = (_intervals(times), _intervals(heights))
        if score.bar_at(times[-1]) < opening:
            first.add(figure)
        elif score.bar_at(times[0]) >= opening:
            later.add(figure)
    return len(first & later) / len(first) if first else np.nan


def _intervals(values: list[int]) -> tuple[int, ...]:
    return tuple(b - a for a, b in pairwise(values))


def _form(score: Score) -> dict[str, float]:
    repeats = analyse_sections(score).repeats
    figures = bar_figures(score, _parts(score))
    distances = []
    for model, later in _named_repeats(score):
        one, other = (
            figures[s.bar : s.bar + s.bars] for s in (score.sections[model], score.sections[later])
        )
        equal = np.array([[a == b for b in other] for a in one], dtype=np.float32)
        distances.append(section_distance(equal))
    return {
        "sections repeated": _share(repeat is not None for repeat in repeats[1:]),
        "distance of named repeats": float(np.mean(distances)) if distances else np.nan,
    }


def _named_repeats(score: Score) -> Iterator[tuple[int, int]]:
    """Pairs of sections, by index, the later of which is said to repeat the earlier one.

    A reprise of the score's plan says so, and an equal name (A' and A 2 are A again).
    """
    planned = score.plan.sections if score.plan is not None else ()
    reprises = [section.reprise for section in planned]
    if len(reprises) != len(score.sections):
        reprises = [None] * len(score.sections)
    places: dict[str, int] = {}
    for index, (named, reprise) in enumerate(zip(score.sections, reprises, strict=True)):
        likes = re.sub(r"[\s\d']+$", "", named.name)
        model = places.get(reprise or likes)
        if model is not None:
            yield model, index
        for name in (named.name, likes):
            places.setdefault(name, index)


# Pitch and rhythm


def _pitch(score: Score) -> dict[str, float]:
    counts = np.zeros((len(score.bars), 12))
    for track in _pitched(score):
        for note in track.notes:
            counts[score.bar_at(note.onset), note.pitch % 12] += 1
    return {
        "entropy, 1 bar": _entropy(counts),
        "entropy, 4 bars": _entropy(
            np.add.reduceat(counts, np.arange(0, len(counts), 4), axis=0)[: len(counts) // 4 or 1]
        ),
    }


def _entropy(counts: NDArray[np.float64]) -> float:
    """Mean entropy in bits of the rows `[windows, 12]` that have notes."""
    counts = counts[counts.any(axis=1)]
    if not len(counts):
        return np.nan
    shares = counts / counts.sum(axis=1, keepdims=True)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return float(np.mean(-np.sum(shares * logs, axis=1)))


def _rhythm(score: Score) -> dict[str, float]:
    sounding = [track for track in score.tracks if track.notes]
    begins: list[set[int]] = [set() for _ in score.bars]
    for _, note in score.notes():
        bar, place = score.position(note.onset)
        begins[bar].add(place // _SIXTEENTH)
    agreement = [
        1 - len(begins[bar] ^ begins[bar + 1]) / max(score.bars[bar].ticks // _SIXTEENTH, 1)
        for bar in range(len(score.bars) - 1)
        if score.bars[bar] == score.bars[bar + 1] and (begins[bar] or begins[bar + 1])
    ]
    notes = sum(len(track.notes) for track in sounding)
    cells = len(score.bars) * len(sounding)
    return {
        "groove": float(np.mean(agreement)) if agreement else np.nan,
        "density": notes / cells if cells else np.nan,
        "silent bars": _share(
            not sounds for track in _pitched(score) for sounds in _bars_sounding(score, track)
        ),
    }


def _bars_sounding(score: Score, track: Track) -> NDArray[np.bool_]:
    sounds = np.zeros(len(score.bars), bool)
    for note in track.notes:
        sounds[score.bar_at(note.onset) : score.bar_at(min(note.end, score.ticks) - 1) + 1] = True
    return sounds


def _melody(score: Score, line: Line) -> dict[str, float]:
    moves = np.abs(np.diff(line.pitches))
    bass = _bass_line(score)
    sounds = np.zeros(score.ticks, bool)
    for note in _melody_notes(score):
        sounds[note.onset : note.end] = True
    heard = line.pitches.size > 0
    return {
        "melody rests": 1 - float(sounds.mean()) if heard else np.nan,
        "longest phrase": _longest_phrase(line.onsets, sounds) if heard else np.nan,
        "longest equal notes": _longest_equal(line.onsets) if heard else np.nan,
        "melody range": float(np.ptp(line.pitches)) if heard else np.nan,
        "melody steps": _share(0 < move <= _STEP for move in moves),
        "melody repeats": _share(move == 0 for move in moves),
        "melody variety": _variety(line.pitches),
        "melody see-saws": _share(_swings(line.pitches)),
        "melody leaps": _share(move >= _LEAP for move in moves),
        "bass repeats": _share(a == b for a, b in pairwise(bass)),
    }


def _swings(pitches: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of the fourth note on, whether it and the three before it are two pitches in turn."""
    first, second, third, fourth = (pitches[n : pitches.size - 3 + n] for n in range(4))
    swings: NDArray[np.bool_] = (first == third) & (second == fourth) & (first != second)
    return swings


def _variety(pitches: NDArray[np.int64]) -> float:
    """Mean number of different pitches among `_NEAR` notes in a row; not a number of fewer."""
    if pitches.size < _NEAR:
        return np.nan
    return float(np.mean([len(set(row)) for row in sliding_window_view(pitches, _NEAR).tolist()]))


def _longest_phrase(onsets: NDArray[np.int64], sounds: NDArray[np.bool_]) -> float:
    """Quarter notes from the first onset after a breath to the last one before the next."""
    silent = np.concatenate(([0], np.cumsum(~sounds)))
    apart = np.diff(onsets)
    breaths = (np.diff(silent[onsets]) >= _BREATH) | (apart >= _LONG)
    phrases = np.split(onsets, np.flatnonzero(breaths) + 1)
    return max(float(np.ptp(phrase)) for phrase in phrases) / TICKS_PER_QUARTER


def _longest_equal(onsets: NDArray[np.int64]) -> float:
    """Quarter notes of the longest row of short notes as far apart as the first two of them."""
    apart = np.diff(onsets)
    rows = np.split(apart, np.flatnonzero(np.diff(apart)) + 1)
    short = [row for row in rows if row.size and row[0] < TICKS_PER_QUARTER]
    return max((float(row.sum()) for row in short), default=0.0) / TICKS_PER_QUARTER


def _melody_notes(score: Score) -> list[Note]:
    """Notes of the tracks that `analysis.bars.melody_line` takes the melody from."""
    pitched = _pitched(score)
    leading = [track for track in pitched if track.role == "melody"] or pitched
    return [note for track in leading for note in track.notes]


def _bass_line(score: Score) -> list[int]:
    """The lowest pitch at each onset of the bass, else of the lowest track beside the melody."""
    pitched = _pitched(score)
    others = [track for track in pitched if track.role != "melody"]
    lowest = sorted(others, key=lambda track: np.mean([note.pitch for note in track.notes]))[:1]
    low: dict[int, int] = {}
    for track in [track for track in pitched if track.role == "bass"] or lowest:
        for note in track.notes:
            low[note.onset] = min(note.pitch, low.get(note.onset, 127))
    return [low[onset] for onset in sorted(low)]


# Harmony and the ending


def _harmony(score: Score) -> dict[str, float]:
    spans = [span for span in score.chords if not span.chord.is_none]
    changes = len(spans) and 1 + sum(a.chord != b.chord for a, b in pairwise(spans))
    return {
        "chord tones": _share(
            note.pitch % 12 in chord.classes
            for track in _pitched(score)
            for note in track.notes
            if (chord := score.chord_at(note.onset)) is not None and not chord.is_none
        ),
        "chords per bar": changes / len(score.bars) if spans else np.nan,
    }


def _ending(score: Score, line: Line) -> dict[str, float]:
    found: dict[str, float] = {}
    spans = [span for span in score.chords if not span.chord.is_none]
    if spans and (key := score.key_at(spans[-1].onset)) is not None:
        found["ends on the tonic"] = float(spans[-1].chord.root_class == key.tonic_class)
    if line.onsets.size:
        onset, pitch = int(line.onsets[-1]), int(line.pitches[-1])
        end = max(note.end for note in _melody_notes(score) if note.onset == onset)
        found["last melody note"] = (min(end, score.ticks) - onset) / TICKS_PER_QUARTER
        chord = score.chord_at(onset)
        if chord is not None and not chord.is_none:
            found["ends on a chord tone"] = float(pitch % 12 in chord.classes)
    return found
