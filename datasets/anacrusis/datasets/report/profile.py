"""What the music of a set is like: distributions over its pieces, for the plots and tables."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

import numpy as np
import numpy.typing as npt

from anacrusis.compose.instruments import ROLES
from anacrusis.compose.tokens.vocabulary import section_label

from ..loaders.piece import Piece

Pitches = npt.NDArray[np.int64]


@dataclass
class Profile:
    """Counts over the pieces of a set.

    lengths: bars of each piece. keys, meters: bars in each. tempi: quarters per minute at each
    piece's start. pitches: role -> int64 [128], notes of each pitch. densities: role -> notes per
    bar of each track, where it plays. qualities, chord_ticks: spans and their length by quality.
    harmonies: root and quality relative to the key, by ticks. changes: chords per bar of each
    piece. sections, section_bars: names, and lengths in bars.
    """

    lengths: list[int] = field(default_factory=list)
    keys: Counter[str] = field(default_factory=Counter)
    meters: Counter[str] = field(default_factory=Counter)
    tempi: list[float] = field(default_factory=list)
    pitches: dict[str, Pitches] = field(default_factory=dict)
    densities: dict[str, list[float]] = field(default_factory=dict)
    qualities: Counter[str] = field(default_factory=Counter)
    harmonies: Counter[str] = field(default_factory=Counter)
    changes: list[float] = field(default_factory=list)
    sections: Counter[str] = field(default_factory=Counter)
    section_bars: list[int] = field(default_factory=list)

    @property
    def has_notes(self) -> bool:
        """Whether any piece has notes."""
        return bool(self.pitches)

    @property
    def has_chords(self) -> bool:
        """Whether any piece has chords."""
        return bool(self.qualities)


_DEGREES = ("1", "b2", "2", "b3", "3", "4", "#4", "5", "b6", "6", "b7", "7")


def profile(pieces: Iterable[Piece]) -> Profile:
    """Count over `pieces`."""
    found = Profile()
    for piece in pieces:
        _add(found, piece)
    found.pitches = {role: found.pitches[role] for role in ROLES if role in found.pitches}
    found.densities = {role: found.densities[role] for role in ROLES if role in found.densities}
    return found


def _add(found: Profile, piece: Piece) -> None:
    score = piece.score
    bars = len(score.bars)
    found.lengths.append(bars)
    found.meters.update(str(bar.meter) for bar in score.bars)
    if score.tempos:
        found.tempi.append(score.tempos[0].bpm)
    ends = [*(change.tick for change in score.keys[1:]), score.ticks]
    for change, end in zip(score.keys, ends, strict=False):
        found.keys[str(change.key)] += max(score.bar_at(end - 1) - score.bar_at(change.tick) + 1, 1)
    for track in score.tracks:
        if not track.notes:
            continue
        heights = found.pitches.setdefault(track.role, np.zeros(128, np.int64))
        np.add.at(heights, [note.pitch for note in track.notes], 1)
        played = len({score.bar_at(note.onset) for note in track.notes})
        found.densities.setdefault(track.role, []).append(len(track.notes) / played)
    for span in score.chords:
        key = score.key_at(span.onset)
        found.qualities["N" if span.chord.is_none else span.chord.quality] += 1
        if not span.chord.is_none and key is not None:
            degree = _DEGREES[(span.chord.root_class - key.tonic_class) % 12]
            found.harmonies[f"{degree} {span.chord.quality}"] += span.duration
    if score.chords:
        found.changes.append(len(score.chords) / bars)
    for section in score.sections:
        found.sections[section_label(section.name)] += 1
        found.section_bars.append(section.bars)


def summary(found: Profile) -> list[tuple[str, str]]:
    """Lines of the page's table: what, and how much."""
    lines = [("bars of a piece, median (shortest to longest)", _spread(found.lengths))]
    if found.tempi:
        lines.append(("tempo at the start, quarters per minute", _spread(found.tempi)))
    for role, values in found.densities.items():
        heights = np.repeat(np.arange(128), found.pitches[role])
        low, middle, high = (int(np.percentile(heights, p)) for p in (1, 50, 99))
        lines.append((f"{role}: notes per bar in which it plays", _spread(values)))
        if role != "drums":
            lines.append((f"{role}: pitches, median (1 % to 99 %)", f"{middle} ({low} to {high})"))
    if found.changes:
        lines.append(("chords per bar", _spread(found.changes)))
    if found.section_bars:
        lines.append(("bars of a section", _spread(found.section_bars)))
    return lines


def _spread(values: Iterable[float]) -> str:
    numbers = sorted(values)
    low, middle, high = numbers[0], median(numbers), numbers[-1]
    return f"{_short(middle)} ({_short(low)} to {_short(high)})"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 20 or value == int(value) else f"{value:.1f}"
