"""Chords that notes which stay can keep, where those found for them cannot be kept."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ..chord import Chord
from ..key import Key
from ..roman import roman_to_chord
from ..score import ChordSpan, Score
from ..verify import verify
from .timeline import with_chords

_MAJOR = ("I", "V7", "IV", "ii", "vi", "V", "iii", "ii7", "vi7", "Imaj7", "IVmaj7", "iii7", "viio")
_MINOR = ("i", "V7", "iv", "VI", "III", "VII", "V", "iio", "i7", "iv7", "VImaj7", "IIImaj7", "VII7")
"""Chords to try, the usual ones first."""
_ROUNDS = 2
"""How often all are gone through: whether a note resolves may depend on the chord after."""


def fitted(heard: Score, first: int, end: int) -> tuple[ChordSpan, ...]:
    """The chords between two ticks, each bar's changed where the notes break what it guarantees.

    heard: the notes that stay, with the chords they are to keep. A chord is changed for the one of
    its key under which the fewest rules of the chord guarantee (docs/chord-guarantee.md) are
    broken; where none is better, it stays.
    """
    pieces = _by_bars(heard, first, end)
    broken = _broken(heard, first, end, pieces)
    for _ in range(_ROUNDS):
        for place, piece in enumerate(pieces):
            if heard.bar_number(heard.bar_at(piece.onset)) not in broken:
                continue
            for chord in _candidates(heard.key_at(piece.onset) or Key()):
                tried = [*pieces[:place], replace(piece, chord=chord), *pieces[place + 1 :]]
                left = _broken(heard, first, end, tried)
                if len(left) < len(broken):
                    pieces, broken = tried, left
    return _merged(pieces)


def _candidates(key: Key) -> list[Chord]:
    minor = (key.tonic_class + 3) % 12 in key.scale
    mode = Key(key.tonic, "minor" if minor else "major")
    return [roman_to_chord(numeral, mode) for numeral in (_MINOR if minor else _MAJOR)]


def _by_bars(score: Score, first: int, end: int) -> list[ChordSpan]:
    """The chords between two ticks, cut at bar lines."""
    found = []
    for span in score.chords:
        stop = min(span.end, end)
        start = max(span.onset, first)
        inside = [tick for tick in score.bar_starts if start < tick < stop]
        if start < stop:
            found += [ChordSpan(a, b - a, span.chord) for a, b in pairwise([start, *inside, stop])]
    return found


def _merged(pieces: Sequence[ChordSpan]) -> tuple[ChordSpan, ...]:
    """Pieces that follow one another with the same chord as one."""
    found: list[ChordSpan] = []
    for piece in pieces:
        if found and found[-1].end == piece.onset and found[-1].chord == piece.chord:
            found[-1] = replace(found[-1], duration=piece.end - found[-1].onset)
        else:
            found.append(piece)
    return tuple(found)


def _broken(heard: Score, first: int, end: int, pieces: Sequence[ChordSpan]) -> list[int]:
    """The number of the bar of each violation under some chords."""
    told = with_chords(heard, first, end, _merged(pieces))
    return [found.bar for found in verify(replace(told, plan=None)).violations if found.notes]
